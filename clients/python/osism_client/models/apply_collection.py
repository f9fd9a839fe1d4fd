from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="ApplyCollection")


@_attrs_define
class ApplyCollection:
    """Play the roles of a collection in the order of their dependencies.

    Attributes:
        job (Literal['ApplyCollection']):
        name (str):
        arguments (list[str] | Unset):
        check (bool | Unset):  Default: False.
        diff (bool | Unset):  Default: False.
        limit (str | Unset):  Default: ''.
        retries (int | Unset):  Default: 0.
        timeout (int | Unset):  Default: 0.
    """

    job: Literal["ApplyCollection"]
    name: str
    arguments: list[str] | Unset = UNSET
    check: bool | Unset = False
    diff: bool | Unset = False
    limit: str | Unset = ""
    retries: int | Unset = 0
    timeout: int | Unset = 0

    def to_dict(self) -> dict[str, Any]:
        job = self.job

        name = self.name

        arguments: list[str] | Unset = UNSET
        if not isinstance(self.arguments, Unset):
            arguments = self.arguments

        check = self.check

        diff = self.diff

        limit = self.limit

        retries = self.retries

        timeout = self.timeout

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "job": job,
                "name": name,
            }
        )
        if arguments is not UNSET:
            field_dict["arguments"] = arguments
        if check is not UNSET:
            field_dict["check"] = check
        if diff is not UNSET:
            field_dict["diff"] = diff
        if limit is not UNSET:
            field_dict["limit"] = limit
        if retries is not UNSET:
            field_dict["retries"] = retries
        if timeout is not UNSET:
            field_dict["timeout"] = timeout

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        job = cast(Literal["ApplyCollection"], d.pop("job"))
        if job != "ApplyCollection":
            raise ValueError(f"job must match const 'ApplyCollection', got '{job}'")

        name = d.pop("name")

        arguments = cast(list[str], d.pop("arguments", UNSET))

        check = d.pop("check", UNSET)

        diff = d.pop("diff", UNSET)

        limit = d.pop("limit", UNSET)

        retries = d.pop("retries", UNSET)

        timeout = d.pop("timeout", UNSET)

        apply_collection = cls(
            job=job,
            name=name,
            arguments=arguments,
            check=check,
            diff=diff,
            limit=limit,
            retries=retries,
            timeout=timeout,
        )

        return apply_collection
