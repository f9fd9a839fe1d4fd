"""Nodes of a real Ironic, a real worker and the real command: their life, and what goes wrong."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import pytest

from osism.adapters.connections import connect
from tests.e2e.conftest import Answer, everything, wait_until
from tests.e2e.runs import Runs, RunsLab
from tests.ironics import Ironic

SECRET, DRIVE = "hunter2-of-the-bmc", "c2VjcmV0LXVzZXItZGF0YQ"
#: Seconds that the site waits for Ironic, and for a lock.
RETRY = 6


class BaremetalLab(RunsLab):
    workers = ("openstack", "netbox")


class Site(Runs):
    """A site with an Ironic."""

    def __init__(self, lab: RunsLab, ironic: Ironic) -> None:
        super().__init__(lab)
        self.ironic, self.numbers = ironic, count(1)

    def node(self, state: str = "enroll", **fields: Any) -> str:
        name = f"node-{next(self.numbers)}"
        self.ironic.create(name, **fields)
        ways = {"manageable": ["manage"], "available": ["manage", "provide"]}
        ways["active"] = [*ways["available"], "active"]
        for verb in ways.get(state, ()):
            end = {"manage": "manageable", "provide": "available", "active": "active"}[verb]
            self.ironic.provision(name, verb, end)
        return name

    def do(self, *words: str, within: float = 60.0) -> Answer:
        return self.osism("baremetal", *words, within=within)

    def state(self, name: str) -> str:
        return str(self.ironic.node(name).provision_state)

    def asked(self, name: str) -> int:
        """How often the product has asked Ironic for a state of a node; it does so by the id, and
        the tests by the name."""
        log = (self.ironic.directory / "log" / "ironic.log").read_text()
        path = f"/v1/nodes/{self.ironic.node(name).id}/states/provision"
        return sum("PUT" in line and path in line for line in log.splitlines())

    def begins(self, name: str, state: str) -> None:
        wait_until(lambda: self.state(name) == state, 30)

    def streams(self) -> str:
        """What all jobs have told, as text."""
        assert self.lab.redis
        client: Any = connect(self.lab.redis.url)
        return "".join(str(client.xrange(key)) for key in client.scan_iter("osism:stream:*"))

    @contextmanager
    def frozen(self) -> Iterator[None]:
        processes = self.ironic.processes
        for each in processes:
            each.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            for each in processes:
                each.send_signal(signal.SIGCONT)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    directory = tmp_path_factory.mktemp("baremetal")
    (directory / "empty").mkdir()
    with Ironic(directory / "ironic", delay=0.05) as ironic:
        settings = {
            "ironic_url": ironic.url,
            "ironic_retry": RETRY,
            "ironic_timeout": 2.0,
            "log_level": "DEBUG",
        }
        lab = BaremetalLab(directory / "lab", settings)
        lab.configuration = directory / "empty"
        with lab:
            lab.start_beat()
            yield Site(lab, ironic)


def results(answer: Answer) -> dict[str, str]:
    result = answer.events[-1]["result"]
    return {name: each["result"] for name, each in result.get("run", result)["nodes"].items()}


def test_the_life_of_nodes(site: Site) -> None:
    one, two = site.node(), site.node()
    answer = site.do("provide", one, two)
    assert answer.code == 0, answer
    assert f"{one}: is being made available" in answer.out
    assert f"{two}: available" in answer.out
    rows = site.do("list", one, two, "-f", "json").json
    assert [(row["Name"], row["Provision"], row["Maintenance"]) for row in rows] == [
        (one, "available", False), (two, "available", False),
    ]  # fmt: skip
    again = site.do("provide", one, "--format", "json")
    assert results(again) == {one: "unchanged"}
    assert site.do("inspect", one).code == 0
    assert site.do("show", one, "-f", "json").json["properties"]["memory_mb"] == 65536
    assert site.do("provide", one).code == 0
    assert site.do("deploy", "--all", "--format", "json").code == 0
    assert (site.state(one), site.state(two)) == ("active", "active")
    assert site.do("power", "on", one, two).code == 0
    assert site.do("reboot", one).code == 0
    refused = site.do("undeploy", one)
    assert (refused.code, site.state(one)) == (2, "active")
    assert "what is on its disks is lost. Nobody is there to confirm it: say --yes" in refused.err
    assert site.do("undeploy", one, two, "--yes").code == 0
    assert site.do("clean", one, "--yes").code == 0
    assert site.state(one) == "manageable"
    assert site.do("maintenance", "set", one, "--reason", "a fan").code == 0
    told = site.do("list", "--maintenance", "-f", "json").json
    assert [row["Name"] for row in told] == [one]
    assert site.do("delete", one, two, "--yes").code == 0
    assert site.do("list", "-f", "json").json == []


@pytest.mark.parametrize(
    ("words", "state", "what"),
    [
        (["manage"], "enroll", "power_get"),
        (["inspect"], "manageable", "inspect"),
        (["provide"], "manageable", "clean"),
        (["deploy"], "available", "deploy"),
        (["undeploy", "--yes"], "active", "undeploy"),
        (["power", "on"], "manageable", "power"),
    ],
)
def test_a_failure_is_told_in_ironics_words(
    site: Site, words: list[str], state: str, what: str
) -> None:
    name = site.node(state)
    site.ironic.fail(name, **{what: "the disk\nis on fire"})
    answer = site.do(*words, name)
    assert answer.code == 1, answer
    assert "1 of 1 nodes failed" in answer.out
    assert "the disk is on fire" in answer.out


def test_refusals_and_unknown_names(site: Site) -> None:
    good, bad = site.node("available"), site.node("manageable")
    answer = site.do("deploy", good, bad, "--format", "json")
    assert (answer.code, results(answer)) == (3, {good: "done", bad: "refused"})
    assert "provide it first" in answer.events[-1]["reason"]
    unknown = site.do("deploy", "nodd-1")
    assert (unknown.code, "Ironic has no node 'nodd-1'" in unknown.out) == (2, True)
    wrong = site.do("list", "--provision-state", "managable")
    assert (wrong.code, "did you mean 'manageable'" in wrong.err) == (2, True)


def test_a_locked_node_is_waited_for(site: Site) -> None:
    name = site.node("manageable")
    site.ironic.slow(name, power=3.0)
    with site.ironic.client() as client:
        client.baremetal.set_node_power_state(name, "power on")
    answer = site.do("inspect", name)
    assert answer.code == 0, answer
    assert "waiting: locked by" in answer.out


def test_ironic_silent_in_the_middle_is_waited_for(site: Site) -> None:
    name = site.node("available")
    site.ironic.slow(name, deploy=3.0)
    waiting = site.start("baremetal", "deploy", name)
    site.begins(name, "deploying")
    with site.frozen():
        wait_until(lambda: "waiting for it" in site.streams(), 20)
    answer = site.finish(waiting)
    assert answer.code == 0, answer
    assert "waiting for it" in answer.out
    assert "Ironic answers again" in answer.out
    assert (site.state(name), site.asked(name)) == ("active", 1)


def test_ironic_away_for_good_ends_the_job_and_says_so(site: Site) -> None:
    name = site.node("available")
    site.ironic.slow(name, deploy=20.0)
    waiting = site.start("baremetal", "deploy", name)
    site.begins(name, "deploying")
    site.ironic.kill()
    try:
        answer = site.finish(waiting)
        assert answer.code == 1, answer
        assert f"Ironic at {site.ironic.url} cannot be reached: Connection refused" in answer.out
        assert "given up after" in answer.out
        listed = site.do("list")
        assert (listed.code, "cannot be reached" in listed.err) == (1, True)
    finally:
        site.ironic.start()
    # What its conductor had under way when it died has failed, it says when it is back.
    wait_until(lambda: site.state(name) == "deploy failed", 30)
    site.ironic.mend(name)
    assert site.do("deploy", name).code == 0


def test_a_job_whose_worker_is_killed_goes_on_and_asks_for_nothing_twice(site: Site) -> None:
    slow, quick = site.node("available"), site.node("available")
    site.ironic.slow(slow, deploy=4.0)
    waiting = site.start("baremetal", "deploy", slow, quick, "--format", "json")
    site.begins(slow, "deploying")
    site.begins(quick, "active")
    site.kill_worker()
    site.start_worker()
    answer = site.finish(waiting)
    assert answer.code == 0, answer
    assert results(answer) == {slow: "done", quick: "done"}
    assert sum(each["kind"] == "started" for each in answer.events) == 2
    assert (site.asked(slow), site.asked(quick)) == (1, 1)


def test_secrets_are_nowhere(site: Site) -> None:
    kept = {"image_source": "http://images/a.img", "configdrive": DRIVE}
    name = site.node(driver_info={"redfish_password": SECRET}, extra={"instance_info": kept})
    told = [site.do("provide", name), site.do("deploy", name)]
    with site.ironic.client() as client:
        found = client.baremetal.get_node(name, fields=["instance_info"])
        assert found.instance_info["image_source"] == kept["image_source"]
        assert "configdrive" in found.instance_info  # masked by Ironic itself
    told += [site.do("show", name, "-f", "json"), site.do("list", name, "-f", "json")]
    site.ironic.fail(name, undeploy="no")
    told.append(site.do("undeploy", name, "--yes"))
    assert [each.code for each in told] == [0, 0, 0, 0, 1], told
    said = "".join(each.out + each.err for each in told) + everything(site.lab.redis)
    for file in site.lab.directory.iterdir():
        if file.is_file():
            said += file.read_bytes().decode(errors="replace")
    assert "DEBUG" in said
    for secret in (SECRET, DRIVE):
        assert secret not in said
