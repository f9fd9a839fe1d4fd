"""A site with its HTTP API: the lab, and processes that serve the API over real sockets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from osism.domain.access import digest
from osism.lab.processes import Lab
from tests.e2e.conftest import QUICK

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


@contextmanager
def api_site(directory: Path, **settings: Any) -> Iterator[tuple[Lab, str]]:
    """The lab with one process of the API and a token of each role."""
    chosen: Mapping[str, Any] = {**QUICK, "api_tokens": ACCESS, **settings}
    with Lab(directory, chosen) as lab:
        yield lab, start_api(lab)
