"""What is told of the facts that are kept of a host."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from osism.domain.errors import NotFound
from osism.domain.names import nearest


def told(
    host: str, found: Mapping[str, Any] | None, known: Callable[[], Iterable[str]]
) -> dict[str, Any]:
    """The facts of a host without what Ansible notes for itself; *known*: the hosts with facts.

    Raises :class:`NotFound` for a host without any.
    """
    if found is None:
        raise NotFound(
            f"host {host!r}: no facts are kept{nearest(host, known())}; "
            f"gather them with: osism apply facts -l {host}"
        )
    return {name: value for name, value in found.items() if not name.startswith("_ansible")}
