"""What is written as text is read back equal, and anything else is refused."""

import pytest
from any_run import ANY_RUN
from hypothesis import given

from fulfillment_lib import Faults, Network, Settings, policies, sample_network, sample_orders
from fulfillment_lib.records import StockCheck
from fulfillment_lib.stock.encoding import (
    answer_from,
    answer_text,
    label_from,
    label_text,
    network_text,
    work_digest,
)


@given(ANY_RUN)
def test_answers_and_labels_are_read_as_they_were_written(run):
    for result in run.results:
        if isinstance(result.value, StockCheck):
            read = answer_from(answer_text(result.value))
            assert repr(read) == repr(result.value) and hash(read) == hash(result.value)
    for report in run.reports:
        for shipment in report.shipments:
            read = label_from(label_text(shipment))
            assert repr(read) == repr(shipment) and hash(read) == hash(shipment)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        "{}",
        "NaN",
        "[" * 100_000,
        '{"packages": [1]}',
        '{"packages": [{}]}',
        '{"sku": "A", "requested": 1, "available": {"EAST": 1.0}, "reservations": []}',
        '{"sku": "A", "requested": 1, "available": 5, "reservations": []}',
        '{"sku": "A", "requested": 1, "available": {}, "reservations": [{"sku": "A"}]}',
        '{"sku": "A", "requested": 1, "available": {}, "reservations": [], "more": 1}',
    ],
)
def test_a_text_that_holds_something_else_is_refused(text):
    for read in (answer_from, label_from):
        with pytest.raises(ValueError, match=r"no |Expecting|nested too deeply|units that are"):
            read(text)


def test_equal_networks_have_the_same_text_and_others_do_not():
    here, there = sample_network(), sample_network()
    turned = Network(
        here.products,
        [
            type(house)(
                house.name, house.postal_code, dict(reversed(house.stock.items())), house.country
            )
            for house in here.warehouses
        ],
    )
    assert network_text(here) == network_text(there) == network_text(turned)
    assert network_text(here) != network_text(sample_network(1.5))
    assert network_text(here) != network_text(Network(here.products[::-1], here.warehouses))


def test_a_run_is_known_by_everything_that_decides_what_it_does():
    orders, usual = sample_orders(3), Settings()
    faults = Settings(faults=Faults(script={"x": ("fail",), "y": ("ok", "hang")}))
    turned = Settings(faults=Faults(script={"y": ("ok", "hang"), "x": ("fail",)}))
    digests = [
        work_digest(*work)
        for work in [
            (orders, usual),
            (orders[:2], usual),
            (orders[::-1], usual),
            (orders, faults),
            (orders, Settings(policy=policies.ageing(0.1234567))),
            (orders, Settings(policy=policies.ageing(0.1234568))),
            (orders, Settings(policy=max)),
            (orders, Settings(policy=min)),
        ]
    ]
    assert len(set(digests)) == len(digests)
    assert work_digest(orders, faults) == work_digest(orders, turned)
    assert work_digest(orders, Settings(policy=policies.express_first)) == digests[0]
