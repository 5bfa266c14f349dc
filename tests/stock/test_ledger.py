import asyncio
import threading
from dataclasses import replace

import pytest
from check_run import nothing_held
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from fulfillment_lib import (
    Network,
    Order,
    Product,
    Settings,
    Warehouse,
    checks,
    fulfill,
    sample_network,
    sample_orders,
    simulate,
)
from fulfillment_lib.analysis import invariants
from fulfillment_lib.errors import ArgumentError, LedgerError
from fulfillment_lib.orders import Units
from fulfillment_lib.records import MovementKind, Reservation
from fulfillment_lib.stock import MemoryLedger
from fulfillment_lib.stock.base import sourced

EAST_FIRST = ("EAST", "CENTRAL", "WEST")


def a_ledger(east=4, central=2, west=3):
    stock = {"EAST": east, "CENTRAL": central, "WEST": west}
    return MemoryLedger(
        Network(
            (Product("A", "a", 1, 10, 10, 10),),
            tuple(Warehouse(name, "10001", {"A": units}) for name, units in stock.items()),
        )
    )


def picked(answer):
    return [(reservation.warehouse, reservation.quantity) for reservation in answer.reservations]


@pytest.mark.parametrize(
    ("quantity", "picks"),
    [
        (1, [("EAST", 1)]),
        (4, [("EAST", 4)]),
        (5, [("CENTRAL", 5)]),
        (6, [("WEST", 6)]),
        (7, [("EAST", 4), ("CENTRAL", 3)]),
        (15, [("EAST", 4), ("CENTRAL", 5), ("WEST", 6)]),
        (99, [("EAST", 4), ("CENTRAL", 5), ("WEST", 6)]),
    ],
)
def test_the_nearest_warehouse_with_the_whole_line_gives_it_else_as_few_as_it_takes(
    quantity, picks
):
    assert picked(a_ledger(4, 5, 6).reserve("t", "A", quantity, EAST_FIRST, 0.0)) == picks


def test_warehouses_without_stock_and_those_not_asked_give_nothing():
    assert picked(a_ledger(0, 0, 3).reserve("t", "A", 5, EAST_FIRST, 0.0)) == [("WEST", 3)]
    assert picked(a_ledger().reserve("t", "A", 9, ["EAST", "NOWHERE"], 0.0)) == [("EAST", 4)]
    assert picked(a_ledger().reserve("t", "A", 9, [], 0.0)) == []


def test_a_warehouse_named_twice_gives_its_stock_once():
    ledger = a_ledger(east=4)
    assert picked(ledger.reserve("t", "A", 8, ["EAST", "EAST"], 0.0)) == [("EAST", 4)]
    assert ledger.available("A") == {"CENTRAL": 2, "WEST": 3}


def test_the_answer_says_what_was_available_before():
    answer = a_ledger(4, 0, 3).reserve("t", "A", 5, EAST_FIRST, 0.0)
    assert (answer.sku, answer.requested, answer.reserved) == ("A", 5, 5)
    assert answer.available == {"EAST": 4, "WEST": 3}


def test_a_repeated_key_gets_the_same_answer_without_a_second_effect():
    ledger = a_ledger()
    first = ledger.reserve("t", "A", 5, EAST_FIRST, 1.0)
    assert ledger.reserve("t", "A", 5, EAST_FIRST, 2.0) is first
    assert len(ledger.movements) == len(ledger.reservations) == len(first.reservations) == 2


def test_an_answer_of_nothing_is_kept_too():
    ledger = a_ledger(1, 0, 0)
    [taken] = ledger.reserve("first", "A", 1, EAST_FIRST, 0.0).reservations
    nothing = ledger.reserve("second", "A", 1, EAST_FIRST, 0.0)
    ledger.release(taken, 1.0)
    assert ledger.reserve("second", "A", 1, EAST_FIRST, 2.0) is nothing
    assert nothing.reserved == 0


def test_shipping_takes_units_away_and_releasing_gives_them_back():
    ledger = a_ledger()
    east, central = ledger.reserve("t", "A", 6, ("EAST", "CENTRAL"), 0.0).reservations
    assert ledger.available("A") == {"WEST": 3}
    ledger.ship(east, 1.0)
    ledger.release(central, 2.0)
    assert nothing_held(ledger).available("A") == {"CENTRAL": 2, "WEST": 3}
    assert [
        (move.at_s, move.kind, move.warehouse, move.sku, move.quantity, move.task_id)
        for move in ledger.movements
    ] == [
        (0.0, MovementKind.RESERVE, "EAST", "A", 4, "t"),
        (0.0, MovementKind.RESERVE, "CENTRAL", "A", 2, "t"),
        (1.0, MovementKind.SHIP, "EAST", "A", 4, "t"),
        (2.0, MovementKind.RELEASE, "CENTRAL", "A", 2, "t"),
    ]


@pytest.mark.parametrize("first", ["ship", "release"])
@pytest.mark.parametrize(("second", "words"), [("ship", "shipped"), ("release", "released")])
def test_a_reservation_is_closed_once_and_the_second_try_has_no_effect(first, second, words):
    ledger = a_ledger()
    [reservation] = ledger.reserve("t", "A", 1, EAST_FIRST, 0.0).reservations
    getattr(ledger, first)(reservation, 1.0)
    before = ledger.movements, ledger.available("A")
    with pytest.raises(
        LedgerError, match=f"of 'A' at 'EAST' for 't' cannot be {words}: it is not open"
    ):
        getattr(ledger, second)(reservation, 2.0)
    assert (ledger.movements, ledger.available("A")) == before


@pytest.mark.parametrize(
    "forged",
    [
        Reservation("t", "EAST", "A", 3),
        Reservation("t", "WEST", "A", 2),
        Reservation("u", "EAST", "A", 2),
        Reservation("t", "EAST", "B", 2),
    ],
)
def test_a_reservation_that_was_never_made_cannot_be_closed(forged):
    ledger = a_ledger()
    ledger.reserve("t", "A", 2, EAST_FIRST, 0.0)
    for close in (ledger.ship, ledger.release):
        with pytest.raises(LedgerError, match="it is not open"):
            close(forged, 1.0)
    assert len(ledger.movements) == len(ledger.reservations) == 1


def test_held_names_what_a_task_still_holds():
    ledger = a_ledger()
    east, central = ledger.reserve("t", "A", 6, ("EAST", "CENTRAL"), 0.0).reservations
    assert ledger.held("t") == ledger.reservations == (east, central)
    ledger.ship(east, 1.0)
    assert ledger.held("t") == (central,)
    assert ledger.held("unknown") == ()


@pytest.mark.parametrize("quantity", [0, -1, 0.5, 1.0, True, "2", None, 10**6 + 1])
def test_only_whole_units_are_reserved(quantity):
    ledger = a_ledger()
    with pytest.raises(ArgumentError, match="quantity must be a whole number from 1 to 1,000,000"):
        ledger.reserve("t", "A", quantity, EAST_FIRST, 0.0)
    assert nothing_held(ledger).movements == ()


def test_an_unknown_sku_is_refused_with_the_nearest():
    ledger = MemoryLedger(sample_network())
    with pytest.raises(ArgumentError, match=r"got 'MOUSE-02'; did you mean 'MOUSE-002'\?"):
        ledger.reserve("t", "MOUSE-02", 1, EAST_FIRST, 0.0)
    with pytest.raises(ArgumentError, match=r"did you mean 'MOUSE-002'\?"):
        ledger.available("MOUSE-02")
    assert ledger.movements == ()


def test_a_ledger_needs_a_network():
    with pytest.raises(ArgumentError, match="network must be a Network, got 'EAST'"):
        MemoryLedger("EAST")


def test_a_label_is_kept_and_a_repeat_gets_the_first_one():
    [shipment] = simulate(sample_orders(1)).reports[0].shipments
    ledger = a_ledger()
    assert ledger.label("t", shipment) is shipment
    assert ledger.label("t", "another") is shipment
    assert ledger.void("t") is shipment
    assert ledger.void("u") is None


def test_a_ledger_shows_its_movements_and_what_is_open():
    ledger = a_ledger()
    ledger.reserve("t", "A", 6, EAST_FIRST, 0.0)
    assert repr(ledger) == "MemoryLedger(2 movements, 2 open reservations)"


def test_nobody_comes_between_looking_and_setting_aside():
    ledger = a_ledger(1, 0, 0)

    class Interrupted(tuple):
        """Sources during whose reading another thread asks for the same unit."""

        def __iter__(self):
            other.start()
            other.join(0.05)  # with a lock it has to wait for the end of this reservation
            return super().__iter__()

    other = threading.Thread(target=ledger.reserve, args=("other", "A", 1, EAST_FIRST, 0.0))
    ledger.reserve("t", "A", 1, Interrupted(EAST_FIRST), 0.0)
    other.join()
    assert [reservation.task_id for reservation in ledger.reservations] == ["t"]
    assert ledger.available("A") == {}


def test_many_threads_get_exactly_what_there_is():
    ledger = a_ledger(20, 10, 10)

    def shop(client):
        for number in range(10):
            ledger.reserve(f"{client}/{number}", "A", 1, EAST_FIRST, 0.0)

    threads = [threading.Thread(target=shop, args=(client,)) for client in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(reservation.quantity for reservation in ledger.reservations) == 40
    assert ledger.available("A") == {}


ORDERS = sample_orders(6)


def a_run_in_the_middle_of_another(ledger, orders, others):
    """The run of some orders, and what came of another run that began at its fifth attempt."""
    came, ended = [], []

    def begins(attempt):
        ended.append(attempt)
        if len(ended) == 5:
            try:
                came.append(simulate(others, ledger=ledger))
            except ArgumentError as error:
                came.append(error)

    return simulate(orders, ledger=ledger, on_attempt=begins), *came


@pytest.mark.parametrize("others", [ORDERS, ORDERS[2:], ORDERS[5:]])
def test_of_two_runs_at_once_on_the_same_orders_the_second_is_refused_and_the_first_right(others):
    ledger = MemoryLedger(sample_network())
    first, second = a_run_in_the_middle_of_another(ledger, ORDERS, others)
    assert first.digest() == simulate(ORDERS).digest()
    assert f"{others[0].id!r} is under way in it; wait for the end" in str(second)
    nothing_held(ledger)


def test_two_runs_at_once_on_other_orders_are_both_right():
    ledger = MemoryLedger(sample_network())
    for run in a_run_in_the_middle_of_another(ledger, ORDERS[:3], ORDERS[3:]):
        assert invariants.check(replace(run, movements=ledger.movements)) == []
    nothing_held(ledger)


def test_of_two_paced_runs_at_once_one_is_right_and_the_other_refused():
    ledger = MemoryLedger(sample_network())

    async def both():
        runs = [fulfill(ORDERS, ledger=ledger, speed=1e4) for _ in range(2)]
        return await asyncio.gather(*runs, return_exceptions=True)

    first, second = sorted(asyncio.run(both()), key=lambda end: isinstance(end, ArgumentError))
    assert first.digest() == simulate(ORDERS).digest()
    assert isinstance(second, ArgumentError)


def test_a_run_that_was_stopped_or_finished_is_no_longer_under_way():
    ledger = MemoryLedger(sample_network())
    ledger.begin(ORDERS, Settings())
    ledger.stop(ORDERS, 0.0)
    ledger.begin(ORDERS, Settings())
    ledger.finish(ORDERS)
    assert simulate(ORDERS, ledger=ledger).digest() == simulate(ORDERS).digest()


@pytest.mark.parametrize("at_s", [1e12, 2e12, 1e300, float("inf")])
def test_a_run_is_stopped_at_whatever_time(at_s):
    ledger = a_ledger()
    ledger.begin([Order("O", {"A": 1}, "express", "10001")], Settings())
    ledger.reserve("O/inventory/A", "A", 1, EAST_FIRST, 0.0)
    ledger.stop([Order("O", {"A": 1}, "express", "10001")], at_s)
    assert nothing_held(ledger).movements[-1].at_s == 1e12


def test_a_sixth_order_of_a_ledger_has_the_number_of_a_sixth(monkeypatch):
    ledger = MemoryLedger(sample_network())
    for orders in (ORDERS[:2], ORDERS[2:]):
        simulate(orders, ledger=ledger)
    assert [ledger.number_of(order.id) for order in ORDERS] == [0, 1, 2, 3, 4, 5]
    monkeypatch.setattr(checks, "MOST_ORDERS", 7)
    before = ledger.movements
    with pytest.raises(
        ArgumentError,
        match="number of orders in a ledger must be at most 7, got 8; make a new ledger for what",
    ):
        simulate(sample_orders(8)[6:], ledger=ledger)
    assert ledger.movements == before
    assert simulate(sample_orders(8)[7:], ledger=ledger).reports[0].order_id == "ORD-008"


def test_sourcing_nothing_gives_nothing():
    assert sourced(3, Units(), EAST_FIRST) == []


class LedgerMachine(RuleBasedStateMachine):
    """Any calls in any order, against a model that only counts."""

    def __init__(self):
        super().__init__()
        self.ledger = a_ledger(5, 3, 2)
        self.on_hand = {"EAST": 5, "CENTRAL": 3, "WEST": 2}
        self.made, self.open = [], []

    @rule(key=st.integers(0, 5), quantity=st.integers(1, 7), sources=st.permutations(EAST_FIRST))
    def reserve(self, key, quantity, sources):
        known = any(made.task_id == str(key) for made in self.made)
        answer = self.ledger.reserve(str(key), "A", quantity, sources, 0.0)
        if not known:
            self.made += answer.reservations
            self.open += answer.reservations

    @rule(data=st.data(), verb=st.sampled_from(["ship", "release"]))
    def close(self, data, verb):
        if not self.made:
            return
        reservation = data.draw(st.sampled_from(self.made))
        if reservation not in self.open:
            with pytest.raises(LedgerError, match="it is not open"):
                getattr(self.ledger, verb)(reservation, 0.0)
            return
        getattr(self.ledger, verb)(reservation, 0.0)
        self.open.remove(reservation)
        if verb == "ship":
            self.on_hand[reservation.warehouse] -= reservation.quantity

    @invariant()
    def stock_adds_up(self):
        assert list(self.ledger.reservations) == self.open
        for name, units in self.on_hand.items():
            reserved = sum(made.quantity for made in self.open if made.warehouse == name)
            assert units - reserved == self.ledger.available("A").get(name, 0) >= 0


TestLedgerMachine = LedgerMachine.TestCase
