from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="WantedRun")


@_attrs_define
class WantedRun:
    """What to apply. ``role``: a role, or a collection of roles unless a role has its name.

    ``environment``: needed where several have the role. ``sub``: a part of it. ``action``:
    kolla-ansible's. ``arguments`` go to ansible-playbook, one word each. ``limit``: a pattern of
    hosts; null for all hosts of the role. ``check``: change nothing. ``retries``: how often a run
    that failed is begun again. ``timeout``: seconds after which it is ended, 0 for never.

        Attributes:
            role (str):
            action (str | Unset):  Default: ''.
            arguments (list[str] | Unset):
            check (bool | Unset):  Default: False.
            diff (bool | Unset):  Default: False.
            environment (str | Unset):  Default: ''.
            limit (None | str | Unset):
            retries (int | Unset):  Default: 0.
            sub (str | Unset):  Default: ''.
            timeout (int | Unset):  Default: 0.
    """

    role: str
    action: str | Unset = ""
    arguments: list[str] | Unset = UNSET
    check: bool | Unset = False
    diff: bool | Unset = False
    environment: str | Unset = ""
    limit: None | str | Unset = UNSET
    retries: int | Unset = 0
    sub: str | Unset = ""
    timeout: int | Unset = 0

    def to_dict(self) -> dict[str, Any]:
        role = self.role

        action = self.action

        arguments: list[str] | Unset = UNSET
        if not isinstance(self.arguments, Unset):
            arguments = self.arguments

        check = self.check

        diff = self.diff

        environment = self.environment

        limit: None | str | Unset
        if isinstance(self.limit, Unset):
            limit = UNSET
        else:
            limit = self.limit

        retries = self.retries

        sub = self.sub

        timeout = self.timeout

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "role": role,
            }
        )
        if action is not UNSET:
            field_dict["action"] = action
        if arguments is not UNSET:
            field_dict["arguments"] = arguments
        if check is not UNSET:
            field_dict["check"] = check
        if diff is not UNSET:
            field_dict["diff"] = diff
        if environment is not UNSET:
            field_dict["environment"] = environment
        if limit is not UNSET:
            field_dict["limit"] = limit
        if retries is not UNSET:
            field_dict["retries"] = retries
        if sub is not UNSET:
            field_dict["sub"] = sub
        if timeout is not UNSET:
            field_dict["timeout"] = timeout

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        role = d.pop("role")

        action = d.pop("action", UNSET)

        arguments = cast(list[str], d.pop("arguments", UNSET))

        check = d.pop("check", UNSET)

        diff = d.pop("diff", UNSET)

        environment = d.pop("environment", UNSET)

        def _parse_limit(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        limit = _parse_limit(d.pop("limit", UNSET))

        retries = d.pop("retries", UNSET)

        sub = d.pop("sub", UNSET)

        timeout = d.pop("timeout", UNSET)

        wanted_run = cls(
            role=role,
            action=action,
            arguments=arguments,
            check=check,
            diff=diff,
            environment=environment,
            limit=limit,
            retries=retries,
            sub=sub,
            timeout=timeout,
        )

        return wanted_run
