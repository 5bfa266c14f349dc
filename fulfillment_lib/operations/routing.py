"""Routing: in which order the warehouses are asked for the units of an order line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain, combinations, islice

from fulfillment_lib import checks
from fulfillment_lib.operations.geography import distance_km
from fulfillment_lib.operations.workplace import Workplace
from fulfillment_lib.orders import Network, Order, Units, Warehouse
from fulfillment_lib.plan import TaskKind, of_round, task_id

MOST_SETS = 2_000  # of warehouses, that are tried for one line


class Route:
    """The way of one order to its warehouses. Those in `without` are not asked."""

    def __init__(self, order: Order, workplace: Workplace, without: Iterable[str] = ()) -> None:
        self.order, self.workplace = order, workplace
        self.without = frozenset(without)
        self.nearest = self._kept(sources(order, workplace.network))

    def __call__(self, sku: str) -> Sequence[str]:
        """The names of the warehouses for a line that reserves now, the preferred one first."""
        routing = self.workplace.settings.routing
        if routing == "nearest":
            return self.nearest
        available = self.available()
        if routing == "fewest_parcels":
            return fewest_parcels(self.order, available, self.nearest)
        assert callable(routing)
        try:
            return self._kept(self._checked(routing(self.order, sku, available)))
        except Exception as error:  # no fact of the order: the function has to be mended
            raise self.workplace.fence.closed_by(error) from None

    def available(self) -> dict[str, Units]:
        """The units that the order may have of each of its lines, by warehouse.

        What its own checks have set aside counts as available: all lines of an order see the same
        shelves, unless another order takes from them in between.
        """
        ledger, found = self.workplace.ledger, {}
        rounds = range(1, self.workplace.settings.replan + 2)
        for line in self.order.lines:
            units = Counter(ledger.available(line.sku))
            check = task_id(self.order.id, TaskKind.INVENTORY, line.sku)
            for held in chain.from_iterable(ledger.held(of_round(check, n)) for n in rounds):
                units[held.warehouse] += held.quantity
            found[line.sku] = Units(units)
        return found

    def _kept(self, names: Iterable[str]) -> tuple[str, ...]:
        return tuple([name for name in names if name not in self.without])

    def _checked(self, names: object) -> tuple[str, ...]:
        known = self.workplace.places
        if isinstance(names, str) or not isinstance(names, Iterable):
            checks.refuse("routing", "a function that gives names of warehouses", names)
        names = tuple(names)
        for name in names:
            checks.known("warehouse of routing", name, known)
        return names


def sources(order: Order, network: Network) -> tuple[str, ...]:
    """The names of the warehouses, the nearest first; ties keep the network's order.

    Those in the order's country come first: any distance across a border counts as farther.
    """

    def distance(warehouse: Warehouse) -> int:
        return distance_km(
            warehouse.postal_code, warehouse.country, order.postal_code, order.country
        )

    return tuple(warehouse.name for warehouse in sorted(network.warehouses, key=distance))


def fewest_parcels(
    order: Order, available: dict[str, Units], nearest: Sequence[str]
) -> tuple[str, ...]:
    """The fewest warehouses that have as much of the order as all have together, then the others.

    Of several such sets the nearest is taken. At most 2,000 sets are tried, the small ones first;
    where none of them does, the nearest warehouse goes first.
    """

    def covered(names: Iterable[str]) -> int:
        return sum(
            min(line.quantity, sum(available[line.sku].get(name, 0) for name in names))
            for line in order.lines
        )

    most = covered(nearest)
    sets = chain.from_iterable(combinations(nearest, size) for size in range(len(nearest)))
    for names in islice(sets, MOST_SETS):
        if covered(names) == most:
            return (*names, *(name for name in nearest if name not in names))
    return tuple(nearest)
