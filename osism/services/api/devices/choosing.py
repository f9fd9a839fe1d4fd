"""Which devices a list shows: filters, and pages that stay right while devices come and go."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from osism.services.api.devices.shapes import Device

#: How a list says how to go on.
MARK = r"^([0-9a-f]{2}){1,1024}$"


@dataclass(frozen=True)
class Choice:
    """What is asked for; ``labels`` are ``key=value``, or ``key`` for any value. All must fit."""

    state: str | None = None
    role: str | None = None
    labels: tuple[str, ...] = ()

    def fits(self, device: Device) -> bool:
        """Whether a device is one of those that are asked for."""
        if self.state is not None and device.status.state != self.state:
            return False
        has = device.meta.labels
        if self.role is not None and has.get("role") != self.role:
            return False
        return all(_labelled(has, each) for each in self.labels)


def _labelled(has: Mapping[str, str], wanted: str) -> bool:
    key, sign, value = wanted.partition("=")
    return key in has and (not sign or has[key] == value)


def page(
    choice: Choice, devices: Sequence[Device], limit: int, after: str
) -> tuple[Sequence[int], str | None]:
    """The places in *devices*, sorted by name, of those on a page, and how to go on behind it.

    *after* is how the page before said to go on, empty for the first; None at the end.
    """
    first = bisect_right(devices, _name(after), key=_named) if after else 0
    if choice == Choice():
        found: Sequence[int] = range(first, min(first + limit + 1, len(devices)))
    else:
        rest = range(first, len(devices))
        found = list(islice((n for n in rest if choice.fits(devices[n])), limit + 1))
    chosen = found[:limit]
    return chosen, _mark(_named(devices[chosen[-1]])) if len(found) > limit else None


def _named(device: Device) -> str:
    return device.meta.name


def _mark(name: str) -> str:
    """In hexadecimal digits: whatever a client makes of it stays a name."""
    return name.encode().hex()


def _name(mark: str) -> str:
    return bytes.fromhex(mark).decode(errors="replace")
