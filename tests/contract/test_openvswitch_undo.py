"""Any deployment can be undone to the last column: a real OVSDB server, without a switch."""

from __future__ import annotations

import os
import random
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from osism.adapters.switches.openvswitch import marks
from osism.adapters.switches.openvswitch.database import Database
from osism.adapters.switches.openvswitch.document import (
    Bond,
    Bonding,
    Document,
    Port,
    Vlans,
    by_name,
)
from osism.adapters.switches.openvswitch.entry import Entry
from osism.adapters.switches.openvswitch.line import Line
from osism.adapters.switches.openvswitch.parking import parking
from osism.adapters.switches.openvswitch.plan import gone, plan, settled
from osism.adapters.switches.openvswitch.running import Running, running
from osism.adapters.switches.openvswitch.timer import script
from osism.adapters.switches.openvswitch.undoing import LARGEST, kept, noted, undoing
from osism.adapters.switches.openvswitch.values import items, one, table
from osism.domain.ports import Target
from tests.fabric import until

SCHEMA = Path("/usr/share/openvswitch/vswitch.ovsschema")
STATUS = {"_uuid", "_version", "statistics", "status", "rstp_status", "rstp_statistics"}
ENTRY = Entry.of(Target("leaf-1"))


class Server:
    """An OVSDB server with a bridge, and nobody who does what it says."""

    def __init__(self, directory: Path, database: Database) -> None:
        self.directory, self.database = directory, database
        self.remote = f"unix:{directory / 'db.sock'}"

    def vsctl(self, *arguments: str) -> None:
        words = ["ovs-vsctl", f"--db={self.remote}", "--no-wait", *arguments]
        subprocess.run(words, check=True, timeout=20)

    def found(self) -> Running:
        self.database.look()
        return running(self.database.replica, ENTRY)

    def everything(self) -> dict[str, Any]:
        """All configuration of all ports, with names instead of identities."""
        tables = ("Bridge", "Port", "Interface", "QoS")
        selects = [{"op": "select", "table": name, "where": []} for name in tables]
        results = self.database.transact(selects) or []
        rows = {name: result["rows"] for name, result in zip(tables, results, strict=True)}
        names = {row["_uuid"][1]: row.get("name", "") for each in rows.values() for row in each}

        def plain(value: Any) -> Any:
            if isinstance(value, list) and value[0] == "map":
                return table(value)
            return sorted(str(names.get(each, each)) for each in items(value))

        return {
            f"{name} {row.get('name')}": {
                column: plain(row[column]) for column in row if column not in STATUS
            }
            for name in tables
            for row in rows[name]
        }

    def deploy(self, document: Document, commit: str) -> list[str]:
        """Deploy, check what came of it, and return how to undo it."""
        found = self.found()
        document = settled(document, found)
        missing = gone(document, found)
        rows = {
            name: {each: self.whole(name, each) for each in uuids}
            for name, uuids in missing.items()
        }
        made = plan(document, found, rows)
        undo = undoing(made, commit)
        pending = {marks.COMMIT: commit, marks.STATE: marks.PENDING, **noted(undo)}
        before = self.database.replica.marks
        operations = [*made.guards, *made.operations, marks.note(pending, before)]
        assert self.database.transact(operations) is not None
        now = self.found()
        assert now.document == document
        assert not list(open_ports(now))
        return undo

    def whole(self, name: str, uuid: str) -> Any:
        select = {"op": "select", "table": name, "where": [["_uuid", "==", ["uuid", uuid]]]}
        return (self.database.transact([select]) or [])[0]["rows"][0]

    def undo(self) -> None:
        for operations in kept(self.database.replica.marks):
            assert self.database.transact(operations) is not None
            assert not list(open_ports(self.found()))


def open_ports(found: Running) -> Iterator[str]:
    """Ports that carry all VLANs."""
    for name, port in found.ports.items():
        empty = one(port.row["tag"]) is None and not items(port.row["trunks"])
        if empty and not port.parked and name != "foreign":
            yield name


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    if not shutil.which("ovsdb-server"):
        fail = pytest.fail if os.environ.get("CI") else pytest.skip
        fail("it needs ovsdb-server (Debian: openvswitch-switch)")
    environment = {**os.environ, "OVS_RUNDIR": str(tmp_path), "OVS_LOGDIR": str(tmp_path)}
    database, remote = tmp_path / "conf.db", tmp_path / "db.sock"
    subprocess.run(["ovsdb-tool", "create", str(database), str(SCHEMA)], check=True)
    process = subprocess.Popen(
        ["ovsdb-server", str(database), f"--remote=punix:{remote}", "-vconsole:off"],
        env=environment,
    )
    try:
        connected = until(lambda: _connected(remote))
        with closing(Line("switch 'leaf-1'", connected, 10.0)) as line:
            made = Server(tmp_path, Database(line))
            made.vsctl("--", "init", "--", "add-br", "br0")
            made.database.transact(parking(ENTRY.parking, made.found().bridge[1]))
            yield made
    finally:
        process.terminate()
        process.wait()


def _connected(remote: Path) -> socket.socket | None:
    """A connection; the socket is there a moment before anybody listens."""
    found = socket.socket(socket.AF_UNIX)
    if found.connect_ex(str(remote)) == 0:
        return found
    found.close()
    return None


# --- any two configurations -----------------------------------------------------------------------


def any_vlans(chance: random.Random) -> Vlans:
    tag = chance.choice([1, 10, 4094])
    trunks = tuple(sorted(chance.sample([2, 3, 20, 4093], chance.randint(1, 3))))
    return chance.choice(
        [Vlans(), Vlans("access", tag), Vlans("trunk", None, trunks),
         Vlans("native-untagged", tag, trunks)]
    )  # fmt: skip


def any_document(chance: random.Random) -> Document:
    """Ports that are plain, in a bond, or nowhere."""

    def described() -> str:
        return chance.choice(["", "node", 'ü "\\" {}[]', "x"])

    plain: dict[str, Port] = {}
    members: dict[str, list[Port]] = {"bond1": [], "bond2": []}
    for name in (f"swp{number}" for number in range(1, 7)):
        where = chance.choice(["plain", "plain", "bond1", "bond2", "nowhere"])
        port = Port(name, chance.random() < 0.7, described(), chance.choice([None, 1400, 9000]))
        if where == "plain":
            plain[name] = Port(port.name, port.enabled, port.description, port.mtu,
                               any_vlans(chance))  # fmt: skip
        elif where in members:
            members[where].append(port)
    bonds = {}
    for name in members:
        if chance.random() < 0.7:
            bonding = Bonding(lacp_time=chance.choice(["fast", "slow"]))
            ordered = tuple(sorted(members[name], key=lambda each: by_name(each.name)))
            enabled = chance.random() < 0.7
            bond = Bond(name, enabled, described(), any_vlans(chance), bonding, ordered)
            bonds[name] = bond.normal()
    return Document(plain, bonds)


def by_the_driver(server: Server, commit: str) -> None:
    server.undo()


def by_the_switch(server: Server, commit: str) -> None:
    words = ["sh", "-c", script(), "osism-revert", str(server.directory / "db.sock")]
    subprocess.run([*words, commit, "0"], check=True, timeout=60)


@pytest.mark.parametrize(("undo", "times"), [(by_the_driver, 60), (by_the_switch, 6)])
def test_any_deployment_can_be_undone(
    server: Server, undo: Callable[[Server, str], None], times: int
) -> None:
    chance = random.Random(7)
    server.vsctl(
        *("add-port", "br0", "foreign", "--", "set", "Port", "foreign", "other_config:a=b"),
        *("qos=@qos", "bond_updelay=5", "tag=0", "--", "set", "Interface", "foreign", "type=vxlan"),
        *("options:remote_ip=192.0.2.1", "ingress_policing_rate=7", "--"),
        *("--id=@qos", "create", "QoS", "type=linux-noop"),
    )
    for number in range(times):
        before = server.everything()
        assert server.database.replica.marks.get(marks.STATE) != marks.PENDING
        server.deploy(any_document(chance), f"{number:032x}")
        undo(server, f"{number:032x}")
        assert server.everything() == before
        assert server.found() is not None
        assert server.database.replica.marks[marks.STATE] == marks.REVERTED
        assert not kept(server.database.replica.marks)
        if number > times / 3:  # from then on from one to the next
            server.deploy(any_document(chance), "a" * 32)
            server.database.transact([marks.note({marks.STATE: marks.CONFIRMED})])


def test_equal_documents_want_no_operation(server: Server) -> None:
    chance = random.Random(8)
    for _ in range(20):
        document = any_document(chance)
        server.deploy(document, "a" * 32)
        found = server.found()
        settled_ = settled(document, found)
        assert settled_ == found.document
        assert not plan(settled_, found, {"Port": {}, "Interface": {}}).operations


def test_unchanged_ports_get_no_operation(server: Server) -> None:
    ports = {f"swp{n}": Port(f"swp{n}", vlans=Vlans("access", n)) for n in range(1, 9)}
    server.deploy(Document(ports), "a" * 32)
    changed = Document({**ports, "swp3": Port("swp3", vlans=Vlans("access", 30))})
    made = plan(changed, server.found(), {"Port": {}, "Interface": {}})
    assert made.operations == [
        {"op": "update", "table": "Port", "where": [["name", "==", "swp3"]], "row": {"tag": 30}}
    ]


# --- many ports -----------------------------------------------------------------------------------


def many(count: int, tag: int, description: str, without: int = 0) -> Document:
    """Ports of one VLAN; the first ones are *without* any."""
    return Document(
        {
            f"swp{n}": Port(
                *(f"swp{n}", True, f"{description} {n}", 9000),
                Vlans() if n < without else Vlans("access", tag),
            )
            for n in range(count)
        }
    )


@pytest.mark.parametrize("undo", [by_the_driver, by_the_switch])
def test_many_ports_are_undone_in_pieces(
    server: Server, undo: Callable[[Server, str], None]
) -> None:
    server.deploy(many(600, 10, "the node with the number", without=200), "a" * 32)
    server.database.transact([marks.note({marks.STATE: marks.CONFIRMED})])
    before = server.everything()
    texts = server.deploy(many(600, 20, "another one"), "b" * 32)
    assert len(texts) > 1
    assert all(len(text) < 128 * 1024 for text in texts)
    first = kept(server.database.replica.marks)[0]
    assert server.database.transact(first) is not None  # and then the power is gone
    assert not list(open_ports(server.found()))
    assert server.database.replica.marks[marks.STATE] == marks.REVERTING
    undo(server, "b" * 32)
    assert server.everything() == before


def test_many_ports_can_be_taken_away(server: Server) -> None:
    server.deploy(many(300, 10, "1:1 / A-3"), "a" * 32)
    server.database.transact([marks.note({marks.STATE: marks.CONFIRMED})])
    before = server.everything()
    server.deploy(Document(), "b" * 32)
    by_the_switch(server, "b" * 32)
    assert server.everything() == before


def test_what_cannot_be_undone_is_not_begun(server: Server) -> None:
    server.deploy(many(600, 10, "x" * 200), "a" * 32)
    with pytest.raises(ValueError, match="too many ports are taken away at once"):
        server.deploy(Document(), "b" * 32)
    assert len(server.found().ports) == 600
    assert LARGEST < 128 * 1024


def test_a_commit_that_was_confirmed_is_left_alone(server: Server) -> None:
    server.deploy(many(2, 10, "a"), "a" * 32)
    server.database.transact([marks.note({marks.STATE: marks.CONFIRMED})])
    before = server.everything()
    by_the_switch(server, "a" * 32)
    by_the_switch(server, "b" * 32)
    assert server.everything() == before
    assert kept(server.database.replica.marks)
