from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

from attrs import define as _attrs_define

if TYPE_CHECKING:
    from ..models.meta import Meta
    from ..models.run_spec import RunSpec
    from ..models.run_status import RunStatus


T = TypeVar("T", bound="Run")


@_attrs_define
class Run:
    """A run of a role, or of the roles of a collection.

    Attributes:
        api_version (Literal['v1']):  Default: 'v1'.
        kind (Literal['Run']):  Default: 'Run'.
        meta (Meta): What every object has. ``generation_id`` rises when the spec really changes,
            ``resource_version`` (the ETag) with every change.
        spec (RunSpec): What was asked for. A collection has its name in ``apply`` and no role; a run that belongs to
            one has the id of the collection's run in ``collection``.
        status (RunStatus): What is so. ``state``: ``waiting`` is for another run of the role, or for the site's lock.

            ``exit_code``: Ansible's own, 124 after ``timeout``, 130 when revoked. ``hosts``: host to what
            Ansible's recap counts (ok, changed, unreachable, failed, skipped, rescued, ignored).
            ``result``: what the play itself left (the message of its task ``Result``), of a collection
            what became of its roles; kept for as long as the output.
    """

    meta: Meta
    spec: RunSpec
    status: RunStatus
    api_version: Literal["v1"] = "v1"
    kind: Literal["Run"] = "Run"

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
        from ..models.run_spec import RunSpec  # noqa: PLC0415
        from ..models.run_status import RunStatus  # noqa: PLC0415

        d = dict(src_dict)
        api_version = cast(Literal["v1"], d.pop("api-version"))
        if api_version != "v1":
            raise ValueError(f"api-version must match const 'v1', got '{api_version}'")

        kind = cast(Literal["Run"], d.pop("kind"))
        if kind != "Run":
            raise ValueError(f"kind must match const 'Run', got '{kind}'")

        meta = Meta.from_dict(d.pop("meta"))

        spec = RunSpec.from_dict(d.pop("spec"))

        status = RunStatus.from_dict(d.pop("status"))

        run = cls(
            api_version=api_version,
            kind=kind,
            meta=meta,
            spec=spec,
            status=status,
        )

        return run
