"""Ansible's own inventory loader: the judge of what is written."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from osism.adapters.hosts import answer, program
from osism.domain.errors import OutsideFailed

_OTHERS = ("OSISM_", "NETBOX_", "CELERY_", "ANSIBLE_")
_EXCERPT = re.compile(r"\s*(\d+|\.\.\.)(\s.*)?|\s*\^.*")


class NotLoaded(Exception):
    """Ansible does not take an inventory; its words, with whatever it quotes."""


class Loader:
    """Runs ``ansible-inventory`` of the folder *ansible*, or beside this Python, or on PATH."""

    def __init__(self, ansible: Path | None = None, timeout: float = 300.0) -> None:
        self._ansible = ansible
        self._timeout = timeout

    def load(self, path: Path, names: Mapping[str, str], config: Path) -> dict[str, Any]:
        """What ``ansible-inventory --list --export`` says of *path*.

        Anything that does not load raises :class:`NotLoaded` with Ansible's words; *names* are the
        paths that people know, for those that are in them. *config*: an empty
        ``ansible.cfg`` in a folder that is ours.
        """
        command = [program("ansible-inventory", self._ansible), "-i", str(path)]
        command += ["--list", "--export"]
        code, out, said = answer(command, _environment(config), [], self._timeout)
        if code == 0:
            try:
                data = json.loads(out)
            except ValueError:
                data = None
            if isinstance(data, dict):
                return data
        if code < 0:
            raise OutsideFailed(f"ansible-inventory was ended by signal {-code}")
        raise NotLoaded(_reason(said, names) or f"ansible-inventory ended with {code}")


def _environment(config: Path) -> dict[str, str]:
    kept = {name: text for name, text in os.environ.items() if not name.startswith(_OTHERS)}
    return {
        **kept,
        "LC_ALL": "C.UTF-8",
        "ANSIBLE_CONFIG": str(config),
        "ANSIBLE_HOME": str(config.parent),  # a service may have no home of its own
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_DEPRECATION_WARNINGS": "0",
        "ANSIBLE_TRANSFORM_INVALID_GROUP_CHARS": "ignore",
        "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "1",
        "ANSIBLE_INVENTORY_UNPARSED_FAILED": "1",
        "ANSIBLE_INVENTORY_ENABLED": "auto,yaml,ini",
        "ANSIBLE_INVENTORY_IGNORE": "~,.orig,.bak,.cfg",
        "ANSIBLE_LOCALHOST_WARNING": "0",
        "COLUMNS": "4096",  # Ansible breaks lines where a terminal ends
    }


def _reason(said: str, names: Mapping[str, str]) -> str:
    """Ansible's words without its excerpts of files."""
    for path in sorted(names, key=len, reverse=True):
        said = said.replace(path, names[path])
    lines = [line for line in said.splitlines() if line.strip() and not _EXCERPT.fullmatch(line)]
    lines = [re.sub(r"^\[(WARNING|ERROR)\]: ", "", line.strip()) for line in lines]
    lines = [line for line in lines if not line.startswith(("<<<", "No inventory was parsed"))]
    # Words that a longer line has as well.
    lines = [line for line in lines if not any(line in other for other in lines if other != line)]
    return "; ".join(dict.fromkeys(lines))[:2000]
