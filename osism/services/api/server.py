"""The process: where it listens, and how it begins and ends."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import os
import resource
import signal
import socket
import ssl
import threading
from pathlib import Path
from types import FrameType

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from osism import wiring
from osism.domain.errors import Misconfigured
from osism.services.api.app import application
from osism.services.api.connections import Connection
from osism.services.api.errors import failure
from osism.services.api.following import end_streams
from osism.services.api.tokens import Tokens
from osism.settings import settings

log = logging.getLogger(__name__)

LOOPBACK = "127.0.0.1"
ENDING = 3  # seconds that open requests have to end after a signal
MOST = 4  # seconds after which the process ends whatever is open
FILES = 65_536  # connections and other files that may be open, where the machine allows it


def run(address: str = "", port: int | None = None) -> int:
    """Serve until a signal ends it."""
    wiring.hurry()
    more_files()
    chosen, tokens = settings(), Tokens()
    tls = secured(chosen.api_certificate, chosen.api_key)
    app = application(tokens)
    listener = listen(
        address or chosen.api_address, chosen.api_port if port is None else port, tokens.open
    )
    config = uvicorn.Config(
        _Ended(app),
        http=Connection,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=ENDING,
        ssl_context_factory=None if tls is None else lambda config, make: tls,
    )
    server = _Server(config)
    # Before uvicorn sees to it no signal is lost, and the one that ended it, which it raises once
    # more at its end, is not our end with its number.
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, server.handle_exit)
    host, bound = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    log.info("listening on %s://%s:%d", "https" if tls else "http", shown, bound)
    server.run(sockets=[listener])
    return 0


class _Server(uvicorn.Server):
    """uvicorn's, which ends in time also while a thread waits for NetBox."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        end_streams()
        last = threading.Timer(MOST, os._exit, (0,))
        last.daemon = True
        last.start()


class _Ended:
    """Answers requests that do not end in time when the process does."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def sending(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, receive, sending)
        except asyncio.CancelledError:
            if scope["type"] == "http" and not begun:
                await failure(503, "this process of the API ends")(scope, receive, send)


def secured(certificate: Path | None, key: Path | None) -> ssl.SSLContext | None:
    """TLS with the certificate of the settings, None without one."""
    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        missing = "api_certificate" if certificate is None else "api_key"
        raise Misconfigured(f"{missing} is not set: TLS wants api_certificate and api_key")
    for name, file in (("api_certificate", certificate), ("api_key", key)):
        try:
            file.open("rb").close()
        except OSError as error:
            raise Misconfigured(f"{name} {file}: {error.strerror}") from None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        # An empty password: OpenSSL would ask for one on the terminal.
        context.load_cert_chain(certificate, key, password="")
    except ssl.SSLError as error:
        about = f"api_certificate {certificate} with api_key {key}"
        raise Misconfigured(f"{about}: {_said(error)}") from None
    return context


def _said(error: ssl.SSLError) -> str:
    reasons = {
        "KEY_VALUES_MISMATCH": "the key is not the certificate's",
        "NO_START_LINE": "no certificate in PEM is in it",
        "BAD_PASSWORD_READ": "the key is encrypted, which nobody could decrypt at the start",
        "BAD_DECRYPT": "the key is encrypted, which nobody could decrypt at the start",
    }
    return reasons.get(error.reason or "", "no certificate and key in PEM, unencrypted")


def listen(address: str, port: int, open_: bool) -> socket.socket:
    """The socket to serve from; *open_*: there are no tokens, and only this machine may ask."""
    if open_:
        if address and not _loopback(address):
            raise Misconfigured(
                f"api_address {address}: without api_tokens the API listens on this machine's own "
                "address only; 'osism token create' makes a token"
            )
        log.warning("there are no api_tokens: anybody on this machine, and nobody else, may ask")
    host = address or (LOOPBACK if open_ else "")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=1024)
    except OSError as error:
        raise Misconfigured(f"cannot listen on {host or '*'}:{port}: {error}") from error
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # connections inherit it
    return listener


def more_files() -> None:
    """Allow more open files than the usual 1024: so many connections a stranger has at once, each
    of which may say nothing for a while."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"
