from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="OperateNodes")


@_attrs_define
class OperateNodes:
    """Ask Ironic to do something with nodes and wait for it.

    Attributes:
        action (str):
        job (Literal['OperateNodes']):
        names (list[str]):
        checksum (str | Unset):  Default: ''.
        image (str | Unset):  Default: ''.
        reason (str | Unset):  Default: ''.
        steps (str | Unset):  Default: ''.
        timeout (int | Unset):  Default: 0.
    """

    action: str
    job: Literal["OperateNodes"]
    names: list[str]
    checksum: str | Unset = ""
    image: str | Unset = ""
    reason: str | Unset = ""
    steps: str | Unset = ""
    timeout: int | Unset = 0

    def to_dict(self) -> dict[str, Any]:
        action = self.action

        job = self.job

        names = self.names

        checksum = self.checksum

        image = self.image

        reason = self.reason

        steps = self.steps

        timeout = self.timeout

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "action": action,
                "job": job,
                "names": names,
            }
        )
        if checksum is not UNSET:
            field_dict["checksum"] = checksum
        if image is not UNSET:
            field_dict["image"] = image
        if reason is not UNSET:
            field_dict["reason"] = reason
        if steps is not UNSET:
            field_dict["steps"] = steps
        if timeout is not UNSET:
            field_dict["timeout"] = timeout

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        action = d.pop("action")

        job = cast(Literal["OperateNodes"], d.pop("job"))
        if job != "OperateNodes":
            raise ValueError(f"job must match const 'OperateNodes', got '{job}'")

        names = cast(list[str], d.pop("names"))

        checksum = d.pop("checksum", UNSET)

        image = d.pop("image", UNSET)

        reason = d.pop("reason", UNSET)

        steps = d.pop("steps", UNSET)

        timeout = d.pop("timeout", UNSET)

        operate_nodes = cls(
            action=action,
            job=job,
            names=names,
            checksum=checksum,
            image=image,
            reason=reason,
            steps=steps,
            timeout=timeout,
        )

        return operate_nodes
