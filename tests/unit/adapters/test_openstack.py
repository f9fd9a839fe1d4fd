"""Requests to OpenStack: getting in, what is repeated, what errors become, what is never told."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import yaml

from osism.adapters.openstack import Cloud, OpenstackBaremetal
from osism.adapters.openstack.nodes import member, patch
from osism.adapters.openstack.session import Service
from osism.domain.errors import (
    Busy,
    Invalid,
    Misconfigured,
    NotFound,
    OsismError,
    OutsideFailed,
    Refused,
    Unsure,
)
from osism.domain.nodes import Node, WantedNode

ID = "1be26c0b-03f2-4d2e-ae87-c02d7f33c123"
LOCKED = f"Node {ID} is locked by host c, please retry after the current operation is completed."

Reply = tuple[int, Any]


class Server:
    """Answers what it is told to, each thing once and the last one for ever."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.replies: list[Reply] = [(200, {})]
        self.asked: list[tuple[str, str, Any]] = []
        self.headers: list[dict[str, str]] = []

    def reply(self, *replies: Reply) -> None:
        self.replies = list(replies)


@contextmanager
def serving() -> Iterator[Server]:
    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            server.asked.append((self.command, self.path, body))
            server.headers.append(dict(self.headers))
            status, said = server.replies.pop(0) if server.replies[1:] else server.replies[0]
            if self.path.rstrip("/") == "/v3":  # Keystone, which everybody may ask for its version
                links = [{"rel": "self", "href": f"{server.url}/v3/"}]
                version = {"id": "v3.14", "status": "stable", "links": links}
                status, said = 200, {"version": version}
            text = said if isinstance(said, bytes) else json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = answer

        def log_message(self, *_: Any) -> None:
            pass

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server = Server(f"http://127.0.0.1:{listener.server_port}")
    Thread(target=listener.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield server
    finally:
        listener.shutdown()
        listener.server_close()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    for name in ("OS_CLOUD", "OS_AUTH_URL", "OS_AUTH_TYPE", "OS_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    with serving() as server:
        yield server


def ironic(server: Server, wait: float = 0.0, job: str = "") -> OpenstackBaremetal:
    return OpenstackBaremetal(Cloud(url=server.url), job, wait)


def fault(text: str) -> Any:
    return {"error_message": {"faultcode": "Client", "faultstring": text, "debuginfo": None}}


NODE = Node(ID, "node-1", "available")

# --- getting in


def test_an_ironic_without_keystone(server: Server) -> None:
    server.reply((200, {"nodes": []}))
    ironic(server, job=ID).nodes()
    assert server.asked[0][1].startswith("/v1/nodes?fields=uuid")
    assert "instance_info" not in server.asked[0][1]
    assert server.headers[0]["X-OpenStack-Ironic-API-Version"] == "1.81"
    assert server.headers[0]["X-OpenStack-Request-ID"] == f"req-{ID}"


def test_a_cloud_of_a_file_with_a_password(server: Server, tmp_path: Path) -> None:
    cloud = {"auth_type": "http_basic", "auth": {"endpoint": server.url, "username": "admin"}}
    cloud["baremetal_endpoint_override"] = server.url
    (tmp_path / "clouds.yaml").write_text(yaml.safe_dump({"clouds": {"a": cloud, "b": {}}}))
    secret = {"clouds": {"a": {"auth": {"password": "labpass"}}}}
    (tmp_path / "secure.yaml").write_text(yaml.safe_dump(secret))
    server.reply((200, {"nodes": []}), (401, "Incorrect username or password"))
    baremetal = OpenstackBaremetal(Cloud("a", tmp_path / "clouds.yaml"))
    baremetal.nodes()
    assert server.headers[0]["Authorization"].startswith("Basic ")
    with pytest.raises(Misconfigured, match=r"Incorrect username.*are the credentials right\?"):
        baremetal.nodes()


def test_the_environment(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OS_AUTH_TYPE", "none")
    monkeypatch.setenv("OS_ENDPOINT", server.url)
    server.reply((200, {"nodes": []}))
    assert OpenstackBaremetal(Cloud()).nodes() == []


@pytest.mark.parametrize(
    ("cloud", "words"),
    [
        (lambda at: Cloud(), "no cloud is named; set OSISM_CLOUD"),
        (lambda at: Cloud("admin", at / "none.yaml"), "there is no .*none.yaml"),
        (lambda at: Cloud("other", at / "clouds.yaml"), "the cloud other: .*other"),
        (lambda at: Cloud("empty", at / "clouds.yaml"), "cloud empty"),
    ],
)
def test_what_is_missing_is_said(
    server: Server, tmp_path: Path, cloud: Callable[[Path], Cloud], words: str
) -> None:
    (tmp_path / "clouds.yaml").write_text(yaml.safe_dump({"clouds": {"empty": {"auth": {}}}}))
    with pytest.raises(Misconfigured, match=words):
        OpenstackBaremetal(cloud(tmp_path)).nodes()


def test_keystone_that_refuses_or_is_away(server: Server, tmp_path: Path) -> None:
    auth = {"auth_url": f"{server.url}/v3", "username": "u", "password": "geheim-1"}
    domains = {"user_domain_name": "d", "system_scope": "all"}
    auth |= domains
    clouds = {"clouds": {"a": {"auth": auth}}}
    (tmp_path / "clouds.yaml").write_text(yaml.safe_dump(clouds))
    baremetal = OpenstackBaremetal(Cloud("a", tmp_path / "clouds.yaml"))
    server.reply((401, {"error": {"message": "The request you have made requires you."}}))
    with pytest.raises(Misconfigured) as said:
        baremetal.nodes()
    assert "credentials" in str(said.value)
    assert "geheim" not in str(said.value)
    server.reply((503, b"away"))
    with pytest.raises(OutsideFailed, match="Keystone answered 503"):
        OpenstackBaremetal(Cloud("a", tmp_path / "clouds.yaml")).nodes()
    for path in ("", "/v3"):
        auth["auth_url"] = f"http://127.0.0.1:9{path}"
        (tmp_path / "clouds.yaml").write_text(yaml.safe_dump(clouds))
        with pytest.raises(OutsideFailed):
            OpenstackBaremetal(Cloud("a", tmp_path / "clouds.yaml")).nodes()


# --- errors


@pytest.mark.parametrize(
    ("reply", "kind", "words"),
    [
        ((400, fault("no such\n step")), Refused, "no such step"),
        ((400, {"error_message": json.dumps({"faultstring": "old"})}), Refused, ": old"),
        ((401, fault("x")), Misconfigured, "credentials"),
        ((403, fault("is protected")), Refused, "is protected"),
        ((404, fault(f"Node {ID} could not be found.")), NotFound, "could not be found"),
        ((406, fault("Version 1.81 was requested")), Misconfigured, "2023.1 or newer"),
        ((409, fault(LOCKED)), Busy, "is locked by host c"),
        ((409, fault("is associated with instance")), Refused, "associated"),
        ((500, fault("oops")), OutsideFailed, "answered 500: oops"),
        ((503, fault("lack of free conductor workers")), OutsideFailed, "lack of free"),
        ((502, b"<html>Bad Gateway</html>"), OutsideFailed, "Bad Gateway"),
        ((200, b"<html>hello</html>"), Misconfigured, "no JSON; is its URL right"),
    ],
)
def test_errors_have_ironics_words_in_one_line(
    server: Server, reply: Reply, kind: type[OsismError], words: str
) -> None:
    server.reply(reply)
    with pytest.raises(OsismError) as said:
        ironic(server).node(ID)
    assert type(said.value) is kind
    assert words in str(said.value)
    assert "\n" not in str(said.value)


def test_no_certificate_is_trusted_that_nobody_vouches_for(tmp_path: Path) -> None:
    import ssl
    import subprocess

    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    words += ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*words, "-keyout", key, "-out", cert], check=True, capture_output=True)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"nodes": []}')

        def log_message(self, *_: Any) -> None:
            pass

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    listener.socket = context.wrap_socket(listener.socket, server_side=True)
    Thread(target=listener.serve_forever, args=(0.01,), daemon=True).start()
    url = f"https://127.0.0.1:{listener.server_port}"
    try:
        with pytest.raises(Misconfigured, match=r"is not trusted .*set OSISM_OPENSTACK_CA"):
            OpenstackBaremetal(Cloud(url=url)).nodes()
        assert OpenstackBaremetal(Cloud(url=url, authorities=cert)).nodes() == []
        assert OpenstackBaremetal(Cloud(url=url, verify=False)).nodes() == []
    finally:
        listener.shutdown()
        listener.server_close()


# --- repeating


@pytest.mark.parametrize("reply", [(409, fault(LOCKED)), (503, fault("no workers")), (502, b"")])
def test_what_passes_is_repeated_for_a_while(server: Server, reply: Reply) -> None:
    server.reply(reply, reply, (202, b""))
    ironic(server, wait=5).maintain(NODE, True, "why")
    assert [each[:2] for each in server.asked] == [("PUT", f"/v1/nodes/{ID}/maintenance")] * 3


def test_what_must_not_be_done_twice_is_not_repeated_when_its_answer_is_lost(
    server: Server,
) -> None:
    server.reply((504, b""))
    with pytest.raises(Unsure):
        ironic(server, wait=5).power(NODE, "rebooting")
    assert len(server.asked) == 1
    server.reply((409, fault(LOCKED)), (202, b""))
    ironic(server, wait=5).power(NODE, "rebooting")
    assert len(server.asked) == 3


def test_what_is_refused_is_not_repeated(server: Server) -> None:
    server.reply((400, fault("no")))
    with pytest.raises(Refused):
        ironic(server, wait=5).provision(NODE, "provide")
    assert len(server.asked) == 1


def test_nobody_listens() -> None:
    with pytest.raises(OutsideFailed, match=r"^Ironic at http://127.0.0.1:9 cannot be reached: "):
        OpenstackBaremetal(Cloud(url="http://127.0.0.1:9")).nodes()


# --- pages, patches, names


def test_pages_are_read_to_the_last_whatever_host_their_links_have(server: Server) -> None:
    first = {"nodes": [{"uuid": ID, "name": "a"}], "next": "http://other/v1/nodes?marker=x"}
    server.reply((200, first), (200, {"nodes": [{"uuid": "2", "name": None}]}))
    found = ironic(server).nodes(states=True)
    assert [(each.id, each.name) for each in found] == [(ID, "a"), ("2", "")]
    assert f"marker={ID}" in server.asked[1][1]


def test_only_what_differs_is_patched() -> None:
    found = Node(
        ID,
        "node-1",
        driver="redfish",
        driver_info={"redfish_address": "https://a", "redfish_password": "******"},
        properties={"cpus": 4, "found": 1},
        extra={"a.b": 1},
        interfaces={"power_interface": "redfish"},
    )
    same = WantedNode(
        "node-1",
        "redfish",
        {"redfish_address": "https://a"},
        {"redfish_password": "geheim"},
        {"cpus": 4},
        {"a.b": 1},
        interfaces={"power_interface": "redfish"},
    )
    assert patch(found, same, secrets=False) == []
    assert patch(found, same, secrets=True) == [member("driver_info", "redfish_password", "geheim")]
    changed = WantedNode("node-1", "redfish", properties={"cpus": 8}, extra={"a.b": 2, "c": 3})
    assert patch(found, changed, secrets=False) == [
        member("properties", "cpus", 8),
        {"op": "add", "path": "/extra", "value": {"a.b": 2, "c": 3}},
    ]


def test_names_of_images_and_networks(server: Server, tmp_path: Path) -> None:
    baremetal = ironic(server)
    assert baremetal.image("https://images/a.img") == "https://images/a.img"
    assert baremetal.image(ID) == baremetal.network(ID) == ID
    with pytest.raises(Invalid, match="give an id or a URL"):
        baremetal.image("ubuntu")
    cloud = {"auth_type": "none", "auth": {"endpoint": server.url}}
    (tmp_path / "clouds.yaml").write_text(yaml.safe_dump({"clouds": {"a": cloud}}))
    named = OpenstackBaremetal(Cloud("a", tmp_path / "clouds.yaml"))
    server.reply((200, {"images": [{"id": ID}]}))
    assert named.image("ubuntu") == ID
    assert server.asked[-1][1] == "/v2/images?name=ubuntu"
    server.reply((200, {"networks": []}))
    with pytest.raises(NotFound, match="no network 'x'"):
        named.network("x")
    server.reply((200, {"images": [{"id": "1"}, {"id": "2"}]}))
    with pytest.raises(Invalid, match="2 of the name"):
        named.image("ubuntu")


# --- secrets


def test_no_secret_is_logged_or_told(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    wanted = WantedNode("node-1", "redfish", secrets={"redfish_password": "hunter2-x"})
    server.reply((400, fault("bad value: hunter2-x")))
    with pytest.raises(Refused, match=r"bad value: \*+") as said:
        ironic(server).create(wanted)
    server.reply((400, fault("bad drive: c2VjcmV0")))
    with pytest.raises(Refused) as drive:
        ironic(server).provision(NODE, "active", configdrive="c2VjcmV0")
    server.reply((202, b""))
    ironic(server).provision(NODE, "active", configdrive="c2VjcmV0")
    told = f"{said.value}{drive.value}{caplog.text}"
    assert "hunter2-x" not in told
    assert "c2VjcmV0" not in told
    assert server.asked[-1][2] == {"target": "active", "configdrive": "c2VjcmV0"}


def test_a_password_in_a_url_is_not_told() -> None:
    with pytest.raises(OutsideFailed) as said:
        Service(Cloud(url="http://u:geheim-1@127.0.0.1:9"), "baremetal", "Ironic", "/v1").get("/x")
    assert "geheim" not in str(said.value)
