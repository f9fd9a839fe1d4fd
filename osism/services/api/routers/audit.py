"""Who asked for what: the audit log."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query

from osism import wiring
from osism.domain.requests import Entry
from osism.services.api.auth import Admin
from osism.services.api.envelopes import ListMeta, Moment, Shape, Text

router = APIRouter(tags=["audit"])


class AuditEntry(Shape):
    """A writing request. ``status``: the HTTP status of its answer, null while it is worked on,
    and for ever when the process died then."""

    number: int
    at: datetime
    who: str
    role: str
    address: str
    method: str
    path: str
    body: Any
    status: int | None
    result: str


class AuditList(Shape):
    """Writing requests, the newest first."""

    kind: Literal["AuditList"] = "AuditList"
    api_version: Literal["v1"] = "v1"
    meta: ListMeta
    items: list[AuditEntry]


@router.get("/audit")
def list_audit(
    caller: Admin,
    who: Annotated[Text | None, Query(description="of this token, by its description")] = None,
    since: Annotated[Moment | None, Query(description="not before this time")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 50,
    continue_: Annotated[
        str | None, Query(alias="continue", pattern="^[0-9]{1,18}$", description="to read on")
    ] = None,
) -> AuditList:
    """Who asked for what, without secrets; the newest first."""
    found = wiring.audit().entries(who, since, limit + 1, int(continue_ or 0))
    more = str(found[limit - 1].number) if len(found) > limit else None
    items = [_shown(each) for each in found[:limit]]
    return AuditList(meta=ListMeta.model_validate({"continue": more}), items=items)


def _shown(entry: Entry) -> AuditEntry:
    return AuditEntry(**vars(entry))
