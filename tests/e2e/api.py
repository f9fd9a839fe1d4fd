"""A site with its HTTP API: the lab, and processes that serve the API over real sockets."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from osism.domain.access import digest
from osism.lab.processes import Lab
from tests.e2e.conftest import QUICK
from tests.fakes.databases import empty_database

#: A token of each role.
TOKENS = {role: f"osism_test-{role}" for role in ("reader", "operator", "admin")}
ACCESS = {f"the {role}": {"sha256": digest(token), "role": role} for role, token in TOKENS.items()}


def start_api(lab: Lab, name: str = "api", *more: str) -> str:
    """Start a process of the API on a free port; its URL, once it listens."""
    return lab.start_api(name, *more)


def client(url: str, role: str = "operator", **options: Any) -> httpx.Client:
    """A client with the token of a *role*; without one where that is empty."""
    headers = {"X-Api-Key": TOKENS[role]} if role else {}
    return httpx.Client(base_url=f"{url}/api/v1", headers=headers, timeout=60, **options)


#: On which database the labs of the API run: sqlite (its file in the lab), postgresql.
DATABASE = "OSISM_TEST_API_DATABASE"


@contextmanager
def database(directory: Path, kind: str = "") -> Iterator[dict[str, str]]:
    """The settings of an empty database, of this kind or of the one that :data:`DATABASE` says."""
    if (kind or os.environ.get(DATABASE, "sqlite")) == "sqlite":
        yield {}
        return
    with empty_database("postgresql", directory) as url:
        yield {"database_url": url}


@contextmanager
def api_site(directory: Path, kind: str = "", **settings: Any) -> Iterator[tuple[Lab, str]]:
    """The lab with one process of the API and a token of each role; *kind*: of its database."""
    with database(directory, kind) as kept:
        chosen: Mapping[str, Any] = {**QUICK, "api_tokens": ACCESS, **kept, **settings}
        with Lab(directory, chosen) as lab:
            yield lab, start_api(lab)
