"""What has to be done to a switch, and how it is undone: the semantic difference of its menus."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from osism.adapters.switches.routeros.rows import Row, Rows
from osism.adapters.switches.routeros.sections import (
    ADDRESS,
    BONDING,
    BRIDGE,
    MLAG,
    PORT,
    SECTIONS,
    Section,
)
from osism.adapters.switches.routeros.words import quoted, readable, words


@dataclass(frozen=True)
class Step:
    """One command. ``undo`` brings back what was before it, and does nothing when it was never
    done. ``finds``: a query that must find one row on the switch before anything is changed."""

    row: Row
    do: str
    undo: str
    finds: str = ""
    comment_only: bool = False


def steps(want: Rows, have: Rows, gone: Rows) -> tuple[Step, ...]:
    """The commands from *have* to *want*; *gone* are the rows of *have* to be removed.

    First, from the last menu to the first, what goes and what lists lose, so that nothing refers
    to what is removed; then, from the first menu to the last, what comes. That a bridge looks at
    VLANs is said when ports and VLANs are there, as MikroTik's manual advises.
    """
    down: list[Step] = []
    up: list[Step] = []
    late: list[Step] = []
    for section in reversed(SECTIONS):
        down += [_removal(row) for row in gone.of(section).values()]
        for row in want.of(section).values():
            down += _losing(row, before(row, have))
    for section in SECTIONS:
        if section is ADDRESS:
            up += late
        for row in sorted(want.of(section).values(), key=lambda each: not _empties(each, have)):
            step = _coming(row, before(row, have))
            if step and section is BRIDGE and have.find(row):
                late.append(step)
            elif step:
                up.append(step)
    return (*down, *up)


def before(want: Row, have: Rows) -> Row | None:
    """What *want* is now. Ports and menus of one row are there, even when no export shows them."""
    found, section = have.find(want), want.section
    if found is None and (section.fixed or not section.key):
        return Row(section, {name: want.values[name] for name in section.key})
    return found


def changed(want: Row, have: Row | None) -> dict[str, str]:
    """The properties of *want* that are others in *have*."""
    asked = {*want.section.defaults, *(each for each in want.values if each in want.section.free)}
    return {
        name: want.value(name)
        for name in asked - set(want.section.key)
        if have is None or have.value(name) != want.value(name)
    }


def _moves(want: Row, have: Row | None) -> bool:
    """Whether a port changes its bridge: it leaves the one before it comes to the other."""
    return (
        want.section is PORT and have is not None and want.value("bridge") != have.value("bridge")
    )


def _losing(want: Row, have: Row | None) -> Iterator[Step]:
    if have is None or not changed(want, have):
        return
    if want.section is MLAG and have.value("peer-port") != "none":
        yield _change(have, {"bridge": "none", "peer-port": "none"}, want)
    elif _moves(want, have):
        yield _removal(have)
    else:
        yield from _shrinking(want, have)


def _shrinking(want: Row, have: Row) -> Iterator[Step]:
    """What its lists lose; a LAG never loses its last member here."""
    for name in sorted(want.section.lists):
        stays = [each for each in have.items(name) if each in want.items(name)]
        if len(stays) < len(have.items(name)) and (stays or name != "slaves"):
            step = _change(have, {name: ",".join(stays)}, want)
            yield step
            have = step.row


def _empties(want: Row, have: Rows) -> bool:
    """Whether a LAG gives away its last member: it gets others before that one is free."""
    old = have.find(want) if want.section is BONDING else None
    return old is not None and not set(old.items("slaves")) & set(want.items("slaves"))


def _coming(want: Row, have: Row | None) -> Step | None:
    section = want.section
    if have is None or _moves(want, have):
        given = {name: each for name, each in want.values.items() if each}
        return Step(want, f"{section.path} add {words(given)}", _remove(want))
    now = have
    for step in _losing(want, have):  # what it is after the steps of the way down
        now = step.row
    values = changed(want, now)
    return _change(now, values, want) if values else None


def _change(have: Row, values: Mapping[str, str], want: Row) -> Step:
    before = {name: have.value(name) for name in values}
    after = Row(have.section, {**have.values, **values}, want.line)
    path, at = have.section.path, selector(have)
    find = f"{path} find{at}" if have.section.key else ""
    which = f" [find{at}]" if have.section.key else ""
    return Step(
        after,
        f"{path} set{which} {words(values)}",
        f"{path} set{which} {words(before)}",
        find,
        set(values) == {"comment"},
    )


def _removal(row: Row) -> Step:
    path, find = row.section.path, f"{row.section.path} find{selector(row)}"
    again = f":if ([:len [{find}]]=0) do={{{path} add {words(_kept(row))}}}"
    return Step(row, _remove(row), again, find)


def _kept(row: Row) -> Mapping[str, str]:
    return {name: value for name, value in row.values.items() if value}


def _remove(row: Row) -> str:
    return f"{row.section.path} remove [find{selector(row)}]"


def selector(row: Row) -> str:
    """``where`` with the key of a row. VLANs the switch added itself have keys like ours."""
    tests = [f"{name}={_term(name, row.values[name])}" for name in row.section.key]
    return f" where {' and '.join(tests)}{row.section.static}"


def _term(name: str, value: str) -> str:
    return value if name == "vlan-ids" and value.isdecimal() else quoted(value)


def text(want: Rows, have: Rows, gone: Rows) -> str:
    """The difference for people: a unified one, menu by menu; empty without any."""
    lines: list[str] = []
    for section in SECTIONS:
        of = [f"-{shown(row)}\n" for row in gone.of(section).values()]
        for row in want.of(section).values():
            old = before(row, have)
            if old is None or changed(row, old):
                was = shown(old, row) if old else ""
                of += [] if was in ("", "set") or was.endswith("]") else [f"-{was}\n"]
                of.append(f"+{shown(row)}\n")
        if of:
            lines += [f"@@ {section.path} @@\n", *of]
    return "".join(["--- running\n", "+++ candidate\n", *lines]) if lines else ""


def shown(row: Row, like: Row | None = None) -> str:
    """A row as an export shows it, with what of it is ours; *like* says what else is."""
    section: Section = row.section
    ours = {*section.key, *section.defaults, *((like or row).values.keys() & section.free.keys())}
    values = {name: row.value(name) for name in ours if row.value(name)}
    values = {
        name: value
        for name, value in values.items()
        if name in section.key or value != section.default(name) or name in section.free
    }
    where = ""
    if section.fixed:
        where = "".join(f"[ find {name}={readable(values.pop(name))} ] " for name in section.key)
    verb = "set" if section.fixed or not section.key else "add"
    return f"{verb} {where}{' '.join(f'{n}={readable(values[n])}' for n in sorted(values))}".strip()
