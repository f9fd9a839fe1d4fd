"""The HTTP API while Redis, the database or NetBox is away, and when it is back."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic

import httpx
import pytest

from osism.lab.processes import Lab
from tests.e2e.api import ACCESS, TOKENS, start_api
from tests.e2e.conftest import wait_until
from tests.fakes.databases import postgres_server

#: Seconds within which every request has its answer, whatever is away.
SOON = 10.0
_PROGRAMS = ("/api/v1/hosts", "/api/v1/hosts/{name}/variables")
SETTINGS = {"api_tokens": ACCESS, "api_rate": 0.0, "netbox_timeout": 4.0}


class Parts(Lab):
    """Redis and a NetBox, without workers and without the schedule."""

    def __enter__(self) -> Parts:
        try:
            self._prepare()
            self._start_redis()
            self._start_site()
            self._write_settings()
        except BaseException:
            self.stop()
            raise
        return self


class Api:
    """A process of the API whose surroundings fail."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.url = start_api(lab)
        headers = {"X-Api-Key": TOKENS["admin"]}
        limits = httpx.Limits(max_connections=200)
        self.client = httpx.Client(base_url=self.url, headers=headers, timeout=60, limits=limits)
        self.paths = sorted(self._paths())

    def _paths(self) -> Iterator[str]:
        """Everything that can be read, but for what runs a program of Ansible's each time."""
        described = self.client.get("/openapi.json").json()["paths"]
        for path, operations in described.items():
            if "get" in operations and path not in _PROGRAMS:
                yield path.replace("{name}", "leaf-1").replace("{id}", "00000000")

    def get(self, path: str) -> httpx.Response:
        """Ask, and look at what holds for every answer."""
        began = monotonic()
        answer = self.client.get(path, params={"timeout-seconds": "1"} if _slow(path) else {})
        assert monotonic() - began < SOON, f"{path}: {monotonic() - began:.1f} s"
        assert answer.status_code != 500, f"{path}: {answer.text}"
        if answer.status_code == 503:
            assert int(answer.headers["Retry-After"]) > 0
        if answer.status_code >= 400 and path != "/ready":
            assert answer.json()["kind"] == "Status"
            assert answer.json()["message"]
        return answer

    def everything(self) -> dict[str, int]:
        """Path -> status, all of them asked at once."""
        with ThreadPoolExecutor(len(self.paths)) as pool:
            answers = list(pool.map(self.get, self.paths))
        return {path: each.status_code for path, each in zip(self.paths, answers, strict=True)}

    def well(self) -> dict[str, int]:
        """Path -> status while nothing is away."""
        wait_until(lambda: self.missing() == {"workers"}, 20)
        return self.everything()

    def missing(self) -> set[str]:
        """What ``/ready`` misses."""
        answer = self.get("/ready")
        said = answer.json()
        assert answer.status_code == (200 if said["status"] == "ready" else 503)
        for name, each in said["checks"].items():
            assert each["ok"] or each["message"], name
        return {name for name, each in said["checks"].items() if not each["ok"]}

    def lives(self) -> None:
        began = monotonic()
        assert self.client.get("/health").json() == {"status": "ok"}
        assert monotonic() - began < 1


def _slow(path: str) -> bool:
    return path.endswith(("/drift", "/events"))


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    folder = tmp_path_factory.mktemp("outages")
    with Parts(folder, SETTINGS) as lab:
        yield Api(lab)


@pytest.fixture(params=["stopped", "killed"])
def no_redis(request: pytest.FixtureRequest, api: Api) -> Iterator[str]:
    """Redis that does not answer, or is not there."""
    redis = api.lab.redis
    assert redis
    assert redis.pid
    stopped = request.param == "stopped"
    os.kill(redis.pid, signal.SIGSTOP if stopped else signal.SIGKILL)
    yield request.param
    if stopped:
        os.kill(redis.pid, signal.SIGCONT)
    else:
        wait_until(lambda: redis.pid is None)
        redis.start()


class TestRedis:
    def test_what_needs_it_is_unavailable(self, api: Api, no_redis: str) -> None:
        found = api.everything()
        needed = {
            f"/api/v1/{each}"
            for each in ("jobs", "roles", "runs", "runs/00000000", "workers", "queues", "schedule")
        }
        assert {found[each] for each in needed} == {503}
        assert found["/health"] == 200
        assert found["/metrics"] == 200
        assert {"redis", "workers"} <= api.missing()
        assert 'osism_up{part="redis"} 0.0' in api.get("/metrics").text
        asked = api.client.post("/api/v1/runs", json={"role": "facts"})
        assert (asked.status_code, asked.json()["kind"]) == (503, "Status")

    def test_a_hundred_who_wait_hold_up_nobody(self, api: Api, no_redis: str) -> None:
        with ThreadPoolExecutor(100) as pool:
            waiting = [pool.submit(api.get, "/api/v1/workers") for _ in range(100)]
            for _ in range(5):
                api.lives()
            assert api.get("/metrics").status_code == 200
            assert {each.result().status_code for each in waiting} == {503}

    def test_it_is_used_again_when_it_is_back(self, api: Api) -> None:
        found = api.well()
        assert found["/api/v1/workers"] == found["/api/v1/runs"] == 200
        assert 'osism_up{part="redis"} 1.0' in api.get("/metrics").text


class TestSqlite:
    @pytest.fixture
    def no_database(self, api: Api) -> Iterator[None]:
        """A file that cannot be opened, also not by root."""
        files = sorted(api.lab.directory.glob("osism.db*"))
        away = api.lab.directory / "away"
        away.mkdir()
        for each in files:
            each.rename(away / each.name)
        path = api.lab.directory / "osism.db"
        path.mkdir()
        yield
        path.rmdir()
        for each in files:
            (away / each.name).rename(each)
        away.rmdir()

    def test_what_needs_it_is_unavailable(self, api: Api, no_database: None) -> None:
        found = api.everything()
        assert found["/api/v1/runs"] == found["/api/v1/transitions/00000000"] == 503
        assert found["/api/v1/workers"] == found["/health"] == found["/metrics"] == 200
        assert "database" in api.missing()
        assert 'osism_up{part="database"} 0.0' in api.get("/metrics").text

    def test_nothing_is_done_that_cannot_be_written_down(self, api: Api, no_database: None) -> None:
        assert api.client.post("/api/v1/reconciler/sync").status_code == 503
        waiting = {each["name"]: each for each in api.get("/api/v1/queues").json()["items"]}
        assert waiting["reconciler"]["waiting"] == 0

    def test_it_is_used_again_when_it_is_back(self, api: Api) -> None:
        assert api.well()["/api/v1/runs"] == 200


class TestPostgresql:
    def test_it_is_unavailable_while_stopped_and_used_again(self, tmp_path: Path) -> None:
        with (
            postgres_server() as server,
            Parts(tmp_path, SETTINGS | {"database_url": server.url}) as lab,
        ):
            api = Api(lab)
            assert api.well()["/api/v1/runs"] == 200
            server.stop()
            found = api.everything()
            assert found["/api/v1/runs"] == found["/api/v1/transitions/00000000"] == 503
            assert found["/api/v1/workers"] == found["/health"] == found["/metrics"] == 200
            assert "database" in api.missing()
            assert api.client.post("/api/v1/reconciler/sync").status_code == 503
            server.start()
            assert api.well()["/api/v1/runs"] == 200
            assert api.client.post("/api/v1/reconciler/sync").status_code == 202


class TestNetbox:
    @pytest.fixture(params=["stopped", "failing"])
    def no_netbox(self, request: pytest.FixtureRequest, api: Api) -> Iterator[None]:
        site = api.lab.children["site"]
        netbox = api.lab.site["netbox"]["url"]
        if request.param == "stopped":
            site.send_signal(signal.SIGSTOP)
            yield
            site.send_signal(signal.SIGCONT)
        else:
            httpx.post(f"{netbox}/lab/faults", json={"status": 503}).raise_for_status()
            yield
            httpx.delete(f"{netbox}/lab/faults").raise_for_status()

    def test_what_needs_it_is_unavailable(self, api: Api, no_netbox: None) -> None:
        assert api.missing() == {"netbox", "workers"}
        found = api.everything()
        assert found["/api/v1/devices/leaf-1"] == found["/api/v1/switches"] == 503
        assert found["/api/v1/runs"] == found["/api/v1/workers"] == found["/health"] == 200

    def test_it_is_used_again_when_it_is_back(self, api: Api) -> None:
        assert api.well()["/api/v1/switches"] == 200


def test_no_message_holds_a_secret(api: Api) -> None:
    log = (api.lab.directory / "api.log").read_text()
    assert api.lab.site["netbox"]["token"] not in log
    assert not any(each in log for each in TOKENS.values())
