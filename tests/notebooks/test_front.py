"""The pages that a git host shows, too: short, without directives, and true."""

from __future__ import annotations

import re

import library
import pytest
import scenes
from links import FENCE

from fulfillment_lib.engine.tasks import Outcome
from notebooks import FOLDER
from tests.test_readme import examples, wrong_outputs

FRONT = (FOLDER / "index.md").read_text(encoding="utf-8")
SHAPES = (FOLDER / "shapes.md").read_text(encoding="utf-8")
NO_WORDS = re.compile(r"<!--.*?-->|\]\([^)]*\)|[^\w\s'-]", re.DOTALL)
MOST_WORDS, MOST_LINES = 900, 25


def test_the_first_page_has_few_words() -> None:
    assert 500 < len(NO_WORDS.sub(" ", FENCE.sub("", FRONT)).split()) <= MOST_WORDS


def test_its_code_is_short_runs_and_prints_what_stands_below_it() -> None:
    ((code, claimed),) = examples(FRONT)
    assert len([line for line in code.splitlines() if line.strip()]) <= MOST_LINES
    assert claimed and wrong_outputs(FRONT) == []


@pytest.mark.parametrize("page", sorted(FOLDER.glob("*.md")), ids=lambda path: path.name)
def test_a_page_has_no_directives(page) -> None:
    assert "```{" not in page.read_text(encoding="utf-8")


def test_the_page_of_the_library_is_the_one_that_its_tool_writes() -> None:
    source = library.SOURCE.read_text(encoding="utf-8")
    assert library.PAGE.read_text(encoding="utf-8") == library.readable(source)
    assert source.count(".. auto") == library.PAGE.read_text(encoding="utf-8").count("\n* [`")


def test_each_shape_has_a_heading_a_text_and_its_scene_and_the_first_page_leads_to_it() -> None:
    part = re.compile(r"^## ([\w ]+)\n\n(.+?)\n\n<!-- scene: (\w+) -->", re.MULTILINE | re.DOTALL)
    parts = part.findall(SHAPES)
    names = [make.__name__ for make in scenes.SHAPES]
    assert [name for *_, name in parts] == names
    assert [title.replace(" ", "_") for title, *_ in parts] == names
    for title, *_ in parts:
        assert f"[{title}](shapes.md#{title.replace(' ', '-')})" in FRONT.replace("\n", " ")


def runs(name, **settings):
    """The run of a scene as it begins, and under each of the settings of one control."""
    panel = scenes.SCENES[name][0]()
    ((key, values),) = settings.items()
    made = [panel.run]
    for value in values:
        panel.settable[key].value = value
        made.append(panel.run)
    panel.close()
    return made


def starts_s(run, kind, order="S"):
    return [a.start_s for a in run.attempts if a.kind == kind and a.order_id == order]


def test_a_straggler_yields_to_a_shorter_timeout_and_not_to_workers() -> None:
    run, more = runs("straggler", workers=[8])
    assert more.makespan_s == run.makespan_s
    longest, second = sorted((a.finish_s - a.start_s for a in run.attempts), reverse=True)[:2]
    assert longest > 5 * second
    assert runs("straggler", timeout_s=[10])[1].makespan_s < run.makespan_s / 1.5


def test_behind_a_barrier_the_packing_moves_with_the_timeout() -> None:
    starts = [starts_s(run, "packing", "A") for run in runs("barrier", timeout_s=[5, 8])]
    assert starts == [[11.0], [6.0], [9.0]]


def test_a_convoy_is_dissolved_by_shortest_first_and_the_day_ends_as_before() -> None:
    run, shortest = runs("convoy", policy=["shortest_first"])
    assert run.makespan_s == shortest.makespan_s
    assert sum(run.summary().lead_time_s) > sum(shortest.summary().lead_time_s)


def test_the_standard_order_starves_until_waiting_counts() -> None:
    run, ageing = runs("starvation", policy=["ageing"])
    (first,), (sooner,) = (starts_s(each, "inventory") for each in (run, ageing))
    assert max(a.finish_s for a in run.attempts if a.order_id != "S") < run.makespan_s
    assert sooner < first / 2


def test_the_storm_ends_with_six_seconds() -> None:
    run, fewer, calm = runs("retry_storm", timeout_s=[5, 6])
    stopped = [[a.outcome for a in each.attempts].count(Outcome.TIMED_OUT) for each in (run, calm)]
    assert stopped[0] > 10 and stopped[1] == 0 and len(fewer.attempts) > len(calm.attempts)


@pytest.mark.parametrize("timeout_s", [5, 10, 20])
def test_a_hang_is_as_long_as_its_timeout(timeout_s) -> None:
    run = runs("hang", timeout_s=[timeout_s])[1]
    (hang,) = (a for a in run.attempts if a.outcome == Outcome.TIMED_OUT)
    assert hang.finish_s - hang.start_s == pytest.approx(timeout_s)


def test_a_lost_worker_does_nothing_else_until_a_timeout_gives_it_back() -> None:
    run, back = runs("lost_worker", timeout_s=[10])
    (lost,) = (a for a in run.attempts if a.outcome == Outcome.TIMED_OUT)
    later = [
        [a for a in each.attempts if a.worker == lost.worker and a.start_s > lost.start_s]
        for each in (run, back)
    ]
    assert not later[0] and later[1]
    assert lost.finish_s == run.makespan_s


def test_a_split_ends_where_the_nearest_warehouse_has_all() -> None:
    packings = [len(starts_s(run, "packing", "A")) for run in runs("split", stock=[2])]
    assert packings == [2, 1]


def test_the_order_of_the_first_page_has_one_packing_before_its_checks_and_two_after() -> None:
    panel = scenes.one_order()
    told = []
    for at_s in (0.0, panel.revised_s + 0.1, panel.run.makespan_s):
        panel.time.value = at_s
        told.append(panel.picture_words())
    assert "One packing is expected" in told[0] and "One packing becomes two" in told[1]
    assert "1 orders done" in told[2]
    panel.close()
