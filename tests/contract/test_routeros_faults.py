"""What goes wrong between the driver ``routeros`` and a switch, and how it ends."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from osism.adapters.switches import SwitchRegistry
from osism.adapters.switches.routeros import RouterosDriver
from osism.domain.errors import Misconfigured, OsismError, OutsideFailed
from osism.domain.inventory import Device
from osism.domain.ports import Target
from tests.fakes.routeros import Cut, Refused
from tests.fakes.routeros.rigs import LONG, ONE, PASSWORD, THREE, TWO, Rig, rigged, until, vlans


@pytest.fixture
def rig() -> Iterator[Rig]:
    with rigged() as made:
        yield made


def at(rig: Rig, command: str, error: Exception, times: int = 1) -> None:
    """Have the *times*-th such command end with *error*."""
    left = [times]

    def fault(name: str, _: object) -> None:
        if name == command:
            left[0] -= 1
            if left[0] == 0:
                raise error

    rig.machine.faults = fault


# --- commands -------------------------------------------------------------------------------------


def test_whatever_a_switch_says_of_a_command_is_passed_on_and_all_is_undone(rig: Rig) -> None:
    one = rig.run(ONE)
    every = (
        "failure: vlan already added",
        "failure: already have interface with such name",
        "failure: device already added as bridge port",
        "input does not match any value of interface",
        "invalid value for argument interface:\n    input does not match any value of interface",
        "value of pvid out of range (1..4094)",
        "no such item",
        "not enough permissions (9) (/interface/bridge/vlan/add; line 1)",
        "expected end of command (line 1 column 5)",
        "bad command name vlan (line 1 column 19)",
        "syntax error (line 1 column 7)",
        "what nobody has ever heard of",
    )
    with rig.session() as session:
        for words in every:
            session.stage(TWO)
            at(rig, "/interface bridge vlan add", Refused(words))
            with pytest.raises(OutsideFailed) as failure:
                session.commit(LONG)
            said = str(failure.value)
            assert said.startswith("switch 'leaf-1': commit refused: ")
            assert " ".join(words.split()) in said
            assert "/interface bridge vlan add bridge=bridge" in said
            assert rig.running() == one
            assert rig.left() == []


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("/interface bridge export", "export of /interface bridge: failure: busy"),
        ("/system script add", "keeping what undoes the commit: failure: busy"),
        ("/system scheduler add", "setting the timer: failure: busy"),
        ("/interface get", "garbage in reading /interface: failure: busy"),
    ],
)
def test_a_switch_that_does_not_play_along_is_not_changed(
    rig: Rig, command: str, words: str
) -> None:
    one = rig.run(ONE)
    at(rig, command, Refused("failure: busy"))
    with rig.session() as session, pytest.raises(OutsideFailed, match=words):
        session.stage(TWO)
        session.commit(LONG)
    assert rig.running() == one
    assert rig.left() == []


def test_what_is_kept_to_undo_is_looked_at(rig: Rig) -> None:
    one = rig.run(ONE)

    def lose(name: str, statement: Any) -> None:
        if name == "/system script set" and "source" in statement.named:
            statement.named["source"] = ("text", "half")

    with rig.session() as session:
        session.stage(TWO)
        rig.machine.faults = lose
        with pytest.raises(OutsideFailed, match=r"4 of [0-9]+ characters arrived"):
            session.commit(LONG)
    assert rig.running() == one
    assert rig.left() == []


def test_an_export_with_an_error_in_it_is_not_believed(rig: Rig) -> None:
    export = rig.machine.export
    rig.machine.export = lambda *values: (  # type: ignore[method-assign]
        export(*values) + "#error exporting /interface/bridge/vlan (timeout)\n"
    )
    with rig.session() as session, pytest.raises(OutsideFailed, match="#error exporting /interf"):
        session.stage(ONE)


def test_a_revert_that_fails_is_told(rig: Rig) -> None:
    rig.run(ONE)
    with rig.session() as session:
        session.stage(TWO)
        session.commit(LONG)
        at(rig, "/interface bridge vlan remove", Refused("failure: no"))
        with pytest.raises(OutsideFailed, match="not all of the commit could be taken back"):
            session.revert()
        assert "ether3 pvid=3" not in rig.running()  # the rest was
        assert "vlan-ids=3" in rig.running()
        assert "osism: not undone: /interface bridge vlan" in rig.machine.log
        session.stage(ONE)
        session.commit(LONG)
        session.confirm()
    assert "vlan-ids=3" not in rig.running()


def test_a_timer_tries_again_and_says_what_it_could_not_do(rig: Rig) -> None:
    one = rig.run(ONE)
    for command in ("/system script run", "/interface bridge vlan remove"):
        with rig.session() as session:
            session.stage(TWO)
            session.commit(LONG)
            at(rig, command, Refused("failure: not now"))
            rig.machine.elapse()
            if command.startswith("/system"):
                assert "osism-timer" in rig.left()
                assert "failure: not now\n" in rig.machine.log
                rig.machine.elapse()
                session.revert()
                assert rig.running() == one
            else:
                with pytest.raises(OutsideFailed, match="not all of the commit could be taken"):
                    session.revert()
                assert session.stage(ONE) != ""


def test_a_timer_without_its_script_goes(rig: Rig) -> None:
    one = rig.run(ONE)
    with rig.session() as session:
        session.stage(TWO)
        at(rig, "/system script add", Cut(), times=2)  # the timers are set by then
        with pytest.raises(OutsideFailed, match="the connection ended"):
            session.commit(LONG)
    assert "osism-timer" in rig.left()
    rig.machine.elapse()
    assert "osism-timer" not in rig.left()
    with rig.session() as session:
        with pytest.raises(OutsideFailed, match="no commit to confirm"):
            session.confirm()
        session.revert()
        assert session.stage(ONE) == ""
    assert (rig.running(), rig.left()) == (one, [])


def test_a_timer_that_runs_out_while_it_is_applied(rig: Rig) -> None:
    one = rig.run(ONE)
    fired: list[str] = []

    def fire(name: str, _: object) -> None:
        if name == "/interface bridge port add" and not fired:
            fired.append(name)
            rig.machine.do("/system script run osism-undo")

    with rig.session() as session:
        session.stage(THREE)
        rig.machine.faults = fire
        with pytest.raises(OutsideFailed, match="the commit has been taken back: its timer"):
            session.commit(LONG)
    assert rig.running() == one
    assert rig.left() == []


# --- connections ----------------------------------------------------------------------------------


def test_a_connection_that_drops_while_it_is_applied(rig: Rig) -> None:
    one = rig.run(ONE)
    with rig.session() as session:
        session.stage(THREE)
        at(rig, "/interface bridge vlan add", Cut(), times=2)
        with pytest.raises(OutsideFailed, match="'leaf-1': the connection ended during applying"):
            session.commit(LONG)
        assert rig.running() != one
        with pytest.raises(OutsideFailed, match="the connection ended"):
            session.revert()
    rig.machine.elapse()
    assert rig.running() == one
    assert rig.left() == []


def test_a_connection_that_drops_can_be_reverted_over_another(rig: Rig) -> None:
    one = rig.run(ONE)
    with rig.session() as session:
        session.stage(THREE)
        at(rig, "/interface bridge vlan add", Cut(), times=2)
        with pytest.raises(OutsideFailed):
            session.commit(LONG)
    with rig.session() as session:
        session.revert()
    assert rig.running() == one


def test_a_commit_that_cuts_us_off_is_taken_back_by_the_switch(rig: Rig) -> None:
    one = rig.run(ONE)
    ports = rig.machine.tables["interface", "ethernet"]
    rig.machine.reached = lambda: not ports[7].values["disabled"]  # our way leads over ether8
    with rig.session() as session:
        session.stage(TWO + "/interface ethernet\nset [ find default-name=ether8 ] disabled=yes\n")
        with pytest.raises(OutsideFailed, match="the connection ended"):
            session.commit(LONG)
    with pytest.raises(OutsideFailed, match="'leaf-1': "), rig.session():
        pass
    rig.machine.elapse()
    assert rig.running() == one
    with rig.session() as session:
        with pytest.raises(OutsideFailed, match="taken back"):
            session.confirm()
        assert session.stage(ONE) == ""


@pytest.mark.parametrize("where", ["applying", "undoing"])
def test_power_that_fails_in_the_middle(rig: Rig, where: str) -> None:
    one = rig.run(ONE)
    with rig.session() as session:
        session.stage(THREE)
        if where == "applying":
            at(rig, "/interface bridge vlan add", Cut(), times=2)
        else:
            session.commit(LONG)
            at(rig, "/interface bridge port remove", Cut(), times=2)
        with pytest.raises(OutsideFailed, match="the connection ended"):
            session.commit(LONG) if where == "applying" else session.revert()
    assert rig.running() != one
    rig.machine.power_cycle()
    until(lambda: rig.running() == one)
    until(lambda: rig.left() == [])
    assert rig.machine.log[0] == "scheduler: osism-start"


def test_a_switch_that_is_slow_or_says_nothing(rig: Rig) -> None:
    rig.server.latency = 0.02
    with rig.session() as session:
        assert session.stage(ONE) != ""
        rig.server.latency = 0
    with rig.session(timeout=0.2) as session:
        rig.server.mute = True
        with pytest.raises(OutsideFailed, match=r"'leaf-1': no answer to .* in 0\.2 s"):
            session.observe()


def test_what_was_typed_ahead_and_lost_is_asked_for_again(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("osism.adapters.switches.routeros.console._PATIENCE", 0.1)
    with rig.session() as session:
        rig.server.forgets = 2
        assert session.stage(ONE) != ""
    assert rig.server.forgets == 0


def test_a_name_with_a_prompt_in_it(rig: Rig) -> None:
    rig.machine.do('/system identity set name="a] > b"')
    rig.machine.do('/interface ethernet set ether2 comment="[osism@x] > \\1B[6n"')
    with rig.session() as session:
        diff = session.stage(ONE)
        assert '-set name="a] > b"' in diff.split("\n")
        assert {each.name: each for each in session.observe().ports}["ether2"].description != ""


# --- logging in -----------------------------------------------------------------------------------


def fails(rig: Rig, kind: type[OsismError], words: str, **options: Any) -> None:
    with pytest.raises(kind, match=words) as failure, rig.session(**options):
        pass
    assert "'leaf-1'" in str(failure.value)
    assert PASSWORD not in str(failure.value)


def test_logins_that_fail(rig: Rig, tmp_path: Path) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    empty = tmp_path / "known_hosts"
    empty.write_text("")
    fails(rig, Misconfigured, "refuses the login", password="wrong")
    fails(rig, Misconfigured, "refuses the login", username="someone")
    fails(rig, Misconfigured, "host key .* is not the known one", host_key=other)
    fails(rig, Misconfigured, "host key .* is not the known one", host_key="",
          known_hosts=str(empty))  # fmt: skip
    fails(rig, Misconfigured, "host_key is no public key", host_key="nonsense")
    fails(rig, Misconfigured, "there is no file", host_key="", known_hosts="/nowhere")
    fails(rig, Misconfigured, "private key cannot be read", private_key="nonsense")
    fails(rig, Misconfigured, "there is no option 'pasword'; did you mean", pasword="x")
    fails(rig, Misconfigured, "0 to 3600 seconds", timeout=0)
    rig.machine.tables["system", "resource"][0].values["version"] = "6.49.10 (long-term)"
    fails(rig, Misconfigured, r"RouterOS 7 is needed, not '6\.49\.10")
    rig.server.mute = True
    fails(rig, OutsideFailed, "no answer to the version in", timeout=0.2)


def pem(kind: str, phrase: str | None = None) -> tuple[Any, str]:
    """A key and its text."""
    key = asyncssh.generate_private_key(kind)
    return key.convert_to_public(), key.export_private_key("openssh", phrase, rounds=50).decode()


def test_logging_in_with_a_key(rig: Rig, tmp_path: Path) -> None:
    rig.server.key, key = pem("ssh-ed25519", "phrase")
    with rig.session(password="", private_key=key, passphrase="phrase") as session:
        session.revert()
    fails(rig, Misconfigured, "private key cannot be read", private_key=key, passphrase="wrong")
    rig.server.key, key = pem("ecdsa-sha2-nistp256")
    path, known = tmp_path / "key", tmp_path / "known_hosts"
    path.write_text(key)
    known.write_text(f"[127.0.0.1]:{rig.server.port} {rig.server.public_key}\n")
    files = {"private_key_file": str(path), "known_hosts": str(known)}
    with rig.session(password="", host_key="", **files) as session:
        session.revert()
    fails(rig, Misconfigured, "refuses the login", password="", private_key=pem("ssh-ed25519")[1])


_RELAY = """
import os, select, socket, sys
end = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
while True:
    for ready in select.select([0, end], [], [])[0]:
        data = os.read(0, 65536) if ready == 0 else end.recv(65536)
        if not data:
            sys.exit()
        end.sendall(data) if ready == 0 else os.write(1, data)
"""


def test_logging_in_through_a_jump_host(rig: Rig, tmp_path: Path) -> None:
    relay, config = tmp_path / "relay.py", tmp_path / "config"
    relay.write_text(_RELAY)
    config.write_text(f"Host leaf-1\n  ProxyCommand {sys.executable} {relay} {rig.server.port}\n")
    known = tmp_path / "known_hosts"
    known.write_text(f"leaf-1 {rig.server.public_key}\n")
    options = {**rig.options, "host_key": "", "known_hosts": str(known), "ssh_config": str(config)}
    with RouterosDriver().connect(Target("leaf-1", "leaf-1", None, options)) as session:
        assert session.stage(ONE) != ""


def test_nobody_is_there() -> None:
    options = {"host_key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMbEYowJJ7H5epTY/KFmTw6yZony5n3G"
               "+0z99E9Ejc7z", "password": PASSWORD, "connect_timeout": 1}  # fmt: skip
    driver = RouterosDriver()
    with (
        pytest.raises(OutsideFailed, match=r"'leaf-1': cannot connect to 127\.0\.0\.1 port 1"),
        driver.connect(Target("leaf-1", "127.0.0.1", 1, options)),
    ):
        pass
    with pytest.raises(Misconfigured, match="no address"), driver.connect(Target("leaf-1")):
        pass


def test_a_device_is_reached_through_the_registry(rig: Rig) -> None:
    entry = {
        "driver": "routeros", "address": "127.0.0.1", "port": rig.server.port,
        "username": "osism", "host_key": rig.server.public_key,
    }  # fmt: skip
    registry = SwitchRegistry(
        {"platform:routeros": entry},
        drivers={"routeros": RouterosDriver, "file": RouterosDriver},
        credentials=lambda: {"leaf-1": {"password": PASSWORD}},
    )
    device = Device(1, "leaf-1", platform="routeros")
    assert registry.capabilities(device).template == "routeros.cfg.j2"
    secret = PASSWORD.replace(";", "\\3B")
    with registry.connect(device) as session:
        text = ONE + f'/interface ethernet\nset [ find default-name=ether2 ] comment="{secret}"'
        assert PASSWORD not in session.stage(text)


# --- the console of ours --------------------------------------------------------------------------


def test_the_console_pages_and_colours_for_people(rig: Rig) -> None:
    """What a login without options gets; the driver asks for none of it."""
    rig.machine.do("; ".join(f"/user add name=u{number}" for number in range(40)))

    async def look() -> str:
        known = asyncssh.import_known_hosts(
            f"[127.0.0.1]:{rig.server.port} {rig.server.public_key}"
        )
        async with asyncssh.connect(
            "127.0.0.1", rig.server.port, username="osism", password=PASSWORD,
            known_hosts=known, config=None, client_keys=None, agent_path=None,
        ) as connection:  # fmt: skip
            process = await connection.create_process(term_type="vt100", term_size=(80, 24))
            seen = await process.stdout.readuntil("\x1b[m] > ")
            process.stdin.write("/user print\r")
            seen += await process.stdout.readuntil("-- [Q quit|D dump|down]")
            process.stdin.write("q:put {1;2\r")
            seen += await process.stdout.readuntil("{... ")
            process.stdin.write("\x03")
            seen += await process.stdout.readuntil("\x1b[m] > ")
            process.stdin.write(":beep\r")
            seen += await process.stdout.readuntil("(line 1 column 2)")
            process.stdin.write("quit\r")
            seen += await process.stdout.read()
            return seen

    seen = asyncio.run(asyncio.wait_for(look(), 10))
    assert "\x1b[6n" in seen
    assert "name=u20" in seen
    assert "name=u30" not in seen
    assert vlans().startswith("/interface bridge")
