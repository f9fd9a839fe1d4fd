"""The answers to NetBox's webhook, with everything behind it in memory."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from osism import wiring
from osism.domain.errors import OutsideFailed
from osism.domain.webhooks import sign
from osism.services.api import errors
from osism.services.api.routers import webhook
from osism.values import Secret
from tests.fakes.changes import MemoryChanges
from tests.unit.actions.test_follow_changes import Jobs
from tests.unit.domain.test_webhooks import said

SECRET = "a secret"


class Site:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.changes, self.jobs = MemoryChanges(), Jobs()
        self.secret = SECRET
        for name, port in (
            ("changes", self.changes),
            ("records", self.jobs),
            ("queue", self.jobs),
        ):
            monkeypatch.setattr(wiring, name, lambda port=port: port)
        chosen = lambda: SimpleNamespace(webhook_secret=Secret(self.secret))  # noqa: E731
        monkeypatch.setattr(webhook, "settings", chosen)
        app = FastAPI()
        errors.register(app)
        app.include_router(webhook.router)
        self.app = httpx.ASGITransport(app, raise_app_exceptions=False)

    def post(self, body: bytes, signature: str | bytes | None = None) -> httpx.Response:
        signed = sign(body, SECRET) if signature is None else signature
        headers: Any = {"X-Hook-Signature": signed} if signed else {}

        async def answer() -> httpx.Response:
            async with httpx.AsyncClient(transport=self.app, base_url="http://api") as client:
                return await client.post("/webhook/netbox", content=body, headers=headers)

        return asyncio.run(answer())


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Site:
    return Site(monkeypatch)


def now(**values: Any) -> bytes:
    return said(timestamp=datetime.now(UTC).isoformat(), **values)


def test_a_change_is_kept_and_a_job_asked_for_once(site: Site) -> None:
    answer = site.post(now())
    assert (answer.status_code, answer.json()) == (202, {"devices": ["leaf-1"], "asked": True})
    answer = site.post(now(data={"name": "leaf-2"}))
    assert (answer.status_code, answer.json()) == (202, {"devices": ["leaf-2"], "asked": False})
    assert list(site.changes.kept) == ["leaf-1", "leaf-2"]


def test_nothing_is_to_be_done_for_others_and_for_our_own_writes(site: Site) -> None:
    site.changes.wrote("r-1")
    for body in (now(), now(request_id=None, object_type="dcim.site")):
        answer = site.post(body)
        assert (answer.status_code, answer.json()) == (200, {"devices": [], "asked": False})
    assert not site.jobs.states


def test_a_replayed_one_is_refused(site: Site) -> None:
    body = now()
    assert [site.post(body).status_code for _ in range(3)] == [202, 409, 409]


@pytest.mark.parametrize("signature", ["", "0" * 128, "é", sign(b"", SECRET)])
def test_what_is_not_signed_is_refused_and_not_read(site: Site, signature: str) -> None:
    for body in (now(), b"\xff"):
        answer = site.post(body, signature.encode("latin-1"))
        assert answer.status_code == 401
        assert answer.json()["kind"] == "Status"
    assert not site.changes.seen


def test_what_is_signed_and_malformed_or_stale_is_refused(site: Site) -> None:
    for body in (b"", b"\xff", b"[]", said(), now(data=None), now(data={"name": "\ud800"})):
        assert site.post(body).status_code == 400
    assert not site.changes.seen


def test_without_a_secret_nothing_is_taken(site: Site) -> None:
    site.secret = ""
    for signature in (None, "", sign(now(), "")):
        answer = site.post(now(), signature)
        assert answer.status_code == 503
        assert "webhook_secret" in answer.json()["message"][0]


def test_what_could_not_be_kept_may_come_again(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    body = now()

    def away(hook: object) -> bool:
        raise OutsideFailed("Redis cannot be reached")

    with monkeypatch.context() as outage:
        outage.setattr(site.changes, "keep", away)
        answer = site.post(body)
        assert answer.status_code == 503
        assert answer.headers["Retry-After"]
    assert site.post(body).status_code == 202


def test_a_kept_change_is_taken_though_the_broker_is_away(site: Site) -> None:
    site.jobs.refuses = True
    answer = site.post(now())
    assert (answer.status_code, answer.json()["asked"]) == (202, False)


def test_every_answer_is_described() -> None:
    app = FastAPI(responses=errors.answers(*errors.COMMON))
    app.include_router(webhook.router)
    operation = app.openapi()["paths"]["/webhook/netbox"]["post"]
    assert {"200", "202", "400", "401", "409", "413", "503"} <= set(operation["responses"])
    (header,) = operation["parameters"]
    assert (header["name"], header["in"]) == ("X-Hook-Signature", "header")
    assert json.dumps(operation["requestBody"])
