from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

T = TypeVar("T", bound="Entry")


@_attrs_define
class Entry:
    """An entry of the schedule. ``every``: seconds, 0 when it is off.

    Attributes:
        every (float):
        last_run (datetime.datetime | None):
        name (str):
        next_run (datetime.datetime | None):
        purpose (str):
    """

    every: float
    last_run: datetime.datetime | None
    name: str
    next_run: datetime.datetime | None
    purpose: str

    def to_dict(self) -> dict[str, Any]:
        every = self.every

        last_run: None | str
        if isinstance(self.last_run, datetime.datetime):
            last_run = self.last_run.isoformat()
        else:
            last_run = self.last_run

        name = self.name

        next_run: None | str
        if isinstance(self.next_run, datetime.datetime):
            next_run = self.next_run.isoformat()
        else:
            next_run = self.next_run

        purpose = self.purpose

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "every": every,
                "last-run": last_run,
                "name": name,
                "next-run": next_run,
                "purpose": purpose,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        every = d.pop("every")

        def _parse_last_run(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                last_run_type_0 = datetime.datetime.fromisoformat(data)

                return last_run_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        last_run = _parse_last_run(d.pop("last-run"))

        name = d.pop("name")

        def _parse_next_run(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                next_run_type_0 = datetime.datetime.fromisoformat(data)

                return next_run_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        next_run = _parse_next_run(d.pop("next-run"))

        purpose = d.pop("purpose")

        entry = cls(
            every=every,
            last_run=last_run,
            name=name,
            next_run=next_run,
            purpose=purpose,
        )

        return entry
