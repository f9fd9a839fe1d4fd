"""How a commit is taken back: transactions that are kept in the switch's own database.

Each begins with a guard, so that it does nothing to a commit that was confirmed, or to another one.
A program gets one transaction as one argument, and to Linux that is at most 128 KiB
(``MAX_ARG_STRLEN``): a long undo is cut, so that what can be done twice comes first.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from osism.adapters.switches.openvswitch import marks
from osism.adapters.switches.openvswitch.plan import Plan
from osism.adapters.switches.openvswitch.replica import DATABASE
from osism.adapters.switches.openvswitch.values import Operation, a_map, a_set

LARGEST = 120_000  #: bytes of one transaction


def undoing(plan: Plan, commit: str) -> list[str]:
    """The transactions, in their order; raises :class:`ValueError` when one is too large."""
    parts: list[list[Operation]] = [[]]
    room = LARGEST - len(_text(plan.undo))
    size = 0
    for operation in reversed(plan.restores):  # the last part has what is left beside the rest
        length = len(_text(operation)) + 1
        if size + length > room - 2_000:
            parts.append([])
            size, room = 0, LARGEST
        parts[-1].append(operation)
        size += length
    parts.reverse()
    ends = [_mark(marks.REVERTING)] * (len(parts) - 1) + [_end(len(parts))]
    texts = [
        _text([DATABASE, guard(commit), *operations, *(plan.undo if last else []), *end])
        for operations, end, last in zip(
            parts, ends, [each is parts[-1] for each in parts], strict=True
        )
    ]
    if max(map(len, texts)) > LARGEST + 2_000:
        raise ValueError("too many ports are taken away at once for the switch to undo it")
    return texts


def guard(commit: str) -> Operation:
    """It is this commit, and it has neither been confirmed nor taken back."""
    return marks.only_if(commit, never=(marks.CONFIRMED, marks.REVERTED))


def noted(texts: Sequence[str]) -> dict[str, str]:
    """The transactions as marks of the root."""
    return {f"{marks.UNDO}{number}": text for number, text in enumerate(texts, 1)}


def kept(found: Mapping[str, str]) -> list[list[Any]]:
    """The transactions among the marks of the root, in their order, without database and guard.

    Raises :class:`ValueError` for what is no such thing.
    """
    transactions = []
    number = 1
    while text := found.get(f"{marks.UNDO}{number}"):
        transaction = json.loads(text)
        if not isinstance(transaction, list) or len(transaction) < 3:
            raise ValueError(f"{marks.UNDO}{number} is no transaction")
        transactions.append(transaction[2:])
        number += 1
    return transactions


def _mark(state: str) -> list[Operation]:
    return [marks.note({marks.STATE: state})]


def _end(count: int) -> list[Operation]:
    gone = [marks.STATE, marks.REVERT_IN, *(f"{marks.UNDO}{each}" for each in range(1, count + 1))]
    ended = {
        "op": "mutate", "table": marks.ROOT, "where": [],
        "mutations": [
            ["external_ids", "delete", a_set(gone)],
            ["external_ids", "insert", a_map({marks.STATE: marks.REVERTED})],
            marks.NEXT,
        ],
    }  # fmt: skip
    return [ended, {"op": "commit", "durable": True}]


def _text(value: Any) -> str:
    """ASCII, in which a shell only has to undo the escapes of quotes and backslashes."""
    return json.dumps(value, separators=(",", ":"))
