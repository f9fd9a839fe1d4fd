"""A state repository in memory; passes the contract suite of the real one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from osism.domain.errors import NotFound
from osism.domain.names import checked


class MemoryStore:
    """Keeps :class:`osism.domain.ports.Store`; ``messages`` are those of the commits."""

    def __init__(self) -> None:
        self.messages: list[str] = []
        self._generated: dict[str, str] = {}
        self._deployed: dict[str, str] = {}

    def commit(self, configurations: Mapping[str, str], message: str) -> Sequence[str]:
        texts = {checked("switch", switch): text for switch, text in configurations.items()}
        new = sorted(name for name, text in texts.items() if self._generated.get(name) != text)
        if new:
            self._generated.update(texts)
            self.messages.append(message)
        return new

    def generated(self, switch: str) -> str | None:
        return self._generated.get(checked("switch", switch))

    def deployed(self, switch: str) -> str | None:
        return self._deployed.get(checked("switch", switch))

    def mark_deployed(self, switches: Iterable[str]) -> None:
        names = [checked("switch", switch) for switch in switches]
        for name in names:
            if name not in self._generated:
                raise NotFound(f"switch {name}: no configuration was generated for it")
        self._deployed.update({name: self._generated[name] for name in names})
