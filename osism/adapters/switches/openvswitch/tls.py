"""TLS to an OVSDB server (``pssl:``): both sides show a certificate, and both are checked.

The library ``ovs`` keeps its keys in its class, for all connections of a process; here every switch
has its own.
"""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from osism.adapters.switches.options import file, seconds, text, wrong
from osism.domain.errors import Misconfigured, OutsideFailed
from osism.domain.intents import one_line
from osism.domain.ports import Target

#: Options of an entry; see the package.
OPTIONS = (
    "ca", "ca_file", "certificate", "certificate_file", "private_key", "private_key_file",
    "passphrase", "server_name",
)  # fmt: skip
PORT = 6640


def connected(target: Target) -> ssl.SSLSocket:
    """A connection to *target*, whose certificate has been checked.

    Raises :class:`Misconfigured` for a certificate that is not the expected one, and
    :class:`OutsideFailed` when there is no answer. Whether the switch takes ours is known with its
    first answer only (TLS 1.3).
    """
    if not target.address:
        raise wrong(target, "it has no address: neither in switches nor a primary one in NetBox")
    context = _context(target)
    port = target.port or PORT
    where = f"switch {target.name!r}: {target.address} port {port}"
    wait = seconds(target, "connect_timeout", 10.0)
    try:
        plain = socket.create_connection((target.address, port), wait)
    except (OSError, UnicodeError) as error:
        raise OutsideFailed(f"{where}: cannot connect: {_say(error)}") from error
    try:
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        name = text(target, "server_name") or target.address
        return context.wrap_socket(plain, server_hostname=name)
    except ssl.SSLCertVerificationError as error:
        plain.close()
        raise Misconfigured(
            f"{where}: its certificate is refused: {one_line(error.verify_message)}"
        ) from error
    except (OSError, ValueError) as error:
        plain.close()
        raise OutsideFailed(f"{where}: no TLS: {_say(error)}") from error


def _context(target: Target) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # checks the certificate and the name
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    phrase = text(target, "passphrase")
    with (
        _path(target, "ca") as ca,
        _path(target, "certificate") as certificate,
        _path(target, "private_key") as key,
    ):
        try:
            context.load_verify_locations(ca)
        except (OSError, ValueError) as error:
            raise wrong(target, f"ca cannot be read: {_say(error)}") from None
        try:
            # Without a passphrase OpenSSL would ask for it on the terminal.
            context.load_cert_chain(certificate, key, lambda: phrase)
        except (OSError, ValueError) as error:
            raise wrong(
                target, f"certificate and private_key do not go together: {_say(error)}"
            ) from None
    return context


@contextmanager
def _path(target: Target, option: str) -> Iterator[str]:
    """A path to what *option* holds as a text, or ``<option>_file``; a key is on no disk."""
    if path := file(target, f"{option}_file"):
        yield str(path)
        return
    pem = text(target, option)
    if not pem:
        raise wrong(target, f"with transport tls it wants {option} or {option}_file")
    memory = os.memfd_create("pem", os.MFD_CLOEXEC)
    try:
        with os.fdopen(os.dup(memory), "wb") as copy:
            copy.write(pem.encode())
        yield f"/proc/self/fd/{memory}"
    finally:
        os.close(memory)


def _say(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "timed out"
    reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or str(error)
    return one_line(str(reason)).replace("_", " ").lower()[:300] or type(error).__name__
