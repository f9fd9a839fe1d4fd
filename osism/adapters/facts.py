"""The facts of hosts that Ansible's cache plugin keeps in Redis.

``osism:facts:<host>`` is a hash: ``facts:<schema>`` is JSON, ``at:<schema>`` when it was written.
The schema is Ansible's (empty before 2.19); workers with different releases write side by side.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from osism.adapters.connections import reaching

if TYPE_CHECKING:
    import redis

PREFIX = "osism:facts:"
_BATCH = 500
_NOTES = ("__ansible_type", "tags")


class RedisFacts:
    """Reads and forgets facts; Ansible writes them."""

    def __init__(self, client: redis.Redis) -> None:
        self._client: Any = client  # its types cannot tell its two kinds of client apart

    def get(self, host: str) -> dict[str, Any] | None:
        """The facts of *host* that were written last, or None."""
        with reaching("Redis", self._client):
            fields: dict[str, str] = self._client.hgetall(PREFIX + host)
        _, schema = max(_times(fields), default=(0.0, ""))
        try:
            facts = json.loads(fields[f"facts:{schema}"])
            if "__payload__" in facts:
                facts = json.loads(facts["__payload__"])
        except (KeyError, TypeError, ValueError):
            return None
        return {name: _plain(value) for name, value in facts.items()}

    def hosts(self) -> list[tuple[str, datetime]]:
        """Every host with facts, by name, and when they were gathered."""
        with reaching("Redis", self._client):
            keys = sorted(set(self._client.scan_iter(match=f"{PREFIX}*", count=_BATCH)))
            found = []
            for key in keys:
                written = max(_times(self._times_of(key)), default=None)
                if written:
                    found.append(
                        (key.removeprefix(PREFIX), datetime.fromtimestamp(written[0], UTC))
                    )
        return found

    def _times_of(self, key: str) -> dict[str, str]:
        names = [name for name in self._client.hkeys(key) if name.startswith("at:")]
        values = self._client.hmget(key, names) if names else []
        return {name: value for name, value in zip(names, values, strict=True) if value}

    def forget(self, hosts: Iterable[str] | None = None) -> int:
        """Forget the facts of *hosts*, of all without; how many hosts had some."""
        with reaching("Redis", self._client):
            if hosts is None:
                keys = list(set(self._client.scan_iter(match=f"{PREFIX}*", count=_BATCH)))
            else:
                keys = [PREFIX + host for host in dict.fromkeys(hosts)]
            batches = (keys[start : start + _BATCH] for start in range(0, len(keys), _BATCH))
            return sum(int(self._client.unlink(*batch)) for batch in batches)


def _times(fields: dict[str, str]) -> list[tuple[float, str]]:
    found = []
    for name, value in fields.items():
        if name.startswith("at:"):
            try:
                found.append((float(value), name.removeprefix("at:")))
            except ValueError:
                continue
    return found


def _plain(value: Any) -> Any:
    """A value without the types that Ansible notes beside it."""
    if isinstance(value, dict):
        if "__ansible_type" in value:  # a text is in "value", a date in "iso8601", …
            held = [each for name, each in value.items() if name not in _NOTES]
            return _plain(held[0]) if len(held) == 1 else None
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list) else value
