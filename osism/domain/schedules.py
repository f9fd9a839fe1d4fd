"""What is done again and again, and how often."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from osism.domain.jobs import (
    CheckDrift,
    CopyNodeStates,
    Job,
    PruneJournal,
    ReconcileInventory,
    ResumeTransitions,
    RunPlaybook,
)

#: Who asks for the jobs of the schedule.
SCHEDULE = "beat"
#: Entry -> (its job, what it is for). The interval is the setting ``schedule_<entry>``, seconds.
JOBS: Mapping[str, tuple[Job, str]] = {
    "resume": (ResumeTransitions(), "take up transitions whose worker is gone"),
    "reconcile": (ReconcileInventory(), "bring Ansible's inventory up to date"),
    "facts": (RunPlaybook("generic", "facts"), "gather facts of all hosts"),
    "prune": (PruneJournal(), "forget transitions, runs and requests that are old"),
    "drift": (CheckDrift(), "compare what runs on the switches with NetBox"),
    "node_states": (CopyNodeStates(), "compare Ironic's nodes with NetBox"),
}
#: Entry -> the settings of which one has to be set: a site without it has nothing to do there.
NEEDS: Mapping[str, tuple[str, ...]] = {"node_states": ("cloud", "clouds_file", "ironic_url")}


@dataclass(frozen=True)
class Entry:
    """One entry of the schedule; ``every`` is in seconds."""

    name: str
    every: float
    job: Job
    purpose: str


def interval(name: str, settings: Mapping[str, Any]) -> float:
    """Seconds between two runs of an entry, 0 when it is switched off or the site has no use."""
    needs = NEEDS.get(name, ())
    if needs and not any(settings.get(each) for each in needs):
        return 0.0
    return float(settings[f"schedule_{name}"])


def entries(settings: Mapping[str, Any]) -> list[Entry]:
    """The entries that are not switched off (an interval of 0)."""
    every = {name: interval(name, settings) for name in JOBS}
    return [
        Entry(name, every[name], job, purpose)
        for name, (job, purpose) in JOBS.items()
        if every[name] > 0
    ]


@dataclass(frozen=True)
class Standing:
    """An entry as it stands; ``every`` is in seconds, 0 for one that is off. ``following``: when it
    comes again; None while nobody sends it."""

    name: str
    every: float
    purpose: str
    last: datetime | None
    following: datetime | None


@dataclass(frozen=True)
class Plan:
    """The schedule as it stands; ``scheduler``: who sends its jobs, empty when nobody does."""

    scheduler: str
    entries: Sequence[Standing]


def standings(
    settings: Mapping[str, Any], ticks: Mapping[str, datetime], running: bool
) -> list[Standing]:
    """Every entry; *ticks*: when each was sent last; *running*: whether there is a scheduler."""
    found = []
    for name, (_, purpose) in JOBS.items():
        every, last = interval(name, settings), ticks.get(name)
        following = last + timedelta(seconds=every) if last and every and running else None
        found.append(Standing(name, every, purpose, last, following))
    return found
