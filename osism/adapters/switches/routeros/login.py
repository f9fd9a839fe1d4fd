"""Logging in to a switch with Netmiko. The host's key is always checked.

Options of an entry: ``username`` (``admin``); ``password``, or ``private_key`` (PEM, with
``passphrase``), or ``private_key_file``; without any of them an agent and the user's own keys;
``host_key`` (the switch's public key, as in ``known_hosts``, without the name) or ``known_hosts``
(a file; without both the user's and the machine's own); ``ssh_config`` (a file, for jump hosts);
``connect_timeout`` (10 s); ``timeout`` (60 s for one command: an export of a large switch is slow).
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from ipaddress import ip_address
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from osism.adapters.switches.options import file, seconds, text, wrong
from osism.adapters.switches.routeros.console import Console
from osism.domain.errors import Misconfigured, OutsideFailed
from osism.domain.intents import one_line
from osism.domain.ports import Target

PACE = 0.1  #: of the pauses that Netmiko makes while it looks for the prompt
OPTIONS = (
    "username", "password", "private_key", "passphrase", "private_key_file", "host_key",
    "known_hosts", "ssh_config", "connect_timeout", "timeout",
)  # fmt: skip


@contextmanager
def connected(target: Target) -> Iterator[Console]:
    """A console of *target*; the connection is closed at the end.

    Raises :class:`Misconfigured` for an unknown host key and for a login that is refused,
    :class:`OutsideFailed` when there is no answer.
    """
    who = f"switch {target.name!r}"
    if not target.address:
        raise wrong(target, "it has no address: neither in switches nor a primary one in NetBox")
    timeout = seconds(target, "timeout", 60.0)
    with NamedTemporaryFile("w", prefix="osism-known-hosts-") as known:
        known.write(_known_hosts(target))
        known.flush()
        connection = _open(target, who, known.name)
    try:
        channel = connection.remote_conn
        yield Console(channel, who, timeout, _peer(target, channel))
    finally:
        with suppress(Exception):  # whatever it says, it is over
            connection.paramiko_cleanup()


def _open(target: Target, who: str, known_hosts: str) -> Any:
    # Netmiko takes a quarter of a second and 30 MB to load: only who deploys to MikroTik pays.
    import paramiko
    from netmiko import ConnectHandler
    from netmiko.exceptions import (
        NetmikoAuthenticationException,
        NetmikoTimeoutException,
        ReadTimeout,
    )

    where = f"{target.address} port {target.port or 22}"
    wait = seconds(target, "connect_timeout", 10.0)
    try:
        return ConnectHandler(
            device_type="mikrotik_routeros",
            host=target.address,
            port=target.port or 22,
            username=text(target, "username", "admin"),
            ssh_strict=True,
            alt_host_keys=True,
            alt_key_file=known_hosts,
            conn_timeout=wait,
            banner_timeout=wait,
            auth_timeout=wait,
            blocking_timeout=wait,
            read_timeout_override=wait,
            keepalive=5,
            global_delay_factor=PACE,
            **_login(target),
        )
    except NetmikoAuthenticationException as error:
        raise Misconfigured(f"{who}: {where} refuses the login") from error
    except (NetmikoTimeoutException, ReadTimeout) as error:
        cause = error.__context__
        if isinstance(cause, paramiko.BadHostKeyException) or "known_hosts" in str(cause):
            raise Misconfigured(
                f"{who}: the host key of {where} is not the known one "
                "(set host_key or known_hosts after checking it)"
            ) from None
        if isinstance(cause, OSError) and not isinstance(cause, TimeoutError):
            words = cause.strerror or _say(cause)
            raise OutsideFailed(f"{who}: cannot connect to {where}: {words}") from None
        if isinstance(cause, paramiko.SSHException):
            raise OutsideFailed(f"{who}: cannot connect to {where}: {_say(cause)}") from None
        raise OutsideFailed(f"{who}: no answer from {where} in {wait:g} s") from None
    except (OSError, EOFError, ValueError, paramiko.SSHException) as error:
        raise OutsideFailed(f"{who}: no console at {where}: {_say(error)}") from None


def _peer(target: Target, channel: Any) -> str:
    """The address of the switch, empty when only a jump host knows it."""
    with suppress(ValueError):
        return str(ip_address(target.address))
    return "" if target.options.get("ssh_config") else str(channel.getpeername()[0])


def _login(target: Target) -> dict[str, Any]:
    options: dict[str, Any] = {}
    if config := file(target, "ssh_config"):
        options["ssh_config_file"] = str(config)
    key, path = text(target, "private_key"), file(target, "private_key_file")
    password = text(target, "password")
    if key or path:
        options["pkey"] = _key(target, key, path, text(target, "passphrase") or None)
    elif not password:
        options |= {"use_keys": True, "allow_agent": True}
    if password:
        options["password"] = password
    return options


def _key(target: Target, key: str, path: Path | None, phrase: str | None) -> Any:
    """A key as Paramiko has it. Of its own it reads every second ECDSA key only ("Invalid key
    curve identifier", version 5.1), and no key in PKCS#8."""
    import asyncssh
    import paramiko

    kinds = {
        "ssh-ed25519": (paramiko.Ed25519Key, "openssh"),
        "ssh-rsa": (paramiko.RSAKey, "pkcs1-pem"),
    }
    try:
        found = asyncssh.import_private_key(key or path.read_text(), phrase)  # type: ignore[union-attr]
        kind, form = kinds.get(found.get_algorithm(), (paramiko.ECDSAKey, "pkcs1-pem"))
        return kind.from_private_key(io.StringIO(found.export_private_key(form).decode()))
    except (OSError, ValueError, paramiko.SSHException) as error:
        raise wrong(target, f"the private key cannot be read: {type(error).__name__}") from None


def _known_hosts(target: Target) -> str:
    """The lines of the files in question: Netmiko reads one file only."""
    if key := text(target, "host_key"):
        words = key.split()
        if len(words) < 2 or not words[0].startswith(("ssh-", "ecdsa-")):
            raise wrong(target, "host_key is no public key (ssh-ed25519 AAAA…)")
        port = target.port or 22
        name = target.address if port == 22 else f"[{target.address}]:{port}"
        return f"{name} {words[0]} {words[1]}\n"
    given = file(target, "known_hosts")
    own = (Path("~/.ssh/known_hosts").expanduser(), Path("/etc/ssh/ssh_known_hosts"))
    try:
        files = [given] if given else [each for each in own if each.is_file()]
        return "".join(f"{each.read_text()}\n" for each in files)
    except (OSError, ValueError) as error:
        raise wrong(target, f"known_hosts cannot be read: {type(error).__name__}") from None


def _say(error: BaseException) -> str:
    """What went wrong, without what a switch has printed so far."""
    return one_line(str(error).split("\n", 1)[0])[:200] or type(error).__name__
