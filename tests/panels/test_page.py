"""A panel and its page: what is told, and what goes when a cell is run again."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

import pytest
from ipywidgets.widgets.widget import _instances
from jupyter_client.blocking import BlockingKernelClient
from jupyter_client.manager import KernelManager
from PIL import Image

from fulfillment_lib import Settings, sample_orders, simulate
from fulfillment_lib.charts.palette import DARK
from fulfillment_lib.panels import compare, explore, live, replay

pytestmark = pytest.mark.slow  # each test draws, or starts a kernel
START_S = 180


def test_the_picture_is_drawn_for_the_width_and_the_theme_that_the_page_tells():
    panel = explore(sample_orders(6))
    light = panel.picture.widget.value
    assert panel.picture.widget.width == "960"
    panel.page.width = 364
    assert panel.picture.widget.width == "360"
    assert panel.picture.figure.get_size_inches().tolist() == [3.6, 4.6]
    panel.page.width, panel.page.dark = 2000, True
    assert panel.picture.widget.width == "960"
    corner = Image.open(BytesIO(panel.picture.widget.value)).getpixel((0, 0))
    assert corner == tuple(bytes.fromhex(DARK.paper[1:]))
    panel.page.dark = False
    assert panel.picture.widget.value == light


def test_the_words_of_the_picture_are_those_of_the_moment():
    panel = explore(sample_orders(6))
    panel.controls["workers"].value = 3
    assert panel.page.alt.startswith("Panel “explore”. 6 orders on 3 workers, makespan")


def test_an_error_has_a_colour_for_light_and_for_dark():
    panel = explore(sample_orders(3))
    panel.say_why(ValueError("no"))
    assert "color:#a33000" in panel.error.value
    panel.page.dark = True
    assert panel.error.value == ""  # it is drawn anew, without an error
    panel.say_why(ValueError("no"))
    assert "color:#ff9e80" in panel.error.value


@pytest.mark.parametrize(
    "make",
    [
        lambda: explore(sample_orders(3)),
        lambda: explore(sample_orders(3), controls=["workers"]),
        lambda: compare(sample_orders(3), {"a": Settings()}),
        lambda: replay(simulate(sample_orders(3))),
        lambda: live(sample_orders(3)),
    ],
)
def test_a_closed_panel_leaves_no_part_of_it_open(make):
    before = set(_instances)
    panel = make()
    assert len(set(_instances) - before) > 20
    panel.close()
    assert set(_instances) == before
    assert panel.picture.figure.axes == []


@pytest.fixture
def kernel() -> Iterator[BlockingKernelClient]:
    manager = KernelManager()
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=START_S)
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def printed(kernel: BlockingKernelClient, cell_id: str | None, code: str) -> str:
    """What a cell prints."""
    content = {"code": code, "silent": False, "store_history": True, "allow_stdin": False}
    message = kernel.session.msg(
        "execute_request", content, metadata={} if cell_id is None else {"cellId": cell_id}
    )
    kernel.shell_channel.send(message)
    text = ""
    while True:
        answer = kernel.get_iopub_msg(timeout=START_S)
        if answer["parent_header"].get("msg_id") == message["header"]["msg_id"]:
            text += answer["content"].get("text", "")
            assert answer["msg_type"] != "error", answer["content"]
            if answer["content"].get("execution_state") == "idle":
                return text


MAKE = "from fulfillment_lib import sample_orders, simulate\n"
MAKE += "from fulfillment_lib.panels import explore, replay\n"
COUNT = "from ipywidgets.widgets import widget; print(len(widget._instances))"


def test_a_cell_that_is_run_again_leaves_as_many_widgets_as_once(kernel):
    two = f"{MAKE}one = explore(sample_orders(3)); replay(one.run)"
    printed(kernel, "a", two)
    once = int(printed(kernel, "b", COUNT))
    assert once > 60
    for _ in range(2):
        printed(kernel, "a", two)
        assert int(printed(kernel, "b", COUNT)) == once
    printed(kernel, "c", two)
    assert int(printed(kernel, "b", COUNT)) == 2 * once
    printed(kernel, "a", "pass")  # the cell has been rewritten
    assert int(printed(kernel, "b", COUNT)) == once


def test_where_cells_have_no_ids_panels_stay(kernel):
    once = f"{MAKE}explore(sample_orders(3))"
    printed(kernel, None, once)
    count = int(printed(kernel, None, COUNT))
    printed(kernel, None, once)
    assert int(printed(kernel, None, COUNT)) == 2 * count
