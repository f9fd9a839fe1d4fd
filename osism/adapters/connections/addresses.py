"""Addresses of a Redis, in the forms that people and libraries write them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from osism.domain.errors import Misconfigured

_KINDS = {
    "redis": "tcp",
    "rediss": "tcp",
    "unix": "unix",
    "redis+socket": "unix",
    "sentinel": "sentinel",
    "redis+sentinel": "sentinel",
    "rediss+sentinel": "sentinel",
}
_TLS = {"ca": "ssl_ca_certs", "certificate": "ssl_certfile", "key": "ssl_keyfile"}
_OPTIONS = {"db", "virtual_host", "sentinel_username", "sentinel_password", *_TLS.values()}


@dataclass(frozen=True)
class Address:
    """Where a Redis is: hosts (TCP, Sentinels) or a path (Unix socket), and how to log in."""

    kind: str
    hosts: tuple[tuple[str, int], ...] = ()
    path: str = ""
    service: str = ""
    db: int = 0
    login: Mapping[str, str] = field(default_factory=dict, repr=False)
    sentinel_login: Mapping[str, str] = field(default_factory=dict, repr=False)
    tls: Mapping[str, Any] = field(default_factory=dict)


def parse(url: str, tls: Mapping[str, str]) -> Address:
    scheme = url.partition("://")[0]
    if scheme not in _KINDS or "://" not in url:
        raise Misconfigured(
            f"address {redacted(url)!r}: must begin with one of "
            f"{', '.join(f'{each}://' for each in _KINDS)}"
        )
    try:
        return _parsed(url, _KINDS[scheme], scheme.startswith("rediss"), tls)
    except ValueError as error:
        # The reason could quote the address with its password.
        raise Misconfigured(f"address {redacted(url)!r}: not a valid address") from error


def _parsed(url: str, kind: str, secure: bool, tls: Mapping[str, str]) -> Address:
    separators = r"[;,]" if kind == "sentinel" else "$^"
    bare = [part.rpartition("://")[2] for part in re.split(separators, url) if part]
    parts = [urlsplit(f"//{part}") for part in bare]
    query = _query(url, parts)
    path = next((part.path for part in reversed(parts) if part.path not in ("", "/")), "")
    service, db = _database(url, kind, path, query)
    return Address(
        kind=kind,
        hosts=_hosts(kind, parts),
        path=unquote(path) if kind == "unix" else "",
        service=service,
        db=db,
        login=_login(parts),
        sentinel_login={
            name: query[f"sentinel_{name}"]
            for name in ("username", "password")
            if f"sentinel_{name}" in query
        },
        tls=_verified(query, tls) if secure else {},
    )


def _query(url: str, parts: list[SplitResult]) -> dict[str, str]:
    query = {name: value for part in parts for name, value in parse_qsl(part.query)}
    if query.pop("ssl_cert_reqs", "required") not in ("required", "CERT_REQUIRED"):
        raise Misconfigured(
            f"address {redacted(url)!r}: certificates are always verified; name the authority "
            "that signed it with ssl_ca_certs"
        )
    if unknown := sorted(query.keys() - _OPTIONS):
        raise Misconfigured(
            f"address {redacted(url)!r}: unknown option {', '.join(unknown)}; "
            f"known are {', '.join(sorted(_OPTIONS))}"
        )
    return query


def _database(url: str, kind: str, path: str, query: Mapping[str, str]) -> tuple[str, int]:
    service, db = "", unquote(path).strip("/")
    if kind == "sentinel":
        service, _, db = db.partition("/")
        if not service:
            raise Misconfigured(f"address {redacted(url)!r}: names no service after the hosts")
    if kind == "unix":
        db = query.get("virtual_host", "")
        if not path:
            raise Misconfigured(f"address {redacted(url)!r}: names no socket")
    return service, int(query.get("db", db) or 0)


def _hosts(kind: str, parts: list[SplitResult]) -> tuple[tuple[str, int], ...]:
    port = 26379 if kind == "sentinel" else 6379
    if kind == "unix":
        return ()
    return tuple((unquote(part.hostname or "localhost"), part.port or port) for part in parts)


def _login(parts: list[SplitResult]) -> dict[str, str]:
    said = next((part for part in parts if part.username or part.password), parts[0])
    login = {"username": said.username, "password": said.password}
    return {name: unquote(value) for name, value in login.items() if value}


def _verified(query: Mapping[str, str], tls: Mapping[str, str]) -> dict[str, Any]:
    files = {_TLS[name]: value for name, value in tls.items() if value}
    files |= {name: query[name] for name in _TLS.values() if name in query}
    return {"ssl": True} | files


def redacted(url: str) -> str:
    """Return *url* without credentials and options, for messages."""
    parts = []
    for part in url.partition("?")[0].split(";"):
        scheme, separator, rest = part.rpartition("://")
        parts.append(scheme + separator + rest.rpartition("@")[2])
    return ";".join(parts)


def at(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
