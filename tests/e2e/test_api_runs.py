"""Runs over HTTP: a process of the API over a real socket, a real worker, real Ansible."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from osism.adapters.connections import connect
from tests.e2e.api import ACCESS, client, database, start_api
from tests.e2e.conftest import wait_until
from tests.e2e.runs import Runs, command, runs_site, says, text_of

ENDS = ("succeeded", "failed", "revoked")


@dataclass
class Site:
    """The site that plays roles, and a client of its API."""

    runs: Runs
    api: httpx.Client
    url: str

    def start(self, role: str, **more: Any) -> str:
        answer = self.api.post("/runs", json={"role": role, **more})
        assert answer.status_code == 202, answer.text
        id = answer.json()["meta"]["name"]
        assert answer.headers["Location"] == f"/api/v1/runs/{id}"
        return str(id)

    def run(self, id: str) -> dict[str, Any]:
        answer = self.api.get(f"/runs/{id}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def state(self, id: str) -> str:
        return str(self.run(id)["status"]["state"])

    def end(self, id: str) -> dict[str, Any]:
        """The run, once it has ended."""
        wait_until(lambda: self.state(id) in ENDS)
        return self.run(id)

    def listed(self, **filters: Any) -> list[str]:
        answer = self.api.get("/runs", params=filters)
        assert answer.status_code == 200, answer.text
        return [each["meta"]["name"] for each in answer.json()["items"]]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("runs")
    with database(folder) as kept, runs_site(folder, api_tokens=ACCESS, **kept) as runs:
        runs.play("good", says("hello", "ü"), hosts="host-1")
        runs.play("bad", {"name": "fails", "ansible.builtin.fail": {"msg": "no"}}, hosts="host-1")
        runs.play("long", command("sleep", "600"), hosts="host-1")
        url = start_api(runs.lab)
        with client(url) as api:
            yield Site(runs, api, url)


def test_a_run_is_there_at_once_and_tells_how_it_ended(site: Site) -> None:
    id = site.start("good", diff=True)
    asked = site.run(id)
    assert asked["spec"]["role"] == "good"
    assert asked["status"]["state"] in ("queued", "running")
    assert id in site.listed()
    status = site.end(id)["status"]
    assert (status["state"], status["exit-code"], status["by"]) == ("succeeded", 0, "the operator")
    assert status["hosts"]["host-1"]["ok"] == 1
    assert status["queued"] <= status["started"] <= status["ended"]
    assert site.listed(role="good", status="succeeded")[0] == id
    assert id not in site.listed(status="failed")
    # What the command line says of it.
    row = site.runs.run(id)
    assert (row["status"], row["hosts"], row["worker"]) == (
        "succeeded", status["hosts"], status["worker"],
    )  # fmt: skip


def test_the_output_is_that_of_the_command_line(site: Site) -> None:
    site.runs.play("told", says("a", "ü 'x'"), command("sleep", "1"), says("b"), hosts="host-1")
    id = site.start("told")
    path = f"/runs/{id}/output"
    followed = []
    with site.api.stream("GET", path, params={"follow": "true"}) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        for line in answer.iter_lines():
            name, _, value = line.partition(":")
            if name == "data":
                followed.append(json.loads(value))
    assert followed[-1]["kind"] == "end"
    command_line = site.runs.events(id)
    assert text_of([each["values"] for each in followed]) == text_of(command_line)
    assert "ü 'x'" in text_of(command_line)
    lines = site.api.get(path, params={"format": "json"}).text.splitlines()
    assert [json.loads(line)["kind"] for line in lines] == [each["kind"] for each in command_line]
    assert site.api.get(path).text == site.runs.osism("task", "output", id).out
    answer = site.api.get("/runs/nobody/output")
    assert answer.status_code == 404
    assert answer.json()["message"] == ["no run 'nobody': neither the jobs nor the journal know it"]


def test_a_failed_run_has_ansibles_exit_code(site: Site) -> None:
    status = site.end(site.start("bad"))["status"]
    assert (status["state"], status["exit-code"]) == ("failed", 2)
    assert status["reason"] == "failed: host-1"


def test_check_changes_nothing_and_limit_leaves_hosts_out(site: Site, tmp_path: Path) -> None:
    for role in ("checked", "made"):
        module = {"ansible.builtin.copy": {"content": "x", "dest": str(tmp_path / role)}}
        site.runs.play(role, {"name": "make", **module})
    checked = site.start("checked", check=True, limit="host-2:host-3")
    made = site.start("made", limit="host-2", arguments=["-v"])
    assert set(site.end(checked)["status"]["hosts"]) == {"host-2", "host-3"}
    assert set(site.end(made)["status"]["hosts"]) == {"host-2"}
    assert [each.name for each in tmp_path.iterdir()] == ["made"]


def test_a_run_is_revoked_while_it_runs_and_while_it_waits(site: Site) -> None:
    running = site.start("long")
    site.runs.wait_for(running, "task")
    waiting = site.start("long")
    wait_until(lambda: site.state(waiting) == "waiting")
    assert site.listed(status="waiting") == [waiting]
    for each in (waiting, running):
        assert site.api.post(f"/runs/{each}/revoke").status_code == 202
        status = site.end(each)["status"]
        assert (status["state"], status["exit-code"]) == ("revoked", 130)
        assert "the operator" in status["reason"]
    assert {running, waiting} <= set(site.listed(status="revoked"))
    again = site.api.post(f"/runs/{running}/revoke")
    assert (again.status_code, again.json()["message"]) == (
        409, [f"run {running} has revoked already"],
    )  # fmt: skip


def test_what_cannot_be_run_is_refused_before_anything_is_queued(site: Site) -> None:
    before = site.listed()

    def refused(**body: Any) -> tuple[int, str]:
        answer = site.api.post("/runs", json=body)
        assert answer.json()["kind"] == "Status"
        return answer.status_code, " ".join(answer.json()["message"])

    assert refused(role="goood") == (404, "no role 'goood'; did you mean 'good'?")
    assert refused(role="good", environment="kolla")[0] == 404
    assert refused(role="good", action="deploy")[0] == 400
    assert refused(role="good", limit="")[0] == 400
    assert refused(role="good", arguments=["-i", "x"])[0] == 400
    secret = refused(role="good", arguments=["-e", "password=s3cret"])
    assert secret[0] == 400
    assert "s3cret" not in secret[1]
    assert refused(role="good", hosts="x")[0] == 400
    with client(site.url, "reader") as reader:
        assert reader.post("/runs", json={"role": "good"}).status_code == 403
    assert site.listed() == before


def test_a_locked_site_begins_nothing(site: Site) -> None:
    assert site.runs.osism("lock", "--reason", "power").code == 0
    try:
        answer = site.api.post("/runs", json={"role": "good"})
        assert answer.status_code == 423
        assert "power" in answer.json()["message"][0]
        assert site.api.post("/reconciler/sync").status_code == 423
    finally:
        assert site.runs.osism("unlock").code == 0


def test_a_collection_is_a_run_whose_roles_are_runs(site: Site) -> None:
    text = "both:\n  description: two\n  roles: [custom/good, {role: custom/bad, after: good}]\n"
    site.runs.write("environments/collections.yml", text)
    named = {each["name"]: each for each in site.api.get("/roles").json()["collections"]}
    assert [each["role"] for each in named["both"]["members"]] == ["good", "bad"]
    id = site.start("both")
    done = site.end(id)
    assert done["spec"]["apply"] == "both"
    assert (done["status"]["state"], done["status"]["exit-code"]) == ("failed", 2)
    roles = [site.run(each)["spec"]["role"] for each in site.listed(collection=id)]
    assert roles == ["bad", "good"]


def test_pages_hold_every_run_once(site: Site) -> None:
    everything = site.listed()
    seen: list[str] = []
    asked: dict[str, Any] = {"limit": 2}
    while True:
        page = site.api.get("/runs", params=asked).json()
        seen += [each["meta"]["name"] for each in page["items"]]
        if not page["meta"]["continue"]:
            break
        asked["continue"] = page["meta"]["continue"]
    assert seen == everything
    assert len(seen) > 4
    assert site.api.get("/runs", params={"continue": "9" * 16 + ".x"}).status_code == 200
    assert site.api.get("/runs", params={"continue": "x"}).status_code == 400


def test_a_run_outlives_its_record(site: Site) -> None:
    id = site.listed(status="succeeded")[0]
    before = site.run(id)
    assert site.runs.lab.redis
    redis: Any = connect(site.runs.lab.redis.url)
    redis.delete(f"osism:job:{id}", f"osism:stream:{id}")
    after = site.run(id)
    assert after["spec"] == before["spec"]
    assert after["status"] == before["status"] | {"queued": None, "result": None}
    assert id in site.listed()
    assert site.run(id[:13])["meta"]["name"] == id
