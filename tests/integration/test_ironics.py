"""The real Ironic, RabbitMQ and Keystone do what tests rely on, and leave nothing behind."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from kombu import Connection, Exchange, Queue

from tests.ironics import (
    Ironic,
    Keystone,
    Notifications,
    RabbitMq,
    absent,
    left_of,
    programs,
    running,
    wait_until,
)

_NODES = "baremetal/v1/nodes"


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RabbitMq, Ironic]]:
    where = tmp_path_factory.mktemp("ironics")
    broker = RabbitMq(where / "broker")
    ironic = Ironic(where / "ironic", broker.url)
    with running(broker, ironic):
        yield broker, ironic


@pytest.fixture
def broker(both: tuple[RabbitMq, Ironic]) -> RabbitMq:
    return both[0]


@pytest.fixture
def ironic(both: tuple[RabbitMq, Ironic]) -> Ironic:
    return both[1]


@pytest.fixture
def notifications(broker: RabbitMq, ironic: Ironic) -> Iterator[Notifications]:
    with Notifications(broker.url) as notifications:
        yield notifications


def test_a_nodes_life_and_what_is_told_of_it(ironic: Ironic, notifications: Notifications) -> None:
    with ironic.client() as cloud:
        node = ironic.create("alive", properties={"cpus": 8})
        cloud.baremetal.create_port(node_id=node.id, address="52:54:00:00:00:10")
        ironic.provision("alive", "manage", "manageable")
        found = ironic.provision("alive", "inspect", "manageable")
        assert found.properties["memory_mb"] == 65536
        ironic.provision("alive", "provide", "available")
        ironic.provision("alive", "active", "active", config_drive={"meta_data": {}})
        cloud.baremetal.set_node_power_state("alive", "power on", wait=False)
        ironic.wait_power("alive", "power on")
        cloud.baremetal.set_node_maintenance("alive", reason="a look at it")
        cloud.baremetal.unset_node_maintenance("alive")
        ironic.provision("alive", "deleted", "available")
        cloud.baremetal.delete_node("alive")
    notifications.wait_for("node.delete.end")

    assert notifications.of("alive") == [
        "node.create.start",
        "node.create.end",
        "node.provision_set.start manage",
        "node.provision_set.end done",
        "node.power_state_corrected.success",
        "node.provision_set.start inspect",
        "node.provision_set.end done",
        "node.provision_set.start provide",
        "node.provision_set.end done",
        "node.provision_set.start deploy",
        "node.provision_set.end done",
        "node.power_set.start",
        "node.power_set.end",
        "node.maintenance_set.start",
        "node.maintenance_set.end",
        "node.maintenance_set.start",
        "node.maintenance_set.end",
        "node.provision_set.start delete",
        "node.provision_set.success clean",
        "node.provision_set.end done",
        "node.delete.start",
        "node.delete.end",
    ]
    assert "port.create.end" in notifications.of()
    assert {each.routing_key for each in notifications.received} == {
        "ironic_versioned_notifications.info"
    }
    ends = [each for each in notifications.received if each.event == "node.provision_set.end"]
    assert [each.payload["provision_state"] for each in ends] == [
        "manageable",
        "manageable",
        "available",
        "active",
        "available",
    ]


def test_a_node_fails_on_demand(ironic: Ironic, notifications: Notifications) -> None:
    def error(event: str, why: str) -> None:
        told = notifications.wait_for(event, "frail")
        assert told.routing_key == "ironic_versioned_notifications.error"
        assert why in ironic.node("frail").last_error
        ironic.mend("frail")
        notifications.clear()

    ironic.create("frail")
    ironic.fail("frail", power_get="nobody answers")
    ironic.provision("frail", "manage", "enroll")
    error("node.provision_set.error", "nobody answers")
    ironic.provision("frail", "manage", "manageable")

    ironic.fail("frail", inspect="the light is off")
    ironic.provision("frail", "inspect", "inspect failed")
    error("node.provision_set.error", "the light is off")
    ironic.provision("frail", "manage", "manageable")

    ironic.fail("frail", clean="out of soap")
    ironic.provision("frail", "provide", "clean failed")
    error("node.provision_set.error", "out of soap")
    with ironic.client() as cloud:
        assert cloud.baremetal.get_node("frail").is_maintenance
        cloud.baremetal.unset_node_maintenance("frail")
    ironic.provision("frail", "manage", "manageable")
    ironic.provision("frail", "provide", "available")

    ironic.fail("frail", deploy="the disk is on fire")
    ironic.provision("frail", "active", "deploy failed")
    error("node.provision_set.error", "the disk is on fire")
    ironic.slow("frail", deploy=1.5)
    with pytest.raises(AssertionError, match="frail is deploying and not active"):
        ironic.provision("frail", "active", "active", within=0.3)
    ironic.wait("frail", "active")

    ironic.fail("frail", power="a fuse has blown")
    with ironic.client() as cloud:
        cloud.baremetal.set_node_power_state("frail", "power on", wait=False)
        error("node.power_set.error", "a fuse has blown")
    assert ironic.node("frail").power_state == "power off"

    ironic.fail("frail", undeploy="it clings")
    ironic.provision("frail", "deleted", "error")
    error("node.provision_set.error", "it clings")
    ironic.provision("frail", "deleted", "available")


def test_a_killed_ironic_comes_back_with_its_nodes(
    ironic: Ironic, notifications: Notifications
) -> None:
    ironic.create("patient", driver_info={"lab_delay": {"inspect": 60.0}})
    ironic.provision("patient", "manage", "manageable")
    with ironic.client() as cloud:
        cloud.baremetal.set_node_provision_state("patient", "inspect", wait=False)
    wait_until(lambda: ironic.node("patient").provision_state == "inspecting")
    ironic.kill()
    with pytest.raises(requests.ConnectionError):
        requests.get(ironic.url, timeout=5)
    ironic.start()
    node = ironic.wait("patient", "inspect failed")
    assert "conductor" in node.last_error


@pytest.mark.chaos
def test_a_second_of_each_beside_them_and_a_token(
    tmp_path: Path, broker: RabbitMq, ironic: Ironic, notifications: Notifications
) -> None:
    broker_2, keystone = RabbitMq(tmp_path / "broker"), Keystone(tmp_path / "keystone")
    ironic_2 = Ironic(tmp_path / "ironic", broker_2.url, auth="keystone", keystone=keystone)
    with running(broker_2, keystone), ironic_2:
        _needs_a_token(ironic_2, keystone)
        _keeps_queues_apart(notifications, ironic, broker_2, ironic_2)
        _keeps_durable_queues(broker_2)
        with Notifications(broker_2.url) as again:
            ironic_2.create("after")
            again.wait_for("node.create.end", "after")
        assert left_of(tmp_path)
    assert left_of(tmp_path) == []


def _needs_a_token(ironic: Ironic, keystone: Keystone) -> None:
    for headers in ({}, {"X-Auth-Token": "made up"}):
        answer = requests.get(f"{ironic.url}/v1/nodes", headers=headers, timeout=30)
        assert answer.status_code == 401
    with ironic.client("project") as cloud:
        # The catalogue says where it is.
        assert cloud.baremetal.get_endpoint().startswith(ironic.url)
        mine = cloud.baremetal.create_node(name="mine", driver="fake-hardware")
        assert mine.owner == cloud.current_project_id
    with ironic.client("reader") as cloud:
        assert list(cloud.baremetal.nodes()) == []
        token = cloud.auth_token
    answer = requests.post(
        f"{ironic.url}/v1/nodes",
        json={"name": "theirs", "driver": "fake-hardware"},
        headers={"X-Auth-Token": token, "X-OpenStack-Ironic-API-Version": "1.80"},
        timeout=30,
    )
    assert answer.status_code == 403
    with keystone.client() as cloud:
        assert {user.name for user in cloud.identity.users()} >= {"admin", "alice", "bob"}


def _keeps_queues_apart(
    first: Notifications, ironic: Ironic, broker_2: RabbitMq, ironic_2: Ironic
) -> None:
    with Notifications(broker_2.url) as second:
        ironic.create("here")
        ironic_2.create("there")
        first.wait_for("node.create.end", "here")
        second.wait_for("node.create.end", "there")
        assert first.of("there") == second.of("here") == []


def _keeps_durable_queues(broker: RabbitMq) -> None:
    queue = Queue("kept", Exchange("kept", "direct", durable=True), "kept", durable=True)
    with Connection(broker.url) as connection:
        connection.Producer().publish(
            {"said": "hello"}, exchange=queue.exchange, routing_key="kept", declare=[queue]
        )
    broker.stop()
    with pytest.raises(ConnectionRefusedError):
        _get(broker.port)
    broker.start()
    with Connection(broker.url) as connection:
        kept = connection.SimpleQueue(queue)
        assert kept.get(timeout=10).payload == {"said": "hello"}
        kept.close()


def _get(port: int) -> None:
    socket.create_connection(("127.0.0.1", port), timeout=5).close()


@pytest.mark.chaos
def test_nothing_outlives_a_process_that_was_killed(
    tmp_path: Path, python: Callable[..., Any]
) -> None:
    programs()
    holder = python(
        """
        import sys
        from pathlib import Path
        import requests
        from tests.ironics import Ironic, Keystone, RabbitMq, running
        where = Path(sys.argv[1])
        broker = RabbitMq(where / "broker")
        ironic = Ironic(where / "ironic", broker.url, auth="http_basic")
        with running(broker, ironic):
            url = ironic.url + "/v1/nodes"
            auths = (None, ("admin", "wrong"), ("admin", "labpass"))
            codes = [requests.get(url, auth=auth, timeout=30).status_code for auth in auths]
            print(*codes, flush=True)
            Keystone(where / "keystone").start()
        """,
        str(tmp_path),
    )
    assert holder.stdout.readline() == "401 401 200\n"
    # Killed while it prepares one more.
    wait_until((tmp_path / "keystone" / "gunicorn.conf.py").exists)
    wait_until(lambda: any("keystone.conf" in each for each in left_of(tmp_path)))
    assert any("beam" in each for each in left_of(tmp_path))
    holder.send_signal(signal.SIGKILL)
    wait_until(lambda: left_of(tmp_path) == [])


def test_a_server_that_does_not_start_says_why(tmp_path: Path) -> None:
    broken = Ironic(tmp_path, settings={"DEFAULT": {"notification_level": "shouting"}})
    with pytest.raises(AssertionError, match="shouting"), broken:
        pass
    assert left_of(tmp_path) == []


def test_without_the_programs_tests_skip_at_home_and_fail_in_ci(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OSISM_TEST_IRONIC", str(tmp_path))
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="make ironic prepares one"):
        Ironic(tmp_path)
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="make ironic prepares one"):
        Keystone(tmp_path)
    with pytest.raises(pytest.fail.Exception):
        absent("anything")
