"""The port Baremetal, against a real Ironic and the one in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from uuid import uuid4

import pytest
import yaml

from osism.adapters.openstack import Cloud, OpenstackBaremetal
from osism.domain.errors import Busy, Misconfigured, NotFound, OutsideFailed, Refused
from osism.domain.nodes import Node, WantedNode
from osism.domain.ports import Baremetal
from tests.fakes.baremetal import MAC, MemoryIronic
from tests.ironics import Ironic, Keystone

SECRET = "hunter2-of-the-bmc"


class World:
    """An Ironic of either kind; *control* makes nodes slow and lets them fail."""

    def __init__(self, baremetal: Baremetal, control: Any) -> None:
        self.baremetal, self.control = baremetal, control
        self.made: list[str] = []

    def wanted(self, **fields: Any) -> WantedNode:
        name = f"node-{uuid4().hex[:8]}"
        self.made.append(name)
        return WantedNode(name, "fake-hardware", **fields)

    def node(self, state: str = "enroll", **fields: Any) -> Node:
        made = self.baremetal.create(self.wanted(**fields))
        for verb in {"enroll": (), "manageable": ("manage",), "available": ("manage", "provide")}[
            state
        ]:
            made = self.brought(made, verb)
        assert made.provision_state == state
        return made

    def brought(self, node: Node, verb: str, **values: Any) -> Node:
        self.baremetal.provision(node, verb, **values)
        return self.rested(node)

    def rested(self, node: Node) -> Node:
        def resting() -> Node | None:
            now = self.baremetal.node(node.id)
            rests = now.provision_state.endswith("failed") or now.provision_state == "error"
            way = now.target_provision_state and not rests
            return None if way or now.target_power_state or now.reservation else now

        return wait_for(resting)


def wait_for(what: Callable[[], Any], within: float = 20.0) -> Any:
    deadline = monotonic() + within
    while not (value := what()):
        assert monotonic() < deadline, "it takes too long"
        sleep(0.05)
    return value


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ironic]:
    # Ironic's own three tries, a second apart, would hide what a lock looks like from outside.
    settings = {"conductor": {"node_locked_retry_attempts": "0"}}
    with Ironic(tmp_path_factory.mktemp("ironic"), delay=0.05, settings=settings) as ironic:
        yield ironic


@pytest.fixture(params=["memory", "real"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    if request.param == "memory":
        fake = MemoryIronic(delay=0.05)
        yield World(fake, fake)
        return
    ironic = request.getfixturevalue("real")
    world = World(OpenstackBaremetal(Cloud(url=ironic.url), wait=0), ironic)
    yield world
    for node in world.baremetal.nodes(world.made):
        ironic.mend(node.id)
        world.rested(node)
        world.baremetal.maintain(node, True)
        world.baremetal.delete(node)


def test_a_node_is_created_as_wanted_with_its_ports(world: World) -> None:
    mac = f"52:54:00:{uuid4().hex[:2]}:{uuid4().hex[:2]}:aa"
    wanted = world.wanted(
        driver_info={"address": "10.0.0.9"},
        secrets={"password": SECRET},
        properties={"cpus": 4},
        extra={"site": "a"},
        resource_class="big",
        traits=frozenset({"CUSTOM_FAST"}),
        ports=(mac.upper(),),
        interfaces={"power_interface": "fake"},
    )
    world.baremetal.create(wanted)
    found = world.baremetal.node(wanted.name)
    assert (found.name, found.driver, found.provision_state) == (
        wanted.name, "fake-hardware", "enroll",
    )  # fmt: skip
    assert dict(found.driver_info) == {"address": "10.0.0.9", "password": "******"}
    assert dict(found.properties) == {"cpus": 4}
    assert dict(found.extra) == {"site": "a"}
    assert (found.resource_class, found.traits) == ("big", {"CUSTOM_FAST"})
    assert found.interfaces["power_interface"] == "fake"
    assert [each.address for each in world.baremetal.ports([found.id])] == [mac]


def test_a_create_whose_answer_was_lost_is_taken_up(world: World) -> None:
    first = world.baremetal.create(world.wanted(properties={"cpus": 4}))
    mac = f"52:54:00:{uuid4().hex[:2]}:{uuid4().hex[:2]}:bb"
    again = WantedNode(first.name, "fake-hardware", properties={"cpus": 8}, ports=(mac,))
    second = world.baremetal.create(again)
    assert second.id == first.id
    assert dict(second.properties) == {"cpus": 8}
    assert [each.address for each in world.baremetal.ports([first.id])] == [mac]


def test_an_update_keeps_what_others_wrote_and_replaces_our_ports(world: World) -> None:
    macs = [f"52:54:00:{uuid4().hex[:2]}:{uuid4().hex[:2]}:cc" for _ in range(2)]
    wanted = world.wanted(properties={"cpus": 4}, extra={"a": 1}, ports=macs[:1])
    node = world.baremetal.create(wanted)
    changed = replace(wanted, properties={"cpus": 8}, extra={"b/c": 2}, ports=(macs[1],))
    world.baremetal.update(node, changed, secrets=False)
    found = world.baremetal.node(node.id)
    assert dict(found.properties) == {"cpus": 8}
    assert dict(found.extra) == {"a": 1, "b/c": 2}
    assert [each.address for each in world.baremetal.ports([node.id])] == [macs[1]]


def test_a_mac_address_of_another_node_is_refused_with_both(world: World) -> None:
    mac = f"52:54:00:{uuid4().hex[:2]}:{uuid4().hex[:2]}:dd"
    world.node(ports=(mac,))
    with pytest.raises(Refused, match=f"{mac} is that of"):
        world.baremetal.create(world.wanted(ports=(mac,)))


def test_nodes_are_found_by_names_and_ids_and_unknown_ones_left_out(world: World) -> None:
    one, two, _ = (world.node() for _ in range(3))
    found = world.baremetal.nodes([one.name, two.id, "nobody", "no name/at all"])
    assert {each.name for each in found} == {one.name, two.name}
    assert [each.id for each in world.baremetal.nodes([two.name])] == [two.id]
    assert world.baremetal.nodes(["nobody"]) == []
    assert world.baremetal.nodes([]) == []
    assert {one.name, two.name} < {each.name for each in world.baremetal.nodes(states=True)}
    with pytest.raises(NotFound, match="nobody"):
        world.baremetal.node("nobody")


def test_the_life_of_a_node(world: World) -> None:
    node = world.brought(world.node(), "manage")
    assert node.provision_state == "manageable"
    node = world.brought(node, "inspect")
    assert node.provision_state == "manageable"
    assert node.inspected
    assert world.baremetal.interface_names(node) == {MAC: "eth0"}
    node = world.brought(node, "provide")
    assert node.provision_state == "available"
    world.baremetal.instance(node, {"image_source": "http://images/a.img", "image_checksum": "1"})
    world.control.slow(node.name, deploy=0.5)
    world.baremetal.provision(node, "active", configdrive={"user_data": SECRET})
    on_its_way = world.baremetal.node(node.id)
    assert (on_its_way.provision_state, on_its_way.target_provision_state) == (
        "deploying", "active",
    )  # fmt: skip
    node = world.rested(node)
    assert (node.provision_state, node.target_provision_state) == ("active", "")
    node = world.brought(node, "rebuild")
    assert node.provision_state == "active"
    node = world.brought(node, "deleted")
    assert node.provision_state == "available"
    node = world.brought(node, "manage")
    steps = [{"interface": "deploy", "step": "erase_devices"}]
    node = world.brought(node, "clean", clean_steps=steps)
    assert node.provision_state == "manageable"
    world.baremetal.delete(node)
    world.baremetal.delete(node)
    assert world.baremetal.nodes([node.name]) == []


def test_a_node_without_inspection_has_no_names_of_interfaces(world: World) -> None:
    assert world.baremetal.interface_names(world.node()) == {}


@pytest.mark.parametrize(
    ("state", "verb", "what", "end"),
    [
        ("enroll", "manage", "power_get", "enroll"),
        ("manageable", "inspect", "inspect", "inspect failed"),
        ("manageable", "provide", "clean", "clean failed"),
        ("available", "active", "deploy", "deploy failed"),
    ],
)
def test_a_failure_shows_in_the_state_and_in_one_line(
    world: World, state: str, verb: str, what: str, end: str
) -> None:
    node = world.node(state)
    world.control.fail(node.name, **{what: "the disk\nis on fire"})
    node = world.brought(node, verb)
    assert node.provision_state == end
    assert "the disk is on fire" in node.last_error
    if end == "clean failed":
        assert (node.maintenance, node.fault) == (True, "clean failure")


def test_an_undeploy_that_fails_ends_in_error(world: World) -> None:
    node = world.brought(world.node("available"), "active")
    world.control.fail(node.name, undeploy="no way")
    node = world.brought(node, "deleted")
    assert (node.provision_state, "no way" in node.last_error) == ("error", True)


def test_power(world: World) -> None:
    node = world.node("manageable")
    world.baremetal.power(node, "power on")
    assert world.rested(node).power_state == "power on"
    world.baremetal.power(node, "rebooting")
    now = world.rested(node)
    assert (now.power_state, now.last_error) == ("power on", "")
    world.control.slow(node.name, power=0.5)
    world.baremetal.power(node, "soft power off")
    assert world.baremetal.node(node.id).target_power_state == "power off"
    assert world.rested(node).power_state == "power off"
    world.control.mend(node.name)
    world.control.fail(node.name, power="no answer")
    world.baremetal.power(node, "power on")
    now = world.rested(node)
    assert (now.power_state, "no answer" in now.last_error) == ("power off", True)


def test_a_locked_node_is_busy_and_not_refused(world: World) -> None:
    node = world.node("manageable")
    world.control.slow(node.name, power=1.0)
    world.baremetal.power(node, "power on")
    with pytest.raises(Busy, match="is locked by host"):
        world.baremetal.power(node, "power off")
    with pytest.raises(Busy, match="is locked by host"):
        world.baremetal.provision(node, "inspect")
    assert world.baremetal.node(node.id).reservation
    assert world.rested(node).power_state == "power on"


def test_what_a_state_does_not_allow_is_refused_in_ironics_words(world: World) -> None:
    node = world.node()
    with pytest.raises(Refused, match=r"can not be performed on node .* in state"):
        world.baremetal.provision(node, "active")
    active = world.brought(world.node("available"), "active")
    with pytest.raises(Refused, match="Can not delete node"):
        world.baremetal.delete(active)


def test_maintenance(world: World) -> None:
    node = world.node("available")
    world.baremetal.maintain(node, True, "a new fan")
    now = world.baremetal.node(node.id)
    assert (now.maintenance, now.maintenance_reason) == (True, "a new fan")
    with pytest.raises(Refused, match="maintenance"):
        world.baremetal.provision(node, "active")
    world.baremetal.maintain(node, False)
    now = world.baremetal.node(node.id)
    assert (now.maintenance, now.maintenance_reason) == (False, "")


def test_nothing_that_is_read_has_a_secret_in_it(world: World) -> None:
    node = world.node("available", secrets={"password": SECRET})
    world.baremetal.instance(node, {"configdrive": SECRET})
    found = [*world.baremetal.nodes(), world.baremetal.node(node.id)]
    assert SECRET not in repr([vars(each) for each in found])


# --- what only the real one can show


def test_the_job_is_told(real: Ironic) -> None:
    job = str(uuid4())
    OpenstackBaremetal(Cloud(url=real.url), job).nodes()
    log = (real.directory / "log" / "ironic.log").read_text()
    assert f"req-{job}" in log


def test_a_locked_node_is_waited_for(real: Ironic) -> None:
    name = f"node-{uuid4().hex[:8]}"
    real.create(name)
    real.provision(name, "manage", "manageable")
    baremetal = OpenstackBaremetal(Cloud(url=real.url), wait=10)
    node = baremetal.node(name)
    real.slow(name, power=1.0)
    baremetal.power(node, "power on")
    baremetal.maintain(node, True)
    assert baremetal.node(name).power_state == "power on"


def test_ironic_away_is_said_with_its_url_and_it_is_found_again(real: Ironic) -> None:
    baremetal = OpenstackBaremetal(Cloud(url=real.url), wait=0)
    real.kill()
    try:
        with pytest.raises(OutsideFailed) as said:
            baremetal.nodes()
        # A connection in the moment of its death is reset.
        reasons = ("Connection refused", "Connection reset by peer")
        told = [f"Ironic at {real.url} cannot be reached: {each}" for each in reasons]
        assert str(said.value) in told
    finally:
        real.start()
    assert isinstance(baremetal.nodes(), list)


@pytest.mark.chaos
def test_keystone_and_what_it_allows(tmp_path: Path) -> None:
    with (
        Keystone(tmp_path / "keystone") as keystone,
        Ironic(tmp_path / "ironic", auth="keystone", keystone=keystone) as ironic,
    ):
        file = tmp_path / "clouds.yaml"
        file.write_text(yaml.safe_dump(ironic.clouds))
        admin = OpenstackBaremetal(Cloud("admin", file))
        node = admin.create(WantedNode("node-1", "fake-hardware"))
        assert [each.name for each in admin.nodes()] == ["node-1"]
        reader = OpenstackBaremetal(Cloud("reader", file))
        assert reader.nodes() == []
        with pytest.raises((NotFound, Refused)):
            reader.power(node, "power on")
        wrong = dict(ironic.clouds["clouds"]["admin"])
        wrong["auth"] = wrong["auth"] | {"password": "geheim-1"}
        file.write_text(yaml.safe_dump({"clouds": {"wrong": wrong}}))
        with pytest.raises(Misconfigured, match=r"Keystone answered 401: .*credentials") as said:
            OpenstackBaremetal(Cloud("wrong", file)).nodes()
        assert "geheim" not in str(said.value)
        keystone.stop()
        with pytest.raises(OutsideFailed, match="of the cloud wrong"):
            OpenstackBaremetal(Cloud("wrong", file)).nodes()
