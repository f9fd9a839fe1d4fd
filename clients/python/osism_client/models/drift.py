from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

from attrs import define as _attrs_define

from ..models.drift_result import DriftResult

if TYPE_CHECKING:
    from ..models.difference import Difference


T = TypeVar("T", bound="Drift")


@_attrs_define
class Drift:
    """What came of a comparison. ``result``: clean, drifted; or why there was none: busy (somebody
    works on it), skipped, not checked, failed, with the ``reason``. ``unchecked``: fields that the
    driver does not read. ``links``: links that are down, which is no difference.

        Attributes:
            api_version (Literal['v1']):  Default: 'v1'.
            differences (list[Difference]):
            kind (Literal['Drift']):  Default: 'Drift'.
            links (list[str]):
            name (str):
            reason (str):
            result (DriftResult):
            unchecked (list[str]):
    """

    differences: list[Difference]
    links: list[str]
    name: str
    reason: str
    result: DriftResult
    unchecked: list[str]
    api_version: Literal["v1"] = "v1"
    kind: Literal["Drift"] = "Drift"

    def to_dict(self) -> dict[str, Any]:
        api_version = self.api_version

        differences = []
        for differences_item_data in self.differences:
            differences_item = differences_item_data.to_dict()
            differences.append(differences_item)

        kind = self.kind

        links = self.links

        name = self.name

        reason = self.reason

        result = self.result.value

        unchecked = self.unchecked

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "api-version": api_version,
                "differences": differences,
                "kind": kind,
                "links": links,
                "name": name,
                "reason": reason,
                "result": result,
                "unchecked": unchecked,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.difference import Difference  # noqa: PLC0415

        d = dict(src_dict)
        api_version = cast(Literal["v1"], d.pop("api-version"))
        if api_version != "v1":
            raise ValueError(f"api-version must match const 'v1', got '{api_version}'")

        differences = []
        _differences = d.pop("differences")
        for differences_item_data in _differences:
            differences_item = Difference.from_dict(differences_item_data)

            differences.append(differences_item)

        kind = cast(Literal["Drift"], d.pop("kind"))
        if kind != "Drift":
            raise ValueError(f"kind must match const 'Drift', got '{kind}'")

        links = cast(list[str], d.pop("links"))

        name = d.pop("name")

        reason = d.pop("reason")

        result = DriftResult(d.pop("result"))

        unchecked = cast(list[str], d.pop("unchecked"))

        drift = cls(
            api_version=api_version,
            differences=differences,
            kind=kind,
            links=links,
            name=name,
            reason=reason,
            result=result,
            unchecked=unchecked,
        )

        return drift
