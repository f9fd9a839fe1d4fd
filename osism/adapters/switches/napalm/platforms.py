"""What each of NAPALM's platforms can do, as a table. Read off the source of NAPALM 5.2.0.

A field is in the table only when the getter tells what the switch does with it. So there are no
VLANs of ports (``get_vlans`` lists the ports of a VLAN without tagged or untagged), no members of
LAGs (no getter has them), and per platform:

- ``eos`` has no MTU: it shows 9214 for every port that switches, whatever is configured
- ``ios``, ``junos`` have no addresses: the management port has an ordinary name on the one, ports
  inside the chassis have addresses on the other, and every address that NetBox does not know
  would be a difference
- ``nxos`` has no addresses: it asks for those of the default VRF only
- ``iosxr``, ``iosxr_netconf`` have no VLANs: ``get_vlans`` is not implemented
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

_ENABLED = ("port.enabled", "lag.enabled")
_MTU = ("port.mtu", "lag.mtu")
_DESCRIPTION = ("port.description", "lag.description")

_INTERFACES = frozenset((*_ENABLED, *_MTU, *_DESCRIPTION))
_VLANS = frozenset(("vlan.name",))
_ADDRESSES = frozenset(("address",))

#: Every field that a getter of NAPALM's can tell, by getter.
GETTERS: Mapping[str, frozenset[str]] = {
    "get_interfaces": _INTERFACES,
    "get_vlans": _VLANS,
    "get_interfaces_ip": _ADDRESSES,
}


class Login(Enum):
    """How a platform is reached, and with that how it proves who it is."""

    EAPI = "HTTPS, certificate"
    NXAPI = "HTTPS, certificate; SSH for files, host key"
    NETMIKO = "SSH, host key"
    PYEZ = "NETCONF over SSH by PyEZ, host key"
    NCCLIENT = "NETCONF over SSH by ncclient, not checked"
    UNKNOWN = "not known, not checked"

    @property
    def checked(self) -> bool:
        """Whether it can be made sure who answers.

        ncclient 0.7.0 cannot for IOS-XR: it answers the question about an unknown host key with
        yes, and NAPALM 5.2.0 has no way to ask it otherwise.
        """
        return self not in (Login.NCCLIENT, Login.UNKNOWN)


@dataclass(frozen=True)
class Timer:
    """The revert timer of a platform, as NAPALM sets it: steps and longest time in seconds."""

    step: int
    longest: int

    def rounded(self, seconds: float) -> int:
        """*seconds* rounded up to what can be set; 0 when it is too long."""
        steps = max(1, math.ceil(seconds / self.step))
        return steps * self.step if steps * self.step <= self.longest else 0


@dataclass(frozen=True)
class Platform:
    """What is known of one platform.

    ``observes``: fields of :data:`osism.domain.drift.FIELDS`. ``handle``: the attribute of NAPALM's
    object that says what a pending commit is called on the switch, where it needs that to be
    confirmed. ``behind``: how many commits back the previous configuration is once a commit is
    confirmed, where ``rollback`` does not know. ``lag``: names of LAGs; the group is the number.
    ``management``: names of ports whose addresses NetBox keeps out of the intent.
    ``arguments``: what ``optional_args`` may hold; what decides who is talked to is not among it.
    """

    login: Login
    observes: frozenset[str] = frozenset()
    timer: Timer | None = None
    handle: str = ""
    behind: int = 0
    lag: re.Pattern[str] = re.compile(r"[Pp]ort-?[Cc]hannel(\d+)")
    management: re.Pattern[str] = re.compile(r"(?:[Mm]anagement|mgmt|MgmtEth)\d.*")
    arguments: frozenset[str] = field(default_factory=frozenset)


_NETMIKO_ARGUMENTS = frozenset(
    "auth_timeout banner_timeout blocking_timeout fast_cli force_no_enable "
    "global_delay_factor keepalive read_timeout_override session_timeout".split()
)

#: Every platform of NAPALM itself.
PLATFORMS: Mapping[str, Platform] = {
    "eos": Platform(
        Login.EAPI,
        frozenset((*_ENABLED, *_DESCRIPTION)) | _VLANS | _ADDRESSES,
        Timer(1, 86_399),
        handle="config_session",
        arguments=frozenset(
            ("eos_autoComplete", "force_cfg_session_invalid", "force_no_enable", "lock_disable")
        ),
    ),
    "junos": Platform(
        Login.PYEZ,
        _INTERFACES | _VLANS,
        Timer(60, 65_535 * 60),
        behind=2,  # a confirmation is a commit of its own
        lag=re.compile(r"ae(\d+)"),
        arguments=frozenset(
            "config_lock huge_tree ignore_warning junos_config_database junos_config_groups "
            "junos_config_inherit keepalive lock_disable".split()
        ),
    ),
    "ios": Platform(
        Login.NETMIKO,
        _INTERFACES | _VLANS,
        Timer(60, 7200),
        arguments=_NETMIKO_ARGUMENTS
        | frozenset(
            "auto_file_prompt auto_rollback_on_error candidate_cfg dest_file_system "
            "inline_transfer merge_cfg rollback_cfg".split()
        ),
    ),
    "nxos": Platform(
        Login.NXAPI,
        _INTERFACES | _VLANS,
        arguments=_NETMIKO_ARGUMENTS | {"dest_file_system"},
    ),
    "nxos_ssh": Platform(
        Login.NETMIKO,
        _INTERFACES | _VLANS | _ADDRESSES,
        arguments=_NETMIKO_ARGUMENTS | {"dest_file_system"},
    ),
    "iosxr": Platform(
        Login.NETMIKO,
        _INTERFACES | _ADDRESSES,
        lag=re.compile(r"Bundle-Ether(\d+)"),
        arguments=_NETMIKO_ARGUMENTS | {"config_lock"},
    ),
    "iosxr_netconf": Platform(
        Login.NCCLIENT,
        _INTERFACES | _ADDRESSES,
        lag=re.compile(r"Bundle-Ether(\d+)"),
        arguments=frozenset(("config_encoding", "config_lock")),
    ),
}

#: What is assumed of a platform that is not NAPALM's own: nothing.
UNKNOWN = Platform(Login.UNKNOWN)
