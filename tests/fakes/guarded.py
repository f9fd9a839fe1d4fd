"""The whole API without sockets, on settings of a test's own, with some paths of the test's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from fastapi import FastAPI, Request

from osism import settings, wiring
from osism.domain.access import digest
from osism.domain.errors import Refused
from osism.services.api import envelopes
from osism.services.api.app import application, protect
from osism.services.api.auth import Admin, Operator, Reader
from osism.services.api.tokens import Tokens
from tests.fakes.audit import MemoryAudit

TOKENS = {role: f"osism_test-{role}" for role in ("reader", "operator", "admin")}
ACCESS = {f"the {role}": {"sha256": digest(token), "role": role} for role, token in TOKENS.items()}


class Thing(envelopes.Shape):
    name: str = ""
    arguments: tuple[str, ...] = ()
    password: str = ""
    more: Any = None


class Guarded:
    """The API of one process; ``done`` is what its paths have worked on."""

    def __init__(self, config: Path, audit: MemoryAudit) -> None:
        self.config, self.audit = config, audit
        self.app, self.done = _built()
        self.done.clear()
        # To build all paths takes longer than most tests; what stands before them is new.
        self.app.user_middleware.clear()
        self.app.middleware_stack = None
        protect(self.app, Tokens())
        self._runner = asyncio.Runner()

    def write(self, **values: Any) -> None:
        self.config.write_text(yaml.safe_dump(values))

    def ask(
        self, method: str, path: str, role: str = "", url: str = "http://127.0.0.1:8000",
        address: str = "127.0.0.1", headers: dict[str, str] | None = None, **options: Any,
    ) -> httpx.Response:  # fmt: skip
        """*role*: the token to present, none where that is empty."""
        sent = {**({"X-Api-Key": TOKENS[role]} if role else {}), **(headers or {})}

        async def asked() -> httpx.Response:
            way = httpx.ASGITransport(self.app, raise_app_exceptions=False, client=(address, 1))
            async with httpx.AsyncClient(transport=way, base_url=url) as client:
                return await client.request(method, path, headers=sent, **options)

        return self._runner.run(asked())

    def pieces(self, method: str, path: str, role: str, *pieces: bytes) -> tuple[int, int]:
        """Send a body in pieces; the status, and how many of them were taken."""
        taken = 0

        async def body() -> AsyncIterator[bytes]:
            nonlocal taken
            for each in pieces:
                taken += 1
                yield each

        headers = {"Content-Type": "application/json"}
        answer = self.ask(method, path, role, headers=headers, content=body())
        return answer.status_code, taken

    def close(self) -> None:
        self._runner.close()


@cache
def _built() -> tuple[FastAPI, list[Any]]:
    app, done = application(), list[Any]()

    @app.post("/api/v1/things")
    def make_thing(thing: Thing, request: Request, caller: Operator) -> dict[str, str]:
        audit: MemoryAudit = wiring.audit()  # type: ignore[assignment]
        done.append((thing, audit.rows[-1].status))
        if thing.name == "refused":
            raise Refused("the thing is as it is")
        if thing.name == "broken":
            raise ValueError("a mistake of ours")
        request.state.result = "job 4711"
        return {"name": thing.name}

    @app.delete("/api/v1/things")
    def drop_things(caller: Admin) -> dict[str, str]:
        return {"job": "4712"}

    @app.get("/api/v1/things")
    def list_things(caller: Reader) -> list[str]:
        return []

    return app, done


@contextmanager
def guarded(folder: Path, monkeypatch: pytest.MonkeyPatch, **values: Any) -> Iterator[Guarded]:
    """The API on a settings' file in *folder* with these *values*."""
    config, audit = folder / "osism.yml", MemoryAudit()
    config.write_text(yaml.safe_dump(values))
    monkeypatch.setenv("OSISM_CONFIG", str(config))
    monkeypatch.setattr(wiring, "audit", lambda: audit)
    settings.settings.cache_clear()
    found = Guarded(config, audit)
    try:
        yield found
    finally:
        found.close()
        settings.settings.cache_clear()
