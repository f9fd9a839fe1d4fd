"""Ansible's inventory as it is made, read by Ansible itself, in every accident."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from random import Random
from time import sleep
from typing import Any

import pytest

from osism.adapters.inventories import ReconciledInventory
from osism.adapters.inventories.loading import Loader
from osism.adapters.inventories.sources import FileLayers
from osism.domain.errors import Invalid, Misconfigured, OutsideFailed, Revoked
from osism.domain.hosts import NetboxHost
from tests import readings
from tests.integration.conftest import Until

DATA = Path(__file__).parents[1] / "data"
ANSIBLE = Path(sys.executable).parent / "ansible-inventory"
VAULTED = "$ANSIBLE_VAULT;1.1;AES256\n6162636465\n"


def nothing() -> None:
    """No reason to stop."""


def ansible(path: Path) -> dict[str, Any]:
    """What ``ansible-inventory --list`` says of an inventory; anything it complains of fails."""
    done = subprocess.run(
        [str(ANSIBLE), "-i", str(path), "--list"],
        env=os.environ
        | {"ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "1", "LC_ALL": "C.UTF-8"}
        | {"ANSIBLE_TRANSFORM_INVALID_GROUP_CHARS": "ignore"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


class Place:
    """A configuration repository and the inventory that is made of it."""

    def __init__(self, path: Path, layers: bool = False) -> None:
        self.path = path
        self.repository = path / "configuration"
        self.output = path / "out" / "inventory"
        self.defaults = DATA / "defaults" if layers else None
        self.generics = DATA / "generics" if layers else None

    @property
    def made(self) -> ReconciledInventory:
        layers = FileLayers(self.repository, self.defaults, self.generics)
        return ReconciledInventory(self.output, layers, Loader())

    def write(self, name: str, text: str) -> Path:
        file = self.repository / "inventory" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def run(self, hosts: Any = (), check: Callable[[], None] = nothing) -> dict[str, Any]:
        return self.made.reconcile(hosts, check)

    def bytes(self) -> dict[str, bytes]:
        folder = self.output.resolve()
        return {
            str(each.relative_to(folder)): each.read_bytes()
            for each in folder.rglob("*")
            if each.is_file()
        }

    def commits(self) -> int:
        return len(self.made.log(1000))


@pytest.fixture
def place(tmp_path: Path) -> Place:
    found = Place(tmp_path)
    found.write("20-roles", "[control]\nnode-1\n[compute]\nnode-[2:3]\n")
    found.write("group_vars/control.yml", "a: 1\n")
    return found


def same(place: Place) -> None:
    """What Ansible reads is what the layers say: hosts, groups, children and variables."""
    wanted = readings.read(place.repository, place.defaults, place.generics)
    answer = ansible(place.output)
    assert ansible(place.output.resolve() / "hosts.yml") == answer
    found = readings.of_ansible(answer)
    assert found.groups.keys() | {"ungrouped"} == wanted.groups.keys() | {"ungrouped"}
    for name, group in wanted.groups.items():
        if name in found.groups:
            assert found.groups[name].hosts == group.hosts, name
            assert found.groups[name].children == group.children, name
    assert found.hosts.keys() == wanted.hosts.keys()
    for host in wanted.hosts:
        assert found.groups_of(host) == wanted.groups_of(host)
        assert answer["_meta"]["hostvars"].get(host, {}) == wanted.variables(host)


# --- what the rules give


def test_cloud_in_a_box(tmp_path: Path) -> None:
    place = Place(tmp_path, layers=True)
    shutil.copytree(DATA / "cloud-in-a-box", place.repository)
    assert place.run()["changed"]
    same(place)
    answer = readings.of_ansible(ansible(place.output))
    assert answer.groups["ceph-rgw"].children == {"ceph-resource"}
    assert answer.members("rgws") == {"cumulus"}


def ten_nodes(place: Place) -> None:
    """A site as the generics want it, with everything that its repository can have."""
    place.write(
        "10-custom",
        "[rack-1]\nnode-[01:05]\n[rack-2]\nnode-[06:10]\n\n[racks:children]\nrack-1\nrack-2\n"
        "[racks:vars]\nrow=7\nntp=one.example.org\n",
    )
    place.write(
        "20-roles",
        "[generic]\nnode-[01:10]\n[manager]\nnode-01 ansible_host=192.0.2.1 tries=3\n"
        "[control]\nnode-02\nnode-03\n[monitoring:children]\ncontrol\n[network:children]\ncontrol\n"
        "[compute]\nnode-[04:07]\n[ceph-control:children]\ncontrol\n[ceph-resource]\nnode-[08:10]\n",
    )
    place.write(
        "25-edge.yml",
        "edge-sites:\n  children:\n    edge-a:\n      hosts:\n"
        "        node-10:\n          uplink: 2\n        edge-[1:2]:\n      vars: {zone: a}\n",
    )
    place.write(
        "30-more", "[rack-1]\nnode-06\n[racks:vars]\nntp=two.example.org\n[edge:children]\nedge-a\n"
    )
    place.write(
        "99-overwrite",
        "[etcd]\nnode-08\n[ceph-rgw:children]\nceph-resource\n[k3s_node:children]\ncompute\n",
    )
    place.write(
        "group_vars/generic.yml",
        f"one: 1\npw: !vault |\n  {VAULTED.replace(chr(10), chr(10) + '  ').rstrip()}\n",
    )
    place.write("group_vars/generic/10.yml", "one: 2\ntwo: [a, {b: c}]\n")
    place.write("group_vars/generic/sub/x.yml", "three: '{{ two }}'\n")
    place.write("group_vars/all/000-first.yml", "hosts_gather_facts: mine\n")
    place.write("group_vars/rack-1.yml", "row: 1\nday: 2024-02-01\n")
    place.write("host_vars/node-04.yml", "row: 4\nempty: null\ntext: |\n  a\n  b\n")
    place.write("host_vars/edge-1/net.yml", "address: 2001:db8::1\n")


def test_a_site_of_ten_nodes(tmp_path: Path) -> None:
    place = Place(tmp_path, layers=True)
    ten_nodes(place)
    first = place.run()
    assert (first["hosts"], first["changed"]) == (12, True)
    same(place)
    hostvars = ansible(place.output)["_meta"]["hostvars"]
    assert hostvars["node-02"]["pw"] == {"__ansible_vault": VAULTED}
    assert hostvars["node-02"]["hosts_gather_facts"] == "mine"
    assert hostvars["node-06"]["ntp"] == "two.example.org"
    groups = readings.of_ansible(ansible(place.output))
    assert groups.members("etcd") == {"node-08"}
    lines = (place.output / "clustershell" / "local.cfg").read_text().splitlines()
    assert "control: node-02 node-03" in lines


def test_what_ansible_reads_by_itself_is_the_same_through_us(place: Place) -> None:
    """Odd things that the rules of layers do not touch."""
    place.write(
        "10-odd",
        "alone ansible_host=192.0.2.9\nported:2222\n"
        "[all]\nin-all k='a b' list=[1,2] t=True f=1.50\n"
        "[123]\nnode-[a:c].example.org\n10.0.0.1\n[empty]\n[high]\nin-all\n[high:vars]\n"
        "ansible_group_priority=10\nwho=high\njinja={{ who }}\n[low]\nin-all\n[low:vars]\nwho=low\n"
        '[all:vars]\neverybody=0123\nquoted="x # y"\nnothing=\n[p:children]\nq\n[q]\nin-all\n',
    )
    place.write(
        "15-odd.yml",
        "ungrouped:\n  hosts:\n"
        "    other: {v: !vault '$ANSIBLE_VAULT;1.1;AES256 61', u: !unsafe '{{ x }}'}\n"
        "all:\n  vars: {deep: {a: [1, null, 2.5, no]}, at: 2024-01-01 10:00:00}\n",
    )
    place.write("group_vars/all.yml", "everybody: over\nempty:\n")
    place.write("group_vars/ungrouped.yml", "un: 1\n")
    place.run()
    wanted, found = ansible(place.repository / "inventory"), ansible(place.output)
    for data in (wanted, found):
        data["all"]["children"].sort()
    assert found == wanted


def test_same_input_same_bytes_and_nothing_is_written(place: Place, tmp_path: Path) -> None:
    first = place.run()
    before = {each: each.stat().st_mtime_ns for each in place.output.parent.rglob("*")}
    again = place.run()
    assert (again["changed"], again["commit"]) == (False, first["commit"])
    after = {each: each.stat().st_mtime_ns for each in place.output.parent.rglob("*")}
    for path, changed in before.items():
        assert after[path] == changed, path
    (place.output.with_name("inventory.versions") / "state.json").unlink()
    assert not place.run()["changed"]
    other = Place(tmp_path / "other")
    shutil.copytree(place.repository, other.repository)
    other.run()
    assert other.bytes() == place.bytes()
    assert place.commits() == 1


def test_a_comment_is_no_change_and_a_change_is_one_commit(place: Place) -> None:
    place.run()
    place.write("20-roles", "# a comment\n[control]\nnode-1\n[compute]\nnode-[2:3]\n")
    assert not place.run()["changed"]
    place.write("20-roles", "[control]\nnode-1\n[compute]\nnode-[2:4]\n[new]\n")
    place.write("group_vars/control.yml", "a: 2\npassword: abcdefgh\n")
    result = place.run()
    assert result["summary"] == {
        "hosts added": ["node-4"],
        "groups added": ["new"],
        "variables changed": ["group control: a, password"],
    }
    newest = place.made.log(5)[0]
    assert (newest.commit, place.commits()) == (result["commit"], 2)
    assert "node-4" in newest.details[0]
    assert "abcdefgh" not in str(newest)
    clone = place.path / "clone"
    git = ["git", "clone", "-q", str(place.output.with_name("inventory.git")), str(clone)]
    subprocess.run(git, check=True)
    assert ansible(clone / "hosts.yml") == ansible(place.output)


def test_what_was_changed_by_hand_is_mended(place: Place) -> None:
    place.run()
    (place.output / "hosts.yml").write_text("all:\n")
    assert place.run()["changed"]
    same(place)


def test_the_difference_shows_no_secret(place: Place) -> None:
    place.write("group_vars/control.yml", "a: 1\npassword: first-secret\nb: 1\n")
    place.run()
    place.write("group_vars/control.yml", "a: 2\npassword: second-secret\nb: second-secret\n")
    before = place.bytes()
    found = place.made.compare(())
    assert "+a: 2" in found["diff"]
    assert "secret" not in found["diff"]
    assert found["diff"].count("********") == 3
    assert place.bytes() == before


# --- what goes wrong

BROKEN = {
    "20-roles": ("[control\nnode-1\n", "20-roles:1: "),
    "30-x": ("[control]\nnode-1\n[control:what]\nx\n", "30-x:3: "),
    "40-y": ("[racks:children]\nnot-there\n", "40-y:2"),
    "41-host": ('[control]\nnode-1 a="b\n', "41-host:2: "),
    "50-z.yml": ("all:\n  hosts: {a: [\n", "50-z.yml:3: "),
    "group_vars/control.yml": ("a: 1\nb: [\n", "group_vars/control.yml:3: "),
    "group_vars/compute/x.yml": ("a: 1\n b: 2\n", "compute/x.yml:2: "),
    "group_vars/nobody.yml": ("- a list\n", "group_vars/nobody.yml"),
    "host_vars/node-1.yml": ("a: {b\n", "host_vars/node-1.yml:2: "),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_leaves_the_old_inventory(place: Place, name: str) -> None:
    place.write("20-roles", "[control]\nnode-1\n[compute]\nnode-[2:3]\n[nobody]\n")
    place.run()
    before = place.bytes()
    file = place.repository / "inventory" / name
    old = file.read_text() if file.exists() else None
    place.write(name, BROKEN[name][0])
    with pytest.raises(Invalid) as failure:
        place.run()
    assert BROKEN[name][1] in str(failure.value), failure.value
    assert "new-" not in str(failure.value), failure.value
    assert place.bytes() == before
    file.unlink() if old is None else file.write_text(old)
    assert not place.run()["changed"]


def test_a_file_that_cannot_be_read_is_named(place: Place) -> None:
    place.run()
    (place.repository / "inventory" / "group_vars" / "x.yml").symlink_to("nowhere")
    with pytest.raises(Invalid, match=r"group_vars/x.yml: No such file"):
        place.run()
    place.write("60-latin", "").write_bytes(b"[control]\n# \xe9\n")
    (place.repository / "inventory" / "group_vars" / "x.yml").unlink()
    with pytest.raises(Invalid, match=r"60-latin: not UTF-8 at byte 12"):
        place.run()


def test_without_a_repository_nothing_is_lost(place: Place) -> None:
    place.run()
    before = place.bytes()
    place.repository.rename(place.path / "away")
    with pytest.raises(Misconfigured, match="no such folder"):
        place.run()
    assert place.bytes() == before


def test_a_file_vaulted_as_a_whole_stays_as_it_is(place: Place) -> None:
    place.write("host_vars/node-1/secrets.yml", VAULTED)
    place.write("host_vars/node-1/plain.yml", "a: 7\n")
    place.run()
    assert (place.output / "host_vars" / "node-1" / "secrets.yml").read_text() == VAULTED


def test_the_last_hosts_of_netbox_are_used(place: Place) -> None:
    host = NetboxHost("box-1", ("control", "rack-9"), {"x": {"y": [1]}, "t": "{{ a }}"})
    place.run([host])
    before = ansible(place.output)
    assert before["_meta"]["hostvars"]["box-1"] == {"a": 1, "x": {"y": [1]}, "t": "{{ a }}"}
    assert not place.run(None)["changed"]
    place.write("group_vars/control.yml", "a: 2\n")
    place.run(None)
    assert ansible(place.output)["_meta"]["hostvars"]["box-1"]["a"] == 2
    place.output.unlink()
    place.run(None)
    assert "box-1" in ansible(place.output)["_meta"]["hostvars"]
    assert place.run(())["summary"]["hosts removed"] == ["box-1"]


def test_a_run_that_is_to_stop_changes_nothing(place: Place) -> None:
    def stop() -> None:
        raise Revoked("dragon")

    with pytest.raises(Revoked):
        place.run(check=stop)
    assert not place.output.exists()


def test_a_folder_that_was_there_is_kept_beside(place: Place) -> None:
    place.output.mkdir(parents=True)
    (place.output / "hosts").write_text("old\n")
    place.run()
    assert place.output.is_symlink()
    assert (place.output.with_name("inventory.before") / "hosts").read_text() == "old\n"


def test_what_is_read_is_not_written(place: Place) -> None:
    place.output = place.repository / "inventory"
    with pytest.raises(Misconfigured, match="the reconciler reads"):
        place.run()


def test_old_versions_go_when_nobody_can_read_them(place: Place) -> None:
    for number in range(5):
        place.write("group_vars/control.yml", f"a: {number}\n")
        place.run()
    versions = place.output.with_name("inventory.versions")
    assert len(list(versions.glob("0*"))) == 5
    for each in versions.glob("0*"):
        os.utime(each, (0, 0))
    place.write("group_vars/control.yml", "a: 9\n")
    place.run()
    assert sorted(each.name for each in versions.glob("0*")) == ["00000005", "00000006"]


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")
def test_a_full_disk_leaves_the_old_inventory(place: Place) -> None:
    place.output.parent.mkdir(parents=True)
    mounted = ["mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", str(place.output.parent)]
    if subprocess.run(mounted, check=False, capture_output=True).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        place.run()
        before = place.bytes()
        noise = Random(1).randbytes(800_000).hex()
        place.write("group_vars/compute.yml", f"noise: {noise}\n")
        with pytest.raises(OutsideFailed, match="No space left on device"):
            place.run()
        assert place.bytes() == before
        ansible(place.output)
        place.write("group_vars/compute.yml", "noise: no\n")
        assert place.run()["changed"]
        same(place)
    finally:
        subprocess.run(["umount", "-l", str(place.output.parent)], check=True)


# --- readers and writers at once


@pytest.mark.chaos
@pytest.mark.timeout(1200)
def test_a_reader_never_sees_a_broken_or_partial_inventory(place: Place) -> None:
    """Each of 200 states has one number in every file; every tenth has other hosts."""

    def state(number: int) -> None:
        place.write("20-roles", f"[control]\nnode-[1:{1 + number // 10}]\n")
        place.write("group_vars/control/1.yml", f"first: {number}\n")
        place.write(f"group_vars/control/{2 + number % 3}.yml", f"second: {number}\n")
        place.write("group_vars/all.yml", f"number: {number}\n")
        if number:
            old = f"inventory/group_vars/control/{2 + (number - 1) % 3}.yml"
            (place.repository / old).unlink()

    (place.repository / "inventory/group_vars/control.yml").unlink()
    state(0)
    place.run()
    failures: list[Any] = []
    reads, over = [0], threading.Event()

    def look() -> None:
        while not over.is_set():
            try:
                data = ansible(place.output.resolve())
                hostvars = data["_meta"]["hostvars"]
                number = hostvars["node-1"]["number"]
                wanted = {"number": number, "first": number, "second": number}
                assert len(hostvars) == 1 + number // 10
                assert all(each == wanted for each in hostvars.values())
                ansible(place.output)  # by the link itself: whole in any case
                reads[0] += 1
            except BaseException as failure:
                failures.append(failure)

    reader = threading.Thread(target=look)
    reader.start()
    try:
        for number in range(1, 201):
            state(number)
            assert place.run()["changed"]
    finally:
        over.set()
        reader.join()
    assert failures == []
    assert reads[0] > 20
    assert place.commits() == 201


_LOOP = """
import sys
from pathlib import Path
from osism.adapters.inventories import ReconciledInventory
from osism.adapters.inventories.loading import Loader
from osism.adapters.inventories.sources import FileLayers

base = Path(sys.argv[1])
made = ReconciledInventory(
    base / "out" / "inventory", FileLayers(base / "configuration", None, None), Loader()
)
number = int(sys.argv[2])
print("begin", flush=True)
while True:
    number += 1
    (base / "configuration/inventory/group_vars/control.yml").write_text(f"a: {number}\\n")
    made.reconcile((), lambda: None)
"""


@pytest.mark.chaos
def test_killed_at_any_moment_the_inventory_stands(place: Place, until: Until) -> None:
    place.run()
    chance = Random(7)
    for number in range(12):
        loop = subprocess.Popen(
            [sys.executable, "-c", _LOOP, str(place.path), str(1000 * number)],
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        assert loop.stdout
        loop.stdout.readline()
        sleep(chance.uniform(0.0, 3.5))
        os.killpg(loop.pid, signal.SIGKILL)
        loop.wait()
        loop.stdout.close()
        ansible(place.output)
    place.write("group_vars/control.yml", "a: 1\nlast: 1\n")
    assert place.run()["changed"]
    same(place)
    versions = place.output.with_name("inventory.versions")

    def cleaned() -> bool:
        """An Ansible that outlived what had started it may still make its own folder there."""
        place.run()
        return not list(versions.glob("new-*"))

    until(cleaned, 30)
    check = ["git", "-C", str(place.output.with_name("inventory.git")), "fsck", "--strict"]
    subprocess.run(check, check=True, capture_output=True)
