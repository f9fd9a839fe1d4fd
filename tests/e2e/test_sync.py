"""NetBox's nodes in a real Ironic, by the command and a real worker, and what can go wrong."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.e2e.conftest import Answer, wait_until
from tests.e2e.nodes import OTHER, PARAMETERS, PASSWORD, NodeSite, node_site, vaulted

NAMES = tuple(f"node-{number}" for number in range(1, 17))
FIRST = NAMES[:4]
REGISTERED = ("registered", "introspected")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeSite]:
    with node_site(tmp_path_factory.mktemp("sync"), *NAMES) as made:
        yield made


@pytest.fixture(scope="module")
def answers() -> list[Answer]:
    """What was said in the tests of this file, to be searched for secrets by the last one."""
    return []


def test_a_dry_run_and_then_the_first_nodes(site: NodeSite, answers: list[Answer]) -> None:
    site.say("node-2", secrets={"remote_board_password": vaulted(OTHER)})
    site.say("node-3", ironic_parameters={"resource_class": "big", "traits": "DELETE"})
    planned = site.sync(*FIRST, "--dry-run")
    answers.append(planned)
    assert planned.code == 0, planned
    assert "node-1: would create" in planned.out
    assert "driver_info.redfish_address: https://10.0.0.1" in planned.out
    assert "driver_info.redfish_password: ********" in planned.out
    assert site.states() == {}
    assert site.shown("node-1") == (None, None)
    answers.append(site.sync(*FIRST))
    assert answers[-1].code == 0, answers[-1]
    assert site.states() == dict.fromkeys(FIRST, "manageable")
    assert site.ports() == {f"aa:00:00:00:00:{n:02x}": f"node-{n}" for n in range(1, 5)}
    for name in FIRST:
        assert site.shown(name) == REGISTERED
    first, third = site.ironic.node("node-1"), site.ironic.node("node-3")
    assert first.driver_info["redfish_password"] == "******"
    assert (first.resource_class, first.traits) == ("node-1", ["CUSTOM_RACK_1"])
    assert (third.resource_class, third.traits) == ("big", [])
    assert first.properties["cpu_arch"] == "x86_64"


def test_a_second_sync_changes_nothing_and_asks_little(site: NodeSite) -> None:
    for name in NAMES[4:]:
        site.say(name, ironic_enabled=False)
    site.count_anew()
    told = site.results()
    assert told["counts"] == {"skipped": 12, "unchanged": 4}
    asked = site.requests()
    assert (asked["total"], asked["writes"]) == (3, 0)


def test_what_changed_is_updated(site: NodeSite, answers: list[Answer]) -> None:
    site.conductor(properties={"cpu_arch": "aarch64", "vendor": "acme"})
    answers.append(site.sync())
    assert answers[-1].code == 0, answers[-1]
    assert "properties.cpu_arch: x86_64 -> aarch64" in answers[-1].out
    properties = site.ironic.node("node-4").properties
    assert (properties["cpu_arch"], properties["vendor"]) == ("aarch64", "acme")
    assert "memory_mb" in properties  # from the inspection
    site.conductor(properties={"cpu_arch": "aarch64"}, drivers="x")
    answers.append(site.sync())
    assert answers[-1].code == 1
    assert "unknown parameter 'drivers'; did you mean 'driver'" in answers[-1].out
    assert "conductor.yml" in answers[-1].out and "line" in answers[-1].out
    site.conductor()
    assert site.sync().code == 0


def test_what_cannot_be_is_told_and_mended_by_a_later_sync(
    site: NodeSite, answers: list[Answer]
) -> None:
    for name in ("node-5", "node-6", "node-7"):
        site.say(name, ironic_enabled=True)
    twin = [{"id": site.macs["node-6"], "mac_address": "AA:00:00:00:00:05"}]
    site.connection.update("dcim.mac_addresses", twin)
    board = site.netbox("ipam/ip-addresses", address="10.0.0.7")[0]
    site.connection.update(
        "ipam.ip_addresses",
        [{"id": board["id"], "assigned_object_type": None, "assigned_object_id": None}],
    )
    answers.append(site.sync("--format", "json"))
    assert answers[-1].code == 3, answers[-1]
    told = answers[-1].events[-1]["result"]["run"]["nodes"]
    assert told["node-5"]["reason"].endswith("is also that of node-6 in NetBox")
    assert told["node-6"]["reason"].endswith("is also that of node-5 in NetBox")
    assert "no out-of-band address" in told["node-7"]["reason"]
    assert site.conditions()["node-7"].startswith("register: NetBox has no out-of-band address")
    assert sorted(site.states()) == list(FIRST)
    assert site.shown("node-5") == (None, None)
    answers.append(site.sync("node-77"))
    assert answers[-1].code == 2
    assert "did you mean 'node-7'" in answers[-1].out
    site.connection.update(
        "dcim.mac_addresses",
        [{"id": site.macs["node-6"], "mac_address": "AA:00:00:00:00:06"}],
    )
    site.connection.update("ipam.ip_addresses", [_at(site, "node-7", board["id"])])
    answers.append(site.sync())
    assert answers[-1].code == 0, answers[-1]
    assert {site.shown(name) for name in NAMES[4:7]} == {REGISTERED}


def _at(site: NodeSite, name: str, address: int) -> dict[str, Any]:
    port = site.netbox("dcim/interfaces", device=name, name="bmc")[0]["id"]
    return {
        "id": address,
        "assigned_object_type": "dcim.interface",
        "assigned_object_id": port,
    }


def test_a_board_that_refuses_the_password(site: NodeSite, answers: list[Answer]) -> None:
    site.say("node-8", ironic_enabled=True)
    site.ironic.create("node-8", driver_info={"lab_fail": {"power_get": f"401 for {PASSWORD}"}})
    answers.append(site.sync())
    assert answers[-1].code == 1, answers[-1]
    assert "node-8" in answers[-1].out and "401" in answers[-1].out
    assert site.shown("node-8") == (None, None)
    assert "401 for ********" in site.conditions()["node-8"]
    assert site.leaks(answers) == {}
    site.ironic.mend("node-8")
    assert site.sync().code == 0
    assert site.conditions() == {}
    assert site.shown("node-8") == REGISTERED


def test_ironic_away_in_the_middle_and_a_second_sync(site: NodeSite, answers: list[Answer]) -> None:
    for name in NAMES[8:12]:
        site.say(name, ironic_enabled=True)
    running = site.start("netbox", "sync", "ironic")
    wait_until(lambda: len(site.states()) > 8)
    site.ironic.kill()
    answers.append(site.finish(running))
    assert answers[-1].code == 1, answers[-1]
    assert "cannot be reached" in answers[-1].out
    assert not set(site.all_shown().values()) - {"registered", None}
    site.ironic.start()
    wait_until(lambda: not {"verifying", "inspecting"} & set(site.states().values()))
    answers.append(site.sync())
    assert answers[-1].code == 0, answers[-1]
    assert {site.shown(name) for name in NAMES[:12]} == {REGISTERED}
    assert len(site.ports()) == 12


def test_a_worker_that_is_killed_in_the_middle(site: NodeSite, answers: list[Answer]) -> None:
    for name in NAMES[12:]:
        site.say(name, ironic_enabled=True)
    running = site.start("netbox", "sync", "ironic")
    wait_until(lambda: len(site.states()) > 13)
    site.kill_worker()
    site.start_worker()
    answers.append(site.sync())
    assert answers[-1].code == 0, answers[-1]
    answers.append(site.finish(running))
    assert answers[-1].code == 0, answers[-1]  # taken up again
    assert {site.shown(name) for name in NAMES} == {REGISTERED}
    assert len(site.ports()) == 16


def test_what_is_gone_is_reported_and_removed_when_asked(
    site: NodeSite, answers: list[Answer]
) -> None:
    site.connection.delete("dcim.devices", [site.ids["node-16"], site.ids["node-15"]])
    site.ironic.provision("node-15", "provide", "available")
    site.ironic.provision("node-15", "active", "active")
    answers.append(site.sync("--format", "json"))
    assert answers[-1].code == 0, answers[-1]
    assert answers[-1].events[-1]["result"]["counts"] == {"gone": 2, "unchanged": 14}
    answers.append(site.sync("--prune"))
    assert answers[-1].code == 3
    assert "2 of 16 nodes would be removed" in answers[-1].out
    answers.append(site.sync("--prune", "--sure"))
    assert answers[-1].code == 3
    assert "node-15: kept: it is 'active'" in answers[-1].out
    assert "node-16: removed" in answers[-1].out
    assert set(site.states()) == set(NAMES[:15])
    tag = site.netbox("extras/tags", slug="managed-by-ironic")[0]["id"]
    site.connection.update("extras.tags", [{"id": tag, "slug": "another"}])
    answers.append(site.sync("--prune", "--sure"))
    assert answers[-1].code == 3
    assert "that cannot be meant" in answers[-1].out
    site.connection.update("extras.tags", [{"id": tag, "slug": "managed-by-ironic"}])
    assert len(site.states()) == 15


def test_the_servers_of_bifrost(site: NodeSite, answers: list[Answer]) -> None:
    file = site.lab.directory / "configuration" / site.settings("bifrost_servers")
    answers.append(site.osism("netbox", "sync", "bifrost", "--dry-run"))
    assert answers[-1].code == 0, answers[-1]
    assert not file.exists()
    assert "node-1: would be new" in answers[-1].out
    answers.append(site.osism("netbox", "sync", "bifrost"))
    assert answers[-1].code == 0, answers[-1]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    found = yaml.safe_load(file.read_text())
    assert list(found) == sorted(NAMES[:14])
    assert found["node-2"] == {
        "name": "node-2",
        "driver": "fake-hardware",
        "driver_info": {
            "redfish_address": "https://10.0.0.2",
            "redfish_username": "admin",
            "deploy_kernel": "http://images/kernel",
            "deploy_ramdisk": "file:///images/ramdisk",
            "redfish_password": OTHER,
        },
        "nics": [{"mac": "aa:00:00:00:00:02"}],
        "properties": PARAMETERS["properties"],
        "resource_class": "node-2",
        "instance_info": PARAMETERS["instance_info"],
    }
    site.say("node-2", secrets=None)
    answers.append(site.osism("netbox", "sync", "bifrost", "--dry-run"))
    assert "node-2: driver_info.redfish_password: ******** -> ********" in answers[-1].out
    file.write_text("node-1: {}\n")
    answers.append(site.osism("netbox", "sync", "bifrost"))
    assert answers[-1].code == 3
    assert "was not made by this command" in answers[-1].out


def test_secrets_are_nowhere_else(site: NodeSite, answers: list[Answer]) -> None:
    assert len(answers) > 15
    assert site.leaks(answers) == {}
