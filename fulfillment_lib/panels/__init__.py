"""Panels for notebooks, made of ipywidgets: controls on the left, picture and figures on the right.

A panel holds no logic: what it shows can be had by calling `simulate`, a chart, or a function of
`analysis`. Where no kernel runs, its last picture stands in its place.
"""

try:
    import ipywidgets  # noqa: F401  # tried here, so that the error can say what to install
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "panels need ipywidgets, which is not here: pip install 'fulfillment-lib[notebooks]'",
        name=error.name,
    ) from error

from fulfillment_lib.panels.compare import compare
from fulfillment_lib.panels.explore import explore
from fulfillment_lib.panels.live import live
from fulfillment_lib.panels.replay import replay

__all__ = ["compare", "explore", "live", "replay"]
