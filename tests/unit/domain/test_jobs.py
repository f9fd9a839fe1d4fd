"""Jobs, and how they cross a queue."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, fields
from typing import Any

import pytest

from osism.domain.errors import Invalid
from osism.domain.jobs import (
    JOBS,
    QUEUES,
    ApplyCollection,
    CheckDrift,
    ConnectDevices,
    CopyNodeStates,
    DeployConfiguration,
    DisablePorts,
    FollowChanges,
    GenerateConfiguration,
    HandleEvents,
    ImportInventory,
    InitialiseNetbox,
    Job,
    OperateNodes,
    PruneJournal,
    ReconcileInventory,
    ResumeTransitions,
    RunPlaybook,
    SyncNodes,
    WriteServers,
    decode,
    encode,
    task_name,
    verb,
)

EXAMPLES: list[Job] = [
    ConnectDevices(("node-1", "rack-2")),
    ConnectDevices((), collection="rack-1", state="c", enforce=True, dry_run=True),
    ConnectDevices(("knoten-ä",), kind="device", abort=True),
    ConnectDevices(("node-1",), "device", state="b", enforce=True, generation=4),
    GenerateConfiguration(("leaf-1",), template="x.cfg.j2"),
    GenerateConfiguration(),
    DeployConfiguration(("leaf-1",)),
    CheckDrift(),
    HandleEvents(),
    SyncNodes(("node-1",), dry_run=True),
    WriteServers(dry_run=True),
    CopyNodeStates(),
    OperateNodes("power_on", ("node-1", "node-2")),
    FollowChanges(),
    DisablePorts("leaf-1", dry_run=True),
    InitialiseNetbox(),
    ImportInventory(("device-types",)),
    ResumeTransitions(),
    PruneJournal(),
    RunPlaybook("generic", "ping"),
    RunPlaybook(
        "kolla", "keystone", "berlin", "pull", "a:!b", ("-e", "x='; $(id)\n"), True, True, 2, 60
    ),
    ApplyCollection("base", arguments=("-v",), retries=1),
    ReconcileInventory(),
    ReconcileInventory(dry_run=True),
]


@pytest.mark.parametrize("job", EXAMPLES, ids=str)
def test_a_job_crosses_the_queue_unchanged(job: Job) -> None:
    assert decode(json.loads(json.dumps(encode(job)))) == job


def test_every_job_has_an_example_here() -> None:
    known = {each for each in JOBS.values() if each.__module__ == Job.__module__}
    assert {type(each) for each in EXAMPLES} >= known


@pytest.mark.parametrize("job", EXAMPLES, ids=str)
def test_every_job_belongs_to_a_worker(job: Job) -> None:
    assert job.queue == QUEUES[job.worker]
    assert JOBS[type(job).__name__] is type(job)
    assert "worker" not in {each.name for each in fields(job)}


@pytest.mark.parametrize(
    ("environment", "worker"),
    [("kolla", "kolla"), ("ceph", "ceph"), ("generic", "ansible"), ("custom", "ansible")],
)
def test_the_environment_decides_who_plays(environment: str, worker: str) -> None:
    job = RunPlaybook(environment, "x")
    assert job.worker == worker
    assert task_name(type(job), job.worker) == f"osism.tasks.{worker}.run_playbook"


def test_one_run_of_a_role_at_a_time() -> None:
    run = RunPlaybook("generic", "ping")
    assert run.alone == RunPlaybook("generic", "ping", arguments=("-v",)).alone
    for other in (
        RunPlaybook("custom", "ping"), RunPlaybook("generic", "facts"),
        RunPlaybook("generic", "ping", limit="a"), RunPlaybook("generic", "ping", sub="b"),
    ):  # fmt: skip
        assert run.alone != other.alone


def test_the_queues_of_the_workers() -> None:
    assert QUEUES == {
        "ansible": "osism-ansible", "ceph": "ceph-ansible", "kolla": "kolla-ansible",
        "conductor": "conductor", "netbox": "netbox", "openstack": "openstack",
        "reconciler": "reconciler",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("data", "job"),
    [
        (
            {"job": "ConnectDevices", "names": ["node-1"]},
            ConnectDevices(("node-1",), "", "", None, enforce=False, abort=False, dry_run=False),
        ),
        ({"job": "DisablePorts", "device": "x"}, DisablePorts("x", dry_run=False)),
        ({"job": "ImportInventory"}, ImportInventory((), dry_run=False)),
        ({"job": "CheckDrift"}, CheckDrift(())),
    ],
)
def test_what_is_not_told_is_off(data: Any, job: Job) -> None:
    assert decode(data) == job


def test_a_job_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        ConnectDevices(("node-1",)).names = ()  # type: ignore[misc]


def test_the_task_of_a_job() -> None:
    assert verb(ConnectDevices) == "connect devices"
    assert task_name(ConnectDevices) == "osism.tasks.netbox.connect_devices"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (None, "a job is a mapping, not NoneType"),
        ([], "a job is a mapping, not list"),
        ("ConnectDevices", "a job is a mapping, not str"),
        ({}, "unknown job None; there is ConnectDevices"),
        ({"job": "Reboot"}, "unknown job 'Reboot'; there is"),
        ({"job": ["ConnectDevices"]}, "unknown job"),
        ({"job": "ConnectDevices"}, "job ConnectDevices: .*names"),
        ({"job": "CheckDrift", "switch": []}, "job CheckDrift: unknown field 'switch'"),
        ({"job": "CheckDrift", 1: 1, "x": 2}, "job CheckDrift: unknown field '1'"),
        ({"job": "CheckDrift", "worker": "kolla"}, "job CheckDrift: unknown field 'worker'"),
        ({"job": "CheckDrift", "switches": "leaf-1"}, "field switches: 'leaf-1' is not of the"),
        ({"job": "CheckDrift", "switches": [1]}, "field switches: .* is not of the right type"),
        ({"job": "CheckDrift", "switches": None}, "field switches: None is not of the right type"),
        ({"job": "DisablePorts", "device": 1}, "job DisablePorts, field device: 1 is not of the"),
        ({"job": "DisablePorts", "device": "x", "dry_run": "no"}, "field dry_run: 'no' is not"),
        ({"job": "ConnectDevices", "names": [], "state": 1}, "field state: 1 is not of the right"),
    ],
)
def test_what_is_no_job(data: Any, said: str) -> None:
    with pytest.raises(Invalid, match=said):
        decode(data)


@pytest.mark.parametrize(
    ("job", "text"),
    [
        (ConnectDevices(("node-1",)), "connect node-1"),
        (ConnectDevices(("node-1",), state="c"), "connect node-1 to c"),
        (ConnectDevices(("node-1",), abort=True), "abort node-1"),
        (ConnectDevices(("node-1",), state="b", dry_run=True), "plan node-1 to b"),
        (ConnectDevices((), collection="rack-1", state="b"), "connect rack-1 to b"),
        (ConnectDevices(tuple("abc")), "connect a, b, c"),
        (ConnectDevices(tuple("abcd")), "connect a, b, c and 1 more"),
        (GenerateConfiguration(), "generate all switches"),
        (DeployConfiguration(("leaf-1", "leaf-2")), "deploy leaf-1, leaf-2"),
        (CheckDrift(), "drift all switches"),
        (DisablePorts("leaf-1"), "disable unused ports of leaf-1"),
        (ResumeTransitions(), "resume transitions"),
        (InitialiseNetbox(), "initialise netbox"),
    ],
)
def test_a_job_in_a_few_words(job: Job, text: str) -> None:
    assert job.summary == text
