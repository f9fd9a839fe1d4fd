from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

T = TypeVar("T", bound="AuditEntry")


@_attrs_define
class AuditEntry:
    """A writing request. ``status``: the HTTP status of its answer, null while it is worked on,
    and for ever when the process died then.

        Attributes:
            address (str):
            at (datetime.datetime):
            body (Any):
            method (str):
            number (int):
            path (str):
            result (str):
            role (str):
            status (int | None):
            who (str):
    """

    address: str
    at: datetime.datetime
    body: Any
    method: str
    number: int
    path: str
    result: str
    role: str
    status: int | None
    who: str

    def to_dict(self) -> dict[str, Any]:
        address = self.address

        at = self.at.isoformat()

        body = self.body

        method = self.method

        number = self.number

        path = self.path

        result = self.result

        role = self.role

        status: int | None
        status = self.status

        who = self.who

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "address": address,
                "at": at,
                "body": body,
                "method": method,
                "number": number,
                "path": path,
                "result": result,
                "role": role,
                "status": status,
                "who": who,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        address = d.pop("address")

        at = datetime.datetime.fromisoformat(d.pop("at"))

        body = d.pop("body")

        method = d.pop("method")

        number = d.pop("number")

        path = d.pop("path")

        result = d.pop("result")

        role = d.pop("role")

        def _parse_status(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        status = _parse_status(d.pop("status"))

        who = d.pop("who")

        audit_entry = cls(
            address=address,
            at=at,
            body=body,
            method=method,
            number=number,
            path=path,
            result=result,
            role=role,
            status=status,
            who=who,
        )

        return audit_entry
