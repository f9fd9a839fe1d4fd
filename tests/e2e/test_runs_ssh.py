"""Roles on hosts that are reached as a site reaches them: OpenSSH servers with host keys."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest

from tests.e2e.conftest import wait_until
from tests.e2e.runs import Runs, command, line, runs_site, says
from tests.integration.managed_hosts import ManagedHosts


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Runs, ManagedHosts]]:
    folder = tmp_path_factory.mktemp("ssh")
    with ManagedHosts(folder / "hosts", 3) as hosts, runs_site(folder / "runs") as runs:
        hosts.write_inventory(runs.inventory / "hosts")
        yield runs, hosts


def test_a_play_on_three_hosts(site: tuple[Runs, ManagedHosts]) -> None:
    runs, hosts = site
    runs.play("where", command("sh", "-c", "echo $SSH_CONNECTION"), gather_facts=True)
    answer = runs.osism("apply", "where")
    assert answer.code == 0, answer
    assert all(f"changed: [{name}]" in answer.out for name in hosts.names)


def test_facts_of_hosts_are_kept(site: tuple[Runs, ManagedHosts]) -> None:
    runs, hosts = site
    assert runs.osism("apply", "facts").code == 0
    for name in hosts.names:
        facts = runs.osism("get", "facts", name, "-f", "json").json
        assert facts["ansible_system"] == "Linux"
        assert "redis" not in json.dumps(facts).lower()
    assert runs.osism("reset", "facts").code == 0
    assert runs.osism("get", "facts", hosts.names[0]).code == 2


def test_an_unreachable_host_is_told_and_the_others_go_on(
    site: tuple[Runs, ManagedHosts],
) -> None:
    runs, hosts = site
    away = hosts.names[1]
    hosts.stop(away)
    try:
        job = runs.queue("ping")
        answer = runs.follow(job)
        assert answer.code == 4
        assert f"unreachable: {away}" in answer.out
        counts = runs.run(job)["hosts"]
        assert {name: each["unreachable"] for name, each in counts.items()} == {
            name: int(name == away) for name in hosts.names
        }
        assert runs.osism("apply", "ping", "-l", f"!{away}").code == 0
    finally:
        hosts.start(away)
    assert runs.osism("apply", "ping").code == 0


def test_a_revoked_play_leaves_no_ssh(site: tuple[Runs, ManagedHosts]) -> None:
    runs, _ = site
    runs.play("remote", command("sleep", "310"))
    job = runs.queue("remote")
    wait_until(lambda: sum("ssh" in line(each).split(" ")[0] for each in runs.ansible()) >= 3)
    processes = runs.ansible()
    assert runs.osism("task", "revoke", job).code == 0
    assert runs.follow(job, within=30).code == 130
    assert not [each for each in processes if each.is_running() and "ssh" in line(each)]


# --- in a terminal --------------------------------------------------------------------------------


def terminal(runs: Runs, *words: str) -> pexpect.spawn:
    return pexpect.spawn(
        sys.executable, ["-m", "osism.main", *words], env=os.environ | runs.lab.environment,
        encoding="utf-8", timeout=60, dimensions=(24, 100),
    )  # fmt: skip


@pytest.mark.parametrize(("answer", "code"), [("r", 130), ("", 130)])
def test_ctrl_c_asks_what_shall_become_of_the_run(
    site: tuple[Runs, ManagedHosts], answer: str, code: int, tmp_path: Path
) -> None:
    runs, hosts = site
    runs.play("asked", command("sleep", "8"), says("the end"), hosts=hosts.names[0])
    shown = terminal(runs, "apply", "asked")
    shown.expect("TASK")
    shown.sendintr()
    shown.expect("revoke it")
    shown.sendline(answer)
    shown.expect(pexpect.EOF)
    shown.close()
    assert shown.exitstatus == code
    job = runs.osism("task", "list", "-f", "json").json[0]["ID"]
    if answer == "r":
        assert runs.record(job)["state"] == "revoked"
    else:
        assert "osism task output --follow" in shown.before
        assert runs.follow(job).code == 0
