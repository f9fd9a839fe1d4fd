from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.object_ref import ObjectRef
    from ..models.result import Result


T = TypeVar("T", bound="Status")


@_attrs_define
class Status:
    """The body of every failure. ``message``: what is wrong, and what to do about it.

    Attributes:
        code (int):
        message (list[str]):
        result (Result): ``str``: the HTTP status in words.
        kind (Literal['Status'] | Unset):  Default: 'Status'.
        object_ref (None | ObjectRef | Unset):
    """

    code: int
    message: list[str]
    result: Result
    kind: Literal["Status"] | Unset = "Status"
    object_ref: None | ObjectRef | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        from ..models.object_ref import ObjectRef  # noqa: PLC0415

        code = self.code

        message = self.message

        result = self.result.to_dict()

        kind = self.kind

        object_ref: dict[str, Any] | None | Unset
        if isinstance(self.object_ref, Unset):
            object_ref = UNSET
        elif isinstance(self.object_ref, ObjectRef):
            object_ref = self.object_ref.to_dict()
        else:
            object_ref = self.object_ref

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "code": code,
                "message": message,
                "result": result,
            }
        )
        if kind is not UNSET:
            field_dict["kind"] = kind
        if object_ref is not UNSET:
            field_dict["object-ref"] = object_ref

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.object_ref import ObjectRef  # noqa: PLC0415
        from ..models.result import Result  # noqa: PLC0415

        d = dict(src_dict)
        code = d.pop("code")

        message = cast(list[str], d.pop("message"))

        result = Result.from_dict(d.pop("result"))

        kind = cast(Literal["Status"] | Unset, d.pop("kind", UNSET))
        if kind != "Status" and not isinstance(kind, Unset):
            raise ValueError(f"kind must match const 'Status', got '{kind}'")

        def _parse_object_ref(data: object) -> None | ObjectRef | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                object_ref_type_0 = ObjectRef.from_dict(data)

                return object_ref_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | ObjectRef | Unset, data)

        object_ref = _parse_object_ref(d.pop("object-ref", UNSET))

        status = cls(
            code=code,
            message=message,
            result=result,
            kind=kind,
            object_ref=object_ref,
        )

        return status
