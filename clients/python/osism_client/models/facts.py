from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

from attrs import define as _attrs_define

if TYPE_CHECKING:
    from ..models.facts_facts import FactsFacts


T = TypeVar("T", bound="Facts")


@_attrs_define
class Facts:
    """What Ansible has gathered of a host; secrets are masked.

    Attributes:
        api_version (Literal['v1']):  Default: 'v1'.
        facts (FactsFacts):
        host (str):
        kind (Literal['Facts']):  Default: 'Facts'.
    """

    facts: FactsFacts
    host: str
    api_version: Literal["v1"] = "v1"
    kind: Literal["Facts"] = "Facts"

    def to_dict(self) -> dict[str, Any]:
        api_version = self.api_version

        facts = self.facts.to_dict()

        host = self.host

        kind = self.kind

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "api-version": api_version,
                "facts": facts,
                "host": host,
                "kind": kind,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.facts_facts import FactsFacts  # noqa: PLC0415

        d = dict(src_dict)
        api_version = cast(Literal["v1"], d.pop("api-version"))
        if api_version != "v1":
            raise ValueError(f"api-version must match const 'v1', got '{api_version}'")

        facts = FactsFacts.from_dict(d.pop("facts"))

        host = d.pop("host")

        kind = cast(Literal["Facts"], d.pop("kind"))
        if kind != "Facts":
            raise ValueError(f"kind must match const 'Facts', got '{kind}'")

        facts = cls(
            api_version=api_version,
            facts=facts,
            host=host,
            kind=kind,
        )

        return facts
