"""Two processes of the HTTP API, the lab's NetBox with 1,000 devices, and whoever asks, all on the
same cores; eight connections that stay open, each request with a token. The baseline is a bare
FastAPI endpoint of two processes that answers with the same bytes and does nothing else: no token,
no limits, no database, no NetBox.

Followed output: a job has written all of its lines; one reader follows it over HTTP from the first
to its end as server-sent events. The baseline is the same reading straight from Redis, as
`osism task output --follow` does it. Then 200 readers follow a silent job: what the process of the
API takes more of memory (PSS), for each of them."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from time import perf_counter
from urllib.parse import urlsplit
from uuid import uuid4

import httpx

from bench import hosts
from bench.figures import Figure
from bench.load import Load, load
from bench.measures.idle import pss
from bench.measures.redis_use import LINE
from bench.sizes import Sizes
from bench.stations import Desk, Station, station, until
from osism.adapters.netbox import Connection
from osism.domain.access import digest, new_token
from osism.domain.jobs import RunPlaybook
from osism.lab.netbox.app import serve

_NETBOX = "0123456789abcdef0123456789abcdef01234567"
_STREAMS = 200
_LISTENING = re.compile(r"listening on (\S+)")


def measure(sizes: Sizes) -> Iterator[Figure]:
    token = new_token()
    access = {"bench": {"sha256": digest(token), "role": "reader"}}
    with (
        tempfile.TemporaryDirectory(prefix="osism-bench-") as name,
        serve(Path(name) / "netbox.sqlite3", _NETBOX) as url,
        station(netbox_url=url, netbox_token=_NETBOX, api_tokens=access, api_rate=0) as place,
    ):
        hosts.fill(Connection(url, _NETBOX), sizes.devices)
        servers = [_start(place), _start(place)]
        headers = {"X-Api-Key": token}
        yield from _requests(place, servers, headers, sizes)
        yield from _streams(place, servers[0], headers, sizes)


def _start(place: Station) -> str:
    return _listening(place, place.start("service", "api", "--port", "0"))


def _listening(place: Station, child: subprocess.Popen[bytes]) -> str:
    log = place.directory / f"{place.children.index(child)}.log"
    found = until(lambda: _LISTENING.search(log.read_text()), "the server")
    return str(found[1]).replace("0.0.0.0", "127.0.0.1")


# --- objects


def _requests(
    place: Station, servers: Sequence[str], headers: dict[str, str], sizes: Sizes
) -> Iterator[Figure]:
    lists = f"/api/v1/devices?limit={min(sizes.devices, 1000)}"
    for what, path, count in (
        ("GET of a device", "/api/v1/devices/node-0007", sizes.samples * 10),
        (f"list of {sizes.devices} devices", lists, max(sizes.samples, 40)),
    ):
        urls = [f"{server}{path}" for server in servers]
        warm = [httpx.get(url, headers=headers, timeout=60) for url in urls]
        body = warm[0].content
        ours, base = load(urls, headers, count), _bare(place, body, count)
        yield Figure(f"{what}: requests a second", ours.rate, "/s", base.rate, "bare FastAPI")
        yield Figure(f"{what}: p99", ours.p99, "ms", base.p99, "bare FastAPI")


def _bare(place: Station, body: bytes, count: int) -> Load:
    file = place.directory / "body"
    file.write_bytes(body)
    command = [sys.executable, "-m", "bench.bare_fastapi", str(file)]
    children = [place.run(command) for _ in range(2)]
    urls = [_listening(place, each) for each in children]
    found = load(urls, {}, count)
    for each in children:
        each.terminate()
        each.wait(20)
    return found


# --- followed output


def _streams(
    place: Station, server: str, headers: dict[str, str], sizes: Sizes
) -> Iterator[Figure]:
    desk = Desk.at(place.redis.url)
    job = _written(desk, sizes.lines)
    began = perf_counter()
    direct = sum(1 for _ in desk.records.follow(job))
    base = direct / (perf_counter() - began)
    began, ids, mark, rest = perf_counter(), 0, b"\nid: ", b""
    with httpx.stream("GET", _output(server, job), headers=headers, timeout=120) as answer:
        for chunk in answer.iter_bytes():
            ids += (rest + chunk).count(mark)
            rest = (rest + chunk)[1 - len(mark) :]  # one may come in two pieces
    rate = ids / (perf_counter() - began)
    if ids < sizes.lines:
        raise RuntimeError(f"{ids} of {sizes.lines} lines came")
    yield Figure("followed output: lines a second", rate, "/s", base, "from Redis", least=50_000)
    yield from _memory(place, desk, server, headers)


def _written(desk: Desk, lines: int) -> str:
    """The id of a job that has told so many lines and has ended."""
    job = _begun(desk)
    with desk.records.writer(job) as writer:
        for number in range(lines):
            writer.emit("output", text=f"{number} {LINE}")
    desk.records.end(job, "succeeded", exit_code=0)
    return job


def _begun(desk: Desk) -> str:
    job = str(uuid4())
    desk.queue.record(job, RunPlaybook("generic", "bench"), "bench")
    desk.records.started(job, "bench")
    return job


def _output(server: str, job: str) -> str:
    return f"{server}/api/v1/jobs/{job}/output?follow=true"


def _memory(place: Station, desk: Desk, server: str, headers: dict[str, str]) -> Iterator[Figure]:
    process = place.children[0].pid
    job = _begun(desk)
    before = pss([process])
    at = urlsplit(_output(server, job))
    lines = [f"GET {at.path}?{at.query} HTTP/1.1", f"Host: {at.netloc}"]
    request = "\r\n".join([*lines, *(f"{k}: {v}" for k, v in headers.items()), "", ""]).encode()
    with ExitStack() as opened:
        for _ in range(_STREAMS):
            each = opened.enter_context(
                socket.create_connection((at.hostname or "", at.port or 80))
            )
            each.sendall(request)
            told = b""
            while b"queued" not in told:
                told += each.recv(65536)
        after = pss([process])
    yield Figure(f"{_STREAMS} open streams: memory", after, "MiB", before, "without streams")
    yield Figure("memory of an open stream", (after - before) * 1024 / _STREAMS, "KiB")
    desk.records.end(job, "succeeded", exit_code=0)
