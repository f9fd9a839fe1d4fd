"""The HTTP API as the commands' ports: the same commands work from any machine.

One small adapter per port; :class:`Remote` hands them out by the names of
:mod:`osism.wiring`'s functions.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from osism.adapters.remote.session import Session, part

if TYPE_CHECKING:
    from osism.adapters.remote.audits import RemoteAudit
    from osism.adapters.remote.devices import RemoteDevices
    from osism.adapters.remote.hosts import RemoteFacts, RemoteHosts
    from osism.adapters.remote.jobs import RemoteQueue, RemoteRecords
    from osism.adapters.remote.journals import RemoteJournal, RemoteRuns
    from osism.adapters.remote.nodes import RemoteNodes
    from osism.adapters.remote.site import RemoteEvents, RemoteInventories
    from osism.domain.collections import Collection
    from osism.domain.schedules import Plan


class Remote:
    """All ports that the API at *url* has."""

    def __init__(self, url: str, token_file: Path | None, authorities: Path | None) -> None:
        self._where = (url, token_file, authorities)

    @cached_property
    def _session(self) -> Session:
        return Session(*self._where)

    def records(self) -> RemoteRecords:
        from osism.adapters.remote.jobs import RemoteRecords

        return RemoteRecords(self._session)

    def queue(self) -> RemoteQueue:
        from osism.adapters.remote.jobs import RemoteQueue

        return RemoteQueue(self._session)

    def revoke(self, job: str) -> str:
        """See :func:`osism.actions.revoke_job.revoke_job`; the API says who asked."""
        from osism.adapters.remote.jobs import on_behalf

        path = f"/jobs/{part(job)}/revoke"
        return str(self._session.send("POST", path, headers=on_behalf())["message"])

    def journal(self) -> RemoteJournal:
        from osism.adapters.remote.journals import RemoteJournal

        return RemoteJournal(self._session)

    def run_journal(self) -> RemoteRuns:
        from osism.adapters.remote.journals import RemoteRuns

        return RemoteRuns(self._session)

    def audit(self) -> RemoteAudit:
        from osism.adapters.remote.audits import RemoteAudit

        return RemoteAudit(self._session)

    def schedule(self) -> Plan:
        from osism.adapters.remote.site import schedule

        return schedule(self._session)

    def inventories(self) -> RemoteInventories:
        from osism.adapters.remote.site import RemoteInventories

        return RemoteInventories(self._session)

    def events(self) -> RemoteEvents:
        from osism.adapters.remote.site import RemoteEvents

        return RemoteEvents(self._session)

    def hosts(self) -> RemoteHosts:
        from osism.adapters.remote.hosts import RemoteHosts

        return RemoteHosts(self._session)

    def facts(self) -> RemoteFacts:
        from osism.adapters.remote.hosts import RemoteFacts

        return RemoteFacts(self._session)

    def baremetal(self, job: str = "", wait: float | None = None) -> RemoteNodes:
        from osism.adapters.remote.nodes import RemoteNodes

        return RemoteNodes(self._session)

    def inventory(self) -> RemoteDevices:
        return self._devices

    def repository(self) -> RemoteDevices:
        return self._devices

    def conditions(self) -> RemoteDevices:
        return self._devices

    @cached_property
    def _devices(self) -> RemoteDevices:
        from osism.adapters.remote.devices import RemoteDevices

        return RemoteDevices(self._session)

    def roles(self) -> dict[str, list[str]]:
        from osism.adapters.remote.roles import roles

        return roles(self._session)

    def collections(self) -> dict[str, Collection]:
        from osism.adapters.remote.roles import collections

        return collections(self._session)

    def __getattr__(self, name: str) -> Any:
        from osism.domain.errors import Invalid

        raise Invalid(f"{name.replace('_', ' ')}: the API does not offer it")
