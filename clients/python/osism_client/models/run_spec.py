from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

T = TypeVar("T", bound="RunSpec")


@_attrs_define
class RunSpec:
    """What was asked for. A collection has its name in ``apply`` and no role; a run that belongs to
    one has the id of the collection's run in ``collection``.

        Attributes:
            action (str):  Default: ''.
            apply (str):  Default: ''.
            arguments (list[str]):
            check (bool):  Default: False.
            collection (str):  Default: ''.
            diff (bool):  Default: False.
            environment (str):  Default: ''.
            limit (str):  Default: ''.
            retries (int):  Default: 0.
            role (str):  Default: ''.
            sub (str):  Default: ''.
            timeout (int):  Default: 0.
    """

    arguments: list[str]
    action: str = ""
    apply: str = ""
    check: bool = False
    collection: str = ""
    diff: bool = False
    environment: str = ""
    limit: str = ""
    retries: int = 0
    role: str = ""
    sub: str = ""
    timeout: int = 0

    def to_dict(self) -> dict[str, Any]:
        action = self.action

        apply = self.apply

        arguments = self.arguments

        check = self.check

        collection = self.collection

        diff = self.diff

        environment = self.environment

        limit = self.limit

        retries = self.retries

        role = self.role

        sub = self.sub

        timeout = self.timeout

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "action": action,
                "apply": apply,
                "arguments": arguments,
                "check": check,
                "collection": collection,
                "diff": diff,
                "environment": environment,
                "limit": limit,
                "retries": retries,
                "role": role,
                "sub": sub,
                "timeout": timeout,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        action = d.pop("action")

        apply = d.pop("apply")

        arguments = cast(list[str], d.pop("arguments"))

        check = d.pop("check")

        collection = d.pop("collection")

        diff = d.pop("diff")

        environment = d.pop("environment")

        limit = d.pop("limit")

        retries = d.pop("retries")

        role = d.pop("role")

        sub = d.pop("sub")

        timeout = d.pop("timeout")

        run_spec = cls(
            action=action,
            apply=apply,
            arguments=arguments,
            check=check,
            collection=collection,
            diff=diff,
            environment=environment,
            limit=limit,
            retries=retries,
            role=role,
            sub=sub,
            timeout=timeout,
        )

        return run_spec
