"""The same commands from a machine that has nothing but the API's address and a token."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import yaml

from tests.e2e.api import TOKENS, api_site, client, start_api
from tests.e2e.conftest import Answer, Site, wait_until

HERE = ("OSISM_", "NETBOX_", "BROKER_", "OS_")


@dataclass
class Far(Site):
    """An operator at another machine: no settings, no Redis, no NetBox, no repository."""

    url: str = ""
    folder: Path = Path()
    role: str = "operator"

    def start(self, *words: str, **environment: str) -> subprocess.Popen[str]:
        where = ["--api", self.url, "--token-file", str(self.folder / self.role)]
        return subprocess.Popen(
            [sys.executable, "-m", "osism.main", *where, *words],
            env=self.environment | environment,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: text for name, text in os.environ.items() if not name.startswith(HERE)}
        return kept | {"OSISM_CONFIG": str(self.folder / "empty.yml")}

    def lines(self, lines: Sequence[str]) -> dict[str, Answer]:
        where = ["--api", self.url, "--token-file", str(self.folder / self.role)]
        return answers(lines, self.environment, self.folder, *where)

    def like(self, role: str) -> Far:
        """The same with a token of another *role*."""
        return Far(self.lab, self.url, self.folder, role)


#: Runs command lines one after the other in one process: starting it takes longer than they do.
_LINES = """
import contextlib, io, json, sys
from osism.main import main
first, lines = json.load(sys.stdin)
found = []
for line in lines:
    with contextlib.redirect_stdout(io.StringIO()) as out:
        with contextlib.redirect_stderr(io.StringIO()) as err:
            try:
                code = main([*first, *line.split()])
            except SystemExit as end:
                code = end.code
    found.append([code, out.getvalue(), err.getvalue()])
json.dump(found, sys.stdout)
"""


def answers(
    lines: Sequence[str], environment: dict[str, str], folder: Path, *first: str
) -> dict[str, Answer]:
    done = subprocess.run(
        [sys.executable, "-c", _LINES],
        input=json.dumps([first, lines]),
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=250,
    )
    assert done.returncode == 0, done.stderr
    return dict(zip(lines, (Answer(*each) for each in json.loads(done.stdout)), strict=True))


def play(site: Site, role: str, *tasks: dict[str, Any]) -> None:
    """A role of the environment custom."""
    folder = site.lab.directory / "configuration" / "environments" / "custom"
    folder.mkdir(exist_ok=True)
    document = {"hosts": "control-1", "gather_facts": False, "tasks": list(tasks)}
    (folder / f"playbook-{role}.yml").write_text(yaml.safe_dump([document]))


@pytest.fixture(scope="module")
def far(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Far]:
    folder = tmp_path_factory.mktemp("far")
    (folder / "empty.yml").touch()
    for role, token in TOKENS.items():
        (folder / role).write_text(f"{token}\n")
        (folder / role).chmod(0o600)
    with api_site(tmp_path_factory.mktemp("lab")) as (lab, url):
        site = Site(lab)
        debug = {"name": "words", "ansible.builtin.debug": {"msg": "far and near"}}
        play(site, "says", debug)
        play(site, "fails", debug, {"name": "no", "ansible.builtin.fail": {"msg": "not here"}})
        play(site, "waits", *({**debug, "name": f"n{n}"} for n in range(20)), _pause(60))
        collections = {"both": {"description": "two", "roles": ["says", {"role": "fails"}]}}
        (lab.directory / "configuration" / "environments" / "collections.yml").write_text(
            yaml.safe_dump(collections)
        )
        begin = ("netbox init", "netbox import", "netbox connect fabric --state a")
        found = answers(begin, lab.environment, folder)
        assert [each.code for each in found.values()] == [0, 0, 0]
        yield Far(lab, url, folder)


def _pause(seconds: int) -> dict[str, Any]:
    return {"name": "pause", "ansible.builtin.command": {"argv": ["sleep", str(seconds)]}}


@pytest.fixture(scope="module")
def near(far: Far) -> Site:
    """The operator at the manager."""
    return Site(far.lab)


@pytest.fixture(scope="module")
def history(near: Site) -> dict[str, str]:
    """Something to look at: ids of a transition, a run that failed, and a job."""
    begin = (
        "netbox connect node-3 --state b",
        "apply fails",
        "reconciler sync",
        "netbox generate leaf-1 --format json",
        "netbox transition list --device node-3 -f json",
        "run list -f json",
        "task list -f json",
    )
    found = list(answers(begin, near.lab.environment, near.lab.directory).values())
    assert [each.code for each in found] == [0, 2, 0, 0, 0, 0, 0]
    job = found[6].json[0]["ID"]
    ids = {"transition": found[4].json[0]["ID"], "run": found[5].json[0]["ID"]}
    return ids | {"job": job, "begin": job[:8]}


#: What is never the same twice.
VARIES = (
    (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "<id>"),
    (r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?(\+\d\d:\d\d)?", "<time>"),
    (r"\d\d:\d\d:\d\d", "<clock>"),
    (r"\d+(\.\d+)? ?(s|ms)\b", "<seconds>"),
    (r"the operator \(([^)]*)\)", r"\1"),
    (r"\(pid \d+\)", "<pid>"),
    (r"[ \t]+\n", "\n"),
)


def told(answer: Answer) -> tuple[int, str, str]:
    """An answer without what is never the same."""
    texts = [answer.out, answer.err]
    for pattern, word in VARIES:
        texts = [re.sub(pattern, word, text) for text in texts]
    return answer.code, texts[0], texts[1]


LOOKS = """
netbox states
netbox states rack-1 -f json
netbox states node-1 node-3
netbox states nothing
netbox transition list -f json
netbox transition list --device node-3 --status succeeded
netbox transition show {transition}
netbox transition show {transition} -f json
netbox transition show nothing
task list
task list --state failed -f json
task show {job}
task show {begin} -f json
task show nothing
task output {job}
task output {run} --format script
task output {run} --format json
task output --follow {run}
task output nothing
wait {run}
run list
run list --status failed --role fails -f json
run show {run}
run show {run} -f json
run show nothing
apply
apply -f json
apply both --dry-run
apply both --show-tree
apply nothing
apply fails -- -i elsewhere
status queues
status schedule -f json -c Entry -c Every -c Purpose
status workers -f json -c Worker -c Queues -c Concurrency -c PID
status events
status events --malformed
lock status
reconciler log
reconciler log -f json
get hosts
get hosts -l control -f json
get hostvars control-1
get hostvars control-1 timezone -f value
get hostvars nothing
get facts nothing
get tasks
baremetal list
baremetal show node-1
"""


Both = dict[str, tuple[Answer, Answer]]


def both(here: dict[str, Answer], there: dict[str, Answer], lines: Sequence[str]) -> Both:
    """The answers to the same lines, by what they are before ids are put in."""
    pairs = zip(here.values(), there.values(), strict=True)
    return dict(zip(lines, pairs, strict=True))


@pytest.fixture(scope="module")
def looked(near: Site, far: Far, history: dict[str, str]) -> Both:
    lines = [line.format(**history) for line in LOOKS.split("\n")[1:-1]]
    here = answers(lines, near.lab.environment, far.folder)
    return both(here, far.like("reader").lines(lines), LOOKS.split("\n")[1:-1])


@pytest.mark.parametrize("line", LOOKS.split("\n")[1:-1])
def test_looking_is_the_same(looked: Both, line: str) -> None:
    here, there = looked[line]
    assert told(there) == told(here)


ASKS = """
netbox connect node-4 --state c --dry-run
netbox connect node-4 --state nothing
netbox connect nothing --state a
netbox connect
netbox connect node-3 --state b --format json
netbox generate leaf-1
netbox deploy leaf-1
netbox disable leaf-1 --dry-run
netbox drift
netbox drift leaf-1 -f json
netbox drift nothing
reconciler sync
reconciler diff
apply fails
baremetal power on node-1
"""


@pytest.fixture(scope="module")
def asked(near: Site, far: Far, looked: Both) -> Both:
    lines = ASKS.split("\n")[1:-1]
    return both(answers(lines, near.lab.environment, far.folder), far.lines(lines), lines)


@pytest.mark.parametrize("line", ASKS.split("\n")[1:-1])
def test_asking_is_the_same(asked: Both, line: str) -> None:
    here, there = asked[line]
    assert told(there) == told(here)


def test_a_collection_from_afar_ends_as_its_roles_do(far: Far) -> None:
    answer = far.osism("apply", "both", "--format", "json")
    assert (answer.code, answer.events[-1]["reason"]) == (2, "1 of 2 roles failed: fails")


def test_a_transition_from_afar_is_a_transition(near: Site, far: Far) -> None:
    near.at("node-1", "a")
    here = near.connect("node-1", "b")
    near.at("node-1", "a")
    there = far.connect("node-1", "b")
    assert told(there) == told(here)
    near.agree("node-1", "b", ("leaf-1", "leaf-2"))
    user = near.rows("node-1")[1]["Asked by"]
    assert near.rows("node-1")[0]["Asked by"] == f"the operator ({user})"


def test_a_transition_that_fails_says_why(near: Site, far: Far) -> None:
    near.at("node-2", "a")
    near.switch("leaf-1", "fault", fault="unreachable")
    there = far.connect("node-2", "b")
    near.mend()
    assert there.code == 1
    assert "leaf-1" in there.out + there.err
    near.at("node-2", "a")


def test_what_is_queued_from_afar_can_be_waited_for_and_revoked(near: Site, far: Far) -> None:
    job = far.osism("apply", "waits", "--no-wait").out.strip()
    wait_until(lambda: "n19" in near.osism("task", "output", job).out)
    waiting = far.start("wait", job)
    assert far.osism("task", "revoke", job).out == f"job {job} was asked to stop\n"
    assert far.finish(waiting).code == 130
    again = far.osism("task", "revoke", job)
    assert (again.code, again.err) == (3, f"osism: job {job} has revoked already\n")
    assert "the operator (" in near.osism("task", "show", job, "-f", "json").json["reason"]


def test_a_lost_worker_is_told(near: Site, far: Far) -> None:
    following = far.start("apply", "waits")
    assert following.stdout
    while "n19" not in following.stdout.readline():
        pass
    near.kill_worker()
    answer = far.finish(following)
    near.start_worker()
    assert (answer.code, "worker lost" in answer.err) == (4, True), answer
    run = near.osism("run", "list", "--role", "waits", "-f", "json").json[0]
    assert (run["Status"], run["Exit code"]) == ("failed", 4)


def test_ctrl_c_leaves_the_job_alone(near: Site, far: Far) -> None:
    job = far.osism("apply", "waits", "--no-wait").out.strip()
    following = far.start("task", "output", "--follow", job)
    assert following.stdout
    while "n19" not in following.stdout.readline():
        pass
    following.send_signal(signal.SIGINT)
    answer = far.finish(following)
    assert (answer.code, "the job goes on" in answer.err) == (130, True)
    assert near.osism("task", "show", job, "-f", "json").json["state"] == "started"
    assert near.osism("task", "revoke", job).code == 0


def test_a_locked_site_refuses_from_afar(near: Site, far: Far) -> None:
    admin = far.like("admin")
    assert admin.osism("lock", "--reason", "new spine").code == 0
    try:
        words = ("netbox", "generate", "leaf-1")
        here, there = near.osism(*words), far.osism(*words)
        assert told(there) == told(here)
        assert (there.code, "new spine" in there.err) == (3, True)
        again = admin.osism("lock")
        assert (again.code, "locked already by the admin (" in again.err) == (3, True)
        assert told(far.osism("lock", "status")) == told(near.osism("lock", "status"))
        with client(far.url) as api:
            job = {"job": "GenerateConfiguration", "switches": ["leaf-1"]}
            assert api.post("/jobs", json=job).status_code == 423
    finally:
        assert "the site is unlocked" in admin.osism("unlock").out
    assert admin.osism("unlock").out == "the site was not locked\n"


@pytest.mark.parametrize(
    ("role", "words", "said"),
    [
        ("reader", "netbox generate leaf-1", "needs the role operator; 'the reader' is reader"),
        ("operator", "lock", "needs the role admin; 'the operator' is operator"),
        ("operator", "netbox init", "needs the role admin"),
        ("operator", "baremetal delete node-1 --yes", "needs the role admin"),
        ("nobody", "netbox states", "OSISM_TOKEN_FILE"),
    ],
)
def test_a_role_allows_what_it_allows(far: Far, role: str, words: str, said: str) -> None:
    (far.folder / "nobody").write_text("osism_unknown")
    (far.folder / "nobody").chmod(0o600)
    answer = far.like(role).osism(*words.split())
    assert (answer.code, said in answer.err, answer.out) == (3, True, ""), answer


def test_the_audit_log_is_the_same(near: Site, far: Far, asked: Both) -> None:
    lines = ["audit list --limit 7 -f json", "audit list --who nobody", "audit list --since never"]
    here = answers(lines, near.lab.environment, far.folder)
    assert far.like("admin").lines(lines) == here
    assert len(here[lines[0]].json) == 7


def test_a_token_file_that_others_may_read_is_told(far: Far) -> None:
    (far.folder / "open").write_text(TOKENS["reader"])
    (far.folder / "open").chmod(0o644)
    answer = far.like("open").osism("lock", "status")
    assert (answer.code, "chmod 600" in answer.err) == (0, True)


@pytest.mark.parametrize(
    "words",
    ["vault password unset", "console node-1", "worker netbox", "service beat", "lab status",
     "reset facts", "token list", "baremetal ping --all", "reconciler", "vault view empty.yml"],
)  # fmt: skip
def test_what_belongs_to_the_manager_says_so(far: Far, words: str) -> None:
    answer = far.osism(*words.split())
    assert answer.code == 2, answer
    assert "works where the manager runs; the API does not offer it" in answer.err


def test_an_api_that_is_away_is_told_soon(far: Far) -> None:
    away = Far(far.lab, "http://127.0.0.1:9", far.folder)
    answer = away.osism("netbox", "states")
    assert answer.code == 1
    assert "the API at http://127.0.0.1:9 cannot be reached" in answer.err


def test_the_environment_names_the_api_as_well(far: Far, near: Site) -> None:
    named = {"OSISM_API": far.url, "OSISM_TOKEN_FILE": str(far.folder / "reader")}
    answer = subprocess.run(
        [sys.executable, "-m", "osism.main", "netbox", "states"],
        env=far.environment | named,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (answer.returncode, answer.stdout) == (0, near.osism("netbox", "states").out)


def test_output_goes_on_when_the_api_comes_back(near: Site, far: Far) -> None:
    play(near, "long", *({"name": f"t{n}", **_pause(0)} for n in range(6)))
    job = far.osism("apply", "long", "--no-wait").out.strip()
    following = far.start("task", "output", "--follow", "--format", "json", job)
    assert following.stdout
    first = [following.stdout.readline() for _ in range(4)]
    far.lab.kill("api")
    near.osism("wait", job)
    assert start_api(far.lab, "api", "--port", far.url.rpartition(":")[2]) == far.url
    answer = far.finish(following)
    assert answer.code == 0, answer
    seen = "".join(first) + answer.out
    assert seen == near.osism("task", "output", "--format", "json", job).out


# --- the endpoint ---------------------------------------------------------------------------------


def test_the_same_job_asked_for_twice_is_queued_once(far: Far) -> None:
    job = {"job": "GenerateConfiguration", "switches": ["leaf-2"]}
    with client(far.url) as api:
        own = {"X-Job-Id": str(uuid4())}
        first, second = (api.post("/jobs", json=job, headers=own) for _ in range(2))
        assert (first.status_code, second.status_code) == (202, 202)
        assert first.headers["location"] == second.headers["location"]
        assert first.json()["meta"] == second.json()["meta"] | {
            "mod-time": first.json()["meta"]["mod-time"]
        }
        listed = api.get("/jobs", params={"limit": 100}).json()["items"]
        assert [each["meta"]["name"] for each in listed].count(own["X-Job-Id"]) == 1
        other = api.post("/jobs", json=job | {"switches": ["leaf-1"]}, headers=own)
        assert other.status_code == 409


@pytest.mark.parametrize(
    ("job", "code", "said"),
    [
        ({"job": "ResumeTransitions"}, 400, "ResumeTransitions"),
        ({"job": "ConnectDevices", "names": []}, 400, "name a device or a collection"),
        ({"job": "ConnectDevices", "names": ["x"], "generation": 3}, 400, "generation"),
        ({"job": "RunPlaybook", "environment": "custom", "role": "none"}, 404, "no role 'none'"),
        (
            {"job": "RunPlaybook", "environment": "custom", "role": "says", "arguments": ["-K"]},
            400,
            "-K",
        ),
        ({"job": "OperateNodes", "action": "melt", "names": ["x"]}, 400, "melt"),
        ({"job": "SyncNodes", "prune": True}, 403, "needs the role admin"),
        ({"job": "ImportInventory"}, 403, "needs the role admin"),
        ({"names": ["x"]}, 400, "job"),
    ],
)
def test_what_cannot_be_asked_for_is_refused(far: Far, job: Any, code: int, said: str) -> None:
    with client(far.url) as api:
        answer = api.post("/jobs", json=job)
    assert (answer.status_code, said in str(answer.json()["message"])) == (code, True), answer.text
