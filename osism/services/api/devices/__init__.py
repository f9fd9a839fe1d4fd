"""Devices as objects: what NetBox, specs, journal and records say of them together."""
