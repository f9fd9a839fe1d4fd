"""What NAPALM's getters tell, in the intent's terms."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from ipaddress import ip_interface
from typing import Any

from osism.adapters.switches.napalm.failures import told
from osism.adapters.switches.napalm.platforms import GETTERS, Platform
from osism.domain.errors import Misconfigured, OutsideFailed
from osism.domain.intents import (
    AddressIntent,
    LagIntent,
    Link,
    PortIntent,
    SwitchIntent,
    VlanIntent,
    natural,
)


def observed(driver: Any, switch: str, platform: Platform, fields: Collection[str]) -> SwitchIntent:
    """What runs on *switch*, as far as *fields* say that it is looked at.

    A getter that is not implemented, although its fields are expected, raises
    :class:`osism.domain.errors.Misconfigured`; one whose answer cannot be used
    :class:`OutsideFailed`. Neither is ever taken for a switch without ports or VLANs.
    """
    answers = {
        getter: _answer(driver, switch, getter)
        for getter, gives in GETTERS.items()
        if gives & set(fields)
    }
    ports, lags, links = [], [], []
    with told(f"switch {switch!r}", "reading the answer of get_interfaces"):
        for name, values in answers.get("get_interfaces", {}).items():
            number = platform.lag.fullmatch(name)
            port = _port(_lag_name(platform, name), values)
            if number:
                lags.append(LagIntent(**port, number=int(number[1])))
            else:
                ports.append(PortIntent(**port))
            if isinstance(values.get("is_up"), bool):
                links.append(Link(port["name"], values["is_up"]))
    with told(f"switch {switch!r}", "reading the answer of get_vlans"):
        vlans = [
            VlanIntent(int(vid), str(values["name"]))
            for vid, values in answers.get("get_vlans", {}).items()
            if str(vid).isdecimal()  # Junos lists VLANs without a number
        ]
    with told(f"switch {switch!r}", "reading the answer of get_interfaces_ip"):
        addresses = set(_addresses(platform, answers.get("get_interfaces_ip", {})))
    return SwitchIntent(
        switch,
        tuple(sorted(ports, key=lambda each: natural(each.name))),
        tuple(sorted(lags, key=lambda each: natural(each.name))),
        tuple(sorted(vlans, key=lambda each: each.vid)),
        tuple(sorted(addresses, key=lambda each: (natural(each.interface), each.address))),
        links=tuple(links),
    )


def _answer(driver: Any, switch: str, getter: str) -> Mapping[str, Any]:
    who = f"switch {switch!r}"
    with told(who, getter):
        try:
            answer = getattr(driver, getter)()
        except NotImplementedError:
            left = ", ".join(sorted(GETTERS[getter]))
            raise Misconfigured(
                f"{who}: NAPALM's driver does not implement {getter}; unchecked: [{left}] leaves "
                "it out"
            ) from None
    # Some drivers answer with nothing when the switch did; one without interfaces there is not.
    if not isinstance(answer, Mapping) or (not answer and getter == "get_interfaces"):
        raise OutsideFailed(f"{who}: {getter} answered with nothing")
    return answer


def _port(name: str, values: Mapping[str, Any]) -> dict[str, Any]:
    enabled, mtu = values["is_enabled"], values.get("mtu")
    if not isinstance(enabled, bool):
        raise ValueError(f"is_enabled of {name} is not a boolean")
    return {
        "name": name,
        "enabled": enabled,
        "mtu": int(mtu) if mtu and int(mtu) > 0 else None,
        "description": str(values["description"] or ""),
    }


def _lag_name(platform: Platform, name: str) -> str:
    """NetBox has ``Port-Channel10``, whatever the switch calls its LAG with the number 10."""
    number = platform.lag.fullmatch(name)
    return f"Port-Channel{number[1]}" if number else name


def _addresses(platform: Platform, answer: Mapping[str, Any]) -> Iterator[AddressIntent]:
    for interface, families in answer.items():
        if platform.management.fullmatch(interface):
            continue
        for addresses in families.values():
            for address, values in addresses.items():
                length = str(values["prefix_length"])
                if not address or not length.isdecimal():
                    continue  # NX-OS: borrowed from another interface
                found = ip_interface(f"{address}/{length}")
                # Nobody has these in NetBox: link-local ones of IPv6 come by themselves, and
                # 0.0.0.0 is how IOS-XR says that there is none.
                own = found.version == 6 and found.ip.is_link_local
                if not (own or found.ip.is_unspecified):
                    yield AddressIntent(_lag_name(platform, interface), str(found))
