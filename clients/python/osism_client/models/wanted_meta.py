from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.wanted_meta_labels_type_0 import WantedMetaLabelsType0


T = TypeVar("T", bound="WantedMeta")


@_attrs_define
class WantedMeta:
    """``name``: that of the path. ``labels``: all of them; null, or none given, leaves them as they
    are. Those that come of NetBox may be sent back as they were.

        Attributes:
            labels (None | Unset | WantedMetaLabelsType0):
            name (None | str | Unset):
    """

    labels: None | Unset | WantedMetaLabelsType0 = UNSET
    name: None | str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        from ..models.wanted_meta_labels_type_0 import WantedMetaLabelsType0  # noqa: PLC0415

        labels: dict[str, Any] | None | Unset
        if isinstance(self.labels, Unset):
            labels = UNSET
        elif isinstance(self.labels, WantedMetaLabelsType0):
            labels = self.labels.to_dict()
        else:
            labels = self.labels

        name: None | str | Unset
        if isinstance(self.name, Unset):
            name = UNSET
        else:
            name = self.name

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if labels is not UNSET:
            field_dict["labels"] = labels
        if name is not UNSET:
            field_dict["name"] = name

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.wanted_meta_labels_type_0 import WantedMetaLabelsType0  # noqa: PLC0415

        d = dict(src_dict)

        def _parse_labels(data: object) -> None | Unset | WantedMetaLabelsType0:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                labels_type_0 = WantedMetaLabelsType0.from_dict(data)

                return labels_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | Unset | WantedMetaLabelsType0, data)

        labels = _parse_labels(d.pop("labels", UNSET))

        def _parse_name(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        name = _parse_name(d.pop("name", UNSET))

        wanted_meta = cls(
            labels=labels,
            name=name,
        )

        return wanted_meta
