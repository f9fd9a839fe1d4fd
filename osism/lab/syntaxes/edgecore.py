"""The industry-standard command line: blocks that begin with a line such as ``interface ...``."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping

from osism.domain.intents import AddressIntent, MlagIntent, SwitchIntent
from osism.lab.syntaxes.draft import MTUS, VIDS, Draft, DraftPort, Line, numbered

_LAG = re.compile(r"Port-Channel([1-9][0-9]{0,4})")
_VLAN_INTERFACE = re.compile(r"vlan-?([0-9]{1,4})", re.IGNORECASE)
_LOOPBACK = re.compile(r"Loopback[0-9]{1,4}")

_Command = Callable[["_Reader", Line, str], None]


class Edgecore:
    """``vlan 100``, ``interface Ethernet5``, ``switchport mode trunk`` and so on."""

    name = "edgecore"

    def parse(self, text: str, ports: Collection[str], name: str) -> SwitchIntent:
        reader = _Reader(Draft(name, ports))
        for line in numbered(text):
            reader.read(line)
        return reader.finished()


class _Reader:
    """Where the reading stands: the block and the thing it is about."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.block: Mapping[str, _Command] = {}
        self.vid = 0
        self.port: DraftPort | None = None
        self.interface = ""
        self.trunks: dict[int, _Trunk] = {}
        self.mlag: dict[str, str] = {}
        self.mlag_line: Line | None = None

    def read(self, line: Line) -> None:
        words = line.text.strip(" ")
        if not words or words.startswith("!") or words == "end":
            return
        for commands in (self.block, _TOP):
            for command, do in commands.items():
                if words == command or words.startswith(command + " "):
                    do(self, line, words[len(command) + 1 :])
                    return
        line.reject("unknown command")

    def finished(self) -> SwitchIntent:
        for trunk in self.trunks.values():
            trunk.apply()
        if self.mlag_line:
            self.draft.mlag = self._mlag(self.mlag_line)
        return self.draft.finished()

    def trunk(self, line: Line) -> _Trunk:
        port = self.switched(line)
        return self.trunks.setdefault(id(port), _Trunk(port))

    def switched(self, line: Line) -> DraftPort:
        if self.port is None:
            line.reject("only for ports and port channels")
        return self.port

    def _mlag(self, line: Line) -> MlagIntent:
        if not self.mlag.get("domain-id"):
            line.reject("domain-id is missing")
        link = self.mlag.get("peer-link", "")
        if link not in self.draft.lags:
            line.reject("peer-link must name a port channel")
        interface = _VLAN_INTERFACE.fullmatch(self.mlag.get("local-interface", ""))
        if not interface:
            line.reject("local-interface must name a VLAN's interface")
        vlan = int(interface[1])
        peer = self.mlag.get("peer-address", "")
        return MlagIntent(link, vlan, self.draft.address_of(vlan), peer)


class _Trunk:
    """The switchport commands of one port; their order does not matter."""

    def __init__(self, port: DraftPort) -> None:
        self.port = port
        self.mode = "access"
        self.access: int | None = None
        self.native: int | None = None
        self.allowed: set[int] = set()

    def apply(self) -> None:
        """A native VLAN that is not allowed on the trunk does not pass, as on real switches."""
        if self.mode == "access":
            self.port.untagged = self.access
        else:
            self.port.untagged = self.native if self.native in self.allowed else None
            self.port.tagged = self.allowed - {self.native}


def _hostname(reader: _Reader, line: Line, rest: str) -> None:
    if not rest:
        line.reject("hostname wants a name")
    reader.draft.name = rest
    reader.block = {}


def _vlan(reader: _Reader, line: Line, rest: str) -> None:
    reader.vid = line.integer(rest, VIDS, "VLAN")
    reader.draft.vlans.setdefault(reader.vid, "")
    reader.block = _VLAN


def _vlan_name(reader: _Reader, line: Line, rest: str) -> None:
    reader.draft.vlans[reader.vid] = rest or line.reject("name wants a text")


def _interface(reader: _Reader, line: Line, rest: str) -> None:
    reader.interface, reader.block, reader.port = rest, _INTERFACE, None
    vlan = _VLAN_INTERFACE.fullmatch(rest)
    if vlan:
        line.integer(vlan[1], VIDS, "VLAN")
    elif _LAG.fullmatch(rest):
        reader.port = reader.draft.lag(rest, line)
    elif not _LOOPBACK.fullmatch(rest):
        reader.port = reader.draft.port(rest, line)


def _description(reader: _Reader, line: Line, rest: str) -> None:
    port = reader.switched(line)
    port.description = rest or line.reject("description wants a text")


def _mtu(reader: _Reader, line: Line, rest: str) -> None:
    reader.switched(line).mtu = line.integer(rest, MTUS, "MTU")


def _shutdown(reader: _Reader, line: Line, rest: str) -> None:
    _nothing_more(line, rest)
    reader.switched(line).enabled = line.text.strip().startswith("no ")


def _mode(reader: _Reader, line: Line, rest: str) -> None:
    if rest not in ("access", "trunk"):
        line.reject("the mode is access or trunk")
    reader.trunk(line).mode = rest


def _access(reader: _Reader, line: Line, rest: str) -> None:
    reader.trunk(line).access = line.integer(rest, VIDS, "VLAN")


def _native(reader: _Reader, line: Line, rest: str) -> None:
    reader.trunk(line).native = line.integer(rest, VIDS, "VLAN")


def _allowed(reader: _Reader, line: Line, rest: str) -> None:
    reader.trunk(line).allowed = line.vids(rest)


def _no_switchport(reader: _Reader, line: Line, rest: str) -> None:
    _nothing_more(line, rest)
    reader.trunks[id(reader.switched(line))] = _Trunk(reader.switched(line))


def _channel_group(reader: _Reader, line: Line, rest: str) -> None:
    port = reader.switched(line)
    group = re.fullmatch(r"([1-9][0-9]{0,4}) mode active", rest)
    if not group or reader.interface in reader.draft.lags:
        line.reject("a port joins with 'channel-group NUMBER mode active'")
    port.lag = f"Port-Channel{group[1]}"
    reader.draft.lag(port.lag, line)


def _address(reader: _Reader, line: Line, rest: str) -> None:
    vlan = _VLAN_INTERFACE.fullmatch(reader.interface)
    text = line.address(rest, 6 if line.text.split()[0] == "ipv6" else 4)
    address = AddressIntent(reader.interface, text, int(vlan[1]) if vlan else None)
    reader.draft.addresses[address] = line


def _mlag(reader: _Reader, line: Line, rest: str) -> None:
    _nothing_more(line, rest)
    reader.block, reader.mlag_line = _MLAG, line


def _mlag_value(reader: _Reader, line: Line, rest: str) -> None:
    reader.mlag[line.text.split()[0]] = rest


def _nothing_more(line: Line, rest: str) -> None:
    if rest:
        line.reject("nothing may follow this command")


_TOP: Mapping[str, _Command] = {
    "hostname": _hostname,
    "vlan": _vlan,
    "interface": _interface,
    "mlag configuration": _mlag,
}
_VLAN: Mapping[str, _Command] = {"name": _vlan_name}
_INTERFACE: Mapping[str, _Command] = {
    "description": _description,
    "mtu": _mtu,
    "shutdown": _shutdown,
    "no shutdown": _shutdown,
    "switchport mode": _mode,
    "switchport access vlan": _access,
    "switchport trunk native vlan": _native,
    "switchport trunk allowed vlan": _allowed,
    "no switchport": _no_switchport,
    "channel-group": _channel_group,
    "ip address": _address,
    "ipv6 address": _address,
}
_MLAG: Mapping[str, _Command] = dict.fromkeys(
    ("domain-id", "local-interface", "peer-address", "peer-link"), _mlag_value
)
