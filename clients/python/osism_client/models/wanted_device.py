from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.wanted_meta import WantedMeta
    from ..models.wanted_spec import WantedSpec


T = TypeVar("T", bound="WantedDevice")


@_attrs_define
class WantedDevice:
    """What a device shall be.

    Attributes:
        spec (WantedSpec): ``state``: as the device's definitions in the configuration repository name it.
        api_version (Literal['v1'] | Unset):  Default: 'v1'.
        kind (Literal['Device'] | Unset):  Default: 'Device'.
        meta (None | Unset | WantedMeta):
    """

    spec: WantedSpec
    api_version: Literal["v1"] | Unset = "v1"
    kind: Literal["Device"] | Unset = "Device"
    meta: None | Unset | WantedMeta = UNSET

    def to_dict(self) -> dict[str, Any]:
        from ..models.wanted_meta import WantedMeta  # noqa: PLC0415

        spec = self.spec.to_dict()

        api_version = self.api_version

        kind = self.kind

        meta: dict[str, Any] | None | Unset
        if isinstance(self.meta, Unset):
            meta = UNSET
        elif isinstance(self.meta, WantedMeta):
            meta = self.meta.to_dict()
        else:
            meta = self.meta

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "spec": spec,
            }
        )
        if api_version is not UNSET:
            field_dict["api-version"] = api_version
        if kind is not UNSET:
            field_dict["kind"] = kind
        if meta is not UNSET:
            field_dict["meta"] = meta

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.wanted_meta import WantedMeta  # noqa: PLC0415
        from ..models.wanted_spec import WantedSpec  # noqa: PLC0415

        d = dict(src_dict)
        spec = WantedSpec.from_dict(d.pop("spec"))

        api_version = cast(Literal["v1"] | Unset, d.pop("api-version", UNSET))
        if api_version != "v1" and not isinstance(api_version, Unset):
            raise ValueError(f"api-version must match const 'v1', got '{api_version}'")

        kind = cast(Literal["Device"] | Unset, d.pop("kind", UNSET))
        if kind != "Device" and not isinstance(kind, Unset):
            raise ValueError(f"kind must match const 'Device', got '{kind}'")

        def _parse_meta(data: object) -> None | Unset | WantedMeta:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                meta_type_0 = WantedMeta.from_dict(data)

                return meta_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | Unset | WantedMeta, data)

        meta = _parse_meta(d.pop("meta", UNSET))

        wanted_device = cls(
            spec=spec,
            api_version=api_version,
            kind=kind,
            meta=meta,
        )

        return wanted_device
