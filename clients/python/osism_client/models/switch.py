from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define

if TYPE_CHECKING:
    from ..models.driver import Driver


T = TypeVar("T", bound="Switch")


@_attrs_define
class Switch:
    """A switch that osism manages. ``state`` is what NetBox says; ``deployment_enabled``: whether
    configurations are deployed to it.

        Attributes:
            deployment_enabled (bool):
            driver (Driver): What can be expected of a switch's driver.

                ``observes``: the fields that it reads from the switch (``port.mtu``, ``vlan.name``, …).
                ``revert_timer``: the switch itself takes back what nobody confirms. ``problem``: why it cannot
                be told, on the machine of the API.
            manufacturer (str):
            model (str):
            name (str):
            platform (str):
            role (str):
            site (str):
            state (str):
    """

    deployment_enabled: bool
    driver: Driver
    manufacturer: str
    model: str
    name: str
    platform: str
    role: str
    site: str
    state: str

    def to_dict(self) -> dict[str, Any]:
        deployment_enabled = self.deployment_enabled

        driver = self.driver.to_dict()

        manufacturer = self.manufacturer

        model = self.model

        name = self.name

        platform = self.platform

        role = self.role

        site = self.site

        state = self.state

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "deployment-enabled": deployment_enabled,
                "driver": driver,
                "manufacturer": manufacturer,
                "model": model,
                "name": name,
                "platform": platform,
                "role": role,
                "site": site,
                "state": state,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.driver import Driver  # noqa: PLC0415

        d = dict(src_dict)
        deployment_enabled = d.pop("deployment-enabled")

        driver = Driver.from_dict(d.pop("driver"))

        manufacturer = d.pop("manufacturer")

        model = d.pop("model")

        name = d.pop("name")

        platform = d.pop("platform")

        role = d.pop("role")

        site = d.pop("site")

        state = d.pop("state")

        switch = cls(
            deployment_enabled=deployment_enabled,
            driver=driver,
            manufacturer=manufacturer,
            model=model,
            name=name,
            platform=platform,
            role=role,
            site=site,
            state=state,
        )

        return switch
