"""The file of bifrost's servers, passwords in clear: for its owner only, whole or not at all."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml

from osism.domain.errors import Misconfigured, Refused

_HEAD = "# Made by 'osism netbox sync bifrost' of what NetBox has; changes are lost.\n"


class ServersFile:
    """Keeps :class:`osism.domain.ports.Servers` in the file at *path*."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> Mapping[str, Any]:
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return {}
        except (OSError, UnicodeError) as error:
            raise Misconfigured(f"servers of bifrost: {self.path}: cannot be read") from error
        if not text.startswith(_HEAD):
            raise Refused(
                f"servers of bifrost: {self.path} was not made by this command; move it away, or "
                "name another file in the setting bifrost_servers"
            )
        try:
            found = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
        except yaml.YAMLError:
            return {}  # somebody has changed it; what was there is not worth an error
        return found if isinstance(found, Mapping) else {}

    def write(self, servers: Mapping[str, Any]) -> None:
        # By way of JSON, for YAML takes exactly a str for a text, and no kind of it.
        plain = json.loads(json.dumps(dict(servers)))
        dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
        text = yaml.dump(plain, Dumper=dumper, sort_keys=False, allow_unicode=True)
        name = ""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}.")
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:  # mode 0600
                file.write(_HEAD + text)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(self.path)
        except OSError as error:
            with suppress(OSError):
                Path(name).unlink()
            raise Misconfigured(
                f"servers of bifrost: {self.path} cannot be written: {error.strerror}"
            ) from error


class Standalone:
    """Keeps :class:`osism.domain.ports.Catalogues` for bifrost, which has neither Glance nor
    Neutron: URLs and files stay, everything else is left out, and bifrost's own defaults count."""

    def image(self, name: str) -> str | None:
        return name if "://" in name or name.startswith("/") else None

    def network(self, name: str) -> str | None:
        return None
