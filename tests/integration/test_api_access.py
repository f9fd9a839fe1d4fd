"""A process of the API over real sockets: who gets in, what it takes, how it begins and ends."""

from __future__ import annotations

import os
import re
import resource
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import httpx
import pytest
import yaml

from osism.domain.access import digest
from osism.domain.errors import Misconfigured
from osism.lab.redis import EmbeddedRedis
from osism.services.api import server
from tests.integration.conftest import Until

TOKENS = {role: f"osism_test-{role}" for role in ("reader", "operator", "admin")}
ACCESS = {f"the {role}": {"sha256": digest(token), "role": role} for role, token in TOKENS.items()}


class Process:
    """``osism service api`` with settings of its own; ``log`` is what it has said."""

    def __init__(self, folder: Path, **values: Any) -> None:
        self.config, self._log = folder / "osism.yml", folder / "api.log"
        self.values = {"database_url": f"sqlite:///{folder}/osism.db", **values}
        self.write(**values)
        kept = {name: each for name, each in os.environ.items() if not name.startswith("OSISM_")}
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "osism.main", "service", "api"],
                env={**kept, "OSISM_CONFIG": str(self.config)}, stdout=log, stderr=log,
            )  # fmt: skip

    def write(self, **values: Any) -> None:
        """Other settings, all at once, as an editor writes them."""
        new = self.config.with_suffix(".new")
        new.write_text(yaml.safe_dump({**self.values, "api_tokens": {}, "api_port": 0, **values}))
        new.rename(self.config)

    @property
    def log(self) -> str:
        return self._log.read_text()

    @property
    def url(self) -> str:
        """Where it listens, once it does."""
        deadline = monotonic() + 60
        while not (found := re.search(r"listening on (\S+)", self.log)):
            assert self.process.poll() is None and monotonic() < deadline, self.log
            sleep(0.02)
        return found[1].replace("0.0.0.0", "127.0.0.1")

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def ask(self, method: str, path: str, role: str = "admin", **options: Any) -> httpx.Response:
        headers = {**({"X-Api-Key": TOKENS[role]} if role else {}), **options.pop("headers", {})}
        return httpx.request(method, self.url + path, headers=headers, timeout=20, **options)

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), 20)

    def end(self) -> int:
        self.process.terminate()
        return self.process.wait(20)

    def __enter__(self) -> Process:
        return self

    def __exit__(self, *_: object) -> None:
        with self.process:
            self.process.kill()


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    values = {"api_tokens": ACCESS, "api_body": 4096, "log_level": "DEBUG", "api_rate": 0}
    with Process(tmp_path_factory.mktemp("api"), **values) as found:
        yield found
        assert found.end() == 0
        assert not [token for token in TOKENS.values() if token in found.log]


def everything(connection: socket.socket) -> str:
    """What comes until the other side closes."""
    said = b""
    while piece := connection.recv(65536):
        said += piece
    return said.decode()


def answer(connection: socket.socket) -> str:
    """One answer, whole."""
    said = b""
    while not (found := re.match(rb"(?is).*\r\ncontent-length: (\d+)\r\n.*?\r\n\r\n", said)) or len(
        said
    ) < found.end() + int(found[1]):
        piece = connection.recv(65536)
        assert piece, said
        said += piece
    return said.decode()


def head(method: str, path: str, *more: str) -> bytes:
    lines = (f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *more, "", "")
    return "\r\n".join(lines).encode()


KEY = f"X-Api-Key: {TOKENS['operator']}"


class TestAccess:
    def test_tokens_over_a_socket(self, api: Process) -> None:
        for path in ("/docs", "/openapi.json", "/metrics", "/ready", "/none", "/api/v1/audit"):
            assert api.ask("GET", path, "").status_code == 401
        assert api.ask("GET", "/health", "").status_code == 200
        assert api.ask("GET", "/api/v1/audit", "reader").status_code == 403
        assert api.ask("GET", "/api/v1/audit").status_code == 200

    def test_tokens_are_read_again_while_it_runs(self, api: Process, until: Until) -> None:
        def works(role: str) -> bool:
            return api.ask("GET", "/openapi.json", role).status_code == 200

        try:
            assert works("reader")
            api.write(api_tokens={"the admin": ACCESS["the admin"]})
            assert until(lambda: not works("reader"), 1.0)
            assert works("admin")
            api.config.write_text("api_tokens: {")
            assert works("admin") and not works("reader")
            api.write()
            assert not works("admin") and not works("")
        finally:
            api.write(api_tokens=ACCESS)
        assert works("reader")

    def test_who_asked_is_in_the_audit_log(self, api: Process) -> None:
        body = {"job": "none", "password": TOKENS["operator"]}
        api.ask("POST", "/api/v1/jobs", "operator", json=body)
        row = api.ask("GET", "/api/v1/audit?limit=1").json()["items"][0]
        assert (row["who"], row["path"], row["address"]) == (
            "the operator", "/api/v1/jobs", "127.0.0.1",
        )  # fmt: skip
        assert (row["body"]["password"], row["status"]) == ("********", 400)


class TestLimits:
    def test_a_body_that_says_how_long_it_is(self, api: Process) -> None:
        """Nothing of it is waited for, and the connection can be used again."""
        with api.connect() as connection:
            length = "Content-Length: 5000"
            connection.sendall(head("POST", "/api/v1/jobs", KEY, length, "Expect: 100-continue"))
            said = answer(connection)
            assert said.startswith("HTTP/1.1 413 ")
            assert "100 Continue" not in said
            connection.sendall(b" " * 5000)
            connection.sendall(head("GET", "/health", "Connection: close"))
            assert everything(connection).startswith("HTTP/1.1 200 ")

    def test_a_body_in_pieces(self, api: Process) -> None:
        with api.connect() as connection:
            connection.sendall(
                head(
                    "POST", "/api/v1/jobs", KEY,
                    "Content-Type: application/json", "Transfer-Encoding: chunked",
                )
            )  # fmt: skip
            for _ in range(5):
                connection.sendall(b"3e8\r\n" + b" " * 1000 + b"\r\n")
            assert answer(connection).startswith("HTTP/1.1 413 ")
            connection.sendall(b"0\r\n\r\n" + head("GET", "/health", "Connection: close"))
            assert everything(connection).startswith("HTTP/1.1 200 ")

    def test_a_body_without_an_end_is_cut_off(self, api: Process) -> None:
        with api.connect() as connection, pytest.raises(OSError):
            connection.sendall(head("POST", "/api/v1/jobs", "Transfer-Encoding: chunked"))
            for _ in range(100):
                connection.sendall(b"100000\r\n" + b" " * (1 << 20) + b"\r\n")

    def test_clients_see_why(self, api: Process) -> None:
        for content in (b" " * 8_000_000, iter([b" " * 100_000] * 80)):
            found = api.ask("POST", "/api/v1/jobs", "operator", content=content)
            assert (found.status_code, found.json()["code"]) == (413, 413)

    @pytest.mark.parametrize("more", [b"X: " + b"x" * 2_000_000, b"X: x\r\n" * 400_000])
    def test_headers_without_an_end(self, api: Process, more: bytes) -> None:
        said = ""
        with api.connect() as connection:
            try:
                connection.sendall(head("GET", "/health")[:-2] + more)
                said = everything(connection)
            except ConnectionError:
                return  # cut off while it was still sending
        assert '"code":431' in said

    def test_what_is_no_http(self, api: Process) -> None:
        with api.connect() as connection:
            connection.sendall(b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n")
            said = everything(connection)
        assert said.startswith("HTTP/1.1 400 ")
        assert '"kind":"Status"' in said
        assert "Invalid HTTP" not in api.log  # strangers shall not fill it

    def test_no_websockets(self, api: Process) -> None:
        more = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13")
        with api.connect() as connection:
            connection.sendall(head("GET", "/api/v1/events", *more))
            assert answer(connection).startswith("HTTP/1.1 401 ")


def test_there_may_be_more_connections_than_a_process_usually_has() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(512, hard), hard))
        server.more_files()
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (min(server.FILES, hard), hard)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_without_tokens_it_is_for_this_machine_only(tmp_path: Path) -> None:
    with Process(tmp_path) as api:
        assert api.url.startswith("http://127.0.0.1:")
        assert "there are no api_tokens" in api.log
        assert api.ask("GET", "/api/v1/audit", "").status_code == 200
        evil = {"Host": f"evil.example:{api.port}"}
        assert api.ask("GET", "/api/v1/audit", "", headers=evil).status_code == 403
        api.write(api_tokens=ACCESS)
        assert api.ask("GET", "/api/v1/audit", "").status_code == 401
        assert api.ask("GET", "/api/v1/audit").status_code == 200
        api.process.send_signal(signal.SIGINT)
        assert api.process.wait(10) == 0


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "192.0.2.1", "manager.example.org"])
def test_no_other_address_without_tokens(address: str) -> None:
    with pytest.raises(Misconfigured, match="without api_tokens the API listens on this machine's"):
        server.listen(address, 0, True)


@pytest.mark.parametrize("address", ["127.0.0.1", "localhost", "127.0.0.2", ""])
def test_a_port_that_is_in_use(address: str) -> None:
    with server.listen(address, 0, True) as other:
        host, port = other.getsockname()
        assert host.startswith("127.0.0.")
        with pytest.raises(Misconfigured, match=f"cannot listen on {host}:{port}.*in use"):
            server.listen(host, port, False)


# --- the end


def test_it_ends_in_time_with_requests_open(tmp_path: Path, redis_server: EmbeddedRedis) -> None:
    """A stream, a body that does not come, and a thread that waits for the database."""
    with (
        Process(tmp_path, api_tokens=ACCESS, redis_url=redis_server.url) as api,
        api.connect() as stream,
        api.connect() as slow,
        api.connect() as held,
        api.connect() as idle,
    ):
        stream.sendall(head("GET", "/api/v1/events", KEY))
        assert b"text/event-stream" in stream.recv(65536)
        slow.sendall(head("POST", "/api/v1/jobs", KEY, "Content-Length: 100"))
        idle.sendall(b"GET")
        held.sendall(head("PUT", "/api/v1/lock", KEY, "Content-Length: 0"))
        assert answer(held).startswith("HTTP/1.1 403")
        database = sqlite3.connect(tmp_path / "osism.db")
        database.execute("BEGIN IMMEDIATE")
        held.sendall(head("PUT", "/api/v1/lock", KEY, "Content-Length: 0"))
        assert api.ask("GET", "/openapi.json").status_code == 200
        began = monotonic()
        assert api.end() == 0
        database.close()
        assert monotonic() - began < 5
    assert "Traceback" not in api.log


# --- TLS


@pytest.fixture(scope="module")
def certify(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Path, Path]]:
    """Make a certificate for this machine and its key."""
    folder = tmp_path_factory.mktemp("tls")

    def make(name: str) -> tuple[Path, Path]:
        certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
        subprocess.run(
            [
                *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt"),
                *("ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=osism"),
                *("-addext", "subjectAltName=IP:127.0.0.1", "-out", certificate, "-keyout", key),
            ],
            check=True, capture_output=True,
        )  # fmt: skip
        return certificate, key

    return make


def test_tls(tmp_path: Path, certify: Callable[[str], tuple[Path, Path]]) -> None:
    certificate, key = certify("one")
    values = {"api_certificate": str(certificate), "api_key": str(key)}
    with Process(tmp_path, api_tokens=ACCESS, **values) as api:
        assert api.url.startswith("https://")
        trusted = ssl.create_default_context(cafile=str(certificate))
        assert api.ask("GET", "/api/v1/audit", verify=trusted).status_code == 200
        assert api.ask("GET", "/api/v1/audit", "", verify=trusted).status_code == 401
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            api.ask("GET", "/api/v1/audit")
        assert api.end() == 0


@pytest.mark.parametrize(
    ("certificate", "key", "words"),
    [
        ("one.pem", "", "api_key is not set"),
        ("", "one.key", "api_certificate is not set"),
        ("none.pem", "one.key", "No such file"),
        ("one.pem", "none.key", "No such file"),
        ("one.pem", "two.key", "the key is not the certificate's"),
        ("empty", "one.key", "PEM"),
        ("one.pem", "empty", "PEM"),
        ("one.pem", "locked.key", "encrypted"),
    ],
)
def test_what_is_no_certificate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, certify: Any,
    certificate: str, key: str, words: str,
) -> None:  # fmt: skip
    folder = certify("one")[0].parent
    certify("two")
    (folder / "empty").touch()
    subprocess.run(
        [
            *("openssl", "ec", "-aes128", "-passout", "pass:x", "-in", folder / "one.key"),
            *("-out", folder / "locked.key"),
        ],
        check=True, capture_output=True,
    )  # fmt: skip
    named = [folder / each if each else None for each in (certificate, key)]
    with pytest.raises(Misconfigured, match=words):
        server.secured(*named)
