"""The options of a switch's entry; the package says what they mean."""

from __future__ import annotations

from dataclasses import dataclass

from osism.adapters.switches import ssh
from osism.adapters.switches.openvswitch import tls
from osism.adapters.switches.openvswitch.document import BOND_MODES, LACP, LACP_TIME, Bonding
from osism.adapters.switches.options import choice, flag, only, seconds, text, wrong
from osism.domain.ports import Target

SSH, TLS = "ssh", "tls"
_OPTIONS = (
    "transport", "socket", "bridge", "keep", "bond_mode", "lacp", "lacp_time", "lacp_fallback",
    "revert_service",
)  # fmt: skip
_BRIDGE = 11  # bytes: the parking bridge is called 4 longer, and Linux' limit is 15


@dataclass(frozen=True)
class Entry:
    """``timeout``: seconds for one answer, and for Open vSwitch to do what it accepted."""

    switch: str
    transport: str
    socket: str
    bridge: str
    keep: frozenset[str]
    bonding: Bonding
    revert_service: bool
    timeout: float

    @property
    def who(self) -> str:
        """The switch as messages name it."""
        return f"switch {self.switch!r}"

    @property
    def parking(self) -> str:
        """The bridge of the ports that carry nothing."""
        return f"{self.bridge}-off"

    @classmethod
    def of(cls, target: Target) -> Entry:
        """Read the options; raises :class:`Misconfigured`."""
        only(target, (*_OPTIONS, *ssh.OPTIONS, *tls.OPTIONS))
        bridge = text(target, "bridge", "br0")
        if not 1 <= len(bridge.encode()) <= _BRIDGE:
            raise wrong(target, f"bridge {bridge!r} is not 1 to {_BRIDGE} bytes long")
        bonding = Bonding(
            choice(target, "bond_mode", BOND_MODES, "balance-tcp"),
            choice(target, "lacp", LACP, "active"),
            choice(target, "lacp_time", LACP_TIME, "fast"),
            flag(target, "lacp_fallback", False),
        )
        if bonding.bond_mode == "balance-tcp" and bonding.lacp == "off":
            raise wrong(target, "bond_mode balance-tcp wants LACP")
        return cls(
            target.name,
            choice(target, "transport", (SSH, TLS), SSH),
            text(target, "socket", "/run/openvswitch/db.sock"),
            bridge,
            _keep(target),
            bonding,
            flag(target, "revert_service", False),
            seconds(target, "timeout", 30.0),
        )


def _keep(target: Target) -> frozenset[str]:
    keep = target.options.get("keep", [])
    if not isinstance(keep, list) or not all(isinstance(each, str) for each in keep):
        raise wrong(target, "keep must be a list of ports")
    return frozenset(keep)
