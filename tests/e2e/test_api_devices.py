"""Devices over HTTP: two processes of the API, a real worker, switches that really change."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from random import Random
from time import monotonic
from typing import Any

import httpx
import pytest
import requests
from httpx_sse import connect_sse

from tests.e2e.api import api_site, client, start_api
from tests.e2e.conftest import Site, wait_until

LEAVES = ("leaf-1", "leaf-2")
COMPLETE, FAILED, PENDING = "Propagation Complete", "Propagation Failed", "Pending"
Json = dict[str, Any]


@dataclass
class Api:
    """One process of the API, as a program uses it."""

    http: httpx.Client

    def get(self, name: str) -> Json:
        answer = self.http.get(f"/devices/{name}")
        assert answer.status_code == 200, answer.text
        found: Json = answer.json()
        assert answer.headers["ETag"] == f'"{found["meta"]["resource-version"]}"'
        so = found["status"]
        if so["propagation-status"]["status"] == COMPLETE and found["spec"]["state"]:
            assert (so["state"], so["transition"]) == (found["spec"]["state"], None)
        return found

    def put(self, name: str, state: str, version: str = "", **meta: Any) -> httpx.Response:
        body = {"spec": {"state": state}, **({"meta": meta} if meta else {})}
        headers = {"If-Match": version} if version else {}
        return self.http.put(f"/devices/{name}", json=body, headers=headers)

    def want(self, name: str, state: str) -> Json:
        answer = self.put(name, state)
        assert answer.status_code == 200, answer.text
        found: Json = answer.json()
        assert found["spec"] == {"state": state}
        return found

    def ended(self, name: str) -> Json:
        """The device, once its generation is complete or has failed."""
        wait_until(lambda: progress(self.get(name))["status"] != PENDING)
        found = self.get(name)
        assert progress(found)["generation-id"] == found["meta"]["generation-id"]
        return found

    def complete(self, name: str, state: str) -> Json:
        """Want a state, and wait until it is there."""
        generation = self.want(name, state)["meta"]["generation-id"]
        found = self.ended(name)
        assert progress(found)["status"] == COMPLETE, found
        assert found["meta"]["generation-id"] == generation
        return found

    def transitions(self, name: str) -> list[Json]:
        """Those of a device, the oldest first."""
        found = self.http.get(f"/devices/{name}/transitions", params={"limit": 1000}).json()
        return list(reversed(found["items"]))


@dataclass
class World:
    site: Site
    one: Api
    two: Api


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with api_site(tmp_path_factory.mktemp("lab"), api_rate=0.0) as (lab, url):
        site = Site(lab)
        for words in (("init",), ("import",), ("connect", "fabric", "--state", "a")):
            assert site.osism("netbox", *words).code == 0
        with client(url) as one, client(start_api(lab, "second")) as two:
            yield World(site, Api(one), Api(two))


@pytest.fixture
def world(whole: World) -> Iterator[World]:
    """The lab, mended after each test."""
    yield whole
    whole.site.mend()
    if "worker" not in whole.site.lab.children:
        whole.site.start_worker()


def progress(device: Json) -> Json:
    found: Json = device["status"]["propagation-status"]
    return found


def slow(site: Site, seconds: float = 0.25) -> None:
    for name in LEAVES:
        site.switch(name, "fault", fault="slow", value=seconds)


def test_complete_means_that_the_switch_runs_it(world: World) -> None:
    for state in ("a", "c"):
        found = world.one.complete("node-1", state)
        assert found["status"]["conditions"][0]["status"] == "True"
        assert world.two.get("node-1")["status"]["state"] == state
        for switch in LEAVES:
            assert world.site.running(switch) == world.site.deployed(switch)
    assert progress(found)["updated"] == 2
    world.site.agree("node-1", "c", LEAVES)


def test_the_same_wish_twice_changes_nothing(world: World) -> None:
    """Neither while it is under way nor when it is there."""
    world.one.complete("node-1", "a")
    first = world.one.want("node-1", "b")
    again = world.two.want("node-1", "b")
    assert again["meta"]["generation-id"] == first["meta"]["generation-id"]
    done = world.one.ended("node-1")
    before = world.one.transitions("node-1")
    assert before[-1]["meta"]["generation-id"] == first["meta"]["generation-id"]
    assert world.two.want("node-1", "b") == world.one.want("node-1", "b") == done
    assert world.one.transitions("node-1") == before
    assert [each["spec"]["target"] for each in before].count("b") == 1
    jobs = [each["spec"] for each in world.one.http.get("/jobs").json()["items"]]
    assert [each["state"] for each in jobs if each.get("names") == ["node-1"]].count("b") == 1


def test_the_feed_tells_the_way_of_a_device(world: World) -> None:
    """From the wish to the end, in order, whichever process is asked."""
    began = datetime.now(UTC).isoformat()
    found = world.one.complete("node-6", "b")
    asked = {"since": began, "device": "node-6", "timeout-seconds": 1}
    with connect_sse(world.two.http, "GET", "/events", params=asked) as stream:
        told = [(each.event, json.loads(each.data)["values"]) for each in stream.iter_sse()]
    kinds = [kind for kind, _ in told if kind not in ("open", "switch", "timeout")]
    assert "spec" in kinds  # beside what its job tells
    steps = [kind for kind in kinds if kind != "spec"]
    assert steps == ["transition", "phase", "phase", "phase", "phase", "device"]
    said = dict(told)
    assert said["spec"]["generation-id"] == found["meta"]["generation-id"]
    assert (said["device"]["state"], said["device"]["result"]) == ("b", "succeeded")


def test_a_stale_if_match_is_refused_by_the_other_process_too(world: World) -> None:
    fresh = world.one.get("node-2")
    assert fresh["meta"]["resource-version"] == "0"
    assert fresh["spec"]["state"] is None
    assert world.one.put("node-2", "a", version='"0"').status_code == 200
    for api in (world.one, world.two):
        answer = api.put("node-2", "b", version='"0"')
        assert answer.status_code == 412
        assert answer.json()["object-ref"] == {"kind": "Device", "name": "node-2"}
    version = world.one.ended("node-2")["meta"]["resource-version"]
    assert world.two.put("node-2", "b", version=f'W/"{version}"').status_code == 412
    assert world.two.put("node-2", "b", version=f'"{version}"').status_code == 200
    assert world.one.get("node-2")["spec"]["state"] == "b"
    assert progress(world.one.ended("node-2"))["status"] == COMPLETE


def test_two_writers_end_in_one_transition_after_the_other(world: World) -> None:
    chance, name = Random(7), "node-3"
    answers: list[httpx.Response] = []
    with ThreadPoolExecutor(4) as pool:
        for number in range(6):
            version = f'"{world.one.get(name)["meta"]["resource-version"]}"'
            wishes = [
                (api, chance.choice("abc"), chance.choice(("", version)))
                for api in (world.one, world.two)
                for _ in range(2)
            ]
            answers += pool.map(lambda wish: wish[0].put(name, wish[1], wish[2]), wishes)
            if number % 2:  # in the middle of a transition, or of none
                wait_until(lambda: progress(world.one.get(name))["updated"])
    assert {each.status_code for each in answers} <= {200, 409, 412, 423}
    granted = [each.json() for each in answers if each.status_code == 200]
    newest = max(granted, key=lambda each: int(each["meta"]["generation-id"]))
    found = world.two.ended(name)
    assert progress(found)["status"] == COMPLETE, found
    assert found["meta"]["generation-id"] == newest["meta"]["generation-id"]
    assert found["status"]["state"] == newest["spec"]["state"]
    rows = [each["status"] for each in world.one.transitions(name)]
    assert rows
    for earlier, later in pairwise(rows):
        assert earlier["ended"], "two transitions of one device at a time"
        assert earlier["ended"] <= later["started"]
    world.site.agree(name, newest["spec"]["state"], LEAVES)


def test_a_failing_switch_is_told_and_wanting_again_heals(world: World) -> None:
    world.one.complete("node-4", "a")
    world.site.switch("leaf-2", "fault", fault="rejects")
    wanted = world.one.want("node-4", "c")
    failed = world.two.ended("node-4")
    assert progress(failed)["status"] == FAILED
    assert "leaf-2" in progress(failed)["message"]
    assert progress(failed)["failed"] == ["leaf-2"]
    assert failed["status"]["conditions"][0]["status"] == "False"
    assert failed["status"]["transition"]["target"] == "c"
    world.site.mend()
    healed = world.two.complete("node-4", "c")
    assert healed["meta"]["generation-id"] == wanted["meta"]["generation-id"]
    assert int(healed["meta"]["resource-version"]) > int(failed["meta"]["resource-version"])
    world.site.agree("node-4", "c", LEAVES)


def test_a_newer_wish_supersedes_an_older_one(world: World) -> None:
    world.one.complete("node-5", "a")
    slow(world.site)
    older = world.one.want("node-5", "b")
    wait_until(lambda: (world.one.get("node-5")["status"]["transition"] or {}).get("phase") == 3)
    newer = world.two.want("node-5", "c")
    generations = [int(each["meta"]["generation-id"]) for each in (older, newer)]
    assert generations[1] == generations[0] + 1
    found = world.one.ended("node-5")
    assert progress(found)["status"] == COMPLETE
    assert found["meta"]["generation-id"] == newer["meta"]["generation-id"]
    ended = {
        each["meta"]["generation-id"]: each["status"] for each in world.one.transitions("node-5")
    }
    assert ended[older["meta"]["generation-id"]]["state"] == "aborted"
    assert ended[newer["meta"]["generation-id"]]["state"] == "succeeded"
    world.site.agree("node-5", "c", LEAVES)


def test_a_transition_is_aborted(world: World) -> None:
    world.one.complete("node-6", "a")
    [*_, before] = world.one.transitions("node-6")
    slow(world.site)
    world.one.want("node-6", "c")
    under_way = wait_until(lambda: world.one.get("node-6")["status"]["transition"])
    path = f"/transitions/{under_way['id']}"
    answer = world.two.http.post(f"{path}/abort")
    assert answer.status_code == 202, answer.text
    assert answer.headers["Location"] == f"/api/v1/jobs/{answer.json()['job']}"
    # Whoever had no answer asks again; a second abort would lead the device back to c.
    again = world.one.http.post(f"{path}/abort")
    assert (again.status_code, again.json()) == (202, answer.json())
    assert wait_until(lambda: ended(world.one, answer.headers["Location"])) == "succeeded"
    found = world.one.ended("node-6")
    assert (found["spec"]["state"], found["status"]["state"]) == ("a", "a")
    assert progress(found)["status"] == COMPLETE
    shown = world.one.http.get(path).json()
    assert (shown["status"]["state"], bool(shown["status"]["events"])) == ("aborted", True)
    for over in (under_way["id"], before["meta"]["name"]):
        assert world.one.http.post(f"/transitions/{over}/abort").status_code == 409
    assert world.one.http.get("/transitions/nothing").status_code == 404
    world.site.agree("node-6", "a", LEAVES)


def ended(api: Api, location: str) -> str:
    job = api.http.get(location.removeprefix("/api/v1")).json()
    return str(job["status"]["state"]) if job["status"]["ended"] else ""


def test_the_command_line_changes_what_a_device_shall_be(world: World) -> None:
    before = world.one.complete("node-1", "a")
    assert world.site.connect("node-1", "b").code == 0
    found = world.two.get("node-1")
    assert found["spec"] == {"state": "b"}
    assert progress(found)["status"] == COMPLETE
    assert int(found["meta"]["generation-id"]) == int(before["meta"]["generation-id"]) + 1


def test_what_is_wanted_outlives_the_process_that_took_it(world: World) -> None:
    """Killed in the middle of a request: it was taken, or it was not."""
    world.two.complete("node-7", "a")
    url = start_api(world.site.lab, "doomed")
    with client(url) as http, ThreadPoolExecutor(1) as pool:
        answer = pool.submit(Api(http).put, "node-7", "b")
        wait_until(lambda: world.two.get("node-7")["spec"]["state"] == "b")
        world.site.lab.kill("doomed")
        with suppress(httpx.TransportError):
            answer.result()
    found = world.two.ended("node-7")
    assert (progress(found)["status"], found["status"]["state"]) == (COMPLETE, "b")
    world.site.agree("node-7", "b", LEAVES)


def test_a_worker_killed_in_the_middle_ends_complete(world: World) -> None:
    world.one.complete("node-8", "a")
    slow(world.site)
    wanted = world.one.want("node-8", "c")
    wait_until(lambda: (world.one.get("node-8")["status"]["transition"] or {}).get("phase") == 3)
    world.site.kill_worker()
    assert progress(world.one.get("node-8"))["status"] == PENDING
    world.site.mend()
    world.site.start_worker()
    found = world.two.ended("node-8")
    assert progress(found)["status"] == COMPLETE
    assert found["meta"]["generation-id"] == wanted["meta"]["generation-id"]
    world.site.agree("node-8", "c", LEAVES)


def test_a_job_revoked_while_it_has_no_worker_leaves_nothing_pending(world: World) -> None:
    world.one.complete("node-8", "a")
    slow(world.site)
    world.one.want("node-8", "c")
    wait_until(lambda: (world.one.get("node-8")["status"]["transition"] or {}).get("phase") == 3)
    [*_, under_way] = world.one.transitions("node-8")
    job = under_way["status"]["job"]
    world.site.kill_worker()
    wait_until(lambda: "is revoked" in world.one.http.post(f"/jobs/{job}/revoke").text)
    world.site.mend()
    world.site.start_worker()
    assert progress(world.two.ended("node-8"))["message"].startswith("revoked by")
    world.one.complete("node-8", "c")
    world.site.agree("node-8", "c", LEAVES)


def test_what_was_changed_by_hand_is_not_complete_and_wanting_again_heals(world: World) -> None:
    before = world.one.complete("node-7", "b")
    [row] = world.site.netbox("dcim/devices", name="node-7")
    at = world.site.lab.site["netbox"]
    requests.patch(
        f"{at['url']}/api/dcim/devices/{row['id']}/",
        json={"custom_fields": {"device_state": "a"}},
        headers={"Authorization": f"Token {at['token']}"},
        timeout=10,
    ).raise_for_status()
    wait_until(lambda: world.two.get("node-7")["status"]["state"] == "a")
    found = world.two.get("node-7")
    assert progress(found)["status"] == FAILED
    assert "in state a" in progress(found)["message"]
    healed = world.two.complete("node-7", "b")
    assert healed["meta"]["generation-id"] == before["meta"]["generation-id"]


def test_a_netbox_that_is_away_is_told_soon_and_is_back_without_a_restart(world: World) -> None:
    before = world.one.get("node-1")
    world.site.netbox_fault(status=502, seconds=60)
    path = "/devices/node-1"
    answer = wait_until(lambda: (a := world.one.http.get(path)).status_code == 503 and a, within=10)
    assert "NetBox" in answer.json()["message"][0]
    assert int(answer.headers["Retry-After"]) > 0
    began = monotonic()
    assert world.one.http.get("/devices").status_code == 503
    assert world.one.put("node-1", "c").status_code == 503
    assert monotonic() - began < 10
    world.site.mend()
    assert world.one.get("node-1") == before


def test_a_plan_writes_nothing(world: World) -> None:
    before = world.one.complete("node-1", "a"), world.one.transitions("node-1")
    answer = world.one.http.put(
        "/devices/node-1", json={"spec": {"state": "c"}}, params={"dry-run": True}
    )
    assert answer.status_code == 200, answer.text
    plan = answer.json()
    assert (plan["kind"], plan["devices"][0]["target"]) == ("Plan", "c")
    assert {"delete", "create", "update"} >= {each["verb"] for each in plan["changes"]}
    assert plan["changes"]
    assert "+" in plan["diffs"]["leaf-1"]
    assert (world.one.get("node-1"), world.one.transitions("node-1")) == before


def test_labels_and_lists(world: World) -> None:
    answer = world.one.put("node-2", "a", labels={"owner": "x", "tier": "", "role": "node"})
    assert answer.status_code == 200, answer.text
    labels = answer.json()["meta"]["labels"]
    assert labels == {
        "owner": "x", "tier": "", "role": "node", "site": "lab", "rack": "rack-1",
        "collection": "rack-1",
    }  # fmt: skip
    assert world.two.want("node-2", "a")["meta"]["labels"] == labels
    assert names(world.two, label=["owner=x", "role=node"]) == ["node-2"]
    assert names(world.two, label=["owner=x", "role=leaf"]) == []
    assert names(world.two, label="tier") == ["node-2"]
    assert names(world.two, role="leaf") == ["leaf-1", "leaf-2"]
    assert "node-2" in names(world.two, state=world.one.ended("node-2")["status"]["state"])
    everything = world.two.http.get("/devices").json()
    listed = names(world.two)
    assert listed == sorted(listed)
    assert listed == [each["meta"]["name"] for each in everything["items"]]
    assert everything["items"][3] == world.one.get(listed[3])
    pages, mark = [], None
    while mark or not pages:
        more = {"continue": mark} if mark else {}
        page = world.one.http.get("/devices", params={"limit": 4, **more}).json()
        pages.append([each["meta"]["name"] for each in page["items"]])
        mark = page["meta"]["continue"]
    assert [len(each) for each in pages[:-1]] == [4] * (len(pages) - 1)
    assert [name for each in pages for name in each] == listed


def names(api: Api, **asked: Any) -> list[str]:
    answer = api.http.get("/devices", params=asked)
    assert answer.status_code == 200, answer.text
    return [each["meta"]["name"] for each in answer.json()["items"]]


def test_transitions_are_listed_page_by_page(world: World) -> None:
    world.one.complete("node-1", "b")
    world.one.complete("node-1", "a")
    found, mark = [], None
    while mark or not found:
        more = {"continue": mark} if mark else {}
        page = world.one.http.get(
            "/transitions", params={"device": "node-1", "status": "succeeded", "limit": 1, **more}
        ).json()
        found += page["items"]
        mark = page["meta"]["continue"]
    assert len(found) >= 2
    assert [each["meta"]["name"] for each in reversed(found)] == [
        each["meta"]["name"]
        for each in world.two.transitions("node-1")
        if each["status"]["state"] == "succeeded"
    ]


def test_nothing_is_taken_while_the_site_is_locked(world: World) -> None:
    before = world.one.get("node-1")
    assert world.site.osism("lock", "--reason", "new cables").code == 0
    try:
        for params in ({}, {"dry-run": True}):
            answer = world.two.http.put(
                "/devices/node-1", json={"spec": {"state": "c"}}, params=params
            )
            assert answer.status_code == 423
            assert "new cables" in answer.json()["message"][0]
    finally:
        assert world.site.osism("unlock").code == 0
    assert world.one.get("node-1") == before


@pytest.mark.parametrize(
    ("name", "body", "code", "says"),
    [
        ("node-99", {"spec": {"state": "a"}}, 404, "node-99"),
        ("..%2Fnode-1", {"spec": {"state": "a"}}, 404, ""),
        ("%00", {"spec": {"state": "a"}}, 400, "name"),
        ("x" * 10_000, {"spec": {"state": "a"}}, 400, "255"),
        ("node-1", {"spec": {"state": "z"}}, 400, "there is: a, b, c"),
        ("node-1", {"spec": {"state": "0"}}, 400, "state"),
        ("node-1", {"spec": {"state": "../a"}}, 400, "state"),
        ("node-1", {"spec": {"state": "a" * 10_000}}, 400, "state"),
        ("node-1", {"spec": {"state": 1}}, 400, "state"),
        ("node-1", {"spec": {"state": None}}, 400, "state"),
        ("node-1", {"spec": {"state": "a", "more": 1}}, 400, "more"),
        ("node-1", {"spec": {"state": "a"}, "status": {}}, 400, "status"),
        ("node-1", {"kind": "Switch", "spec": {"state": "a"}}, 400, "kind"),
        ("node-1", {"meta": {"name": "node-2"}, "spec": {"state": "a"}}, 400, "node-2"),
        ("node-1", {"meta": {"labels": {"a b": ""}}, "spec": {"state": "a"}}, 400, "label"),
        ("node-1", {"meta": {"labels": {"a": "\n"}}, "spec": {"state": "a"}}, 400, "labels"),
        ("node-1", {"meta": {"labels": {"role": "x"}}, "spec": {"state": "a"}}, 400, "role"),
        ("node-1", [], 400, ""),
        ("node-1", "", 400, ""),
        ("node-1", None, 400, ""),
    ],
)
def test_bad_input_is_refused(whole: World, name: str, body: Any, code: int, says: str) -> None:
    content = b"" if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    answer = whole.one.http.put(f"/devices/{name}", content=content, headers=headers)
    assert answer.status_code == code, answer.text
    found = answer.json()
    assert (found["kind"], found["code"]) == ("Status", code)
    assert says in " ".join(found["message"])


@pytest.mark.parametrize("said", ["x", '"x"', "-1", "1.5", '"1" "2"', "9" * 50])
def test_an_if_match_that_is_none_is_refused(whole: World, said: str) -> None:
    assert whole.one.put("node-1", "a", version=said).status_code == 400


@pytest.mark.parametrize(
    "asked", [{"limit": 0}, {"limit": 1001}, {"limit": "x"}, {"continue": "x"}, {"continue": ""}]
)
@pytest.mark.parametrize("path", ["/devices", "/transitions", "/devices/node-1/transitions"])
def test_a_page_that_is_none_is_refused(whole: World, path: str, asked: Json) -> None:
    assert whole.one.http.get(path, params=asked).status_code == 400
