"""What one write asks of an object as a whole, and what it brings about elsewhere.

The rules of single kinds are in `interfaces`, `devices` and `custom`.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable

from osism.lab.netbox import custom, devices, interfaces
from osism.lab.netbox.accept import Draft
from osism.lab.netbox.errors import Invalid
from osism.lab.netbox.fields import Form, Gone, Kind, Unique
from osism.lab.netbox.kinds import relations
from osism.lab.netbox.represent import display
from osism.lab.netbox.storage import Clause, Row, Store

CHECKS: dict[str, Callable[[Draft], None]] = {
    "interface": interfaces.check,
    "cable": interfaces.check_cable,
    "mac_address": interfaces.check_mac_address,
    "device": devices.check,
    "ip_address": devices.check_address,
    "vlan": devices.check_vlan,
    "custom_field": custom.check_definition,
}
BEFORE: dict[str, Callable[[Draft], None]] = {
    "interface": interfaces.settle,
    "interface_template": interfaces.name_for_order,
}
AFTER: dict[str, Callable[[Draft], None]] = {
    "interface": interfaces.take_mac_address,
    "cable": interfaces.connect,
    "device": devices.furnish,
    "custom_field": custom.spread,
}
GOING: dict[str, Callable[[Row], None]] = {
    "cable": interfaces.disconnect,
    "custom_field": custom.withdraw,
}


class Protected(Exception):
    """Other objects depend on the object that was to be deleted."""

    def __init__(self, dependents: Iterable[Row]) -> None:
        names = [f"{display(row)} ({row.id})" for row in dependents]
        found = f"{len(names)} dependent objects were found: {', '.join(names)}"
        super().__init__(f"Unable to delete object. {found}")


def check(draft: Draft) -> None:
    """Refuse what NetBox refuses about an object as a whole."""
    if draft.kind.name == "interface":
        interfaces.check_vlans(draft)  # with all its errors at once, before everything else
    errors: dict[str, list[str]] = {}
    for test in (custom.check_data, CHECKS.get(draft.kind.name)):
        try:
            if test:
                test(draft)
        except Invalid as error:
            for name, messages in error.errors.items():
                errors.setdefault(name, []).extend(messages)
    if repeated := _repetitions(draft, frozenset(errors)):
        errors.setdefault("__all__", []).extend(repeated)
    if errors:
        raise Invalid(errors)


def save(draft: Draft) -> Row:
    """Store a checked draft and what follows from it."""
    now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    draft.values["last_updated"] = now
    if before := BEFORE.get(draft.kind.name):
        before(draft)
    if draft.before is None:
        draft.id = draft.store.insert(draft.kind, {**draft.values, "created": now})
    else:
        draft.id = draft.before.id
        draft.store.update(draft.kind, draft.id, draft.values)
    for name, targets in draft.links.items():
        draft.store.link(draft.kind, draft.kind.by_name[name], draft.id, targets)
    if after := AFTER.get(draft.kind.name):
        after(draft)
    return draft.store.select(draft.kind, Clause("t.id = ?", (draft.id,))).rows[0]


def remove(row: Row) -> None:
    """Delete an object and what goes with it, unless something that stays depends on it."""
    dependents = [
        other
        for name, (_, field) in relations(row.kind).items()
        if field.form is Form.REFERENCE and field.gone is Gone.PROTECT
        for other in row.many(name)
    ]
    if dependents:
        raise Protected(dependents)
    if going := GOING.get(row.kind.name):
        going(row)
    row.batch.store.delete(row.kind, row.id)


def remove_all(store: Store, rows: Iterable[Row]) -> None:
    """Delete objects one after the other, interfaces with a parent before those without.

    What an earlier one took with it is gone already.
    """
    for row in sorted(rows, key=lambda row: row.values.get("parent") is None):
        if current := store.get(row.kind, row.id):
            remove(current)


def _repetitions(draft: Draft, wrong: frozenset[str]) -> list[str]:
    """NetBox's words for values that another object has; what is wrong anyhow is left out."""
    messages = []
    for rule in draft.kind.unique:
        changed = any(name in draft.values for name in rule.fields)
        if changed and not wrong & set(rule.fields) and _repeated(draft, rule):
            alone = rule.alone and draft[rule.fields[-2]] is None
            messages.append(rule.alone if alone else _unique_message(draft.kind, rule))
    return messages


def _unique_message(kind: Kind, rule: Unique) -> str:
    words = {"vid": "VLAN ID"}
    names = [words.get(name, name.replace("_", " ").capitalize()) for name in rule.fields]
    verbose = kind.verbose[0].upper() + kind.verbose[1:]
    return f"{verbose} with this {', '.join(names[:-1])} and {names[-1]} already exists."


def _repeated(draft: Draft, rule: Unique) -> bool:
    """Whether another object has the same values; an empty one equals another only if `alone`."""
    values = [draft[name] for name in rule.fields]
    if values[-1] is None or (None in values and not rule.alone):
        return False
    tests = [f't."{name}" IS ?' for name in rule.fields]
    if rule.fold:
        tests[-1] = f'lower(t."{rule.fields[-1]}") = lower(?)'
    where = Clause(" AND ".join([*tests, "t.id IS NOT ?"]), (*values, draft.id))
    return draft.store.count(draft.kind, where) > 0
