"""Query parameters: a path takes those that it knows, and each of them once.

What is not known is refused: who writes ``dry_run`` instead of ``dry-run`` would have begun what
was only to be shown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from fastapi import Request
from fastapi.dependencies.models import Dependant

from osism.domain.errors import Invalid
from osism.domain.names import nearest


async def check(request: Request) -> None:
    """Refuse parameters that the path does not know, or that are given more than once."""
    asked = Counter(name for name, _ in request.query_params.multi_items())
    if not asked:
        return
    known = dict(_parameters(request.scope["route"].dependant))
    for name, times in asked.items():
        if name not in known:
            raise Invalid(f"query.{name[:80]}: {_unknown(name, known)}")
        if times > 1 and not known[name]:
            raise Invalid(f"query.{name}: is given {times} times; once is right")


def _unknown(name: str, known: Mapping[str, bool]) -> str:
    if not known:
        return "no parameters are known here"
    advice = nearest(name.lower().replace("_", "-"), known)
    return "not known here" + (advice or f"; known are {', '.join(sorted(known))}")


def _parameters(dependant: Dependant) -> Iterator[tuple[str, bool]]:
    """Parameters of a path, and whether there may be several of one name."""
    for each in dependant.query_params:
        yield each.alias, "list[" in str(each.field_info.annotation)
    for needed in dependant.dependencies:
        yield from _parameters(needed)
