"""The options of the terminal command, and the Settings that they ask for."""

from __future__ import annotations

import argparse
import re
from typing import Any, NoReturn

from fulfillment_lib.checks import refuse
from fulfillment_lib.engine.policies import BY_NAME, ageing
from fulfillment_lib.errors import printable, shown
from fulfillment_lib.settings import Durations, Faults, Settings

ALL_FULFILLED, SOMETHING_MISSING, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130
_WHOLE = re.compile(r"[-+]?[0-9]{1,18}")
_NUMBER = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?")
MOST_ROWS = 20  # of each table
EPILOG = f"""exit codes:
  {ALL_FULFILLED}    every order was fulfilled
  {SOMETHING_MISSING}    the day ran, but some order was not fulfilled, or only partially
  {BAD_INPUT}    the input or an option was refused; nothing was written
  {INTERRUPTED}  interrupted

Without arguments: the demonstration of one express order."""


class Parser(argparse.ArgumentParser):
    """A parser whose errors are on one line, escaped and shortened."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong, and exit with 2."""
        super().error(printable(message, 400))


def whole_number(text: str) -> int:
    """A whole number, written with digits from 0 to 9: `int` would take "1_000" and "１２"."""
    if not _WHOLE.fullmatch(text):
        raise argparse.ArgumentTypeError(f"must be a whole number, got {shown(text)}")
    return int(text)


def number(text: str) -> float:
    """A number, written with digits from 0 to 9, and not "nan" or "inf"."""
    if not _NUMBER.fullmatch(text):
        raise argparse.ArgumentTypeError(f"must be a number, got {shown(text)}")
    return float(text)


METAVARS = {whole_number: "INT", number: "FLOAT", str: "STR"}


def parser() -> argparse.ArgumentParser:
    """The options; those of Settings have its defaults."""
    options = Parser(
        "python -m fulfillment_lib",
        description="Fulfill a day of orders in virtual time.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = options.add_argument_group("what arrives").add_argument
    options.add_argument(
        "orders", nargs="?", metavar="ORDERS.csv", help="orders, as CSV or JSON (see read_orders)"
    )
    add(
        "--sample",
        type=whole_number,
        metavar="N",
        help="N made-up orders instead of a file (default 12)",
    )
    add("--network", metavar="DIR", help="folder with products.csv and stock.csv")
    add = options.add_argument_group("how it is worked off").add_argument
    for name, kind in (
        ("workers", whole_number),
        ("timeout_s", number),
        ("max_attempts", whole_number),
        ("backoff_s", number),
        ("seed", whole_number),
        ("start_date", str),
    ):
        add(
            f"--{name.removesuffix('_s').replace('_', '-')}",
            dest=name,
            type=kind,
            default=getattr(Settings(), name),
            metavar=METAVARS[kind],
            help="%(default)s",
        )
    add(
        "--policy",
        default=Settings().policy,
        metavar="NAME",
        help=f"{', '.join(BY_NAME)} or ageing:SECONDS (default %(default)s)",
    )
    add(
        "--constant",
        nargs=3,
        type=number,
        metavar=("CHECK", "PACK", "SHIP"),
        help="the same service time in seconds for every task of a kind",
    )
    for rate in ("fail", "hang", "lost_reply"):
        add(
            f"--{rate.replace('_', '-')}",
            dest=rate,
            type=number,
            default=0.0,
            metavar="RATE",
            help="share of attempts, from 0 to 1",
        )
    add = options.add_argument_group("what is shown and written").add_argument
    add("--message", action="append", default=[], metavar="ORDER", help="one customer's message")
    add("--messages", action="store_true", help="all messages")
    add("--explain", action="append", default=[], metavar="ORDER", help="where its time went")
    add("--all", action="store_true", help=f"all rows, not only {MOST_ROWS} of each table")
    add("--gantt", metavar="FILE", help="draw a Gantt chart: .png, .svg or .pdf")
    add("--trace", metavar="FILE", help="write a trace for ui.perfetto.dev")
    add("--csv", metavar="FILE", help="write the timeline as CSV")
    return options


def settings_of(options: argparse.Namespace) -> Settings:
    """The settings that the options name.

    Raises:
        ArgumentError: a value breaks its rule.
    """
    policy: Any = options.policy
    name, _, head_start = policy.partition(":")
    if name == "ageing":
        try:
            policy = ageing(number(head_start))
        except argparse.ArgumentTypeError:
            refuse("policy", "ageing:SECONDS, such as ageing:30", policy)
    return Settings(
        workers=options.workers,
        timeout_s=options.timeout_s,
        max_attempts=options.max_attempts,
        backoff_s=options.backoff_s,
        seed=options.seed,
        start_date=options.start_date,
        policy=policy,
        durations=Durations.constant(*options.constant) if options.constant else Durations(),
        faults=Faults(options.fail, options.hang, options.lost_reply),
    )
