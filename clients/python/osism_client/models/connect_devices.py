from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="ConnectDevices")


@_attrs_define
class ConnectDevices:
    """Bring devices into a state, through the four phases.

    Attributes:
        job (Literal['ConnectDevices']):
        names (list[str]):
        abort (bool | Unset):  Default: False.
        collection (str | Unset):  Default: ''.
        dry_run (bool | Unset):  Default: False.
        enforce (bool | Unset):  Default: False.
        kind (str | Unset):  Default: ''.
        state (None | str | Unset):
    """

    job: Literal["ConnectDevices"]
    names: list[str]
    abort: bool | Unset = False
    collection: str | Unset = ""
    dry_run: bool | Unset = False
    enforce: bool | Unset = False
    kind: str | Unset = ""
    state: None | str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        job = self.job

        names = self.names

        abort = self.abort

        collection = self.collection

        dry_run = self.dry_run

        enforce = self.enforce

        kind = self.kind

        state: None | str | Unset
        if isinstance(self.state, Unset):
            state = UNSET
        else:
            state = self.state

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "job": job,
                "names": names,
            }
        )
        if abort is not UNSET:
            field_dict["abort"] = abort
        if collection is not UNSET:
            field_dict["collection"] = collection
        if dry_run is not UNSET:
            field_dict["dry_run"] = dry_run
        if enforce is not UNSET:
            field_dict["enforce"] = enforce
        if kind is not UNSET:
            field_dict["kind"] = kind
        if state is not UNSET:
            field_dict["state"] = state

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        job = cast(Literal["ConnectDevices"], d.pop("job"))
        if job != "ConnectDevices":
            raise ValueError(f"job must match const 'ConnectDevices', got '{job}'")

        names = cast(list[str], d.pop("names"))

        abort = d.pop("abort", UNSET)

        collection = d.pop("collection", UNSET)

        dry_run = d.pop("dry_run", UNSET)

        enforce = d.pop("enforce", UNSET)

        kind = d.pop("kind", UNSET)

        def _parse_state(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        state = _parse_state(d.pop("state", UNSET))

        connect_devices = cls(
            job=job,
            names=names,
            abort=abort,
            collection=collection,
            dry_run=dry_run,
            enforce=enforce,
            kind=kind,
            state=state,
        )

        return connect_devices
