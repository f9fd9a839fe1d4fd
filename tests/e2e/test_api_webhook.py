"""NetBox's webhooks: a change there becomes the configuration of its switches, by one job."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import requests
import yaml

from osism.adapters.changes import RedisChanges
from osism.adapters.connections import connect
from osism.adapters.locks import RedisLocks
from osism.adapters.streams import RedisRecords
from osism.domain.records import ENDS, JobRecord
from osism.domain.webhooks import sign
from tests.e2e.api import api_site, client, start_api
from tests.e2e.conftest import Site, wait_until

SECRET = "lab-webhook-secret"
QUIET = 1.0
LEAVES = ("leaf-1", "leaf-2")


class Hooked(Site):
    """A site whose NetBox tells two processes of the API, in turns, what changes."""

    urls: Sequence[str] = ()

    def begin(self, *urls: str) -> None:
        self.urls = urls
        assert self.lab.redis
        redis = connect(self.lab.redis.url)
        self.records = RedisRecords(redis, RedisLocks(redis))
        self.changes = RedisChanges(redis, 1000)
        hooks = {"urls": [f"{url}/api/v1/webhook/netbox" for url in urls], "secret": SECRET}
        requests.post(self.netbox_url("lab/webhook"), json=hooks, timeout=10).raise_for_status()

    def netbox_url(self, path: str) -> str:
        return f"{self.lab.site['netbox']['url']}/{path}"

    # the operator at NetBox

    def change(self, rows: Sequence[dict[str, Any]]) -> None:
        answer = requests.patch(
            self.netbox_url("api/dcim/interfaces/"),
            json=list(rows),
            headers={"Authorization": f"Token {self.lab.site['netbox']['token']}"},
            timeout=30,
        )
        assert answer.ok, answer.text

    def ports(self, device: str) -> list[int]:
        """Five sockets without a cable."""
        rows = self.netbox("dcim/interfaces", device=device, mgmt_only="false", cabled="false")
        return [row["id"] for row in rows if row["type"]["value"].startswith("10g")][:5]

    def describe(self, device: str, text: str) -> None:
        self.change([{"id": self.ports(device)[0], "description": text}])

    # what came of it

    def jobs(self) -> dict[str, JobRecord]:
        return {each.id: each for each in self.records.recent(1000) if each.name == "FollowChanges"}

    def hooks(self) -> dict[str, Any]:
        answer: dict[str, Any] = requests.get(self.netbox_url("lab/webhook"), timeout=10).json()
        return answer

    def settled(self, before: dict[str, JobRecord]) -> list[JobRecord]:
        """Wait until all is done; the jobs that there were not *before*."""

        def over() -> bool:
            known = self.jobs().values()
            ended = all(each.state in ENDS for each in known)
            return ended and not self.hooks()["waiting"] and not self.changes.waiting()

        wait_until(over)
        return [each for id, each in self.jobs().items() if id not in before]

    def committed(self, job: JobRecord) -> list[str]:
        return [
            each.values["switch"]
            for each in self.records.output(job.id)
            if each.kind == "switch" and each.values["result"] == "committed"
        ]

    def consistent(self, *switches: str) -> None:
        for name in switches:
            assert self.running(name) == self.deployed(name)
        assert self.osism("netbox", "drift", *switches).code == 0


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hooked]:
    chosen = {"webhook_secret": SECRET, "webhook_quiet": QUIET, "job_lease": 2.0}
    with api_site(tmp_path_factory.mktemp("lab"), **chosen) as (lab, url):
        site = Hooked(lab)
        assert site.osism("netbox", "init").code == 0
        assert site.osism("netbox", "import").code == 0
        assert site.osism("netbox", "connect", "fabric", "--state", "a").code == 0
        site.begin(url, start_api(lab, "api-2"))
        yield site


def test_an_operators_change_runs_on_the_switch(site: Hooked) -> None:
    before = site.jobs()
    site.describe("leaf-1", "to the roof")
    wait_until(lambda: "description to the roof" in site.running("leaf-1"))
    (job,) = site.settled(before)
    assert (job.state, job.by) == ("succeeded", "NetBox")
    assert [(row["switch"], row["result"]) for row in job.result["switches"]] == [
        ("leaf-1", "deployed")
    ]
    site.consistent("leaf-1")


def test_a_burst_is_one_job_and_one_deployment_of_each_switch(site: Hooked) -> None:
    before, told = site.jobs(), len(site.hooks()["told"])
    ports = {name: site.ports(name) for name in LEAVES}
    for number in range(5):
        for name in LEAVES:
            site.change([{"id": id, "description": f"burst {number}"} for id in ports[name]])
    (job,) = site.settled(before)
    assert sorted(site.committed(job)) == list(LEAVES)
    assert all(site.running(name).count("burst 4") == 5 for name in LEAVES)
    sent = site.hooks()["told"][told:]
    assert len(sent) == 50
    assert {each["status"] for each in sent} == {202}
    assert {each["url"].rpartition("/api/")[0] for each in sent} == set(site.urls)
    site.consistent(*LEAVES)


def test_our_own_phase_1_and_a_nodes_interface_trigger_nothing(site: Hooked) -> None:
    before, told = site.jobs(), len(site.hooks()["told"])
    assert site.connect("node-1", "c").code == 0
    assert [each.result["switches"] for each in site.settled(before)] in ([], [[]])
    assert len(site.hooks()["told"]) > told
    site.describe("node-2", "a node's")
    assert all(each.result["switches"] == [] for each in site.settled(before))


def test_a_change_during_our_transition_is_not_lost(site: Hooked) -> None:
    before = site.jobs()
    site.switch("leaf-1", "fault", fault="slow", value=0.4)
    connecting = site.start("netbox", "connect", "node-3", "--state", "c")
    wait_until(lambda: "phase_3" in site.fields("node-3")[1])
    site.describe("leaf-1", "meanwhile")
    assert site.finish(connecting).code == 0
    site.mend()
    (job,) = site.settled(before)
    assert site.committed(job) == ["leaf-1"]
    assert "description meanwhile" in site.running("leaf-1")
    assert site.fields("node-3") == ("c", "")
    site.consistent(*LEAVES)


def test_one_switch_that_fails_stops_no_other(site: Hooked) -> None:
    before = site.jobs()
    site.switch("leaf-2", "fault", fault="unreachable")
    for name in LEAVES:
        site.describe(name, "one of two")
    (job,) = site.settled(before)
    assert job.state == "failed"
    assert "1 of 2 switches failed: leaf-2" in job.reason
    assert "one of two" in site.running("leaf-1")
    site.mend()
    site.describe("leaf-2", "one of two, again")
    site.settled(before)
    site.consistent(*LEAVES)


def test_what_a_dead_worker_left_is_done_by_the_next(site: Hooked) -> None:
    before = site.jobs()
    site.switch("leaf-1", "fault", fault="slow", value=1.0)
    site.describe("leaf-1", "in spite of it")

    def in_the_middle() -> bool:
        new = [each for id, each in site.jobs().items() if id not in before]
        return any(
            each.kind == "switch" and each.values["result"] == "staged"
            for job in new
            for each in site.records.output(job.id)
        )

    wait_until(in_the_middle)
    site.kill_worker()
    assert site.changes.waiting()
    site.mend()
    site.start_worker()
    (job,) = site.settled(before)
    assert job.state == "succeeded"
    assert "in spite of it" in site.running("leaf-1")
    site.consistent("leaf-1")


def recorded(name: str, **values: Any) -> tuple[bytes, dict[str, str]]:
    """A recorded webhook with its signature; with *values* it is signed anew."""
    kept = json.loads(Path(f"tests/data/webhooks/webhook-{name}-update.json").read_text())
    body, signature = kept["body_raw"].encode(), kept["headers"]["X-Hook-Signature"]
    if values:
        body = json.dumps(json.loads(body) | values).encode()
        signature = sign(body, SECRET)
    return body, {"Content-Type": "application/json", "X-Hook-Signature": signature}


@pytest.mark.parametrize("name", ["device", "interface"])
def test_only_what_is_signed_fresh_and_new_is_taken(site: Hooked, name: str) -> None:
    before = site.jobs()
    first, second = (client(url, role="") for url in site.urls)

    def post(body: bytes, headers: dict[str, str], to: httpx.Client = first) -> tuple[int, str]:
        answer = to.post("/webhook/netbox", content=body, headers=headers)
        said = answer.json()
        return answer.status_code, said["message"][0] if "message" in said else str(said)

    with first, second:
        body, headers = recorded(name)
        code, words = post(body, headers)
        assert (code, words[:5]) == (400, "stale")
        assert post(body + b" ", headers)[0] == 401
        assert post(body, {"Content-Type": "application/json"})[0] == 401
        assert post(body, headers | {"X-Hook-Signature": sign(body, "another")})[0] == 401
        body, headers = recorded(name, timestamp=datetime.now(UTC).isoformat())
        code, words = post(body, headers)
        assert (code, "'devices': ['leaf1']" in words) == (202, True)
        assert post(body, headers)[0] == 409
        assert post(body, headers, second)[0] == 409
        other = recorded(name, timestamp=datetime.now(UTC).isoformat(), object_type="dcim.site")
        assert post(*other)[0] == 200
        assert post(*other, second)[0] == 409
    assert all(each.result["switches"] == [] for each in site.settled(before))


@pytest.fixture
def generating(site: Hooked) -> Iterator[None]:
    """A worker that only generates."""
    before = site.lab.config.read_text()

    def restart(text: str) -> None:
        site.lab.config.write_text(text)
        site.kill_worker()
        site.start_worker()

    restart(yaml.safe_dump(yaml.safe_load(before) | {"webhook_deploys": False}))
    yield
    restart(before)


def test_where_nothing_is_to_be_deployed_it_is_generated(site: Hooked, generating: None) -> None:
    before, running = site.jobs(), site.running("leaf-1")
    site.describe("leaf-1", "for later")
    (job,) = site.settled(before)
    assert [row["result"] for row in job.result["switches"]] == ["generated"]
    assert site.running("leaf-1") == running
    assert site.osism("netbox", "deploy", "leaf-1").code == 0
    assert "for later" in site.running("leaf-1")
