"""What devices shall be, kept in the database of the journal."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, exists, func, select, update

from osism.adapters.database.session import Database
from osism.adapters.database.tables import specs, transitions
from osism.adapters.database.texts import NAME, cut, plain
from osism.domain.errors import Changed
from osism.domain.specs import Spec, Wish, wanted

#: Names in one statement; SQLite takes 32,766 values.
SOME = 1_000

# Asked for with every request to the HTTP API; making a statement takes longer than asking.
_ALL = select(specs).order_by(specs.c.device)
_ONE = select(specs).where(specs.c.device == bindparam("name"))
_LOCK = (
    select(specs)
    .where(specs.c.device.in_(bindparam("names", expanding=True)))
    .order_by(specs.c.device)
    .with_for_update()
)
_WRITE = update(specs).where(specs.c.device == bindparam("_device"))
_STAMP = select(
    func.count().label("count"), func.sum(specs.c.version).label("versions")
).select_from(specs)


class SqlSpecs(Database):
    """Keeps :class:`osism.domain.ports.Specs`.

    Whoever writes specs locks them first, in the order of their names, and then anything else.
    """

    def of(self, devices: Collection[str] | None = None) -> Mapping[str, Spec]:
        """The specs of these devices, or all, by device."""
        if devices is None:
            found = [_spec(each) for each in self._read(_ALL)]
        elif len(devices) == 1:
            [name] = devices
            found = [_spec(each) for each in self._read(_ONE, name=cut(name, NAME))]
        else:
            found = [
                _spec(each)
                for names in portions(devices)
                for each in self._read(_ALL.where(specs.c.device.in_(names)))
            ]
        return {each.device: each for each in found}

    def stamp(self) -> tuple[int, int]:
        """Another one than before whenever any spec has changed: versions only rise, and none
        goes away."""
        [row] = self._read(_STAMP)
        return row["count"], int(row["versions"] or 0)

    def want(self, wish: Wish, version: int | None = None) -> Spec:
        """Write what a device shall be, in one step with what is there; the spec of now."""
        wish = _kept(wish)
        device = wish.device
        with self._transaction("write what is wanted") as connection:
            known = locked(connection, [device])[device]
            if version is not None and version != (known.version if known else 0):
                raise Changed(f"device {device!r}: its spec has changed meanwhile; read it again")
            spec = wanted(known, wish, datetime.now(UTC))
            if spec is not known:
                write(connection, [spec])
        return spec

    def unsent(self, after: datetime, before: datetime) -> Sequence[Spec]:
        """Specs that were modified between these times and whose job began no transition."""
        begun = exists().where(
            transitions.c.job == specs.c.job, transitions.c.device == specs.c.device
        )
        chosen = specs.c.modified.between(after, before) & ~begun
        return [_spec(each) for each in self._read(select(specs).where(chosen))]


def portions(names: Iterable[str]) -> Iterable[list[str]]:
    """*names* as texts of the database, sorted, in lists that one statement takes."""
    ordered = sorted({cut(each, NAME) for each in names})
    return (ordered[start : start + SOME] for start in range(0, len(ordered), SOME))


def locked(connection: Connection, devices: Iterable[str]) -> dict[str, Spec | None]:
    """The specs of *devices*, which nobody else changes until the transaction ends.

    One that is missing is made without a generation first, so that there is something to lock; it
    has to be written in the same transaction.
    """
    found: dict[str, Spec | None] = {}
    names = sorted({cut(each, NAME) for each in devices})
    # Without a write, SQLite would let others write between what is read and what is written.
    connection.execute(_insert_missing(connection.dialect.name), [_nothing(n) for n in names])
    for some in portions(names):
        for each in connection.execute(_LOCK, {"names": some}).mappings():
            found[each["device"]] = _spec(each) if each["version"] else None
    return found


def write(connection: Connection, changed: Sequence[Spec]) -> None:
    """Write specs that are locked."""
    values = [
        {
            "_device": each.device,
            "state": each.state,
            "generation": each.generation,
            "version": each.version,
            "labels": dict(each.labels),
            "job": each.job,
            "asked_by": each.asked_by,
            "created": each.created,
            "modified": each.modified,
        }
        for each in changed
    ]
    if values:
        connection.execute(_WRITE, values)


def bumping(devices: Any) -> Any:
    """A statement that raises the version of the specs of *devices*: names, or a statement that
    selects them."""
    # In the order of their names: two who raise the same ones would wait for each other.
    ordered = select(specs.c.device).where(specs.c.device.in_(devices)).order_by(specs.c.device)
    chosen = specs.c.device.in_(ordered.with_for_update())
    return update(specs).where(chosen).values(version=specs.c.version + 1)


def _kept(wish: Wish) -> Wish:
    """*wish* with texts as the database takes them."""
    labels = None if wish.labels is None else plain(wish.labels)
    return Wish(cut(wish.device, NAME), wish.state, cut(wish.job, NAME), cut(wish.by, NAME), labels)


def _nothing(device: str) -> dict[str, Any]:
    moment = datetime.now(UTC)
    return {
        "device": device,
        "state": "",
        "generation": 0,
        "version": 0,
        "labels": {},
        "job": "",
        "asked_by": "",
        "created": moment,
        "modified": moment,
    }


@cache
def _insert_missing(dialect: str) -> Any:
    # Only the dialect in use is imported; the other one costs a worker memory for nothing.
    if dialect == "sqlite":
        from sqlalchemy.dialects.sqlite import insert as insert_sqlite

        return insert_sqlite(specs).on_conflict_do_nothing(index_elements=["device"])
    from sqlalchemy.dialects.postgresql import insert as insert_postgresql

    return insert_postgresql(specs).on_conflict_do_nothing(index_elements=["device"])


def _spec(values: RowMapping) -> Spec:
    return Spec(**values)
