"""The devices that carry a tag, read by REST."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from osism.adapters.netbox.session import Connection
from osism.domain.errors import Refused

Json = Mapping[str, Any]


def tagged(netbox: Connection, tag: str, limit: int, **asked: Any) -> Iterator[Json]:
    """The devices with *tag*, *limit* in an answer; *asked*: NetBox's ``fields`` and filters.

    Pages by id. A page by number would pass over a device when one before it goes away, and a
    device that is passed over looks as if it was gone; and a page that is not full need not be the
    last: NetBox may have a smaller MAX_PAGE_SIZE.
    """
    last = 0
    while rows := _page(netbox, tag, id__gt=last, limit=limit, **asked):
        yield from rows
        last = rows[-1]["id"]


def _page(netbox: Connection, tag: str, **asked: Any) -> Sequence[Json]:
    try:
        return netbox.page("dcim/devices", tag=tag, ordering="id", **asked)
    except Refused:  # as it refuses to look for a tag that there is not
        if netbox.read("extras.tags", slug=tag, brief=1):
            raise
        return []
