"""Fixtures of the contract suites."""

from tests.contract.netboxes import netbox

__all__ = ["netbox"]
