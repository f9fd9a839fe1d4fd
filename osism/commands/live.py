"""The live view of a transition on a terminal (rich): phases, switches, what happens."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group
from rich.live import Live as RichLive
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from osism.domain.tellings import lines
from osism.domain.transitions import DOES, Phase

if TYPE_CHECKING:
    from osism.domain.records import StreamEvent

_GOOD = {"confirmed", "validated", "committed", "generated", "as before", "unchanged"}
_BAD = {"failed", "drifted", "revert failed"}


class Live:
    """Lines that stay, and below them the phases and the switches as they are now."""

    def __init__(self) -> None:
        self.console = Console()
        self.phase = 0
        self.began: dict[int, float] = {}
        self.took: dict[int, float] = {}
        self.switches: dict[str, str] = {}
        self.state = ""
        self.live = RichLive(console=self.console, refresh_per_second=8, transient=False)

    def __enter__(self) -> Live:
        self.live.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.live.update(self._view(), refresh=True)
        self.live.stop()

    def note(self, text: str) -> None:
        self.live.console.print(text.strip(), highlight=False)

    def show(self, event: StreamEvent) -> None:
        if event.kind == "phase":
            self._enter(int(event.values["phase"]))
        elif event.kind == "switch" and self.phase:
            self.switches[event.values["switch"]] = event.values["result"]
        elif event.kind == "end":
            self._leave(event.values["state"] == "succeeded")
            self.state = event.values["state"]
        if event.kind not in ("phase", "switch") or not self.phase or self._bad(event.values):
            for line in lines(event.kind, event.values):
                style = "red" if event.kind == "end" and self.state != "succeeded" else None
                self.live.console.print(Text(line, style=style or ""))
        self.live.update(self._view())

    @staticmethod
    def _bad(values: Any) -> bool:
        return values.get("result") in _BAD

    def _enter(self, phase: int) -> None:
        self._leave(True)
        self.phase = phase
        self.began[phase] = monotonic()
        self.took.pop(phase, None)

    def _leave(self, well: bool) -> None:
        if self.phase in self.began and self.phase not in self.took and well:
            self.took[self.phase] = monotonic() - self.began[self.phase]

    def _view(self) -> Group | Text:
        if not self.phase:
            return Text("")
        phases = Table.grid(padding=(0, 1))
        for phase in Phase:
            phases.add_row(*self._row(phase))
        switches = Table.grid(padding=(0, 2))
        for name, result in sorted(self.switches.items()):
            style = "green" if result in _GOOD else "red" if result in _BAD else ""
            switches.add_row(f"  {name}", Text(result, style=style))
        return Group(phases, switches)

    def _row(self, phase: Phase) -> tuple[Any, str, str]:
        if phase in self.took:
            return Text("✓", style="green"), DOES[phase], f"{self.took[phase]:.1f} s"
        if phase == self.phase and not self.state:
            return Spinner("dots"), DOES[phase], ""
        if phase == self.phase:
            return Text("✗", style="red"), DOES[phase], ""
        return Text("·", style="dim"), DOES[phase], ""
