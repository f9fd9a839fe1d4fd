"""Ironic's events in the lab: real workers, NetBox's API, switches that fail, workers that die."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from osism.adapters.connections import connect
from osism.adapters.events import RedisEvents
from osism.adapters.locks import RedisLocks
from osism.adapters.queues import CeleryQueue
from osism.adapters.senders import RedisSender
from osism.adapters.streams import RedisRecords
from osism.domain.ironic_events import NodeEvent, parse
from osism.domain.jobs import HandleEvents
from osism.domain.ports import Received
from tests.e2e.conftest import Site, wait_until
from tests.fakes.ironic_messages import ended, event, failed, message, recorded, started
from tests.ironics import RabbitMq

LEAVES = ("leaf-1", "leaf-2")
OK = {"power_state": "power on", "maintenance": False}


class Ironic:
    """Events as the listener hands them over."""

    def __init__(self, site: Site) -> None:
        assert site.lab.redis
        client = connect(site.lab.redis.url)
        self.site = site
        self.events = RedisEvents(client, 1000)
        self.records = RedisRecords(client, RedisLocks(client))
        self.queue = CeleryQueue(RedisSender(client), self.records)

    def send(self, *events: NodeEvent) -> str:
        self.events.add(Received([parse(*message(event)) for event in events]))
        return self.queue.send(HandleEvents(), "listener")

    def handled(self, *events: NodeEvent) -> None:
        """Send events and wait until all were acted on."""
        self.send(*events)
        self.done()

    def done(self, within: float = 90.0) -> None:
        wait_until(lambda: not self.events.waiting(1), within)

    def field(self, device: str, name: str) -> Any:
        return self.site.netbox("dcim/devices", name=device)[0]["custom_fields"][name]

    def condition(self, device: str) -> str:
        """As an operator sees it."""
        (row,) = self.site.osism("netbox", "states", device, "-f", "json").json
        return str(row["Condition"])

    def ways(self, device: str, since: int) -> list[str]:
        """The ends of a device's transitions since there were so many, the oldest first."""
        rows = self.site.rows(device)
        return [row["To"] for row in reversed(rows[: len(rows) - since])]


@pytest.fixture
def ironic(site: Site) -> Iterator[Ironic]:
    ironic = Ironic(site)
    yield ironic
    site.mend()
    ironic.done()


def cleaning(name: str) -> NodeEvent:
    return started(name, "provide", "cleaning", **OK)


def available(name: str) -> NodeEvent:
    return ended(name, "cleaning", "available", **OK)


def each(names: Sequence[str], *kinds: Any) -> list[NodeEvent]:
    return [kind(name) for kind in kinds for name in names]


def test_a_burst_for_one_switch_is_one_deployment(site: Site, ironic: Ironic) -> None:
    names = [f"node-{number}" for number in range(1, 7)]
    for name in names:
        site.at(name, "a")
    ironic.handled(*each(names, cleaning))
    jobs = [job for job in ironic.records.recent(20) if job.by == "ironic"]
    assert len(jobs) == 1, "more than one deployment"
    assert jobs[0].request["names"] == names
    for name in names:
        assert site.fields(name) == ("b", "")
        assert ironic.field(name, "provision_state") == "cleaning"
    assert site.rows(names[0])[0]["Asked by"] == "ironic"


def test_a_switch_fails_and_later_events_go_on(site: Site, ironic: Ironic) -> None:
    site.at("node-4", "b")
    site.switch("leaf-2", "fault", fault="unreachable")
    ironic.handled(available("node-4"), event("node-5", "node.power_set.end", **OK))
    assert ironic.field("node-5", "power_state") == "power on"
    assert ironic.condition("node-4").startswith("transition: to c: ")
    assert "leaf-2" in ironic.condition("node-4")
    assert ironic.field("node-4", "provision_state") == "available"
    site.mend()
    ironic.handled(cleaning("node-4"))
    site.agree("node-4", "b", LEAVES)
    assert ironic.condition("node-4") == ""


def test_failures_of_ironic_are_shown_until_it_recovers(site: Site, ironic: Ironic) -> None:
    site.at("node-4", "c")
    why = "the disk of http://admin:hunter22@bmc is on fire"
    ironic.handled(
        failed("node-4", "cleaning", "clean failed", why, fault="clean failure", **OK),
        event("node-4", "node.power_set.error", last_error="no BMC", failed=True),
    )
    assert set(ironic.condition("node-4").split("; ")) == {
        "clean: the disk of http://admin:********@bmc is on fire", "power: no BMC"
    }  # fmt: skip
    assert ironic.field("node-4", "provision_state") == "clean failed"
    assert site.fields("node-4") == ("c", "")
    ironic.handled(available("node-4"), event("node-4", "node.power_set.end", **OK))
    assert ironic.condition("node-4") == ""


@pytest.mark.chaos
def test_a_worker_dies_under_events_and_nothing_is_lost(site: Site, ironic: Ironic) -> None:
    names = [f"node-{number}" for number in range(1, 5)]
    for name in names:
        site.at(name, "a")
    rows = {name: len(site.rows(name)) for name in names}
    for name in LEAVES:
        site.switch(name, "fault", fault="slow", value=0.3)
    ironic.send(*each(names, cleaning, available))
    wait_until(lambda: "phase_3" in site.fields("node-1")[1])
    site.kill_worker()
    site.mend()
    site.start_worker()
    ironic.done()
    for name in names:
        site.agree(name, "c", LEAVES)
        assert ironic.ways(name, rows[name]) == ["b", "c"], "not in order, or not once each"
        assert ironic.condition(name) == ""


def test_a_recorded_life_from_the_broker_to_the_switches(
    site: Site, ironic: Ironic, tmp_path: Path
) -> None:
    rows = len(site.rows("node-1"))
    with RabbitMq(tmp_path / "rabbit") as broker:
        listener = subprocess.Popen(
            [sys.executable, "-m", "osism.main", "service", "listener"],
            env=site.lab.environment | {"BROKER_URI": broker.url},
        )
        try:
            wait_until(lambda: bound(broker.url), 30)
            publish(broker.url, list(recorded()))
            wait_until(lambda: ironic.events.figures().seen.get("node.delete.end"))
            ironic.done()
        finally:
            listener.terminate()
            listener.wait(10)
    site.agree("node-1", "a", ("leaf-1",))
    ways = ironic.ways("node-1", rows)
    assert "".join(ways).endswith("bcbcbca"), ways
    for name in ("provision_state", "power_state", "ironic_state", "introspection_state"):
        assert not ironic.field("node-1", name), name
    assert ironic.condition("node-1") == ""
    every, *rows = site.osism("status", "events", "-f", "json").json
    assert (every["Event"], every["Waiting"], every["Malformed"]) == ("all", 0, 0)
    by_type = {row["Event"]: row for row in rows}
    assert by_type["node.delete.end"]["Seen"] == by_type["node.delete.end"]["Acted on"] == 1
    assert by_type["node.power_set.start"]["Ignored"] >= 5
    assert by_type["node.power_set.end"]["Lag p99 (s)"] > 0
    assert site.osism("status", "events", "--malformed", "-f", "json").json == []


def bound(url: str) -> bool:
    """Whether the listener has made its queue and listens."""
    from kombu import Connection

    with Connection(url) as connection:
        try:
            found = connection.channel().queue_declare("osism.ironic", passive=True)
        except connection.channel_errors:
            return False
        return bool(found.consumer_count)


def publish(url: str, messages: Sequence[tuple[bytes, str]]) -> None:
    from kombu import Connection, Exchange

    with Connection(url) as connection:
        exchange = Exchange("ironic", "topic", durable=False)(connection.channel())
        exchange.declare()
        producer = connection.Producer(exchange=exchange)
        for body, key in messages:
            producer.publish(body, routing_key=key, content_type="application/json")
