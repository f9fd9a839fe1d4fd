"""Every play that is shipped, run by Ansible on hosts over SSH."""

from __future__ import annotations

import hashlib
import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from osism.lab.processes import Lab
from tests.integration.managed_hosts import ManagedHosts, machines, managed_hosts

__all__ = ["machines", "managed_hosts"]  # fixtures

ROOT = Path(__file__).parents[2]
PLAYBOOKS = ROOT / "playbooks"
_ANSIBLE = Path(sys.executable).parent / "ansible-playbook"
_RESULT = re.compile(r"^TASK \[Result\] \*+\nok: \[\S+\] => (\{.*?^\})", re.MULTILINE | re.DOTALL)
_RECAP = re.compile(r"^(\S+) +: (ok=.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Ran:
    """How a play ended."""

    code: int
    text: str

    @property
    def hosts(self) -> dict[str, dict[str, int]]:
        """The recap: counts per host."""
        return {
            host: {word: int(number) for word, number in re.findall(r"(\w+)=(\d+)", counts)}
            for host, counts in _RECAP.findall(self.text)
        }

    @property
    def changed(self) -> int:
        """How many tasks changed something; the play must have succeeded."""
        assert self.code == 0, self.text
        assert self.hosts, self.text
        return sum(counts["changed"] for counts in self.hosts.values())

    def result(self) -> Any:
        """What the task Result printed."""
        found = re.search(
            r"^TASK \[Result\] \*+\nok: \[\S+\] => (\{.*?^\})", self.text, re.M | re.S
        )
        assert found, self.text
        return json.loads(found[1])["msg"]

    def failed(self, *words: str) -> None:
        """The play failed, and said these words."""
        assert self.code == 2, self.text
        told = " ".join(self.text.split())
        for each in words:
            assert each in told, self.text


def play(name: str, inventory: Path, *arguments: str, **variables: Any) -> Ran:
    """Run a shipped play with ansible-playbook."""
    environment = {key: value for key, value in os.environ.items() if "ANSIBLE" not in key} | {
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_NOCOLOR": "true",
        "ANSIBLE_PIPELINING": "true",
        "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.default",
    }
    command = [str(_ANSIBLE), "-i", str(inventory), "-e", json.dumps(variables), *arguments]
    try:
        ended = subprocess.run(
            [*command, str(PLAYBOOKS / f"{name}.yml")],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=inventory.parent,
            timeout=90,
        )
    except subprocess.TimeoutExpired as error:
        pytest.fail(f"{name} did not end: {error.output!r}")
    return Ran(ended.returncode, ended.stdout)


@pytest.fixture(scope="module")
def inventory(managed_hosts: ManagedHosts) -> Path:
    """Two hosts that share this machine's disk, the first one is the manager."""
    return managed_hosts.write_inventory(
        managed_hosts.folder / "inventory.yml", {"manager": ["host-1"]}
    )


@pytest.fixture
def manager(tmp_path: Path) -> Path:
    """The manager alone, on which Ansible runs."""
    host = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    path = tmp_path / "manager.yml"
    path.write_text(json.dumps({"manager": {"hosts": {"host-1": host}}}))
    return path


@pytest.fixture(scope="module")
def site(machines: ManagedHosts) -> Path:
    """Two machines that may be changed, the first one is the manager."""
    return machines.write_inventory(machines.folder / "inventory.yml", {"manager": ["host-1"]})


def test_all_plays_can_be_parsed(tmp_path: Path) -> None:
    inventory = tmp_path / "inventory"
    inventory.write_text("[generic]\nhost-1\n[manager]\nhost-1\n")
    plays = sorted(path.stem for path in PLAYBOOKS.glob("*-*.yml"))
    assert len(plays) >= 15
    first, *others = plays
    more = [str(PLAYBOOKS / f"{name}.yml") for name in others]
    checked = play(first, inventory, "--syntax-check", *more)
    assert checked.code == 0, checked.text
    page = (PLAYBOOKS / "README.md").read_text()
    assert [name for name in plays if f"`{name}`" not in page] == []


@pytest.mark.parametrize(
    ("name", "group"), [("generic-ping", "generic"), ("manager-configuration", "manager")]
)
def test_an_inventory_without_the_group_is_told(tmp_path: Path, name: str, group: str) -> None:
    inventory = tmp_path / "inventory"
    inventory.write_text("[web]\nhost-1\n")
    ended = play(name, inventory)
    assert ended.code != 0
    assert f"the inventory has no group {group}" in " ".join(ended.text.split())


def test_ping(managed_hosts: ManagedHosts, inventory: Path) -> None:
    ended = play("generic-ping", inventory)
    assert ended.changed == 0
    assert set(ended.hosts) == {"host-1", "host-2"}
    managed_hosts.stop("host-2")
    lost = play("generic-ping", inventory)
    managed_hosts.start("host-2")
    assert lost.code == 4, lost.text
    assert lost.hosts["host-2"]["unreachable"] == 1
    assert lost.hosts["host-1"]["ok"] == 1
    assert play("generic-ping", inventory, hosts_default_group="host-2").hosts.keys() == {"host-2"}


def test_a_host_with_another_key_is_not_trusted(
    managed_hosts: ManagedHosts, tmp_path: Path
) -> None:
    path = managed_hosts.write_inventory(tmp_path / "inventory.yml")
    keys = managed_hosts.known_hosts.read_text().split()
    (tmp_path / "swapped").write_text(f"{keys[0]} {keys[1]} {keys[5]}\n")
    text = path.read_text().replace(str(managed_hosts.known_hosts), f"{tmp_path}/swapped")
    # A connection that is open already would not ask.
    path.write_text(text.replace("ansible_control_path_dir: ", "ansible_control_path_dir: /none"))
    ended = play("generic-ping", path)
    assert ended.code == 4, ended.text
    assert ended.hosts["host-1"]["unreachable"] == 1


def test_facts(inventory: Path) -> None:
    ended = play("generic-facts", inventory, facts_gather_subset=["!all", "platform"])
    assert ended.changed == 0
    assert len(ended.text.splitlines()) < 20
    play("generic-facts", inventory, facts_gather_subset=["wrong"]).failed("Bad subset 'wrong'")


@pytest.mark.chaos
def test_dump_facts(inventory: Path, tmp_path: Path) -> None:
    into = tmp_path / "facts"
    assert (
        play("generic-dump-facts", inventory, "--check", dump_facts_directory=str(into)).code == 0
    )
    assert not into.exists()
    for _ in range(2):
        assert play("generic-dump-facts", inventory, dump_facts_directory=str(into)).changed == 0
    files = {path.name: path for path in into.iterdir()}
    assert files.keys() == {"host-1.json", "host-2.json"}
    assert files["host-1.json"].stat().st_mode & 0o777 == 0o600
    assert json.loads(files["host-2.json"].read_text())["kernel"] == os.uname().release
    wrong = play("generic-dump-facts", inventory, dump_facts_directory="facts")
    wrong.failed("dump_facts_directory has to be an absolute path, not facts")


ONE = ("--limit", "host-1")


@dataclass(frozen=True)
class Change:
    """A play that changes machines: its variables, what to look at and what is there afterwards."""

    name: str
    variables: Mapping[str, Any]
    look: str
    after: str
    wrong: Mapping[str, Any]
    told: str


CHANGES = [
    Change(
        "generic-hostname",
        {},
        "hostname; cat /etc/hostname",
        "host-1\nhost-1\n",
        {"hostname_name": "not_a_name"},
        "not_a_name is no host name",
    ),
    Change(
        "generic-hosts",
        {"hosts_additional_entries": {"api.example.com": "192.0.2.9"}},
        "grep -v '^#' /etc/hosts | tail -n 3",
        "127.0.0.1 host-1\n127.0.0.1 host-2\n192.0.2.9 api.example.com api\n",
        {"hosts_additional_entries": {"api": "192.0.2.9\n127.0.0.1 evil"}},
        "a dictionary from name to address",
    ),
    Change(
        "generic-hosts",
        {"hosts_type": "template", "hosts_interface": "lo", "hosts_ignore": ["host-2"]},
        "grep -v '^#' /etc/hosts | sed -n '1p;$p'; ls /etc | grep -c ^hosts.*~",
        "127.0.0.1 localhost\n127.0.0.1 host-1\n2\n",
        {"hosts_type": "fast"},
        "hosts_type has to be block or template",
    ),
    Change(
        "generic-timezone",
        {"timezone_name": "Europe/Berlin"},
        "date -d 2026-07-01 +%Z; cat /etc/timezone",
        "CEST\nEurope/Berlin\n",
        {"timezone_name": "Europe/Atlantis"},
        "the host knows no time zone Europe/Atlantis",
    ),
    Change(
        "generic-sysctl",
        {
            "sysctl_defaults": {"generic": [{"name": "kernel.msgmax", "value": 8193}]},
            "sysctl_extra": {
                "manager": [{"name": "kernel.sem", "value": "32001 1024000000 500 32000"}],
                "compute": [{"name": "kernel.msgmax", "value": 1}],
            },
        },
        "sysctl -n kernel.msgmax kernel.sem; grep -v '^#' /etc/sysctl.d/99-osism.conf",
        "8193\n32001\t1024000000\t500\t32000\nkernel.msgmax = 8193\n"
        "kernel.sem = 32001 1024000000 500 32000\n",
        {"sysctl_extra": {"generic": [{"name": "kernel.nothing", "value": 1}]}},
        "the kernel does not know kernel.nothing",
    ),
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.name)
def test_a_play_that_changes_machines(machines: ManagedHosts, site: Path, change: Change) -> None:
    outside = socket.gethostname(), Path("/etc/hosts").read_bytes()
    before = machines.run("host-1", f"({change.look}) 2>/dev/null || :")
    assert play(change.name, site, *ONE, "--check", **change.variables).changed > 0
    assert machines.run("host-1", f"({change.look}) 2>/dev/null || :") == before != change.after
    play(change.name, site, *ONE, "--check", **change.wrong).failed(change.told)
    assert play(change.name, site, *ONE, **change.variables).changed > 0
    assert machines.run("host-1", change.look) == change.after
    assert play(change.name, site, *ONE, **change.variables).changed == 0
    assert (socket.gethostname(), Path("/etc/hosts").read_bytes()) == outside


def test_malformed_names_are_refused_before_anything_happens(site: Path) -> None:
    play("generic-timezone", site, *ONE, timezone_name="../../etc/passwd").failed(
        "cannot be a time zone"
    )
    named = {"generic": [{"name": "-p", "value": "x"}]}
    play("generic-sysctl", site, *ONE, sysctl_extra=named).failed("a name as vm.swappiness")
    play("generic-packages", site, *ONE, required_packages="--force").failed("a list of names")


@pytest.mark.chaos
def test_known_hosts(machines: ManagedHosts, site: Path) -> None:
    variables = {"operator_user": "root", "known_hosts_destination": "/root/known/.ssh"}
    look = "sort /root/known/.ssh/known_hosts"
    assert play("generic-known-hosts", site, "--check", **variables).code == 0
    assert machines.run("host-1", f"{look} 2>/dev/null || :") == ""
    assert play("generic-known-hosts", site, **variables).changed > 0
    lines = machines.run("host-1", look).splitlines()
    ports = machines.ports.items()
    names = [each for host, port in ports for each in (f"[127.0.0.1]:{port}", f"[{host}]:{port}")]
    assert sorted(line.split()[0] for line in lines) == sorted(names)
    assert set(machines.known_hosts.read_text().splitlines()) <= set(lines)
    assert play("generic-known-hosts", site, **variables).changed == 0
    # A key that is known stays, also when the host shows another one.
    name, kind, _ = lines[0].split()
    key = next(line.split()[2] for line in lines if line.split()[2] not in lines[0])
    other = f"{name} {kind} {key}"
    machines.run(
        "host-1", f"sed -i 's#^{re.escape(name)} .*#{other}#' /root/known/.ssh/known_hosts"
    )
    assert play("generic-known-hosts", site, **variables).changed == 0
    again = play("generic-known-hosts", site, known_hosts_scan_again=True, **variables)
    assert again.changed > 0
    assert machines.run("host-1", look).splitlines() == lines
    wrong = play("generic-known-hosts", site, known_hosts_list=["host-9"], **variables)
    wrong.failed("known_hosts_list may name hosts of the inventory only")


def test_known_hosts_of_a_host_that_is_down(machines: ManagedHosts, site: Path) -> None:
    machines.stop("host-2")
    variables = {"operator_user": "root", "known_hosts_destination": "/root/down"}
    ended = play("generic-known-hosts", site, known_hosts_timeout=1, **variables)
    machines.start("host-2")
    ended.failed("no key was got from host-2")
    assert str(machines.ports["host-1"]) in machines.run("host-1", "cat /root/down/known_hosts")


_CONTROL = """Package: osism-test-empty
Version: 1.0
Architecture: all
Maintainer: nobody <nobody@example.com>
Description: nothing at all
"""


@pytest.mark.skipif(not Path("/usr/bin/apt-get").exists(), reason="no apt here")
def test_packages(machines: ManagedHosts, site: Path) -> None:
    """From a repository of one empty package, on the disk of the machine itself."""
    repository, tree = machines.folder / "repository", machines.folder / "tree"
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "DEBIAN" / "control").write_text(_CONTROL)
    repository.mkdir()
    package = repository / "osism-test-empty.deb"
    subprocess.run(["dpkg-deb", "--build", tree, package], check=True, stdout=subprocess.DEVNULL)
    content = package.read_bytes()
    (repository / "Packages").write_text(
        f"{_CONTROL}Filename: ./{package.name}\nSize: {len(content)}\n"
        f"SHA256: {hashlib.sha256(content).hexdigest()}\n\n"
    )
    # Nothing but this repository: the test asks no server.
    for name in machines.names:
        machines.run(
            name,
            "rm -rf /etc/apt/sources.list.d/* /var/lib/apt/lists/* /etc/apt/apt.conf.d/*; "
            f"echo 'deb [trusted=yes] file:{repository} ./' > /etc/apt/sources.list; "
            "echo 'APT::Sandbox::User \"root\";' > /etc/apt/apt.conf.d/90test; apt-get -qq update",
        )
    variables = {"required_packages": ["osism-test-empty"]}
    look = "dpkg-query -W -f '${Status}' osism-test-empty 2>/dev/null || :"
    assert play("generic-packages", site, *ONE, "--check", **variables).changed == 1
    assert machines.run("host-1", look) == ""
    assert play("generic-packages", site, *ONE, **variables).changed == 1
    assert machines.run("host-1", look) == "install ok installed"
    assert play("generic-packages", site, *ONE, **variables).changed == 0
    wrong = play("generic-packages", site, *ONE, required_packages=["osism-test-none"])
    wrong.failed("No package matching 'osism-test-none' is available")


def test_reboot(machines: ManagedHosts, site: Path) -> None:
    def boots() -> list[str]:
        look = "cat /proc/sys/kernel/random/boot_id"
        return [machines.run(name, look).strip() for name in machines.names]

    before = boots()
    play("generic-reboot", site).failed("this reboots host-1, host-2", "ireallymeanit=yes")
    assert play("generic-reboot", site, "--check").changed == 2
    assert boots() == before
    quick = {"reboot_pre_reboot_delay": 0, "reboot_post_reboot_delay": 0, "reboot_timeout": 30}
    ended = play("generic-reboot", site, "-e", "ireallymeanit=yes", **quick)
    assert ended.changed == 2
    assert ended.text.count("PLAY [Reboot hosts]") == 2  # one after the other
    assert set(boots()).isdisjoint(before)


@pytest.fixture
def upstream(tmp_path: Path) -> Path:
    """A configuration repository with one commit."""
    path = tmp_path / "upstream"
    git(tmp_path, "init", "-q", "-b", "main", "upstream")
    commit(path, "inventory", "one")
    return path


def git(where: Path, *words: str) -> str:
    ended = subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@example.com", *words],
        cwd=where,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.strip()


def commit(where: Path, file: str, content: str) -> str:
    (where / file).write_text(content)
    git(where, "add", file)
    git(where, "commit", "-q", "-m", content)
    return git(where, "rev-parse", "HEAD")


@pytest.mark.chaos
def test_configuration(
    managed_hosts: ManagedHosts, manager: Path, upstream: Path, tmp_path: Path
) -> None:
    here = tmp_path / "configuration"
    variables: dict[str, Any] = {
        "configuration_directory": str(here),
        "configuration_type": "git",
        "configuration_git_host": "127.0.0.1",
        "configuration_git_port": managed_hosts.ports["host-2"],
        "configuration_git_protocol": "ssh",
        "configuration_git_repository": str(upstream),
        "configuration_git_username": managed_hosts.user,
        "configuration_git_private_key_file": str(tmp_path / "key"),
        "configuration_git_private_key": managed_hosts.key.read_text(),
        "configuration_git_ssh_options": [
            *("-F", "none", "-o", f"UserKnownHostsFile={managed_hosts.known_hosts}")
        ],
        "operator_user": managed_hosts.user,
    }

    def pull(*arguments: str, **more: Any) -> Ran:
        return play("manager-configuration", manager, *arguments, **(variables | more))

    assert pull("--check").code == 0
    assert not here.exists()
    assert pull().changed > 0
    assert (here / "inventory").read_text() == "one"
    again = pull("--diff", "-v")
    assert again.changed == 0
    assert "PRIVATE" not in again.text

    two = commit(upstream, "inventory", "two")
    git(upstream, "tag", "v2")
    (here / "inventory").write_text("by hand")
    pull().failed("was changed on this host", "M inventory")
    assert (here / "inventory").read_text() == "by hand"
    git(here, "checkout", "-q", "inventory")
    assert pull().changed == 1
    assert git(here, "rev-parse", "HEAD") == two

    # A file that git does not know of, in the way of one of upstream.
    commit(upstream, "secrets", "theirs")
    (here / "secrets").write_text("ours")
    pull().failed("would be overwritten by checkout")
    assert (here / "secrets").read_text() == "ours"
    assert git(here, "rev-parse", "HEAD") == two
    (here / "secrets").unlink()
    one = git(upstream, "rev-parse", "v2~1")
    assert pull(configuration_git_version=one).changed == 1
    assert git(here, "rev-parse", "HEAD") == one

    made = commit(here, "mine", "a commit of mine")
    pull().failed("was changed on this host", "a commit of mine")
    assert git(here, "rev-parse", "HEAD") == made

    git(here, "checkout", "-q", "v2")
    pull(configuration_git_version="none").failed("has no branch, tag or commit none")
    pull(configuration_git_version="--force").failed("configuration_git_version has to be")
    pull(configuration_type="svn").failed("configuration_type has to be git")
    pull(configuration_git_repository="/nowhere").failed("could not be fetched", "/nowhere")


def test_bifrost_command(manager: Path, tmp_path: Path) -> None:
    client = tmp_path / "client"
    client.write_text(
        f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\n'
        'case "$*" in *json) echo \'[{"name": "node-1"}]\';; *) echo "as text; $4";; esac\n'
    )
    client.chmod(0o755)

    def run(*arguments: Any, **more: Any) -> Ran:
        variables = {"bifrost_command": [str(client)], "bifrost_arguments": list(arguments)}
        return play("manager-bifrost-command", manager, **(variables | more))

    listed = run("baremetal", "node", "list")
    assert listed.changed == 0
    assert listed.result() == [{"name": "node-1"}]
    done = run("baremetal", "node", "manage", "a; touch /tmp/never $(id)")
    assert done.changed == 1
    assert done.result() == "as text; a; touch /tmp/never $(id)"
    assert run("baremetal", "node", "list", "-f", "value").result().startswith("as text")
    assert (tmp_path / "asked").read_text().splitlines() == [
        "baremetal node list -f json",
        "baremetal node manage a; touch /tmp/never $(id)",
        "baremetal node list -f value",
    ]
    run(bifrost_arguments="baremetal node list").failed("have to be lists of words")
    name = "manager-bifrost-command"
    checked = play(name, manager, "--check", bifrost_command=[str(client)])
    assert checked.changed == 0
    assert len((tmp_path / "asked").read_text().splitlines()) == 3


def test_bifrost_deploy(manager: Path) -> None:
    def deploy(*words: str) -> Ran:
        return play("manager-bifrost-deploy", manager, bifrost_deploy_command=list(words))

    first = deploy("echo", "localhost : ok=9 changed=3")
    assert first.changed == 1
    assert first.result() == "localhost : ok=9 changed=3"
    assert deploy("echo", "localhost : ok=9 changed=0").changed == 0
    deploy("sh", "-c", "echo no such server >&2; exit 3").failed("no such server")
    deploy().failed("bifrost_deploy_command has to be a list of words")
    checked = play("manager-bifrost-deploy", manager, "--check")
    assert checked.changed == 0


@pytest.mark.chaos
def test_netbox_of_a_site(manager: Path, tmp_path: Path) -> None:
    with Lab(tmp_path / "lab"):
        command = [
            "env",
            f"OSISM_CONFIG={tmp_path}/lab/osism.yml",
            sys.executable,
            "-m",
            "osism.main",
        ]

        def run(name: str, *arguments: str, **more: Any) -> Ran:
            return play(name, manager, *arguments, **({"osism_command": command} | more))

        assert run("netbox-local-init").changed == 2
        assert run("netbox-local-init").changed == 0
        subprocess.run(
            [*command, "netbox", "connect", "fabric"], check=True, stdout=subprocess.DEVNULL
        )
        rack = {"rack": "rack-1", "rack_state": "a"}
        run("netbox-local-rack", "--check", **rack)
        assert run("netbox-local-rack", **rack).changed == 1
        assert run("netbox-local-rack", **rack).changed == 0
        run("netbox-local-rack", rack="rack-9", rack_state="a").failed("rack-9")
        run("netbox-local-rack", rack="--enforce").failed("say which rack")
        run("netbox-local-init", osism_command="osism").failed("has to be a list of words")
