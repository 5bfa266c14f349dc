"""Views of a run: records become tables and numbers. Pure; pandas is imported here, not before."""

from fulfillment_lib.errors import from_extra

with from_extra("views", "tables"):
    import pandas  # noqa: F401  # tried here, so that the error can say what to install

from fulfillment_lib.analysis import export, intervals, invariants, theory
from fulfillment_lib.analysis.anatomy import anatomy
from fulfillment_lib.analysis.bounds import bounds
from fulfillment_lib.analysis.explain import explain
from fulfillment_lib.analysis.kpis import kpis

__all__ = ["anatomy", "bounds", "explain", "export", "intervals", "invariants", "kpis", "theory"]
