"""Handling of Ironic's events: everything outside is in memory, the test moves the workers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import pytest

from osism.actions.events import asks
from osism.actions.events.portions import portion
from osism.actions.handle_events import LOCK
from osism.domain.errors import OutsideFailed
from osism.domain.event_rules import RULES
from osism.domain.ironic_events import NodeEvent
from osism.domain.ports import Owner
from tests.fakes.event_worlds import NODES, Jobs, World, quick, until
from tests.fakes.ironic_messages import ended, event, failed, node_id, started
from tests.fakes.node_devices import MemoryNodeDevices


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    return quick(monkeypatch)


def cleaning(name: str, **fields: Any) -> NodeEvent:
    return started(name, "provide", "cleaning", **fields)


def available(name: str, **fields: Any) -> NodeEvent:
    return ended(name, "cleaning", "available", **fields)


def inspecting(name: str) -> NodeEvent:
    return started(name, "inspect", "inspecting")


class TestFields:
    def test_netbox_shows_the_last_of_each_in_one_write(self, world: World) -> None:
        world.come(
            *(event(n, "node.power_set.end", power_state="power off") for n in NODES),
            *(event(n, "node.power_set.end", power_state="power on") for n in NODES),
            event("node-1", "node.maintenance_set.end", maintenance=True),
        )
        result = world.run()
        assert result["acted"] == {"node.maintenance_set.end": 1, "node.power_set.end": 6}
        on = {"power_state": "power on"}
        assert world.devices.writes == [{1: {**on, "maintenance": True}, 2: on, 3: on}]
        assert not world.events.kept

    def test_what_is_shown_already_is_not_written(self, world: World) -> None:
        world.devices.add("node-1", "c", power_state="power on")
        world.come(event("node-1", "node.power_set.end", power_state="power on"))
        world.run()
        assert world.devices.writes == []
        assert not world.events.kept

    def test_a_node_that_is_deleted_leaves_nothing(self, world: World) -> None:
        world.devices.add("node-1", "a", ironic_state="registered", provision_state="available")
        world.come(event("node-1", "node.delete.end", provision_state="available"))
        world.run()
        assert world.devices.known["node-1"].fields == {}

    def test_a_device_that_netbox_does_not_know_is_counted_and_told_once(
        self, world: World
    ) -> None:
        world.come(cleaning("nobody"), available("nobody"), cleaning(""))
        assert world.run()["acted"] == {}
        assert sum(world.events.ignored.values()) == 3
        notes = [each["text"] for each in world.work.told if each["kind"] == "note"]
        assert sum("NetBox does not know it" in each for each in notes) == 2
        assert not world.events.kept

    def test_a_kind_that_no_rule_knows_is_told_once(self, world: World) -> None:
        new = "node.something_new.end"
        world.come(event("node-1", new), event("node-2", new))
        world.come(event("node-1", "node.power_set.start"))
        world.run()
        notes = [each["text"] for each in world.work.told if each["kind"] == "note"]
        assert notes == [f"nothing follows from events of the kind {new}"]
        assert world.events.ignored == {new: 2, "node.power_set.start": 1}

    def test_one_that_netbox_refuses_holds_up_no_other(self, world: World) -> None:
        world.devices.refused = {2}
        world.come(*(event(n, "node.power_set.end", power_state="power on") for n in NODES))
        world.run()
        assert world.devices.known["node-3"].fields["power_state"] == "power on"
        assert not world.events.kept

    def test_netbox_is_away_for_a_while(self, world: World) -> None:
        world.devices.away = True
        world.come(event("node-1", "node.power_set.end", power_state="power on"))
        with world.running():
            until(lambda: any("away" in str(each) for each in world.work.told))
            assert world.events.kept
            world.devices.away = False
        assert world.devices.known["node-1"].fields == {"power_state": "power on"}
        assert not world.events.kept


class TestStates:
    def test_a_burst_is_one_transition(self, world: World) -> None:
        world.come(*(available(name) for name in NODES))
        with world.running():
            request = world.job().request
            assert (request["names"], request["state"]) == (NODES, "c")
            assert (request["kind"], request["enforce"]) == ("device", False)
            assert world.job().by == "ironic"
            assert len(world.events.kept) == 3, "forgotten before it was done"
            world.arrive(0)
        assert len(world.sent) == 1
        assert not world.events.kept

    def test_the_job_that_asked_ironic_is_told(self, world: World) -> None:
        world.come(available("node-1", request="req-6f1e6a1e"))
        with world.running():
            world.arrive(0)
        notes = [each["text"] for each in world.work.told if each["kind"] == "note"]
        assert "node-1: node.provision_set.end done came of job 6f1e6a1e" in notes

    def test_the_order_of_a_device_is_kept(self, world: World) -> None:
        world.devices.at("node-1", "")
        world.come(inspecting("node-1"), cleaning("node-1"), available("node-1"))
        with world.running():
            for number, state in enumerate("abc"):
                assert world.job(number).request["state"] == state
                world.arrive(number)
        assert world.devices.known["node-1"].fields["provision_state"] == "available"
        assert not world.events.kept

    def test_others_do_not_wait(self, world: World) -> None:
        world.come(available("node-1"))
        with world.running():
            world.job()
            world.come(event("node-2", "node.power_set.end", power_state="power on"))
            until(lambda: world.devices.known["node-2"].fields)
            world.devices.at("node-3", "")
            world.come(cleaning("node-3"))
            assert world.job(1).request["names"] == ("node-3",)
            world.arrive(1)
            until(lambda: len(world.events.kept) == 1)
            world.arrive(0)

    def test_one_that_is_there_needs_nothing(self, world: World) -> None:
        world.devices.at("node-1", "c")
        world.come(available("node-1"))
        world.run()
        assert world.sent == []

    def test_one_in_no_collection_is_passed_over(self, world: World) -> None:
        world.managed = {"node-2"}
        world.come(available("node-1"))
        world.run()
        assert world.sent == []
        assert world.devices.known["node-1"].fields["provision_state"] == "available"
        assert world.events.ignored["node.provision_set.end"] == 1

    def test_what_was_left_half_way_to_another_state_is_taken_over(self, world: World) -> None:
        world.devices.at("node-1", "b-phase_2", "from_a-to_b-phase_3")
        world.devices.at("node-2", "c-phase_2", "from_b-to_c-phase_3")
        world.come(available("node-1"), available("node-2"))
        with world.running():
            found = {world.job(n).request["names"]: world.job(n).request for n in (0, 1)}
            assert found["node-1",]["enforce"] is True
            assert found["node-2",]["enforce"] is False
            world.arrive(0)
            world.arrive(1)

    def test_somebody_who_works_on_it_is_waited_for(self, world: World) -> None:
        world.jobs.locks["device:node-1"] = Owner("other", "connect node-1 to a")
        world.come(available("node-1"), available("node-2"))
        with world.running():
            assert world.job().request["names"] == ("node-2",)
            until(lambda: "wait" in world.work.kinds())
            world.arrive(0)
            until(lambda: len(world.events.kept) == 1)
            del world.jobs.locks["device:node-1"]
            assert world.job(1).request["names"] == ("node-1",)
            world.arrive(1)
        assert world.work.kinds().count("wait") == 1

    def test_a_field_that_makes_no_sense_is_a_condition(self, world: World) -> None:
        world.devices.at("node-1", "b", "nonsense")
        world.come(available("node-1"))
        world.run()
        assert "transition: to c: custom field device_transition" in world.wrong("node-1")


class TestFailures:
    def test_a_batch_that_fails_is_tried_device_by_device(self, world: World) -> None:
        world.come(*(available(name) for name in NODES))
        with world.running():
            world.arrive(0, "failed", reason="switch leaf-1 does not answer")
            alone = [world.job(number).request["names"] for number in (1, 2, 3)]
            assert sorted(alone) == [(name,) for name in NODES]
            bad = 1 + alone.index(("node-2",))
            for number in (1, 2, 3):
                if number == bad:
                    world.arrive(number, "failed", reason="http://x:hunter22@leaf-1 is on fire")
                else:
                    world.arrive(number)
        assert world.wrong("node-2") == "transition: to c: http://x:********@leaf-1 is on fire"
        assert [world.wrong(name) for name in ("node-1", "node-3")] == ["", ""]
        assert not world.events.kept

    def test_what_comes_later_goes_on_and_success_ends_the_condition(self, world: World) -> None:
        world.come(available("node-1"))
        with world.running():
            world.devices.at("node-1", "c-phase_2", "from_b-to_c-phase_3")
            world.arrive(0, "failed", reason="no")
            world.come(cleaning("node-1"))
            assert world.job(1).request["state"] == "b"
            assert world.job(1).request["enforce"] is True
            assert world.wrong("node-1") == "transition: to c: no"
            world.arrive(1)
        assert world.wrong("node-1") == ""

    def test_one_whose_worker_died_is_tried_once_more(self, world: World) -> None:
        world.come(available("node-1"))
        with world.running():
            for number in (0, 1):
                job = world.job(number)
                world.jobs.finish(job.id, "failed", 4)
                job.reason = "worker lost"
        assert len(world.sent) == 2
        assert world.wrong("node-1") == "transition: to c: worker lost"

    def test_a_transition_that_somebody_revokes_is_not_tried_again(self, world: World) -> None:
        world.come(*(available(name) for name in NODES))
        with world.running():
            world.arrive(0, "revoked", reason="revoked by dragon")
        assert len(world.sent) == 1
        assert world.wrong("node-3") == "transition: to c: revoked by dragon"

    @pytest.mark.parametrize(
        ("before", "state", "kind"),
        [("inspecting", "inspect failed", "inspect"), ("cleaning", "clean failed", "clean"),
         ("deploying", "deploy failed", "deploy"), ("deleting", "error", "undeploy")],
    )  # fmt: skip
    def test_failures_of_ironic_begin_and_end(
        self, world: World, before: str, state: str, kind: str
    ) -> None:
        world.devices.at("node-1", "c")
        sent = failed("node-1", before, state, "disk on fire")
        world.come(sent)
        world.run()
        assert world.wrong("node-1") == f"{kind}: disk on fire"
        assert world.conditions.of()[0].since == sent.at
        assert world.devices.known["node-1"].fields["provision_state"] == state
        world.come(available("node-1"))
        world.run()
        assert world.wrong("node-1") == ""

    def test_power_fails_and_recovers_in_one_go(self, world: World) -> None:
        bad, good = {"last_error": "no BMC", "failed": True}, {"power_state": "power on"}
        world.come(
            event("node-1", "node.power_set.error", **bad),
            event("node-1", "node.power_set.end", **good),
        )
        world.run()
        assert world.wrong("node-1") == ""
        world.come(
            event("node-1", "node.power_set.end", **good),
            event("node-1", "node.power_set.error", **bad),
        )
        world.run()
        assert world.wrong("node-1") == "power: no BMC"


class TestIronic:
    MAC = "52:54:00:00:00:01"

    def inspected(self, world: World, state: str = "manageable") -> NodeEvent:
        node = world.ironic.add("node-1", state)
        world.ironic.kept[node.id].names = {self.MAC: "eno1"}
        world.devices.interfaces["node-1", self.MAC] = ""
        return ended("node-1", "inspecting", "manageable", node=node.id)

    def test_after_an_inspection_the_node_is_provided(self, world: World) -> None:
        world.come(self.inspected(world))
        world.run()
        assert world.devices.known["node-1"].fields["introspection_state"] == "introspected"
        assert world.devices.interfaces == {("node-1", self.MAC): "eno1"}
        assert world.ironic.asked == [("provide", "node-1")]

    def test_twice_is_harmless(self, world: World) -> None:
        sent = self.inspected(world, "available")
        world.come(sent)
        world.run()
        assert world.ironic.asked == []
        assert world.wrong("node-1") == ""

    def test_a_silent_ironic_is_waited_for_once_a_round_and_everybody_has_a_turn(self) -> None:
        asked: list[str] = []

        class Silent:
            def node(self, id: str) -> Any:
                asked.append(id)
                raise OutsideFailed("no answer within 60 s")

        open_ = asks.Asks(lambda: cast(Any, Silent()), MemoryNodeDevices())
        for name in NODES:
            open_.add(portion(name, [("1", event(name, "port.create.end", node=name))], RULES))
        for number in range(1, 4):
            assert open_.look() == []
            assert asked == list(NODES[:number])

    def test_ironic_is_away_for_a_while_and_others_do_not_wait(self, world: World) -> None:
        world.come(self.inspected(world))
        world.ironic.away = True
        with world.running():
            until(lambda: world.devices.known["node-1"].fields)
            world.come(event("node-2", "node.power_set.end", power_state="power on"))
            until(lambda: len(world.events.kept) == 1)
            world.ironic.away = False
        assert world.ironic.asked == [("provide", "node-1")]

    def test_what_ironic_refuses_is_a_condition(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(asks, "LONGEST", 0.0)
        world.come(self.inspected(world))
        world.ironic.away = True
        world.run()
        assert world.wrong("node-1").startswith("provision: provide: ")
        assert not world.events.kept

    def test_a_port_is_of_the_node_that_ironic_names(self, world: World) -> None:
        sent = self.inspected(world, "active")
        world.ironic.away = True
        world.come(event("", "port.create.end", node=sent.node, address=self.MAC))
        with world.running():
            world.come(event("node-2", "node.power_set.end", power_state="power on"))
            until(lambda: world.devices.known["node-2"].fields)
            world.ironic.away = False
        assert world.devices.interfaces == {("node-1", self.MAC): "eno1"}

    def test_a_port_of_a_node_that_is_gone(self, world: World) -> None:
        world.come(event("", "port.create.end", node=node_id("gone"), address=self.MAC))
        world.run()
        assert not world.events.kept


class TestTakingOver:
    def test_whoever_takes_over_finds_what_was_sent(self, world: World) -> None:
        world.come(*(available(name) for name in NODES))
        first = World(world.events, world.devices, world.conditions, jobs=world.jobs)
        first.work.asked, first.work.checks = RuntimeError("killed"), 30
        with pytest.raises(RuntimeError), first.running():
            pass
        (sent,) = world.sent
        world.come(available("node-1"))  # of a later cleaning, say
        with world.running():
            until(lambda: world.jobs.locks)
            world.arrive(0)
        assert world.sent == [sent]
        assert not world.events.kept

    def test_one_that_was_tried_alone_is_not_tried_together(self, world: World) -> None:
        world.come(*(available(name) for name in NODES))
        first = World(world.events, world.devices, world.conditions, jobs=world.jobs)
        with pytest.raises(RuntimeError), first.running():
            first.arrive(0, "failed")
            first.job(3)
            first.work.asked = RuntimeError("killed")
        sent = world.sent
        with world.running():
            for number in (1, 2, 3):
                world.arrive(number)
        assert world.sent == sent

    def test_a_job_that_redis_has_forgotten_is_sent_again(self, world: World) -> None:
        world.come(available("node-1"))
        with world.running():
            id = world.job().id
            del world.jobs.known[id]
            until(lambda: world.jobs.sent.count(id) > 1)
            world.arrive(0)

    def test_redis_is_away_when_a_transition_has_ended(self, world: World) -> None:
        world.come(available("node-1"))
        with world.running():
            world.job()
            world.events.away = True
            world.arrive(0)
            until(lambda: any("Redis is away" in str(each) for each in world.work.told))
            world.events.away = False
        assert not world.events.kept

    def test_another_job_is_at_it(self, world: World) -> None:
        world.jobs.locks |= {LOCK: Owner("other", "handle"), "job:other": Owner("other", "job")}
        world.come(available("node-1"))
        assert world.run() == {"acted": {}, "left_to": "other"}
        assert world.events.kept

    def test_the_lock_of_a_dead_one_is_waited_for(self, world: World) -> None:
        world.jobs.locks[LOCK] = Owner("dead", "handle")
        world.come(event("node-1", "node.power_set.end", power_state="power on"))
        world.run()
        assert not world.events.kept

    def test_what_came_while_it_let_go_is_seen(self, world: World) -> None:
        class Late(Jobs):
            @contextmanager
            def hold(self, *args: Any, **more: Any) -> Iterator[Any]:
                with super().hold(*args, **more) as held:
                    yield held
                    if not world.devices.writes:  # after the last look, before it lets go
                        power = {"power_state": "power on"}
                        world.come(event("node-1", "node.power_set.end", **power))

        world.jobs = Late()
        world.run()
        assert world.devices.known["node-1"].fields == {"power_state": "power on"}


class TestComparison:
    def test_what_was_found_leads_to_the_state(self, world: World) -> None:
        world.devices.add("node-1", "b", provision_state="available")
        world.come(available("node-1", found=True))
        with world.running():
            assert world.job().request["state"] == "c"
            world.arrive(0)
        assert world.devices.writes == []
        assert world.run()["acted"] == {}

    def test_what_is_no_longer_so_leads_nowhere(self, world: World) -> None:
        world.devices.add("node-1", "b", provision_state="available")
        world.come(available("node-1", found=True))
        world.devices.add("node-1", "b", provision_state="deploying")
        world.run()
        world.devices.add("node-2", "b", provision_state="available")
        deploying = started("node-2", "deploy", "deploying")
        world.come(deploying, available("node-2", found=True))
        world.run()
        assert world.sent == []
        assert not world.events.kept
