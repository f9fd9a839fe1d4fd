"""A journal of runs in memory; passes the contract suite of the real one."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from osism.domain.errors import Invalid, NotFound
from osism.domain.runs import Run


class MemoryRunJournal:
    """Keeps :class:`osism.domain.ports.RunJournal`."""

    def __init__(self) -> None:
        self._runs: dict[str, Run] = {}

    def begin_run(self, run: Run) -> None:
        self._runs.setdefault(run.id, run)

    def finish_run(
        self,
        run: str,
        status: str,
        exit_code: int | None,
        reason: str = "",
        hosts: Mapping[str, Mapping[str, int]] | None = None,
    ) -> None:
        known = self._runs.get(run)
        if known and known.status == "running":
            self._runs[run] = replace(
                known,
                status=status,
                exit_code=exit_code,
                reason=reason,
                ended=datetime.now(UTC),
                hosts=known.hosts if hosts is None else hosts,
            )

    def runs(
        self,
        role: str | None = None,
        status: str | None = None,
        limit: int = 50,
        before: tuple[datetime, str] | None = None,
        collection: str | None = None,
    ) -> Sequence[Run]:
        chosen = [
            run
            for run in self._runs.values()
            if role in (None, run.role)
            and status in (None, run.status)
            and collection in (None, run.collection)
            and (before is None or (run.started, run.id) < before)
        ]
        return sorted(chosen, key=lambda run: (run.started, run.id), reverse=True)[:limit]

    def run(self, run: str) -> Run:
        found = [known for id, known in self._runs.items() if run and id.startswith(run)]
        found = [known for known in found if known.id == run] or found
        if not found:
            raise NotFound(f"no run whose id begins with {run!r}: the journal does not know it")
        if len(found) > 1:
            raise Invalid(f"run {run!r} is ambiguous: give more of the id")
        return found[0]

    def begun(self, ids: Collection[str]) -> set[str]:
        return set(ids) & set(self._runs)

    def prune_runs(self, before: datetime) -> int:
        old = [id for id, run in self._runs.items() if run.ended and run.ended < before]
        for each in old:
            del self._runs[each]
        return len(old)
