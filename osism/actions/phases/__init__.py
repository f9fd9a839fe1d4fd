"""Phases 2 to 4, shared by the actions that generate, deploy and compare."""
