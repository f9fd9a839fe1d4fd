"""Hosts are asked for through Ansible's programs, which take long: that hinders nobody else."""

from __future__ import annotations

import asyncio
from pathlib import Path
from threading import Event
from types import SimpleNamespace

import httpx
import pytest

from osism import wiring
from tests.fakes.guarded import ACCESS, TOKENS, guarded


def test_who_asks_for_something_else_is_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = Event()

    def groups(limit: str | None) -> dict[str, list[str]]:
        assert done.wait(20)
        return {"host-1": ["control"]}

    monkeypatch.setattr(wiring, "hosts", lambda: SimpleNamespace(groups=groups))
    monkeypatch.setattr(wiring, "records", lambda: SimpleNamespace(site_lock=lambda: None))

    async def ask() -> list[httpx.Response]:
        way = httpx.ASGITransport(api.app)
        headers = {"X-Api-Key": TOKENS["reader"]}
        async with httpx.AsyncClient(transport=way, base_url="http://x", headers=headers) as client:
            waiting = [client.get("/api/v1/hosts?limit=~(a*)*b") for _ in range(60)]
            tasks = [asyncio.create_task(each) for each in waiting]
            try:
                other = await asyncio.wait_for(client.get("/api/v1/lock"), 10)
            finally:
                done.set()
            return [other, *await asyncio.gather(*tasks)]

    with guarded(tmp_path, monkeypatch, api_tokens=ACCESS, api_rate=0) as api:
        answers = asyncio.run(ask())
    assert [each.status_code for each in answers] == [200] * 61
    assert answers[1].json()["items"] == [{"name": "host-1", "groups": ["control"]}]


def test_every_list_says_how_to_read_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with guarded(tmp_path, monkeypatch) as api:
        shapes = api.app.openapi()["components"]["schemas"]
    lists = {name: each["properties"] for name, each in shapes.items() if name.endswith("List")}
    assert len(lists) > 10
    assert [name for name, each in lists.items() if "items" in each and "meta" not in each] == []
    said = [each["properties"] for name, each in shapes.items() if name not in ("Status",)]
    objects = [each for each in said if "const" in each.get("kind", {})]
    assert [each["kind"] for each in objects if "api-version" not in each] == []
