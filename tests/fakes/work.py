"""The job that an action works on, for tests that look what it tells."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from osism.domain.ports import Owner


@dataclass
class RecordedWork:
    """Keeps :class:`osism.domain.ports.Work`; *told* are the events, *asked* what ``check`` raises
    once *checks* are used up."""

    id: str = "6f1e6a1e-9d0c-4a55-8a2e-0e2f3b1c4d5e"
    by: str = "dragon"
    asked: Exception | None = None
    checks: int = 0
    told: list[dict[str, Any]] = field(default_factory=list)

    @property
    def owner(self) -> Owner:
        return Owner(self.id, "a test", "ansible@host (pid 42)")

    def tell(self, kind: str, **values: Any) -> None:
        self.told.append({"kind": kind, **values})

    def check(self) -> None:
        if self.asked and self.checks <= 0:
            raise self.asked
        self.checks -= 1

    def kinds(self) -> list[str]:
        return [each["kind"] for each in self.told]
