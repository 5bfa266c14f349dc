"""An order whose packing failed looks for another warehouse."""

from dataclasses import replace

import pytest
from check_run import checked

from fulfillment_lib import (
    Durations,
    Faults,
    FulfillmentError,
    Network,
    Order,
    Product,
    Warehouse,
    sample_network,
    sample_orders,
    simulate,
)
from fulfillment_lib.analysis import anatomy
from fulfillment_lib.stock import MemoryLedger, SqliteLedger

ORDER = Order("O", {"A": 1, "B": 2}, "express", "10001")
NETWORK = Network(
    [Product(sku, sku, 1, 10, 10, 10) for sku in "AB"],
    [
        Warehouse("EAST", "10001", {"A": 5, "B": 2}),
        Warehouse("MID", "60601", {"A": 5, "B": 1}),
        Warehouse("WEST", "94103", {"A": 5, "B": 5}),
    ],
)


def run(script, order=ORDER, network=NETWORK, **changes):
    faults = Faults(script=script)
    day = simulate(order, network, durations=Durations.constant(), faults=faults, **changes)
    return checked(day)


def tasks(run):
    return {result.task.id: str(result.outcome) for result in run.results}


def test_as_long_as_nothing_else_is_said_what_could_not_be_packed_waits():
    day = run({"O/packing/EAST": "fail"})
    assert day.settings.replan == 0 and day.reports[0].status == "UNFULFILLED"


def test_the_lines_are_checked_again_elsewhere_and_shipped_from_there():
    day = run({"O/packing/EAST": "fail"}, replan=1)
    assert tasks(day) == {
        "O/inventory/A": "succeeded",
        "O/inventory/B": "succeeded",
        "O/packing/EAST": "failed",
        "O/shipping/EAST": "skipped",
        "O/inventory/A/2": "succeeded",
        "O/inventory/B/2": "succeeded",
        "O/packing/MID": "succeeded",
        "O/packing/WEST": "succeeded",
        "O/shipping/MID": "succeeded",
        "O/shipping/WEST": "succeeded",
    }
    report = day.reports[0]
    assert report.status == "FULFILLED" and day.makespan_s == 12.0
    assert [line.reason for line in report.lines] == ["", ""]
    assert {share.warehouse for share in report.shipments} == {"MID", "WEST"}
    assert {share.warehouse: bool(share.shipment) for share in report.fulfillments} == {
        "EAST": False,
        "MID": True,
        "WEST": True,
    }
    assert day.stock()["reserved"].sum() == 0


def test_a_warehouse_to_which_the_order_comes_again_gives_other_numbers():
    order = Order("O", {"A": 1, "B": 2}, "express", "10001")
    network = replace(
        NETWORK,
        warehouses=(
            Warehouse("EAST", "10001", {"A": 5}),
            Warehouse("MID", "60601", {"A": 5, "B": 5}),
        ),
    )
    day = run({"O/packing/EAST": "fail"}, order, network, replan=1)
    assert tasks(day)["O/packing/MID/2"] == tasks(day)["O/shipping/MID/2"] == "succeeded"
    first, second = day.reports[0].shipments
    assert first.warehouse == second.warehouse == "MID"
    assert first.tracking_number != second.tracking_number
    assert first.packages[0].sscc != second.packages[0].sscc
    assert day.track(second.tracking_number) == second


@pytest.mark.parametrize(
    ("replan", "last"), [(1, "O/packing/WEST"), (2, "O/packing/WEST"), (9, "O/packing/WEST")]
)
def test_an_order_looks_no_more_often_than_it_may(replan, last):
    everywhere = {f"O/packing/{name}": "fail" for name in ("EAST", "MID", "WEST")}
    day = run(everywhere, Order("O", {"A": 1}, "express", "10001"), replan=replan)
    rounds = [name for name in tasks(day) if name.startswith("O/inventory/A")]
    assert len(rounds) == min(replan, 3) + 1
    assert day.reports[0].status == "UNFULFILLED"
    assert day.reports[0].lines[0].reason == "packing failed"
    assert (last in tasks(day)) == (replan > 1)


@pytest.mark.parametrize("shortage", ["backorder", "short_ship", "ship_complete"])
def test_what_is_not_found_elsewhere_follows_the_shortage_rule(shortage):
    network = replace(NETWORK, warehouses=NETWORK.warehouses[:2])  # of B there is one elsewhere
    order = replace(ORDER, shortage=shortage)
    report = run({"O/packing/EAST": "fail"}, order, network, replan=1).reports[0]
    shipped = [line.shipped for line in report.lines]
    assert shipped == ([0, 0] if shortage == "ship_complete" else [1, 1])
    assert report.lines[1].reason == "packing failed"


def test_an_order_that_ships_complete_ships_when_all_is_packed_somewhere():
    network = replace(
        NETWORK,
        warehouses=(
            Warehouse("EAST", "10001", {"A": 5}),
            Warehouse("MID", "60601", {"B": 5}),
            Warehouse("WEST", "94103", {"A": 5}),
        ),
    )
    order = replace(ORDER, shortage="ship_complete")
    day = run({"O/packing/EAST": "fail"}, order, network, replan=1)
    assert day.reports[0].status == "FULFILLED"
    shippings = [each for each in day.attempts if each.kind == "shipping"]
    assert [(each.ready_s, each.task_id) for each in shippings] == [
        (10.0, "O/shipping/MID"),
        (10.0, "O/shipping/WEST"),
    ]
    found = {result.task.id: result.task for result in day.results}
    assert set(found["O/shipping/MID"].depends_on) == {"O/packing/MID", "O/packing/WEST"}


def test_the_seconds_of_an_order_that_looked_again_add_up():
    day = run({"O/packing/EAST": ("fail", "fail")}, replan=2, max_attempts=2)
    segments = anatomy(day)
    assert segments["seconds"].sum() == day.reports[0].lead_time_s == 17.0
    assert "Checking the stock of A again took" in day.explain("O")


def many(seed, **changes):
    orders, network = sample_orders(30, seed=seed), sample_network(4)
    faults = Faults(fail=0.1, hang=0.05, lost_reply=0.05)
    return (orders, network), {"seed": seed, "faults": faults, "replan": 2} | changes


def test_nothing_is_lost_on_thirty_days_with_faults():
    more = 0
    for seed in range(30):
        day, changes = many(seed, routing="fewest_parcels" if seed % 2 else "nearest")
        ledger = MemoryLedger(day[1])
        run = checked(simulate(*day, ledger=ledger, **changes))
        assert ledger.reservations == ()
        for report in run.reports:
            parts = ("shipped", "backordered", "cancelled")
            assert report.total("ordered") == sum(map(report.total, parts))
        numbers = [s.tracking_number for each in run.reports for s in each.shipments]
        assert len(set(numbers)) == len(numbers)
        without = simulate(*day, **changes | {"replan": 0})
        more += sum(each.total("shipped") for each in run.reports)
        more -= sum(each.total("shipped") for each in without.reports)
    assert more > 0


def test_a_run_that_looks_again_is_resumed_from_any_moment(tmp_path):
    class Killed(Exception):
        pass

    class Dying(SqliteLedger):
        left = 0

        def note(self, *fact):
            super().note(*fact)
            self.left -= 1
            if self.left == 0:
                raise Killed

    day, changes = many(5)
    whole = simulate(*day, **changes)
    for moment in range(1, len(whole.results), 9):
        path = tmp_path / f"{moment}.ledger"
        with Dying(path, day[1]) as ledger:
            ledger.left = moment
            with pytest.raises(Killed):
                simulate(*day, ledger=ledger, **changes)
        with SqliteLedger(path, day[1]) as ledger:
            assert simulate(*day, ledger=ledger, **changes).digest() == whole.digest()
            assert ledger.reservations == ()


def test_a_run_that_is_stopped_gives_back_what_later_rounds_have_set_aside():
    day, changes = many(7)
    count = len(simulate(*day, **changes).attempts)
    for moment in range(1, count, 7):
        ledger, ended = MemoryLedger(day[1]), []

        def stop(attempt, ended=ended, moment=moment):
            ended.append(attempt)
            if len(ended) == moment:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            simulate(*day, ledger=ledger, on_attempt=stop, **changes)
        assert ledger.reservations == ()


def test_a_label_under_which_units_have_left_stays_when_a_later_share_is_stopped():
    network = replace(
        NETWORK,
        warehouses=(
            Warehouse("EAST", "10001", {"A": 5}),
            Warehouse("MID", "60601", {"A": 5, "B": 5}),
        ),
    )
    ledger = MemoryLedger(network)

    def stop(attempt):
        if attempt.task_id == "O/packing/MID/2":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate(
            ORDER,
            network,
            ledger=ledger,
            on_attempt=stop,
            replan=1,
            durations=Durations.constant(),
            faults=Faults(script={"O/packing/EAST": "fail"}),
        )
    left = {move.task_id for move in ledger.movements if move.kind == "ship"}
    assert left == {"O/inventory/B"} and ledger.reservations == () and ledger.voided == ()


@pytest.mark.parametrize("wrong", [-1, 10, 1.5, True, "1"])
def test_how_often_an_order_looks_is_a_whole_number(wrong):
    with pytest.raises(FulfillmentError, match="replan must be a whole number from 0 to 9"):
        simulate(ORDER, NETWORK, replan=wrong)
