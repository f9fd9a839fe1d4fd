"""Hosts of NetBox in the inventory: the lab's NetBox over HTTP, real workers."""

from __future__ import annotations

from tests.e2e.conftest import Site


def test_hosts_of_netbox_are_in_the_inventory_and_stay_when_it_is_away(site: Site) -> None:
    first = site.osism("reconciler", "sync", "--format", "json")
    assert first.code == 0, first
    hosts = {row["Host"]: row["Groups"] for row in site.osism("get", "hosts", "-f", "json").json}
    assert "rack-1" in str(hosts["node-1"])
    variables = site.osism("get", "hostvars", "node-1", "-f", "json").json
    assert variables
    second = site.osism("reconciler", "sync", "--format", "json")
    assert second.code == 0
    assert second.events[-1]["result"]["commit"] in (None, "", first.events[-1]["result"]["commit"])
    site.netbox_fault(status=502, method="GET")
    try:
        away = site.osism("reconciler", "sync", "--format", "json")
    finally:
        site.mend()
    assert away.code == 0, away
    assert away.events[-1]["result"]["degraded"]
    assert "node-1" in {row["Host"] for row in site.osism("get", "hosts", "-f", "json").json}
