"""The lab's site: NetBox and the switches, in one process and one event loop.

``python -m osism.lab.site DIRECTORY CONFIGURATION`` serves until SIGTERM. When everything listens
it writes ``DIRECTORY/site.json``: NetBox's URL and token, and each switch's port and secret.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import uvicorn

from osism.adapters.repository import FileRepository
from osism.lab.netbox.app import application, listening
from osism.lab.switches import LabSwitch, serve

#: Manufacturer of a device type -> syntax of the lab's switch.
SYNTAXES = {"edgecore": "edgecore", "mikrotik": "mikrotik"}


def switches(configuration: Path, directory: Path) -> Iterator[LabSwitch]:
    """The switches that the resources of a configuration repository name."""
    types: dict[str, tuple[str, list[str]]] = {}
    devices: list[dict[str, Any]] = []
    for _, document in FileRepository(configuration).documents():
        if isinstance(document, dict) and "model" in document:
            ports = [
                each["name"]
                for each in document.get("interfaces") or ()
                if not each.get("mgmt_only")
            ]
            types[document["slug"]] = (str(document["manufacturer"]).lower(), ports)
        elif isinstance(document, list):
            devices += [each["device"] for each in document if "device" in each]
    for device in devices:
        if (device.get("custom_fields") or {}).get("device_type") != "switch":
            continue
        manufacturer, ports = types[device["device_type"]]
        if manufacturer not in SYNTAXES:
            continue  # a real one, that somebody else runs
        yield LabSwitch(
            device["name"],
            SYNTAXES[manufacturer],
            ports,
            secrets.token_hex(8),
            directory,
        )


async def run(directory: Path, configuration: Path) -> None:
    """Serve until SIGTERM or SIGINT."""
    token = secrets.token_hex(20)
    saved = directory / "switches"
    saved.mkdir(parents=True, exist_ok=True)
    async with await serve(switches(configuration, saved)) as served:
        listener = listening("127.0.0.1", 0)
        config = uvicorn.Config(
            application(directory / "netbox.sqlite3", token),
            log_level="warning",
            access_log=False,
            lifespan="on",
        )
        server = uvicorn.Server(config)
        running = asyncio.create_task(server.serve([listener]))
        while not server.started and not running.done():
            await asyncio.sleep(0.01)
        _announce(
            directory / "site.json",
            {
                "pid": os.getpid(),
                "netbox": {"url": f"http://127.0.0.1:{listener.getsockname()[1]}", "token": token},
                "switches": {
                    name: {
                        "address": served.host,
                        "port": served.ports[name],
                        "secret": switch.secret,
                        "syntax": switch.syntax,
                    }
                    for name, switch in served.switches.items()
                },
            },
        )
        await running


def _announce(file: Path, site: dict[str, Any]) -> None:
    partial = file.with_suffix(".part")
    partial.touch(mode=0o600)
    partial.write_text(json.dumps(site, indent=1), encoding="utf-8")
    partial.replace(file)


def main() -> None:
    directory, configuration = (Path(each) for each in sys.argv[1:3])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever started the lab
    with suppress(KeyboardInterrupt):
        asyncio.run(run(directory, configuration))


if __name__ == "__main__":
    main()
