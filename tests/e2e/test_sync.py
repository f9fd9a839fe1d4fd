"""NetBox's nodes in a real Ironic, by the command and a real worker, and what can go wrong."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
import yaml

from tests.e2e.conftest import wait_until
from tests.e2e.nodes import OTHER, PARAMETERS, PASSWORD, NodeSite, node_site, vaulted

NAMES = tuple(f"node-{number}" for number in range(1, 41))
REGISTERED = ("registered", "introspected")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeSite]:
    with node_site(tmp_path_factory.mktemp("sync"), *NAMES, enabled=False) as made:
        yield made


@pytest.fixture
def site(shared: NodeSite) -> Iterator[NodeSite]:
    """The site; after each test no secret is to be found where it does not belong."""
    yield shared
    assert shared.leaks() == {}


def all_shown(site: NodeSite, names: list[str]) -> bool:
    return {site.shown(name) for name in names} == {REGISTERED}


def test_a_dry_run_and_then_the_nodes(site: NodeSite) -> None:
    names = one, two, three = site.take(3)
    site.say(two, secrets={"remote_board_password": vaulted(OTHER)})
    site.say(three, ironic_parameters={"resource_class": "big", "traits": "DELETE"})
    number = site.ids[one]
    planned = site.sync(*names, "--dry-run")
    assert planned.code == 0, planned
    assert f"{one}: would create" in planned.out
    assert "driver_info.redfish_address: https://10.0.0." in planned.out
    assert "driver_info.redfish_password: ********" in planned.out
    assert not set(names) & set(site.states())
    assert site.shown(one) == (None, None)
    answer = site.sync(*names)
    assert answer.code == 0, answer
    assert {site.states()[name] for name in names} == {"manageable"}
    assert set(names) <= set(site.ports().values())
    assert all_shown(site, names)
    first, third = site.ironic.node(one), site.ironic.node(three)
    assert first.driver_info["redfish_address"] == f"https://10.0.0.{number}"
    assert first.driver_info["redfish_password"] == "******"
    assert (first.resource_class, first.traits) == (one, ["CUSTOM_RACK_1"])
    assert (third.resource_class, third.traits) == ("big", [])
    assert first.properties["cpu_arch"] == "x86_64"


def test_a_second_sync_changes_nothing_and_asks_little(site: NodeSite) -> None:
    site.take(2)
    assert site.sync().code == 0
    site.count_anew()
    assert set(site.results()["counts"]) <= {"skipped", "unchanged", "gone"}
    asked = site.requests()
    assert (asked["total"], asked["writes"]) == (3, 0)


def test_what_changed_is_updated(site: NodeSite) -> None:
    (name,) = site.take(1)
    assert site.sync(name).code == 0
    try:
        site.conductor(properties={"cpu_arch": "aarch64", "vendor": "acme"})
        answer = site.sync(name)
        assert answer.code == 0, answer
        assert "properties.cpu_arch: x86_64 -> aarch64" in answer.out
        properties = site.ironic.node(name).properties
        assert (properties["cpu_arch"], properties["vendor"]) == ("aarch64", "acme")
        assert "memory_mb" in properties  # from the inspection
        site.conductor(drivers="x")
        answer = site.sync(name)
        assert answer.code == 1
        assert "unknown parameter 'drivers'; did you mean 'driver'" in answer.out
        assert "conductor.yml" in answer.out and "line" in answer.out
    finally:
        site.conductor()


def test_what_cannot_be_is_told_and_mended_by_a_later_sync(site: NodeSite) -> None:
    names = one, two, three = site.take(3)
    assert site.sync("node-777").code == 2
    mac = site.netbox("dcim/mac-addresses", id=site.macs[two])[0]["mac_address"]
    same = site.netbox("dcim/mac-addresses", id=site.macs[one])[0]["mac_address"]
    twin = {"id": site.macs[two], "mac_address": same}
    site.connection.update("dcim.mac_addresses", [twin])
    port = site.netbox("dcim/interfaces", device=three, name="bmc")[0]["id"]
    board = site.netbox("ipam/ip-addresses", interface_id=port)[0]["id"]
    at: dict[str, Any] = {
        "id": board,
        "assigned_object_type": "dcim.interface",
        "assigned_object_id": port,
    }
    nowhere = {**dict.fromkeys(at), "id": board}
    site.connection.update("ipam.ip_addresses", [nowhere])
    answer = site.sync(*names, "--format", "json")
    assert answer.code == 3, answer
    told = answer.events[-1]["result"]["run"]["nodes"]
    assert told[one]["reason"].endswith(f"is also that of {two} in NetBox")
    assert told[two]["reason"].endswith(f"is also that of {one} in NetBox")
    assert "no out-of-band address" in told[three]["reason"]
    conditions = site.conditions()
    assert conditions[three].startswith("register: NetBox has no out-of-band address")
    assert not set(names) & set(site.states())
    assert site.shown(one) == (None, None)
    site.connection.update("dcim.mac_addresses", [twin | {"mac_address": mac}])
    site.connection.update("ipam.ip_addresses", [at])
    answer = site.sync(*names)
    assert answer.code == 0, answer
    assert all_shown(site, names)
    assert not set(names) & set(site.conditions())


def test_a_board_that_refuses_the_password(site: NodeSite) -> None:
    (name,) = site.take(1)
    site.ironic.create(name, driver_info={"lab_fail": {"power_get": f"401 for {PASSWORD}"}})
    answer = site.sync(name)
    assert answer.code == 1, answer
    assert name in answer.out and "401 for ********" in answer.out
    assert site.shown(name) == (None, None)
    assert "401 for ********" in site.conditions()[name]
    shown = site.osism("netbox", "states", "-f", "json").json
    assert [each["Condition"] for each in shown if each["Device"] == name] == [
        site.conditions()[name]
    ]
    site.ironic.mend(name)
    assert site.sync(name).code == 0
    assert site.shown(name) == REGISTERED
    assert name not in site.conditions()


def test_ironic_away_in_the_middle_and_a_second_sync(site: NodeSite) -> None:
    names = site.take(4)
    running = site.start("netbox", "sync", "ironic", *names)
    wait_until(lambda: set(names) & set(site.states()))
    site.ironic.kill()
    answer = site.finish(running)
    assert answer.code == 1, answer
    assert "cannot be reached" in answer.out
    assert not {site.shown(name)[0] for name in names} - {"registered", None}
    assert not set(names) & set(site.conditions())
    site.ironic.start()
    wait_until(lambda: not {"verifying", "inspecting"} & set(site.states().values()))
    answer = site.sync(*names)
    assert answer.code == 0, answer
    assert all_shown(site, names)
    assert sorted(e for e in site.ports().values() if e in names) == sorted(names)


def test_a_worker_that_is_killed_in_the_middle(site: NodeSite) -> None:
    names = site.take(4)
    running = site.start("netbox", "sync", "ironic", *names)
    wait_until(lambda: set(names) & set(site.states()))
    site.kill_worker()
    site.start_worker()
    answer = site.sync(*names)
    assert answer.code == 0, answer
    answer = site.finish(running)
    assert answer.code == 0, answer  # taken up again
    assert all_shown(site, names)
    assert sorted(e for e in site.ports().values() if e in names) == sorted(names)


def test_what_is_gone_is_reported_and_removed_when_asked(site: NodeSite) -> None:
    names = used, *others = site.take(5)
    assert site.sync(*names).code == 0
    instance = str(uuid4())
    site.use(used, instance)
    known = len(site.states())
    site.connection.delete("dcim.devices", [site.ids[name] for name in names])
    answer = site.sync("--format", "json")
    assert answer.code == 0, answer
    assert answer.events[-1]["result"]["counts"]["gone"] == 5
    answer = site.sync("--prune")
    assert answer.code == 3
    assert f"5 of {known} nodes would be removed" in answer.out
    answer = site.sync("--prune", "--sure")
    assert answer.code == 3
    assert f"{used}: kept: it has the instance {instance}" in answer.out
    assert f"{others[0]}: removed" in answer.out
    assert len(site.states()) == known - 4
    tag = site.netbox("extras/tags", slug="managed-by-ironic")[0]["id"]
    site.connection.update("extras.tags", [{"id": tag, "slug": "another"}])
    answer = site.sync("--prune", "--sure")
    site.connection.update("extras.tags", [{"id": tag, "slug": "managed-by-ironic"}])
    assert answer.code == 3
    assert "that cannot be meant" in answer.out
    assert len(site.states()) == known - 4
    site.use(used, None)
    assert site.sync(used, "--prune", "--sure").code == 0
    assert used not in site.states()


def test_the_servers_of_bifrost(site: NodeSite) -> None:
    one, two = site.take(2)
    site.say(two, secrets={"remote_board_password": vaulted(OTHER)})
    file = site.lab.directory / "configuration" / site.settings("bifrost_servers")
    answer = site.osism("netbox", "sync", "bifrost", "--dry-run")
    assert answer.code == 0, answer
    assert not file.exists()
    assert f"{one}: would be new" in answer.out
    answer = site.osism("netbox", "sync", "bifrost")
    assert answer.code == 0, answer
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    found = yaml.safe_load(file.read_text())
    assert set(found) >= {one, two}
    assert found[two] == {
        "name": two,
        "driver": "fake-hardware",
        "driver_info": {
            "redfish_address": f"https://10.0.0.{site.ids[two]}",
            "redfish_username": "admin",
            "deploy_kernel": "http://images/kernel",
            "deploy_ramdisk": "file:///images/ramdisk",
            "redfish_password": OTHER,
        },
        "nics": [{"mac": found[two]["nics"][0]["mac"]}],
        "properties": PARAMETERS["properties"],
        "resource_class": two,
        "instance_info": PARAMETERS["instance_info"],
    }
    site.say(two, secrets=None)
    answer = site.osism("netbox", "sync", "bifrost", "--dry-run")
    assert f"{two}: driver_info.redfish_password: ******** -> ********" in answer.out
    file.write_text("node-1: {}\n")
    answer = site.osism("netbox", "sync", "bifrost")
    assert answer.code == 3
    assert "was not made by this command" in answer.out
