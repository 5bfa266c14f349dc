"""The day in the terminal: what is printed and written, and the exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from errno import EINVAL, ENOSPC, EPIPE
from pathlib import Path

import pandas as pd
import pytest
from check_run import checked

from fulfillment_lib import (
    Durations,
    Faults,
    Settings,
    read_orders,
    sample_orders,
    simulate,
    terminal,
)
from fulfillment_lib.engine.policies import ageing

ORDERS = str(Path(__file__).resolve().parent.parent / "notebooks" / "data" / "orders.csv")


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    terminal.main(arguments)
    return capsys.readouterr().out


def test_the_page_says_what_was_planned_done_and_shipped(capsys):
    page = printed(capsys, "--sample", "3")
    assert page.startswith("FulfillmentRun(3 orders, 5 workers, 13 attempts, makespan 13.1 s)\n")
    assert "ORD-003  express      2.6        4         2       2        2" in page  # planned
    assert "     4         1       0        0   4%" in page  # done
    assert "ORD-003/packing/EAST      2       1    0.0     3.1     13.1 timed_out" in page
    assert "ORD-003 PARTIALLY_FULFILLED       3       1       0         2 2026-03-03" in page


def test_the_options_are_the_settings_of_the_run():
    options = terminal.parser().parse_args(
        "--sample 4 --workers 2 --timeout 7 --policy ageing:30 --max-attempts 3 --backoff 0.5 "
        "--seed 9 --start-date 2026-07-01 --constant 1 4 2 --fail 0.1 --hang 0.2 "
        "--lost-reply 0.3".split()
    )
    run = checked(terminal.run_day(options))
    expected = checked(
        simulate(
            sample_orders(4),
            workers=2,
            timeout_s=7,
            policy=ageing(30),
            max_attempts=3,
            backoff_s=0.5,
            seed=9,
            start_date="2026-07-01",
            durations=Durations.constant(1, 4, 2),
            faults=Faults(0.1, 0.2, 0.3),
        )
    )
    assert run.digest() == expected.digest()
    assert run.settings == expected.settings


def test_left_out_options_are_the_defaults():
    options = terminal.parser().parse_args([])
    assert terminal.settings_of(options) == Settings()


def test_messages_and_explanations_come_on_request(capsys):
    run = checked(simulate(read_orders(ORDERS)))
    first, second = (order.id for order in run.orders[:2])
    page = printed(capsys, ORDERS, "--message", first, "--explain", second)
    assert run.notification(first) in page
    assert run.explain(second) in page
    assert run.notification(second) not in page
    assert all(
        run.notification(order.id) in printed(capsys, ORDERS, "--messages") for order in run.orders
    )


def test_a_long_table_is_cut_and_counted_unless_all_is_asked_for(capsys):
    assert "and 10 more; --all shows them" in printed(capsys, "--sample", "30")
    whole = printed(capsys, "--sample", "30", "--all")
    assert "more" not in whole
    assert whole.count("ORD-030") > 2


def test_chart_trace_and_csv_are_written_when_asked_for(capsys, tmp_path):
    chart, trace, csv = (tmp_path / name for name in ("day.png", "day.json", "day.csv"))
    page = printed(
        capsys, "--sample", "3", "--gantt", str(chart), "--trace", str(trace), "--csv", str(csv)
    )
    assert chart.read_bytes().startswith(b"\x89PNG")
    assert json.loads(trace.read_text(encoding="utf-8"))["traceEvents"]
    assert len(pd.read_csv(csv)) == 13
    assert page.count("written: ") == 3


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--sample", "1"], terminal.ALL_FULFILLED),
        (["--sample", "3"], terminal.SOMETHING_MISSING),
        (["--sample", "0"], terminal.ALL_FULFILLED),
        (["--workers", "0"], terminal.BAD_INPUT),
    ],
)
def test_the_exit_code_says_how_the_day_went(arguments, code):
    assert terminal.main(arguments) == code


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["no such file.csv"], "no such file.csv: 1 problem"),
        (["--network", "no such folder"], "no such folder"),
        (["--policy", "fifi"], "policy must be a known policy, got 'fifi'; did you mean 'fifo'?"),
        (["--policy", "ageing:soon"], "policy must be ageing:SECONDS, such as ageing:30, got"),
        (["--fail", "2"], "fail must be a number from 0 to 1, got 2.0"),
        (["--message", "ORD-9"], "got 'ORD-9'; did you mean 'ORD-009'?"),
        (["--gantt", "day.txt"], "--gantt must end in .png, .svg, .pdf, got 'day.txt'"),
        ([ORDERS, "--sample", "3"], "orders come from a file or from --sample, not from both"),
    ],
)
def test_bad_input_is_one_line_on_stderr_and_nothing_is_printed(capsys, arguments, message):
    assert terminal.main(arguments) == terminal.BAD_INPUT
    output = capsys.readouterr()
    assert output.err.startswith("error: ")
    assert message in output.err
    assert output.out == ""


@pytest.mark.parametrize("name", ["products.csv", "stock.csv"])
def test_no_file_that_was_read_is_written_over(capsys, tmp_path, name):
    products = "sku,name,weight_kg,length_cm,width_cm,height_cm\nA,A,1,10,10,10\n"
    stock = "warehouse,postal_code,sku,on_hand\nEAST,10001,A,5\n"
    (tmp_path / "products.csv").write_text(products, encoding="utf-8")
    (tmp_path / "stock.csv").write_text(stock, encoding="utf-8")
    arguments = ["--sample", "0", "--network", str(tmp_path), "--csv", str(tmp_path / name)]
    assert terminal.main(arguments) == terminal.BAD_INPUT
    assert "file must be unique, got " in capsys.readouterr().err
    assert (tmp_path / name).read_text(encoding="utf-8") in (products, stock)


def test_an_interrupt_ends_it_with_130(monkeypatch):
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(terminal, "simulate", interrupted)
    assert terminal.main(["--sample", "1"]) == terminal.INTERRUPTED


def test_a_chart_that_cannot_be_written_is_an_error(capsys, tmp_path):
    path = tmp_path / "no folder" / "day.png"
    assert terminal.main(["--sample", "1", "--gantt", str(path)]) == terminal.BAD_INPUT
    assert "No such file or directory" in capsys.readouterr().err


def test_difficult_ids_are_escaped_and_shortened(capsys, tmp_path):
    name = "left\u202eright" + "x" * 80
    path = tmp_path / "orders.csv"
    path.write_text(
        f"order_id,priority,postal_code,sku,quantity\n{name},express,94103,LAPTOP-001,1\n",
        encoding="utf-8",
    )
    page = printed(capsys, str(path))
    assert "\u202e" not in page
    assert "left\\u202erightxxxx…" in page
    assert max(map(len, page.splitlines())) <= terminal.WIDTH


def command(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "fulfillment_lib", *arguments],
        text=True,
        capture_output=True,
        **options,
    )  # type: ignore[call-overload]


def test_without_arguments_it_is_the_demonstration():
    result = command()
    assert result.returncode == 0
    assert result.stdout.startswith("One express order: a laptop, two mice and a keyboard.\n")
    assert "Order ORD-001: fulfilled." in result.stdout
    assert result.stderr == ""


def test_a_terminal_that_knows_ascii_only_gets_question_marks(monkeypatch):
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    result = command("--sample", "1", "--message", "ORD-001")
    assert result.returncode == 0
    assert "? HEADSET-005" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["--sample", "2000", "--all"], terminal.SOMETHING_MISSING), ([], terminal.ALL_FULFILLED)],
)
def test_a_reader_that_has_seen_enough_ends_it_quietly(arguments, code):
    with subprocess.Popen(
        [sys.executable, "-m", "fulfillment_lib", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        if arguments:
            process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == code


@pytest.mark.parametrize("code", [EPIPE, EINVAL, ENOSPC])
def test_a_closed_pipe_ends_it_quietly_on_every_system_and_a_full_disk_does_not(monkeypatch, code):
    def fails(*_, **__):
        raise OSError(code, "no")

    monkeypatch.setattr(terminal, "print", fails, raising=False)
    monkeypatch.setattr(terminal.os, "dup2", lambda *_: None)
    if code == ENOSPC:
        with pytest.raises(OSError, match="no"):
            terminal.main(["--sample", "1"])
    else:
        assert terminal.main(["--sample", "1"]) == terminal.ALL_FULFILLED
