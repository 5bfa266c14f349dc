"""The plan of an order as a graph: a box per task, an arrow per dependency.

There is no axis of time: a column holds a stage of the plan, and what waits for it is further to
the right. A revised plan is drawn to the right of the plan as it was expected, so that one can see
one packing become two. Widths are in widths of a box, heights in rows, which count downwards.
"""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, Rectangle
from matplotlib.path import Path
from matplotlib.transforms import Bbox

from fulfillment_lib.analysis.run import Run, by_order
from fulfillment_lib.charts import style
from fulfillment_lib.charts.axes import new_axes
from fulfillment_lib.charts.captions import title_above, write_above
from fulfillment_lib.charts.gantt import MARKER_PT, MARKERS, face, marker
from fulfillment_lib.checks import refuse
from fulfillment_lib.engine.tasks import Outcome, Task, TaskResult
from fulfillment_lib.errors import counted, nearest
from fulfillment_lib.plan import Plan, TaskKind, task_id_parts
from fulfillment_lib.planning import first_plan

Results = Mapping[str, TaskResult]
Boxes = dict[str, Bbox]

UNIT_INCHES = 1.3  # the width of a box where the chart makes its own figure
BETWEEN_PLANS, STRIP = 0.5, 0.09
CURVE = (Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4)
BOX_HEIGHT, ARROW_HEIGHT = 0.8, 0.22


def plot_plan(
    plan_or_run: Plan | Run,
    order_id: str | None = None,
    *,
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Draw the plan of one order: stock checks, packing, shipping, and what waits for what.

    A column is a stage of the plan (see `Plan.stages`). A revised plan is drawn to the right of
    the plan as expected. A dotted line is a barrier: nothing to the right of it began before all
    stock checks had ended, whatever its arrows say. Of a run, each box of the revised plan says
    what came of its task: a pale box with a marker did not succeed, a white one with a broken edge
    was skipped. What was planned again after a packing failed is further to the right.

    Args:
        plan_or_run: a plan, or a run of which one order is drawn.
        order_id: which one; None does for a plan, and for a run of a single order.
        ax: None makes a new figure.
        title: the finding that the chart shows; None counts the packings.

    Raises:
        ArgumentError: `plan_or_run` is neither, it has no such order, or `ax` is no Axes.
    """
    plan, results = _plan_and_results(plan_or_run, order_id)
    sides = [plan] if plan.first is None else [plan.first, plan]
    rows = max((len(stage) for side in sides for stage in side.stages), default=1)
    gap = min(0.5 + 0.03 * max(rows - 4, 0), 1.0)  # many arrows take more room
    widths = [len(side.stages) * (1.0 + gap) - gap for side in sides]
    lefts = [0.0, widths[0] + BETWEEN_PLANS]
    width = max(sum(widths) + BETWEEN_PLANS * (len(sides) - 1), 1.0)
    row_inches = 0.45 if results else 0.34
    ax = new_axes(ax, UNIT_INCHES * width + 0.4, min(row_inches * rows, 40.0) + 1.0)
    ax.set_xlim(-0.05, width + 0.05)
    ax.set_ylim(rows - 0.4, -0.6)
    ax.set_axis_off()
    for side, left, name in zip(sides, lefts, ("as expected", "as revised"), strict=False):
        _draw_plan(ax, side, _boxes(side, left, gap, rows), results if side is plan else {})
        if side.first is not None and len(side.stages) > 1 and len(side.stages[0]) > 1:
            _draw_barrier(ax, left + 1.0 + gap / 2)
        if len(sides) == 2:
            write_above(ax, name, style.TICK_SIZE, left, up_pt=18)
    title_above(ax, _finding(plan) if title is None else title, 32 if len(sides) == 2 else 18)
    return ax


def _plan_and_results(given: Plan | Run, order_id: str | None) -> tuple[Plan, Results]:
    """The plan of the order, and its results by task id, none if only a plan is given."""
    if isinstance(given, Plan):
        if order_id is not None and (not isinstance(order_id, str) or order_id != given.order_id):
            refuse("order_id", "that of the plan", order_id, nearest(order_id, [given.order_id]))
        return given, {}
    if isinstance(given, type) or not all(hasattr(given, name) for name in ("orders", "results")):
        refuse("plan_or_run", "a Plan or a run", given)
    orders = {order.id: order for order in given.orders}
    if order_id is None and len(orders) == 1:
        (order_id,) = orders
    if not isinstance(order_id, str) or order_id not in orders:
        refuse("order_id", "the id of an order of this run", order_id, nearest(order_id, orders))
    results = {result.task.id: result for result in by_order(given.results)[order_id]}
    first = first_plan(orders[order_id], given.settings.durations)
    return Plan(order_id, tuple(result.task for result in results.values()), first), results


def _finding(plan: Plan) -> str:
    order, packings = style.drawable(plan.order_id), plan.of_kind(TaskKind.PACKING)
    if plan.first is None:
        checks = counted(len(plan.of_kind(TaskKind.INVENTORY)), "stock check")
        later = dict.fromkeys(style.drawable(task.kind, 20) for task in sum(plan.stages[1:], ()))
        return f"{order}: {checks}" + (f", then {' and '.join(later)}" if later else "")
    expected = plan.first.of_kind(TaskKind.PACKING)
    if [task.id for task in packings] == [task.id for task in expected]:
        return f"{order}: nothing was reserved, the plan stays as expected"
    again = [task for task in plan.of_kind(TaskKind.INVENTORY) if task.depends_on]
    after = (
        "after the stock checks, and those that were made again"
        if again
        else ("after the stock checks")
    )
    return f"{order}: 1 packing expected, {len(packings):,} {after}"


def _boxes(plan: Plan, left: float, gap: float, rows: int) -> Boxes:
    """The box of each task: high where many arrows end, near to where they begin."""
    boxes: Boxes = {}

    def height_of_causes(task: Task) -> float:
        before = [boxes[name].y0 + boxes[name].y1 for name in task.depends_on if name in boxes]
        return float(sum(before)) / len(before) if before else 0.0

    for column, tasks in enumerate(plan.stages):
        x0, share = left + column * (1.0 + gap), rows / len(tasks)
        for row, task in enumerate(sorted(tasks, key=height_of_causes)):
            middle = (row + 0.5) * share - 0.5
            half = max(BOX_HEIGHT, min(ARROW_HEIGHT * len(task.depends_on), 0.6 * share)) / 2
            boxes[task.id] = Bbox([[x0, middle - half], [x0 + 1.0, middle + half]])
    return boxes


def _draw_plan(ax: Axes, plan: Plan, boxes: Boxes, results: Results) -> None:
    for tasks in plan.stages:
        kinds = style.drawable(", ".join(dict.fromkeys(task.kind for task in tasks)), 20)
        middle = boxes[tasks[0].id].x0 + 0.5
        write_above(ax, kinds, style.LABEL_SIZE + 1, middle, up_pt=4, ha="center")
    for task in plan.tasks:
        result = results.get(task.id)
        _draw_box(ax, boxes[task.id], task, result)
        _draw_arrows(ax, boxes, task, result is not None and result.outcome is Outcome.SKIPPED)


def _draw_barrier(ax: Axes, x: float) -> None:
    """Where the orchestrator waits for all stock checks of an order."""
    ax.axvline(x, 0.0, 1.0, color=style.ink(), linewidth=1.5, linestyle=(0, (1, 1.5)), zorder=0)
    size = style.LABEL_SIZE
    ax.text(x, ax.get_ylim()[0], "barrier", fontsize=size, color=style.ink(), ha="center", va="top")


def _draw_box(ax: Axes, box: Bbox, task: Task, result: TaskResult | None) -> None:
    """A strip in the colour and pattern of the kind, then the field of the texts, in one frame."""
    outcome = Outcome.SUCCEEDED if result is None else result.outcome
    good, skipped = outcome is Outcome.SUCCEEDED, outcome is Outcome.SKIPPED
    colours = style.palette()
    colour, hatch = style.look(task.kind)
    strip = Rectangle((box.x0, box.y0), STRIP, box.height, facecolor=colour, linewidth=0)
    strip.set(hatch=hatch, hatchcolor=colours.hatch, alpha=0.35 if skipped else 1.0)
    ground = style.paper() if skipped else face(task.kind, good)
    corner = (box.x0 + STRIP, box.y0)
    field = Rectangle(corner, 1.0 - STRIP, box.height, facecolor=ground, linewidth=0)
    frame = Rectangle((box.x0, box.y0), 1.0, box.height, facecolor="none", label=task.kind)
    frame.set(
        edgecolor=colours.ink if good else colours.grey if skipped else style.VERMILLION,
        linewidth=0.8 if good else 1.4,
        linestyle="--" if skipped else "-",
    )
    for patch in (strip, field, frame):
        patch.set(zorder=2, clip_on=False)
        ax.add_patch(patch)
    room = Bbox([[box.x0 + STRIP, box.y0 + 0.04], [box.x1, box.y1 - 0.04]])
    upper, lower = room.splity(0.5) if result else (room, room)
    corner_pt = MARKER_PT + 4.0 if outcome in MARKERS else 0.0
    ax.add_artist(style.BoxText(upper, _names(task, result), corner_pt))
    if result is not None:
        ax.add_artist(style.BoxText(lower, _outcome_words(result)))
    if outcome in MARKERS:
        ax.add_artist(marker(outcome, [box.x1], [box.y0]))


def _names(task: Task, result: TaskResult | None) -> list[str]:
    """What a box is called, ever shorter: its SKU or warehouse, with which a task's id ends."""
    names = task_id_parts(task.id)
    if names[:2] == (task.order_id, task.kind):
        names = names[2:]
    if not names and task.kind in (TaskKind.PACKING, TaskKind.SHIPPING):
        return ["not known yet", "?"] if result is None else ["no warehouse", "none"]
    name = "/".join(names) or task.kind
    shorter = (style.drawable(name, longest) for longest in (40, 30, 22, 16, 12, 9, 6))
    return list(dict.fromkeys(shorter))


def _outcome_words(result: TaskResult) -> list[str]:
    """What came of a task, as fully as there is room."""
    word = result.outcome.replace("_", " ")
    if not result.attempts:
        return [*([style.drawable(f"{word}: {result.error}")] if result.error else []), word]
    tried = len(result.attempts)
    ended = f"{word} at {style.seconds(result.attempts[-1].finish_s)} s"
    again = [f"{ended}, attempt {tried}", f"{word}, attempt {tried}"] if tried > 1 else []
    return [*again, ended, word]


def _draw_arrows(ax: Axes, boxes: Boxes, task: Task, skipped: bool) -> None:
    """From what must succeed before, in the order from the top, so that few arrows cross."""
    before = sorted(
        (boxes[name] for name in task.depends_on if name in boxes), key=lambda box: float(box.y0)
    )
    end = boxes[task.id]
    colour = style.palette().grey if skipped else style.ink()
    for number, box in enumerate(before, 1):
        x0, y0 = box.x1, (box.y0 + box.y1) / 2
        x1, y1 = end.x0, end.y0 + end.height * number / (len(before) + 1)
        bend = (x1 - x0) / 2
        curve = Path([(x0, y0), (x0 + bend, y0), (x1 - bend, y1), (x1, y1)], CURVE)
        arrow = FancyArrowPatch(path=curve, arrowstyle="-|>", mutation_scale=8, linewidth=0.9)
        arrow.set(color=colour, linestyle="--" if skipped else "-")
        arrow.set(zorder=1, clip_on=False)
        ax.add_patch(arrow)
