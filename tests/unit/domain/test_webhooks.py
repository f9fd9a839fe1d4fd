"""NetBox's webhooks, as recorded and signed anew."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from osism.domain.errors import Invalid
from osism.domain.ports import PendingChange
from osism.domain.webhooks import FRESH, due, interface, parse, sign, verify

DATA = Path("tests/data/webhooks")
RECORDED = {
    name: json.loads((DATA / f"webhook-{name}-update.json").read_text())
    for name in ("device", "interface")
}
NOW = datetime(2026, 11, 20, 19, 30, tzinfo=UTC)


def said(**values: Any) -> bytes:
    """A webhook of now, with other values."""
    known = {
        "event": "updated",
        "timestamp": NOW.isoformat(),
        "object_type": "dcim.device",
        "username": "admin",
        "request_id": "r-1",
        "data": {"name": "leaf-1"},
    }
    return json.dumps(known | values).encode()


@pytest.mark.parametrize("name", RECORDED)
class TestRecorded:
    def test_the_signature_is_genuine(self, name: str) -> None:
        body = RECORDED[name]["body_raw"].encode()
        signature = RECORDED[name]["headers"]["X-Hook-Signature"]
        secret = RECORDED[name]["secret"]
        assert verify(body, signature, secret)
        assert sign(body, secret) == signature
        assert not verify(body + b" ", signature, secret)
        assert not verify(body, signature, secret + "x")
        assert not verify(body, signature[:-1] + "é", secret)
        assert not verify(body, "", secret)

    def test_it_is_read_in_its_time_only(self, name: str) -> None:
        body = RECORDED[name]["body_raw"].encode()
        hook = parse(body, NOW)
        assert hook.devices == ("leaf1",)
        assert (hook.event, hook.model, hook.username) == ("updated", name, "admin")
        assert hook.request_id == json.loads(body)["request_id"]
        for late in (FRESH + timedelta(seconds=1), -FRESH - timedelta(seconds=1)):
            with pytest.raises(Invalid, match="stale"):
                parse(body, hook.at + late)
        assert parse(body, hook.at + FRESH) == parse(body, hook.at - FRESH) == hook


def test_nothing_is_signed_without_a_secret() -> None:
    assert not verify(b"", sign(b"", ""), "")


def test_netbox_4_2_names_the_model_only() -> None:
    body = said(object_type=None, model="interface", data={"device": {"name": "leaf-1"}})
    assert parse(body, NOW).devices == ("leaf-1",)


def end(device: str | None) -> dict[str, Any]:
    return {"object_type": "dcim.interface", "object": {"device": {"name": device}}}


@pytest.mark.parametrize(
    ("kind", "data", "devices"),
    [
        ("dcim.device", {"name": "leaf-1"}, ["leaf-1"]),
        ("dcim.device", {"name": None}, []),
        ("dcim.interface", {"device": {"name": "leaf-1"}}, ["leaf-1"]),
        ("dcim.interface", {"device": None}, []),
        (
            "dcim.cable",
            {"a_terminations": [end("b")], "b_terminations": [end("a")]},
            ["a", "b"],
        ),
        ("dcim.cable", {"a_terminations": [{"object": None}, end(None), 7]}, []),
        ("dcim.cable", {"a_terminations": 7}, []),
        ("ipam.ipaddress", {"assigned_object": {"device": {"name": "leaf-1"}}}, ["leaf-1"]),
        ("ipam.ipaddress", {"assigned_object": {"virtual_machine": {"name": "vm"}}}, []),
        ("ipam.ipaddress", {"assigned_object": None}, []),
        ("dcim.macaddress", {"assigned_object": {"device": {"name": "leaf-1"}}}, ["leaf-1"]),
        ("dcim.site", {"name": "site", "device": {"name": "leaf-1"}}, []),
        ("virtualization.vminterface", {"device": {"name": "leaf-1"}}, []),
    ],
)
def test_which_devices_it_concerns(kind: str, data: dict[str, Any], devices: list[str]) -> None:
    assert list(parse(said(object_type=kind, data=data), NOW).devices) == devices


def test_what_netbox_does_by_itself_and_what_is_gone_concern_nobody() -> None:
    assert parse(said(event="job_ended", request_id=None), NOW).devices == ()
    assert parse(said(event="deleted"), NOW).devices == ()
    gone = said(event="deleted", object_type="dcim.interface", data={"device": {"name": "a"}})
    assert parse(gone, NOW).devices == ("a",)


@pytest.mark.parametrize(
    ("event", "model", "before", "now", "left"),
    [
        ("updated", "ipam.ipaddress", 7, None, 7),
        ("updated", "dcim.macaddress", 7, 8, 7),
        ("updated", "ipam.ipaddress", 7, 7, None),
        ("updated", "ipam.ipaddress", None, 7, None),
        ("updated", "ipam.ipaddress", "7", None, None),
        ("updated", "ipam.ipaddress", 1 << 70, None, None),
        ("deleted", "ipam.ipaddress", 7, None, None),
        ("updated", "dcim.interface", 7, None, None),
    ],
)
def test_where_an_address_was_before(
    event: str, model: str, before: Any, now: Any, left: int | None
) -> None:
    snapshots = {"prechange": {"assigned_object_id": before}, "postchange": None}
    data = {"assigned_object_id": now, "assigned_object": None}
    hook = parse(said(event=event, object_type=model, data=data, snapshots=snapshots), NOW)
    assert hook.left == left
    assert [interface(place) for place in hook.places] == ([] if left is None else [left])


def test_hooks_of_one_request_are_told_apart() -> None:
    first, second = (parse(said(data={"name": name}), NOW) for name in ("a", "b"))
    assert first.request_id == second.request_id
    assert first.identity != second.identity
    assert first.identity == parse(said(data={"name": "a"}), NOW).identity


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff\x00",
        b"[" * 100_000,
        b'{"timestamp": "\\ud800"}',
        said(timestamp=None),
        said(timestamp=7),
        said(timestamp="now"),
        said(timestamp="2026-11-20T19:30:00"),
        said(timestamp="2026-11-20"),
        said(data=None),
        said(data=[1]),
        said(event=7),
        said(request_id="x" * 300),
        said(data={"name": "\ud800"}),
    ],
)
def test_what_is_malformed_is_refused(body: bytes) -> None:
    with pytest.raises(Invalid):
        parse(body, NOW)


def test_a_burst_is_waited_for_but_not_for_ever() -> None:
    def change(first: float, last: float) -> PendingChange:
        return PendingChange(first, last, ("r",), "")

    assert due([change(100, 100)], 2) == 102
    assert due([change(100, 100), change(101, 105)], 2) == 107
    assert due([change(100, 100), change(101, 129.5)], 2) == 130
