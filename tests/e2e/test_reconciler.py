"""The reconciler with real workers: what operators ask for, bursts, NetBox away, killed workers."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from random import Random
from time import monotonic, sleep
from typing import Any

import pytest
import yaml

from osism.adapters.connections import connect
from osism.adapters.locks import RedisLocks
from osism.adapters.queues import CeleryQueue
from osism.adapters.senders import RedisSender
from osism.adapters.streams import RedisRecords
from osism.domain.jobs import ReconcileInventory
from osism.lab.processes import descendants
from tests import readings
from tests.e2e.conftest import wait_until
from tests.e2e.runs import ANSIBLE, Runs, RunsLab

DATA = Path(__file__).parents[1] / "data"


class ReconcilerLab(RunsLab):
    workers = ("reconciler", "netbox")


class Reconciled(Runs):
    """A site with a reconciler."""

    @property
    def output(self) -> Path:
        return self.lab.directory / "inventory"

    def sync(self, *more: str) -> Any:
        answer = self.osism("reconciler", "sync", *more)
        assert answer.code == 0, answer
        return answer

    def ansible(self, *more: str) -> Any:
        command = [
            str(ANSIBLE.with_name("ansible-inventory")),
            "-i",
            str(self.output),
            "--list",
            *more,
        ]
        found = subprocess.run(
            command,
            env=os.environ | {"ANSIBLE_TRANSFORM_INVALID_GROUP_CHARS": "ignore"},
            check=True,
            capture_output=True,
            text=True,
        )
        return json.loads(found.stdout)

    def history(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.osism("reconciler", "log", "-f", "json").json
        return found

    @property
    def queue(self) -> tuple[CeleryQueue, RedisRecords]:  # type: ignore[override]
        assert self.lab.redis
        client = connect(self.lab.redis.url)
        records = RedisRecords(client, RedisLocks(client, 6.0))
        return CeleryQueue(RedisSender(client), records), records

    def settings(self, **changed: Any) -> None:
        """Change settings and start the worker anew."""
        told = yaml.safe_load(self.lab.config.read_text())
        self.lab.config.write_text(yaml.safe_dump(told | changed))
        self.kill_worker()
        self.start_worker()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reconciled]:
    directory = tmp_path_factory.mktemp("reconciler")
    settings = {
        "inventory_defaults": str(DATA / "defaults"),
        "inventory_generics": str(DATA / "generics"),
        "netbox_retry": 1.0,
        "schedule_resume": 1.0,
    }
    lab = ReconcilerLab(directory / "lab", settings)
    lab.configuration = DATA / "cloud-in-a-box"
    with lab:
        yield Reconciled(lab)


def test_cloud_in_a_box_is_reconciled_and_used(site: Reconciled) -> None:
    before = site.osism("get", "hosts", "-f", "json").json
    looked = site.osism("reconciler", "diff")
    assert looked.code == 0, looked
    assert "+++ b/hosts.yml" in looked.out
    assert not site.output.exists()
    assert "hosts added: cumulus" in site.sync().out
    wanted = readings.read(
        site.lab.directory / "configuration", DATA / "defaults", DATA / "generics"
    )
    answer = site.ansible()
    assert answer["_meta"]["hostvars"]["cumulus"] == wanted.variables("cumulus")
    found = readings.of_ansible(answer)
    assert found.groups_of("cumulus") == wanted.groups_of("cumulus")
    # The workers' inventory is this one now.
    after = site.osism("get", "hosts", "-f", "json").json
    assert len(after[0]["Groups"]) > len(before[0]["Groups"]) + 100
    again = site.sync("--format", "json").events[-1]["result"]
    assert (again["changed"], again["degraded"]) == (False, "")
    assert "nothing would change" in site.osism("reconciler", "diff").out
    assert len(site.history()) == 1


def test_the_difference_and_the_history_show_no_secrets(site: Reconciled) -> None:
    site.write("inventory/group_vars/control.yml", "colour: red\nkeystone_password: first-word\n")
    looked = site.osism("reconciler", "diff")
    assert "+colour: red" in looked.out
    assert "first-word" not in looked.out
    assert site.osism("reconciler", "diff", "--format", "json").json["summary"] == {
        "variables changed": ["group control: colour, keystone_password"]
    }
    site.sync()
    newest = site.history()[0]
    assert newest["Details"] == ["variables changed: group control: colour, keystone_password"]
    assert "keystone_password" in site.osism("reconciler", "log", "-n", "1").out


def test_a_mistake_is_told_with_file_and_line_and_mended(site: Reconciled) -> None:
    site.sync()
    before = site.ansible()
    file = site.write("inventory/group_vars/compute.yml", "a: 1\nb: [\n")
    answer = site.osism("reconciler", "sync")
    assert answer.code == 2
    assert "inventory/group_vars/compute.yml:3: " in answer.out + answer.err
    assert site.ansible() == before
    file.write_text("a: 1\n")
    site.sync()
    assert site.ansible()["_meta"]["hostvars"]["cumulus"]["a"] == 1


def test_300_requests_within_a_second_become_two_runs_at_most(site: Reconciled) -> None:
    site.sync()
    queue, records = site.queue
    number, jobs = len(site.history()), []
    start = monotonic()
    for each in range(300):
        # Every request has a change of its own, written before it.
        site.write("inventory/group_vars/monitoring.yml", f"count: {each}\n")
        jobs.append(queue.send(ReconcileInventory(), by="test"))
    took = monotonic() - start
    ends = wait_until(lambda: _ended(records, jobs), within=120.0)
    assert {each.state for each in ends.values()} == {"succeeded"}
    runs = {each.result.get("run", each.id) for each in ends.values()}
    assert len(runs) <= 2, f"{len(runs)} runs for 300 requests in {took:.2f} s"
    assert len(site.history()) <= number + 2
    assert site.ansible()["_meta"]["hostvars"]["cumulus"]["count"] == 299
    # Nobody got the end of a run that had begun before they asked.
    last = records.get(jobs[-1])
    assert last
    ran = records.get(last.result.get("run", last.id))
    assert ran
    assert last.queued
    assert ran.started
    assert ran.id == last.id or ran.ended
    sleep(1.0)
    assert queue.lengths()["reconciler"] == 0


def _ended(records: RedisRecords, jobs: list[str]) -> Any:
    found = records.statuses(jobs)
    return found if all(each.ended for each in found.values()) else None


def test_a_worker_that_is_killed_is_made_up_for(site: Reconciled) -> None:
    site.sync()
    queue, records = site.queue
    chance = Random(3)
    for number in range(4):
        site.write("inventory/group_vars/network.yml", f"number: {number}\n")
        job = queue.send(ReconcileInventory(), by="test")
        wait_until(lambda job=job: records.get(job).state == "started", 30.0)
        sleep(chance.uniform(0.0, 2.0))
        for pid in descendants(site.lab.children["worker"].pid):
            _kill(pid)
        site.kill_worker()
        site.ansible()
        site.start_worker()
    site.write("inventory/group_vars/network.yml", "number: last\n")
    site.sync()
    assert site.ansible()["_meta"]["hostvars"]["cumulus"]["number"] == "last"


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def test_netbox_away_is_degraded(site: Reconciled) -> None:
    site.sync()
    site.settings(netbox_url="http://127.0.0.1:9", netbox_token="x")
    try:
        answer = site.sync()
        assert "degraded, NetBox's last hosts are used: " in answer.out
        result = site.sync("--format", "json").events[-1]["result"]
        assert result["degraded"]
        assert result["hosts"] == 1
    finally:
        site.settings(netbox_url="", netbox_token="")


def test_the_worker_has_a_command_of_its_own(site: Reconciled) -> None:
    site.kill_worker()
    process = site.lab.start("reconciler", "reconciler", "--concurrency", "1")
    try:
        site.sync()
    finally:
        process.terminate()
        process.wait(30)
        site.lab.children.pop("reconciler", None)
        site.start_worker()


def test_a_folder_without_a_reconciler_is_as_before(tmp_path: Path) -> None:
    shutil.copytree(DATA / "cloud-in-a-box", tmp_path / "configuration")
    environment = {
        name: text for name, text in os.environ.items() if not name.startswith(("OSISM_", "NETBOX"))
    } | {
        "OSISM_CONFIGURATION": str(tmp_path / "configuration"),
        "OSISM_RECONCILED": str(tmp_path / "never"),
        "OSISM_DATABASE_URL": f"sqlite:///{tmp_path}/x.db",
    }
    program = (
        "from osism import wiring; print(wiring.inventory_path());"
        "from osism.settings import settings; settings().reconciled.mkdir();"
        "print(wiring.inventory_path())"
    )
    found = subprocess.run(
        [sys.executable, "-c", program], env=environment, check=True, capture_output=True, text=True
    ).stdout.splitlines()
    assert found == [str(tmp_path / "configuration" / "inventory"), str(tmp_path / "never")]
