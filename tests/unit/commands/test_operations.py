"""``osism baremetal <verb>``: which nodes are meant, what is confirmed, what job is sent."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from osism import wiring
from osism.commands import jobs, operations
from osism.commands.node_jobs import Operation
from osism.domain.errors import Invalid, NotFound, Refused
from osism.domain.jobs import OperateNodes
from osism.domain.operations import OPERATIONS
from tests.fakes.baremetal import MemoryIronic
from tests.unit.test_imports import imported


@pytest.fixture
def ironic(monkeypatch: pytest.MonkeyPatch) -> MemoryIronic:
    ironic = MemoryIronic()
    ironic.add("node-1", "available", resource_class="big")
    ironic.add("node-2", "active")
    ironic.add("node-3", "manageable", power_state="power on")
    monkeypatch.setattr(wiring, "baremetal", lambda *_, **__: ironic)
    return ironic


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[OperateNodes]:
    sent: list[Any] = []
    monkeypatch.setattr(jobs, "send", lambda job: sent.append(job) or "j")
    monkeypatch.setattr(jobs, "wait", lambda *_: 0)
    return sent


def run(kind: type[Operation], *words: str) -> int:
    command = kind(None, None)  # type: ignore[arg-type]
    return command.take_action(command.get_parser("osism baremetal x").parse_args(list(words)))


def test_names_become_a_job_and_ironic_is_not_asked(
    ironic: MemoryIronic, sent: list[OperateNodes]
) -> None:
    assert run(operations.Deploy, "node-1", "x", "node-1", "--image", "u", "--timeout", "9") == 0
    assert sent == [OperateNodes("deploy", ("node-1", "x"), image="u", timeout=9)]
    assert ironic.looks == 0


def test_all_are_those_that_it_is_possible_for(
    ironic: MemoryIronic, sent: list[OperateNodes]
) -> None:
    run(operations.Provide, "--all")
    run(operations.Deploy, "--all")
    run(operations.PowerOn, "--all", "--resource-class", "big")
    run(operations.Inspect, "--all", "--provision-state", "manageable")
    assert [(job.action, job.names) for job in sent] == [
        ("provide", ("node-3",)),
        ("deploy", ("node-1",)),
        ("power_on", ("node-1",)),
        ("inspect", ("node-3",)),
    ]


def test_none_left_is_no_job(
    ironic: MemoryIronic, sent: list[OperateNodes], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(operations.Abort, "--all") == 0
    assert "no node" in capsys.readouterr().err
    assert sent == []


@pytest.mark.parametrize("words", [[], ["node-1", "--all"], ["node-1", "--timeout", "-1"]])
def test_what_makes_no_sense(
    ironic: MemoryIronic, sent: list[OperateNodes], words: list[str]
) -> None:
    with pytest.raises(Invalid):
        run(operations.Deploy, *words)
    assert sent == []


def test_unknown_names_and_states_have_a_suggestion(ironic: MemoryIronic) -> None:
    with pytest.raises(NotFound, match="did you mean 'node-1'"):
        run(operations.Deploy, "nod-1", "--dry-run")
    with pytest.raises(Invalid, match="did you mean 'available'"):
        run(operations.Deploy, "--all", "--provision-state", "avaible")


# --- confirmation


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (operations.Undeploy, ["node-2"]),
        (operations.Clean, ["node-3"]),
        (operations.Delete, ["node-3"]),
        (operations.Deploy, ["node-2", "--rebuild"]),
        (operations.PowerOff, ["--all"]),
        (operations.Reboot, ["--all", "--soft"]),
    ],
)
def test_what_destroys_is_confirmed(
    ironic: MemoryIronic,
    sent: list[OperateNodes],
    monkeypatch: pytest.MonkeyPatch,
    kind: type[Operation],
    words: list[str],
) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False)
    with pytest.raises(Invalid, match="Nobody is there to confirm it: say --yes"):
        run(kind, *words)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    asked = []
    monkeypatch.setattr("builtins.input", lambda text: asked.append(text) or "y")
    with pytest.raises(Refused, match="nothing was asked for"):
        run(kind, *words)
    assert sent == []
    monkeypatch.setattr("builtins.input", lambda text: asked.append(text) or "yes")
    run(kind, *words)
    run(kind, *words, "--yes-i-really-really-mean-it")
    assert len(asked) == 2
    assert len(sent) == 2


@pytest.mark.parametrize(
    ("kind", "words", "action"),
    [
        (operations.PowerOff, ["node-1"], "power_off"),
        (operations.PowerOff, ["node-1", "--soft"], "soft_power_off"),
        (operations.Reboot, ["node-1"], "reboot"),
        (operations.Reboot, ["node-1", "--soft"], "soft_reboot"),
        (operations.Manage, ["node-1"], "manage"),
        (operations.MaintenanceSet, ["node-1", "--reason", "x"], "maintenance_set"),
        (operations.MaintenanceUnset, ["node-1"], "maintenance_unset"),
    ],
)
def test_what_destroys_nothing_is_not(
    ironic: MemoryIronic,
    sent: list[OperateNodes],
    kind: type[Operation],
    words: list[str],
    action: str,
) -> None:
    run(kind, *words)
    assert [job.action for job in sent] == [action]
    assert action in OPERATIONS


def test_a_dry_run_says_what_would_be_asked_for(
    ironic: MemoryIronic, sent: list[OperateNodes], capsys: pytest.CaptureFixture[str]
) -> None:
    run(operations.Clean, "node-1", "node-2", "--dry-run")
    assert capsys.readouterr().out.splitlines() == [
        "node-1 (available): would be asked for 'manage'",
        "node-2 (active): is 'active'; possible from 'available', 'clean failed', 'manageable': "
        "undeploy it first",
    ]
    assert sent == []


# --- what must not cross the queue


def test_steps_come_from_the_command_line_or_a_file(
    ironic: MemoryIronic, sent: list[OperateNodes], tmp_path: Path
) -> None:
    steps = '[{"interface": "deploy", "step": "erase_devices_metadata"}]'
    (tmp_path / "steps.json").write_text(steps)
    run(operations.Clean, "node-3", "--yes", "--steps", steps)
    run(operations.Clean, "node-3", "--yes", "--steps", f"@{tmp_path / 'steps.json'}")
    assert [job.steps for job in sent] == [steps, steps]
    with pytest.raises(Invalid, match="No such file"):
        run(operations.Clean, "node-3", "--yes", "--steps", "@/nowhere")


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (operations.Deploy, ["--image", "https://u:geheim@images/a.img"]),
        (
            operations.Clean,
            ["--steps", '[{"interface": "bios", "step": "x", "args": {"password": "geheim"}}]'],
        ),
    ],
)
def test_a_password_is_not_queued(
    ironic: MemoryIronic, sent: list[OperateNodes], kind: type[Operation], words: list[str]
) -> None:
    with pytest.raises(Invalid, match="password") as said:
        run(kind, "node-1", "--yes", *words)
    assert "geheim" not in str(said.value)
    assert sent == []


def test_asking_for_something_by_name_loads_no_library_of_openstack(tmp_path: Path) -> None:
    words = ["-m", "osism.main", "baremetal", "deploy", "node-1", "--no-wait"]
    loaded = imported(tmp_path, *words, code=1)
    assert "redis" in loaded
    assert not loaded & {"openstack", "keystoneauth1", "requests"}
