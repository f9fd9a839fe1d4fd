"""A configuration laid over what runs: what osism writes is replaced, everything else stays.

``config replace`` wants the whole configuration. Users, AAA, SNMP, features, a port's lanes and
speed, timers of BGP are on the switch, and none of osism's business.
"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address, ip_interface
from typing import Any

from osism.adapters.switches.sonic import references
from osism.adapters.switches.sonic.candidates import Wrong
from osism.adapters.switches.sonic.facts import routing, strange
from osism.adapters.switches.sonic.keeping import keep
from osism.adapters.switches.sonic.tables import TABLES, Config, Entry, Table


def merge(running: Config, wanted: Config) -> Config:
    """The whole configuration; raises :class:`Wrong` for what does not fit this switch."""
    wanted = {**wanted, **routing(running, wanted)}
    merged = {name: dict(entries) for name, entries in running.items()}
    problems = list(strange(running, wanted))
    for name, entries in wanted.items():
        merged[name] = _laid(TABLES[name], running.get(name, {}), entries)
    keep(running, wanted, merged)
    problems += [each for each in references.problems(merged) if each.partition("|")[0] in wanted]
    if problems:
        raise Wrong(problems)
    # SONiC's database has no empty tables, and `config replace` refuses them.
    return {name: entries for name, entries in merged.items() if entries}


def _laid(
    table: Table, running: Mapping[str, Entry], wanted: Mapping[str, Entry]
) -> dict[str, Any]:
    """The entries of one table; a key is spelt as the switch spells it."""
    spelt = {_normal(key): key for key in running}
    result: dict[str, Any] = {} if table.whole else dict(running)
    for key, entry in wanted.items():
        here = spelt.get(_normal(key), key)
        kept = {
            name: value
            for name, value in running.get(here, {}).items()
            if name not in table.cleared
        }
        result[here] = {**kept, **entry}
    return result


def _normal(key: str) -> str:
    """A key with its addresses in their canonical form."""
    return "|".join(_address(part) for part in key.split("|"))


def _address(part: str) -> str:
    for parse in (ip_address, ip_interface):
        try:
            return str(parse(part))
        except ValueError:
            continue
    return part
