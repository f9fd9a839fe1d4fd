from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

from attrs import define as _attrs_define

if TYPE_CHECKING:
    from ..models.device_status import DeviceStatus
    from ..models.meta import Meta
    from ..models.spec import Spec


T = TypeVar("T", bound="Device")


@_attrs_define
class Device:
    """A device: the state that it shall be in, and the one that it is in.

    Attributes:
        api_version (Literal['v1']):  Default: 'v1'.
        kind (Literal['Device']):  Default: 'Device'.
        meta (Meta): What every object has. ``generation_id`` rises when the spec really changes,
            ``resource_version`` (the ETag) with every change.
        spec (Spec): What a device shall be. ``state``: null for one that nobody ever wanted anything of.
        status (DeviceStatus): What is so. ``state``: where the device rests, or where it came from while it is under
            way;
            null when what NetBox says is no state.
    """

    meta: Meta
    spec: Spec
    status: DeviceStatus
    api_version: Literal["v1"] = "v1"
    kind: Literal["Device"] = "Device"

    def to_dict(self) -> dict[str, Any]:
        api_version = self.api_version

        kind = self.kind

        meta = self.meta.to_dict()

        spec = self.spec.to_dict()

        status = self.status.to_dict()

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "api-version": api_version,
                "kind": kind,
                "meta": meta,
                "spec": spec,
                "status": status,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.device_status import DeviceStatus  # noqa: PLC0415
        from ..models.meta import Meta  # noqa: PLC0415
        from ..models.spec import Spec  # noqa: PLC0415

        d = dict(src_dict)
        api_version = cast(Literal["v1"], d.pop("api-version"))
        if api_version != "v1":
            raise ValueError(f"api-version must match const 'v1', got '{api_version}'")

        kind = cast(Literal["Device"], d.pop("kind"))
        if kind != "Device":
            raise ValueError(f"kind must match const 'Device', got '{kind}'")

        meta = Meta.from_dict(d.pop("meta"))

        spec = Spec.from_dict(d.pop("spec"))

        status = DeviceStatus.from_dict(d.pop("status"))

        device = cls(
            api_version=api_version,
            kind=kind,
            meta=meta,
            spec=spec,
            status=status,
        )

        return device
