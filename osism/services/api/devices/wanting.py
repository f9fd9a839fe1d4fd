"""What is looked at before a device shall be something else."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime

from osism import wiring
from osism.actions.want_state import want_state
from osism.domain.errors import Changed, Invalid, Misconfigured, NotFound, OutsideFailed
from osism.domain.inventory import Device
from osism.domain.jobs import ConnectDevices
from osism.domain.selections import way
from osism.domain.specs import COMPLETE, Spec
from osism.services.api.devices.board import board
from osism.services.api.devices.facts import BUILT_IN, Facts, labels
from osism.services.api.devices.shapes import WantedDevice

#: An If-Match: any version, or one, with quotation marks or without.
VERSION = r'^(\*|(W/)?"[0-9]{1,18}"|[0-9]{1,18})$'


def want(name: str, wanted: WantedDevice, version: int | None, by: str) -> Spec:
    """Write what a device shall be, and queue what makes it so. See :func:`looked_at`."""
    facts = looked_at(name, wanted)
    spec = want_state(
        name,
        wanted.spec.state,
        _given(wanted, facts),
        by,
        version,
        wiring.specs(),
        wiring.journal(),
        wiring.records(),
        wiring.queue(),
        _undone(facts, wanted.spec.state),
    )
    if spec.version != facts.version:
        _tell(spec)
    return spec


def _undone(facts: Facts, state: str) -> bool:
    """Whether *state* was reached and is not so any more, as NetBox says now: another process may
    have shown that already, and what we keep is older."""
    progress = facts.progress(datetime.now(UTC))
    if facts.spec is None or facts.spec.state != state or not progress:
        return False
    if progress.status != COMPLETE:
        return False
    facts = board().anew(facts.device.name).facts
    return facts.undone(facts.progress(datetime.now(UTC)))


def _tell(spec: Spec) -> None:
    """Tell whoever watches the site; the wish is written and queued, whatever becomes of this."""
    told = {"device": spec.device, "state": spec.state, "generation-id": str(spec.generation)}
    with suppress(OutsideFailed):
        wiring.feed().add("spec", **told, job=spec.job, by=spec.asked_by)


def plan_of(name: str, wanted: WantedDevice, version: int | None) -> ConnectDevices:
    """The job that says what a wish would lead to. See :func:`looked_at`."""
    facts = looked_at(name, wanted)
    _given(wanted, facts)
    if version is not None and version != facts.version:
        raise Changed(f"device {name!r}: its spec has changed meanwhile; read it again")
    return ConnectDevices(
        (name,), kind="device", state=wanted.spec.state, enforce=True, dry_run=True
    )


def looked_at(name: str, wanted: WantedDevice) -> Facts:
    """What is known of the device. Raises :class:`NotFound` for one that NetBox or the
    configuration repository does not know, :class:`Invalid` for what nobody can want of it."""
    facts = board().one(name).facts
    if wanted.meta and wanted.meta.name not in (None, name):
        raise Invalid(f"meta.name is {wanted.meta.name!r}, and the path says {name!r}")
    _require_definition(facts.device, wanted.spec.state)
    return facts


def version_of(condition: str | None) -> int | None:
    """The version that an If-Match names, None for any."""
    if condition is None or condition == "*":
        return None
    if condition.startswith("W/"):
        raise Changed(f"If-Match: {condition} says no more than that something was like it")
    return int(condition.strip('"'))


def _require_definition(device: Device, state: str) -> None:
    """Refuse a state without a definition, where the definitions are on this machine; the worker
    looks in any case."""
    job = ConnectDevices((device.name,), kind="device", state=state, enforce=True)
    try:
        definitions = wiring.repository().definitions(device.name)
    except Misconfigured:  # no repository here
        return
    try:
        way(job, device, definitions)
    except NotFound as unknown:  # the state, which is no part of the path
        raise Invalid(str(unknown)) from unknown


def _given(wanted: WantedDevice, facts: Facts) -> Mapping[str, str] | None:
    """The labels that are given, without those that are not the client's, None for none."""
    given = wanted.meta.labels if wanted.meta else None
    if given is None:
        return None
    own = {name: each for name, each in labels(facts).items() if name in BUILT_IN}
    for name in BUILT_IN:
        if name in given and given[name] != own.get(name):
            raise Invalid(
                f"label {name!r} is not yours to set: it is what NetBox says"
                if name != "collection"
                else "label 'collection' is not yours to set: it is the configuration repository's"
            )
    return {name: each for name, each in given.items() if name not in BUILT_IN}
