"""The :class:`~osism.domain.resources.catalogue.Catalogue` that NetBox keeps: in bulk, by REST.

NetBox 4.2 to 4.5. Where it has a pair of type and id (``scope_type``, ``scope_id``) the product has
one field; see ``generic`` of the kinds.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import pynetbox

from osism.adapters.netbox.session import Connection
from osism.domain.errors import Refused
from osism.domain.resources.catalogue import Found, Write
from osism.domain.resources.kinds import COMPONENTS, DEVICE, KINDS, Kind

#: Objects in one write. A busy NetBox takes 0.2 s for an address or a device's fields, and more
#: than 2 s for a new switch with all its ports: an answer shall come well before time is out.
_BULK, _NEW_DEVICES = 50, 5
#: Bytes of a filter. gunicorn, which serves most NetBoxes, takes request lines of 4094 bytes.
_QUERY = 2000


class NetboxCatalogue:
    """One read per kind and page of 1000 objects, writes in bulk."""

    def __init__(self, connection: Connection) -> None:
        self.netbox = connection

    def read(self, kind: Kind, among: Collection[Any] | None = None) -> Sequence[Found]:
        fields = ",".join(_fields(kind))
        if among is None:
            rows = self.netbox.read(kind.endpoint, fields=fields)
        else:
            rows = []
            for some in _queries(kind.asked_by, among):
                asked = {kind.asked_by: some}
                rows += self.netbox.read(kind.endpoint, fields=fields, **asked)
        return [Found(row["id"], _values(kind, row)) for row in rows]

    def create(self, kind: Kind, writes: Sequence[Write]) -> Sequence[int]:
        made: list[int] = []
        for some in _bulks(writes, _NEW_DEVICES if kind is DEVICE else _BULK):
            with _naming(some):
                made += self.netbox.create(
                    kind.endpoint, [_payload(kind, each.values) for each in some]
                )
        return made

    def update(self, kind: Kind, writes: Sequence[Write]) -> None:
        for some in _bulks(writes, _BULK):
            with _naming(some):
                self.netbox.update(
                    kind.endpoint,
                    [{"id": each.id, **_payload(kind, each.values)} for each in some],
                )


# --- requests -------------------------------------------------------------------------------------


def _bulks(writes: Sequence[Write], size: int) -> Iterator[Sequence[Write]]:
    for start in range(0, len(writes), size):
        yield writes[start : start + size]


def _queries(name: str, values: Iterable[Any]) -> Iterator[list[Any]]:
    """Parts of *values* that fit into one request line each."""
    some: list[Any] = []
    size = 0
    for value in values:
        cost = len(name) + len(quote(str(value), safe="")) + 2
        if some and size + cost > _QUERY:
            yield some
            some, size = [], 0
        some.append(value)
        size += cost
    if some:
        yield some


@contextmanager
def _naming(writes: Sequence[Write]) -> Iterator[None]:
    """Name the files in what NetBox refuses."""
    try:
        yield
    except Refused as failure:
        told = "; ".join(_said(writes, _answer(failure)))
        raise Refused(told or str(failure)) from failure


def _answer(failure: Refused) -> Any:
    """The JSON that NetBox answered; None when it was none."""
    cause = failure.__cause__
    if not isinstance(cause, pynetbox.RequestError):
        return None
    try:
        return cause.req.json()
    except ValueError:
        return None


def _said(writes: Sequence[Write], answer: Any) -> Iterator[str]:
    """NetBox answers a bulk with a list of errors, one per object, or with the first error."""
    if isinstance(answer, list) and len(answer) == len(writes):
        for write, errors in zip(writes, answer, strict=True):
            if errors:
                yield f"{write.resource.where()}: NetBox refuses it: {_words(errors)}"
    elif isinstance(answer, Mapping) and "detail" not in answer:
        named = [write.resource.where() for write in writes[:_NEW_DEVICES]]
        more = f" and {len(writes) - len(named)} more" if len(writes) > len(named) else ""
        which = "" if len(writes) == 1 else "one of "
        yield f"{which}{', '.join(named)}{more}: NetBox refuses it: {_words(answer)}"


def _words(errors: Any) -> str:
    if isinstance(errors, Mapping):
        return ", ".join(f"{name}: {_words(each)}" for name, each in errors.items())
    if isinstance(errors, list):
        return " ".join(map(_words, errors))
    return str(errors)


# --- objects --------------------------------------------------------------------------------------

_FRONT_PORT = COMPONENTS["front-ports"]


def _fields(kind: Kind) -> list[str]:
    """NetBox's names of the fields to read."""
    names = ["id"]
    for name in kind.fields:
        if name in kind.generic:
            names += [f"{kind.generic[name]}_type", f"{kind.generic[name]}_id"]
        elif name not in kind.told:
            names.append(name)
    return [*names, "rear_ports"] if kind is _FRONT_PORT else names


def _values(kind: Kind, row: Mapping[str, Any]) -> dict[str, Any]:
    values = {name: row[name] for name in kind.fields if name in row}
    for name, pair in kind.generic.items():
        expected, type_, number = _object_type(kind, name), row[f"{pair}_type"], row[f"{pair}_id"]
        values[name] = number if type_ in (expected, None) else f"{type_} {number}"
    if kind is _FRONT_PORT and row.get("rear_ports"):
        first = row["rear_ports"][0]
        values |= {each: first[each] for each in ("rear_port", "rear_port_position")}
    return values


def _payload(kind: Kind, values: Mapping[str, Any]) -> dict[str, Any]:
    written = {name: value for name, value in values.items() if name not in kind.generic}
    for name, pair in kind.generic.items():
        if name in values:
            written |= {f"{pair}_type": _object_type(kind, name), f"{pair}_id": values[name]}
    if kind is _FRONT_PORT and "rear_port" in values:
        # NetBox 4.5 has a list of these, and does not look at the fields of earlier ones.
        position = values.get("rear_port_position", 1)
        ends = {"rear_port": values["rear_port"], "rear_port_position": position}
        written["rear_ports"] = [{"position": 1, **ends}]
    return written


def _object_type(kind: Kind, name: str) -> str:
    return KINDS[kind.fields[name].names].object_type
