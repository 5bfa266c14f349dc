"""What the engine costs beside others, on the same work; see `__main__` for how to run it.

Times differ from machine to machine, so only ratios within one run count. Nothing here is a test:
what can be asserted without a clock is in tests/engine/test_costs.py.
"""
