"""Lists of the API, page by page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from osism.adapters.remote.session import Session

#: The longest page that the API gives.
MOST = 1000


def items(session: Session, path: str, limit: int, **query: Any) -> Iterator[Mapping[str, Any]]:
    """The items of a list in its order, *limit* at once and as many pages as are asked for."""
    following = None
    while True:
        asked = {"limit": min(limit, MOST), "continue": following, **query}
        page = session.get(path, **asked)
        yield from page["items"]
        following = page["meta"]["continue"]
        if not following:
            return
