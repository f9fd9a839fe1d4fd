"""The driver ``sonic``: switches that run SONiC, over SSH.

A configuration is a part of a ``config_db.json``. It is laid over what runs, and the whole is
handed to ``config replace`` behind a checkpoint; ``show runningconfiguration all`` is read back.

Options: those of :mod:`osism.adapters.switches.ssh` (``username`` is ``admin`` without one);
``sudo`` (true); ``commit_timeout`` (seconds that SONiC may take to change its configuration, 300);
``directory`` (on the switch, ``/var/lib/osism``); ``lag_prefix`` (how LAGs are called in NetBox,
before their number, ``Port-Channel``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from osism.adapters.switches import ssh
from osism.adapters.switches.options import flag, only, seconds, text, wrong
from osism.adapters.switches.sonic.host import SonicHost
from osism.adapters.switches.sonic.session import SonicSession
from osism.domain.drift import FIELDS
from osism.domain.ports import Capabilities, Target

OPTIONS = (*ssh.OPTIONS, "sudo", "commit_timeout", "directory", "lag_prefix")
_NO_OPTIONS: Mapping[str, Any] = {}


class SonicDriver:
    """Replaces the configuration of SONiC switches; a timer of theirs takes it back."""

    capabilities = Capabilities(
        observes=FIELDS,
        revert_timer=True,
        description="SONiC's configuration database, by config replace over SSH",
        template="sonic.cfg.j2",
    )

    def __init__(self, options: Mapping[str, Any] = _NO_OPTIONS) -> None:
        pass

    @contextmanager
    def connect(self, target: Target) -> Iterator[SonicSession]:
        """Log in to *target*; nothing is done there yet."""
        only(target, OPTIONS)
        directory = text(target, "directory", "/var/lib/osism")
        if not directory.startswith("/") or not directory.isprintable():
            raise wrong(target, "directory must be a path from the root")
        sudo, wait = flag(target, "sudo", True), seconds(target, "commit_timeout", 300.0)
        prefix = text(target, "lag_prefix", "Port-Channel")
        options = {"username": "admin", **target.options}
        with ssh.connected(replace(target, options=options)) as shell:
            host = SonicHost(f"switch {target.name!r}", shell, directory.rstrip("/"), sudo, wait)
            yield SonicSession(target.name, host, prefix)
