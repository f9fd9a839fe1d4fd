"""NetBoxes to test with: the lab's, and a real one where the environment names one.

The real one is what OSISM_TEST_NETBOX_URL and OSISM_TEST_NETBOX_TOKEN say.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from osism.adapters.netbox import Connection
from osism.domain.errors import Refused
from osism.domain.resources.kinds import KINDS, ORDER

TOKEN = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture(scope="module", params=["lab", "real"])
def netbox(request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    """The URL and the token of a NetBox."""
    if request.param == "lab":
        from osism.lab.netbox.app import serve

        with serve(token=TOKEN) as url:
            yield url, TOKEN
        return
    named = [os.environ.get(f"OSISM_TEST_NETBOX_{name}", "") for name in ("URL", "TOKEN")]
    if not all(named):
        pytest.skip("OSISM_TEST_NETBOX_URL and OSISM_TEST_NETBOX_TOKEN name no NetBox")
    yield named[0].rstrip("/"), named[1]


@contextmanager
def swept(connection: Connection) -> Iterator[None]:
    """Delete what appears in NetBox in the meantime, and nothing else."""
    before = _everything(connection)
    try:
        yield
    finally:
        for endpoint, ids in reversed(_everything(connection).items()):
            if new := sorted(ids - before[endpoint], reverse=True):
                _delete(connection, endpoint, new)


def _everything(connection: Connection) -> dict[str, set[int]]:
    kinds = [kind for kind in ORDER if kind.name in KINDS and kind.name != "interface"]
    return {
        kind.endpoint: {each["id"] for each in connection.read(kind.endpoint, fields="id")}
        for kind in kinds
    }


def _delete(connection: Connection, endpoint: str, ids: list[int]) -> None:
    try:
        for number in ids:
            connection.delete(endpoint, [number])
    except Refused:  # a place went with the one that it was in
        connection.delete(endpoint, [n for n in ids if connection.read(endpoint, id=n)])
