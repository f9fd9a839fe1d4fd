"""Measurements, each against a named baseline of the same run. ``python -m bench --help``."""
