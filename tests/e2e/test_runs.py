"""What a run promises: output, exit codes, locks, arguments. Real workers, real Ansible."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from osism.domain.texts import plain
from tests.e2e.conftest import Answer, wait_until
from tests.e2e.runs import LOCAL, Runs, alive, command, line, runs_site, says, text_of


@pytest.fixture(scope="module")
def module_runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    with runs_site(tmp_path_factory.mktemp("runs")) as runs:
        yield runs


@pytest.fixture
def runs(module_runs: Runs) -> Iterator[Runs]:
    yield module_runs
    module_runs.hosts(*(f"host-{number} {LOCAL}" for number in (1, 2, 3)))


def recap(text: str) -> dict[str, dict[str, int]]:
    """Host -> counts, as Ansible prints them."""
    found = {}
    for row in plain(text).rpartition("PLAY RECAP")[2].splitlines()[1:]:
        host, _, counts = row.partition(" : ")
        if counts:
            found[host.strip()] = {k: int(v) for k, v in re.findall(r"(\w+)=(\d+)", counts)}
    return found


# --- output ---------------------------------------------------------------------------------------


def test_the_output_is_what_ansible_prints(runs: Runs) -> None:
    tasks = (says("a", "b  \t", "ü 'x' $(id)"), command("true", loop=[1, 2]), command("true"))
    play = runs.play("words", *tasks, hosts="host-1")
    ours = runs.osism("apply", "words", "--format", "script")
    assert (ours.code, ours.err) == (0, "")
    assert ours.out.split("\n") == plain(runs.plain(play).out).split("\n")


def test_fifty_thousand_lines_in_order_to_two_readers_one_late(runs: Runs) -> None:
    loop = {
        "name": "lines",
        "ansible.builtin.debug": {"msg": "{{ range(item, item + 500) | list }}"},
    }
    play = runs.play("many", loop | {"loop": "{{ range(0, 50000, 500) | list }}"}, hosts="host-1")
    assert play.exists()
    job = runs.queue("many")
    first = runs.start("task", "output", "--follow", job, "--format", "script")
    runs.wait_for(job, "item")
    second = runs.start("task", "output", "--follow", job, "--format", "json")
    answers = [runs.finish(first), runs.finish(second)]
    assert [each.code for each in answers] == [0, 0]
    texts = [answers[0].out, plain(text_of(answers[1].events))]
    texts.append(runs.osism("task", "output", job, "--format", "script").out)
    for text in texts:
        numbers = [int(each) for each in re.findall(r"^ {8}(\d+),?$", text, re.MULTILINE)]
        assert numbers == list(range(50_000))
        assert "PLAY RECAP" in text


def test_events_tell_who_did_what(runs: Runs) -> None:
    runs.play("steps", says("x"), command("true", changed_when=True), name="A play")
    events = runs.osism("apply", "steps", "--format", "json").events
    kinds = [each["kind"] for each in events]
    assert kinds[:2] == ["queued", "started"]
    assert kinds[-2:] == ["recap", "end"] or kinds[-1] == "end"
    play = next(each for each in events if each["kind"] == "play")
    assert (play["name"], play["number"]) == ("A play", 1)
    tasks = [each for each in events if each["kind"] == "task"]
    assert [(each["name"], each["number"], each["tasks"]) for each in tasks] == [
        ("say", 1, 2), ("run", 2, 2),
    ]  # fmt: skip
    results = {(e["host"], e["task"], e["status"]) for e in events if e["kind"] == "result"}
    hosts = ("host-1", "host-2", "host-3")
    assert results == {(h, "say", "ok") for h in hosts} | {(h, "run", "changed") for h in hosts}


def test_colours_are_for_terminals(runs: Runs) -> None:
    runs.play("colours", says("x"))
    job = runs.queue("colours")
    assert runs.follow(job).code == 0
    assert "\x1b[" in text_of(runs.events(job))
    assert "\x1b[" not in runs.osism("task", "output", job).out


# --- how it ends ----------------------------------------------------------------------------------

FAILS = {
    "name": "fail",
    "ansible.builtin.fail": {"msg": "no"},
    "when": "inventory_hostname == 'host-2'",
}


@pytest.mark.parametrize(
    ("name", "tasks", "hosts", "code"),
    [
        ("good", [says("x")], {}, 0),
        ("changes", [command("true")], {}, 0),
        ("one-fails", [FAILS, says("x")], {}, 2),
        ("ignored", [FAILS | {"ignore_errors": True}, says("x")], {}, 0),
        ("rescued", [{"block": [FAILS], "rescue": [says("x")]}], {}, 0),
        ("away", [{"ansible.builtin.ping": None}], {"host-3": "ansible_port=9"}, 4),
        ("both", [FAILS, {"ansible.builtin.ping": None}], {"host-3": "ansible_port=9"}, 2),
        ("nobody", [says("x")], {"only": "hosts"}, 0),
        ("wrong", [{"no_such_module": None}], {}, 4),
    ],
)
def test_exit_code_events_and_journal_agree_with_ansible(
    runs: Runs, name: str, tasks: list[dict[str, Any]], hosts: dict[str, str], code: int
) -> None:
    if "host-3" in hosts:
        runs.hosts(
            f"host-1 {LOCAL}", f"host-2 {LOCAL}", "host-3 ansible_host=127.0.0.1 ansible_port=9"
        )
    play = runs.play(name, *tasks, hosts="nowhere" if name == "nobody" else "generic")
    theirs = runs.plain(play)
    job = runs.queue(name)
    ours = runs.follow(job)
    assert ours.code == theirs.code, (ours, theirs)
    if name not in ("both", "wrong"):
        assert ours.code == code
    record, run, end = runs.record(job), runs.run(job), runs.events(job)[-1]
    state = "succeeded" if theirs.code == 0 else "failed"
    assert record["exit_code"] == run["exit_code"] == end["exit_code"] == theirs.code
    assert record["state"] == run["status"] == end["state"] == state
    wanted = recap(theirs.out)
    assert run["hosts"] == wanted
    for event in runs.events(job):
        if event["kind"] == "recap":
            assert event["hosts"] == wanted
    if state == "failed":
        assert record["reason"] == run["reason"] != ""


def test_a_play_that_ansible_cannot_read(runs: Runs) -> None:
    runs.write("environments/custom/playbook-broken.yml", "- hosts: [\n")
    answer = runs.osism("apply", "broken")
    theirs = runs.plain(runs.environments / "custom" / "playbook-broken.yml")
    assert answer.code == theirs.code != 0
    assert "exit code" in answer.out


def test_a_run_that_takes_too_long_is_ended(runs: Runs) -> None:
    runs.play("long", command("sleep", "300"), hosts="host-1")
    answer = runs.osism("apply", "long", "--timeout", "3")
    assert answer.code == 124
    assert "longer than 3 s" in answer.out
    wait_until(lambda: not alive(runs.ansible()), 10)


def test_a_run_that_fails_is_tried_again(runs: Runs, tmp_path: Any) -> None:
    mark = tmp_path / "mark"
    second = {"ansible.builtin.command": {"argv": ["test", "-e", str(mark)]}, "register": "there",
              "failed_when": False}  # fmt: skip
    runs.play(
        "again", second, command("touch", str(mark)),
        {"ansible.builtin.fail": {"msg": "not yet"}, "when": "there.rc != 0"}, hosts="host-1",
    )  # fmt: skip
    answer = runs.osism("apply", "again", "--retry", "2")
    assert answer.code == 0
    assert answer.out.count("trying again") == 1


# --- what is typed --------------------------------------------------------------------------------

TYPED = [
    "a b",
    "it's",
    '"quoted"',
    "; id",
    "$(id)",
    "`id`",
    "a\nb",
    "ü\u200b",
    "--",
    "*",
    "\\",
    "{{ 1 }}",
]


def test_arguments_arrive_as_they_were_typed(runs: Runs) -> None:
    runs.play(
        "echo",
        {
            "name": "echo",
            "ansible.builtin.copy": {"content": "{{ typed | to_json }}", "dest": "{{ into }}"},
        },
        hosts="host-1",
    )
    into = runs.lab.directory / "typed.json"
    unsafe = [each for each in TYPED if "{{" not in each]
    extra = json.dumps({"typed": unsafe, "into": str(into)})
    answer = runs.osism("apply", "echo", "--", "--extra-vars", extra, "-v")
    assert answer.code == 0, answer
    assert json.loads(into.read_text()) == unsafe


@pytest.mark.parametrize(
    "words",
    [
        ["../../etc/x"], ["-e"], [""], ["a/b"], ["a;id"], ["$(id)"], [".."], ["x" * 100],
        ["words", "-e", "../x"], ["words", "--sub", "../x"], ["nosuch"], ["words", "-e", "nosuch"],
        ["words", "-a", "deploy"], ["words", "-l", "-x"],
        ["words", "-l", "@/etc/passwd"], ["words", "-l", "a:@/etc/passwd"],
        ["words", "--", "-i", "/etc/passwd"],
        ["words", "--", "-i/etc/passwd"], ["words", "--", "--inventory=/x"],
        ["words", "--retry", "x"],
        ["words", "--", "-e", "db_password=secret"], ["words", "--timeout", "-1"],
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_before_anything_is_queued(runs: Runs, words: list[str]) -> None:
    runs.play("words", says("x"))
    before = len(runs.osism("task", "list", "-f", "json").json)
    answer = runs.osism("apply", *words)
    assert answer.code == 2, answer
    assert "secret" not in answer.out
    assert answer.err.strip()
    assert "Traceback" not in answer.err
    assert len(runs.osism("task", "list", "-f", "json").json) == before


def test_a_role_of_two_environments_asks_which(runs: Runs) -> None:
    runs.play("facts", says("mine"))
    try:
        answer = runs.osism("apply", "facts")
        assert answer.code == 2
        assert "custom, generic" in answer.err
        assert "mine" in runs.osism("apply", "facts", "-e", "custom").out
    finally:
        (runs.environments / "custom" / "playbook-facts.yml").unlink()


def test_the_configuration_repository_wins_over_what_is_shipped(runs: Runs) -> None:
    file = runs.write(
        "environments/generic/playbook-ping.yml",
        "[{hosts: host-1, gather_facts: false, tasks: [debug: {msg: the site's own}]}]",
    )
    assert "the site's own" in runs.osism("apply", "ping").out
    file.unlink()
    assert "the site's own" not in runs.osism("apply", "ping").out


def test_variables_of_later_files_win(runs: Runs) -> None:
    for path, text in {
        "environments/configuration.yml": "a: 1\nb: 1\nc: 1\nd: 1\ne: 1\n",
        "environments/images.yml": "b: 2\n",
        "environments/secrets.yml": "c: 3\n",
        "environments/custom/configuration.yml": "d: 4\n",
        "environments/custom.berlin/configuration.yml": "e: 5\n",
    }.items():
        runs.write(path, text)
    show = {"name": "show", "ansible.builtin.debug": {"msg": "{{ [a, b, c, d, e] | join('-') }}"}}
    runs.play("layers", show, hosts="host-1")
    assert "1-2-3-4-1" in runs.osism("apply", "layers").out
    assert "1-2-3-4-5" in runs.osism("apply", "layers", "--sub", "berlin").out
    answer = runs.osism("apply", "layers", "--sub", "paris")
    assert (answer.code, "paris" in answer.out) == (2, True)


def test_nothing_of_the_worker_is_told_to_plays(runs: Runs) -> None:
    show = {"name": "show", "ansible.builtin.debug": {"msg": "{{ lookup('pipe', 'env') }}"}}
    runs.play("environment", show, hosts="host-1")
    text = runs.osism("apply", "environment").out
    assert "PATH=" in text
    assert "OSISM_" not in text
    assert "redis.sock" not in text


# --- one at a time --------------------------------------------------------------------------------


def test_two_applies_of_one_role_run_one_after_the_other(runs: Runs) -> None:
    mark, go = runs.lab.directory / "inside", runs.lab.directory / "go"
    stay = {"ansible.builtin.wait_for": {"path": str(go)}}
    enter, leave = command("mkdir", str(mark)), command("rmdir", str(mark))
    runs.play("alone", enter, stay, leave, hosts="host-1")
    first = runs.queue("alone")
    runs.wait_for(first, "task")
    second = runs.queue("alone")
    other = runs.queue("ping")
    assert runs.follow(other).code == 0
    assert runs.record(first)["state"] == "started", "a run of another role does not wait"
    go.touch()
    answer = runs.follow(second)
    assert answer.code == 0, answer
    assert f"job {first}" in answer.out, "who is waited for"
    assert runs.follow(first).code == 0
    waits = [each for each in runs.events(second) if each["kind"] == "retrying"]
    assert len(waits) == 1, "a wait is told once"


def test_a_run_that_waits_can_be_revoked(runs: Runs) -> None:
    runs.play("held", command("sleep", "60"), hosts="host-1")
    first, second = runs.queue("held"), runs.queue("held")
    runs.wait_for(first, "task")
    wait_until(lambda: runs.record(second)["state"] == "retrying")
    assert runs.osism("task", "revoke", second).code == 0
    assert runs.follow(second).code == 130
    assert runs.osism("task", "revoke", first).code == 0
    assert runs.follow(first).code == 130


def test_revoke_ends_the_play_with_its_children(runs: Runs) -> None:
    script = (
        "import subprocess, time; "
        "subprocess.Popen(['sleep', '301'], start_new_session=True); time.sleep(302)"
    )
    runs.play("children", command("python3", "-c", script))
    job = runs.queue("children")
    reader = runs.start("task", "output", "--follow", job)
    wait_until(lambda: sum(line(each) == "sleep 301" for each in runs.ansible()) == 3)
    processes = runs.ansible()
    answer = runs.osism("task", "revoke", job)
    assert answer.code == 0
    said = runs.finish(reader, 20)
    assert said.code == 130
    assert "revoked" in said.out
    assert not alive(processes)
    record, run = runs.record(job), runs.run(job)
    assert (record["state"], run["status"]) == ("revoked", "revoked")
    assert record["exit_code"] == run["exit_code"] == 130
    assert "job" in record["reason"] or "root" in record["reason"]
    runs.play("children", says("free"))
    assert "free" in runs.osism("apply", "children", within=30).out
    assert runs.osism("task", "revoke", job).code == 3


def test_a_play_that_does_not_want_to_end_is_killed(runs: Runs) -> None:
    script = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(303)"
    runs.play("stubborn", command("python3", "-c", script), hosts="host-1")
    job = runs.queue("stubborn")
    wait_until(lambda: any("sleep(303)" in line(each) for each in runs.ansible()))
    processes = runs.ansible()
    assert runs.osism("task", "revoke", job).code == 0
    assert runs.follow(job, within=20).code == 130
    assert not alive(processes)


# --- bifrost --------------------------------------------------------------------------------------


def test_bifrost_prints_what_its_command_answers(runs: Runs) -> None:
    program = runs.write("answer.py", "import json, sys; print(json.dumps(sys.argv[1:]))")
    words = json.dumps([sys.executable, str(program)])
    file = runs.write("environments/manager/configuration.yml", f"bifrost_command: {words}\n")
    answer = runs.osism("bifrost", "baremetal", "node", "show", "a b; $(id)")
    file.unlink()
    assert answer.code == 0, answer
    assert answer.json[:4] == ["baremetal", "node", "show", "a b; $(id)"]
    assert runs.osism("bifrost").code == 2


# --- the maintenance lock -------------------------------------------------------------------------


def test_the_site_lock_refuses_and_defers(runs: Runs) -> None:
    runs.play("held", command("sleep", "3"), hosts="host-1")
    first, second = runs.queue("held"), runs.queue("held")
    runs.wait_for(first, "task")
    assert runs.osism("lock", "--reason", "new spine").code == 0
    try:
        assert runs.osism("lock").code == 3
        assert runs.osism("lock", "status", "-f", "json").json["reason"] == "new spine"
        refused = runs.osism("apply", "ping")
        assert refused.code == 3
        assert "new spine" in refused.err
        assert runs.follow(first).code == 0, "what runs goes on"
        wait_until(lambda: "new spine" in runs.record(second)["reason"])
    finally:
        unlocked = runs.osism("unlock")
    assert unlocked.code == 0
    assert runs.follow(second).code == 0, "what was queued is not lost"
    assert "was not locked" in runs.osism("unlock").out


# --- whoever waits --------------------------------------------------------------------------------


def _begun(runs: Runs, role: str) -> str:
    """The id of a run of *role* that has begun and not ended."""
    found = runs.osism("task", "list", "--state", "started", "-f", "json").json
    return next((str(each["ID"]) for each in found if f"apply {role} " in each["Job"]), "")


def test_the_command_can_be_killed_and_the_run_goes_on(runs: Runs) -> None:
    runs.play("on", command("sleep", "5"), says("the end"), hosts="host-1")
    process = runs.start("apply", "on", "--format", "json")
    job = wait_until(lambda: _begun(runs, "on"))
    process.send_signal(signal.SIGKILL)
    process.communicate()
    answer = runs.follow(job)
    assert answer.code == 0
    assert "the end" in answer.out


def test_ctrl_c_without_a_terminal_leaves_it_running(runs: Runs) -> None:
    runs.play("on", command("sleep", "5"), says("the end"), hosts="host-1")
    process = runs.start("apply", "on")
    job = wait_until(lambda: _begun(runs, "on"))
    process.send_signal(signal.SIGINT)
    answer = runs.finish(process, 10)
    assert answer.code == 130
    assert "osism task output --follow" in answer.err
    assert runs.follow(job).code == 0


def test_wait_ends_with_the_code_of_the_first_that_failed(runs: Runs) -> None:
    runs.play("good", says("x"), hosts="host-1")
    runs.play("bad", FAILS)
    jobs = [runs.queue("good"), runs.queue("bad")]
    answer = runs.osism("wait", *jobs)
    assert answer.code == 2
    assert [row.split()[0] for row in answer.out.splitlines()] == jobs
    assert runs.osism("wait").code == 0, "nothing runs any more"


def test_whoever_reads_in_a_terminal_sees_progress(runs: Runs) -> None:
    runs.play("shown", command("sleep", "1"), says("x"))
    done = subprocess.run(
        ["script", "-qec", f"{_osism()} apply shown", "/dev/null"],
        env=runs.lab.environment | {"COLUMNS": "100", "TERM": "xterm"},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0
    assert "task 2/2 say" in done.stdout
    assert "changed 3" in plain(done.stdout)


def _osism() -> str:
    return f"{sys.executable} -m osism.main"


def test_answers_are_answers() -> None:
    assert Answer(0, "{}", "").json == {}
