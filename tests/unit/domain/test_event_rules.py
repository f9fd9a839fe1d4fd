"""What follows from an event, by the table and by what a site changes in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from osism.domain.errors import Invalid
from osism.domain.event_rules import RULES, Steps, decide, led_to
from osism.domain.ironic_events import NodeEvent, parse
from osism.domain.site_rules import site_rules
from tests.fakes.ironic_messages import ended, event, failed, recorded, started

SET = "node.provision_set"
OK = {"maintenance": False, "power_state": "power on"}


class TestDefaults:
    def test_the_states_of_a_recorded_life(self) -> None:
        events = [parse(*each) for each in recorded()]
        led = [(str(e), e.provision_state, s) for e in events if (s := decide(e).state)]
        assert led == [
            (f"{SET}.start inspect", "inspecting", "a"),
            (f"{SET}.start provide", "cleaning", "b"),
            (f"{SET}.end done", "available", "c"),
            (f"{SET}.success clean", "cleaning", "b"),  # undeploy
            (f"{SET}.end done", "available", "c"),
            (f"{SET}.success manage", "manageable", "c"),
            (f"{SET}.start clean", "cleaning", "b"),  # by hand
            (f"{SET}.start clean", "cleaning", "b"),  # by hand, and fails
            (f"{SET}.success manage", "manageable", "c"),
            (f"{SET}.start provide", "cleaning", "b"),
            (f"{SET}.end done", "available", "c"),
            (f"{SET}.success clean", "cleaning", "b"),  # undeploy
            (f"{SET}.end done", "available", "c"),
            ("node.delete.end", "available", "a"),
        ]

    @pytest.mark.parametrize("before", ["inspecting", "inspect wait"])
    def test_the_end_of_an_inspection(self, before: str) -> None:
        steps = decide(ended("n", before, "manageable"))
        assert (steps.provide, steps.interface_names, steps.state) == (True, True, "")
        assert steps.fields["introspection_state"] == "introspected"
        assert "inspect" in steps.ends

    def test_the_end_of_manage_is_none(self) -> None:
        steps = decide(ended("n", "verifying", "manageable"))
        assert (steps.provide, steps.interface_names) == (False, False)
        assert "introspection_state" not in steps.fields

    @pytest.mark.parametrize(
        ("sent", "fields"),
        [
            (started("n", "deploy", "deploying", **OK),
             {**OK, "provision_state": "deploying", "deployment_state": "deploying"}),
            (ended("n", "deploying", "active", **OK),
             {**OK, "provision_state": "active", "deployment_state": "deployed",
              "ironic_state": "registered"}),
            (event("n", "node.power_set.start", to_power="power off", **OK), {}),
            (event("n", "node.power_set.end", **OK), {"power_state": "power on"}),
            (event("n", "node.power_state_corrected.success", **OK), {"power_state": "power on"}),
            (event("n", "node.maintenance_set.end", maintenance=True), {"maintenance": True}),
            (event("n", "node.maintenance_set.end", maintenance=None), {}),
            (event("n", "node.create.end", provision_state="enroll", maintenance=False),
             {"provision_state": "enroll", "power_state": None, "maintenance": False}),
            (event("n", "node.delete.end", provision_state="available", **OK),
             dict.fromkeys(("ironic_state", "provision_state", "power_state",
                            "introspection_state", "deployment_state"))),
            (event("n", "node.update.start", provision_state="enroll"), {}),
            (event("n", "node.delete.error", provision_state="active", failed=True), {}),
            (event("n", "node.something.new"), {}),
        ],
    )  # fmt: skip
    def test_what_netbox_shows(self, sent: NodeEvent, fields: Mapping[str, Any]) -> None:
        assert dict(decide(sent).fields) == fields

    @pytest.mark.parametrize(
        ("before", "state", "kind"),
        [
            ("verifying", "enroll", "verify"),
            ("inspecting", "inspect failed", "inspect"),
            ("cleaning", "clean failed", "clean"),
            ("deploying", "deploy failed", "deploy"),
            ("deleting", "error", "undeploy"),
            ("rescuing", "rescue failed", "rescue"),
            ("unheard of", "also unheard of", "provision"),
        ],
    )
    def test_failures_are_conditions(self, before: str, state: str, kind: str) -> None:
        steps = decide(failed("n", before, state, "disk on fire"))
        assert (steps.condition, steps.reason, steps.state) == (kind, "disk on fire", "")

    def test_a_failure_of_power(self) -> None:
        sent = event("n", "node.power_set.error", last_error="no BMC", failed=True)
        assert (decide(sent).condition, decide(sent).reason) == ("power", "no BMC")
        assert "power" in decide(event("n", "node.power_set.end", power_state="power on")).ends

    def test_a_fault_is_a_condition_while_the_node_is_in_maintenance(self) -> None:
        kind = "node.maintenance_set.end"
        values = {"fault": "power failure", "maintenance_reason": "BMC is silent"}
        steps = decide(event("n", kind, maintenance=True, **values))
        assert (steps.condition, steps.reason) == ("power", "BMC is silent")
        assert not decide(event("n", kind, maintenance=False, **values)).condition

    def test_what_ends_conditions(self) -> None:
        ends = decide(ended("n", "cleaning", "available")).ends
        assert {"verify", "inspect", "clean", "deploy", "undeploy", "provision"} <= ends
        assert "transition" not in ends
        assert decide(ended("n", "verifying", "manageable")).ends == {"verify"}
        assert "clean" in decide(ended("n", "cleaning", "manageable", event="manage")).ends
        assert not decide(failed("n", "available", "available", "x")).ends
        assert "power" in decide(event("n", "node.delete.end")).ends

    def test_nothing_follows_from_what_is_not_known(self) -> None:
        assert not decide(event("n", "node.console_set.end"))
        assert decide(event("n", "port.create.end")) == Steps(interface_names=True)

    def test_states_that_events_lead_to(self) -> None:
        assert led_to(RULES) == {"a", "b", "c"}


def rules(text: str) -> Any:
    return site_rules(yaml.safe_load(text))


class TestSite:
    def test_an_empty_file_changes_nothing(self) -> None:
        assert rules("") == rules("rules: []") == RULES

    def test_a_rule_changes_what_it_speaks_of_and_nothing_else(self) -> None:
        own = rules(
            "rules: [{event: node.provision_set.end, when: {provision_state: active}, state: d}]"
        )
        sent = ended("n", "deploying", "active", **OK)
        assert decide(sent, own).state == "d"
        assert decide(sent, own).fields == decide(sent).fields
        assert decide(sent, own).ends == decide(sent).ends
        assert led_to(own) == {"a", "b", "c", "d"}

    def test_a_state_can_be_switched_off(self) -> None:
        own = rules("rules: [{event: node.delete.end, state: ''}]")
        assert decide(event("n", "node.delete.end"), own).state == ""
        assert decide(event("n", "node.delete.end"), own).fields

    def test_everything_a_rule_can_say(self) -> None:
        own = rules("""
        defaults: false
        rules:
          - event: node.provision_set.*
            when: {event: [done, manage], to_power: [""]}
            state: x9
            copy: [power_state]
            fields: {deployment_state: at last, ironic_state: null, maintenance: true}
            condition: provision
            ends: [deploy, power]
            interface_names: true
            provide: false
        """)
        sent = ended("n", "a", "b", last_error="why", **OK)
        assert decide(sent, own) == Steps(
            state="x9",
            fields={"power_state": "power on", "deployment_state": "at last",
                    "ironic_state": None, "maintenance": True},
            condition="provision",
            reason="why",
            ends=frozenset({"deploy", "power"}),
            interface_names=True,
        )  # fmt: skip
        assert not decide(started("n", "inspect", "inspecting"), own)

    @pytest.mark.parametrize(
        ("text", "mistake"),
        [
            ("[]", "ironic-events.yaml: a mapping is wanted"),
            ("rule: []", "unknown key 'rule'; did you mean 'rules'"),
            ("rules: {}", "rules: a list is wanted"),
            ("defaults: 1", "defaults: true or false"),
            ("rules: [1]", "rule 1: a mapping is wanted, not 1"),
            ("rules: [{state: a}]", "rule 1: event: None is no type of an event"),
            (
                "rules: [{event: baremetal.node.x, state: a}]",
                "event: 'baremetal.node.x' is no",
            ),
            ("rules: [{event: node.x}]", "rule 1: says nothing"),
            ("rules: [{event: node.x, sate: a}]", "unknown key 'sate'; did you mean 'state'"),
            (
                "rules: [{event: node.x, state: a}, {event: node.x, state: 7}]",
                "rule 2: state: ",
            ),
            ("rules: [{event: node.x, state: '0'}]", "state '0' is reserved"),
            (
                "rules: [{event: node.x, when: {event: 1}, state: a}]",
                "event: a text or a list",
            ),
            (
                "rules: [{event: node.x, when: {event: []}, state: a}]",
                "event: a text or a list",
            ),
            ("rules: [{event: node.x, when: {state: x}, state: a}]", "when: unknown key 'state'"),
            ("rules: [{event: node.x, copy: provision_state}]", "copy: a list is wanted"),
            ("rules: [{event: node.x, copy: [state]}]", "copy: 'state' is none of"),
            ("rules: [{event: node.x, fields: {device_state: a}}]", "unknown key 'device_state'"),
            ("rules: [{event: node.x, fields: {maintenance: 'on'}}]", "maintenance: true or false"),
            (
                "rules: [{event: node.x, fields: {ironic_state: 1}}]",
                "ironic_state: a text, or",
            ),
            ("rules: [{event: node.x, condition: claen}]", "did you mean 'clean'"),
            ("rules: [{event: node.x, ends: [powr]}]", "did you mean 'power'"),
            ("rules: [{event: node.x, provide: 1}]", "provide: true or false"),
        ],
    )
    def test_mistakes_are_named(self, text: str, mistake: str) -> None:
        with pytest.raises(Invalid) as raised:
            rules(text)
        assert mistake in str(raised.value)
