"""The driver ``openvswitch``: switches whose ports are a bridge of Open vSwitch, through OVSDB.

A configuration is a document of ports and bonds, :mod:`.reading`; a deployment is one transaction,
:mod:`.plan`; it is taken back by the switch itself, :mod:`.undoing` and :mod:`.timer`.

Options of an entry: ``transport`` (``ssh``, to the socket ``socket`` on the switch, or ``tls``, to
``pssl:``); those of :mod:`osism.adapters.switches.ssh`; for TLS ``ca``, ``certificate`` and
``private_key`` (PEM, or ``…_file``), ``passphrase``, ``server_name`` (the name in the switch's
certificate, when it is not the address), ``connect_timeout`` (seconds, 10), ``timeout`` (30);
``bridge`` (``br0``); ``keep`` (ports that are left alone); what a document leaves open of bonds:
``bond_mode``, ``lacp``, ``lacp_time``, ``lacp_fallback``; ``revert_service`` (whether
``osism-revert`` runs on the switch).
"""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any

from osism.adapters.switches import ssh
from osism.adapters.switches.openvswitch import entry as entries
from osism.adapters.switches.openvswitch import tls
from osism.adapters.switches.openvswitch.database import Database
from osism.adapters.switches.openvswitch.entry import Entry
from osism.adapters.switches.openvswitch.line import Line
from osism.adapters.switches.openvswitch.observed import OBSERVES
from osism.adapters.switches.openvswitch.session import OpenvswitchSession
from osism.adapters.switches.openvswitch.timer import NoTimer, ServiceTimer, ShellTimer, Timer
from osism.domain.errors import Misconfigured, OutsideFailed
from osism.domain.ports import Capabilities, Target

_NO_OPTIONS: Mapping[str, Any] = {}


class OpenvswitchDriver:
    """Talks to Open vSwitch."""

    def __init__(self, options: Mapping[str, Any] = _NO_OPTIONS) -> None:
        over_ssh = options.get("transport", entries.SSH) == entries.SSH
        self.capabilities = Capabilities(
            OBSERVES,
            over_ssh or options.get("revert_service") is True,
            "a bridge of Open vSwitch",
            "openvswitch.cfg.j2",
        )

    @contextmanager
    def connect(self, target: Target) -> Iterator[OpenvswitchSession]:
        """Open a session; raises :class:`Misconfigured` when one side does not trust the other."""
        entry = Entry.of(target)
        if entry.transport == entries.TLS:
            with _line(entry, tls.connected(target)) as line:
                _introduce(line)
                yield _session(entry, line, NoTimer())
        else:
            with ssh.connected(target) as shell, _line(entry, shell.open(entry.socket)) as line:
                yield _session(entry, line, ShellTimer(shell, entry.socket))


def _session(entry: Entry, line: Line, timer: Timer) -> OpenvswitchSession:
    database = Database(line)
    if entry.revert_service:
        timer = ServiceTimer(database)
    return OpenvswitchSession(entry, database, timer)


def _line(entry: Entry, connected: socket.socket) -> closing[Line]:
    return closing(Line(entry.who, connected, entry.timeout))


def _introduce(line: Line) -> None:
    """With TLS 1.3 the first answer tells whether the switch takes our certificate."""
    try:
        line.ask("echo")
    except OutsideFailed as error:
        if line.alert:
            raise Misconfigured(f"{line.who}: it refuses our certificate: {line.alert}") from error
        raise
