"""Inventories as the real ``ansible-inventory`` reads them."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread

import pytest
import redis

from osism import wiring
from osism.adapters.hosts import AnsibleInventory, checked_hosts, program
from osism.adapters.vault import password_descriptor
from osism.domain.access import Caller, Role
from osism.domain.errors import Invalid, Misconfigured, NotFound, OutsideFailed
from osism.lab.redis import EmbeddedRedis
from osism.main import main
from osism.services.api.routers.hosts import get_variables
from osism.settings import settings

REAL = Path(__file__).parents[1] / "data" / "cloud-in-a-box"
PASSWORD = "correct-horse-battery-staple"

Site = Callable[[Path], None]


@pytest.fixture
def site(
    redis_server: EmbeddedRedis,
    redis_client: redis.Redis,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Site]:
    """Settings that name a configuration repository."""

    def use(configuration: Path) -> None:
        file = tmp_path / "osism.yml"
        file.write_text(
            f"redis_url: {redis_server.url}\nvault_key: {tmp_path}/vault.key\n"
            f"configuration: {configuration}\n"
        )
        monkeypatch.setenv("OSISM_CONFIG", str(file))
        settings.cache_clear()
        wiring.forget()

    yield use
    settings.cache_clear()
    wiring.forget()


def test_a_published_configuration(site: Site, capfd: pytest.CaptureFixture[str]) -> None:
    site(REAL)
    assert main(["get", "hosts", "-f", "json"]) == 0
    rows = json.loads(capfd.readouterr().out)
    assert [row["Host"] for row in rows] == ["cumulus"]
    assert {"generic", "manager", "control", "ceph-rgw", "ceph-resource"} <= set(rows[0]["Groups"])
    assert main(["get", "hosts", "-l", "compute:!cumul*", "-f", "value"]) == 0
    assert capfd.readouterr().out == ""
    variable = "cephfs_data_pool.name"
    assert main(["get", "hostvars", "cumulus", variable, "-f", "value"]) == 0
    assert capfd.readouterr().out == "cephfs_data\n"
    assert main(["get", "hostvars", "cumulos"]) == 2
    assert "did you mean 'cumulus'" in capfd.readouterr().err


@pytest.fixture(scope="session")
def vaulted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A configuration repository with a vaulted file of variables and a vaulted value."""
    root = tmp_path_factory.mktemp("vaulted")
    (root / "inventory" / "host_vars" / "one").mkdir(parents=True)
    (root / "inventory" / "hosts").write_text("[web]\none\n[site:children]\nweb\n")
    with password_descriptor(PASSWORD) as descriptor:
        words = ["encrypt", "--vault-password-file", f"/proc/self/fd/{descriptor}", "-"]
        made = subprocess.run(
            [program("ansible-vault"), *words],
            input="db_password: hunter2\nport: 3306\n",
            capture_output=True,
            check=True,
            text=True,
            pass_fds=[descriptor],
            env={**os.environ, "HOME": str(root), "LC_ALL": "C.UTF-8"},
            timeout=60,
        )
    (root / "inventory" / "host_vars" / "one" / "secrets.yml").write_text(made.stdout)
    return root


def test_a_vaulted_inventory(vaulted: Path, site: Site, capfd: pytest.CaptureFixture[str]) -> None:
    site(vaulted)
    assert main(["get", "hostvars", "one"]) == 1
    assert "vault" in capfd.readouterr().err.lower()
    wiring.vault_password().set(PASSWORD)
    assert main(["get", "hostvars", "one", "-f", "json"]) == 0
    assert json.loads(capfd.readouterr().out) == {"db_password": "********", "port": 3306}
    assert main(["get", "hosts", "-f", "value"]) == 0
    assert capfd.readouterr().out == "one site, web\n"


def test_what_is_vaulted_is_not_for_whoever_may_look(vaulted: Path, site: Site) -> None:
    site(vaulted)
    wiring.vault_password().set(PASSWORD)
    plain = vaulted / "inventory" / "host_vars" / "one" / "plain.yml"
    plain.write_text("color: blue\nport: 1\n")
    try:
        told = asyncio.run(get_variables("one", Caller("somebody", Role.READER))).variables
    finally:
        plain.unlink()
    assert told == {"color": "blue", "db_password": "********", "port": "********"}


def test_nobody_sees_the_password_in_the_process_list(vaulted: Path) -> None:
    inventory = AnsibleInventory(vaulted / "inventory", vaulted, password=lambda: PASSWORD)
    ended, seen = Event(), set()

    def look() -> None:
        while not ended.wait(0.005):
            for process in Path("/proc").glob("[0-9]*"):
                for name in ("cmdline", "environ"):
                    try:
                        text = (process / name).read_bytes()
                    except OSError:
                        continue
                    assert PASSWORD.encode() not in text
                    if name == "cmdline" and b"ansible-inventory" in text:
                        seen.add(text)

    looking = Thread(target=look)
    looking.start()
    try:
        assert inventory.variables("one")["db_password"] == "hunter2"
    finally:
        ended.set()
        looking.join()
    assert any(b"--vault-password-file\0/proc/self/fd/" in each for each in seen)


def test_what_can_be_wrong(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="no such file"):
        AnsibleInventory(tmp_path / "none", tmp_path).groups()
    with pytest.raises(Misconfigured, match="has no program ansible-inventory"):
        AnsibleInventory(tmp_path, tmp_path, ansible=tmp_path).groups()
    (tmp_path / "hosts").write_text("one\n")
    slow = tmp_path / "ansible-inventory"
    slow.write_text("#!/bin/sh\nsleep 60 & sleep 60\n")
    slow.chmod(0o755)
    with pytest.raises(OutsideFailed, match="did not answer within"):
        AnsibleInventory(tmp_path / "hosts", tmp_path, tmp_path, timeout=0.2).groups()
    slow.write_text("#!/bin/sh\necho the reason >&2\nexit 3\n")
    with pytest.raises(OutsideFailed, match=r"(?s)ended with 3: the reason"):
        AnsibleInventory(tmp_path / "hosts", tmp_path, tmp_path).groups()
    slow.unlink()
    with pytest.raises(NotFound, match="did you mean 'one'"):
        AnsibleInventory(tmp_path / "hosts", tmp_path).variables("onne")


@pytest.mark.parametrize(
    "host", ["", "-v", "a b", "a;b", "$(a)", "@file", "a\nb", "a/b", "x" * 300]
)
def test_no_hosts(host: str) -> None:
    with pytest.raises(Invalid):
        checked_hosts(host)


@pytest.mark.parametrize("host", ["node-1", "a.b.c", "all:!web:&x", "node-[1:3]", "~web.*", "a,b"])
def test_hosts(host: str) -> None:
    assert checked_hosts(host) == host


# --- the console


def console(site_words: list[str], typed: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "osism.main", "console", *site_words],
        input=typed,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_python_with_the_variables_of_a_host(vaulted: Path, site: Site) -> None:
    site(vaulted)
    wiring.vault_password().set(PASSWORD)
    done = console(["--type", "python", "one"], "print(host, hostvars['port'])\n")
    assert "one 3306" in done.stdout, done.stderr


def test_the_console_of_python_knows_the_host_or_does_not_open(vaulted: Path, site: Site) -> None:
    site(vaulted)
    wiring.vault_password().set(PASSWORD)
    done = console(["--type", "python", "nosuch"], "print(5 * 5)\n")
    assert (done.returncode, done.stdout) == (2, "")
    assert "osism: host 'nosuch': not in" in done.stderr


def test_the_console_of_ansible(vaulted: Path, site: Site) -> None:
    site(vaulted)
    wiring.vault_password().set(PASSWORD)
    done = console(["one"], "list\nexit\n")
    assert done.returncode == 0, done.stderr
    assert "one" in done.stdout


def test_a_console_that_is_not_there(
    vaulted: Path, site: Site, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    site(vaulted)
    monkeypatch.setenv("PATH", "/nowhere")
    assert main(["console", "--type", "clush", "one"]) == 1
    assert "clush is not on this machine" in capfd.readouterr().err
    assert main(["console", "one;x"]) == 2
