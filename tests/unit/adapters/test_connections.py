"""Addresses of Redis, for our own client and for Celery; real servers where a machine has them."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest
import redis
from redis.exceptions import AuthenticationError, ResponseError

from osism.adapters.connections import celery_broker, connect, reaching, redacted
from osism.domain.errors import Misconfigured, OutsideFailed

SECRET = "p%40ss%2Fword"  # p@ss/word


def settings(url: str, ca: str = "") -> dict[str, Any]:
    pool: Any = connect(url, ca=ca).connection_pool
    return dict(pool.connection_kwargs) | {"class": pool.connection_class.__name__, "pool": pool}


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("redis://", {"host": "localhost", "port": 6379, "db": 0, "username": None}),
        ("redis://r:1234/5", {"host": "r", "port": 1234, "db": 5}),
        ("redis://r?db=2", {"host": "r", "db": 2}),
        (f"redis://u:{SECRET}@r", {"host": "r", "username": "u", "password": "p@ss/word"}),
        (f"redis://:{SECRET}@r", {"username": None, "password": "p@ss/word"}),
        ("redis://[fd00::1]:77", {"host": "fd00::1", "port": 77}),
        ("rediss://r", {"host": "r", "class": "SSLConnection"}),
        ("rediss://r?ssl_cert_reqs=required", {"host": "r", "class": "SSLConnection"}),
        ("rediss://r?ssl_ca_certs=/ca.pem", {"ssl_ca_certs": "/ca.pem"}),
        ("unix:///run/a.sock", {"path": "/run/a.sock", "class": "UnixDomainSocketConnection"}),
        ("unix://u:p@/run/a%20b.sock?db=3", {"path": "/run/a b.sock", "db": 3, "password": "p"}),
        ("redis+socket:///run/a.sock?virtual_host=4", {"path": "/run/a.sock", "db": 4}),
    ],
)
def test_addresses(url: str, expected: dict[str, Any]) -> None:
    known = settings(url)
    assert {name: known.get(name) for name in expected} == expected


@pytest.mark.parametrize(
    ("url", "hosts", "secure"),
    [
        ("sentinel://u:p@a;sentinel://b:77/jobs/2", [("a", 26379), ("b", 77)], False),
        ("sentinel://u:p@a;b:77/jobs/2", [("a", 26379), ("b", 77)], False),
        ("redis+sentinel://u:p@a,b:77/jobs/2", [("a", 26379), ("b", 77)], False),
        ("redis+sentinel://u:p@a:26379/jobs?db=2", [("a", 26379)], False),
        ("rediss+sentinel://u:p@a,[fd00::1]:9/jobs/2", [("a", 26379), ("fd00::1", 9)], True),
    ],
)
def test_sentinels(url: str, hosts: list[tuple[str, int]], secure: bool) -> None:
    known = settings(f"{url}{'&' if '?' in url else '?'}sentinel_password=s")
    pool = known["pool"]
    sentinels = [each.connection_pool.connection_kwargs for each in pool.sentinel_manager.sentinels]
    assert [(each["host"], each["port"]) for each in sentinels] == hosts
    assert {each["password"] for each in sentinels} == {"s"}
    assert (pool.service_name, known["db"], known["username"], known["password"]) == (
        ("jobs", 2, "u", "p")
    )
    assert known["class"] == f"SentinelManaged{'SSL' * secure}Connection"


def test_tls_is_always_verified() -> None:
    connection = connect("rediss://r", ca="/ca.pem", certificate="/c.pem", key="/k.pem")
    made: Any = connection.connection_pool.make_connection()
    assert (made.cert_reqs, made.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert (made.ca_certs, made.certfile, made.keyfile) == ("/ca.pem", "/c.pem", "/k.pem")
    assert settings("rediss://r?ssl_ca_certs=/url.pem", ca="/ca.pem")["ssl_ca_certs"] == "/url.pem"
    with pytest.raises(Misconfigured, match="certificates are always verified"):
        connect("rediss://r?ssl_cert_reqs=none")


@pytest.mark.parametrize("url", ["redis://r", "unix:///r.sock", "sentinel://r/jobs", "rediss://r"])
def test_nothing_waits_for_ever(url: str) -> None:
    known = settings(url)
    assert known["socket_timeout"] == 5.0
    assert known["health_check_interval"] > 0
    assert known["retry"].get_retries() == 3


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("", "must begin with"),
        ("redis", "must begin with"),
        (f"http://u:{SECRET}@r", "'http://r': must begin with one of redis://"),
        (f"redis://u:{SECRET}@r:port", "not a valid address"),
        (f"redis://u:{SECRET}@r/jobs", "not a valid address"),
        (f"redis://u:{SECRET}@r?ssl=no&x=1", "unknown option ssl, x; known are db"),
        (f"sentinel://u:{SECRET}@r:26379", "names no service"),
        ("unix://", "names no socket"),
        ("redis://u:p@[r", "not a valid address"),
    ],
)
def test_mistakes_are_told_without_the_password(url: str, complaint: str) -> None:
    with pytest.raises(Misconfigured) as error:
        connect(url)
    assert complaint in str(error.value)
    assert SECRET not in str(error.value) and "ss/word" not in str(error.value)
    with pytest.raises(Misconfigured):
        celery_broker(url)


def test_redacted() -> None:
    assert redacted("redis://u:p@h:1/2?x=y") == "redis://h:1/2"
    assert redacted("redis://u:a@b/c@h:1/2") == "redis://h:1/2"  # not encoded as it should be
    assert redacted("u:p@h") == "h"
    assert redacted("sentinel://u:p@a;sentinel://u:p@b/x") == "sentinel://a;sentinel://b/x"


# --- Celery ---------------------------------------------------------------------------------------


def seen_by_kombu(url: str, options: dict[str, Any]) -> Any:
    """The connection arguments that kombu makes of an address, without connecting."""
    kombu = pytest.importorskip("kombu")
    connection = kombu.Connection(url, transport_options=options)
    transport = connection.transport
    channel = object.__new__(transport.Channel)
    channel.connection = transport
    for name, value in options.items():
        setattr(channel, name, value)
    return connection, channel._connparams()


@pytest.mark.parametrize("url", [f"redis://u:{SECRET}@r:1234/5", f"redis://u:{SECRET}@[fd00::1]/5"])
def test_celery_reads_the_same_address(url: str) -> None:
    ours = settings(url)
    _, theirs = seen_by_kombu(*celery_broker(url))
    for name in ("host", "port", "db", "username", "password"):
        assert theirs[name] == ours[name], name
    assert theirs["socket_timeout"] == 5.0


def test_celery_verifies_certificates() -> None:
    url, options = celery_broker("rediss://r/1", ca="/my ca.pem", certificate="/c", key="/k")
    connection, theirs = seen_by_kombu(url, options)
    assert theirs["connection_class"] is redis.SSLConnection
    assert theirs["ssl_cert_reqs"] == ssl.CERT_REQUIRED
    files = theirs["ssl_ca_certs"], theirs["ssl_certfile"], theirs["ssl_keyfile"]
    assert files == ("/my ca.pem", "/c", "/k")
    assert connection.virtual_host == "1"


def test_celery_on_a_socket() -> None:
    url, options = celery_broker(f"unix://u:{SECRET}@/run/a b.sock?db=3")
    assert url == f"redis+socket://u:{SECRET}@/run/a%20b.sock?virtual_host=3"
    _, theirs = seen_by_kombu(url, options)
    assert theirs["connection_class"] is redis.UnixDomainSocketConnection
    known = {name: theirs[name] for name in ("path", "db", "username", "password")}
    assert known == {"path": "/run/a b.sock", "db": 3, "username": "u", "password": "p@ss/word"}


@pytest.mark.parametrize("scheme", ["redis", "rediss"])
def test_celery_with_sentinels(scheme: str) -> None:
    url, options = celery_broker(
        f"{scheme}+sentinel://u:{SECRET}@a,b:77/jobs/2?sentinel_password=s", ca="/ca.pem"
    )
    assert options["master_name"] == "jobs"
    assert options["sentinel_kwargs"]["password"] == "s"
    connection, theirs = seen_by_kombu(url, options)
    assert [each.partition("@")[2].partition("/")[0] for each in connection.alt] == [
        "a:26379",
        "b:77",
    ]
    for _ in range(2):  # the second time after kombu turned to the other Sentinel
        assert (connection.userid, connection.password) == ("u", "p@ss/word")
        assert connection.virtual_host == "2"
        assert bool(connection.ssl) == (scheme == "rediss")
        connection.maybe_switch_next()
    assert ("ssl_cert_reqs" in theirs) == (scheme == "rediss")
    assert options["sentinel_kwargs"].get("ssl_ca_certs") == (
        "/ca.pem" * (scheme == "rediss") or None
    )


def test_celery_with_rabbitmq() -> None:
    assert celery_broker("amqp://u:p@a//;amqp://u:p@b//") == ("amqp://u:p@a//;amqp://u:p@b//", {})
    url, options = celery_broker("amqps://u:p@rabbit/", ca="/ca.pem")
    assert url == "amqps://u:p@rabbit/"
    assert options["ssl"] == {
        "cert_reqs": ssl.CERT_REQUIRED,
        "server_hostname": "rabbit",
        "ca_certs": "/ca.pem",
    }
    with pytest.raises(Misconfigured, match="one host name only"):
        celery_broker("amqps://u:p@a;amqps://u:p@b")


# --- errors ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "becomes", "words"),
    [
        (redis.ConnectionError("refused"), OutsideFailed, "Redis at r:6379 cannot be reached: ref"),
        (redis.TimeoutError("slow"), OutsideFailed, "Redis at r:6379 cannot be reached: slow"),
        (ResponseError("OOM"), OutsideFailed, "Redis at r:6379 failed: OOM"),
        (AuthenticationError("no"), Misconfigured, "Redis at r:6379 refuses the user"),
        (KeyError("bug"), KeyError, "bug"),
    ],
)
def test_errors_name_redis(error: Exception, becomes: type[Exception], words: str) -> None:
    client = connect("redis://u:secret@r")
    with pytest.raises(becomes, match=words) as said, reaching("Redis", client):
        raise error
    assert "secret" not in str(said.value)


def test_errors_of_a_decorated_function() -> None:
    @reaching("Redis")
    def ask() -> None:
        connect("unix:///does/not/exist.sock").ping()

    with pytest.raises(OutsideFailed, match=r"Redis cannot be reached: .*exist.sock"):
        ask()


def test_errors_name_a_service() -> None:
    client = connect("sentinel://127.0.0.1:1/jobs")
    with (
        pytest.raises(OutsideFailed, match="Redis service 'jobs' cannot be reached"),
        reaching("Redis", client),
    ):
        client.ping()


# --- real servers ---------------------------------------------------------------------------------

Server = Callable[..., int]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """Start redis-server with these arguments on a free port; skips where there is none."""
    program = shutil.which("redis-server")
    if not program:
        pytest.skip("no redis-server on PATH")
    started = []

    def start(*arguments: str, config: str = "", answers: str = "") -> int:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        words = [part.replace("PORT", str(port)) for part in arguments] or ["--port", str(port)]
        file = tmp_path / f"{port}.conf"
        file.write_text(f"dir {tmp_path}\nsave ''\n{config}")
        process = subprocess.Popen([program, str(file), *words], stdout=subprocess.DEVNULL)
        started.append(process)
        deadline = monotonic() + 10
        while not listening(port):
            if process.poll() is not None:
                pytest.skip(f"this redis-server does not know {arguments}")
            assert monotonic() < deadline
            sleep(0.01)
        return port

    yield start
    for process in started:
        process.kill()
        process.wait()


def listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def certificates(folder: Path) -> None:
    openssl = shutil.which("openssl")
    if not openssl:
        pytest.skip("no openssl to make a certificate with")
    arguments = (
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -keyout key.pem"
        " -out cert.pem -subj /CN=localhost -addext subjectAltName=DNS:localhost"
    )
    subprocess.run([openssl, *arguments.split()], cwd=folder, check=True, capture_output=True)


def test_real_tls(server: Server, tmp_path: Path) -> None:
    certificates(tmp_path)
    files = ("--tls-cert-file", str(tmp_path / "cert.pem"), "--tls-key-file")
    port = server(
        *("--port", "0", "--tls-port", "PORT", *files, str(tmp_path / "key.pem")),
        *("--tls-ca-cert-file", str(tmp_path / "cert.pem"), "--tls-auth-clients", "no"),
    )
    ca = str(tmp_path / "cert.pem")
    url = f"rediss://localhost:{port}/0"
    assert connect(url, ca=ca).ping()
    kombu = pytest.importorskip("kombu")
    broker, options = celery_broker(url, ca=ca)
    with kombu.Connection(broker, transport_options=options) as connection:
        connection.SimpleQueue("jobs").put("hello")
    with pytest.raises(OutsideFailed, match="CERTIFICATE_VERIFY_FAILED"), reaching("Redis"):
        connect(url).ping()  # an authority that nobody knows
    with pytest.raises(OutsideFailed, match=r"(?i)hostname|IP address"), reaching("Redis"):
        connect(f"rediss://127.0.0.1:{port}", ca=ca).ping()  # another name than in it


def test_real_sentinel(server: Server) -> None:
    master = server("--port", "PORT", "--requirepass", "secret")
    watch = f"sentinel monitor jobs 127.0.0.1 {master} 1\nsentinel auth-pass jobs secret\n"
    sentinel = server("--port", "PORT", "--sentinel", config=watch)
    dead = "sentinel://:secret@127.0.0.1:1"
    url = f"{dead};sentinel://127.0.0.1:{sentinel}/jobs/1"
    client: Any = connect(url)
    with reaching("Redis", client):
        assert client.set("a", "b") and client.get("a") == "b"
    kombu = pytest.importorskip("kombu")
    broker, options = celery_broker(url)
    with kombu.Connection(broker, transport_options=options) as connection:
        connection.SimpleQueue("jobs").put("hello")
    assert client.llen("jobs") == 1
    client.connection_pool.sentinel_manager.close()
    client.close()


def test_a_wrong_password_is_a_matter_of_settings(server: Server) -> None:
    port = server("--port", "PORT", "--requirepass", "secret")
    client = connect(f"redis://:wrong@127.0.0.1:{port}")
    with (
        pytest.raises(Misconfigured, match="refuses the user or the password") as error,
        reaching("Redis", client),
    ):
        client.ping()
    assert "wrong" not in str(error.value)
