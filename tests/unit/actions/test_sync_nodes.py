"""A sync against an Ironic in memory: what is done, what is not, and what NetBox shows of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from osism.actions import mark_nodes, operate_nodes
from osism.actions.operate_nodes import Patience
from osism.actions.sync_nodes import Sides, sync_nodes
from osism.domain.errors import NodesFailed, NotFound, OutsideFailed, Refused, Revoked
from osism.domain.jobs import SyncNodes
from osism.domain.netbox_nodes import NetboxNode
from osism.domain.nodes import Node, WantedNode
from tests.fakes.baremetal import MemoryIronic
from tests.fakes.sync import SECRET, Conditions, Netbox, Parameters
from tests.fakes.work import RecordedWork


class Site:
    def __init__(self) -> None:
        self.netbox, self.ironic, self.parameters = Netbox(), MemoryIronic(0.01), Parameters()
        self.conditions, self.work = Conditions(), RecordedWork()

    def device(self, number: int, **fields: Any) -> None:
        self.netbox.device(number, **fields)

    def sync(self, *names: str, **how: Any) -> Mapping[str, Any]:
        sides = Sides(
            self.netbox, self.netbox, self.parameters, self.ironic, self.ironic, self.conditions
        )  # fmt: skip
        self.work.told.clear()
        patience = Patience(0.2, 50)
        return sync_nodes(SyncNodes(names, **how), self.work, sides, patience)

    def fails(self, *names: str, **how: Any) -> NodesFailed:
        with pytest.raises(NodesFailed) as raised:
            self.sync(*names, **how)
        return raised.value

    def field(self, number: int, name: str = "ironic_state") -> Any:
        return self.netbox.devices[number]["fields"].get(name)

    def node(self, number: int) -> Node:
        return self.ironic.node(f"node-{number}")

    def reasons(self) -> dict[str, str]:
        return {device: each.reason for (device, _), each in self.conditions.known.items()}

    @property
    def told(self) -> str:
        return "\n".join(str(each.get("text", "")) for each in self.work.told)


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.setattr(operate_nodes, "_FIRST_PAUSE", 0.01)
    made = Site()
    for number in (1, 2, 3):
        made.device(number)
    return made


def test_new_nodes_are_created_verified_inspected_and_shown_in_netbox(site: Site) -> None:
    result = site.sync()
    assert result["counts"] == {"created": 3}
    for number in (1, 2, 3):
        node = site.node(number)
        assert (node.provision_state, bool(node.inspected)) == ("manageable", True)
        assert node.driver_info == {"address": f"10.0.0.{number}", "password": "******"}
        assert site.field(number) == "registered"
        assert site.field(number, "introspection_state") == "introspected"
    assert len(site.ironic.ports()) == 3
    assert not site.conditions.known


def test_a_second_sync_finds_nothing_to_do_and_writes_nothing(site: Site) -> None:
    site.sync()
    looks, site.netbox.writes = site.ironic.looks, []
    asked = len(site.ironic.asked)
    assert site.sync()["counts"] == {"unchanged": 3}
    assert (site.ironic.looks - looks, len(site.ironic.asked), site.netbox.writes) == (1, asked, [])


def test_what_changed_is_updated_and_said_without_secrets(site: Site) -> None:
    site.sync()
    site.parameters.more = {
        "driver_info": {"address": "https://x:geheim@10.0.0.9", "ssh_password": "pLain"},
        "secrets": {"password": SECRET, "other": "OtHer-s3cret"},
        "properties": {"cpu_arch": "x86_64"},
        "extra": {"instance_info": '{"user_data": "geheim"}'},
        "traits": frozenset({"CUSTOM_A"}),
        "ports": ("aa:00:00:00:00:99",),
        "interfaces": {"boot_interface": "ipxe"},
    }
    result = site.sync("node-2")
    assert result["nodes"]["node-2"]["changes"] == [
        "boot_interface: ipxe",
        "driver_info.address: 10.0.0.2 -> https://x:********@10.0.0.9",
        "driver_info.ssh_password: ********",
        "properties.cpu_arch: x86_64",
        "driver_info.other: ********",
        "extra.instance_info: new",
        "traits: + CUSTOM_A",
        "ports: + aa:00:00:00:00:99",
        "ports: - aa:00:00:00:00:02",
    ]
    assert [each.address for each in site.ironic.ports([site.node(2).id])] == ["aa:00:00:00:00:99"]
    for word in (SECRET, "OtHer-s3cret", "geheim", "pLain"):
        assert word not in str(site.work.told) + str(result)
    assert site.node(1).properties == {}


def test_secrets_are_sent_again_for_nodes_that_are_named_or_cannot_be_reached(site: Site) -> None:
    site.sync()
    assert site.sync("node-1")["counts"] == {"updated": 1}
    site.ironic.change("node-2", fault="power failure")
    assert site.sync()["counts"] == {"unchanged": 2, "updated": 1}
    site.parameters.more = {"secrets": {}}
    assert site.sync("node-1")["counts"] == {"unchanged": 1}


def test_a_dry_run_says_everything_and_does_nothing(site: Site) -> None:
    site.device(4, status="planned")
    site.ironic.add("node-9", "available")
    site.parameters.wrong = {"node-3": "NetBox has no out-of-band address for it"}
    failed = site.fails(dry_run=True, prune=True, sure=True)
    assert failed.result["counts"] == {"create": 2, "refused": 1, "remove": 1, "skipped": 1}
    assert "node-1: would create\n    driver: fake-hardware" in site.told
    assert "ports: + aa:00:00:00:00:01" in site.told
    assert "node-9: would remove" in site.told
    assert SECRET not in str(site.work.told)
    assert [each.name for each in site.ironic.nodes()] == ["node-9"]
    assert (site.netbox.writes, site.conditions.known) == ([], {})


def test_one_that_cannot_be_does_not_stop_the_others_and_is_mended_later(site: Site) -> None:
    site.parameters.wrong = {"node-2": "no out-of-band address"}
    failed = site.fails()
    assert failed.exit_code == 3
    assert failed.result["counts"] == {"created": 2, "refused": 1}
    assert site.reasons() == {"node-2": "no out-of-band address"}
    assert site.field(2) is None
    assert site.parameters.forgotten
    site.parameters.wrong = {}
    assert site.sync()["counts"] == {"created": 1, "unchanged": 2}
    assert site.field(2) == "registered"
    assert not site.conditions.known


@pytest.mark.parametrize("names", [(), ("node-1", "node-2")])
def test_a_mac_address_of_two_devices_is_refused_for_both(
    site: Site, names: tuple[str, ...]
) -> None:
    site.device(2, macs=("aa:00:00:00:00:22", "aa:00:00:00:00:01"))
    failed = site.fails(*names)
    assert site.reasons() == {
        "node-1": "its MAC address aa:00:00:00:00:01 is also that of node-2 in NetBox",
        "node-2": "its MAC address aa:00:00:00:00:01 is also that of node-1 in NetBox",
    }
    assert "node-1" in str(failed) and "node-2" in str(failed)
    assert [each.name for each in site.ironic.nodes()] == ([] if names else ["node-3"])
    site.device(2)
    site.sync()
    assert not site.conditions.known


def test_a_mac_address_of_another_node_in_ironic_is_refused(site: Site) -> None:
    site.sync("node-1")
    site.device(1, macs=())
    site.device(2, macs=("aa:00:00:00:00:01",))
    failed = site.fails("node-2")
    assert "is that of a port of node-1 in Ironic" in str(failed)
    site.fails()  # node-1 gives it away in this one
    site.sync()
    assert [each.address for each in site.ironic.ports([site.node(2).id])] == ["aa:00:00:00:00:01"]


def test_two_devices_of_one_name_and_one_without(site: Site) -> None:
    site.device(4, name="node-1")
    site.device(5, name="")
    site.netbox.devices[1]["id"] = 1
    failed = site.fails()
    assert failed.result["counts"] == {"created": 2, "refused": 2, "skipped": 1}
    assert "2 devices of this name (ids 1, 4)" in str(failed)


def test_what_is_not_active_or_not_enabled_is_passed_over_unless_it_is_named(site: Site) -> None:
    site.device(2, status="planned")
    site.device(3, enabled=False)
    assert site.sync()["counts"] == {"created": 1, "skipped": 2}
    failed = site.fails("node-2", "node-3")
    assert "'planned'" in str(failed) and "ironic_enabled" in str(failed)
    assert not site.conditions.known


def test_a_device_that_is_no_node_any_more_has_no_condition_of_one(site: Site) -> None:
    site.parameters.wrong = {"node-2": "no out-of-band address"}
    site.fails()
    site.device(2, enabled=False)
    site.sync()
    assert not site.conditions.known


def test_a_name_that_nobody_knows(site: Site) -> None:
    with pytest.raises(NotFound, match=r"'node-33'.*did you mean 'node-3'"):
        site.sync("node-33")
    assert not site.ironic.nodes()


def test_a_board_that_does_not_answer_fails_its_node_only(site: Site) -> None:
    site.sync("node-1", "node-2")
    site.ironic.add("node-3", "enroll")
    site.ironic.fail("node-3", power_get=f"401 for {SECRET}")
    failed = site.fails()
    assert failed.exit_code == 1
    assert failed.result["nodes"]["node-3"]["result"] == "failed"
    assert ("node-3", "verify") in site.conditions.known
    assert SECRET not in str(site.work.told) + str(failed) + str(site.reasons())
    assert site.field(3) is None
    site.ironic.mend("node-3")
    assert site.sync()["nodes"]["node-3"]["changes"] == [
        "driver_info: secrets are sent again, Ironic does not show them"
    ]
    assert site.field(3) == "registered"
    assert not site.conditions.known


def test_an_inspection_that_fails_leaves_the_node_registered(site: Site) -> None:
    site.ironic.add("node-1", "enroll")
    site.ironic.fail("node-1", inspect="no disks")
    failed = site.fails()
    assert failed.result["nodes"]["node-1"]["state"] == "inspect failed"
    assert (site.field(1), site.field(1, "introspection_state")) == ("registered", "failed")
    assert ("node-1", "inspect") in site.conditions.known
    assert site.field(2, "introspection_state") == "introspected"
    site.ironic.mend("node-1")
    site.sync()
    assert site.field(1, "introspection_state") == "introspected"


def test_a_node_that_nobody_can_inspect_is_verified_only(site: Site) -> None:
    site.parameters.more = {"interfaces": {"inspect_interface": "no-inspect"}}
    site.sync()
    assert (site.node(1).provision_state, site.node(1).inspected) == ("manageable", "")
    assert (site.field(1), site.field(1, "introspection_state")) == ("registered", None)
    assert site.sync()["counts"] == {"unchanged": 3}


@pytest.mark.parametrize("state", ["available", "active", "cleaning", "deploy failed"])
def test_nodes_that_are_further_are_left_where_they_are(site: Site, state: str) -> None:
    site.sync("node-1")
    site.ironic.change("node-1", provision_state=state, inspected="")
    before = list(site.ironic.asked)
    site.sync("node-1")
    assert site.ironic.asked == before
    assert site.field(1) == "registered"


def test_one_in_maintenance_is_updated_and_left_there(site: Site) -> None:
    site.ironic.add("node-1", "enroll", maintenance=True)
    assert site.sync("node-1")["counts"] == {"updated": 1}
    assert site.node(1).provision_state == "enroll"
    assert site.field(1) is None


def test_netbox_does_not_call_registered_what_ironic_does_not_have(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mark_nodes, "_PAUSE", 60.0)
    site.device(1, fields={"ironic_state": "registered"})
    site.ironic.away = True
    with pytest.raises(OutsideFailed):
        site.sync()
    assert site.field(1) == "registered"
    site.ironic.away = False

    def create(wanted: WantedNode) -> Node:
        raise Refused("Ironic: no such driver")

    made, site.ironic.create = site.ironic.create, create  # type: ignore[method-assign]
    site.fails()
    assert site.field(1) is None
    site.device(1, fields={"ironic_state": "registered"})
    site.ironic.create = made  # type: ignore[method-assign]
    site.sync("node-1")
    assert site.field(1) == "registered"
    assert site.netbox.writes[-2:] == [
        {1: {"ironic_state": None}},
        {1: {"ironic_state": "registered", "introspection_state": "introspected"}},
    ]


def test_nodes_that_end_together_are_written_together(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mark_nodes, "_PAUSE", 60.0)
    site.sync()
    both = {"ironic_state": "registered", "introspection_state": "introspected"}
    assert site.netbox.writes == [{1: both, 2: both, 3: both}]


def test_an_ironic_that_goes_away_ends_the_sync_and_the_next_mends_it(site: Site) -> None:
    for number in range(4, 30):
        site.device(number)
    made, create = [], site.ironic.create

    def some(wanted: WantedNode) -> Node:
        made.append(wanted.name)
        site.ironic.away = len(made) > 5
        return create(wanted)

    site.ironic.create = some  # type: ignore[method-assign]
    with pytest.raises((OutsideFailed, NodesFailed)):
        site.sync()
    assert not site.conditions.known
    site.ironic.create, site.ironic.away = create, False  # type: ignore[method-assign]
    site.sync()
    assert {site.field(number) for number in site.netbox.devices} == {"registered"}
    assert len(site.ironic.nodes()) == 29


def test_a_netbox_that_goes_away_is_written_later(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mark_nodes, "_PAUSE", 0.05)
    site.device(1, fields={"ironic_state": "registered"})
    create = site.ironic.create

    def then(wanted: WantedNode) -> Node:
        site.netbox.away = 1
        return create(wanted)

    site.ironic.create = then  # type: ignore[method-assign]
    site.ironic.delay = 0.2
    site.sync("node-1")
    assert site.field(1) == "registered"
    assert "written later" in site.told


def test_a_node_that_is_locked_is_told_and_is_no_condition(site: Site) -> None:
    site.sync()
    site.ironic.change("node-1", reservation="ironic-1")
    failed = site.fails("node-1")
    assert "locked" in str(failed) and "sync again later" in str(failed)
    assert not site.conditions.known


def test_one_sync_at_a_time() -> None:
    assert SyncNodes().alone == SyncNodes(("node-1",), prune=True).alone != ()
    assert SyncNodes(dry_run=True).alone == ()


def test_a_sync_that_is_revoked_ends(site: Site) -> None:
    site.work.asked = Revoked("revoked by dragon", "dragon")
    with pytest.raises(Revoked):
        site.sync()
    assert not site.ironic.nodes()


# --- what is gone ---------------------------------------------------------------------------------


@pytest.fixture
def large(site: Site) -> Site:
    """Forty nodes that are available and off, of which tests take some from NetBox."""
    for number in range(1, 41):
        site.device(number, fields={"ironic_state": "registered"})
        site.ironic.add(f"node-{number}", "available", power_state="power off")
        site.ironic.update(
            site.node(number),
            site.parameters.wanted(NetboxNode(**site.netbox.devices[number]), 0),
            True,
        )
    return site


def test_nodes_that_are_gone_are_reported_and_removed_only_when_asked(large: Site) -> None:
    for number in (1, 2, 3):
        del large.netbox.devices[number]
    assert large.sync()["counts"] == {"gone": 3, "unchanged": 37}
    assert len(large.ironic.nodes()) == 40
    assert large.sync("node-1")["counts"] == {"gone": 1}
    assert large.sync("node-1", prune=True)["counts"] == {"removed": 1}
    assert large.sync(prune=True)["counts"] == {"removed": 2, "unchanged": 37}
    assert len(large.ironic.nodes()) == len(large.ironic.ports()) == 37


@pytest.mark.parametrize(
    ("left", "how", "says"),
    [
        (0, {}, "that cannot be meant"),
        (0, {"prune": True, "sure": True}, "that cannot be meant"),
        (19, {"prune": True}, "fewer than half"),
        (19, {"prune": True, "sure": True}, "fewer than half"),
        (36, {"prune": True}, "need --sure"),
    ],
)
def test_an_answer_of_netbox_that_is_too_small_removes_nothing(
    large: Site, left: int, how: Any, says: str
) -> None:
    for number in range(left + 1, 41):
        del large.netbox.devices[number]
    with pytest.raises(Refused, match=says):
        large.sync(**how)
    assert len(large.ironic.nodes()) == 40
    assert large.netbox.writes == []


def test_many_at_once_need_the_word(large: Site) -> None:
    for number in range(1, 11):
        del large.netbox.devices[number]
    assert large.sync(prune=True, dry_run=True)["counts"]["remove"] == 10
    assert "need --sure" in large.told
    assert large.sync(prune=True, sure=True)["counts"] == {"removed": 10, "unchanged": 30}


def test_of_few_nodes_one_is_more_than_ten_percent(site: Site) -> None:
    site.sync()
    site.ironic.add("node-9", "available")
    with pytest.raises(Refused, match="1 of 4 nodes would be removed"):
        site.sync(prune=True)


def test_neither_ironic_nor_netbox_has_nodes(site: Site) -> None:
    site.netbox.devices.clear()
    assert site.sync()["counts"] == {}


@pytest.mark.parametrize(
    ("fields", "sure", "says"),
    [
        ({"instance": "i-1"}, True, "it has the instance i-1"),
        ({"provision_state": "active"}, True, "it is 'active'"),
        ({"provision_state": "cleaning"}, True, "it is 'cleaning'"),
        ({"maintenance": True, "maintenance_reason": "fan"}, False, "maintenance (fan); --sure"),
        ({"power_state": "power on"}, False, "is switched on; --sure"),
        ({"reservation": "ironic-1"}, False, "is locked by ironic-1; --sure"),
    ],
)
def test_what_is_in_use_stays(large: Site, fields: Any, sure: bool, says: str) -> None:
    del large.netbox.devices[1]
    large.ironic.change("node-1", **fields)
    failed = large.fails(prune=True, sure=sure)
    assert failed.result["counts"] == {"kept": 1, "unchanged": 39}
    assert says in str(failed)
    assert len(large.ironic.nodes()) == 40


def test_doubts_end_with_the_word(large: Site) -> None:
    del large.netbox.devices[1]
    large.ironic.change("node-1", power_state="power on", maintenance=True)
    assert large.sync(prune=True, sure=True)["counts"] == {"removed": 1, "unchanged": 39}
