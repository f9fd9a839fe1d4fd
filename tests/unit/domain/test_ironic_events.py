"""What is kept of a notification, and what is none."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osism.domain.ironic_events import OTHERS, Malformed, NodeEvent, parse
from tests.fakes.ironic_messages import event, failed, message, recorded

INFO, ERROR = "ironic_versioned_notifications.info", "ironic_versioned_notifications.error"


def envelope(**changes: Any) -> dict[str, Any]:
    """A notification about a power state; *changes* None takes a field away."""
    inner = json.loads(
        json.loads(message(event("node-1", "node.power_set.end"))[0])["oslo.message"]
    )
    return {name: value for name, value in (inner | changes).items() if value is not None}


def wrapped(inner: object) -> str:
    return json.dumps({"oslo.version": "2.0", "oslo.message": json.dumps(inner)})


class TestRecorded:
    def test_the_whole_life_is_understood(self) -> None:
        events = [parse(*each) for each in recorded()]
        assert len(events) == 57
        assert {each.node for each in events} == {"05285f56-8ce4-43f6-a32e-064785c89486"}
        assert {each.name for each in events} == {"node-1", ""}
        assert [str(each) for each in events[5:9]] == [
            "node.provision_set.start manage",
            "node.provision_set.end done",
            "node.provision_set.start inspect",
            "node.provision_set.end done",
        ]
        assert sum(each.failed for each in events) == 2

    def test_the_fields_of_a_failure(self) -> None:
        found = next(e for e in (parse(*each) for each in recorded()) if e.failed)
        assert found.type == "node.provision_set.error"
        assert (found.previous_provision_state, found.provision_state) == (
            "cleaning",
            "clean failed",
        )
        assert found.last_error.startswith("Cannot clean node 05285f56")
        assert (found.maintenance, found.fault, found.power_state) == (False, "", "power on")
        assert found.at == datetime(2026, 11, 20, 20, 14, 23, 797123, tzinfo=UTC)

    def test_a_port_has_an_address_and_the_id_of_its_node(self) -> None:
        found = next(e for e in (parse(*each) for each in recorded()) if e.address)
        assert (found.type, found.address) == ("port.create.end", "52:54:00:aa:bb:4f")
        assert (found.node, found.name) == ("05285f56-8ce4-43f6-a32e-064785c89486", "")

    def test_nothing_of_a_config_drive_or_of_logins_is_kept(self) -> None:
        kept = repr([parse(*each) for each in recorded()])
        sent = b"".join(body for body, _ in recorded())
        for each in ("configdrive", "driver_info", "******", "meta_data"):
            assert each.encode() in sent
            assert each not in kept


class TestParse:
    def test_it_comes_back_as_it_was_sent(self) -> None:
        sent = failed(
            "node-1", "deploying", "deploy failed", "disk on fire", maintenance=True,
            fault="clean failure", power_state="power off", request="req-1",
        )  # fmt: skip
        assert parse(*message(sent)) == sent

    def test_without_an_envelope(self) -> None:
        """The driver ``messaging`` of oslo.messaging puts none around it."""
        assert parse(json.dumps(envelope())).type == "node.power_set.end"

    def test_a_zone_is_heeded(self) -> None:
        body = wrapped(envelope(timestamp="2026-11-20T20:13:21+01:00"))
        assert parse(body).at == datetime(2026, 11, 20, 19, 13, 21, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("priority", "key", "is_failed"),
        [("INFO", INFO, False), ("ERROR", INFO, True), ("INFO", ERROR, True), ("ERROR", "", True)],
    )
    def test_failures(self, priority: str, key: str, is_failed: bool) -> None:
        assert parse(wrapped(envelope(priority=priority)), key).failed is is_failed

    @pytest.mark.parametrize("kind", ["compute.instance.create.end", "identity.user.created"])
    def test_another_service_is_no_mistake(self, kind: str) -> None:
        found = parse(wrapped(envelope(event_type=kind, payload=None)))
        assert (found.type, found.concerns) == (OTHERS, False)

    @pytest.mark.parametrize("kind", ["baremetal.chassis.create.end", "baremetal.portgroup.x.end"])
    def test_other_objects_of_ironic_are_no_mistake(self, kind: str) -> None:
        found = parse(wrapped(envelope(event_type=kind, payload={"any": "thing"})))
        assert (found.type, found.concerns) == (kind.removeprefix("baremetal."), False)

    def test_errors_are_one_line_cut_and_without_secrets(self) -> None:
        why = "cannot reach\nhttp://admin:hunter22@bmc/redfish\n" + "x" * 10_000
        found = parse(*message(failed("n", "cleaning", "clean failed", why)))
        assert found.last_error.startswith("cannot reach http://admin:********@bmc/redfish xxx")
        assert len(found.last_error) == 500
        assert "hunter22" not in repr(found)

    @pytest.mark.parametrize("odd", [7, ["x"], {"y": 1}, True])
    def test_odd_values_are_none(self, odd: object) -> None:
        body, key = message(event("node-1", "node.power_set.end"), power_state=odd, last_error=odd)
        assert (parse(body, key).power_state, parse(body, key).last_error) == ("", "")

    def test_what_no_database_can_keep_is_left_out(self) -> None:
        body, key = message(event("node-1", "node.power_set.end"), power_state="a\0b\ud800")
        assert parse(body, key).power_state == "a b"


class TestMalformed:
    @pytest.mark.parametrize(
        ("body", "reason"),
        [
            (b"", "the message is no JSON"),
            (b"\xff\xfe\x00", "the message is no JSON"),
            (b"[1, 2]", "the message is no JSON object"),
            ("[" * 100_000, "the message is no JSON"),
            ('{"oslo.version": "2.0"}', "oslo.message is no text"),
            ('{"oslo.version": "2.0", "oslo.message": {"a": 1}}', "oslo.message is no text"),
            ('{"oslo.version": "2.0", "oslo.message": "{secret"}', "oslo.message is no JSON"),
            ("{}", "no event_type"),
            (wrapped(envelope(event_type="no dots")), "no event_type"),
            (wrapped(envelope(event_type="a." * 100 + "b")), "no event_type"),
            (wrapped(envelope(event_type=["baremetal.node.x"])), "no event_type"),
            (wrapped(envelope(message_id=None)), "no message_id"),
            (wrapped(envelope(message_id="x" * 300)), "no message_id"),
            (wrapped(envelope(message_id="half of one: \ud800")), "no message_id"),
            (wrapped(envelope(message_id="a\nline")), "no message_id"),
            (wrapped(envelope(timestamp=None)), "no timestamp"),
            (wrapped(envelope(timestamp="yesterday")), "no timestamp"),
            (wrapped(envelope(timestamp="0001-01-01 00:00:00+14:00")), "no timestamp"),
            (wrapped(envelope(payload=None)), "the payload has no"),
            (wrapped(envelope(payload={"ironic_object.data": []})), "the payload has no"),
            (wrapped(envelope(payload={"ironic_object.data": {}})), "names no node"),
            (wrapped(envelope(event_type="baremetal.port.update.end")), "names no node"),
        ],
    )
    def test_what_is_no_notification(self, body: bytes | str, reason: str) -> None:
        with pytest.raises(Malformed, match=reason) as raised:
            parse(body)
        assert "secret" not in str(raised.value)

    @given(st.binary(max_size=200) | st.text(max_size=200))
    def test_anything_else_ends_in_that(self, body: bytes | str) -> None:
        with pytest.raises(Malformed):
            parse(body)

    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=9),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(["uuid", "ironic_object.data", "name", "maintenance", "fault"]),
                    inner,
                )
            ),
            max_leaves=9,
        )
    )
    def test_any_payload_is_an_event_or_malformed(self, payload: object) -> None:
        try:
            found = parse(wrapped(envelope() | {"payload": payload}))
        except Malformed:
            return
        assert isinstance(found, NodeEvent)
        assert all(isinstance(v, str | bool | datetime | None) for v in asdict(found).values())
