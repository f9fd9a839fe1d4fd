from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

from attrs import define as _attrs_define

if TYPE_CHECKING:
    from ..models.meta import Meta
    from ..models.transition_spec import TransitionSpec
    from ..models.transition_status import TransitionStatus


T = TypeVar("T", bound="Transition")


@_attrs_define
class Transition:
    """One transition of one device. ``meta.generation-id`` is that of the device's spec.

    Attributes:
        api_version (Literal['v1']):  Default: 'v1'.
        kind (Literal['Transition']):  Default: 'Transition'.
        meta (Meta): What every object has. ``generation_id`` rises when the spec really changes,
            ``resource_version`` (the ETag) with every change.
        spec (TransitionSpec): The way of a device from one state to another.
        status (TransitionStatus): What became of it. ``phase``: the one that it is in, or has ended in; ``error``: why
            it did
            not succeed; ``switches``: those that are concerned; ``events``: null in lists.
    """

    meta: Meta
    spec: TransitionSpec
    status: TransitionStatus
    api_version: Literal["v1"] = "v1"
    kind: Literal["Transition"] = "Transition"

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
        from ..models.meta import Meta  # noqa: PLC0415
        from ..models.transition_spec import TransitionSpec  # noqa: PLC0415
        from ..models.transition_status import TransitionStatus  # noqa: PLC0415

        d = dict(src_dict)
        api_version = cast(Literal["v1"], d.pop("api-version"))
        if api_version != "v1":
            raise ValueError(f"api-version must match const 'v1', got '{api_version}'")

        kind = cast(Literal["Transition"], d.pop("kind"))
        if kind != "Transition":
            raise ValueError(f"kind must match const 'Transition', got '{kind}'")

        meta = Meta.from_dict(d.pop("meta"))

        spec = TransitionSpec.from_dict(d.pop("spec"))

        status = TransitionStatus.from_dict(d.pop("status"))

        transition = cls(
            api_version=api_version,
            kind=kind,
            meta=meta,
            spec=spec,
            status=status,
        )

        return transition
