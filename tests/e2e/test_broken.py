"""What breaks in the middle: workers, NetBox, switches, Redis. Everything agrees afterwards."""

from __future__ import annotations

import os
import re
import signal
from time import monotonic

import pytest

from tests.e2e.conftest import QUICK, Site, wait_until

LEAVES = ("leaf-1", "leaf-2")
LEASE = QUICK["lease"]


def slow(site: Site, seconds: float = 0.4) -> None:
    site.netbox_fault(delay=seconds, seconds=60)
    for name in LEAVES:
        site.switch(name, "fault", fault="slow", value=seconds)


@pytest.mark.parametrize(
    "moment",
    ["to_c-phase_1", "to_c-phase_2", "to_c-phase_3", "to_c-phase_4", "to_c"],
    ids=["record", "generate", "deploy", "validate", "confirm"],
)
def test_a_worker_killed_in_any_phase(site: Site, moment: str) -> None:
    site.at("node-4", "a")
    slow(site)
    waiting = site.start("netbox", "connect", "node-4", "--state", "c")
    wait_until(lambda: site.fields("node-4")[1].endswith(moment))
    site.kill_worker()
    killed = monotonic()
    site.mend()
    site.start_worker()
    answer = site.finish(waiting)
    assert answer.code == 0, answer
    assert monotonic() - killed < LEASE + 60
    assert "resuming: node-4 from a to c" in answer.out
    site.agree("node-4", "c", LEAVES)
    assert all(row["Status"] != "running" for row in site.rows("node-4"))


def test_a_worker_killed_while_it_leads_back_does_not_turn_round(site: Site) -> None:
    site.at("node-4", "a")
    site.switch("leaf-2", "fault", fault="unreachable")
    assert site.connect("node-4", "c").code == 1
    site.mend()
    slow(site)
    waiting = site.start("netbox", "connect", "node-4", "--abort")
    wait_until(lambda: site.fields("node-4")[1] == "from_c-to_a-phase_3")
    site.kill_worker()
    site.mend()
    site.start_worker()
    assert site.finish(waiting).code == 0
    site.agree("node-4", "a", LEAVES)


def test_only_the_process_at_work_is_killed_and_another_takes_up(site: Site) -> None:
    site.at("node-4", "a")
    slow(site)
    waiting = site.start("netbox", "connect", "node-4", "--state", "b")
    wait_until(lambda: "phase_3" in site.fields("node-4")[1])
    pid = int(working_on(site).rpartition("(pid ")[2].rstrip(")"))
    os.kill(pid, signal.SIGKILL)
    site.mend()
    assert site.finish(waiting).code == 0
    site.agree("node-4", "b", LEAVES)


def working_on(site: Site) -> str:
    jobs = site.osism("task", "list", "--state", "started", "-f", "json").json
    job = next(each["ID"] for each in jobs if "node-4" in each["Job"])
    return str(site.osism("task", "show", job, "-f", "json").json["worker"])


def test_a_worker_that_is_asked_to_stop_finishes_what_it_has(site: Site) -> None:
    site.at("node-4", "a")
    slow(site, 0.2)
    waiting = site.start("netbox", "connect", "node-4", "--state", "b")
    wait_until(lambda: "phase_2" in site.fields("node-4")[1])
    worker = site.lab.children.pop("worker")
    worker.terminate()
    assert site.finish(waiting).code == 0
    assert worker.wait(60) == 0
    site.mend()
    site.start_worker()
    site.agree("node-4", "b", LEAVES)


def test_netbox_is_away_for_a_while(site: Site) -> None:
    site.at("node-4", "a")
    site.netbox_fault(status=502, seconds=3)
    assert site.connect("node-4", "b").code == 0
    site.agree("node-4", "b", LEAVES)


def test_netbox_drops_connections(site: Site) -> None:
    site.at("node-4", "a")
    site.netbox_fault(drop=True, seconds=3, after=3)
    assert site.connect("node-4", "c").code == 0
    site.agree("node-4", "c", LEAVES)


@pytest.mark.parametrize("endpoint", ["interfaces", "mac-addresses", "cables"])
def test_the_answer_to_a_write_is_lost(site: Site, endpoint: str) -> None:
    """It may have been done: nothing is created twice."""
    site.at("node-4", "a")
    site.netbox_fault(lose=True, method="POST", path=f"/api/dcim/{endpoint}/", times=1)
    assert site.connect("node-4", "c").code == 0
    site.agree("node-4", "c", LEAVES)
    macs = [each["mac_address"] for each in site.netbox("dcim/mac-addresses", device="node-4")]
    assert len(macs) == len(set(macs))


def test_netbox_stays_away_and_the_failure_names_it_and_the_phase(site: Site) -> None:
    site.at("node-4", "a")
    slow(site, 1.0)
    waiting = site.start("netbox", "connect", "node-4", "--state", "b")
    wait_until(lambda: "phase_2" in site.fields("node-4")[1])
    site.mend()
    site.netbox_fault(status=502, seconds=60)
    answer = site.finish(waiting)
    site.mend()
    assert answer.code == 1
    last = answer.out.splitlines()[-1]
    # The phase depends on how far it came; the last attempt may also have met a closed connection.
    assert re.search(r"phase [234] \(.*\): NetBox at http://", last), last
    assert site.rows("node-4")[0]["Status"] in ("failed", "rolled-back")
    assert site.connect("node-4", "b").code == 0
    site.agree("node-4", "b", LEAVES)


@pytest.mark.parametrize("fault", ["unreachable", "rejects", "half", "cuts"])
def test_a_switch_fails_and_the_others_take_back_what_they_got(site: Site, fault: str) -> None:
    site.at("node-4", "a")
    before = {name: site.running(name) for name in LEAVES}
    site.switch("leaf-2", "fault", fault=fault)
    answer = site.connect("node-4", "c")
    assert answer.code == 1, answer
    assert "leaf-2" in answer.out.splitlines()[-1]
    site.mend()
    wait_until(lambda: {name: site.running(name) for name in LEAVES} == before)
    assert site.deployed("leaf-1") == before["leaf-1"], "the tag moved although nothing runs"
    assert site.fields("node-4")[1].startswith("from_a-to_c")
    assert site.connect("node-4", "c").code == 0
    site.agree("node-4", "c", LEAVES)


def test_a_switch_that_forgets_after_a_reboot_is_found_and_mended(site: Site) -> None:
    site.at("node-4", "c")
    site.switch("leaf-2", "fault", fault="forgets")
    site.switch("leaf-2", "reboot")
    wait_until(lambda: site.osism("netbox", "drift", "leaf-2").code == 1, within=20)
    site.mend()
    assert site.osism("netbox", "deploy", "leaf-2").code == 0
    assert site.osism("netbox", "drift", "leaf-2").code == 0


def test_eight_requests_at_once_for_the_same_switches_take_turns(site: Site) -> None:
    nodes = [f"node-{number}" for number in range(1, 9)]
    site.at("rack-1", "a")
    before = {name: site.status(name) for name in LEAVES}
    jobs = [site.start("netbox", "connect", node, "--state", "b") for node in nodes]
    assert [site.finish(job).code for job in jobs] == [0] * len(nodes)
    for name in LEAVES:
        now = site.status(name)
        assert now["deploying_peak"] == 1, "two workers deployed to one switch at a time"
        assert now["commits"] - before[name]["commits"] <= len(nodes)
    for node in nodes:
        site.agree(node, "b", LEAVES)


def test_a_transition_longer_than_the_lease_keeps_its_locks(site: Site) -> None:
    site.at("node-4", "a")
    site.switch("leaf-1", "fault", fault="slow", value=LEASE * 1.5)
    first = site.start("netbox", "connect", "node-4", "--state", "b")
    wait_until(lambda: "phase_3" in site.fields("node-4")[1])
    second = site.start("netbox", "connect", "node-5", "--state", "a", "--enforce")
    assert site.finish(first).code == 0
    site.mend()
    assert site.finish(second).code == 0
    assert site.status("leaf-1")["deploying_peak"] == 1


def test_redis_is_away_for_a_moment(site: Site) -> None:
    site.at("node-4", "a")
    site.switch("leaf-1", "fault", fault="slow", value=0.4)
    waiting = site.start("netbox", "connect", "node-4", "--state", "b")
    wait_until(lambda: "phase_3" in site.fields("node-4")[1])
    redis = site.lab.redis
    assert redis
    assert redis.pid
    os.kill(redis.pid, signal.SIGKILL)
    wait_until(lambda: redis.pid is None)
    redis.start()
    site.mend()
    assert site.finish(waiting).code == 0
    site.agree("node-4", "b", LEAVES)


def test_one_scheduler_leads_and_another_takes_over(site: Site) -> None:
    def leader() -> str:
        rows = site.osism("status", "schedule", "-f", "json").json
        return str(rows[0]["Scheduler"])

    first = wait_until(lambda: leader() if "pid" in leader() else "")
    site.lab.start("standby", "service", "beat")
    assert f"(pid {site.lab.children['beat'].pid})" in first
    site.lab.kill("beat")
    wait_until(lambda: f"(pid {site.lab.children['standby'].pid})" in leader(), within=30)
    site.lab.children["beat"] = site.lab.children.pop("standby")
