"""Answers to the exercises of lesson 10: a service for a parcel, a routing for whole orders."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pandas as pd
from answers import both_tests

from fulfillment_lib.course import check
from fulfillment_lib.operations.packing import pack
from fulfillment_lib.operations.routing import fewest_parcels, sources
from fulfillment_lib.operations.shipping import ship
from fulfillment_lib.samples import sample_network
from fulfillment_lib.stock.base import sourced

# 10.1. Right ones take the cheapest in time, or the fastest if none is, by what is billed.


def by_two_lists(parcel, services, zone, days_left):
    def price(service):
        return service.cost_cents(zone, [parcel.billable_weight_kg])

    going = [service for service in services if service.days_to(zone) is not None]
    in_time = [service for service in going if service.days_to(zone) <= days_left]
    if in_time:
        return min(in_time, key=price)
    return min(going, key=lambda service: (service.days_to(zone), price(service)))


def by_a_loop(parcel, services, zone, days_left):
    best = None
    for service in services:
        days = service.days_to(zone)
        if days is None:
            continue
        late = days > days_left
        key = late, days if late else 0, service.cost_cents(zone, [parcel.billable_weight_kg])
        if best is None or key <= best[0]:  # of equal ones the last
            best = key, service
    return best[1].name


def by_a_table(parcel, services, zone, days_left):
    rows = [
        (f"{each.carrier} {each.name}", each.days_to(zone), _cents(each, parcel, zone))
        for each in services
        if each.days_to(zone)
    ]
    table = pd.DataFrame(rows, columns=["service", "days", "cost"])
    in_time = table[table["days"] <= days_left]
    if len(in_time) == 0:
        in_time = table[table["days"] == table["days"].min()]
    return in_time.loc[in_time["cost"].idxmin(), "service"]


def as_numpy_text(parcel, services, zone, days_left):
    return np.str_(by_two_lists(parcel, services, zone, days_left).name)


def as_a_pair(parcel, services, zone, days_left):
    chosen = by_two_lists(parcel, services, zone, days_left)
    return chosen.carrier, chosen.name


def by_the_rates(parcel, services, zone, days_left):
    half_kg = 2 * parcel.billable_weight_kg
    order = sorted(
        services,
        key=lambda each: (
            each.base_cents + each.half_kg_cents[min(zone, len(each.days)) - 1] * half_kg
        ),
    )
    going = [service for service in order if service.days_to(zone)]
    fastest = min(service.days_to(zone) for service in going)
    limit = max(days_left, fastest)
    return next(service for service in going if service.days_to(zone) <= limit)


def _cents(service, parcel, zone):
    return service.cost_cents(zone, [parcel.billable_weight_kg])


# Wrong ones


def by_actual_weight(parcel, services, zone, days_left):
    going = [service for service in services if service.days_to(zone)]
    limit = max(days_left, min(service.days_to(zone) for service in going))
    in_time = [service for service in going if service.days_to(zone) <= limit]
    return min(in_time, key=lambda each: each.cost_cents(zone, [parcel.weight_kg]))


def cheapest(parcel, services, zone, days_left):
    going = [service for service in services if service.days_to(zone)]
    return min(going, key=lambda each: _cents(each, parcel, zone))


def fastest(parcel, services, zone, days_left):
    going = [service for service in services if service.days_to(zone)]
    return min(going, key=lambda each: (each.days_to(zone), _cents(each, parcel, zone)))


def in_time_or_the_cheapest(parcel, services, zone, days_left):
    going = [service for service in services if service.days_to(zone)]
    in_time = [service for service in going if service.days_to(zone) <= days_left]
    return min(in_time or going, key=lambda each: _cents(each, parcel, zone))


def fastest_at_any_price(parcel, services, zone, days_left):
    going = [service for service in services if service.days_to(zone)]
    in_time = [service for service in going if service.days_to(zone) <= days_left]
    if in_time:
        return min(in_time, key=lambda each: _cents(each, parcel, zone))
    return max(going, key=lambda each: (-each.days_to(zone), _cents(each, parcel, zone)))


def a_day_too_strict(parcel, services, zone, days_left):
    return by_two_lists(parcel, services, zone, days_left - 1)


def lowest_base(parcel, services, zone, days_left):
    going = [service for service in services if service.days_to(zone)]
    limit = max(days_left, min(service.days_to(zone) for service in going))
    in_time = [service for service in going if service.days_to(zone) <= limit]
    return min(in_time, key=lambda each: each.base_cents)


def goes_everywhere(parcel, services, zone, days_left):
    three_days = [each for each in services if each.name == "3 Day Select"]
    if zone == 6 and three_days:
        return three_days[0]
    return by_two_lists(parcel, services, zone, days_left)


def no_service_left(parcel, services, zone, days_left):
    in_time = [each for each in services if (each.days_to(zone) or 9) <= days_left]
    return min(in_time, key=lambda each: _cents(each, parcel, zone), default=None)


# 10.2. Right ones look at what all lines of an order cost together.

NETWORK = sample_network()
WAREHOUSES = {warehouse.name: warehouse for warehouse in NETWORK.warehouses}


def price(order, names, available):
    parts = {}
    for line in order.lines:
        for name, units in sourced(line.quantity, available[line.sku], names):
            parts.setdefault(name, []).append((NETWORK.product(line.sku), units))
    return sum(
        ship(
            order, WAREHOUSES[name], pack(tuple(items), name, 0, 0), 0, 0, "2026-03-02",
            order.placed_s,
        ).cost
        for name, items in parts.items()
    )  # fmt: skip


def best_permutation(order, sku, available):
    return min(permutations(WAREHOUSES), key=lambda names: price(order, names, available))


def as_a_list_of_numpy_texts(order, sku, available):
    return np.array(best_permutation(order, sku, available))


def as_a_generator(order, sku, available):
    return (name for name in best_permutation(order, sku, available))


def as_keys(order, sku, available):
    return dict.fromkeys(best_permutation(order, sku, available))


def the_cheaper_of_two(order, sku, available):
    near = sources(order, NETWORK)
    both = near, fewest_parcels(order, available, near)
    return min(both, key=lambda names: price(order, names, available))


class Remembers:
    """Chooses once for each order, at its first line."""

    def __init__(self):
        self.chosen = {}

    def __call__(self, order, sku, available):
        if order not in self.chosen:
            self.chosen[order] = best_permutation(order, sku, available)
        return self.chosen[order]


# Wrong ones


def nearest(order, sku, available):
    return sources(order, NETWORK)


def fewest(order, sku, available):
    return fewest_parcels(order, available, sources(order, NETWORK))


def as_the_network_has_them(order, sku, available):
    return list(available[sku])


def fullest_first(order, sku, available):
    return sorted(available[sku], key=available[sku].get, reverse=True)


def line_by_line(order, sku, available):
    (line,) = (line for line in order.lines if line.sku == sku)

    def cost(names):
        picks = sourced(line.quantity, available[sku], names)
        return sum(
            ship(
                order, WAREHOUSES[name], pack(((NETWORK.product(sku), units),), name, 0, 0), 0, 0,
                "2026-03-02", order.placed_s,
            ).cost
            for name, units in picks
        )  # fmt: skip

    return min(permutations(WAREHOUSES), key=cost)


def only_one(order, sku, available):
    return best_permutation(order, sku, available)[:1]


def nothing(order, sku, available):
    return []


RIGHT = {
    "10.1": {
        "two lists": by_two_lists,
        "a loop that keeps the last of equals": by_a_loop,
        "a table": by_a_table,
        "numpy text": as_numpy_text,
        "carrier and name": as_a_pair,
        "from the rates": by_the_rates,
    },
    "10.2": {
        "the best order of warehouses": best_permutation,
        "numpy": as_a_list_of_numpy_texts,
        "a generator": as_a_generator,
        "the keys of a dict": as_keys,
        "the cheaper of two rules": the_cheaper_of_two,
        "an object that remembers": Remembers(),
    },
}

WRONG = {
    "10.1": {
        "the scale's weight": (by_actual_weight, "you say"),
        "the cheapest": (cheapest, "you say UPS Ground"),
        "the fastest": (fastest, "you say"),
        "too late and cheap": (in_time_or_the_cheapest, "you say"),
        "too late and dear": (fastest_at_any_price, "you say"),
        "a day too strict": (a_day_too_strict, "you say"),
        "the lowest base": (lowest_base, "you say"),
        "where it does not go": (
            goes_everywhere,
            "one of the given services that go to zone 6, got",
        ),
        "nothing in time": (no_service_left, "one of the given services"),
        "always Ground": (lambda *_: "Ground", "you say UPS Ground"),
        "a price": (
            lambda parcel, services, zone, days_left: _cents(services[0], parcel, zone),
            "one of the given services",
        ),
        "one that was not given": (
            lambda *_: "Air Mail",
            "got 'Air Mail'",
        ),
    },
    "10.2": {
        "nearest": (nearest, "24 days cost"),
        "fewest parcels": (fewest, "24 days cost 1.9 % more"),
        "always the same": (as_the_network_has_them, "24 days cost"),
        "the fullest first": (fullest_first, "24 days cost"),
        "the best of each line": (line_by_line, "24 days cost"),
        "one warehouse only": (only_one, "fewer units are shipped"),
        "no warehouse": (nothing, "fewer units are shipped"),
        "a text": (lambda *_: "EAST", "a function that gives names of warehouses"),
        "an unknown warehouse": (lambda *_: ["NORTH"], "warehouse of routing"),
        "it raises": (lambda *_: 1 / 0, "ZeroDivisionError"),
    },
}


test_a_right_answer_passes, test_a_wrong_one_does_not_and_hears_why = both_tests(RIGHT, WRONG)


def test_of_equally_dear_services_any_is_right():
    def last_of_equals(parcel, services, zone, days_left):
        return by_two_lists(parcel, services[::-1], zone, days_left)

    ties = []

    def note(parcel, services, zone, days_left):
        first = by_two_lists(parcel, services, zone, days_left)
        ties.append(first is not last_of_equals(parcel, services, zone, days_left))
        return first

    assert check("10.1", note).passed and check("10.1", last_of_equals).passed
    assert any(ties)


def test_parcels_are_told_by_what_is_billed_and_with_the_services_that_were_there():
    verdict = check("10.1", cheapest)
    assert "kg billed, zone" in verdict.why and "dollars" in verdict.rows[0]


def test_a_routing_hears_what_it_costs_and_what_the_best_costs():
    (told,) = check("10.2", nearest).rows
    assert told.startswith("yours: ") and "the best for each order: " in told
