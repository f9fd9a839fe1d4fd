"""Asks HTTP servers again and again over connections that stay open, and takes the time."""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import perf_counter
from urllib.parse import urlsplit

from bench.figures import percentiles


@dataclass(frozen=True)
class Load:
    """``seconds`` of each request, and how long all of them took."""

    took: float
    seconds: Sequence[float]

    @property
    def rate(self) -> float:
        """Requests a second."""
        return len(self.seconds) / self.took

    @property
    def p99(self) -> float:
        """Milliseconds."""
        return percentiles([each * 1000 for each in self.seconds])[1]


def load(urls: Sequence[str], headers: Mapping[str, str], count: int, connections: int = 8) -> Load:
    """*count* requests in all, shared among the *urls*, several at once."""
    each = count // connections
    with ThreadPoolExecutor(connections) as pool:
        began = perf_counter()
        asked = [
            pool.submit(_ask, urls[number % len(urls)], headers, each)
            for number in range(connections)
        ]
        seconds = [one for found in asked for one in found.result()]
        return Load(perf_counter() - began, seconds)


def _ask(url: str, headers: Mapping[str, str], count: int) -> list[float]:
    at = urlsplit(url)
    path = f"{at.path or '/'}{f'?{at.query}' if at.query else ''}"
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: {at.netloc}",
        *(f"{k}: {v}" for k, v in headers.items()),
    ]
    request = "\r\n".join([*lines, "", ""]).encode()
    found = []
    with socket.create_connection((at.hostname or "", at.port or 80)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(count):
            began = perf_counter()
            connection.sendall(request)
            _read(connection)
            found.append(perf_counter() - began)
    return found


def _read(connection: socket.socket) -> None:
    """One answer, to its end; one that is not good ends the measurement."""
    head = b""
    while b"\r\n\r\n" not in head:
        head += _some(connection)
    head, _, body = head.partition(b"\r\n\r\n")
    if b" 200 " not in head[:16]:
        raise RuntimeError(head[:200].decode())
    lines = head.lower().split(b"\r\n")
    left = next(int(each[15:]) for each in lines if each.startswith(b"content-length:")) - len(body)
    while left > 0:
        left -= len(_some(connection))


def _some(connection: socket.socket) -> bytes:
    data = connection.recv(1 << 18)
    if not data:
        raise RuntimeError("the server has closed the connection")
    return data
