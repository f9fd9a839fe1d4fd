"""The shapes that every object of the API has in common.

Names have hyphens on the wire (``generation-id``) and underscores in Python. Nothing is taken that
is not declared.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)

VERSION = "v1"

#: A name as it may stand in a path: no slash, no control character, not too long.
Name = Annotated[
    str, StringConstraints(min_length=1, max_length=255, pattern=r"^[^/\x00-\x1f\x7f]+$")
]
Text = Annotated[str, StringConstraints(max_length=1024)]
#: A name that may become a folder, a file and a git tag (:mod:`osism.domain.names`), and the same
#: or nothing.
Word = Annotated[
    str, StringConstraints(max_length=64, pattern=r"^[A-Za-z0-9_](\.?[A-Za-z0-9_+-])*$")
]
WordOrNone = Annotated[
    str, StringConstraints(max_length=64, pattern=r"^([A-Za-z0-9_](\.?[A-Za-z0-9_+-])*)?$")
]

_RFC3339 = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII | re.IGNORECASE
)


def _rfc3339(value: Any) -> Any:
    if isinstance(value, str) and not _RFC3339.fullmatch(value):
        raise ValueError("a time is 2025-03-30T12:00:00Z, or with another zone than Z")
    return value


def _utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValueError("no such time in UTC") from None


#: A point in time that somebody asks for, with its zone.
Moment = Annotated[AwareDatetime, BeforeValidator(_rfc3339), AfterValidator(_utc)]


class Shape(BaseModel):
    """Base of everything that is sent or received."""

    model_config = ConfigDict(
        alias_generator=lambda name: name.replace("_", "-"),
        populate_by_name=True,
        extra="forbid",
        serialize_by_alias=True,
        # What has a default is sent all the same: whoever reads need not ask whether it is there.
        json_schema_serialization_defaults_required=True,
    )


class Meta(Shape):
    """What every object has. ``generation_id`` rises when the spec really changes,
    ``resource_version`` (the ETag) with every change."""

    name: str
    generation_id: str = "0"
    resource_version: str = "0"
    labels: dict[str, str] = Field(default_factory=dict)
    creation_time: datetime | None = None
    mod_time: datetime | None = None
    self_link: str = ""


class ListMeta(Shape):
    """``continue``: what to pass as ``continue`` to read on; None at the end."""

    continue_: str | None = Field(default=None, alias="continue")


class ObjectRef(Shape):
    """The object that a failure is about."""

    kind: str
    name: str


class Result(Shape):
    """``str``: the HTTP status in words."""

    str: str


class Status(Shape):
    """The body of every failure. ``message``: what is wrong, and what to do about it."""

    kind: Literal["Status"] = "Status"
    result: Result
    message: list[str]
    code: int
    object_ref: ObjectRef | None = None


Json = dict[str, Any]
