"""The comparison of Ironic's nodes with NetBox, everything outside in memory."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from osism.actions.copy_node_states import copy_node_states
from osism.actions.handle_events import LOCK
from osism.domain.errors import Busy, OutsideFailed
from osism.domain.event_rules import RULES
from osism.domain.jobs import HandleEvents
from osism.domain.ports import Owner, Received
from osism.domain.site_rules import site_rules
from tests.fakes.event_worlds import Jobs, World, quick, until
from tests.fakes.ironic_messages import event

NOON = datetime(2025, 3, 30, 12, 0, tzinfo=UTC)
HANDLE = "HandleEvents"


class Queue(Jobs):
    """Keeps jobs that have no id of their own, too."""

    def __init__(self) -> None:
        super().__init__()
        self.kinds: list[str] = []

    def send(self, job: Any, by: str, id: str | None = None) -> str:
        self.kinds.append(type(job).__name__)
        return super().send(job, by, id or f"job-{len(self.kinds)}")


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    world = quick(monkeypatch)
    world.jobs = Queue()
    return world


def compare(world: World) -> Any:
    return copy_node_states(
        world.work, lambda: world.ironic, world.devices, world.managed, world.events, world.rules,
        world.conditions, world.jobs, world.jobs,
    )  # fmt: skip


def shown(world: World, name: str = "node-1") -> dict[str, Any]:
    return dict(world.devices.known[name].fields)


def away(*_: Any) -> Any:
    raise OutsideFailed("Redis is away")


def missed(world: World) -> list[str]:
    return [f"{each.name} {each}" for each in world.events.kept.values()]


class TestFields:
    def test_what_netbox_does_not_show_is_written_in_one_go(self, world: World) -> None:
        for number in (1, 2, 3):
            world.ironic.add(f"node-{number}", "rescue", power_state="power on", maintenance=True)
        world.ironic.add("unknown", "enroll")
        result = compare(world)
        assert len(world.devices.writes) == 1
        assert shown(world) == {
            "provision_state": "rescue", "power_state": "power on", "maintenance": True,
            "ironic_state": "registered", "deployment_state": "deployed",
        }  # fmt: skip
        assert (result["nodes"], result["written"], result["unknown"]) == (4, 3, ["unknown"])

    def test_when_all_is_shown_nothing_is_done(self, world: World) -> None:
        world.ironic.add("node-1", "active", power_state="power on", inspected="2025-01-01")
        compare(world)
        assert shown(world)["deployment_state"] == "deployed"
        assert shown(world)["introspection_state"] == "introspected"
        world.devices.writes.clear()
        assert compare(world)["written"] == 0
        assert (world.devices.writes, missed(world), world.jobs.kinds) == ([], [], [])

    def test_one_that_netbox_refuses_holds_up_no_other(self, world: World) -> None:
        for number in (1, 2):
            world.ironic.add(f"node-{number}", "enroll")
        world.devices.refused = {1}
        compare(world)
        assert shown(world, "node-2")["provision_state"] == "enroll"


class TestStates:
    @pytest.mark.parametrize(
        ("state", "rests", "leads"),
        [
            ("inspecting", "", "node.provision_set.start inspect"),
            ("inspect wait", "b", "node.provision_set.start inspect"),
            ("cleaning", "a", "node.provision_set.start provide"),
            ("clean wait", "", "node.provision_set.start provide"),
            ("available", "b", "node.provision_set.end done"),
            ("available", "", "node.provision_set.end done"),
            ("available", "c", ""),
            ("cleaning", "b", ""),
            ("active", "b", ""),
            ("enroll", "", ""),
            ("manageable", "a", ""),
            ("available", "d", ""),  # brought there by hand
        ],
    )
    def test_where_a_device_has_to_go(
        self, world: World, state: str, rests: str, leads: str
    ) -> None:
        world.devices.at("node-1", rests)
        world.ironic.add("node-1", state)
        compare(world)
        assert missed(world) == ([f"node-1 {leads}"] if leads else [])
        assert world.jobs.kinds == ([HANDLE] if leads else [])

    def test_what_it_has_found_is_worked_on_as_an_event_is(self, world: World) -> None:
        world.ironic.add("node-1", "available")
        compare(world)
        with world.running():
            until(lambda: len(world.sent) > 1)
            assert world.job(1).request["state"] == "c"
            world.arrive(1)
        assert world.devices.known["node-1"].state == "c"
        assert compare(world)["missed"] == []

    def test_half_way_to_the_wrong_state_counts(self, world: World) -> None:
        world.devices.at("node-1", "b-phase_2", "from_a-to_b-phase_3")
        world.ironic.add("node-1", "available")
        compare(world)
        assert len(missed(world)) == 1

    def test_somebody_who_works_on_the_device_is_left_alone(self, world: World) -> None:
        world.jobs.locks["device:node-1"] = Owner("other", "connect")
        world.ironic.add("node-1", "available")
        compare(world)
        assert missed(world) == []

    def test_a_device_in_no_collection_only_shows_it(self, world: World) -> None:
        world.managed = set()
        world.ironic.add("node-1", "available")
        compare(world)
        assert shown(world)["provision_state"] == "available"
        assert missed(world) == []

    def test_a_sites_own_rules_count(self, world: World) -> None:
        own = {"event": "node.provision_set.end", "when": {"provision_state": "active"}}
        world.rules = site_rules({"rules": [{**own, "state": "d"}]})
        world.devices.at("node-1", "c")
        world.ironic.add("node-1", "active")
        compare(world)
        assert missed(world) == ["node-1 node.provision_set.end done"]
        world.events.kept.clear()
        world.devices.at("node-1", "d")
        compare(world)
        assert missed(world) == []

    def test_events_that_wait_come_first(self, world: World) -> None:
        node = world.ironic.add("node-1", "available")
        world.events.add(Received([event("", "port.create.end", node=node.id)]))
        compare(world)
        assert shown(world) == {}
        assert world.jobs.kinds == [HANDLE]


class TestInspection:
    def test_the_end_of_one_that_was_seen_to_begin(self, world: World) -> None:
        world.devices.add("node-1", "a", provision_state="inspecting")
        world.ironic.add("node-1", "manageable", inspected="2025-01-01")
        compare(world)
        assert shown(world)["introspection_state"] == "introspected"
        world.run()
        assert world.ironic.asked == [("provide", "node-1")]

    def test_while_somebody_works_on_the_device_it_is_not_forgotten(self, world: World) -> None:
        world.devices.add("node-1", "a", provision_state="inspecting")
        world.ironic.add("node-1", "manageable", inspected="2025-01-01")
        world.jobs.locks["device:node-1"] = Owner("other", "connect")
        compare(world)
        del world.jobs.locks["device:node-1"]
        compare(world)
        assert shown(world)["introspection_state"] == "introspected"
        world.run()
        assert world.ironic.asked == [("provide", "node-1")]

    def test_a_redis_that_goes_away_does_not_keep_it_from_being_provided(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        world.devices.add("node-1", "a", provision_state="inspecting")
        world.ironic.add("node-1", "manageable", inspected="2025-01-01")
        with monkeypatch.context() as patch:
            patch.setattr(world.events, "add", away)
            with pytest.raises(OutsideFailed):
                compare(world)
        compare(world)
        world.run()
        assert world.ironic.asked == [("provide", "node-1")]

    def test_a_device_in_no_collection_is_provided_too(self, world: World) -> None:
        world.managed = set()
        world.devices.add("node-1", "", provision_state="inspecting")
        world.ironic.add("node-1", "manageable", inspected="2025-01-01")
        compare(world)
        world.run()
        assert world.ironic.asked == [("provide", "node-1")]

    def test_one_of_before_erases_no_disks(self, world: World) -> None:
        world.ironic.add("node-1", "manageable", inspected="2020-01-01")
        compare(world)
        compare(world)
        assert missed(world) == []


class TestConditions:
    @pytest.mark.parametrize(
        ("state", "more", "said"),
        [
            ("clean failed", {"last_error": "disk on fire"}, "clean: disk on fire"),
            ("error", {"last_error": "no"}, "undeploy: no"),
            ("active", {"maintenance": True, "fault": "power failure",
                        "maintenance_reason": "no BMC"}, "power: no BMC"),
            ("enroll", {"last_error": "no BMC"}, "verify: no BMC"),
            ("enroll", {}, ""),
            ("active", {"maintenance": True, "maintenance_reason": "new fan"}, ""),
            ("deploying", {"last_error": "of before"}, ""),
        ],
    )  # fmt: skip
    def test_what_is_wrong_is_a_condition(
        self, world: World, state: str, more: dict[str, Any], said: str
    ) -> None:
        world.devices.at("node-1", "c")
        world.ironic.add("node-1", state, **more)
        compare(world)
        assert world.wrong("node-1") == said
        if said:
            since = world.conditions.of()[0].since
            compare(world)
            assert world.conditions.of()[0].since == since

    def test_they_end_when_the_node_is_well(self, world: World) -> None:
        for kind in ("clean", "power", "transition", "deploy"):
            world.conditions.set("node-1", kind, "x", NOON)
        world.devices.at("node-1", "c")
        world.ironic.add("node-1", "available", last_error="of before")
        compare(world)
        assert world.wrong("node-1") == "power: x"
        world.ironic.change("node-1", last_error="")
        compare(world)
        assert world.wrong("node-1") == ""

    def test_a_transition_that_failed_is_tried_again(self, world: World) -> None:
        world.conditions.set("node-1", "transition", "leaf-1 does not answer", NOON)
        world.devices.at("node-1", "c-phase_2", "from_b-to_c-phase_3")
        world.ironic.add("node-1", "available")
        compare(world)
        assert "transition" in world.wrong("node-1")
        assert len(missed(world)) == 1


class TestGone:
    def registered(self, world: World, name: str, state: str = "c") -> None:
        world.devices.add(name, state, ironic_state="registered", provision_state="available")
        world.managed.add(name)

    def test_a_node_that_is_gone_leaves_nothing(self, world: World) -> None:
        self.registered(world, "node-1")
        self.registered(world, "node-2", "a")
        world.ironic.add("node-3", "enroll")
        world.conditions.set("node-1", "clean", "x", NOON)
        compare(world)
        assert shown(world) == shown(world, "node-2") == {}
        assert world.wrong("node-1") == ""
        assert missed(world) == ["node-1 node.delete.end"]
        with world.running():
            until(lambda: len(world.sent) > 1)
            assert world.job(1).request["state"] == "a"
            world.arrive(1)

    def test_an_answer_without_any_node_is_doubted(self, world: World) -> None:
        self.registered(world, "node-1")
        compare(world)
        assert shown(world)["ironic_state"] == "registered"
        assert missed(world) == []
        assert "Ironic shows no node at all" in str(world.work.told)

    def test_many_at_once_are_doubted(self, world: World) -> None:
        for number in range(4):
            self.registered(world, f"node-{number}")
        world.ironic.add("another", "enroll")
        compare(world)
        assert shown(world)["ironic_state"] == "registered"
        assert missed(world) == []
        assert "may its user see all nodes" in str(world.work.told)


class TestTurns:
    def test_while_events_are_worked_on_it_waits_outside_of_the_worker(self, world: World) -> None:
        class Held(Queue):
            def hold(self, wanted: Any, owner: Owner, wait: float, **_: Any) -> Any:
                assert wait == 0, "whoever works on events may need this place"
                raise Busy(f"{LOCK!r} is held")

        world.jobs = Held()
        world.events.add(Received([event("node-1", "node.power_set.end")]))
        with pytest.raises(Busy):
            compare(world)
        assert world.jobs.kinds == [], "who holds the lock looks again"

    def test_events_that_somebody_left_to_it_are_not_forgotten(self, world: World) -> None:
        world.events.add(Received([event("node-1", "node.power_set.end")]))
        world.ironic.away = True
        with pytest.raises(OutsideFailed):
            compare(world)
        assert world.jobs.kinds == [HandleEvents.__name__]

    def test_two_comparisons_find_the_same(self, world: World) -> None:
        world.ironic.add("node-1", "available")
        compare(world)
        compare(world)
        assert len(missed(world)) == 1, "the first one's event waits"
        assert world.rules is RULES
        assert replace(next(iter(world.events.kept.values())), id="").found
