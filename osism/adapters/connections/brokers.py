"""The same addresses in the words of Celery and kombu."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from osism.adapters.connections.addresses import at, parse, redacted
from osism.adapters.connections.clients import sentinel_options
from osism.domain.errors import Misconfigured


def celery_broker(
    url: str, *, ca: str = "", certificate: str = "", key: str = ""
) -> tuple[str, dict[str, Any]]:
    """Return ``broker_url`` and ``broker_transport_options`` of Celery for *url*.

    Beside the addresses of this module, ``amqp://`` and ``amqps://`` ones (several with ``;``)
    are good. kombu knows a Unix socket as ``redis+socket:``, wants the Sentinels' service as the
    option ``master_name``, and verifies a certificate only when told so, for a host name only
    when it is named. Files and errors as for :func:`~.clients.connect`.
    """
    tls = {"ca": ca, "certificate": certificate, "key": key}
    if url.startswith(("amqp://", "amqps://")):
        return url, _amqp_options(url, tls)
    address = parse(url, tls)
    options: dict[str, Any] = {
        "socket_timeout": 5.0,
        "socket_connect_timeout": 5.0,
        "socket_keepalive": True,
    }
    login = _userinfo(address.login)
    if address.kind == "unix":
        return f"redis+socket://{login}{quote(address.path)}?virtual_host={address.db}", options
    verified = {"ssl_cert_reqs": "required"} | {k: v for k, v in address.tls.items() if k != "ssl"}
    query = f"?{urlencode(verified)}" if address.tls else ""
    scheme = "sentinel" if address.service else "rediss" if address.tls else "redis"
    # Every one carries all: kombu forgets what the first one said when it turns to the next.
    urls = [f"{scheme}://{login}{at(*host)}/{address.db}{query}" for host in address.hosts]
    if address.service:
        options["master_name"] = address.service
        options["sentinel_kwargs"] = sentinel_options(address, 5.0)
    return ";".join(urls), options


def _amqp_options(url: str, tls: Mapping[str, str]) -> dict[str, Any]:
    try:
        hosts = {urlsplit(each).hostname or "localhost" for each in url.split(";")}
    except ValueError as error:
        raise Misconfigured(f"broker {redacted(url)!r}: not a valid address") from error
    if url.startswith("amqp://"):
        return {}
    if len(hosts) > 1:
        raise Misconfigured(
            f"broker {redacted(url)!r}: over TLS a certificate is checked for one host name only; "
            "give the brokers one name"
        )
    names = {"ca": "ca_certs", "certificate": "certfile", "key": "keyfile"}
    files = {names[name]: value for name, value in tls.items() if value}
    from ssl import CERT_REQUIRED

    return {"ssl": {"cert_reqs": CERT_REQUIRED, "server_hostname": hosts.pop()} | files}


def _userinfo(login: Mapping[str, str]) -> str:
    if not login:
        return ""
    name, password = (quote(login.get(key, ""), safe="") for key in ("username", "password"))
    return f"{name}:{password}@"
