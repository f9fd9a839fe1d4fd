"""The process: where it listens, and how it begins and ends."""

from __future__ import annotations

import ipaddress
import logging
import socket

import uvicorn

from osism.domain.errors import Misconfigured
from osism.services.api.app import application
from osism.services.api.auth import tokens
from osism.settings import settings

log = logging.getLogger(__name__)

LOOPBACK = "127.0.0.1"
ENDING = 5  # seconds that open requests have to end after a signal


def run(address: str = "", port: int | None = None) -> int:
    """Serve until a signal ends it."""
    chosen = settings()
    listener = listen(address or chosen.api_address, chosen.api_port if port is None else port)
    secure = chosen.api_certificate is not None
    config = uvicorn.Config(
        application(),
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=ENDING,
        ssl_certfile=chosen.api_certificate,
        ssl_keyfile=chosen.api_key,
    )
    server = uvicorn.Server(config)
    host, bound = listener.getsockname()[:2]
    log.info(
        "listening on %s://%s:%d",
        "https" if secure else "http",
        f"[{host}]" if ":" in host else host,
        bound,
    )
    server.run(sockets=[listener])
    return 0


def listen(address: str, port: int) -> socket.socket:
    """The socket to serve from. Without tokens only this machine may ask."""
    if not tokens():
        if address and not _loopback(address):
            raise Misconfigured(
                f"api_address {address}: without api_tokens the API listens on this machine's own "
                "address only; 'osism token create' makes a token"
            )
        log.warning("there are no api_tokens: anybody on this machine, and nobody else, may ask")
    host = address or ("" if tokens() else LOOPBACK)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=1024)
    except OSError as error:
        raise Misconfigured(f"cannot listen on {host or '*'}:{port}: {error}") from error
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # connections inherit it
    return listener


def _loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"
