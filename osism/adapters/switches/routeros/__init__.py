"""The driver ``routeros``: MikroTik switches with RouterOS 7, over SSH.

Options: those of :mod:`osism.adapters.switches.routeros.login`, and ``management`` (names of
interfaces, separated by commas, that are left alone whatever a configuration says). See
``docs/drivers/routeros.md``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from osism.adapters.switches.options import only, text
from osism.adapters.switches.routeros.console import Console, said
from osism.adapters.switches.routeros.login import OPTIONS, connected
from osism.adapters.switches.routeros.reading import value
from osism.adapters.switches.routeros.session import RouterosSession
from osism.domain.drift import FIELDS
from osism.domain.errors import Misconfigured
from osism.domain.ports import Capabilities, Target

_NO_OPTIONS: Mapping[str, Any] = {}


class RouterosDriver:
    """Deploys to RouterOS 7: one bridge that filters VLANs, LAGs, addresses."""

    # RouterOS finds its MLAG peer over the peer port, without an address.
    capabilities = Capabilities(
        FIELDS - {"mlag.vlan", "mlag.address"},
        revert_timer=True,
        description="MikroTik RouterOS 7 over SSH",
        template="routeros.cfg.j2",
    )

    def __init__(self, options: Mapping[str, Any] = _NO_OPTIONS) -> None:
        pass

    @contextmanager
    def connect(self, target: Target) -> Iterator[RouterosSession]:
        """Open a session; raises :class:`Misconfigured` for anything but RouterOS 7."""
        only(target, (*OPTIONS, "management", "driver"))
        names = text(target, "management").split(",")
        management = frozenset(each.strip() for each in names if each.strip())
        with connected(target) as console:
            _check_version(console)
            yield RouterosSession(target.name, console, management)


def _check_version(console: Console) -> None:
    """Version 6 has other defaults (ingress filtering) and menus; nobody has tried it."""
    version = value(console, "[/system resource get version]", "the version")
    if not re.match(r"[7-9]\b|[1-9][0-9]", version):
        raise Misconfigured(f"{console.who}: RouterOS 7 is needed, not {said(version)[:40]!r}")
