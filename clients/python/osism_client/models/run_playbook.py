from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="RunPlaybook")


@_attrs_define
class RunPlaybook:
    """Play a role of an environment with Ansible.

    Attributes:
        environment (str):
        job (Literal['RunPlaybook']):
        role (str):
        action (str | Unset):  Default: ''.
        arguments (list[str] | Unset):
        check (bool | Unset):  Default: False.
        diff (bool | Unset):  Default: False.
        limit (str | Unset):  Default: ''.
        retries (int | Unset):  Default: 0.
        sub (str | Unset):  Default: ''.
        timeout (int | Unset):  Default: 0.
    """

    environment: str
    job: Literal["RunPlaybook"]
    role: str
    action: str | Unset = ""
    arguments: list[str] | Unset = UNSET
    check: bool | Unset = False
    diff: bool | Unset = False
    limit: str | Unset = ""
    retries: int | Unset = 0
    sub: str | Unset = ""
    timeout: int | Unset = 0

    def to_dict(self) -> dict[str, Any]:
        environment = self.environment

        job = self.job

        role = self.role

        action = self.action

        arguments: list[str] | Unset = UNSET
        if not isinstance(self.arguments, Unset):
            arguments = self.arguments

        check = self.check

        diff = self.diff

        limit = self.limit

        retries = self.retries

        sub = self.sub

        timeout = self.timeout

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "environment": environment,
                "job": job,
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
        environment = d.pop("environment")

        job = cast(Literal["RunPlaybook"], d.pop("job"))
        if job != "RunPlaybook":
            raise ValueError(f"job must match const 'RunPlaybook', got '{job}'")

        role = d.pop("role")

        action = d.pop("action", UNSET)

        arguments = cast(list[str], d.pop("arguments", UNSET))

        check = d.pop("check", UNSET)

        diff = d.pop("diff", UNSET)

        limit = d.pop("limit", UNSET)

        retries = d.pop("retries", UNSET)

        sub = d.pop("sub", UNSET)

        timeout = d.pop("timeout", UNSET)

        run_playbook = cls(
            environment=environment,
            job=job,
            role=role,
            action=action,
            arguments=arguments,
            check=check,
            diff=diff,
            limit=limit,
            retries=retries,
            sub=sub,
            timeout=timeout,
        )

        return run_playbook
