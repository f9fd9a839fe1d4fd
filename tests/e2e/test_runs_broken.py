"""What a run promises when things break: workers, Ansible, Redis. Nothing is played twice."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import psutil
import pytest

from osism.domain.texts import plain
from tests.e2e.conftest import everything, wait_until
from tests.e2e.runs import Runs, alive, command, line, runs_site, says, text_of

#: With the settings that sites have.
DEFAULTS = {"lease": 30.0, "job_lease": 6.0, "run_grace": 10.0}


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[Runs]:
    with runs_site(tmp_path / "runs") as runs:
        yield runs


@pytest.fixture
def usual(tmp_path: Path) -> Iterator[Runs]:
    with runs_site(tmp_path / "runs", **DEFAULTS) as runs:
        yield runs


def mark(runs: Runs) -> tuple[dict[str, Any], Path]:
    """A task that writes a line each time it is played, and where."""
    file = runs.lab.directory / "played"
    line = "open(__import__('sys').argv[1], 'a').write('x\\n')"
    return command("python3", "-c", line, str(file)), file


def played(file: Path) -> int:
    return file.read_text().count("x") if file.exists() else 0


def begun(runs: Runs, file: Path, times: int = 1) -> None:
    wait_until(lambda: played(file) == times)


def numbered(runs: Runs, role: str, lines: int, pause: float) -> None:
    """A play that prints numbers, one by one."""
    say = {"name": "say", "ansible.builtin.debug": {"msg": "number {{ item }}"}}
    loop = {"loop": f"{{{{ range({lines}) | list }}}}", "loop_control": {"pause": pause}}
    runs.play(role, say | loop, hosts="host-1")


def numbers(text: str) -> list[int]:
    return [int(each) for each in re.findall(r'"msg": "number (\d+)"', plain(text))]


# --- the worker -----------------------------------------------------------------------------------


def test_a_killed_worker_is_told_within_ten_seconds(usual: Runs) -> None:
    task, file = mark(usual)
    usual.play("dies", task, command("sleep", "304"), hosts="host-1")
    waiting = usual.start("apply", "dies")
    begun(usual, file)
    job = usual.osism("task", "list", "-f", "json").json[0]["ID"]
    usual.kill_worker()
    killed = monotonic()
    answer = usual.finish(waiting, 30)
    assert monotonic() - killed < 10
    assert answer.code == 4
    assert "worker lost" in answer.err
    record = usual.record(job)
    assert (record["state"], record["reason"], record["exit_code"]) == ("failed", "worker lost", 4)
    run = usual.run(job)
    assert (run["status"], run["reason"], run["exit_code"]) == ("failed", "worker lost", 4)
    # Another worker frees nothing by force: the lock is free within a lease, and nobody begins the
    # run again.
    usual.start_worker()
    usual.play("dies", says("mine"), hosts="host-1")
    again = usual.osism("apply", "dies", within=60)
    assert monotonic() - killed < 30 + 15
    assert (again.code, "mine" in again.out) == (0, True)
    assert played(file) == 1


def test_ansible_does_not_outlive_the_process_of_the_worker_that_runs_it(runs: Runs) -> None:
    task, file = mark(runs)
    runs.play("orphan", task, command("sleep", "305"), hosts="host-1")
    waiting = runs.start("apply", "orphan")
    begun(runs, file)
    wait_until(lambda: any(line(each) == "sleep 305" for each in runs.ansible()))
    processes = runs.ansible()
    os.kill(runs.worker_process(), signal.SIGKILL)
    answer = runs.finish(waiting, 40)
    assert answer.code == 4, answer
    wait_until(lambda: not alive(processes), 15)
    job = runs.osism("task", "list", "-f", "json").json[0]["ID"]
    assert runs.record(job)["reason"] == "worker lost"
    # The broker gives the job to another process: it is not begun again.
    assert "free" in (runs.play("orphan", says("free")) and runs.osism("apply", "orphan").out)
    assert played(file) == 1


def test_the_journal_ends_runs_that_lost_their_worker(runs: Runs) -> None:
    task, file = mark(runs)
    runs.play("lost", task, command("sleep", "306"), hosts="host-1")
    job = runs.queue("lost")
    begun(runs, file)
    runs.kill_worker()
    runs.lab.workers = ("ansible", "conductor", "netbox")
    runs.start_worker()
    runs.lab.start_beat()
    wait_until(lambda: runs.run(job)["status"] == "failed", 60)
    assert runs.run(job)["exit_code"] == runs.record(job)["exit_code"] == 4
    assert played(file) == 1


def test_a_killed_ansible_is_a_failed_run(runs: Runs) -> None:
    runs.play("shot", command("sleep", "307"), hosts="host-1")
    job = runs.queue("shot")
    wait_until(lambda: any(line(each) == "sleep 307" for each in runs.ansible()))
    processes = runs.ansible()
    main = next(
        each for each in processes if "ready.py" in line(each) and "guard" not in line(each)
    )
    os.kill(main.pid, signal.SIGKILL)
    answer = runs.follow(job)
    assert answer.code == 128 + signal.SIGKILL == runs.run(job)["exit_code"]
    assert "signal 9" in runs.run(job)["reason"]
    wait_until(lambda: not alive(processes), 15)


def test_a_killed_guard_takes_ansible_along(runs: Runs) -> None:
    runs.play("shot", command("sleep", "308"), hosts="host-1")
    job = runs.queue("shot")
    wait_until(lambda: any(line(each) == "sleep 308" for each in runs.ansible()))
    guard = next(each for each in runs.ansible() if "guard.py" in line(each))
    main = next(each for each in psutil.Process(guard.pid).children())
    os.kill(guard.pid, signal.SIGKILL)
    answer = runs.follow(job)
    assert answer.code == 128 + signal.SIGKILL == runs.run(job)["exit_code"]
    wait_until(lambda: not alive([main]), 15)


def test_a_job_that_is_delivered_twice_is_played_once(runs: Runs) -> None:
    task, file = mark(runs)
    runs.play("twice", task, command("sleep", "3"), hosts="host-1")
    job = runs.queue("twice")
    begun(runs, file)
    _deliver_again(runs, job)
    assert runs.follow(job).code == 0
    _deliver_again(runs, job)
    assert runs.osism("apply", "ping", within=60).code == 0
    assert played(file) == 1
    assert runs.record(job)["state"] == "succeeded"


def _deliver_again(runs: Runs, job: str) -> None:
    """As a Redis broker does after its visibility timeout."""
    request = json.dumps(runs.record(job)["request"])
    code = (
        "import sys, json; from osism import wiring; from osism.domain.jobs import decode; "
        "wiring.queue().send(decode(json.loads(sys.argv[2])), 'x', sys.argv[1])"
    )
    subprocess.run([sys.executable, "-c", code, job, request], env=runs.lab.environment, check=True)


def test_a_job_that_waits_outlives_the_worker_and_a_lock_of_the_site(runs: Runs) -> None:
    task, file = mark(runs)
    runs.play("held", task, command("sleep", "311"), hosts="host-1")
    first = runs.queue("held")
    begun(runs, file)
    runs.play("held", task, hosts="host-1")
    second = runs.queue("held")
    wait_until(lambda: runs.record(second)["state"] == "retrying")
    assert runs.osism("lock").code == 0
    runs.kill_worker()
    runs.lab.workers = ("ansible", "conductor", "netbox")
    runs.start_worker()
    runs.lab.start_beat()
    assert runs.follow(first).code == 4
    # What waited was in the killed worker's hands. It is sent again, and waits for the site.
    wait_until(lambda: "locked" in runs.record(second)["reason"], 60)
    assert runs.osism("unlock").code == 0
    assert runs.follow(second).code == 0
    assert played(file) == 2


def test_facts_are_gathered_by_the_schedule(tmp_path: Path) -> None:
    with runs_site(tmp_path / "runs", schedule_facts=2.0) as runs:
        runs.lab.start_beat()
        wait_until(lambda: len(_by_schedule(runs)) > 1, 60)
        assert runs.osism("get", "facts", "host-2", "ansible_system", "-f", "value").code == 0


def _by_schedule(runs: Runs) -> list[str]:
    found = runs.osism("run", "list", "--role", "facts", "-f", "json").json
    return [each["ID"] for each in found if (each["By"], each["Status"]) == ("beat", "succeeded")]


# --- Redis ----------------------------------------------------------------------------------------


@pytest.mark.chaos
def test_a_redis_that_is_silent_for_thirty_seconds_does_not_end_a_play(usual: Runs) -> None:
    numbered(usual, "goes-on", 45, 1.0)
    job = usual.queue("goes-on")
    reader = usual.start("task", "output", "--follow", job)
    usual.wait_for(job, "item")
    with usual.redis_stopped():
        sleep(30)  # the length of the outage that is promised
    answer = usual.finish(reader, 100)
    assert answer.code == 0, answer
    assert numbers(answer.out) == list(range(45))
    assert usual.run(job)["status"] == "succeeded"
    starts = [each for each in usual.events(job) if each["kind"] == "started"]
    assert len(starts) == 1


def test_a_redis_that_restarts_with_its_data_loses_nothing(runs: Runs) -> None:
    numbered(runs, "restart", 30, 0.5)
    job = runs.queue("restart")
    reader = runs.start("task", "output", "--follow", job)
    runs.wait_for(job, "item")
    assert runs.lab.redis
    assert runs.lab.redis.pid
    os.kill(runs.lab.redis.pid, signal.SIGKILL)
    wait_until(lambda: runs.lab.redis and runs.lab.redis.pid is None)
    sleep(5)  # an outage as long as two leases of a job
    runs.lab.redis.start()
    answer = runs.finish(reader, 100)
    assert answer.code == 0, answer
    assert numbers(answer.out) == list(range(30))
    assert numbers(text_of(runs.events(job))) == list(range(30))


def test_a_redis_that_is_gone_for_good_does_not_end_a_play(runs: Runs) -> None:
    task, file = mark(runs)
    second = runs.lab.directory / "second"
    runs.play("alone", task, command("sleep", "6"), command("touch", str(second)), hosts="host-1")
    job = runs.queue("alone")
    begun(runs, file)
    assert runs.lab.redis
    assert runs.lab.redis.pid
    os.kill(runs.lab.redis.pid, signal.SIGKILL)
    wait_until(second.exists)
    # The journal is not in Redis.
    wait_until(lambda: runs.run(job)["status"] == "succeeded")
    lost = runs.osism("task", "output", job)
    assert lost.code == 1
    assert "Redis" in lost.err


@pytest.mark.chaos
def test_two_runs_do_not_meet_after_an_outage(runs: Runs) -> None:
    """Whoever waits for the lock does not take it in the moment in which Redis is back."""
    inside = runs.lab.directory / "inside"
    runs.play(
        "alone", command("mkdir", str(inside)), command("sleep", "12"),
        command("rmdir", str(inside)), hosts="host-1",
    )  # fmt: skip
    first = runs.queue("alone")
    wait_until(inside.exists)
    second = runs.queue("alone")
    wait_until(lambda: runs.record(second)["state"] == "retrying")
    with runs.redis_stopped():
        sleep(8)  # longer than the lease
    answers = [runs.follow(job) for job in (first, second)]
    assert [each.code for each in answers] == [0, 0], answers


# --- collections ----------------------------------------------------------------------------------

COLLECTION = """
chain:
  description: a chain with a branch
  roles:
    - one
    - role: two
      after: [one]
    - role: three
      after: [two]
    - role: side
      after: [one]
"""


@pytest.fixture
def chain(runs: Runs) -> Runs:
    runs.write("environments/collections.yml", COLLECTION)
    for role in ("one", "two", "three", "side"):
        runs.play(role, says(role), hosts="host-1")
    return runs


def roles_of(runs: Runs, job: str) -> dict[str, str]:
    """Role -> its last state, as told."""
    return {e["role"]: e["state"] for e in runs.events(job) if e["kind"] == "role"}


def order(runs: Runs) -> list[str]:
    found = runs.osism("run", "list", "-f", "json").json
    return [each["Role"] for each in reversed(found)]


def test_a_collection_runs_in_the_order_of_its_dependencies(chain: Runs) -> None:
    tree = chain.osism("apply", "chain", "--show-tree")
    assert (tree.code, tree.out.split("\n")[0]) == (0, "chain")
    assert chain.osism("task", "list", "-f", "json").json == []
    answer = chain.osism("apply", "chain")
    assert answer.code == 0, answer
    ran = order(chain)
    assert sorted(ran) == ["one", "side", "three", "two"]
    assert ran[0] == "one"
    assert ran.index("two") < ran.index("three")


def test_a_failed_role_stops_what_depends_on_it_and_nothing_else(chain: Runs) -> None:
    chain.play("two", {"ansible.builtin.fail": {"msg": "no"}}, hosts="host-1")
    answer = chain.osism("apply", "chain", "--format", "json")
    assert answer.code == 2
    end = answer.events[-1]
    assert {role: each["state"] for role, each in end["result"]["run"]["roles"].items()} == {
        "one": "succeeded", "two": "failed", "side": "succeeded", "three": "skipped",
    }  # fmt: skip
    assert "two" in end["reason"]
    assert "three" not in order(chain)


def test_unknown_roles_of_a_collection_are_found_before_anything_runs(chain: Runs) -> None:
    chain.write("environments/collections.yml", "broken: {roles: [one, nosuch]}")
    answer = chain.osism("apply", "broken")
    assert answer.code == 2
    assert "nosuch" in answer.out + answer.err
    assert order(chain) == []


def test_a_site_lock_in_the_middle_of_a_collection_defers_the_rest(chain: Runs) -> None:
    chain.play("one", command("sleep", "2"), hosts="host-1")
    job = chain.queue("chain")
    wait_until(lambda: roles_of(chain, job).get("one") == "started")
    assert chain.osism("lock", "--reason", "stop").code == 0
    wait_until(lambda: roles_of(chain, job).get("one") == "succeeded")
    wait_until(lambda: roles_of(chain, job).get("two") == "retrying")
    assert order(chain) == ["one"]
    assert chain.osism("unlock").code == 0
    assert chain.follow(job).code == 0
    assert sorted(order(chain)) == ["one", "side", "three", "two"]


def test_a_collection_goes_on_after_its_worker_was_killed(chain: Runs) -> None:
    task, file = mark(chain)
    chain.play("one", task, command("sleep", "4"), hosts="host-1")
    chain.lab.start("second", "worker", "conductor", "--concurrency", "1")
    chain.lab.start("netbox", "worker", "netbox", "--concurrency", "1")
    chain.lab.start_beat()
    job = chain.queue("chain")
    begun(chain, file)
    where = chain.record(job)["worker"]
    pid = int(re.findall(r"pid (\d+)", where)[0])
    os.kill(pid, signal.SIGKILL)
    answer = chain.follow(job)
    assert answer.code == 0, answer
    assert played(file) == 1
    assert sorted(order(chain)) == ["one", "side", "three", "two"]


def test_collections_leave_places_for_the_roles_that_they_wait_for(chain: Runs) -> None:
    """One worker with four places has both; five collections would take them all."""
    chain.write("environments/collections.yml", "single: {roles: [one]}")
    chain.play("one", command("sleep", "1"), hosts="host-1")
    jobs = [chain.queue("single") for _ in range(5)]
    answer = chain.osism("wait", *jobs)
    assert answer.code == 0, answer
    assert order(chain) == ["one"] * 5


def test_revoking_a_collection_ends_the_roles_that_run(chain: Runs) -> None:
    chain.play("one", command("sleep", "309"), hosts="host-1")
    job = chain.queue("chain")
    wait_until(lambda: any(line(each) == "sleep 309" for each in chain.ansible()))
    processes = chain.ansible()
    assert chain.osism("task", "revoke", job).code == 0
    assert chain.follow(job, within=30).code == 130
    wait_until(lambda: not alive(processes), 10)
    assert order(chain) == ["one"]
    (run,) = chain.osism("run", "list", "-f", "json").json
    assert run["Status"] == "revoked"
    assert "revoked by " in chain.follow(job).out


# --- secrets --------------------------------------------------------------------------------------

VAULT, PLAIN, VAULTED = "vault-pass-4711", "plain-secret-0815", "vaulted-secret-1234"


def test_secrets_are_nowhere(runs: Runs) -> None:
    osism = [sys.executable, "-m", "osism.main"]
    subprocess.run(
        [*osism, "vault", "password", "set"], env=runs.lab.environment, input=f"{VAULT}\n",
        text=True, check=True, capture_output=True,
    )  # fmt: skip
    runs.write("environments/secrets.yml", f"a_password: {PLAIN}\n")
    secret = runs.write("environments/custom/secrets.yml", f"b_password: {VAULTED}\n")
    password = runs.lab.directory / "pw"
    password.write_text(VAULT)
    vault = str(Path(sys.executable).parent / "ansible-vault")
    subprocess.run(
        [vault, "encrypt", "--vault-password-file", str(password), str(secret)], check=True,
        capture_output=True,
    )  # fmt: skip
    password.unlink()
    into = runs.lab.directory / "into"
    runs.play(
        "secrets",
        {"name": "print", "ansible.builtin.debug": {"msg": "{{ a_password }} {{ b_password }}"}},
        {"name": "fail", "ansible.builtin.command": {"argv": ["false", "{{ b_password }}"]},
         "ignore_errors": True},
        {"name": "write", "ansible.builtin.copy": {
            "content": "{{ a_password }} {{ b_password }}", "dest": str(into), "mode": "0600"}},
        command("sleep", "6"), hosts="host-1",
    )  # fmt: skip
    waiting = runs.start("apply", "secrets", "--format", "json", "--", "-vvv", "--diff")
    seen: list[str] = []
    wait_until(lambda: any(line(each) == "sleep 6" for each in _collect(runs, seen)))
    answer = runs.finish(waiting)
    assert answer.code == 0, answer.err
    assert into.read_text() == f"{PLAIN} {VAULTED}", "Ansible itself has them"
    assert "********" in answer.out
    job = answer.events[0].get("job") or runs.osism("task", "list", "-f", "json").json[0]["ID"]
    told = {
        "output": answer.out + answer.err,
        "process list": "\n".join(seen),
        "record": str(runs.record(job)),
        "journal": (runs.lab.directory / "osism.db").read_bytes().decode(errors="replace"),
        "log": (runs.lab.directory / "worker.log").read_text(),
        "redis": everything(runs.lab.redis),
    }
    for where, text in told.items():
        for word in (VAULT, VAULTED, PLAIN) if where != "process list" else (VAULT, PLAIN):
            assert word not in text, f"{word} in {where}"
    for file in Path("/dev/shm").glob("osism-run-*"):
        assert file.stat().st_mode & 0o077 == 0


def _collect(runs: Runs, seen: list[str]) -> list[psutil.Process]:
    found = runs.ansible()
    # What a play itself gives to a program as an argument is the play's doing.
    seen += [line(each) for each in found if not line(each).startswith("false")]
    return found


# --- the next run's Ansible -----------------------------------------------------------------------


def test_an_ansible_that_waits_is_used_and_goes_away(tmp_path: Path) -> None:
    with runs_site(tmp_path / "runs", run_ready=60.0) as runs:
        runs.play("first", says("x"), hosts="host-1")
        assert runs.osism("apply", "first").code == 0
        wait_until(lambda: any("ready.py" in line(each) for each in runs.ansible()))
        waiting = {each.pid for each in runs.ansible()}
        runs.write("environments/ansible.cfg", "[defaults]\nnocows = 1\n")
        assert runs.osism("apply", "first").code == 0
        wait_until(lambda: not waiting & {each.pid for each in alive(runs.ansible())})
        processes = runs.ansible()
        runs.kill_worker()
        wait_until(lambda: not alive(processes), 15)
