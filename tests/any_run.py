"""A Hypothesis strategy for whole runs: small days with shortages, splits, faults and retries."""

from hypothesis import strategies as st

from fulfillment_lib import (
    Durations,
    Faults,
    Network,
    Order,
    Product,
    Settings,
    Warehouse,
    policies,
    simulate,
)

SKUS = ("A", "B", "C/%")
CONSTANT = Durations.constant(inventory=1, packing=4, shipping=2)
RATES = st.sampled_from([0.0, 0.0, 0.1, 0.3])
STOCKS = st.dictionaries(st.sampled_from(SKUS), st.integers(0, 4), max_size=3)
LINES = st.dictionaries(st.sampled_from(SKUS), st.integers(1, 4), min_size=1, max_size=3)
PLACED = st.sampled_from([0.0, 1.0, 2.5, 7.123457, 86_395.0])
SETTINGS = st.builds(
    Settings, workers=st.integers(1, 4), timeout_s=st.sampled_from([2.0, 4.5, 10.0]),
    policy=st.sampled_from(["fifo", "express_first", "shortest_first", policies.ageing(0.5)]),
    max_attempts=st.integers(1, 3), backoff_s=st.sampled_from([0.0, 0.5, 3.0]),
    seed=st.integers(0, 10**9),
    durations=st.sampled_from([Durations(), CONSTANT, Durations.constant(0, 4, 0),
                               Durations.constant(0, 0, 0)]),
    faults=st.builds(Faults, RATES, RATES, RATES))


@st.composite
def orders(draw):
    return [Order(f"O/{number}", draw(LINES), draw(st.sampled_from(["express", "standard"])),
                  draw(st.sampled_from(["10001", "94103"])), placed_s=draw(PLACED),
                  shortage=draw(st.sampled_from(["backorder", "short_ship", "ship_complete"])),
                  promise_days=draw(st.sampled_from([None, 1, 3])))
            for number in range(draw(st.integers(0, 5)))]


@st.composite
def networks(draw):
    codes = draw(st.lists(st.sampled_from(["10001", "60601", "94103"]), min_size=1, max_size=3))
    return Network([Product(sku, sku, 1, 10, 10, 10) for sku in SKUS],
                   [Warehouse(f"W/{part}", code, draw(STOCKS)) for part, code in enumerate(codes)])


ANY_RUN = st.builds(simulate, orders(), networks(), SETTINGS)
