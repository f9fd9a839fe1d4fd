from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

from attrs import define as _attrs_define

if TYPE_CHECKING:
    from ..models.listener_acted import ListenerActed
    from ..models.listener_ignored import ListenerIgnored
    from ..models.listener_lags import ListenerLags
    from ..models.listener_seen import ListenerSeen
    from ..models.rejected import Rejected


T = TypeVar("T", bound="Listener")


@_attrs_define
class Listener:
    """Counters of Ironic's notifications by type; ``lags`` are the last ones, in seconds.

    Attributes:
        acted (ListenerActed):
        api_version (Literal['v1']):  Default: 'v1'.
        ignored (ListenerIgnored):
        kind (Literal['Listener']):  Default: 'Listener'.
        lags (ListenerLags):
        malformed (int):
        rejected (list[Rejected]):
        seen (ListenerSeen):
        waiting (int):
    """

    acted: ListenerActed
    ignored: ListenerIgnored
    lags: ListenerLags
    malformed: int
    rejected: list[Rejected]
    seen: ListenerSeen
    waiting: int
    api_version: Literal["v1"] = "v1"
    kind: Literal["Listener"] = "Listener"

    def to_dict(self) -> dict[str, Any]:
        acted = self.acted.to_dict()

        api_version = self.api_version

        ignored = self.ignored.to_dict()

        kind = self.kind

        lags = self.lags.to_dict()

        malformed = self.malformed

        rejected = []
        for rejected_item_data in self.rejected:
            rejected_item = rejected_item_data.to_dict()
            rejected.append(rejected_item)

        seen = self.seen.to_dict()

        waiting = self.waiting

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "acted": acted,
                "api-version": api_version,
                "ignored": ignored,
                "kind": kind,
                "lags": lags,
                "malformed": malformed,
                "rejected": rejected,
                "seen": seen,
                "waiting": waiting,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.listener_acted import ListenerActed  # noqa: PLC0415
        from ..models.listener_ignored import ListenerIgnored  # noqa: PLC0415
        from ..models.listener_lags import ListenerLags  # noqa: PLC0415
        from ..models.listener_seen import ListenerSeen  # noqa: PLC0415
        from ..models.rejected import Rejected  # noqa: PLC0415

        d = dict(src_dict)
        acted = ListenerActed.from_dict(d.pop("acted"))

        api_version = cast(Literal["v1"], d.pop("api-version"))
        if api_version != "v1":
            raise ValueError(f"api-version must match const 'v1', got '{api_version}'")

        ignored = ListenerIgnored.from_dict(d.pop("ignored"))

        kind = cast(Literal["Listener"], d.pop("kind"))
        if kind != "Listener":
            raise ValueError(f"kind must match const 'Listener', got '{kind}'")

        lags = ListenerLags.from_dict(d.pop("lags"))

        malformed = d.pop("malformed")

        rejected = []
        _rejected = d.pop("rejected")
        for rejected_item_data in _rejected:
            rejected_item = Rejected.from_dict(rejected_item_data)

            rejected.append(rejected_item)

        seen = ListenerSeen.from_dict(d.pop("seen"))

        waiting = d.pop("waiting")

        listener = cls(
            acted=acted,
            api_version=api_version,
            ignored=ignored,
            kind=kind,
            lags=lags,
            malformed=malformed,
            rejected=rejected,
            seen=seen,
            waiting=waiting,
        )

        return listener
