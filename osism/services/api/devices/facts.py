"""From what is known of a device to the object that the API shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast
from urllib.parse import quote

from osism.domain import conditions, inventory, specs
from osism.domain.errors import Invalid
from osism.domain.ports import JobStatus, Row
from osism.domain.specs import Propagation
from osism.domain.transitions import Standing, standing
from osism.services.api.devices import shapes
from osism.services.api.envelopes import Meta

#: Labels that come of NetBox and of the configuration repository; a device without one lacks it.
BUILT_IN = ("role", "site", "rack", "kind", "collection")


@dataclass(frozen=True)
class Facts:
    """All there is to know of a device. ``row``: the transition by the spec's job; ``latest``: the
    newest one, by whatever job; ``job``: the record of the spec's job, where there is no row."""

    device: inventory.Device
    spec: specs.Spec | None = None
    row: Row | None = None
    latest: Row | None = None
    results: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    job: JobStatus | None = None
    conditions: tuple[conditions.Condition, ...] = ()
    collection: str = ""

    @property
    def version(self) -> int:
        """That of the spec: a newer one says that something has changed."""
        return self.spec.version if self.spec else 0

    @property
    def settled(self) -> bool:
        """Whether the version rises with everything that changes: records of jobs have none."""
        return self.spec is None or self.row is not None

    @property
    def standing(self) -> Standing | None:
        """Where NetBox says that it is, None when that is no state."""
        try:
            return standing(self.device.state, self.device.transition)
        except Invalid:
            return None

    def progress(self, now: datetime) -> Propagation | None:
        """How far the spec has come, as the journal tells it; None without one."""
        if self.spec is None:
            return None
        return specs.propagation(self.spec, self.row, self.results, self.job, now)

    def undone(self, progress: Propagation | None) -> bool:
        """Whether the journal says that it is done, and NetBox that it is not so (any more)."""
        done = progress is not None and progress.status == specs.COMPLETE
        return done and self.spec is not None and self.standing != Standing(self.spec.state)


def labels(facts: Facts) -> dict[str, str]:
    """The labels of a device: those of NetBox and the repository, and those that were given."""
    known = facts.device
    values = (known.role, known.site, known.rack, known.kind, facts.collection)
    own = {name: value for name, value in zip(BUILT_IN, values, strict=True) if value}
    return {**(facts.spec.labels if facts.spec else {}), **own}


def shown(facts: Facts, now: datetime | None = None) -> shapes.Device:
    """The object of a device."""
    spec, progress = facts.spec, facts.progress(now or datetime.now(UTC))
    at, name = facts.standing, facts.device.name
    return shapes.Device(
        meta=Meta(
            name=name,
            generation_id=str(spec.generation if spec else 0),
            resource_version=str(facts.version),
            labels=labels(facts),
            creation_time=spec.created if spec else None,
            mod_time=spec.modified if spec else None,
            self_link=f"/api/v1/devices/{quote(name, safe='')}",
        ),
        spec=shapes.Spec(state=spec.state if spec else None),
        status=shapes.DeviceStatus(
            state=at.source if at else None,
            transition=_under_way(at, facts.latest) if at and at.target else None,
            conditions=list(_conditions(facts, at, progress)),
            propagation_status=_progress(facts, progress),
        ),
    )


def _under_way(at: Standing, latest: Row | None) -> shapes.UnderWay:
    known = latest is not None and (latest.source, latest.target) == (at.source, at.target)
    return shapes.UnderWay(
        source=at.source,
        target=at.target or "",
        phase=int(at.phase or 0),
        id=latest.id if latest and known else None,
    )


def _progress(facts: Facts, progress: Propagation | None) -> shapes.Progress:
    if progress is None:
        return shapes.Progress(
            generation_id="0", status="Propagation Complete", message="nothing is wanted of it"
        )
    if facts.undone(progress):
        message = f"NetBox has it {facts.standing or 'in no state'}; want the state again"
        return shapes.Progress(
            generation_id=str(progress.generation), status="Propagation Failed", message=message
        )
    return shapes.Progress(
        generation_id=str(progress.generation),
        status=cast(Any, progress.status),
        updated=progress.updated,
        pending=list(progress.pending),
        failed=list(progress.failed),
        message=progress.message,
    )


def _conditions(
    facts: Facts, at: Standing | None, progress: Propagation | None
) -> Iterator[shapes.Condition]:
    so = specs.in_state(at, facts.spec, progress)
    yield shapes.Condition(
        type=so.type,
        status=cast(Any, so.status),
        reason=so.reason,
        message=so.message,
        last_transition_time=so.last_transition_time,
    )
    for each in facts.conditions:
        yield shapes.Condition(
            type=f"{each.kind.capitalize()}Failed",
            status="True",
            reason="Failed",
            message=each.reason,
            last_transition_time=each.since,
        )
