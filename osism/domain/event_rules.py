"""What follows from an event of Ironic: a table of rules, which a site can extend or replace.

Every rule that fits an event has its say. Where several speak of the same thing (the state, one
field, …) the first one counts; a site's rules come before those of the product, so that one that
says ``state: d`` changes the state and nothing else.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, TypeVar

from osism.domain.conditions import ENDED, FAILED, FAULTS
from osism.domain.ironic_events import NodeEvent

#: Fields of an event that NetBox has under the same name.
COPIED = ("provision_state", "power_state", "maintenance")
#: Custom fields of a device that rules can write.
FIELDS = (*COPIED, "introspection_state", "deployment_state", "ironic_state")
#: Fields of an event that rules can ask for.
ASKED = (
    "event", "provision_state", "previous_provision_state", "target_provision_state", "power_state",
    "to_power",
)  # fmt: skip

Values = Mapping[str, str | bool | None]
T = TypeVar("T")


@dataclass(frozen=True)
class Rule:
    """What follows from events whose type fits ``event`` (``*`` stands for anything) and whose
    fields have one of the values in ``when``.

    None and empty: says nothing. ``state``: the state the device is to go to, "" for none.
    ``copy`` and ``fields``: what is written into NetBox, None empties a field. ``condition`` begins
    ("" for none), ``ends`` end. ``interface_names``: copy them from the inspection's data.
    ``provide``: make the node available.
    """

    event: str
    when: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    state: str | None = None
    copy: tuple[str, ...] = ()
    fields: Values = field(default_factory=dict)
    condition: str | None = None
    ends: tuple[str, ...] = ()
    interface_names: bool | None = None
    provide: bool | None = None

    def fits(self, event: NodeEvent) -> bool:
        return fnmatchcase(event.type, self.event) and all(
            getattr(event, name) in values for name, values in self.when.items()
        )


@dataclass(frozen=True)
class Steps:
    """What follows from one event. ``fields``: custom fields of the device in NetBox."""

    state: str = ""
    fields: Values = field(default_factory=dict)
    condition: str = ""
    reason: str = ""
    ends: frozenset[str] = frozenset()
    interface_names: bool = False
    provide: bool = False

    def __bool__(self) -> bool:
        return bool(
            self.state
            or self.fields
            or self.condition
            or self.ends
            or self.interface_names
            or self.provide
        )


_INSPECTION, _CLEANING = ("inspecting", "inspect wait"), ("cleaning", "clean wait")
_GONE = dict.fromkeys(
    ("ironic_state", "provision_state", "power_state", "introspection_state", "deployment_state")
)
_DONE = "node.provision_set.end"

#: What follows unless a site says otherwise.
RULES: tuple[Rule, ...] = (
    # the states of the device
    Rule("node.provision_set.start", {"event": ("inspect",)}, state="a"),
    Rule("node.provision_set.error", state=""),
    Rule("node.provision_set.*", {"provision_state": _CLEANING}, state="b"),
    Rule("node.provision_set.*", {"provision_state": ("available",)}, state="c"),
    Rule("node.provision_set.success", {"provision_state": ("manageable",)}, state="c"),
    Rule("node.delete.end", state="a", fields=_GONE),
    # an inspection: done is the end of it, whatever the state before is called
    Rule(
        _DONE,
        {"event": ("done",), "previous_provision_state": _INSPECTION},
        fields={"introspection_state": "introspected"},
        ends=("inspect",),
        interface_names=True,
        provide=True,
    ),
    Rule(
        "node.provision_set.*",
        {"provision_state": _INSPECTION},
        fields={"introspection_state": "introspecting"},
    ),
    Rule(
        "node.provision_set.*",
        {"provision_state": ("inspect failed",)},
        fields={"introspection_state": "failed"},
    ),
    Rule(  # by hand
        _DONE,
        {"provision_state": ("manageable",), "previous_provision_state": _CLEANING},
        ends=("clean",),
    ),
    Rule("port.create.end", interface_names=True),
    Rule("port.update.end", interface_names=True),
    # what NetBox shows
    *(
        Rule("node.provision_set.*", {"provision_state": states}, fields={"deployment_state": told})
        for states, told in (
            (("deploying", "wait call-back", "deploy hold"), "deploying"),
            (("active", "rescue", "rescuing", "rescue wait", "unrescuing"), "deployed"),
            (("deploy failed",), "failed"),
            (("enroll", "manageable", "available", "deleting", "cleaning"), None),
        )
    ),
    Rule(  # its management board was reached
        "node.provision_set.*",
        {"provision_state": ("manageable", "available", "active")},
        fields={"ironic_state": "registered"},
    ),
    *(
        Rule(each, copy=COPIED)
        for each in ("node.create.end", "node.update.end", "node.provision_set.*")
    ),
    Rule("node.maintenance_set.end", copy=("maintenance",)),
    Rule("node.power_set.end", copy=("power_state",), ends=("power",)),
    Rule("node.power_set.error", copy=("power_state",), condition="power"),
    Rule("node.power_state_corrected.success", copy=("power_state",), ends=("power",)),
    # failures
    *(
        Rule("node.provision_set.error", {"provision_state": (state,)}, condition=kind)
        for state, kind in FAILED.items()
    ),
    Rule("node.provision_set.error", {"provision_state": ("enroll",)}, condition="verify"),
    Rule("node.provision_set.error", condition="provision"),
)

#: Events from which nothing follows, and that nobody has to be told of.
QUIET = frozenset(
    f"{each}.{how}"
    for each, ways in {
        "node.create": ("start", "error"),
        "node.update": ("start", "end", "error"),
        "node.delete": ("start", "end", "error"),
        "node.power_set": ("start", "end"),
        "node.maintenance_set": ("start", "end", "error"),
        "port.create": ("start", "error"),
        "port.update": ("start", "error"),
        "port.delete": ("start", "end", "error"),
    }.items()
    for how in ways
)


def decide(event: NodeEvent, rules: Sequence[Rule] = RULES) -> Steps:
    """What follows from *event*."""
    fitting = [each for each in rules if each.fits(event)]
    condition = _first((each.condition for each in fitting), "")
    if event.fault in FAULTS and event.maintenance and not event.type.endswith(".start"):
        condition = condition or FAULTS[event.fault]
    ends = {kind for each in fitting for kind in each.ends}
    if not event.failed and event.type.startswith("node.provision_set."):
        ends |= ENDED.get(event.provision_state, frozenset())
    if event.type == "node.delete.end":
        ends |= set().union(*ENDED.values()) | {"power"}
    return Steps(
        state=_first((each.state for each in fitting), ""),
        fields=_fields(event, fitting),
        condition=condition,
        reason=event.last_error or event.maintenance_reason or event.fault if condition else "",
        ends=frozenset(ends - {condition}),
        interface_names=_first((each.interface_names for each in fitting), False),
        provide=_first((each.provide for each in fitting), False),
    )


def different(wanted: Values, shown: Mapping[str, Any]) -> Values:
    """Those of the *wanted* fields that are *shown* otherwise; not set is the same as no."""
    return {
        name: value
        for name, value in wanted.items()
        if (shown.get(name) or None) != (value or None)
    }


def led_to(rules: Iterable[Rule] = RULES) -> Collection[str]:
    """The states that events lead to: a device in another one was brought there by hand."""
    return frozenset(each.state for each in rules if each.state)


def _first(said: Iterable[T | None], default: T) -> T:
    return next((each for each in said if each is not None), default)


def _fields(event: NodeEvent, rules: Iterable[Rule]) -> Values:
    found: dict[str, str | bool | None] = {}
    for rule in rules:
        for name, value in rule.fields.items():
            found.setdefault(name, value)
        for name in rule.copy:
            value = getattr(event, name)
            if value is not None:  # maintenance: Ironic does not know it yet
                found.setdefault(name, value if value != "" else None)
    return found
