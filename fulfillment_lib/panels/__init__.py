"""Panels for notebooks, made of ipywidgets: a picture, and beside or below it controls and figures.

A panel holds no logic: what it shows can be had by calling `simulate`, a chart, or a function of
`analysis`. Where no kernel runs, its last picture is shown.
"""

from fulfillment_lib.errors import from_extra

with from_extra("notebooks", "panels"):
    # Tried here, so that the error can say what to install.
    import ipywidgets  # noqa: F401
    from anywidget import AnyWidget  # noqa: F401

from fulfillment_lib.panels.compare import compare
from fulfillment_lib.panels.explore import explore
from fulfillment_lib.panels.live import live
from fulfillment_lib.panels.replay import replay

__all__ = ["compare", "explore", "live", "replay"]
