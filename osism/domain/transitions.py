"""The states of a device and the four phases between two of them.

NetBox holds where a device is, in two custom fields (texts fixed, sites build dashboards on them):

``device_state``
    ``b``: in b at rest. ``b-phase_2``: under way to b, phase 2 is done. Empty, ``None`` or ``0``:
    state 0, new.
``device_transition``
    ``from_a-to_b-phase_2``: phase 2 is being worked on. ``from_a-to_b``: all phases are done, the
    switches' configurations are being confirmed. Empty: at rest.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum

from osism.domain.errors import Invalid

NEW = "0"
#: The states every site has; a site adds its own by writing state definitions.
STATES = {NEW: "new", "a": "unprovisioned", "b": "introspected", "c": "provisioned"}

_STATE = re.compile(r"[A-Za-z0-9]{1,16}")
_DEVICE_STATE = re.compile(r"([A-Za-z0-9]{1,16})(?:-phase_([1-4]))?")
_DEVICE_TRANSITION = re.compile(
    r"from_([A-Za-z0-9]{1,16})-to_([A-Za-z0-9]{1,16})(?:-phase_([1-4]))?"
)


class Phase(IntEnum):
    """The four phases of a transition, in order."""

    RECORD = 1
    GENERATE = 2
    DEPLOY = 3
    VALIDATE = 4


#: What a phase does, in the words shown to operators.
DOES = {
    Phase.RECORD: "record the new state in NetBox",
    Phase.GENERATE: "generate the switch configurations",
    Phase.DEPLOY: "deploy them",
    Phase.VALIDATE: "compare the switches with NetBox",
}

#: Where an interrupted transition is taken up. Phases 3 and 4 go back to 2: a switch whose commit
#: nobody confirmed has taken it back by itself, and rendering again costs one read of NetBox.
RESUMES_AT = {
    Phase.RECORD: Phase.RECORD,
    Phase.GENERATE: Phase.GENERATE,
    Phase.DEPLOY: Phase.GENERATE,
    Phase.VALIDATE: Phase.GENERATE,
}


def checked_state(text: object) -> str:
    """Return *text* as the name of a state, raise :class:`Invalid` when it cannot be one."""
    if not isinstance(text, str) or not _STATE.fullmatch(text):
        raise Invalid(f"state {text!r}: 1 to 16 letters or digits name a state")
    return text


@dataclass(frozen=True)
class Fields:
    """The two custom fields as NetBox stores them."""

    device_state: str
    device_transition: str


@dataclass(frozen=True)
class Standing:
    """Where one device is.

    ``source`` is the state it left (or rests in), ``target`` the one it goes to, None at rest.
    ``phase`` is the phase being worked on, None at rest and while confirming.
    """

    source: str
    target: str | None = None
    phase: Phase | None = None

    @property
    def at_rest(self) -> bool:
        return self.target is None

    def __str__(self) -> str:
        if self.target is None:
            return f"in state {self.source}"
        where = f"phase {int(self.phase)}" if self.phase else "confirming"
        return f"under way from {self.source} to {self.target}, {where}"


def standing(device_state: str | None, device_transition: str | None) -> Standing:
    """Read a device's two custom fields (None is NetBox's empty)."""
    state, transition = _told(device_state), _told(device_transition)
    if transition:
        match = _DEVICE_TRANSITION.fullmatch(transition)
        if not match:
            raise Invalid(
                f"custom field device_transition: {transition!r} is not of the form "
                "'from_a-to_b-phase_1'; empty it in NetBox or set it right"
            )
        source, target, phase = match.groups()
        return Standing(source, target, Phase(int(phase)) if phase else None)
    if not state:
        return Standing(NEW)
    match = _DEVICE_STATE.fullmatch(state)
    if not match:
        raise Invalid(
            f"custom field device_state: {state!r} is not a state; set it right in NetBox"
        )
    name, phase = match.groups()
    if phase:
        # Half a state without its transition: an older product stopped there. Where it came from
        # is not known, so the first phase is done again.
        return Standing(NEW, name, Phase.RECORD)
    return Standing(name)


@dataclass(frozen=True)
class Transition:
    """The way of one device from *source* to *target*."""

    source: str
    target: str

    def working_on(self, phase: Phase) -> Fields:
        """What NetBox says before the work of *phase* begins."""
        done = int(phase) - 1
        state = f"{self.target}-phase_{done}" if done else _resting(self.source)
        return Fields(state, f"from_{self.source}-to_{self.target}-phase_{int(phase)}")

    def confirming(self) -> Fields:
        """What NetBox says between the comparison and the confirmation on the switches."""
        return Fields(f"{self.target}-phase_4", f"from_{self.source}-to_{self.target}")

    def done(self) -> Fields:
        """What NetBox says when the device is in its new state."""
        return Fields(_resting(self.target), "")

    def edges(self) -> tuple[tuple[str, str, str], ...]:
        """The transition as a picture's edges: from, to, label."""
        states = [
            self.source,
            *(f"{self.target}-phase_{int(phase)}" for phase in Phase),
            self.target,
        ]
        name = f"from_{self.source}-to_{self.target}"
        labels = [*(f"{name}-phase_{int(phase)}" for phase in Phase), name]
        return tuple(zip(states[:-1], states[1:], labels, strict=True))


def remaining(at: Phase | None) -> tuple[Phase, ...]:
    """The phases still to do for a device that stands at *at* (None: confirming, or not begun)."""
    first = RESUMES_AT[at] if at else Phase.RECORD
    return tuple(phase for phase in Phase if phase >= first)


def diagram() -> str:
    """The state machine of the states every site has, as a Graphviz document."""
    states = list(STATES)
    lines = [
        "digraph netbox_state_machine {",
        "  rankdir = LR;",
        "  node [shape = box, style = rounded];",
    ]
    lines += [f'  "{state}" [label = "{state}\\n{meaning}"];' for state, meaning in STATES.items()]
    for source in states:
        for target in states[1:]:
            if source != target:
                for start, end, label in Transition(source, target).edges():
                    # The intermediate nodes belong to one pair of states.
                    pair = f"{source}>{target}:"
                    names = [
                        f"{pair}{each}" if "-phase_" in each else each for each in (start, end)
                    ]
                    lines += [
                        f'  "{name}" [label = "{name.removeprefix(pair)}"];'
                        for name in names
                        if name.startswith(pair)
                    ]
                    lines.append(f'  "{names[0]}" -> "{names[1]}" [label = "{label}"];')
    return "\n".join([*dict.fromkeys(lines), "}", ""])


def _told(field: str | None) -> str:
    """A custom field's text; older products wrote the word None for nothing."""
    text = (field or "").strip()
    return "" if text == "None" else text


def _resting(state: str) -> str:
    return "" if state == NEW else state
