"""Time and work: a virtual clock, and workers that know nothing of orders."""
