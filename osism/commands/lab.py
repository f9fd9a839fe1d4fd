"""``osism lab …``: a small data centre on this machine, for trying things out."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from osism.commands.edge import Command, Lister, say
from osism.domain.errors import OutsideFailed


class _Lab:
    local = True

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = super().get_parser(prog_name)  # type: ignore[misc]
        parser.add_argument(
            "--directory",
            type=Path,
            help="where the lab keeps everything (OSISM_LAB, else ~/.local/state/osism/lab)",
        )
        return parser

    @staticmethod
    def directory(parsed_args: argparse.Namespace) -> Path:
        from osism.lab.processes import default_directory

        path: Path = parsed_args.directory or default_directory()
        return path.absolute()


class Run(_Lab, Command):
    """Run the lab in the foreground until Ctrl-C; with --demo, play the demonstration and stop"""

    examples = """
osism lab run
osism lab run --demo                        a rack goes from state 0 to c, with accidents
"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("--demo", action="store_true", help="play the demonstration")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        if parsed_args.demo:
            from osism.lab.demo import play

            return play(parsed_args.directory)
        from osism.lab.processes import Lab

        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        with Lab(self.directory(parsed_args)) as lab:
            (lab.directory / "api.url").write_text(lab.start_api())
            say(f"the lab runs; in another terminal: export OSISM_CONFIG={lab.config}")
            say(f"NetBox: {lab.site['netbox']['url']}   logs: {lab.directory}/*.log")
            say(f"HTTP API: {(lab.directory / 'api.url').read_text()}/docs")
            while not (ended := lab.ended()):
                sleep(1)
            raise OutsideFailed(f"{', '.join(ended)}; see {lab.directory}/*.log")


class Up(_Lab, Command):
    """Start the lab in the background"""

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        from osism.lab.processes import PATIENCE, running

        directory = self.directory(parsed_args)
        if pid := running(directory):
            say(f"the lab runs already (process {pid})")
            return 0
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        log = directory / "lab.log"
        with log.open("wb") as output:
            command = [sys.executable, "-m", "osism.main", "lab", "run", "--directory"]
            supervisor = subprocess.Popen(  # noqa: S603 - our own command
                [*command, str(directory)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                cwd="/",
            )
        deadline = monotonic() + PATIENCE
        while b"the lab runs" not in log.read_bytes():
            if supervisor.poll() is not None or monotonic() > deadline:
                words = log.read_text(errors="replace").strip().removeprefix("osism: ")
                raise OutsideFailed(words or "the lab did not start")
            sleep(0.05)
        say(f"the lab runs (process {supervisor.pid})")
        say(f"to use it: export OSISM_CONFIG={directory / 'osism.yml'}")
        say(f"its HTTP API: {(directory / 'api.url').read_text()}/docs")
        return 0


class Down(_Lab, Command):
    """Stop the lab; what it keeps in its directory stays"""

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        from osism.lab.processes import running

        directory = self.directory(parsed_args)
        pid = running(directory)
        if pid is None:
            say("no lab runs there")
            return 0
        os.kill(pid, signal.SIGTERM)
        deadline = monotonic() + 30
        while running(directory):
            if monotonic() > deadline:
                raise OutsideFailed(
                    f"the lab (process {pid}) does not stop; see {directory}/lab.log"
                )
            sleep(0.05)
        say("the lab is stopped")
        return 0


class Status(_Lab, Lister):
    """List the parts of the lab and where they listen"""

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        import json

        from osism.lab.processes import running

        directory = self.directory(parsed_args)
        pid = running(directory)
        rows: list[tuple[str, str, str]] = [
            ("lab", "runs" if pid else "stopped", f"process {pid}" if pid else str(directory))
        ]
        if pid and (directory / "site.json").exists():
            site = json.loads((directory / "site.json").read_text())
            rows.append(("netbox", "runs", site["netbox"]["url"]))
            for name, each in sorted(site["switches"].items()):
                rows.append((f"switch {name}", "runs", f"{each['address']}:{each['port']}"))
            rows.append(("HTTP API", "runs", (directory / "api.url").read_text()))
            rows.append(("settings", "", f"OSISM_CONFIG={directory / 'osism.yml'}"))
        return ("Part", "State", "Where"), rows
