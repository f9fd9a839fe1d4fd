"""Requests to the API: repeats, failures, the token, certificates."""

from __future__ import annotations

import json
import logging
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from osism.adapters.remote import session as sessions
from osism.adapters.remote.following import follow
from osism.adapters.remote.jobs import RemoteQueue
from osism.adapters.remote.session import Session
from osism.domain import errors
from osism.domain.jobs import GenerateConfiguration


def status(code: int, *message: str) -> tuple[int, bytes]:
    body = {"kind": "Status", "result": {"str": "x"}, "message": message, "code": code}
    return code, json.dumps(body).encode()


class Peer:
    """An API that answers as it is told, one answer after the other; the last one for ever.

    None: the connection ends without an answer.
    """

    def __init__(self) -> None:
        self.answers: list[tuple[int, bytes] | None] = []
        self.headers: dict[str, str] = {}
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []
        peer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                length = int(self.headers.get("content-length") or 0)
                body = self.rfile.read(length)
                peer.asked.append((self.command, self.path, dict(self.headers), body))
                answer = peer.answers.pop(0) if len(peer.answers) > 1 else peer.answers[0]
                if answer is None:
                    self.close_connection = True
                    return
                self.send_response(answer[0])
                for name, value in peer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer[1])))
                self.end_headers()
                self.wfile.write(answer[1])

            do_POST = do_GET

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server.server_address[1]}"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def peer(monkeypatch: pytest.MonkeyPatch) -> Iterator[Peer]:
    monkeypatch.setattr(sessions, "PAUSES", (0.001, 0.001))
    peer = Peer()
    yield peer
    peer.close()


@pytest.fixture
def session(peer: Peer) -> Session:
    return Session(f"http://{peer.address}", None, None)


GOOD = (200, b'{"meta": {"name": "j"}}')


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (400, errors.Invalid),
        (401, errors.Refused),
        (403, errors.Refused),
        (404, errors.NotFound),
        (409, errors.Refused),
        (412, errors.Changed),
        (413, errors.Invalid),
        (423, errors.Busy),
        (500, errors.OutsideFailed),
        (501, errors.Absent),
        (503, errors.OutsideFailed),
    ],
)
def test_a_failure_becomes_the_error_that_it_was(
    peer: Peer, session: Session, code: int, kind: type[Exception]
) -> None:
    peer.answers = [status(code, "so", "it is")]
    with pytest.raises(kind, match="so; it is"):
        session.get("/lock")


@pytest.mark.parametrize("body", [b"<html>", b"{}", b'{"kind": "Status"}', b"[]"])
def test_what_is_no_api_is_told(peer: Peer, session: Session, body: bytes) -> None:
    peer.answers = [(404, body)]
    with pytest.raises(errors.Misconfigured, match="is the URL right"):
        session.get("/lock")
    peer.answers = [(301, b"")]
    with pytest.raises(errors.Misconfigured, match="is the URL right"):
        session.get("/lock")
    peer.answers = [(502, body)]
    with pytest.raises(errors.OutsideFailed, match="answers with 502"):
        session.get("/lock")


@pytest.mark.parametrize("first", [status(503, "x"), None])
def test_looking_is_repeated_and_asking_is_not(
    peer: Peer, session: Session, first: tuple[int, bytes] | None
) -> None:
    peer.answers = [first, GOOD]
    assert session.get("/lock")
    peer.asked.clear()
    peer.answers = [first, GOOD]
    with pytest.raises(errors.OutsideFailed):
        session.send("POST", "/jobs/j/revoke")
    assert len(peer.asked) == 1


def test_too_many_requests_are_made_later_whatever_they_are(peer: Peer, session: Session) -> None:
    peer.headers = {"Retry-After": "0.05"}
    peer.answers = [status(429, "later"), GOOD]
    began = datetime.now(UTC)
    assert session.send("POST", "/jobs/j/revoke")
    assert datetime.now(UTC) - began >= timedelta(seconds=0.05)


def test_a_job_whose_answer_was_lost_is_asked_for_again_under_its_id(
    peer: Peer, session: Session
) -> None:
    peer.answers = [None, status(503, "x"), GOOD]
    assert RemoteQueue(session).send(GenerateConfiguration(("leaf-1",)), by="alice") == "j"
    ids = {headers["X-Job-Id"] for _, _, headers, _ in peer.asked}
    assert (len(peer.asked), len(ids)) == (3, 1)
    body = json.loads(peer.asked[0][3])
    assert body == {"job": "GenerateConfiguration", "switches": ["leaf-1"]}
    assert peer.asked[0][2]["X-Osism-User"] == "alice"


def sent(id: str, kind: str, **values: Any) -> bytes:
    data = json.dumps({"at": "2026-11-21T12:00:00+00:00", "kind": kind, "values": values})
    return f"id: {id}\nevent: {kind}\ndata: {data}\n\n".encode()


def test_a_stream_that_breaks_off_goes_on_behind_the_last_event(
    peer: Peer, session: Session
) -> None:
    peer.headers = {"Content-Type": "text/event-stream"}
    first = b": ping\n\n" + sent("1-0", "line", text="a") + b"id: 2-0\nevent: line\ndata: {"
    peer.answers = [
        None,
        (200, first),
        status(503, "x"),
        (200, sent("2-0", "line", text="b") + sent("3-0", "end", state="succeeded")),
    ]
    found = [(each.id, each.kind) for each in follow(session, "j", "0", 60.0)]
    assert found == [("1-0", "line"), ("2-0", "line"), ("3-0", "end")]
    places = [headers.get("Last-Event-ID") for _, _, headers, _ in peer.asked]
    assert places == [None, None, "1-0", "1-0"]


def test_a_stream_that_stays_away_ends_in_its_error(peer: Peer, session: Session) -> None:
    peer.answers = [status(503, "Redis is away")]
    with pytest.raises(errors.OutsideFailed, match="Redis is away"):
        list(follow(session, "j", "0", 0.0))
    peer.answers = [status(401, "no token")]
    with pytest.raises(errors.Refused, match="OSISM_TOKEN_FILE"):
        list(follow(session, "j", "0", 60.0))


# --- the token ------------------------------------------------------------------------------------


def test_the_token_is_presented_and_a_readable_file_is_told(
    peer: Peer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    peer.answers = [GOOD]
    file = tmp_path / "token"
    for mode, told in ((0o600, 0), (0o640, 1)):
        file.write_text("osism_x\n")
        file.chmod(mode)
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            Session(f"http://{peer.address}/api/v1/", file, None).get("/lock")
        assert len(caplog.records) == told
        assert "osism_x" not in caplog.text
    assert {headers["X-Api-Key"] for _, _, headers, _ in peer.asked} == {"osism_x"}
    assert {path for _, path, _, _ in peer.asked} == {"/api/v1/lock"}


@pytest.mark.parametrize("content", [None, b"", b"one two", "ü".encode()])
def test_a_token_file_has_one_token(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "token"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(errors.Misconfigured, match="token file"):
        Session("http://127.0.0.1:9", file, None)


# --- certificates ---------------------------------------------------------------------------------


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A file with a certificate of its own for 127.0.0.1 and its key."""
    import ipaddress

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a test")])
    now = datetime.now(UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file = tmp_path / "certificate.pem"
    file.write_bytes(made.public_bytes(pem) + secret)
    return file


@pytest.fixture
def secure(peer: Peer, certificate: Path) -> Callable[[Path | None], Session]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    peer.server.socket = context.wrap_socket(peer.server.socket, server_side=True)
    peer.answers = [GOOD]
    return lambda authorities: Session(f"https://{peer.address}", None, authorities)


def test_a_certificate_is_verified(
    secure: Callable[[Path | None], Session], certificate: Path, tmp_path: Path
) -> None:
    with pytest.raises(errors.OutsideFailed, match="OSISM_API_CA"):
        secure(None).get("/lock")
    assert secure(certificate).get("/lock")
    with pytest.raises(errors.Misconfigured, match="api_ca"):
        secure(tmp_path / "nothing")
