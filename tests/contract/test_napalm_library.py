"""The table of platforms against the drivers that NAPALM brings, and who they let pass for a
switch: real SSH and TLS servers on loopback."""

from __future__ import annotations

import asyncio
import datetime
import http.server
import ipaddress
import ssl
import subprocess
import sys
import threading
import types
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import asyncssh
import napalm
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from napalm._SUPPORTED_DRIVERS import SUPPORTED_DRIVERS
from napalm.base import exceptions

from osism.adapters.switches.napalm import NapalmDriver
from osism.adapters.switches.napalm.library import driver_class, implements
from osism.adapters.switches.napalm.logins import credentials
from osism.adapters.switches.napalm.platforms import GETTERS, PLATFORMS, Login
from osism.domain.errors import Misconfigured, OutsideFailed
from osism.domain.ports import Target

HOST = "127.0.0.1"
SSH = [name for name, each in PLATFORMS.items() if each.login in (Login.NETMIKO, Login.PYEZ)]
HTTPS = [name for name, each in PLATFORMS.items() if each.login in (Login.EAPI, Login.NXAPI)]
STEPS = (
    "open", "close", "load_replace_candidate", "load_merge_candidate", "compare_config",
    "commit_config", "discard_config", "rollback", "get_config",
)  # fmt: skip


# --- the table ------------------------------------------------------------------------------------


def test_every_driver_of_napalm_is_in_the_table() -> None:
    assert set(PLATFORMS) == set(SUPPORTED_DRIVERS) - {"base"}


@pytest.mark.parametrize("name", PLATFORMS)
def test_the_table_says_what_the_driver_implements(name: str) -> None:
    platform, kind = PLATFORMS[name], napalm.get_network_driver(name)
    assert all(implements(kind, each) for each in STEPS)
    for getter, fields in GETTERS.items():
        if fields & platform.observes:
            assert implements(kind, getter), getter
    timer = [implements(kind, each) for each in ("has_pending_commit", "confirm_commit")]
    assert timer == [platform.timer is not None] * 2
    driver = NapalmDriver({"platform": name})
    assert driver.capabilities.observes == platform.observes
    assert driver.capabilities.revert_timer is (platform.timer is not None)
    assert not implements(kind, "no_such_method")


def test_what_is_not_implemented_is_in_no_row() -> None:
    for name in ("iosxr", "iosxr_netconf"):
        assert not implements(napalm.get_network_driver(name), "get_vlans")
        assert "vlan.name" not in PLATFORMS[name].observes


@pytest.mark.parametrize("name", [name for name, each in PLATFORMS.items() if not each.timer])
def test_without_a_timer_in_the_table_there_is_none(name: str) -> None:
    with pytest.raises(NotImplementedError):
        napalm.get_network_driver(name).commit_config(SimpleNamespace(), revert_in=60)


def test_the_timers_of_the_table_are_those_of_the_drivers() -> None:
    junos, ios = (napalm.get_network_driver(each) for each in ("junos", "ios"))
    with pytest.raises(exceptions.CommitConfirmException, match="multiple of 60"):
        junos.commit_config(SimpleNamespace(lock_disable=True), revert_in=61)
    with_archive = SimpleNamespace(_check_archive_feature=lambda: True)
    for seconds in (59, 7201):
        with pytest.raises(exceptions.CommitConfirmException, match="between 60 and 7200"):
            ios.commit_config(with_archive, revert_in=seconds)
    for name, longest in (("ios", 7200), ("junos", 65_535 * 60)):
        timer = PLATFORMS[name].timer
        assert timer is not None
        assert (timer.step, timer.longest) == (60, longest)


def test_on_eos_a_commit_has_a_name_that_closing_takes_back() -> None:
    """Why the name is kept in the record, and taken from the object before it is closed."""
    for name, commands in (("napalm_1", ["configure session napalm_1 abort"]), (None, [])):
        eos = napalm.get_network_driver("eos")(HOST, "osism", "secret")
        assert eos.config_session is None
        sent: list[str] = []
        eos.device = SimpleNamespace(
            connection=None, run_commands=lambda lines, sent=sent, **_: sent.extend(lines)
        )
        eos.config_session = name
        eos.close()
        assert sent == commands


# --- the library that is not there ----------------------------------------------------------------


def test_the_driver_is_there_without_the_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = (
        "import sys; import osism.adapters.switches.napalm; "
        "sys.exit(any(each in sys.modules for each in ('napalm', 'netmiko', 'paramiko', 'lxml')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    monkeypatch.setitem(sys.modules, "napalm", None)
    driver = NapalmDriver({"platform": "eos"})
    assert driver.capabilities.observes == PLATFORMS["eos"].observes
    with (
        pytest.raises(Misconfigured, match=r"install osism\[napalm\]"),
        driver.connect(Target("leaf-1", HOST, options={"directory": str(tmp_path)})),
    ):
        pass


def test_a_platform_that_is_not_installed(tmp_path: Path) -> None:
    driver = NapalmDriver({"platform": "nosuchthing"})
    with (
        pytest.raises(Misconfigured, match="no driver for the platform 'nosuchthing'"),
        driver.connect(Target("leaf-1", HOST, options={"directory": str(tmp_path)})),
    ):
        pass


def test_a_driver_that_cannot_deploy_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Looking(napalm.base.NetworkDriver):
        def get_interfaces(self) -> Any:
            return {}

    module = types.ModuleType("napalm_looking")
    module.Looking = Looking  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "napalm_looking", module)
    options = {"platform": "looking", "directory": str(tmp_path)}
    with (
        pytest.raises(Misconfigured, match=r"not implement load_replace_candidate, .*, rollback;"),
        NapalmDriver(options).connect(Target("leaf-1", HOST, options=options)),
    ):
        pass
    assert driver_class("looking") is Looking


# --- who answers ----------------------------------------------------------------------------------


class Refusing(asyncssh.SSHServer):
    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return False


@pytest.fixture(scope="module")
def ssh_server() -> Iterator[tuple[int, str]]:
    """Port and public key of a server that lets nobody in."""
    key = asyncssh.generate_private_key("ssh-ed25519")
    loop, port = asyncio.new_event_loop(), Future[int]()

    async def serve() -> None:
        server = await asyncssh.listen(
            HOST, 0, server_host_keys=[key], server_factory=Refusing, login_timeout=10
        )
        port.set_result(server.get_port())

    def run() -> None:
        loop.run_until_complete(serve())
        loop.run_forever()

    thread = threading.Thread(target=run)
    thread.start()
    yield port.result(10), key.export_public_key().decode().strip()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()


def refusal(platform: str, port: int, tmp_path: Path, **options: Any) -> str:
    """What is said by a driver that must not get in."""
    options = {
        "platform": platform,
        "directory": str(tmp_path),
        "username": "osism",
        "password": "correct horse",
        "timeout": 5,
        "connect_timeout": 5,
        **options,
    }
    with (
        pytest.raises((Misconfigured, OutsideFailed)) as refused,
        NapalmDriver(options).connect(Target("leaf-1", HOST, port, options)) as session,
    ):
        session.observe()
    assert "correct horse" not in str(refused.value)
    return f"{type(refused.value).__name__}: {refused.value}"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".ssh").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


STRANGER = "Misconfigured: switch 'leaf-1': it does not prove who it is"
LOGIN = "Misconfigured: switch 'leaf-1': the login is refused"


@pytest.mark.parametrize("platform", SSH)
def test_a_host_key_that_is_unknown_or_another_ends_it(
    platform: str, ssh_server: tuple[int, str], home: Path
) -> None:
    port, key = ssh_server
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().strip()
    assert refusal(platform, port, home).startswith(STRANGER)
    assert refusal(platform, port, home, host_key=other).startswith(STRANGER)
    assert refusal(platform, port, home, host_key=key).startswith(LOGIN)


@pytest.mark.parametrize("platform", SSH)
def test_host_keys_come_from_the_usual_files_too(
    platform: str, ssh_server: tuple[int, str], home: Path
) -> None:
    port, key = ssh_server
    (home / "known").write_text(f"[{HOST}]:{port} {key}\n")
    assert refusal(platform, port, home, known_hosts=str(home / "known")).startswith(LOGIN)
    (home / ".ssh/known_hosts").write_text(f"[{HOST}]:{port} {key}\n")
    assert refusal(platform, port, home).startswith(LOGIN)
    # A file of one's own is the only one then.
    (home / "known").write_text("")
    assert refusal(platform, port, home, known_hosts=str(home / "known")).startswith(STRANGER)


def test_of_what_cannot_be_checked_somebody_has_to_be_aware(
    ssh_server: tuple[int, str], home: Path
) -> None:
    """ncclient lets any host key pass on IOS-XR. When this fails, it no longer does."""
    port, _ = ssh_server
    assert "insecure: true" in refusal("iosxr_netconf", port, home)
    assert refusal("iosxr_netconf", port, home, insecure=True).startswith(LOGIN)
    assert {name for name, each in PLATFORMS.items() if not each.login.checked} == {"iosxr_netconf"}


class Unauthorized(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.send_response(401, "Unauthorized")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module", params=["127.0.0.1", "127.0.0.2"])
def https_server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[int, str, str]]:
    """Port of a server that lets nobody in, its certificate, and the address that it is for."""
    directory = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "leaf-1")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(request.param))]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    pem = directory / "certificate.pem"
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (directory / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, directory / "key.pem")
    server = http.server.HTTPServer((HOST, 0), Unauthorized)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server.server_address[1], str(pem), request.param
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("platform", HTTPS)
def test_a_certificate_that_is_unknown_or_anothers_ends_it(
    platform: str, https_server: tuple[int, str, str], home: Path
) -> None:
    port, certificate, address = https_server
    assert refusal(platform, port, home).startswith(STRANGER)
    known = refusal(platform, port, home, ca_file=certificate)
    assert known.startswith(LOGIN if address == HOST else STRANGER)


def test_files_of_nxos_go_over_ssh_with_the_same_check(tmp_path: Path) -> None:
    options = {"username": "osism", "password": "correct horse", "host_key": "ssh-ed25519 AAAA"}
    made = credentials(Target("leaf-1", HOST, 8443, options), PLATFORMS["nxos"], tmp_path)
    nxos = napalm.get_network_driver("nxos")(HOST, "osism", "x", optional_args=made.arguments)
    assert nxos.ssl_verify is True
    assert nxos.port == 8443
    assert nxos.netmiko_optional_args["ssh_strict"] is True
    assert nxos.netmiko_optional_args["alt_key_file"] == str(tmp_path / "known_hosts")
    assert (tmp_path / "known_hosts").read_text() == f"{HOST} ssh-ed25519 AAAA\n"
