from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

from attrs import define as _attrs_define

if TYPE_CHECKING:
    from ..models.configuration_running_type_0 import ConfigurationRunningType0


T = TypeVar("T", bound="Configuration")


@_attrs_define
class Configuration:
    """The configuration of a switch, masked. ``generated``: what was rendered last; ``deployed``:
    what was deployed last, and confirmed; null without one. ``difference``: from the one to the
    other, as a unified diff. ``running``: what was observed on the switch just now, in the terms of
    NetBox (ports, lags, vlans, addresses, mlag), null with the ``reason`` where it was not.

        Attributes:
            api_version (Literal['v1']):  Default: 'v1'.
            deployed (None | str):
            difference (str):
            generated (None | str):
            kind (Literal['SwitchConfiguration']):  Default: 'SwitchConfiguration'.
            name (str):
            reason (str):
            running (ConfigurationRunningType0 | None):
    """

    deployed: None | str
    difference: str
    generated: None | str
    name: str
    reason: str
    running: ConfigurationRunningType0 | None
    api_version: Literal["v1"] = "v1"
    kind: Literal["SwitchConfiguration"] = "SwitchConfiguration"

    def to_dict(self) -> dict[str, Any]:
        from ..models.configuration_running_type_0 import ConfigurationRunningType0  # noqa: PLC0415

        api_version = self.api_version

        deployed: None | str
        deployed = self.deployed

        difference = self.difference

        generated: None | str
        generated = self.generated

        kind = self.kind

        name = self.name

        reason = self.reason

        running: dict[str, Any] | None
        if isinstance(self.running, ConfigurationRunningType0):
            running = self.running.to_dict()
        else:
            running = self.running

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "api-version": api_version,
                "deployed": deployed,
                "difference": difference,
                "generated": generated,
                "kind": kind,
                "name": name,
                "reason": reason,
                "running": running,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.configuration_running_type_0 import ConfigurationRunningType0  # noqa: PLC0415

        d = dict(src_dict)
        api_version = cast(Literal["v1"], d.pop("api-version"))
        if api_version != "v1":
            raise ValueError(f"api-version must match const 'v1', got '{api_version}'")

        def _parse_deployed(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        deployed = _parse_deployed(d.pop("deployed"))

        difference = d.pop("difference")

        def _parse_generated(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        generated = _parse_generated(d.pop("generated"))

        kind = cast(Literal["SwitchConfiguration"], d.pop("kind"))
        if kind != "SwitchConfiguration":
            raise ValueError(f"kind must match const 'SwitchConfiguration', got '{kind}'")

        name = d.pop("name")

        reason = d.pop("reason")

        def _parse_running(data: object) -> ConfigurationRunningType0 | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                running_type_0 = ConfigurationRunningType0.from_dict(data)

                return running_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(ConfigurationRunningType0 | None, data)

        running = _parse_running(d.pop("running"))

        configuration = cls(
            api_version=api_version,
            deployed=deployed,
            difference=difference,
            generated=generated,
            kind=kind,
            name=name,
            reason=reason,
            running=running,
        )

        return configuration
