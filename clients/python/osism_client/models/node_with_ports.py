from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

from attrs import define as _attrs_define

if TYPE_CHECKING:
    from ..models.node_with_ports_driver_info import NodeWithPortsDriverInfo
    from ..models.node_with_ports_extra import NodeWithPortsExtra
    from ..models.node_with_ports_interfaces import NodeWithPortsInterfaces
    from ..models.node_with_ports_ports import NodeWithPortsPorts
    from ..models.node_with_ports_properties import NodeWithPortsProperties


T = TypeVar("T", bound="NodeWithPorts")


@_attrs_define
class NodeWithPorts:
    """``ports``: MAC address to the interface's name that the inspection has found.

    Attributes:
        api_version (Literal['v1']):  Default: 'v1'.
        driver (str):
        driver_info (NodeWithPortsDriverInfo):
        extra (NodeWithPortsExtra):
        fault (str):
        id (str):
        inspected (str):
        instance (str):
        interfaces (NodeWithPortsInterfaces):
        kind (Literal['Node']):  Default: 'Node'.
        last_error (str):
        maintenance (bool):
        maintenance_reason (str):
        name (str):
        ports (NodeWithPortsPorts):
        power_state (str):
        properties (NodeWithPortsProperties):
        provision_state (str):
        reservation (str):
        resource_class (str):
        target_power_state (str):
        target_provision_state (str):
        traits (list[str]):
    """

    driver: str
    driver_info: NodeWithPortsDriverInfo
    extra: NodeWithPortsExtra
    fault: str
    id: str
    inspected: str
    instance: str
    interfaces: NodeWithPortsInterfaces
    last_error: str
    maintenance: bool
    maintenance_reason: str
    name: str
    ports: NodeWithPortsPorts
    power_state: str
    properties: NodeWithPortsProperties
    provision_state: str
    reservation: str
    resource_class: str
    target_power_state: str
    target_provision_state: str
    traits: list[str]
    api_version: Literal["v1"] = "v1"
    kind: Literal["Node"] = "Node"

    def to_dict(self) -> dict[str, Any]:
        api_version = self.api_version

        driver = self.driver

        driver_info = self.driver_info.to_dict()

        extra = self.extra.to_dict()

        fault = self.fault

        id = self.id

        inspected = self.inspected

        instance = self.instance

        interfaces = self.interfaces.to_dict()

        kind = self.kind

        last_error = self.last_error

        maintenance = self.maintenance

        maintenance_reason = self.maintenance_reason

        name = self.name

        ports = self.ports.to_dict()

        power_state = self.power_state

        properties = self.properties.to_dict()

        provision_state = self.provision_state

        reservation = self.reservation

        resource_class = self.resource_class

        target_power_state = self.target_power_state

        target_provision_state = self.target_provision_state

        traits = self.traits

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "api-version": api_version,
                "driver": driver,
                "driver-info": driver_info,
                "extra": extra,
                "fault": fault,
                "id": id,
                "inspected": inspected,
                "instance": instance,
                "interfaces": interfaces,
                "kind": kind,
                "last-error": last_error,
                "maintenance": maintenance,
                "maintenance-reason": maintenance_reason,
                "name": name,
                "ports": ports,
                "power-state": power_state,
                "properties": properties,
                "provision-state": provision_state,
                "reservation": reservation,
                "resource-class": resource_class,
                "target-power-state": target_power_state,
                "target-provision-state": target_provision_state,
                "traits": traits,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.node_with_ports_driver_info import NodeWithPortsDriverInfo  # noqa: PLC0415
        from ..models.node_with_ports_extra import NodeWithPortsExtra  # noqa: PLC0415
        from ..models.node_with_ports_interfaces import NodeWithPortsInterfaces  # noqa: PLC0415
        from ..models.node_with_ports_ports import NodeWithPortsPorts  # noqa: PLC0415
        from ..models.node_with_ports_properties import NodeWithPortsProperties  # noqa: PLC0415

        d = dict(src_dict)
        api_version = cast(Literal["v1"], d.pop("api-version"))
        if api_version != "v1":
            raise ValueError(f"api-version must match const 'v1', got '{api_version}'")

        driver = d.pop("driver")

        driver_info = NodeWithPortsDriverInfo.from_dict(d.pop("driver-info"))

        extra = NodeWithPortsExtra.from_dict(d.pop("extra"))

        fault = d.pop("fault")

        id = d.pop("id")

        inspected = d.pop("inspected")

        instance = d.pop("instance")

        interfaces = NodeWithPortsInterfaces.from_dict(d.pop("interfaces"))

        kind = cast(Literal["Node"], d.pop("kind"))
        if kind != "Node":
            raise ValueError(f"kind must match const 'Node', got '{kind}'")

        last_error = d.pop("last-error")

        maintenance = d.pop("maintenance")

        maintenance_reason = d.pop("maintenance-reason")

        name = d.pop("name")

        ports = NodeWithPortsPorts.from_dict(d.pop("ports"))

        power_state = d.pop("power-state")

        properties = NodeWithPortsProperties.from_dict(d.pop("properties"))

        provision_state = d.pop("provision-state")

        reservation = d.pop("reservation")

        resource_class = d.pop("resource-class")

        target_power_state = d.pop("target-power-state")

        target_provision_state = d.pop("target-provision-state")

        traits = cast(list[str], d.pop("traits"))

        node_with_ports = cls(
            api_version=api_version,
            driver=driver,
            driver_info=driver_info,
            extra=extra,
            fault=fault,
            id=id,
            inspected=inspected,
            instance=instance,
            interfaces=interfaces,
            kind=kind,
            last_error=last_error,
            maintenance=maintenance,
            maintenance_reason=maintenance_reason,
            name=name,
            ports=ports,
            power_state=power_state,
            properties=properties,
            provision_state=provision_state,
            reservation=reservation,
            resource_class=resource_class,
            target_power_state=target_power_state,
            target_provision_state=target_provision_state,
            traits=traits,
        )

        return node_with_ports
