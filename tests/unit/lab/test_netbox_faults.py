"""The lab's NetBox fails on demand and counts what it was asked."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from osism.lab.netbox.app import serve

HEADERS = {"Authorization": "Token secret"}


@pytest.fixture
def url() -> Iterator[str]:
    with serve(token="secret") as url:
        yield url


def set_fault(url: str, **fault: Any) -> None:
    assert requests.post(f"{url}/lab/faults", json=fault).status_code == 200


def sites(url: str, method: str = "GET", body: Any = None) -> int:
    return requests.request(
        method, f"{url}/api/dcim/sites/", json=body, headers=HEADERS
    ).status_code


def test_a_status_for_a_while(url: str) -> None:
    set_fault(url, status=502, seconds=0.3)
    assert sites(url) == 502
    time.sleep(0.4)
    assert sites(url) == 200
    assert requests.get(f"{url}/lab/faults").json() == []


def test_faults_end_when_they_are_deleted(url: str) -> None:
    set_fault(url, status=503)
    assert [sites(url), sites(url)] == [503, 503]
    requests.delete(f"{url}/lab/faults")
    assert sites(url) == 200


def test_some_requests_succeed_first(url: str) -> None:
    set_fault(url, status=500, after=2, times=1)
    assert [sites(url) for _ in range(4)] == [200, 200, 500, 200]


def test_only_such_requests(url: str) -> None:
    set_fault(url, status=500, method="POST", path="/api/dcim/")
    body = {"name": "a", "slug": "a"}
    assert [sites(url), sites(url, "POST", body)] == [200, 500]
    other = requests.post(f"{url}/api/tenancy/tenants/", json=body, headers=HEADERS)
    assert other.status_code == 201
    assert requests.get(f"{url}/api/dcim/sites/", headers=HEADERS).json()["count"] == 0


def test_a_connection_closed_without_an_answer(url: str) -> None:
    set_fault(url, drop=True, times=1)
    with pytest.raises(requests.ConnectionError):
        sites(url)
    assert sites(url) == 200
    (dropped, _) = requests.get(f"{url}/lab/requests").json()["log"]
    assert dropped["status"] is None


def test_a_late_answer_holds_up_nobody_else(url: str) -> None:
    set_fault(url, delay=0.5, times=1)
    started = time.monotonic()
    with requests.Session() as session:
        session.headers.update(HEADERS)
        with pytest.raises(requests.Timeout):
            session.get(f"{url}/api/dcim/sites/", timeout=0.1)
    assert sites(url) == 200
    assert time.monotonic() - started < 0.5


def test_a_fault_that_means_nothing(url: str) -> None:
    answer = requests.post(f"{url}/lab/faults", json={"colour": "red"})
    assert (answer.status_code, "colour" in answer.json()["detail"]) == (400, True)


def test_what_was_asked(url: str) -> None:
    requests.get(f"{url}/api/dcim/sites/?name=a", headers=HEADERS)
    sites(url, "POST", {"name": "a", "slug": "a"})
    requests.post(f"{url}/graphql/", json={"query": "{site_list{id}}"}, headers=HEADERS)
    requests.get(f"{url}/api/status/")  # without a token
    counts = requests.get(f"{url}/lab/requests").json()
    assert (counts["total"], counts["reads"], counts["writes"]) == (4, 3, 1)
    assert counts["seconds"] > 0
    assert [(one["method"], one["path"], one["query"], one["status"]) for one in counts["log"]] == [
        ("GET", "/api/dcim/sites/", "name=a", 200),
        ("POST", "/api/dcim/sites/", "", 201),
        ("POST", "/graphql/", "", 200),
        ("GET", "/api/status/", "", 403),
    ]
    assert requests.delete(f"{url}/lab/requests").json()["total"] == 0


def test_without_a_token_nobody_is_asked_for_one() -> None:
    with serve() as url:
        assert requests.get(f"{url}/api/dcim/sites/").status_code == 200
        body = {"query": "{site_list{id}}"}
        assert requests.post(f"{url}/graphql/", json=body).json() == {"data": {"site_list": []}}
