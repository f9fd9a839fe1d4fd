from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define

if TYPE_CHECKING:
    from ..models.meta_labels import MetaLabels


T = TypeVar("T", bound="Meta")


@_attrs_define
class Meta:
    """What every object has. ``generation_id`` rises when the spec really changes,
    ``resource_version`` (the ETag) with every change.

        Attributes:
            creation_time (datetime.datetime | None):
            generation_id (str):  Default: '0'.
            labels (MetaLabels):
            mod_time (datetime.datetime | None):
            name (str):
            resource_version (str):  Default: '0'.
            self_link (str):  Default: ''.
    """

    creation_time: datetime.datetime | None
    labels: MetaLabels
    mod_time: datetime.datetime | None
    name: str
    generation_id: str = "0"
    resource_version: str = "0"
    self_link: str = ""

    def to_dict(self) -> dict[str, Any]:
        creation_time: None | str
        if isinstance(self.creation_time, datetime.datetime):
            creation_time = self.creation_time.isoformat()
        else:
            creation_time = self.creation_time

        generation_id = self.generation_id

        labels = self.labels.to_dict()

        mod_time: None | str
        if isinstance(self.mod_time, datetime.datetime):
            mod_time = self.mod_time.isoformat()
        else:
            mod_time = self.mod_time

        name = self.name

        resource_version = self.resource_version

        self_link = self.self_link

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "creation-time": creation_time,
                "generation-id": generation_id,
                "labels": labels,
                "mod-time": mod_time,
                "name": name,
                "resource-version": resource_version,
                "self-link": self_link,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.meta_labels import MetaLabels  # noqa: PLC0415

        d = dict(src_dict)

        def _parse_creation_time(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                creation_time_type_0 = datetime.datetime.fromisoformat(data)

                return creation_time_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        creation_time = _parse_creation_time(d.pop("creation-time"))

        generation_id = d.pop("generation-id")

        labels = MetaLabels.from_dict(d.pop("labels"))

        def _parse_mod_time(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                mod_time_type_0 = datetime.datetime.fromisoformat(data)

                return mod_time_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        mod_time = _parse_mod_time(d.pop("mod-time"))

        name = d.pop("name")

        resource_version = d.pop("resource-version")

        self_link = d.pop("self-link")

        meta = cls(
            creation_time=creation_time,
            generation_id=generation_id,
            labels=labels,
            mod_time=mod_time,
            name=name,
            resource_version=resource_version,
            self_link=self_link,
        )

        return meta
