"""RouterOS, as ``/export`` writes it: a section, such as ``/interface bonding``, then commands."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from osism.domain.intents import AddressIntent, MlagIntent, SwitchIntent
from osism.lab.syntaxes.draft import MTUS, VIDS, Draft, DraftPort, Line
from osism.lab.syntaxes.routeros import commands, found_name, pairs

_Values = dict[str, str]
_Command = Callable[["_Reader", Line, _Values], None]

_FRAMES = ("admit-all", "admit-only-untagged-and-priority-tagged", "admit-only-vlan-tagged")


class Mikrotik:
    """One bridge that filters VLANs; ports are known by their default names."""

    name = "mikrotik"

    def parse(self, text: str, ports: Collection[str], name: str) -> SwitchIntent:
        reader = _Reader(Draft(name, ports))
        for line in commands(text):
            reader.read(line)
        return reader.finished()


class _Reader:
    """Where the reading stands. References between sections are resolved at the end, because an
    export's order is not that of its references."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.section = ""
        self.bridges: set[str] = set()
        self.vlan_interfaces: dict[str, int] = {}
        self.slaves: list[tuple[Line, str, str]] = []  # port, LAG
        self.bridge_ports: dict[str, tuple[Line, int, str]] = {}  # pvid, frame types
        self.carried: list[tuple[Line, int, _Values]] = []
        self.addresses: list[tuple[Line, str, str]] = []  # interface, address
        self.peer: tuple[Line, str] | None = None

    def read(self, line: Line) -> None:
        text = line.text.strip(" ")
        if not text or text.startswith("#"):
            return
        if text.startswith("/"):
            if text not in _SECTIONS:
                line.reject("unknown section")
            self.section = text
            return
        for verb, do, allowed, required in _SECTIONS.get(self.section, ()):
            if text.startswith(verb + " "):
                do(self, line, _values(line, verb, text[len(verb) + 1 :], allowed, required))
                return
        line.reject("unknown command")

    def finished(self) -> SwitchIntent:
        for line, slave, lag in self.slaves:
            self.draft.port(slave, line).lag = lag
        for interface, (line, pvid, frames) in self.bridge_ports.items():
            if frames != "admit-only-vlan-tagged":
                self.carrier(interface, line).untagged = pvid
        for line, vid, values in self.carried:
            self._carry(line, vid, values)
        for line, interface, address in self.addresses:
            vlan = self.vlan_interfaces.get(interface)
            if vlan is None and not self._exists(interface):
                line.reject(f"no such interface {interface!r}")
            self.draft.addresses[AddressIntent(interface, address, vlan)] = line
        if self.peer:
            line, lag = self.peer
            self.carrier(lag, line)
            self.draft.mlag = MlagIntent(lag, 0)
        return self.draft.finished()

    def carrier(self, interface: str, line: Line) -> DraftPort:
        """The port or LAG of this name."""
        return self.draft.lags.get(interface) or self.draft.port(interface, line)

    def _exists(self, interface: str) -> bool:
        known = (self.bridges, self.draft.sockets, self.draft.lags)
        return any(interface in each for each in known)

    def _carry(self, line: Line, vid: int, values: _Values) -> None:
        for interface in _list(values.get("tagged", "")):
            if interface not in self.bridges:
                self._bridged(line, interface)
                self.carrier(interface, line).tagged.add(vid)
        for interface in _list(values.get("untagged", "")):
            if interface not in self.bridges and self._bridged(line, interface) != vid:
                line.reject(f"untagged on {interface!r}, whose pvid is another")

    def _bridged(self, line: Line, interface: str) -> int:
        if interface not in self.bridge_ports:
            line.reject(f"{interface!r} is not a port of the bridge")
        return self.bridge_ports[interface][1]


def _bridge(reader: _Reader, line: Line, values: _Values) -> None:
    reader.bridges.add(values["name"])


def _ethernet(reader: _Reader, line: Line, values: _Values) -> None:
    _common(reader.draft.port(values["default-name"], line), line, values)


def _bonding(reader: _Reader, line: Line, values: _Values) -> None:
    if values["mode"] != "802.3ad":
        line.reject("only mode=802.3ad")
    lag = values["name"]
    if any(lag in each for each in (reader.draft.sockets, reader.draft.lags, reader.bridges)):
        line.reject("already have interface with such name")
    _common(reader.draft.lag(lag, line), line, values)
    reader.slaves += ((line, each, lag) for each in _list(values.get("slaves", "")))


def _common(port: DraftPort, line: Line, values: _Values) -> None:
    port.description = values.get("comment", port.description)
    if "mtu" in values:
        port.mtu = line.integer(values["mtu"], MTUS, "mtu")
    if "disabled" in values:
        port.enabled = not _flag(line, values["disabled"])


def _vlan_interface(reader: _Reader, line: Line, values: _Values) -> None:
    if values["interface"] not in reader.bridges:
        line.reject("a VLAN's interface belongs to the bridge")
    reader.vlan_interfaces[values["name"]] = line.integer(values["vlan-id"], VIDS, "vlan-id")


def _bridge_port(reader: _Reader, line: Line, values: _Values) -> None:
    _on_bridge(reader, line, values)
    frames = values.get("frame-types", "admit-all")
    if frames not in _FRAMES:
        line.reject(f"frame-types must be one of {', '.join(_FRAMES)}")
    if values["interface"] in reader.bridge_ports:
        line.reject("device already added as bridge port")
    pvid = line.integer(values.get("pvid", "1"), VIDS, "pvid")
    reader.bridge_ports[values["interface"]] = (line, pvid, frames)


def _bridge_vlan(reader: _Reader, line: Line, values: _Values) -> None:
    _on_bridge(reader, line, values)
    for vid in sorted(line.vids(values["vlan-ids"])):
        if vid in reader.draft.vlans:
            line.reject(f"VLAN {vid} is already there")
        reader.draft.vlans[vid] = values.get("comment", "")
        reader.carried.append((line, vid, values))


def _mlag(reader: _Reader, line: Line, values: _Values) -> None:
    _on_bridge(reader, line, values)
    reader.peer = (line, values["peer-port"])


def _address(reader: _Reader, line: Line, values: _Values) -> None:
    address = line.address(values["address"], 6 if reader.section.startswith("/ipv6") else 4)
    reader.addresses.append((line, values["interface"], address))


def _identity(reader: _Reader, line: Line, values: _Values) -> None:
    reader.draft.name = values["name"]


def _on_bridge(reader: _Reader, line: Line, values: _Values) -> None:
    if values["bridge"] not in reader.bridges:
        line.reject(f"no such bridge {values['bridge']!r}")


def _values(
    line: Line, verb: str, text: str, allowed: Sequence[str], required: Sequence[str]
) -> _Values:
    """The parameters of a command, checked against those that it knows and needs."""
    values: _Values = {}
    if verb == "set" and "default-name" in required:
        values["default-name"], text = found_name(line, text)
    values |= pairs(line, text)
    for key in values:
        if key not in (*allowed, *required):
            line.reject(f"unknown parameter {key}")
    for key in required:
        if not values.get(key):
            line.reject(f"missing value for {key}")
    return values


def _list(text: str) -> list[str]:
    return text.split(",") if text else []


def _flag(line: Line, text: str) -> bool:
    if text not in ("yes", "no"):
        line.reject("yes or no")
    return text == "yes"


_SECTIONS: Mapping[str, Sequence[tuple[str, _Command, Sequence[str], Sequence[str]]]] = {
    "/interface bridge": [("add", _bridge, ["vlan-filtering", "comment"], ["name"])],
    "/interface ethernet": [
        ("set", _ethernet, ["comment", "disabled", "mtu"], ["default-name"]),
    ],
    "/interface bonding": [
        (
            "add",
            _bonding,
            ["comment", "disabled", "mtu", "slaves", "transmit-hash-policy"],
            ["name", "mode"],
        ),
    ],
    "/interface vlan": [("add", _vlan_interface, ["comment"], ["name", "interface", "vlan-id"])],
    "/interface bridge mlag": [("set", _mlag, [], ["bridge", "peer-port"])],
    "/interface bridge port": [
        ("add", _bridge_port, ["pvid", "frame-types", "comment"], ["bridge", "interface"]),
    ],
    "/interface bridge vlan": [
        ("add", _bridge_vlan, ["tagged", "untagged", "comment"], ["bridge", "vlan-ids"]),
    ],
    "/ip address": [("add", _address, ["comment"], ["address", "interface"])],
    "/ipv6 address": [("add", _address, ["advertise", "comment"], ["address", "interface"])],
    "/system identity": [("set", _identity, [], ["name"])],
}
