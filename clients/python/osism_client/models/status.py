from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

from attrs import define as _attrs_define

if TYPE_CHECKING:
    from ..models.object_ref import ObjectRef
    from ..models.result import Result


T = TypeVar("T", bound="Status")


@_attrs_define
class Status:
    """The body of every failure. ``message``: what is wrong, and what to do about it.

    Attributes:
        code (int):
        kind (Literal['Status']):  Default: 'Status'.
        message (list[str]):
        object_ref (None | ObjectRef):
        result (Result): ``str``: the HTTP status in words.
    """

    code: int
    message: list[str]
    object_ref: None | ObjectRef
    result: Result
    kind: Literal["Status"] = "Status"

    def to_dict(self) -> dict[str, Any]:
        from ..models.object_ref import ObjectRef  # noqa: PLC0415

        code = self.code

        kind = self.kind

        message = self.message

        object_ref: dict[str, Any] | None
        if isinstance(self.object_ref, ObjectRef):
            object_ref = self.object_ref.to_dict()
        else:
            object_ref = self.object_ref

        result = self.result.to_dict()

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "code": code,
                "kind": kind,
                "message": message,
                "object-ref": object_ref,
                "result": result,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.object_ref import ObjectRef  # noqa: PLC0415
        from ..models.result import Result  # noqa: PLC0415

        d = dict(src_dict)
        code = d.pop("code")

        kind = cast(Literal["Status"], d.pop("kind"))
        if kind != "Status":
            raise ValueError(f"kind must match const 'Status', got '{kind}'")

        message = cast(list[str], d.pop("message"))

        def _parse_object_ref(data: object) -> None | ObjectRef:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                object_ref_type_0 = ObjectRef.from_dict(data)

                return object_ref_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | ObjectRef, data)

        object_ref = _parse_object_ref(d.pop("object-ref"))

        result = Result.from_dict(d.pop("result"))

        status = cls(
            code=code,
            kind=kind,
            message=message,
            object_ref=object_ref,
            result=result,
        )

        return status
