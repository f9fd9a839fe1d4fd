"""The events of a job in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from osism.domain.operations import OPERATIONS
from osism.domain.texts import plain
from osism.domain.transitions import DOES, Phase

#: Kinds of events that carry Ansible's output.
TEXTS = frozenset(("output", "play", "task", "result", "item", "recap"))


def lines(kind: str, values: Mapping[str, Any]) -> list[str]:
    """An event in words; no line for what is not worth one."""
    tell = _LINES.get(kind)
    return tell(values) if tell else []


def told(kind: str, at: datetime, values: Mapping[str, Any]) -> list[str]:
    """An event as it goes into a pipe or a file: what Ansible prints as it is but for its colours,
    anything else in words behind the (local) time of day."""
    if kind in TEXTS:
        text = values.get("text")
        return [] if text is None else [plain(text)]
    clock = at.astimezone().strftime("%H:%M:%S")
    return [f"{clock} {line}" for line in lines(kind, values)]


def _queued(values: Mapping[str, Any]) -> list[str]:
    return [f"queued: {values['summary']}"]


def _waiting(values: Mapping[str, Any]) -> list[str]:
    if values["workers"]:
        return [f"waiting for a free worker of queue {values['queue']}"]
    queue = values["queue"]
    return [f"no worker listens on queue {queue} (start one: osism worker {queue})"]


def _lost(values: Mapping[str, Any]) -> list[str]:
    if not values["first"]:
        return []
    return ["the worker is gone; waiting for somebody to take the job up"]


def _phase(values: Mapping[str, Any]) -> list[str]:
    number = values["phase"]
    changes = f" ({values['changes']} changes)" if "changes" in values else ""
    return [f"phase {number} of {len(Phase)}: {DOES[Phase(number)]}{changes}"]


def _transition(values: Mapping[str, Any]) -> list[str]:
    word = "resuming" if values["resumed"] else "starting"
    ways: dict[str, list[str]] = {}
    for device, (source, target) in values["ways"].items():
        ways.setdefault(f"{source} to {target}", []).append(device)
    return [f"{word}: {', '.join(devices)} from {way}" for way, devices in ways.items()]


def _switch(values: Mapping[str, Any]) -> list[str]:
    name, result = values["switch"], values["result"]
    told = [f"  {name}: {result}" + (f" ({values['reason']})" if values.get("reason") else "")]
    told += [f"    {line}" for line in values.get("differences", ())]
    if values.get("unchecked"):
        told.append(f"    not checked: {', '.join(values['unchecked'])}")
    return told + [f"    {line}" for line in values.get("links", ())]


def _plan(values: Mapping[str, Any]) -> list[str]:
    told = ["changes in NetBox:" if values["changes"] else "no changes in NetBox"]
    told += [f"  {verb} {what}{f': {how}' if how else ''}" for verb, what, how in values["changes"]]
    for name, diff in values["diffs"].items():
        told.append(f"configuration of {name}:" + ("" if diff else " no changes"))
        told += [f"  {line}" for line in diff.splitlines()]
    return told


def _drift(values: Mapping[str, Any]) -> list[str]:
    told = [f"  {values['switch']}: {values['result']}"]
    if values.get("reason"):
        told[0] += f" ({values['reason']})"
    for each in values["differences"]:
        told.append(
            f"    {each['item']} {each['field']}: wanted {each['wanted']}, found {each['found']}"
        )
    return told + [f"    {line}" for line in values.get("links", ())]


def _ports(values: Mapping[str, Any]) -> list[str]:
    word = "would disable" if values["dry_run"] else "disabled"
    return [f"  {values['device']}: {word} {', '.join(values['disabled']) or 'nothing'}"]


def _role(values: Mapping[str, Any]) -> list[str]:
    reason = values.get("reason")
    job = f" (osism task output {values['job'][:8]})" if values.get("job") else ""
    return [f"  {values['role']}: {values['state']}{f': {reason}' if reason else ''}{job}"]


def _operation(values: Mapping[str, Any]) -> list[str]:
    operation = OPERATIONS.get(values["action"])
    if not operation:  # a newer worker's
        return []
    words = {
        "asked": operation.does,
        "doing": values["state"],
        "busy": f"waiting: {values['reason']}",
        "done": operation.did,
        "unchanged": f"{operation.did} already",
        "failed": f"failed: {values['reason']}",
        "refused": f"refused: {values['reason']}",
    }.get(values["result"])
    return [f"  {values['node']}: {words}"] if words else []


def _end(values: Mapping[str, Any]) -> list[str]:
    reason = values["reason"]
    result = values.get("result")
    if isinstance(result, dict) and isinstance(result.get("run"), dict):
        result = result["run"]  # of a run that failed, beside the error
    totals = result.get("totals") if isinstance(result, dict) else None
    counts = ", ".join(f"{number} {kind}" for kind, number in (totals or {}).items() if number)
    told = f"{values['state']}{f': {reason}' if reason else ''}"
    before = _inventory(result) if isinstance(result, dict) and "degraded" in result else []
    return [*before, f"{told} (hosts: {counts})" if counts else told]


def _inventory(result: Mapping[str, Any]) -> list[str]:
    """What a run of the reconciler has changed."""
    told = [
        f"  {what}: {'; '.join(names[:20])}{f' and {len(names) - 20} more' * (len(names) > 20)}"
        for what, names in result["summary"].items()
    ]
    size = f"{result['hosts']} hosts, {result['groups']} groups"
    told.append(f"{'changed' if result['changed'] else 'unchanged'}: {size}")
    if result["degraded"]:
        told.append(f"degraded, NetBox's last hosts are used: {result['degraded']}")
    return told


_LINES = {
    "queued": _queued,
    "waiting": _waiting,
    "started": lambda values: [f"worker {values['worker']} begins"],
    "retrying": lambda values: [f"waiting: {values['reason']}"],
    "retry": lambda values: [
        f"trying again ({values['number']} of {values['of']}): {values['reason']}"
    ],
    "dropped": lambda values: [f"{values['count']} events could not be kept"],
    "role": _role,
    "lost": _lost,
    "wait": lambda values: [f"waiting for {values['purpose']} (job {values['job']})"],
    "transition": _transition,
    "phase": _phase,
    "switch": _switch,
    "device": lambda values: [
        f"{values['device']}: in state {values['state']} ({values['result']})"
    ],
    "plan": _plan,
    "drift": _drift,
    "operation": _operation,
    "ports": _ports,
    "note": lambda values: [values["text"]],
    "resumed": lambda values: [f"resumed job {values['job']} ({values['device']})"],
    "end": _end,
}
