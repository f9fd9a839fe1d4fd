"""Two processes of the API on one PostgreSQL: what goes in through one is seen through the other.

The other modules of the API run on PostgreSQL as well with OSISM_TEST_API_DATABASE=postgresql.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.e2e.api import api_site, client, start_api
from tests.e2e.conftest import Site, wait_until


@dataclass
class World:
    site: Site
    one: httpx.Client
    two: httpx.Client
    admin: httpx.Client

    def ended(self, name: str) -> dict[str, Any]:
        """The device as the second process knows it, once its spec is there or has failed."""

        def found() -> dict[str, Any]:
            answer = self.two.get(f"/devices/{name}")
            assert answer.status_code == 200, answer.text
            device: dict[str, Any] = answer.json()
            return device

        wait_until(lambda: found()["status"]["propagation-status"]["status"] != "Pending")
        return found()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("lab")
    with api_site(folder, "postgresql", api_rate=0.0) as (lab, url):
        site = Site(lab)
        for words in (("init",), ("import",), ("connect", "fabric", "--state", "a")):
            assert site.osism("netbox", *words).code == 0
        assert not (folder / "osism.db").exists()
        second = start_api(lab, "second")
        with client(url) as one, client(second) as two, client(second, "admin") as admin:
            yield World(site, one, two, admin)


def want(api: httpx.Client, state: str, version: str = "") -> httpx.Response:
    headers = {"If-Match": version} if version else {}
    return api.put("/devices/node-1", json={"spec": {"state": state}}, headers=headers)


def test_a_device_is_the_same_through_both(world: World) -> None:
    put = want(world.one, "a")
    assert put.status_code == 200, put.text
    done = world.ended("node-1")
    assert done["status"]["propagation-status"]["status"] == "Propagation Complete"
    assert done == world.one.get("/devices/node-1").json()
    world.site.agree("node-1", "a", ("leaf-1", "leaf-2"))
    assert want(world.two, "b", put.headers["ETag"]).status_code == 412
    audit = world.admin.get("/audit").json()["items"]
    assert [(each["method"], each["status"]) for each in audit[:2]] == [("PUT", 412), ("PUT", 200)]


def test_of_many_writers_all_end_in_one_state(world: World) -> None:
    with ThreadPoolExecutor(8) as pool:
        wishes = [(api, state) for state in "abca" for api in (world.one, world.two)]
        answers = list(pool.map(lambda each: want(*each), wishes))
    assert {each.status_code for each in answers} <= {200, 409, 423}
    done = world.ended("node-1")
    assert done["status"]["propagation-status"]["status"] == "Propagation Complete"
    world.site.agree("node-1", done["spec"]["state"], ("leaf-1", "leaf-2"))
    rows = world.two.get("/devices/node-1/transitions").json()["items"]
    assert rows == world.one.get("/devices/node-1/transitions").json()["items"]


def test_runs_and_jobs_are_the_same_through_both(world: World) -> None:
    play = "- hosts: localhost\n  gather_facts: false\n  tasks: [{debug: {msg: hi}}]\n"
    custom = world.site.lab.directory / "configuration" / "environments" / "custom"
    custom.mkdir(parents=True, exist_ok=True)
    (custom / "playbook-hi.yml").write_text(play)
    ids = []
    for api in (world.one, world.two):
        answer = api.post("/runs", json={"role": "hi"})
        assert answer.status_code == 202, answer.text
        ids.insert(0, answer.json()["meta"]["name"])
    ended = {"status": "succeeded"}
    wait_until(lambda: len(world.one.get("/runs", params=ended).json()["items"]) == 2)
    listed = [world.one.get("/runs").json()["items"], world.two.get("/runs").json()["items"]]
    assert listed[0] == listed[1]
    assert [each["meta"]["name"] for each in listed[0]] == ids
    pages = world.two.get("/runs", params={"limit": 1}).json()
    following = {"limit": 1, "continue": pages["meta"]["continue"]}
    assert world.one.get("/runs", params=following).json()["items"] == listed[0][1:]
