from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="GenerateConfiguration")


@_attrs_define
class GenerateConfiguration:
    """Generate switches' configurations into the state repository; empty: of all switches.

    Attributes:
        job (Literal['GenerateConfiguration']):
        switches (list[str] | Unset):
        template (str | Unset):  Default: ''.
    """

    job: Literal["GenerateConfiguration"]
    switches: list[str] | Unset = UNSET
    template: str | Unset = ""

    def to_dict(self) -> dict[str, Any]:
        job = self.job

        switches: list[str] | Unset = UNSET
        if not isinstance(self.switches, Unset):
            switches = self.switches

        template = self.template

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "job": job,
            }
        )
        if switches is not UNSET:
            field_dict["switches"] = switches
        if template is not UNSET:
            field_dict["template"] = template

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        job = cast(Literal["GenerateConfiguration"], d.pop("job"))
        if job != "GenerateConfiguration":
            raise ValueError(f"job must match const 'GenerateConfiguration', got '{job}'")

        switches = cast(list[str], d.pop("switches", UNSET))

        template = d.pop("template", UNSET)

        generate_configuration = cls(
            job=job,
            switches=switches,
            template=template,
        )

        return generate_configuration
