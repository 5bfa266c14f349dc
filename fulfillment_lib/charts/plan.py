"""The plan of an order as a graph: a box per task, an arrow per dependency.

Time has no axis here: what is further to the right comes later. A revised plan is drawn beside
the plan as it was expected, so that one packing can be seen to become two.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import unquote

from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, Rectangle
from matplotlib.path import Path
from matplotlib.transforms import Bbox

from fulfillment_lib.analysis.run import Run
from fulfillment_lib.charts.axes import new_axes
from fulfillment_lib.charts.captions import title_above
from fulfillment_lib.charts.gantt import MARKER_PT, MARKERS, face, marker
from fulfillment_lib.charts.style import (
    HATCH_COLOUR,
    INK,
    LABEL_SIZE,
    TICK_SIZE,
    VERMILLION,
    FittingText,
    drawable,
    label_width_pt,
    look,
    seconds,
)
from fulfillment_lib.checks import refuse
from fulfillment_lib.engine.tasks import Outcome, Task, TaskResult
from fulfillment_lib.errors import counted, nearest
from fulfillment_lib.plan import Plan, TaskKind, task_id

Results = Mapping[str, TaskResult]
Boxes = dict[str, Bbox]

UNIT_INCHES = 1.3
# To the right in boxes, of which the width is 1.0; down in rows.
BETWEEN_PLANS, STRIP = 0.5, 0.09
BOX_HEIGHT, ARROW_HEIGHT = 0.8, 0.22
SKIPPED_COLOUR = "#666666"


def plot_plan(
    plan_or_run: Plan | Run,
    order_id: str | None = None,
    *,
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Draw the plan of one order: stock checks, packing, shipping, and what waits for what.

    A plan that was revised lies beside the plan as expected. Of a run, each box of the revised
    plan says what came of its task: a pale box with a marker did not succeed, a white one with a
    broken edge was skipped.

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
    rows = max(len(column) for side in sides for column in _columns(side))
    gap = min(0.5 + 0.03 * max(rows - 4, 0), 1.0)  # many arrows take more room
    step = 3.0 + 2 * gap + BETWEEN_PLANS
    width = len(sides) * step - BETWEEN_PLANS
    row_inches = 0.45 if results else 0.34
    ax = new_axes(ax, UNIT_INCHES * width + 0.4, min(row_inches * rows, 40.0) + 1.0)
    ax.set_xlim(-0.05, width + 0.05)
    ax.set_ylim(rows - 0.4, -0.6)
    ax.set_axis_off()
    for number, side in enumerate(sides):
        boxes = _places(side, number * step, gap, rows)
        _draw_plan(ax, side, boxes, results if side is plan else {})
        if len(sides) == 2:
            name = ("as expected", "as revised")[number]
            _write_above(ax, number * step, 18, name, TICK_SIZE, "left")
    title_above(ax, _finding(plan) if title is None else title, 32 if len(sides) == 2 else 18)
    return ax


def _plan_and_results(given: object, order_id: str | None) -> tuple[Plan, Results]:
    """The plan of the order, and its results by task id, none if only a plan is given."""
    if isinstance(given, Plan):
        if order_id is not None and (not isinstance(order_id, str) or order_id != given.order_id):
            refuse("order_id", "that of the plan", order_id, nearest(order_id, [given.order_id]))
        return given, {}
    if isinstance(given, type) or not all(hasattr(given, name) for name in ("orders", "results")):
        refuse("plan_or_run", "a Plan or a run", given)
    return _from_run(given, order_id)  # type: ignore[arg-type]


def _from_run(run: Run, order_id: str | None) -> tuple[Plan, Results]:
    ids = [order.id for order in run.orders]
    chosen = ids[0] if order_id is None and len(ids) == 1 else order_id
    if not isinstance(chosen, str) or chosen not in ids:
        refuse("order_id", "the id of an order of this run", order_id, nearest(order_id, ids))
    results = {each.task.id: each for each in run.results if each.task.order_id == chosen}
    tasks = tuple(each.task for each in results.values())
    checks = tuple(task for task in tasks if task.kind == TaskKind.INVENTORY)
    packing = Task(
        task_id(chosen, TaskKind.PACKING),
        TaskKind.PACKING,
        chosen,
        depends_on=tuple(check.id for check in checks),
    )
    shipping = Task(
        task_id(chosen, TaskKind.SHIPPING), TaskKind.SHIPPING, chosen, depends_on=(packing.id,)
    )
    return Plan(chosen, tasks, Plan(chosen, (*checks, packing, shipping))), results


def _finding(plan: Plan) -> str:
    order, packings = drawable(plan.order_id), plan.of_kind(TaskKind.PACKING)
    if plan.first is None:
        checks = counted(len(plan.of_kind(TaskKind.INVENTORY)), "stock check")
        return f"{order}: {checks}, then packing and shipping"
    expected = plan.first.of_kind(TaskKind.PACKING)
    if [each.id for each in packings] == [each.id for each in expected]:
        return f"{order}: nothing was reserved, the plan stays as expected"
    return f"{order}: 1 packing expected, {len(packings):,} after the stock checks"


def _columns(plan: Plan) -> list[list[Task]]:
    """The tasks by kind; work of any other kind stands with the shipping."""
    columns: list[list[Task]] = [[], [], []]
    places = {str(kind): place for place, kind in enumerate(TaskKind)}
    for task in plan.tasks:
        columns[places.get(task.kind, 2)].append(task)
    return columns


def _places(plan: Plan, left: float, gap: float, rows: int) -> Boxes:
    """Where the box of each task lies: high where many arrows end, near to where they begin."""
    boxes: Boxes = {}

    def level(task: Task) -> float:
        before = [boxes[each].y0 + boxes[each].y1 for each in task.depends_on if each in boxes]
        return float(sum(before)) / len(before) if before else 0.0

    for column, tasks in enumerate(_columns(plan)):
        x0, share = left + column * (1.0 + gap), rows / max(len(tasks), 1)
        for place, task in enumerate(sorted(tasks, key=level)):
            middle = (place + 0.5) * share - 0.5
            half = max(BOX_HEIGHT, min(ARROW_HEIGHT * len(task.depends_on), 0.6 * share)) / 2
            boxes[task.id] = Bbox([[x0, middle - half], [x0 + 1.0, middle + half]])
    return boxes


def _draw_plan(ax: Axes, plan: Plan, boxes: Boxes, results: Results) -> None:
    for kind, tasks in zip(TaskKind, _columns(plan), strict=True):
        if tasks:
            _write_above(ax, boxes[tasks[0].id].x0 + 0.5, 4, kind, LABEL_SIZE + 1, "center")
    for task in plan.tasks:
        result = results.get(task.id)
        _draw_box(ax, boxes[task.id], task, result)
        _draw_arrows(ax, boxes, task, result is not None and result.outcome is Outcome.SKIPPED)


def _draw_box(ax: Axes, box: Bbox, task: Task, result: TaskResult | None) -> None:
    outcome = Outcome.SUCCEEDED if result is None else result.outcome
    good, skipped = outcome is Outcome.SUCCEEDED, outcome is Outcome.SKIPPED
    edge = INK if good else SKIPPED_COLOUR if skipped else VERMILLION
    colour, hatch = look(task.kind)
    ax.add_patch(
        Rectangle(
            (box.x0, box.y0),
            STRIP,
            box.height,
            facecolor=colour,
            linewidth=0,
            hatch=hatch,
            hatchcolor=HATCH_COLOUR,
            zorder=2,
            clip_on=False,
            alpha=0.35 if skipped else 1.0,
        )
    )
    ax.add_patch(
        Rectangle(
            (box.x0 + STRIP, box.y0),
            1.0 - STRIP,
            box.height,
            linewidth=0,
            facecolor="white" if skipped else face(task.kind, good),
            zorder=2,
            clip_on=False,
        )
    )
    ax.add_patch(
        Rectangle(
            (box.x0, box.y0),
            1.0,
            box.height,
            facecolor="none",
            edgecolor=edge,
            linewidth=0.8 if good else 1.4,
            linestyle="--" if skipped else "-",
            zorder=3,
            clip_on=False,
            label=task.kind,
        )
    )
    room = Bbox([[box.x0 + STRIP, box.y0 + 0.04], [box.x1, box.y1 - 0.04]])
    halves = [room] if result is None else _halves(room)
    corner_pt = MARKER_PT + 4.0 if outcome in MARKERS else 0.0
    ax.add_artist(BoxText(halves[0], _names(task, result), corner_pt))
    if result is not None:
        ax.add_artist(BoxText(halves[1], _outcome_words(result)))
    if outcome in MARKERS:
        line = marker(outcome, [box.x1], [box.y0])
        line.set(zorder=5, clip_on=False)
        ax.add_artist(line)


def _halves(room: Bbox) -> list[Bbox]:
    middle = (room.y0 + room.y1) / 2
    return [
        Bbox([[room.x0, room.y0], [room.x1, middle]]),
        Bbox([[room.x0, middle], [room.x1, room.y1]]),
    ]


def _names(task: Task, result: TaskResult | None) -> list[str]:
    """What a box is called, ever shorter: its SKU or warehouse, which a task's id ends with."""
    start = task_id(task.order_id, task.kind)
    if task.id == start:
        return ["not known yet", "?"] if result is None else ["no warehouse", "none"]
    name = unquote(task.id.removeprefix(start + "/"))
    return list(dict.fromkeys(drawable(name, longest) for longest in (40, 30, 22, 16, 12, 9, 6)))


def _outcome_words(result: TaskResult) -> list[str]:
    """What came of a task, as fully as there is room."""
    word = result.outcome.replace("_", " ")
    if not result.attempts:
        return [*([drawable(f"{word}: {result.error}")] if result.error else []), word]
    at = f"{word} at {seconds(result.attempts[-1].finish_s)} s"
    again = len(result.attempts)
    return [
        *([f"{at}, attempt {again}", f"{word}, attempt {again}"] if again > 1 else []),
        at,
        word,
    ]


class BoxText(FittingText):
    """The longest of several texts that lies within its room, whatever the size of the figure."""

    def __init__(self, room: Bbox, texts: list[str], spare_pt: float = 0.0) -> None:
        self.texts = [(text, label_width_pt(text) + spare_pt) for text in texts]
        super().__init__(room, *self.texts[-1], color=INK, zorder=4)

    def get_visible(self) -> bool:
        """Whether one fits into the axes as they are now; from then on that one is drawn."""
        for text, width_pt in self.texts:
            self.width_pt = width_pt
            if super().get_visible():
                self.set_text(text)
                return True
        return False


def _draw_arrows(ax: Axes, boxes: Boxes, task: Task, skipped: bool) -> None:
    """From what must succeed before, in the order from the top, so that few arrows cross."""
    before = sorted(
        (boxes[each] for each in task.depends_on if each in boxes), key=lambda box: float(box.y0)
    )
    end = boxes[task.id]
    for place, box in enumerate(before, 1):
        x0, y0 = box.x1, (box.y0 + box.y1) / 2
        x1, y1 = end.x0, end.y0 + end.height * place / (len(before) + 1)
        bend = (x1 - x0) / 2
        curve = Path(
            [(x0, y0), (x0 + bend, y0), (x1 - bend, y1), (x1, y1)],
            [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4],
        )
        ax.add_patch(
            FancyArrowPatch(
                path=curve,
                transform=ax.transData,
                arrowstyle="-|>",
                mutation_scale=8,
                clip_on=False,
                color=SKIPPED_COLOUR if skipped else INK,
                linewidth=0.9,
                zorder=1,
                linestyle="--" if skipped else "-",
            )
        )


def _write_above(ax: Axes, across: float, up_pt: float, text: str, size: float, ha: str) -> None:
    ax.annotate(
        text,
        (across, 1.0),
        (0, up_pt),
        xycoords=ax.get_xaxis_transform(),
        ha=ha,
        textcoords="offset points",
        fontsize=size,
        color=INK,
        annotation_clip=False,
    )
