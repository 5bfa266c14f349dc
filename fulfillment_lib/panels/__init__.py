"""Panels for notebooks, made of ipywidgets: controls on the left, picture and figures on the right.

A panel holds no logic: what it shows can be had by calling `simulate`, a chart, or a function of
`analysis`. Where no kernel runs, its last picture is shown.
"""

from fulfillment_lib.errors import from_extra

with from_extra("notebooks", "panels"):
    import ipywidgets  # noqa: F401  # tried here, so that the error can say what to install

from fulfillment_lib.panels.compare import compare
from fulfillment_lib.panels.explore import explore
from fulfillment_lib.panels.live import live
from fulfillment_lib.panels.replay import replay

__all__ = ["compare", "explore", "live", "replay"]
