from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

from attrs import define as _attrs_define

if TYPE_CHECKING:
    from ..models.job_object_spec import JobObjectSpec
    from ..models.job_status import JobStatus
    from ..models.meta import Meta


T = TypeVar("T", bound="JobObject")


@_attrs_define
class JobObject:
    """A job. ``spec`` is what was asked for, as `POST /jobs` takes it.

    Attributes:
        api_version (Literal['v1']):  Default: 'v1'.
        kind (Literal['Job']):  Default: 'Job'.
        meta (Meta): What every object has. ``generation_id`` rises when the spec really changes,
            ``resource_version`` (the ETag) with every change.
        spec (JobObjectSpec):
        status (JobStatus): What is so. ``retrying``: it waits for something and is looked at again.

            ``result``: what it ended with. ``exit-code``: what a command that waits for it ends with.
    """

    meta: Meta
    spec: JobObjectSpec
    status: JobStatus
    api_version: Literal["v1"] = "v1"
    kind: Literal["Job"] = "Job"

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
        from ..models.job_object_spec import JobObjectSpec  # noqa: PLC0415
        from ..models.job_status import JobStatus  # noqa: PLC0415
        from ..models.meta import Meta  # noqa: PLC0415

        d = dict(src_dict)
        api_version = cast(Literal["v1"], d.pop("api-version"))
        if api_version != "v1":
            raise ValueError(f"api-version must match const 'v1', got '{api_version}'")

        kind = cast(Literal["Job"], d.pop("kind"))
        if kind != "Job":
            raise ValueError(f"kind must match const 'Job', got '{kind}'")

        meta = Meta.from_dict(d.pop("meta"))

        spec = JobObjectSpec.from_dict(d.pop("spec"))

        status = JobStatus.from_dict(d.pop("status"))

        job_object = cls(
            api_version=api_version,
            kind=kind,
            meta=meta,
            spec=spec,
            status=status,
        )

        return job_object
