from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Literal, TypeVar, cast

from attrs import define as _attrs_define

T = TypeVar("T", bound="SiteLock")


@_attrs_define
class SiteLock:
    """Whether nothing new begins, who has locked, when and why.

    Attributes:
        api_version (Literal['v1']):  Default: 'v1'.
        by (str):  Default: ''.
        kind (Literal['SiteLock']):  Default: 'SiteLock'.
        locked (bool):
        reason (str):  Default: ''.
        since (datetime.datetime | None):
    """

    locked: bool
    since: datetime.datetime | None
    api_version: Literal["v1"] = "v1"
    by: str = ""
    kind: Literal["SiteLock"] = "SiteLock"
    reason: str = ""

    def to_dict(self) -> dict[str, Any]:
        api_version = self.api_version

        by = self.by

        kind = self.kind

        locked = self.locked

        reason = self.reason

        since: None | str
        if isinstance(self.since, datetime.datetime):
            since = self.since.isoformat()
        else:
            since = self.since

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "api-version": api_version,
                "by": by,
                "kind": kind,
                "locked": locked,
                "reason": reason,
                "since": since,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        api_version = cast(Literal["v1"], d.pop("api-version"))
        if api_version != "v1":
            raise ValueError(f"api-version must match const 'v1', got '{api_version}'")

        by = d.pop("by")

        kind = cast(Literal["SiteLock"], d.pop("kind"))
        if kind != "SiteLock":
            raise ValueError(f"kind must match const 'SiteLock', got '{kind}'")

        locked = d.pop("locked")

        reason = d.pop("reason")

        def _parse_since(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                since_type_0 = datetime.datetime.fromisoformat(data)

                return since_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        since = _parse_since(d.pop("since"))

        site_lock = cls(
            api_version=api_version,
            by=by,
            kind=kind,
            locked=locked,
            reason=reason,
            since=since,
        )

        return site_lock
