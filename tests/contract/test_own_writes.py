"""What NetBox says of our own writes: the id that its webhooks have too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
import requests

from osism.adapters.netbox import Connection
from osism.domain.errors import OutsideFailed, Refused

Ids = list[str]


@pytest.fixture
def told() -> Ids:
    return []


@pytest.fixture
def connection(netbox: tuple[str, str], told: Ids) -> Iterator[Connection]:
    connection = Connection(*netbox, retry=0, wrote=told.append)
    yield connection
    connection.http.close()


def test_each_write_is_told_and_nothing_else(connection: Connection, told: Ids) -> None:
    answered: list[tuple[str, str]] = []

    def look(answer: requests.Response, *_: Any, **__: Any) -> None:
        answered.append((answer.request.method or "", answer.headers["X-Request-ID"]))

    connection.http.hooks["response"].append(look)
    name = f"own-{uuid4().hex[:8]}"
    (tag,) = connection.create("extras.tags", [{"name": name, "slug": name}])
    connection.update("extras.tags", [{"id": tag, "description": "x"}])
    assert connection.read("extras.tags", slug=name)
    assert connection.query("query { tag_list { id } }", {})
    with pytest.raises(Refused):
        connection.create("extras.tags", [{"name": name, "slug": name}])
    connection.delete("extras.tags", [tag])
    wrote = [id for method, id in answered if method in ("PATCH", "DELETE")]
    created = next(id for method, id in answered if method == "POST")
    assert told == [created, *wrote]
    assert len({UUID(each) for each in told}) == 3


def test_a_write_does_not_fail_because_it_cannot_be_noted(netbox: tuple[str, str]) -> None:
    def away(request: str) -> None:
        raise OutsideFailed("Redis cannot be reached")

    connection = Connection(*netbox, retry=0, wrote=away)
    name = f"own-{uuid4().hex[:8]}"
    (tag,) = connection.create("extras.tags", [{"name": name, "slug": name}])
    connection.delete("extras.tags", [tag])
    connection.http.close()
