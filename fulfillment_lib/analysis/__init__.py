"""Views of a run: records become tables and numbers. Pure; pandas is imported here, not before."""
