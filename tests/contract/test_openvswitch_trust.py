"""Who talks to a switch and who answers is checked, and what breaks in between is told."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from osism.adapters.switches import SwitchRegistry
from osism.domain.errors import Misconfigured, OsismError, OutsideFailed
from osism.domain.inventory import Device
from tests.contract.test_openvswitch import LONG, ONE, PORTS, TWO, Rig, clear, rig_of, running
from tests.fabric import Fabric, Switch, require_fabric, until


@pytest.fixture(scope="module")
def leaf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Switch]:
    require_fabric()
    with Fabric(tmp_path_factory.mktemp("openvswitch")) as fabric:
        yield fabric.switch("leaf-1", PORTS, tls=True)


@pytest.fixture
def over_ssh(leaf: Switch) -> Rig:
    clear(leaf)
    return rig_of(leaf, "ssh")


@pytest.fixture
def over_tls(leaf: Switch) -> Rig:
    clear(leaf)
    return rig_of(leaf, "tls")


def refused(rig: Rig) -> str:
    """What is said when no session comes to be."""
    with pytest.raises(Misconfigured) as caught, rig.session():
        pass
    return str(caught.value)


# --- TLS ------------------------------------------------------------------------------------------


def test_a_switch_with_a_certificate_of_another_authority_is_refused(over_tls: Rig) -> None:
    outsider = over_tls.switch.fabric.outsider
    words = refused(over_tls.with_options(ca_file=str(outsider.ca)))
    assert "switch 'leaf-1'" in words
    assert "its certificate is refused: " in words
    assert "certificate" in words.split("refused: ")[1]


def test_a_switch_of_another_name_is_refused(over_tls: Rig) -> None:
    words = refused(over_tls.with_options(server_name="leaf-2"))
    assert "its certificate is refused: hostname mismatch" in words.lower()
    with over_tls.with_options(server_name="leaf-1").session() as session:
        session.observe()


def test_the_switch_refuses_a_client_of_another_authority(over_tls: Rig) -> None:
    outsider = over_tls.switch.fabric.outsider
    rig = over_tls.with_options(
        certificate_file=str(outsider.certificate), private_key_file=str(outsider.private_key)
    )
    assert refused(rig).startswith("switch 'leaf-1': it refuses our certificate: ")


def test_keys_can_be_texts(over_tls: Rig) -> None:
    """As the vaulted file with credentials has them; nothing of a key is on a disk or told."""
    tls = over_tls.switch.fabric.tls
    entry = over_tls.switch.entry("tls")
    texts = {
        "ca": tls.ca.read_text(),
        "certificate": tls.certificate.read_text(),
        "private_key": tls.private_key.read_text(),
    }
    entry = {key: value for key, value in entry.items() if not key.endswith("_file")}
    device = Device(id=1, name="leaf-1")
    registry = SwitchRegistry({"leaf-1": entry}, credentials=lambda: {"leaf-1": texts})
    with registry.connect(device) as session:
        session.observe()
    broken = {**texts, "private_key": texts["private_key"].replace("MIG", "XXX")}
    registry = SwitchRegistry({"leaf-1": entry}, credentials=lambda: {"leaf-1": broken})
    with (
        pytest.raises(Misconfigured, match="do not go together") as caught,
        registry.connect(device),
    ):
        pass
    assert "KEY" not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"ca_file": ""}, "with transport tls it wants ca or ca_file"),
        ({"ca_file": "/nowhere"}, "ca_file: there is no file '/nowhere'"),
        ({"private_key_file": ""}, "it wants private_key or private_key_file"),
        ({"transport": "tcp"}, "transport 'tcp' is none of ssh, tls"),
        ({"brigde": "br1"}, "there is no option 'brigde'; did you mean 'bridge'"),
        ({"bridge": "a-name-too-long"}, "bridge 'a-name-too-long' is not 1 to 11 bytes"),
        ({"keep": "swp1"}, "keep must be a list"),
        ({"lacp": "off"}, "bond_mode balance-tcp wants LACP"),
        ({"lacp_time": "slowly"}, "lacp_time 'slowly' is none of"),
    ],
)
def test_wrong_options_are_told(over_tls: Rig, options: dict[str, object], words: str) -> None:
    assert words in refused(over_tls.with_options(**options))


def test_a_bridge_that_is_not_there_is_told(over_tls: Rig) -> None:
    with over_tls.with_options(bridge="br7").session() as session:
        with pytest.raises(OutsideFailed, match=r"there is no bridge 'br7' \(ovs-vsctl add-br br7"):
            session.observe()
        with pytest.raises(OutsideFailed, match="there is no bridge 'br7'"):
            session.stage(ONE)


# --- SSH ------------------------------------------------------------------------------------------


def test_a_file_of_host_keys_that_cannot_be_read_is_told(over_ssh: Rig, tmp_path: Path) -> None:
    path = tmp_path / "known_hosts"
    for content in (b"nonsense\n", b"\xff\xfe"):
        path.write_bytes(content)
        words = refused(over_ssh.with_options(known_hosts=str(path)))
        assert words.startswith("switch 'leaf-1': ssh_config, known_hosts or the address cannot")


def test_another_host_key_is_refused(over_ssh: Rig, tmp_path: Path) -> None:
    known = Path(str(over_ssh.target.options["known_hosts"])).read_text().split()
    other = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE1FB1ytpBUCSZ4lKcPtlg0CcAPgbBfGcE2nYHbIVTxC"
    words = refused(over_ssh.with_options(host_key=other, known_hosts=""))
    assert "the host key of" in words
    assert "is not the known one" in words
    with over_ssh.with_options(host_key=" ".join(known[1:3]), known_hosts="").session() as session:
        session.observe()


def test_another_key_of_ours_is_refused(over_ssh: Rig, tmp_path: Path) -> None:
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    assert "refuses the login" in refused(over_ssh.with_options(private_key_file=str(key)))


def test_a_socket_that_is_not_there_is_told(over_ssh: Rig) -> None:
    rig = over_ssh.with_options(socket="/run/nowhere.sock")
    with pytest.raises(OutsideFailed, match=r"leaf-1'.*nowhere\.sock"), rig.session():
        pass


def test_a_switch_without_the_programs_of_the_timer_is_told(over_ssh: Rig) -> None:
    program = over_ssh.switch.disk / "usr/bin/ovsdb-client"
    away = program.with_name("ovsdb-client.away")
    program.rename(away)
    try:
        with over_ssh.session() as session:
            session.stage(ONE)
            with pytest.raises(OutsideFailed, match="leaf-1': sh failed: there is no ovsdb-client"):
                session.commit(LONG)
    finally:
        away.rename(program)
    assert over_ssh.running() == {}


# --- what breaks ----------------------------------------------------------------------------------


@pytest.mark.parametrize("transport", ["ssh", "tls"])
def test_a_network_that_breaks_is_told(leaf: Switch, transport: str) -> None:
    clear(leaf)
    rig = rig_of(leaf, transport).with_options(timeout=0.5, connect_timeout=0.5)
    with rig.session() as session:
        session.stage(ONE)
        leaf.cut()
        try:
            with pytest.raises(OutsideFailed, match="switch 'leaf-1': no answer to"):
                session.commit(LONG)
            with pytest.raises(OutsideFailed, match=r"switch 'leaf-1'.*(no answer|timed out)"):
                rig.session().__enter__()
        finally:
            leaf.mend()
    assert rig.running() == {}


def test_a_database_that_goes_away_is_told(over_tls: Rig) -> None:
    """Without a time-out: the end of the connection is seen at once."""
    with over_tls.session() as session:
        session.stage(ONE)
        over_tls.switch.run("ovs-appctl", "-t", "ovsdb-server", "ovsdb-server/reconnect")
        with pytest.raises(OutsideFailed, match="leaf-1': the connection to its database is lost"):
            session.commit(LONG)
    until(lambda: over_tls.running() == {})


def test_the_timer_outlives_the_manager(over_ssh: Rig) -> None:
    over_ssh.run(ONE)
    code = f"""
import os, signal
from osism.adapters.switches.openvswitch import OpenvswitchDriver
from osism.domain.ports import Target
target = Target("leaf-1", {over_ssh.target.address!r}, 22, {dict(over_ssh.target.options)!r})
with OpenvswitchDriver().connect(target) as session:
    session.stage({TWO!r})
    session.commit(1.0)
    os.kill(os.getpid(), signal.SIGKILL)
"""
    ended = subprocess.run([sys.executable, "-c", code])
    assert ended.returncode == -signal.SIGKILL
    assert over_ssh.mark("osism-state") in ("pending", "reverted")
    until(lambda: over_ssh.mark("osism-state") == "reverted")
    assert over_ssh.running() == running(1)


def test_no_message_has_a_secret(over_ssh: Rig) -> None:
    """Options hold keys and passwords; what a driver says of them is their names."""
    secret = "s3cret-passphrase"
    for options in ({"passphrase": secret, "private_key": secret}, {"host_key": secret}):
        rig = over_ssh.with_options(private_key_file="", known_hosts="", **options)
        with pytest.raises(OsismError) as caught, rig.session():
            pass
        assert secret not in str(caught.value)
        assert secret not in repr(rig.target)
