"""What devices shall be, and how far that is so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Wish:
    """What somebody wants of a device. ``labels`` None: those that it has. ``job``: the one that
    is to bring it about."""

    device: str
    state: str
    job: str
    by: str
    labels: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Spec:
    """What a device shall be.

    ``generation`` rises when the spec really changes, ``version`` also with every step towards it.
    ``job`` is the one that brings (or brought) this generation about.
    """

    device: str
    state: str
    generation: int
    version: int
    job: str
    asked_by: str
    created: datetime
    modified: datetime
    labels: Mapping[str, str] = field(default_factory=dict)
