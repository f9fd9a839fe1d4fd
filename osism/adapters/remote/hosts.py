"""Hosts: groups, variables, facts; the API masks secrets."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from osism.adapters.remote.session import Session, part


class RemoteHosts:
    """What commands ask of :class:`osism.adapters.hosts.AnsibleInventory`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def groups(self, limit: str | None = None) -> dict[str, list[str]]:
        """Every host and its groups; *limit* is a pattern of hosts."""
        found = self._session.get("/hosts", limit=limit or None)
        return {each["name"]: each["groups"] for each in found["items"]}

    def variables(self, host: str) -> dict[str, Any]:
        """The variables of *host*."""
        return dict(self._session.get(f"/hosts/{part(host)}/variables")["variables"])


class RemoteFacts:
    """What commands ask of :class:`osism.adapters.facts.RedisFacts`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, host: str) -> dict[str, Any]:
        """The facts of *host*; :class:`NotFound` without any."""
        return dict(self._session.get(f"/hosts/{part(host)}/facts")["facts"])

    def hosts(self) -> list[tuple[str, datetime]]:
        """Nobody asks: the API says which names are near."""
        return []
