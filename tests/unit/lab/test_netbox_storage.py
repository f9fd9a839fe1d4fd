"""What the lab's NetBox answered, it keeps."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
import requests

from osism.lab.netbox.app import serve
from osism.lab.netbox.functions import natural
from osism.lab.netbox.interfaces import PARTS
from osism.lab.netbox.kinds import BY_NAME, KINDS
from osism.lab.netbox.schema import hop
from osism.lab.netbox.storage import Clause, Store

SERVER = textwrap.dedent(
    """
    import sys, time
    from osism.lab.netbox.app import serve
    with serve(sys.argv[1]) as url:
        print(url, flush=True)
        time.sleep(60)
    """
)


def start(database: Path) -> tuple[subprocess.Popen[str], str]:
    command = [sys.executable, "-c", SERVER, str(database)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    return process, process.stdout.readline().strip()


def test_a_killed_server_loses_nothing_that_it_answered(tmp_path: Path) -> None:
    database = tmp_path / "netbox.sqlite3"
    process, url = start(database)
    names = [f"site-{n}" for n in range(50)]
    with requests.Session() as session:
        for name in names:
            body = {"name": name, "slug": name}
            assert session.post(f"{url}/api/dcim/sites/", json=body).status_code == 201
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process, url = start(database)
    try:
        found = requests.get(f"{url}/api/dcim/sites/?limit=0&fields=name").json()["results"]
        assert [one["name"] for one in found] == names
    finally:
        process.kill()
        process.communicate()


def test_an_ended_server_leaves_its_file_to_the_next(tmp_path: Path) -> None:
    for name in ("a", "b"):
        with serve(tmp_path / "netbox.sqlite3") as url:
            body: Any = {"name": name, "slug": name}
            assert requests.post(f"{url}/api/dcim/sites/", json=body).status_code == 201
    with serve(tmp_path / "netbox.sqlite3") as url:
        assert requests.get(f"{url}/api/dcim/sites/").json()["count"] == 2


@pytest.fixture
def store() -> Store:
    made = Store(":memory:")
    site = made.insert(BY_NAME["site"], {"name": "s", "slug": "s", "custom_fields": {}})
    for number in range(20):
        vlan = {"vid": 100 + number, "name": f"v{number}", "site": site, "custom_fields": {}}
        made.insert(BY_NAME["vlan"], vlan)
    device = made.insert(BY_NAME["device"], {"name": "d", "site": site, "custom_fields": {}})
    for number in range(50):
        port = {"name": f"eth{number}", "_name": f"{number:03}", "device": device}
        made.insert(BY_NAME["interface"], {**port, "custom_fields": {}})
        vlans = BY_NAME["interface"].by_name["tagged_vlans"]
        made.link(BY_NAME["interface"], vlans, number + 1, [20 - number % 20, 1])
    return made


def test_relations_are_read_in_bulk(store: Store) -> None:
    asked: list[str] = []
    store.connection.set_trace_callback(asked.append)
    rows = store.select(BY_NAME["interface"]).rows
    assert [row["vid"] for row in rows[0].many("tagged_vlans")] == [100, 119]
    assert all((device := row.one("device")) and device["name"] == "d" for row in rows)
    assert sum(len(row.many("tagged_vlans")) for row in rows) == 98
    assert {site["name"] for row in rows for vlan in row.many("tagged_vlans")
            if (site := vlan.one("site"))} == {"s"}  # fmt: skip
    assert len(asked) == 5


def test_a_failed_part_leaves_the_rest(store: Store) -> None:
    site = BY_NAME["site"]
    with store.transaction():
        store.update(site, 1, {"name": "kept"})
        with pytest.raises(ZeroDivisionError), store.transaction():
            store.update(site, 1, {"name": "lost"})
            raise ZeroDivisionError
    assert store.select(site).rows[0]["name"] == "kept"
    with pytest.raises(ZeroDivisionError), store.transaction():
        store.update(site, 1, {"name": "lost"})
        raise ZeroDivisionError
    assert store.count(site, Clause("t.name = ?", ("kept",))) == 1


def test_names_sort_as_people_sort_them() -> None:
    names = ["a-2", "a-10", "A-3", "a2", "a10", "b"]
    assert sorted(names, key=natural) == ["a-2", "A-3", "a-10", "a2", "a10", "b"]


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Ethernet1/2", {"type": "Ethernet", "slot": "1", "id": "2"}),
        ("swp7", {"type": "swp", "id": "7"}),
        ("Port-Channel1.100", {"type": "Port-Channel", "id": "1", "vc": "100"}),
        ("xe-0/1/2:3", {"type": "xe-", "slot": "0", "subslot": "1", "id": "2", "channel": "3"}),
        ("bond", {"type": "bond"}),
    ],
)
def test_interface_names_have_parts(name: str, parts: dict[str, str]) -> None:
    found = PARTS.match(name)
    assert found
    assert {key: value for key, value in found.groupdict().items() if value} == parts


def test_the_table_of_kinds_holds_together() -> None:
    for kind in KINDS:
        named = {*kind.by_name, "id"}
        paths = (*kind.search, *kind.paths.values())
        assert {
            *kind.brief,
            *kind.order,
            *(one for rule in kind.unique for one in rule.fields),
        } <= named
        assert all(hop(kind, head) or head in named for head in (p.split(".")[0] for p in paths))
        assert all(target in BY_NAME for field in kind.fields for target in field.to)
        assert len({*kind.by_name}) == len(kind.fields)
