"""Who asked for what through the API."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import islice

from osism.adapters.remote.pages import items
from osism.adapters.remote.session import Session
from osism.domain.requests import Entry


class RemoteAudit:
    """Keeps the reading side of :class:`osism.domain.ports.Audit`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def entries(
        self, who: str | None = None, since: datetime | None = None, limit: int = 50
    ) -> Sequence[Entry]:
        """The newest requests first."""
        began = since.isoformat() if since else None
        found = items(self._session, "/audit", limit, who=who, since=began)
        return [
            Entry(**{**each, "at": datetime.fromisoformat(each["at"])})
            for each in islice(found, limit)
        ]
