"""The public API, called exactly as DESIGN.md prints it."""

import asyncio
import dataclasses
import inspect
import types

import pytest
from check_run import checked

import fulfillment_lib
from fulfillment_lib import (
    Attempt,
    Durations,
    Faults,
    FulfillmentError,
    FulfillmentRun,
    Network,
    Order,
    OrderLine,
    OrderReport,
    OrderStatus,
    Outcome,
    Plan,
    Priority,
    Product,
    Settings,
    Task,
    TaskKind,
    TaskResult,
    Warehouse,
    WorkerPool,
    fulfill,
    plan_order,
    policies,
    read_network,
    read_orders,
    run_virtual,
    sample_network,
    sample_orders,
    simulate,
)
from fulfillment_lib.course import ask

PUBLIC = """Attempt Durations Faults FulfillmentError FulfillmentRun Network Order OrderLine
    OrderReport OrderStatus Outcome Plan Priority Product Settings Task TaskKind TaskResult
    Warehouse WorkerPool fulfill plan_order policies read_network read_orders run_virtual
    sample_network sample_orders simulate""".split()

# What a call may leave out, and what it then means; later arguments may be more.
SIGNATURES = {
    Order: "id, lines, priority, postal_code, country='US', placed_s=0.0, shortage='backorder', "
    "promise_days=None",
    OrderLine: "sku, quantity",
    Product: "sku, name, weight_kg, length_cm, width_cm, height_cm",
    Network: "products, warehouses",
    Durations: "inventory=(1.0, 0.5), packing=(4.0, 0.5), shipping=(2.0, 0.5), redrawn=True",
    Durations.constant: "inventory=1, packing=4, shipping=2",
    Settings: "*, workers=5, timeout_s=10.0, policy='express_first', max_attempts=1, "
    "backoff_s=1.0, seed=0, durations=Durations(inventory=(1.0, 0.5), "
    "packing=(4.0, 0.5), shipping=(2.0, 0.5), redrawn=True), faults=Faults(fail=0.0, hang=0.0, "
    "lost_reply=0.0, script={}), start_date='2026-03-02', replan=0, routing='nearest'",
    plan_order: "order, reservations=None",
    simulate: "orders, network=None, settings=None, *, ledger=None, executor=None, **changes",
    fulfill: "orders, network=None, settings=None, *, speed=1.0, ledger=None, executor=None, "
    "on_start=None, on_attempt=None, **changes",
    WorkerPool: "workers=5, timeout_s=10.0, policy='express_first', max_attempts=1, "
    "backoff_s=1.0, grace_s=1.0",
    Task: "id, kind='', order_id='', priority=0, depends_on=(), payload=None, expected_s=None, "
    "due_s=None",
    sample_network: "scale=1.0",
    read_orders: "path, columns=None",
    read_network: "folder",
    ask: "lesson, seed",
}
BESIDES = {
    plan_order: {"durations"},
    simulate: {"watchdog_s", "on_attempt"},
    fulfill: {"watchdog_s"},
    WorkerPool: {"on_start", "on_attempt"},
}

TIMELINE = """order_id task_id kind priority worker attempt ready_s start_s finish_s wait_s
    service_s outcome error""".split()
SUMMARY = """order_id priority status units_ordered units_shipped units_backordered
    units_cancelled packages carriers delivery_date placed_s finished_s lead_time_s
    tasks_succeeded tasks_failed tasks_skipped""".split()
STOCK = "warehouse sku on_hand reserved available shipped".split()


@pytest.fixture(scope="module")
def run():
    return checked(simulate(sample_orders()))


def test_the_package_offers_these_names_sorted_and_no_others():
    assert fulfillment_lib.__all__ == sorted(PUBLIC)
    offered = {
        name
        for name, value in vars(fulfillment_lib).items()
        if not name.startswith("_") and not isinstance(value, types.ModuleType)
    }
    assert offered | {"policies"} == set(PUBLIC)


@pytest.mark.parametrize("called", SIGNATURES, ids=lambda called: called.__qualname__)
def test_every_call_has_its_arguments_and_defaults(called):
    signature = inspect.signature(called)
    kept = [
        each.replace(annotation=each.empty)
        for each in signature.parameters.values()
        if each.name not in BESIDES.get(called, ())
    ]
    bare = signature.replace(parameters=kept, return_annotation=signature.empty)
    assert str(bare) == f"({SIGNATURES[called]})"


def test_a_warehouse_takes_its_stock_by_name():
    warehouse = Warehouse("EAST", "10001", stock={"LAPTOP-001": 10}, country="US")
    assert warehouse.stock["LAPTOP-001"] == 10


def test_an_order_typed_in_a_notebook_equals_one_in_full():
    full = Order(
        id="ORD-001",
        lines=(OrderLine("LAPTOP-001", 1), OrderLine("MOUSE-002", 2)),
        priority=Priority.EXPRESS,
        postal_code="94103",
        country="US",
        placed_s=0.0,
        shortage="backorder",
        promise_days=None,
    )
    assert full == Order("ORD-001", {"LAPTOP-001": 1, "MOUSE-002": 2}, "express", "94103")
    assert Priority.EXPRESS < Priority.STANDARD


def test_a_fault_script_takes_a_word_per_attempt():
    script = {"ORD-003/packing/EAST": ("hang", "ok")}
    assert Faults(fail=0.0, hang=0.0, lost_reply=0.0, script=script).script == script


def test_the_samples_are_what_the_lessons_rely_on():
    orders = sample_orders(n=12, express_share=0.25, seed=0)
    assert isinstance(orders, tuple) and len(orders) == 12
    assert orders == sample_orders()
    assert [house.name for house in sample_network().warehouses] == ["EAST", "CENTRAL", "WEST"]
    skus = {product.sku for product in sample_network().products}
    assert {"LAPTOP-001", "MOUSE-002", "KEYBOARD-003"} <= skus


def test_a_plan_has_tasks_edges_and_the_plan_as_expected():
    order = Order("ORD-001", {"LAPTOP-001": 1, "MOUSE-002": 2}, "express", "94103")
    plan = plan_order(order)
    assert isinstance(plan, Plan) and plan.expected == plan
    assert [task.id for task in plan.tasks] == [
        "ORD-001/inventory/LAPTOP-001",
        "ORD-001/inventory/MOUSE-002",
        "ORD-001/packing",
        "ORD-001/shipping",
    ]
    assert plan.edges[0] == ("ORD-001/inventory/LAPTOP-001", "ORD-001/packing")
    task = plan.tasks[-1]
    assert (task.kind, task.order_id, task.priority, task.depends_on) == (
        TaskKind.SHIPPING,
        "ORD-001",
        Priority.EXPRESS,
        ("ORD-001/packing",),
    )


def test_a_run_has_its_records_in_tuples(run):
    assert isinstance(run, FulfillmentRun) and dataclasses.is_dataclass(run)
    for name, kind in (
        ("orders", Order),
        ("attempts", Attempt),
        ("results", TaskResult),
        ("reports", OrderReport),
        ("movements", object),
    ):
        value = getattr(run, name)
        assert isinstance(value, tuple) and all(isinstance(each, kind) for each in value)
    assert isinstance(run.network, Network) and isinstance(run.settings, Settings)
    assert dataclasses.replace(run) == run
    assert run.makespan_s == max(each.finish_s for each in run.attempts)
    assert repr(run) == (
        f"FulfillmentRun(12 orders, 5 workers, {len(run.attempts)} attempts, "
        f"makespan {run.makespan_s:.1f} s)"
    )


def test_records_have_the_promised_fields(run):
    attempt = run.attempts[0]
    assert all(hasattr(attempt, name) for name in [*TIMELINE, "sequence"])
    report = run.report("ORD-001")
    assert (report.order_id, report.status) == ("ORD-001", OrderStatus.FULFILLED)
    for name in "sku ordered shipped backordered cancelled reason".split():
        assert hasattr(report.lines[0], name)
    for name in (
        "sscc warehouse contents length_cm width_cm height_cm weight_kg billable_weight_kg"
    ).split():
        assert hasattr(report.packages[0], name)
    shipment = report.shipments[0]
    for name in "carrier service tracking_number delivery_date cost".split():
        assert hasattr(shipment, name)
    assert {each.carrier for report in run.reports for each in report.shipments} <= {
        "UPS",
        "FedEx",
        "DHL",
    }
    assert run.track(shipment.tracking_number) is shipment
    assert isinstance(shipment.label(), str) and isinstance(run.notification("ORD-001"), str)
    assert [each.value for each in Outcome] == [
        "succeeded",
        "failed",
        "timed_out",
        "skipped",
        "cancelled",
    ]
    assert [each.value for each in OrderStatus] == [
        "FULFILLED",
        "PARTIALLY_FULFILLED",
        "UNFULFILLED",
        "CANCELLED",
    ]


def test_fulfill_gives_the_run_of_simulate(run):
    starts, attempts = [], []
    paced = asyncio.run(
        fulfill(
            sample_orders(),
            speed=1e6,
            on_start=lambda task, worker, start_s: starts.append(task.id),
            on_attempt=attempts.append,
        )
    )
    assert checked(paced) == run
    assert tuple(attempts) == run.attempts and len(starts) == len(attempts)


def test_a_pool_runs_any_work_in_virtual_time():
    async def main():
        async def handler(task):
            await asyncio.sleep(2)
            return task.id.upper()

        async with WorkerPool(
            workers=5,
            timeout_s=10.0,
            policy=policies.fifo,
            max_attempts=1,
            backoff_s=1.0,
            grace_s=1.0,
        ) as pool:
            task = Task(
                id="t1",
                kind="any text",
                order_id="",
                priority=0,
                depends_on=(),
                payload=None,
                expected_s=None,
                due_s=None,
            )
            future = pool.submit(task, handler)
            result = await pool.run(task, handler)
            assert (await future).value == result.value == "T1"
            assert (result.task, result.outcome, result.error) == (task, Outcome.SUCCEEDED, "")
            assert result.attempts == (pool.attempts[1],)
        return asyncio.get_running_loop().time()

    assert run_virtual(main(), start_s=0.0) == 2.0


def test_every_error_on_purpose_is_of_one_tree_and_a_value_error_too():
    with pytest.raises(FulfillmentError, match="workers must be") as caught:
        simulate(sample_orders(1), workers=0)
    assert isinstance(caught.value, ValueError)


def test_the_tables_have_the_promised_columns(run):
    for orders in (sample_orders(), ()):
        day = checked(simulate(orders))
        assert list(day.timeline().columns) == TIMELINE
        assert list(day.summary().columns) == SUMMARY
        assert list(day.stock().columns) == STOCK
    assert len(run.timeline()) == len(run.attempts)
    assert list(run.summary()["order_id"]) == [order.id for order in run.orders]
    assert len(run.stock()) == 27
    assert run._repr_html_().count("<tr") == 13


def test_equal_runs_have_equal_digests(run):
    assert run.digest() == simulate(sample_orders()).digest()
    assert run.digest() != simulate(sample_orders(), seed=1).digest()


def test_every_lesson_up_to_the_capstone_can_be_asked_about():
    for number in range(10):
        question = ask(f"{number:02}", 1)
        assert question.answer in question.choices
        assert {question.answer, *question.why} == set(question.choices)
