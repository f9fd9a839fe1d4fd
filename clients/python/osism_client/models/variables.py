from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

from attrs import define as _attrs_define

if TYPE_CHECKING:
    from ..models.variables_variables import VariablesVariables


T = TypeVar("T", bound="Variables")


@_attrs_define
class Variables:
    """What the inventory gives a host; secrets are masked.

    Attributes:
        api_version (Literal['v1']):  Default: 'v1'.
        host (str):
        kind (Literal['Variables']):  Default: 'Variables'.
        variables (VariablesVariables):
    """

    host: str
    variables: VariablesVariables
    api_version: Literal["v1"] = "v1"
    kind: Literal["Variables"] = "Variables"

    def to_dict(self) -> dict[str, Any]:
        api_version = self.api_version

        host = self.host

        kind = self.kind

        variables = self.variables.to_dict()

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "api-version": api_version,
                "host": host,
                "kind": kind,
                "variables": variables,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.variables_variables import VariablesVariables  # noqa: PLC0415

        d = dict(src_dict)
        api_version = cast(Literal["v1"], d.pop("api-version"))
        if api_version != "v1":
            raise ValueError(f"api-version must match const 'v1', got '{api_version}'")

        host = d.pop("host")

        kind = cast(Literal["Variables"], d.pop("kind"))
        if kind != "Variables":
            raise ValueError(f"kind must match const 'Variables', got '{kind}'")

        variables = VariablesVariables.from_dict(d.pop("variables"))

        variables = cls(
            api_version=api_version,
            host=host,
            kind=kind,
            variables=variables,
        )

        return variables
