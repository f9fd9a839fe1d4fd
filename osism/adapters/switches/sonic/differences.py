"""What a deployment changes, told without anything that osism does not write."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import unified_diff
from json import dumps

from osism.adapters.switches.sonic.tables import TABLES, Config, Entry
from osism.domain.intents import natural


def owned(config: Config, tables: Mapping[str, object]) -> Config:
    """The part of *config* that osism writes, in *tables*."""
    return {
        name: {
            key: {each: value for each, value in entry.items() if each in TABLES[name].fields}
            for key, entry in config.get(name, {}).items()
        }
        for name in sorted({*tables, *({"BGP_GLOBALS"} if "BGP_NEIGHBOR" in tables else ())})
    }


def difference(running: Config, merged: Config, tables: Mapping[str, object]) -> str:
    """A unified diff per table, an entry a line; nothing in it that osism does not write."""
    before, after = owned(running, tables), owned(merged, tables)
    return "".join(
        f"{line}\n"
        for name in before
        for line in unified_diff(
            _lines(before[name]), _lines(after[name]), f"{name} running", f"{name} candidate", "",
            "", n=0, lineterm="",
        )
    )  # fmt: skip


def _lines(entries: Mapping[str, Entry]) -> list[str]:
    return [
        f"{key} {dumps(entries[key], sort_keys=True, ensure_ascii=False)}"
        for key in sorted(entries, key=natural)
    ]
