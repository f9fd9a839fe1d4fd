"""Facts gathered by a real play, kept by the cache plugin in a real Redis, read back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis

import osism
from osism import wiring
from osism.adapters.facts import RedisFacts
from osism.lab.redis import EmbeddedRedis
from osism.main import main
from osism.settings import settings

PLUGINS = Path(osism.__file__).parent / "adapters" / "ansible" / "plugins" / "cache"
PROGRAM = Path(sys.executable).parent / "ansible-playbook"
GATHER = """
- hosts: all
  gather_facts: false
  tasks:
    - ansible.builtin.setup:
        gather_subset: ["!all", "!min", "env", "python"]
    - ansible.builtin.set_fact: {site_password: hunter2, racks: [{name: r1}], cacheable: true}
    - ansible.builtin.assert: {that: ansible_facts.python.version.major == 3}
"""
USE = """
- hosts: all
  gather_facts: false
  tasks:
    - ansible.builtin.assert:
        that: [ansible_facts.python.version.major == 3, racks.0.name == 'r1']
"""

Play = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def play(tmp_path: Path) -> Play:
    """Run a play on two hosts that are this machine, with the facts at an address."""

    def run(text: str, address: str, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        file, inventory = tmp_path / "play.yml", tmp_path / "hosts.yml"
        file.write_text(text)
        local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        inventory.write_text(json.dumps({"all": {"hosts": {"one": local, "two.example": local}}}))
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "LC_ALL": "C.UTF-8",
            "ANSIBLE_CACHE_PLUGINS": str(PLUGINS),
            "ANSIBLE_CACHE_PLUGIN": "osism_redis",
            "ANSIBLE_CACHE_PLUGIN_CONNECTION": address,
            "ANSIBLE_CACHE_PLUGIN_TIMEOUT": "3600",
            "NETBOX_TOKEN": "from-the-environment",
        }
        return subprocess.run(
            [str(PROGRAM), "-i", str(inventory), str(file), *words],
            env=environment | more,
            capture_output=True,
            text=True,
            timeout=120,
        )

    return run


@pytest.fixture
def site(
    redis_server: EmbeddedRedis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    file = tmp_path / "osism.yml"
    file.write_text(f"redis_url: {redis_server.url}\n")
    monkeypatch.setenv("OSISM_CONFIG", str(file))
    settings.cache_clear()
    wiring.forget()
    yield tmp_path
    settings.cache_clear()
    wiring.forget()


def test_a_play_gathers_and_another_one_uses(
    redis_server: EmbeddedRedis,
    redis_client: redis.Redis,
    play: Play,
    site: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    address = site / "address"
    address.write_text(f"{redis_server.url}\n")
    done = play(GATHER, str(address))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "not cached" not in done.stdout + done.stderr
    assert sorted(redis_client.scan_iter()) == ["osism:facts:one", "osism:facts:two.example"]
    assert 3500 < redis_client.ttl("osism:facts:one") <= 3600
    again = play(USE, redis_server.url)
    assert again.returncode == 0, again.stdout + again.stderr

    kept = RedisFacts(redis_client)
    facts = kept.get("one")
    assert facts is not None
    assert facts["ansible_python"]["version"]["major"] == 3
    assert facts["racks"] == [{"name": "r1"}]
    assert kept.get("three") is None
    (host, at), (other, _) = kept.hosts()
    assert (host, other) == ("one", "two.example")
    assert abs(datetime.now(UTC) - at) < timedelta(minutes=2)

    # the commands
    assert main(["get", "facts", "one", "-f", "json"]) == 0
    told = capfd.readouterr().out
    assert "hunter2" not in told
    assert "from-the-environment" not in told
    shown = json.loads(told)
    assert shown["site_password"] == "********"
    assert shown["ansible_env"]["LC_ALL"] == "C.UTF-8"
    for words, wanted in (
        (["ansible_python.version.major", "-f", "value"], "3\n"),
        (["python.version.major", "-f", "value"], "3\n"),
        (["racks.0.name", "-f", "value"], "r1\n"),
        (["site_password", "-f", "value"], "********\n"),
        (["ansible_env.NETBOX_TOKEN", "-f", "value"], "********\n"),
        (["racks", "-f", "json"], '{\n  "racks": [\n    {\n      "name": "r1"\n    }\n  ]\n}\n'),
    ):
        assert main(["get", "facts", "one", *words]) == 0
        assert capfd.readouterr().out == wanted
    assert main(["get", "facts", "one", "ansible_pythno"]) == 2
    assert "did you mean 'ansible_python'" in capfd.readouterr().err
    assert main(["get", "facts", "two.exampl"]) == 2
    said = capfd.readouterr().err
    assert "did you mean 'two.example'" in said
    assert "osism apply facts -l two.exampl" in said
    assert main(["reset", "facts", "one", "none"]) == 0
    assert capfd.readouterr().out == "facts of 1 host forgotten\n"
    assert main(["reset", "facts"]) == 0
    assert capfd.readouterr().out == "facts of 1 host forgotten\n"
    assert kept.hosts() == []


def test_the_cache_can_be_flushed(
    redis_server: EmbeddedRedis, redis_client: redis.Redis, play: Play
) -> None:
    assert play(GATHER, redis_server.url).returncode == 0
    assert (
        play("- hosts: all\n  gather_facts: false\n", redis_server.url, "--flush-cache").stderr
        == ""
    )
    assert list(redis_client.scan_iter()) == []


@pytest.mark.parametrize(
    "address",
    [
        "redis://user:hunter2-hunter2@127.0.0.1:1/0",
        "nonsense://user:hunter2-hunter2@host",
        "redis://user:hunter2-hunter2@host:port",
        "/does/not/exist",
    ],
)
def test_without_redis_the_play_goes_on(play: Play, address: str) -> None:
    done = play(GATHER, address)
    told = done.stdout + done.stderr
    assert done.returncode == 0, told
    assert told.count("facts are not cached") == 1
    assert "hunter2-hunter2" not in told
    assert "Error" not in told.replace("Error 111", "").replace("FileNotFoundError", "")


def test_what_is_damaged_is_as_if_it_was_not_there(redis_client: redis.Redis) -> None:
    kept = RedisFacts(redis_client)
    for fields in ({"facts:": "{"}, {"at:": "x", "facts:": "{}"}, {"at:": "1", "facts:": "3"}):
        redis_client.delete("osism:facts:one")
        redis_client.hset("osism:facts:one", mapping=fields)
        assert kept.get("one") is None or fields["facts:"] == "{}"
    kept.hosts()


TYPED = [
    {"__ansible_type": "_AnsibleTaggedStr", "value": "2", "tags": [{"__ansible_type": "x"}]},
    {"__ansible_type": "AnsibleSerializableDate", "iso8601": "2026-01-01"},
    {"__ansible_type": "unknown"},
]


def test_the_newest_of_several_releases_counts(redis_client: redis.Redis) -> None:
    old, new = {"a": 1}, {"__payload__": json.dumps({"a": TYPED})}
    fields = {"at:": "1", "facts:": json.dumps(old), "at:s1_": "2", "facts:s1_": json.dumps(new)}
    redis_client.hset("osism:facts:one", mapping=fields)
    assert RedisFacts(redis_client).get("one") == {"a": ["2", "2026-01-01", None]}
    redis_client.hset("osism:facts:one", "at:", "3")
    assert RedisFacts(redis_client).get("one") == {"a": 1}
