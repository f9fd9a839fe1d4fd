"""The demonstration: a rack goes from state 0 to c, with a broken switch and a killed worker.

Everything is real but the machines: Celery workers, a Redis server, NetBox's API over HTTP, and
switches that parse, run and show their configurations over TCP. What goes wrong is asked for, and
each claim is checked; the exit code says whether all of them held.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import httpx
from rich.console import Console
from rich.table import Table

from osism.lab.notifications import LIFE, publish
from osism.lab.processes import Lab
from osism.lab.switches import administer

#: Short times, so that a killed worker is seen in seconds: at a site these are 30, 60 and 120.
QUICK = {
    "schedule_facts": 0.0,
    "schedule_reconcile": 0.0,
    "lease": 3.0,
    "schedule_resume": 3.0,
    "revert_in": 30.0,
    "lock_wait": 10.0,
}
RACK = "rack-1"
REPLACED = "node-8"
ASKED = "node-5"
COMPLETE = "Propagation Complete"


class Broken(Exception):
    """A claim of the demonstration did not hold."""


@dataclass
class Demo:
    """One run of the demonstration in a lab."""

    lab: Lab
    console: Console
    steps: list[tuple[str, str, float]] = field(default_factory=list)

    def play(self) -> None:
        self.lab.start("listener", "service", "listener")
        self.first_steps()
        self.bring("a")
        self.bring("b")
        self.broken_switch()
        self.killed_worker()
        self.events()
        self.api()
        self.proof()
        self.roles()

    # --- scenes -------------------------------------------------------------------------------

    def first_steps(self) -> None:
        self.scene("NetBox: custom fields and tags, device types, the rack")
        self.osism("netbox", "init")
        self.osism("netbox", "import")
        self.scene("What would bring node-1 into state a? (a dry run writes nothing)")
        self.osism("netbox", "connect", "node-1", "--state", "a", "--dry-run")
        self.claim("the dry run changed nothing", set(self.states().values()) == {"0"})
        self.scene("The switches themselves: an MLAG pair of leaves below a spine")
        self.osism("netbox", "connect", "fabric", "--state", "a")

    def bring(self, state: str) -> None:
        self.scene(f"The whole collection {RACK} goes to state {state}")
        self.osism("netbox", "connect", RACK, "--type", "collection", "--state", state)
        self.claim(f"all eight nodes are in state {state}", self.rack_is(state))

    def broken_switch(self) -> None:
        self.scene("leaf-2 applies only half of what it is told: everything is taken back")
        before = self.running("leaf-1")
        self.switch("leaf-2", "fault", fault="half", operations=1)
        self.osism("netbox", "connect", "node-1", "--state", "c", expect=1)
        self.claim("leaf-1 runs what it ran before", self.running("leaf-1") == before)
        self.claim("node-1 is not said to be in state c", self.states()["node-1"] != "c")
        self.scene("leaf-2 is mended; the same command goes on where it stopped")
        self.osism("netbox", "connect", "node-1", "--state", "c")
        self.claim("node-1 is in state c", self.states()["node-1"] == "c")

    def killed_worker(self) -> None:
        self.scene("The rack goes to state c, and the worker is killed (SIGKILL) in phase 3")
        for name in ("leaf-1", "leaf-2"):
            self.switch(name, "fault", fault="slow", value=0.3, seconds=6)
        words = ("netbox", "connect", RACK, "--type", "collection", "--state", "c")
        self.osism(*words, meanwhile=self.kill_in_phase_3)
        self.claim("all eight nodes are in state c", self.rack_is("c"))

    def events(self) -> None:
        self.scene(f"Nobody types anything: Ironic's events drive {REPLACED}, which is replaced")
        # Whoever does not listen yet misses what is said.
        self.claim("the listener listens", self.lab.says("listener", "listening to Ironic"), False)
        for chapter, state in zip(LIFE, ("a", "a", "a", "c"), strict=True):
            number = publish(self.lab.notifications, REPLACED, chapter)
            self.console.print(f"  Ironic: {chapter} ({number} notifications)")
            self.claim(f"{REPLACED} comes to state {state}", self.comes_to(REPLACED, state))
        self.osism("status", "events")

    def comes_to(self, node: str, state: str) -> bool:
        """Wait until all events are handled; whether they have led there."""
        deadline = monotonic() + 30
        while monotonic() < deadline:
            rows = json.loads(self.ask("netbox", "states", node, "-f", "json"))
            if (rows[0]["State"], rows[0]["Transition"]) == (state, ""):
                return True
            sleep(0.1)
        return False

    def api(self) -> None:
        self.scene(f"Programs ask by HTTP: {ASKED} shall be in state b, and when is it there?")
        url = f"{self.lab.start_api()}/api/v1/devices/{ASKED}"
        began = monotonic()
        with httpx.Client(timeout=30) as client:
            body = {"spec": {"state": "b"}}
            self.console.print(f"[bold]PUT {url} {json.dumps(body)}[/]")
            asked = client.put(url, json=body).raise_for_status().json()
            self.console.print(f"  generation {asked['meta']['generation-id']} is wanted")
            so = self.followed(client, url)
        self.steps.append((f"PUT /api/v1/devices/{ASKED}", so["status"], monotonic() - began))
        there = so["generation-id"] == asked["meta"]["generation-id"]
        self.claim("it is there: Propagation Complete", so["status"] == COMPLETE and there)
        self.claim(f"{ASKED} is in state b", self.states()[ASKED] == "b")

    def followed(self, client: httpx.Client, url: str) -> Any:
        """Ask for a device until it is where it shall be, or cannot come there."""
        deadline, said = monotonic() + 30, ""
        while True:
            status = client.get(url).raise_for_status().json()["status"]
            so = status["propagation-status"]
            words = f"{so['status']}: {status['conditions'][0]['message']}"
            if words != said:
                self.console.print(f"  {words}")
            if so["status"] != "Pending" or monotonic() > deadline:
                return so
            said = words
            sleep(0.05)

    def proof(self) -> None:
        self.scene("Does every switch run what NetBox wants?")
        self.osism("netbox", "drift")
        journal = json.loads(self.ask("netbox", "transition", "list", "-f", "json"))
        self.claim(
            "the journal has an end for every transition",
            all(row["Status"] != "running" for row in journal),
        )

    def roles(self) -> None:
        self.scene("Roles: Ansible gathers the facts of the hosts, live")
        self.osism("apply", "facts")
        self.osism("get", "facts", "manager-1", "ansible_distribution")
        runs = json.loads(self.ask("run", "list", "--role", "facts", "-f", "json"))
        ended = runs[0]["Status"] == "succeeded" and runs[0]["Hosts"].startswith("3 ")
        self.claim("the journal has the run, with three hosts", ended)

    def kill_in_phase_3(self) -> None:
        """Wait until the transition deploys, then kill the worker with all its processes."""
        deadline = monotonic() + 30
        while "phase_3" not in str(self.transition_of("node-2")):
            if monotonic() > deadline:
                raise Broken("the transition did not come to phase 3")
            sleep(0.02)
        killed = self.lab.kill("worker")
        self.console.print(f"[bold red]  SIGKILL[/] to the worker ({len(killed)} processes)")
        self.lab.start("worker", "worker", "--all")

    # --- asking -------------------------------------------------------------------------------

    def osism(
        self, *words: str, expect: int = 0, meanwhile: Callable[[], None] | None = None
    ) -> None:
        """Run a command of the product, show it and what it says."""
        self.console.print(f"[bold]$ osism {' '.join(words)}[/]")
        began = monotonic()
        with subprocess.Popen(self._command(words), env=self.lab.environment) as command:
            if meanwhile:
                meanwhile()
            code = command.wait()
        took = monotonic() - began
        self.steps.append((f"osism {' '.join(words)}", f"exit {code}", took))
        self.console.print(f"[dim]  exit code {code}, {took:.1f} s[/]")
        self.claim(f"'osism {' '.join(words)}' ends with exit code {expect}", code == expect, False)

    def ask(self, *words: str) -> str:
        return subprocess.run(
            self._command(words),
            env=self.lab.environment,
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    @staticmethod
    def _command(words: Sequence[str]) -> list[str]:
        return [sys.executable, "-m", "osism.main", *words]

    def states(self) -> dict[str, str]:
        """The state of each node of the rack, as NetBox says."""
        rows = json.loads(self.ask("netbox", "states", RACK, "-f", "json"))
        return {row["Device"]: row["State"] for row in rows}

    def rack_is(self, state: str) -> bool:
        states = self.states()
        return len(states) == 8 and set(states.values()) == {state}

    def transition_of(self, node: str) -> Any:
        from osism.adapters.netbox import Connection, NetboxInventory

        netbox = self.lab.site["netbox"]
        inventory = NetboxInventory(Connection(netbox["url"], netbox["token"]))
        return inventory.devices([node])[0].transition

    def switch(self, name: str, do: str, **values: Any) -> dict[str, Any]:
        at = self.lab.site["switches"][name]
        return administer(at["port"], at["secret"], do, at["address"], **values)

    def running(self, name: str) -> str:
        return str(self.switch(name, "running")["configuration"])

    # --- telling ------------------------------------------------------------------------------

    def scene(self, title: str) -> None:
        self.console.print()
        self.console.rule(f"[bold]{title}", align="left")

    def claim(self, text: str, holds: bool, show: bool = True) -> None:
        if show or not holds:
            self.console.print(f"  [green]✓[/] {text}" if holds else f"  [red]✗ {text}[/]")
        if not holds:
            raise Broken(text)

    def summary(self, took: float) -> None:
        table = Table(title="Summary", title_justify="left")
        for column in ("command", "result", "seconds"):
            table.add_column(column, justify="right" if column == "seconds" else "left")
        for words, result, seconds in self.steps:
            table.add_row(words, result, f"{seconds:.1f}")
        rows = json.loads(self.ask("netbox", "transition", "list", "-f", "json", "--limit", "200"))
        counts: dict[str, int] = {}
        for row in rows:
            counts[row["Status"]] = counts.get(row["Status"], 0) + 1
        self.console.print()
        self.console.print(table)
        told = ", ".join(f"{number} {status}" for status, number in sorted(counts.items()))
        self.console.print(f"{len(rows)} transitions: {told}; {took:.0f} s in all")


def play(directory: Path | None = None) -> int:
    """Play it in a directory (a temporary one is removed afterwards); 0 when all claims held."""
    console = Console(highlight=False, soft_wrap=True)
    path = directory or Path(tempfile.mkdtemp(prefix="osism-demo-"))
    began = monotonic()
    lab = Lab(path, QUICK)
    try:
        console.print("starting the lab: Redis, NetBox's API, switches, a worker, the scheduler")
        with lab:
            demo = Demo(lab, console)
            try:
                demo.play()
            except Broken as broken:
                console.print(f"[bold red]The demonstration failed: {broken}[/] (logs: {path})")
                directory = directory or path  # keep what tells why
                return 1
            demo.summary(monotonic() - began)
        console.print("nothing is left running. Next: osism lab up, and docs/first-steps.md")
        return 0
    except KeyboardInterrupt:
        return 130
    finally:
        with suppress(OSError):
            if directory is None:
                shutil.rmtree(path)
