"""Import device types and resources of the configuration repository into NetBox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from osism.domain.errors import OutsideFailed
from osism.domain.jobs import ImportInventory
from osism.domain.ports import Work
from osism.domain.resources.catalogue import Catalogue, Documents, Found, among, needed
from osism.domain.resources.files import Resource, read
from osism.domain.resources.kinds import INTERFACE
from osism.domain.resources.writes import Plan, Step, plan


def import_inventory(
    job: ImportInventory, work: Work, repository: Documents, catalogue: Catalogue
) -> dict[str, Any]:
    """Create what is missing, update what differs, delete nothing; see :func:`bring`."""
    return bring(read(repository.documents(job.paths)), work, catalogue, job.dry_run)


def bring(
    resources: Sequence[Resource], work: Work, catalogue: Catalogue, dry_run: bool = False
) -> dict[str, Any]:
    """Compare *resources* with NetBox and write the difference.

    Everything is read and decided before the first write, so that a mistake in a file leaves
    NetBox as it was; a second run finds nothing to do. Returns ``dry_run``, ``changed`` and, per
    kind, the counts ``created``, ``updated``, ``unchanged`` and the ``names`` of the first two.
    """
    found: dict[str, Sequence[Found]] = {}
    for kind in needed(resources):
        found[kind.name] = catalogue.read(kind, among(kind, resources, found))
    todo = plan(resources, found)
    ids: dict[int, int] = {}  # of the plan -> of NetBox
    for step in filter(None, todo.steps):
        if not dry_run:
            work.check()
            _write(todo, step, ids, catalogue)
        _tell(work, step, dry_run)
    outcome = todo.outcome()
    work.tell("note", text=_summary(outcome), dry_run=dry_run, kinds=outcome)
    return {"dry_run": dry_run, "changed": bool(todo), "kinds": outcome}


def _write(todo: Plan, step: Step, ids: dict[int, int], catalogue: Catalogue) -> None:
    if step.creates:
        made = catalogue.create(step.kind, [each.with_ids(ids) for each in step.creates])
        ids.update(zip((each.id for each in step.creates), made, strict=True))
        ids.update(_furnished(todo, step, ids, catalogue))
    if step.updates:
        catalogue.update(step.kind, [each.with_ids(ids) for each in step.updates])


def _furnished(
    todo: Plan, step: Step, ids: Mapping[int, int], catalogue: Catalogue
) -> dict[int, int]:
    """The ids of the interfaces that NetBox gave new devices."""
    new = {each.id for each in step.creates} if step.kind.name == "device" else set()
    awaited = {number: key for number, key in todo.furnished.items() if key[0] in new}
    if not awaited:
        return {}
    devices = sorted({ids[device] for device, _ in awaited.values()})
    there = {
        (each.values["device"], each.values["name"]): each.id
        for each in catalogue.read(INTERFACE, devices)
    }
    try:
        return {number: there[ids[device], name] for number, (device, name) in awaited.items()}
    except KeyError as missing:
        device, name = missing.args[0]
        raise OutsideFailed(
            f"NetBox did not give the new device with id {device} the interface {name!r} of its "
            "device type; the next import adds what is missing"
        ) from None


def _tell(work: Work, step: Step, dry_run: bool) -> None:
    counts = [
        f"{len(each)} {word}" for word, each in step.by_word() if each and word != "unchanged"
    ]
    would = "would be " if dry_run else ""
    work.tell("note", text=f"{step.kind.words}: {would}{', '.join(counts)}")


def _summary(outcome: Mapping[str, Mapping[str, Any]]) -> str:
    words = ("created", "updated", "unchanged")
    counts = {word: sum(entry[word] for entry in outcome.values()) for word in words}
    if not counts["created"] + counts["updated"]:
        return f"NetBox has everything already ({counts['unchanged']} objects)"
    return "in all: " + ", ".join(f"{number} {word}" for word, number in counts.items())
