"""The page for people loads nothing from elsewhere."""

from __future__ import annotations

import asyncio
import re

import httpx
import pytest

from osism.services.api.app import application


def answer(path: str) -> httpx.Response:
    async def ask() -> httpx.Response:
        asked = httpx.ASGITransport(application(), client=("127.0.0.1", 1))
        async with httpx.AsyncClient(transport=asked, base_url="http://127.0.0.1") as client:
            return await client.get(path)

    return asyncio.run(ask())


def test_every_file_of_the_page_comes_from_here() -> None:
    linked = re.findall(r"""(?:(?:href|src)=|url: )["']([^"']+)["']""", answer("/docs").text)
    assert len(linked) == 4
    for name in linked:
        assert "//" not in name
        assert answer(f"/{name}").status_code == 200


@pytest.mark.parametrize("path", ["/redoc", "/docs/files/none.js", "/docs/oauth2-redirect"])
def test_there_is_no_more_than_that(path: str) -> None:
    found = answer(path)
    assert (found.status_code, found.json()["kind"]) == (404, "Status")
