"""From a rendered text to tables, checked by name and range before anything is sent."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from osism.adapters.switches.sonic.tables import TABLES, Config, Table
from osism.domain.names import nearest

_MOST = 5  # mistakes in one message


class Wrong(ValueError):
    """A configuration that cannot be meant; each mistake names ``TABLE|key|field``."""

    def __init__(self, problems: list[str]) -> None:
        more = len(problems) - _MOST
        super().__init__(
            "; ".join(problems[:_MOST]) + (f"; and {more} more mistakes" if more > 0 else "")
        )


def parse(text: str) -> Config:
    """The tables of *text*, a JSON document as ``config_db.json`` is; raises :class:`Wrong`."""
    try:
        document = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        words = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise Wrong([f"the configuration is no JSON: {words}"]) from None
    if not isinstance(document, dict) or not document:
        raise Wrong(["the configuration is no JSON object of tables"])
    if problems := list(_problems(document)):
        raise Wrong(problems)
    return document


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{twice!r} is there twice")
    return found


def _problems(document: Mapping[str, Any]) -> Iterator[str]:
    for name, entries in document.items():
        table = TABLES.get(name)
        if table is None:
            yield f"{name}: osism writes no such table{nearest(name, TABLES)}"
        elif not isinstance(entries, dict):
            yield f"{name}: must be an object of entries"
        else:
            if table.most is not None and len(entries) > table.most:
                yield f"{name}: {len(entries)} entries; SONiC takes {table.most}"
            for key, entry in entries.items():
                yield from (f"{name}|{key}{each}" for each in _entry(table, key, entry))


def _entry(table: Table, key: str, entry: Any) -> Iterator[str]:
    parts = key.split("|")
    checks = next((each for each in table.keys if len(each) == len(parts)), None)
    if checks is None:
        yield ": such a key has another number of parts"
    else:
        yield from (
            f": {words}"
            for check, part in zip(checks, parts, strict=True)
            if (words := check(part))
        )
    if not isinstance(entry, dict):
        yield ": must be an object of fields"
        return
    for name in sorted(table.required - set(entry)):
        yield f"|{name}: is missing"
    for name, value in entry.items():
        if name not in table.fields:
            yield f"|{name}: osism writes no such field{nearest(name, table.fields)}"
        elif not isinstance(value, str):
            yield f"|{name}: must be a text, as every value of SONiC's"
        elif words := table.fields[name](value):
            yield f"|{name}: {words}"
