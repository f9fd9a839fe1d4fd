"""The kolla worker with kolla-ansible, the ceph worker with plays of ceph-ansible's layout.

There is no container engine: what needs one has to say so.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
import yaml

from osism.domain.texts import plain
from tests.e2e.conftest import Answer, wait_until
from tests.e2e.kolla import CONFIGURATION, Kolla, kolla, secrets_of
from tests.e2e.runs import LOCAL, Runs, RunsLab, alive

VAULT_PASSWORD = "correct horse battery staple"


class KollaSite(Runs):
    """A site whose one worker has kolla-ansible; its passwords are vaulted."""

    def __init__(self, lab: RunsLab, runtime: Kolla, passwords: str) -> None:
        super().__init__(lab)
        self.runtime = runtime
        self.passwords = passwords
        self.folder = self.environments / "kolla"
        self.out = lab.directory / "out"

    def both(self, *words: str, kolla: tuple[str, ...]) -> tuple[str, Answer, Answer]:
        """The job's id and what we say; what kolla-ansible says by itself, at the same time, with
        the same configuration in another folder. Neither finds what was made before."""
        for each in (self.out, Path(f"{self.out}-plain")):
            shutil.rmtree(each, ignore_errors=True)
            each.mkdir()
        job = self.queue(*words)
        theirs = self.plain_kolla(*kolla)
        ours = self.follow(job, "--format", "script")
        return job, ours, theirs

    def plain_kolla(self, *words: str) -> Answer:
        other = self.lab.directory / "plain"
        if not other.exists():
            other.mkdir()
            text = (self.folder / "configuration.yml").read_text()
            text = text.replace(str(self.out), f"{self.out}-plain")
            (other / "globals.yml").write_text(text)
            (other / "passwords.yml").write_text(self.passwords)
        inventory = str(self.inventory / "hosts")
        done = self.runtime.run("kolla-ansible", *words, "-i", inventory, "--configdir", str(other))
        return Answer(
            done.code,
            done.out.replace(str(other), str(self.folder)).replace(
                f"{self.out}-plain", str(self.out)
            ),
            done.err,
        )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KollaSite]:
    runtime = kolla()
    directory = tmp_path_factory.mktemp("kolla")
    for folder in ("empty/inventory", "empty/environments/kolla", "out"):
        (directory / folder).mkdir(parents=True)
    passwords = runtime.passwords(directory)
    settings = {"runtimes": {"kolla": runtime.runtime}, "vault_key": str(directory / "vault.key")}
    with KollaLab(directory, settings) as lab:
        runs = KollaSite(lab, runtime, passwords)
        runs.write("inventory/hosts", runtime.inventory)
        values = CONFIGURATION | {"node_config_directory": str(runs.out)}
        runs.write("environments/kolla/configuration.yml", yaml.safe_dump(values))
        runs.write("environments/kolla/images.yml", "docker_namespace: lab\n")
        secrets = runs.write("environments/kolla/secrets.yml", passwords)
        _vault(runs, secrets)
        yield runs


class KollaLab(RunsLab):
    workers = ("kolla",)


def _vault(runs: KollaSite, file: Path) -> None:
    """Set the vault password as an operator does, and encrypt a file as Ansible does."""
    for words, env in (
        ([sys.executable, "-m", "osism.main", "vault", "password", "set"], runs.lab.environment),
        (
            [str(runs.runtime.programs / "ansible-vault"), "encrypt", str(file),
             "--vault-password-file", "/dev/stdin"],
            dict(os.environ),
        ),
    ):  # fmt: skip
        done = subprocess.run(
            words, env=env, input=f"{VAULT_PASSWORD}\n", capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    assert file.read_text().startswith("$ANSIBLE_VAULT;")


def recap(text: str) -> dict[str, dict[str, int]]:
    """Host -> counts, as Ansible prints them last."""
    rows = plain(text).rpartition("PLAY RECAP")[2].splitlines()[1:]
    counted = (row.partition(" : ") for row in rows if " : ok=" in row)
    return {
        host.strip(): {name: int(number) for name, number in re.findall(r"(\w+)=(\d+)", counts)}
        for host, _, counts in counted
    }


def tasks(text: str) -> list[str]:
    """What was played, in order."""
    return re.findall(r"^(?:PLAY|TASK) \[(.*)\]", plain(text), re.MULTILINE)


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(each.relative_to(folder)): each.read_bytes()
        for each in sorted(folder.rglob("*"))
        if each.is_file()
    }


# --- what runs to its end -------------------------------------------------------------------------


@pytest.mark.chaos
@pytest.mark.parametrize(
    ("role", "again", "folder", "made"),
    [
        ("certificates", "kolla-certificates", "certificates",
         {"ca/root.crt", "haproxy.pem", "haproxy-internal.pem"}),
        ("octavia-certificates", "octavia-certificates", "config/octavia",
         {"client.cert-and-key.pem", "client_ca.cert.pem", "server_ca.cert.pem",
          "server_ca.key.pem"}),
    ],
)  # fmt: skip
def test_certificates_are_made_as_by_kolla_ansible(
    site: KollaSite, role: str, again: str, folder: str, made: set[str]
) -> None:
    job, ours, theirs = site.both(role, kolla=(role,))
    assert (ours.code, theirs.code) == (0, 0), (ours, theirs)
    assert tasks(ours.out) == tasks(theirs.out)
    assert recap(ours.out) == recap(theirs.out)
    assert recap(ours.out)["localhost"]["changed"] > 5
    here, there = files(site.folder / folder), files(site.lab.directory / "plain" / folder)
    assert set(here) == set(there)
    assert made <= set(here)
    second = site.osism("apply", again, "--format", "script")
    assert second.code == 0, second
    assert recap(second.out)["localhost"]["changed"] == 0
    assert files(site.folder / folder) == here
    assert site.run(job)["hosts"] == recap(theirs.out)


# --- what needs containers says so ----------------------------------------------------------------


@pytest.mark.chaos
@pytest.mark.parametrize(
    ("role", "action", "kollas"),
    [("keystone", "config", "genconfig"), ("keystone", "precheck", "prechecks")],
)
def test_an_action_goes_as_far_as_with_kolla_ansible(
    site: KollaSite, role: str, action: str, kollas: str
) -> None:
    job, ours, theirs = site.both(role, "-a", action, kolla=(kollas, "--tags", role))
    assert ours.code == theirs.code, (ours, theirs)
    # Facts that are in the cache are not gathered again.
    assert [each for each in tasks(ours.out) if "facts" not in each.lower()] == [
        each for each in tasks(theirs.out) if "facts" not in each.lower()
    ]
    for counts, wanted in zip(recap(ours.out).items(), recap(theirs.out).items(), strict=True):
        assert counts[0] == wanted[0]
        assert {k: counts[1][k] for k in ("changed", "failed", "unreachable")} == {
            k: wanted[1][k] for k in ("changed", "failed", "unreachable")
        }
    record, run = site.record(job), site.run(job)
    assert record["exit_code"] == run["exit_code"] == ours.code
    if ours.code:
        assert record["reason"] == run["reason"] == "failed: localhost"
        failed = [e for e in site.events(job) if e["kind"] == "result" and e["status"] == "failed"]
        assert failed[-1]["host"] == "localhost"
        assert failed[-1]["message"]
        assert action == "precheck"
        assert "docker" in failed[-1]["message"]


def test_revoke_in_the_middle_of_a_long_action_leaves_no_process(site: KollaSite) -> None:
    job = site.queue("site", "-e", "kolla", "-a", "genconfig")
    wait_until(lambda: sum(e["kind"] == "task" for e in site.events(job)) > 12, 90)
    processes = site.ansible()
    assert processes
    assert site.osism("task", "revoke", job).code == 0
    assert site.follow(job, within=30).code == 130
    assert not alive(processes)
    wait_until(lambda: not site.ansible(), 10)
    assert (site.record(job)["state"], site.run(job)["status"]) == ("revoked", "revoked")


# --- passwords ------------------------------------------------------------------------------------


class CommandLines(threading.Thread):
    """Everything that stands in a process list while it looks."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.over = threading.Event()
        self.seen: set[bytes] = set()

    def run(self) -> None:
        while not self.over.wait(0.05):
            for file in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    self.seen.add(file.read_bytes())
                except OSError:
                    continue

    def __enter__(self) -> CommandLines:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.join()


def in_redis(url: str) -> Iterator[bytes]:
    """Everything that is kept there."""
    client: Any = redis.Redis.from_url(url)
    for key in client.scan_iter(count=1000):
        yield key
        match client.type(key):
            case b"string":
                yield client.get(key) or b""
            case b"hash":
                yield from (part for pair in client.hgetall(key).items() for part in pair)
            case b"stream":
                yield from (b for _, e in client.xrange(key) for pair in e.items() for b in pair)
            case b"list":
                yield from client.lrange(key, 0, -1)
            case b"set":
                yield from client.smembers(key)
            case b"zset":
                yield from client.zrange(key, 0, -1)
            case b"none":
                continue
            case kind:
                raise AssertionError(f"key {key!r} is a {kind!r}")


@pytest.mark.chaos
def test_no_password_is_seen_anywhere(site: KollaSite) -> None:
    """Also where Ansible shows differences of files full of them."""
    secrets = [each.encode() for each in secrets_of(site.passwords)]
    assert len(secrets) > 200
    with CommandLines() as lines:
        answer = site.osism("apply", "keystone", "-a", "config", "--diff", "--", "-v")
    assert answer.code == 0, answer
    made = b"".join(files(site.out).values())
    used = [each for each in secrets if each in made]
    assert len(used) >= 2, "the files that were made have passwords in them"
    assert "********" in answer.out, "and their differences were shown"
    logs = b"".join(each.read_bytes() for each in site.lab.directory.glob("*.log"))
    journal = b"".join(each.read_bytes() for each in site.lab.directory.glob("osism.db*"))
    assert site.lab.redis
    kept = b"\n".join(in_redis(site.lab.redis.url))
    assert b"keystone" in kept
    assert b"keystone" in journal
    places = {
        "output": answer.out.encode() + answer.err.encode(),
        "log": logs,
        "journal": journal,
        "Redis": kept,
        "process list": b"\n".join(lines.seen),
    }
    forbidden = [*secrets, VAULT_PASSWORD.encode()]
    found = {place: [each for each in forbidden if each in text] for place, text in places.items()}
    assert not any(found.values()), {place: len(each) for place, each in found.items()}


# --- the cache of facts ---------------------------------------------------------------------------


def test_a_runtime_without_the_library_of_redis_plays_without_the_cache(tmp_path: Path) -> None:
    """It says so once, and gathers what it needs itself."""
    runtime = kolla()
    (tmp_path / "redis.py").write_text("raise ImportError('there is none')\n")
    play = tmp_path / "play.yml"
    hosts = "[all]\n" + "".join(
        f"host-{n} ansible_connection=local ansible_python_interpreter={sys.executable}\n"
        for n in range(3)
    )
    (tmp_path / "hosts").write_text(hosts)
    task = {"ansible.builtin.debug": {"msg": "{{ ansible_facts.kernel }}"}}
    document = {"hosts": "all", "gather_subset": ["!all"], "tasks": [task]}
    play.write_text(yaml.safe_dump([document, document]))
    plugins = Path(__file__).parents[2] / "osism" / "adapters" / "ansible" / "plugins" / "cache"
    done = subprocess.run(
        [str(runtime.programs / "ansible-playbook"), "-i", str(tmp_path / "hosts"), str(play)],
        env=os.environ
        | {
            "PYTHONPATH": str(tmp_path),
            "ANSIBLE_CACHE_PLUGINS": str(plugins),
            "ANSIBLE_CACHE_PLUGIN": "osism_redis",
            "ANSIBLE_CACHE_PLUGIN_CONNECTION": "redis://:hidden@127.0.0.1:9/0",
            "COLUMNS": "300",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done
    assert done.stderr.count("facts are not cached") == 1
    assert "this Python has no library redis" in done.stderr
    assert "hidden" not in done.stderr + done.stdout
    assert all(counts["failed"] == 0 for counts in recap(done.stdout).values())


# --- ceph -----------------------------------------------------------------------------------------

#: As ceph-ansible's: a play for each group of daemons and one for all of them.
CEPH = {
    "ceph-mons": "mons",
    "osds": "osds",
    "site": "mons:osds",
}


@pytest.fixture(scope="module")
def ceph(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    """A site whose ceph worker is told by its environment where its plays are."""
    directory = tmp_path_factory.mktemp("ceph")
    plays = directory / "ceph-ansible"
    (plays / "roles" / "ceph-log" / "tasks").mkdir(parents=True)
    told = ["fsid", "ceph_stable_release", "public_network", "mon_key", "inventory_hostname"]
    document: list[dict[str, Any]] = [
        {
            "name": "told",
            "ansible.builtin.debug": {
                "msg": "{{ dict(names | zip(names | map('extract', vars))) }}"
            },
            "vars": {"names": told},
        },
        {"name": "install", "ansible.builtin.debug": {"msg": "packages"}, "tags": "with_pkg"},
    ]
    (plays / "roles" / "ceph-log" / "tasks" / "main.yml").write_text(yaml.safe_dump(document))
    for name, hosts in CEPH.items():
        play = {"hosts": hosts, "gather_facts": False, "roles": ["ceph-log"]}
        (plays / f"{name}.yml").write_text(yaml.safe_dump([play]))
    (directory / "empty" / "inventory").mkdir(parents=True)
    (directory / "empty" / "environments").mkdir()
    with CephLab(directory, {}) as lab:
        runs = Runs(lab)
        runs.write(
            "inventory/hosts",
            f"[mons]\nmon-1 {LOCAL}\n[osds]\nosd-1 {LOCAL}\nosd-2 {LOCAL}\n",
        )
        runs.write(
            "environments/configuration.yml", "fsid: everywhere\npublic_network: 10.0.0.0/8\n"
        )
        runs.write("environments/ceph/configuration.yml", "fsid: of-ceph\n")
        runs.write("environments/ceph/images.yml", "ceph_stable_release: reef\n")
        runs.write("environments/ceph/secrets.yml", "mon_key: AQBzZ2VjcmV0LW9mLW1vbnM=\n")
        yield runs


class CephLab(RunsLab):
    """Its worker starts with OSISM_PLAYBOOKS in its environment, as in an image."""

    workers = ("ceph",)

    def _spawn(self, name: str, command: list[str]) -> subprocess.Popen[bytes]:
        plays = f"OSISM_PLAYBOOKS={self.directory / 'ceph-ansible'}"
        return super()._spawn(name, ["env", plays, *command])


@pytest.mark.parametrize("role", ["ceph-mons", "mons"])
def test_a_role_of_ceph(ceph: Runs, role: str) -> None:
    answer = ceph.osism("apply", role, "--format", "script")
    assert answer.code == 0, answer
    assert set(recap(answer.out)) == {"mon-1"}
    for told in ('"fsid": "of-ceph"', '"ceph_stable_release": "reef"', "10.0.0.0/8"):
        assert told in answer.out
    assert "AQBzZ2VjcmV0LW9mLW1vbnM=" not in answer.out
    assert "TASK [ceph-log : told]" in answer.out
    assert "install" not in answer.out, "packages are not ceph's runtime's business"


def test_the_whole_of_ceph(ceph: Runs) -> None:
    answer = ceph.osism("apply", "site", "-e", "ceph", "-l", "osds", "--format", "script")
    assert answer.code == 0, answer
    assert set(recap(answer.out)) == {"osd-1", "osd-2"}
    listed = ceph.osism("apply", "--format", "json").json["environments"]["ceph"]
    assert listed == ["mons", "osds", "site"]
    refused = ceph.osism("apply", "mons", "-a", "deploy")
    assert (refused.code, "environment kolla" in refused.err) == (2, True)
