"""The day in the terminal: what is printed, and the exit codes."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from check_run import checked

from fulfillment_lib import read_orders, simulate, terminal

ORDERS = str(Path(__file__).resolve().parent.parent / "notebooks" / "data" / "orders.csv")
HEADER = "order_id,priority,postal_code,sku,quantity\n"
COMPLETE = HEADER + "ORD-1,express,94103,LAPTOP-001,1\n"
Done = subprocess.CompletedProcess[str]
SCARCE = HEADER + "ORD-1,express,94103,LAPTOP-001,1000000\n"


@pytest.fixture
def written(tmp_path):
    """A function that writes a file of orders and gives its path."""

    def write(text: str) -> str:
        path = tmp_path / "orders.csv"
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    terminal.main(arguments)
    return capsys.readouterr().out


def test_the_page_says_what_was_planned_done_and_shipped(capsys, written):
    assert (
        printed(capsys, written(COMPLETE))
        == """\
FulfillmentRun(1 order, 5 workers, 3 attempts, makespan 9.1 s)

What was planned: tasks as expected, and after the stock checks
order  priority  placed_s  expected  inventory  packing  shipping
ORD-1   express       0.0         3          1        1         1

Who did what
                      task  worker  attempt  start_s  finish_s    outcome
ORD-1/inventory/LAPTOP-001       0        1      0.0       1.1  succeeded
        ORD-1/packing/WEST       0        1      1.1       5.1  succeeded
       ORD-1/shipping/WEST       0        1      5.1       9.1  succeeded

What is shipped
order     status  ordered  shipped  backordered  cancelled    delivery
ORD-1  FULFILLED        1        1            0          0  2026-03-03

"""
    )


def test_workers_and_policy_are_those_of_the_options_and_else_the_defaults(capsys):
    orders = read_orders(ORDERS)
    busy = checked(simulate(orders, workers=2, policy="shortest_first"))
    assert str(busy) in printed(capsys, ORDERS, "--workers", "2", "--policy", "shortest_first")
    assert str(checked(simulate(orders))) in printed(capsys, ORDERS)


def test_messages_and_explanations_come_on_request(capsys):
    run = checked(simulate(read_orders(ORDERS)))
    first, second, third = (order.id for order in run.orders[:3])
    page = printed(capsys, ORDERS, "--explain", first, "--explain", second)
    assert run.explain(first) in page and run.explain(second) in page
    assert run.explain(third) not in page and run.notification(first) not in page
    assert all(
        run.notification(order.id) in printed(capsys, ORDERS, "--messages") for order in run.orders
    )


def test_a_network_of_ones_own_is_where_the_stock_is(capsys, tmp_path, written):
    (tmp_path / "products.csv").write_text(
        "sku,name,weight_kg,length_cm,width_cm,height_cm\nBREAD,Rye bread,1,30,15,12\n"
    )
    (tmp_path / "stock.csv").write_text("warehouse,postal_code,sku,on_hand\nMILL,10001,BREAD,5\n")
    orders = written(HEADER + "ORD-1,standard,60601,BREAD,2\n")
    assert "ORD-1/packing/MILL" in printed(capsys, orders, "--network", str(tmp_path))


@pytest.mark.parametrize(
    ("text", "code"), [(COMPLETE, terminal.ALL_FULFILLED), (SCARCE, terminal.SOMETHING_MISSING)]
)
def test_the_exit_code_says_how_the_day_went(text, code, written):
    assert terminal.main([written(text)]) == code


def test_bad_input_is_one_line_on_stderr_and_nothing_is_printed(capsys):
    assert terminal.main([ORDERS, "--explain", "WEB-9"]) == terminal.BAD_INPUT
    output = capsys.readouterr()
    assert output.err.startswith("error: order_id must be ") and output.err.count("\n") == 1
    assert output.out == ""


def test_an_interrupt_ends_it_with_130(monkeypatch):
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(terminal, "simulate", interrupted)
    assert terminal.main([ORDERS]) == terminal.INTERRUPTED


def test_difficult_ids_are_escaped_and_shortened(capsys, written):
    page = printed(capsys, written(COMPLETE.replace("ORD-1", "left\u202eright" + "x" * 80)))
    assert "\u202e" not in page
    assert "left\\u202erightxxxx…" in page
    assert max(map(len, page.splitlines())) <= 100


# What is buffered fails later, so that the one may not hide the other.
AS_USUAL = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
COMMANDS = pytest.mark.parametrize("arguments", [[], [ORDERS], ["--help"]], ids=" ".join)


def command(*arguments: str, options: Sequence[str] = (), **streams: Any) -> Done:
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "env": AS_USUAL}
    return subprocess.run(
        [sys.executable, *options, "-m", "fulfillment_lib", *arguments],
        text=True,
        check=False,
        **(pipes | streams),
    )


@pytest.mark.slow
def test_without_arguments_it_is_the_demonstration():
    result = command()
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith("One express order: a laptop, two mice and a keyboard.\n")
    assert "Order ORD-001: fulfilled." in result.stdout


@pytest.mark.slow
def test_a_terminal_that_knows_ascii_only_gets_question_marks(written):
    result = command(written(COMPLETE), "--messages", env=AS_USUAL | {"PYTHONIOENCODING": "ascii"})
    assert result.returncode == 0
    assert "? LAPTOP-001" in result.stdout


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="its pipes end with another error")
@COMMANDS
def test_a_reader_that_has_seen_enough_ends_it_quietly(arguments):
    with subprocess.Popen(
        [sys.executable, "-m", "fulfillment_lib", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=AS_USUAL,
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == terminal.UNREAD


@pytest.fixture
def full():
    """A file that takes nothing, as on a full disk."""
    with open("/dev/full", "w", encoding="utf-8") as file:
        yield file


NEEDS_FULL = pytest.mark.skipif(
    not os.path.exists("/dev/full"), reason="has no file that is always full"
)


@pytest.mark.slow
@NEEDS_FULL
@COMMANDS
@pytest.mark.parametrize("options", [[], ["-u"]], ids=["buffered", "unbuffered"])
def test_an_output_on_a_full_disk_is_an_error_with_a_code_of_its_own(arguments, options, full):
    result = command(*arguments, options=options, stdout=full)
    assert result.returncode == terminal.NOT_PRINTED
    assert result.stderr == "error: standard output cannot be written (No space left on device)\n"


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="its programs are started with an output")
@COMMANDS
def test_an_output_that_was_closed_before_the_start_is_an_error(arguments):
    result = command(*arguments, stdout=None, preexec_fn=lambda: os.close(1))
    assert result.returncode == terminal.NOT_PRINTED
    assert result.stderr == "error: standard output cannot be written (Bad file descriptor)\n"


@pytest.mark.slow
@NEEDS_FULL
def test_an_error_that_cannot_be_said_is_no_success_and_says_nothing_of_orders(full, tmp_path):
    for arguments in ([str(tmp_path / "none.csv")], ["--what"]):
        result = command(*arguments, options=["-u"], stderr=full)
        assert result.returncode == terminal.BAD_INPUT
        # Buffered, it fails once more at the exit, for which Python has a code of its own.
        assert command(*arguments, stderr=full).returncode in (terminal.BAD_INPUT, 120)
    result = command(options=["-u"], stdout=full, stderr=full)
    assert result.returncode == terminal.NOT_PRINTED


def test_a_letter_that_the_output_cannot_hold_is_an_error(monkeypatch, capsys):
    narrow = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", narrow)
    assert terminal.show(["1 × LAPTOP-001"]) == terminal.NOT_PRINTED
    assert capsys.readouterr().err.startswith("error: standard output cannot be written ('ascii' ")


def test_an_interrupt_while_it_prints_ends_it_with_130(monkeypatch):
    class Interrupted(io.StringIO):
        def write(self, text: str) -> int:
            raise KeyboardInterrupt

    monkeypatch.setattr(sys, "stdout", Interrupted())
    assert terminal.main([ORDERS]) == terminal.INTERRUPTED


def test_the_help_names_every_exit_code(capsys):
    with pytest.raises(SystemExit, match=r"^0$"):
        terminal.main(["--help"])
    codes = re.findall(r"\b\d+\b(?= if| for)", " ".join(capsys.readouterr().out.split()))
    assert codes == ["0", "1", "2", "3", "130", "141"]
