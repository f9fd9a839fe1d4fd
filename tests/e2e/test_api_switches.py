"""Switches over HTTP: what they are to run, what they run, and the difference."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.e2e.api import start_api
from tests.e2e.conftest import Site
from tests.e2e.test_connect import Session


@pytest.fixture(scope="module")
def api(session_site: Site) -> Iterator[httpx.Client]:
    """Without tokens: whoever is on this machine may do everything."""
    url = start_api(session_site.lab, "api-switches")
    with httpx.Client(base_url=f"{url}/api/v1", timeout=90) as client:
        yield client


def test_a_switch_runs_what_was_deployed(site: Site, api: httpx.Client) -> None:
    site.at("node-1", "a")
    listed = api.get("/switches").json()["items"]
    leaf = next(each for each in listed if each["name"] == "leaf-1")
    assert leaf["deployment-enabled"] is True
    assert "port.tagged" in leaf["driver"]["observes"]
    assert "node-1" not in [each["name"] for each in listed]
    found = api.get("/switches/leaf-1/configuration").json()
    assert found["deployed"] == site.deployed("leaf-1") == found["generated"]
    assert (found["difference"], found["running"]) == ("", None)
    assert "running=true" in found["reason"]
    drift = api.get("/switches/leaf-1/drift").json()
    assert (drift["result"], drift["differences"], drift["reason"]) == ("clean", [], "")


def test_what_somebody_changed_on_a_switch_is_told(site: Site, api: httpx.Client) -> None:
    site.at("node-1", "a")
    text = site.running("leaf-1")
    with Session(site, "leaf-1") as session:
        session.stage(text.replace("switchport access vlan 100", "switchport access vlan 200", 1))
        session.commit(60)
        session.confirm()
    drift = api.get("/switches/leaf-1/drift").json()
    assert drift["result"] == "drifted"
    assert drift["differences"] == [
        {"item": "port Ethernet1", "field": "untagged", "wanted": 100, "found": 200}
    ]
    seen = api.get("/switches/leaf-1/configuration", params={"running": "true"}).json()
    assert (seen["reason"], seen["deployed"]) == ("", site.deployed("leaf-1"))
    ports = {each["name"]: each["untagged"] for each in seen["running"]["ports"]}
    assert ports["Ethernet1"] == 200
    assert site.osism("netbox", "deploy", "leaf-1").code == 0
    assert api.get("/switches/leaf-1/drift").json()["result"] == "clean"


def test_a_switch_that_does_not_answer_is_told(site: Site, api: httpx.Client) -> None:
    site.switch("leaf-1", "fault", fault="unreachable")
    drift = api.get("/switches/leaf-1/drift").json()
    assert (drift["result"], drift["differences"]) == ("failed", [])
    assert "leaf-1" in drift["reason"]


def test_what_is_no_switch_is_told(site: Site, api: httpx.Client) -> None:
    unknown = api.get("/switches/leaf-11/drift")
    assert (unknown.status_code, unknown.json()["object-ref"]["kind"]) == (404, "Switch")
    assert "'leaf-1'" in unknown.json()["message"][0]
    for path in ("drift", "configuration"):
        answer = api.get(f"/switches/node-1/{path}")
        assert answer.status_code == 409
        assert "is no switch" in answer.json()["message"][0]


def test_a_worker_that_is_busy_is_not_waited_for_longer_than_asked(
    site: Site, api: httpx.Client
) -> None:
    site.switch("leaf-1", "fault", fault="slow", value=3.0)
    answer = api.get("/switches/leaf-1/drift", params={"timeout-seconds": 1})
    assert answer.status_code == 503
    assert "no answer within 1 s" in answer.json()["message"][0]
    assert answer.headers["Retry-After"]


def test_without_a_worker_nobody_waits(site: Site, api: httpx.Client) -> None:
    workers = site.lab.children.pop("worker")
    workers.terminate()
    workers.wait()
    answer = api.get("/switches/leaf-1/drift")
    assert answer.status_code == 503
    assert "osism worker netbox" in answer.json()["message"][0]
