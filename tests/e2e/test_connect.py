"""``osism netbox connect`` as an operator meets it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.e2e.conftest import Site, wait_until

LEAVES = ("leaf-1", "leaf-2")


def test_a_device_goes_through_all_states_and_everything_agrees(site: Site) -> None:
    for state in ("a", "b", "c", "a"):
        assert site.connect("node-1", state).code == 0
        site.agree("node-1", state, LEAVES)


def test_what_a_state_no_longer_names_is_gone_on_both_sides(site: Site) -> None:
    site.at("node-2", "c")
    assert "Port-Channel12" in site.running("leaf-1")
    site.at("node-2", "a")
    assert "Port-Channel12" not in site.running("leaf-1")
    names = {each["name"] for each in site.netbox("dcim/interfaces", device="node-2")}
    assert not {name for name in names if name.startswith(("bond", "vlan"))}


def test_already_there_says_so_and_does_nothing(site: Site) -> None:
    site.at("node-1", "a")
    before = site.status("leaf-1")
    site.count_anew()
    answer = site.connect("node-1", "a")
    assert answer.code == 0
    assert "already there" in answer.out
    assert site.requests()["writes"] == 0
    assert site.status("leaf-1")["commits"] == before["commits"]


def test_without_a_state_a_new_device_goes_to_a_and_others_stay(site: Site) -> None:
    if site.fields("node-8") == ("", ""):
        assert site.osism("netbox", "connect", "node-8").code == 0
        assert site.fields("node-8") == ("a", "")
    site.at("node-8", "b")
    assert "already there" in site.osism("netbox", "connect", "node-8").out
    assert site.fields("node-8") == ("b", "")


def test_a_dry_run_shows_changes_and_diffs_and_writes_nothing_anywhere(site: Site) -> None:
    site.at("node-1", "a")
    journal, jobs = site.rows("node-1"), site.status("leaf-1")
    head = git(site, "rev-parse", "main")
    site.count_anew()
    answer = site.connect("node-1", "c", "--dry-run")
    assert answer.code == 0
    assert "create interface node-1:bond0" in answer.out
    assert "+interface Port-Channel11" in answer.out
    assert site.requests()["writes"] == 0
    assert site.rows("node-1") == journal
    assert git(site, "rev-parse", "main") == head
    assert site.status("leaf-1")["stages"] == jobs["stages"]


def test_enforce_does_all_phases_again_and_changes_nothing(site: Site) -> None:
    site.at("node-1", "b")
    head = git(site, "rev-parse", "main")
    answer = site.connect("node-1", "b", "--enforce", "--format", "json")
    assert answer.code == 0
    assert [each["phase"] for each in answer.events if each["kind"] == "phase"] == [1, 2, 3, 4]
    assert git(site, "rev-parse", "main") == head, "the same intent made a commit"


def test_json_ends_with_the_result(site: Site) -> None:
    site.at("node-1", "a")
    end = site.connect("node-1", "b", "--format", "json").events[-1]
    assert (end["kind"], end["state"], end["exit_code"]) == ("end", "succeeded", 0)
    assert end["result"]["devices"] == [
        {"device": "node-1", "source": "a", "target": "b", "result": "succeeded"}
    ]


def test_no_wait_prints_the_id_and_the_output_can_be_read_later_twice(site: Site) -> None:
    site.at("node-1", "a")
    job = site.connect("node-1", "b", "--no-wait").out.strip()
    first = site.osism("task", "output", "--follow", job)
    again = site.osism("task", "output", job)
    assert first.code == 0
    assert first.out == again.out
    assert first.out.splitlines()[0].endswith("queued: connect node-1 to b")
    assert site.osism("task", "show", job[:8], "-f", "json").json["state"] == "succeeded"


def test_a_collection_is_one_batch_and_each_switch_is_deployed_once(site: Site) -> None:
    site.at("rack-1", "a")
    before = {name: site.status(name) for name in LEAVES}
    assert site.osism("netbox", "connect", "--collection", "rack-1", "--state", "b").code == 0
    for name in LEAVES:
        now = site.status(name)
        assert now["commits"] - before[name]["commits"] <= 1
        assert now["deploying_peak"] == 1
    rows = site.netbox("dcim/devices", role="node")
    assert {each["custom_fields"]["device_state"] for each in rows} == {"b"}


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["nobody"], 2, "no device or collection 'nobody'"),
        (["node-11"], 2, "did you mean 'node-1'"),
        (["../x"], 2, "not a valid name"),
        (["node-1", "--state", "zz"], 2, "no definition for state 'zz'"),
        (["node-1", "--state", "0"], 2, "reserved"),
        (["node-1", "--state", "../a"], 2, "state"),
        ([], 2, "name a device or a collection"),
        (["node-1", "--collection", "fabric"], 2, "in collection 'rack-1', not 'fabric'"),
        (["rack-1", "--type", "device"], 2, "no device 'rack-1'"),
        (["node-1", "--abort"], 3, "nothing to abort"),
        (["node-1; touch /tmp/osism-was-here"], 2, "not a valid name"),
    ],
)
def test_what_cannot_be_is_refused_in_one_message(
    site: Site, words: list[str], code: int, told: str
) -> None:
    before = site.fields("node-1")
    site.count_anew()
    answer = site.osism("netbox", "connect", *words)
    assert answer.code == code, answer
    assert told in answer.out + answer.err
    assert "Traceback" not in answer.out + answer.err
    assert site.requests()["writes"] == 0
    assert site.fields("node-1") == before


MISTAKES = {
    "unknown key": ("vlan: {5: untagged}", "unknown key"),
    "VLAN out of range": ("vlans: {4095: untagged}", "1 to 4094"),
    "two untagged": ("vlans: {5: untagged, 6: untagged}", "untagged already"),
    "the same VLAN twice": ("vlans: {5: untagged, 5: tagged}", "stands twice"),
    "bad address": ('addresses: ["10.0.0.300/24"]', "not an address"),
    "bad MAC": ('mac_address: "18:C0"', "not a MAC address"),
    "unknown far end": ("device: leaf-9", "leaf-9"),
    "taken port": ("interface: Ethernet2", "claimed at netbox/rack-1/node-1/a.yaml"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_a_definition_is_told_with_file_and_line_and_nothing_is_touched(
    site: Site, configuration: Path, mistake: str
) -> None:
    line, told = MISTAKES[mistake]
    file = configuration / "rack-1" / "node-1" / "a.yaml"
    good = file.read_text()
    key = line.partition(":")[0]
    kept = [each for each in good.splitlines() if not each.strip().startswith(f"{key}:")]
    where = next(i for i, each in enumerate(kept) if each.strip() == "eno1:")
    indent = " " * 4
    file.write_text("\n".join([*kept[: where + 1], indent + line, *kept[where + 1 :], ""]))
    try:
        site.count_anew()
        answer = site.connect("node-1", "a", "--enforce")
    finally:
        file.write_text(good)
    assert answer.code == 2, answer
    assert told in answer.out
    assert "netbox/rack-1/node-" in answer.out
    assert site.requests()["writes"] == 0


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{{ intent.nothing }}", "nothing"),
        ("{{ unknown }}", "unknown"),
        ("{{ intent.__class__.__mro__ }}", "__class__"),
        ("{% include '/etc/passwd' %}", "passwd"),
        ("{% if %}", "leaf-1.cfg.j2"),
    ],
)
def test_a_template_that_cannot_be_rendered_touches_nothing(
    site: Site, configuration: Path, text: str, told: str
) -> None:
    template = configuration / "templates" / "leaf-1.cfg.j2"
    template.write_text(text)
    try:
        site.count_anew()
        answer = site.connect("node-1", "b", "--enforce")
    finally:
        template.unlink()
    assert answer.code == 2, answer
    assert told in answer.out
    assert "root:" not in answer.out
    assert site.requests()["writes"] == 0


def test_a_definition_of_a_switch_that_netbox_forbids_to_deploy_is_skipped(site: Site) -> None:
    number = site.netbox("dcim/devices", name="leaf-2")[0]["id"]
    site.at("node-3", "a")
    deployment(site, number, False)
    try:
        before = site.status("leaf-2")["stages"]
        answer = site.connect("node-3", "c")
        assert answer.code == 0
        assert "leaf-2: skipped (deployment_enabled is false in NetBox)" in answer.out
        assert site.status("leaf-2")["stages"] == before
    finally:
        deployment(site, number, True)
    site.at("node-3", "c")
    site.agree("node-3", "c", LEAVES)


def deployment(site: Site, number: int, enabled: bool) -> None:
    from osism.adapters.netbox import Connection

    at = site.lab.site["netbox"]
    Connection(at["url"], at["token"]).update(
        "dcim.devices", [{"id": number, "custom_fields": {"deployment_enabled": enabled}}]
    )


def test_drift_is_reported_with_port_field_wanted_and_found(site: Site) -> None:
    site.at("node-1", "a")
    text = site.running("leaf-1")
    with Session(site, "leaf-1") as session:
        session.stage(text.replace("switchport access vlan 100", "switchport access vlan 200", 1))
        session.commit(60)
        session.confirm()
    answer = site.osism("netbox", "drift", "leaf-1", "-f", "json")
    assert answer.code == 1
    row = answer.json[0]
    assert (row["Switch"], row["Item"], row["Field"]) == ("leaf-1", "port Ethernet1", "untagged")
    assert (row["Wanted"], row["Found"]) == (100, 200)
    answer = site.osism("netbox", "drift", "leaf-1", "leaf-2", "--fix", "-f", "json")
    assert answer.code == 0
    assert {row["Switch"]: row["Result"] for row in answer.json} == {
        "leaf-1": "fixed",
        "leaf-2": "clean",
    }
    assert site.osism("netbox", "drift", "leaf-1").code == 0


def test_a_switch_that_does_not_take_a_fix_holds_up_no_other(site: Site) -> None:
    site.at("node-1", "a")
    for name in ("leaf-1", "leaf-2"):
        with Session(site, name) as session:
            session.stage(_otherwise(site.running(name)))
            session.commit(60)
            session.confirm()
    site.switch("leaf-1", "fault", fault="rejects")
    answer = site.osism("netbox", "drift", "leaf-1", "leaf-2", "--fix", "-f", "json")
    site.switch("leaf-1", "clear")
    assert answer.code == 1
    assert {row["Switch"]: row["Result"] for row in answer.json} == {
        "leaf-1": "not fixed",
        "leaf-2": "fixed",
    }
    assert "leaf-1" in answer.err
    assert site.osism("netbox", "drift", "leaf-1", "leaf-2", "--fix").code == 0


def test_a_switch_that_could_not_be_looked_at_is_not_called_good(site: Site) -> None:
    site.at("node-1", "a")
    site.switch("leaf-1", "fault", fault="unreachable")
    for words in ([], ["--fix"]):
        answer = site.osism("netbox", "drift", "leaf-1", "leaf-2", *words, "-f", "json")
        assert answer.code == 1, answer
        results = {row["Switch"]: row["Result"] for row in answer.json}
        assert results["leaf-1"].startswith("failed: switch 'leaf-1'")
        assert results["leaf-2"] == "clean"
    site.switch("leaf-1", "clear")


def _otherwise(text: str) -> str:
    """The same configuration with another name of a VLAN, as somebody's hand leaves it."""
    assert "   name " in text
    return text.replace("   name ", "   name my ", 1)


class Session:
    """Somebody who changes a switch by hand."""

    def __init__(self, site: Site, name: str) -> None:
        from osism.adapters.switches.lab import LabDriver
        from osism.domain.ports import Target

        at = site.lab.site["switches"][name]
        self.context = LabDriver().connect(Target(name, at["address"], at["port"], at))

    def __enter__(self):  # type: ignore[no-untyped-def]
        return self.context.__enter__()

    def __exit__(self, *error: object) -> None:
        self.context.__exit__(*error)  # type: ignore[arg-type]


def test_revoking_a_queued_job_means_it_never_begins(site: Site) -> None:
    site.at("node-1", "a")
    site.kill_worker()
    job = site.connect("node-1", "b", "--no-wait").out.strip()
    waiting = site.start("task", "output", "--follow", job)
    assert site.osism("task", "revoke", job).code == 0
    site.start_worker()
    answer = site.finish(waiting)
    assert answer.code == 130
    assert "revoked" in answer.out
    site.connect("node-2", "a", "--enforce")
    assert site.fields("node-1") == ("a", "")


@pytest.mark.chaos
def test_a_waiting_command_says_that_no_worker_listens(site: Site) -> None:
    site.at("node-1", "a")
    site.kill_worker()
    wait_until(lambda: site.osism("status", "workers", "-f", "json").json == [])
    waiting = site.start("netbox", "connect", "node-1", "--state", "b")
    assert waiting.stdout
    lines = [waiting.stdout.readline() for _ in range(2)]
    assert "no worker listens on queue netbox" in lines[1]
    site.start_worker()
    assert site.finish(waiting).code == 0


def test_two_requests_for_the_same_state_are_one_transition(site: Site) -> None:
    site.at("node-1", "a")
    site.switch("leaf-1", "fault", fault="slow", value=0.3)
    before = len(site.rows("node-1"))
    first = site.start("netbox", "connect", "node-1", "--state", "b")
    second = site.start("netbox", "connect", "node-1", "--state", "b")
    answers = [site.finish(first), site.finish(second)]
    assert [each.code for each in answers] == [0, 0]
    assert len(site.rows("node-1")) == before + 1
    assert any("already there" in each.out for each in answers)


def test_a_request_for_another_state_is_refused_while_one_is_under_way(site: Site) -> None:
    site.at("node-1", "a")
    site.switch("leaf-1", "fault", fault="slow", value=0.5)
    first = site.start("netbox", "connect", "node-1", "--state", "b")
    wait_until(lambda: "phase_3" in site.fields("node-1")[1])
    refused = site.connect("node-1", "c")
    assert refused.code == 3, refused
    assert "under way from a to b" in refused.out
    assert site.finish(first).code == 0


def test_enforce_takes_over_after_the_running_phase(site: Site) -> None:
    site.at("node-1", "a")
    site.switch("leaf-1", "fault", fault="slow", value=0.5)
    first = site.start("netbox", "connect", "node-1", "--state", "b")
    wait_until(lambda: "phase_3" in site.fields("node-1")[1])
    second = site.connect("node-1", "c", "--enforce")
    site.mend()
    assert second.code == 0, second
    assert site.finish(first).code == 3
    site.agree("node-1", "c", LEAVES)
    assert [each["Status"] for each in site.rows("node-1")[:2]] == ["succeeded", "aborted"]


def test_abort_leads_back_through_the_same_phases(site: Site) -> None:
    site.at("node-1", "a")
    site.switch("leaf-2", "fault", fault="unreachable")
    assert site.connect("node-1", "c").code == 1
    site.mend()
    assert site.fields("node-1")[1].startswith("from_a-to_c")
    answer = site.osism("netbox", "connect", "node-1", "--abort")
    assert answer.code == 0, answer
    site.agree("node-1", "a", LEAVES)


def test_text_of_netbox_is_inert_in_configurations(site: Site) -> None:
    """A description cannot run code in a template, nor become a line of its own."""
    from osism.adapters.netbox import Connection

    at = site.lab.site["netbox"]
    netbox = Connection(at["url"], at["token"])
    port = site.netbox("dcim/interfaces", device="leaf-1", name="Ethernet20")[0]["id"]
    evil = "{{ 7*7 }} {% include '/etc/passwd' %}\nno switchport\n!"
    netbox.update("dcim.interfaces", [{"id": port, "description": evil}])
    try:
        assert site.osism("netbox", "deploy", "leaf-1").code == 0
        line = next(each for each in site.running("leaf-1").splitlines() if "7*7" in each)
        assert "no switchport !" in line
    finally:
        netbox.update("dcim.interfaces", [{"id": port, "description": ""}])
        assert site.osism("netbox", "deploy", "leaf-1").code == 0


def git(site: Site, *words: str) -> str:
    return subprocess.run(
        ["git", "-C", str(site.lab.directory / "state"), *words],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
