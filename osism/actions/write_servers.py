"""Write the nodes that NetBox wants as the inventory of bifrost, the Ironic on the manager."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from osism.domain.enrolment import REFUSED, Decision, Found, chosen, decide
from osism.domain.errors import Invalid, NodesFailed, Refused
from osism.domain.jobs import WriteServers
from osism.domain.nodes import WantedNode
from osism.domain.ports import Catalogues, Locks, NodeParameters, NodeSource, Servers, Work
from osism.domain.servers import differences, servers, template_in

LOCK = "servers"


def write_servers(
    job: WriteServers,
    work: Work,
    netbox: NodeSource,
    parameters: NodeParameters,
    catalogues: Catalogues,
    file: Servers,
    locks: Locks,
    wait: float,
) -> Mapping[str, Any]:
    """What is other than before. A node that cannot be is left out, and :class:`NodesFailed` says
    why once the others are written; :class:`Refused` where NetBox suddenly has no nodes."""
    with locks.hold([LOCK], work.owner, wait) as lease:
        devices = netbox.nodes()
        wanted: dict[str, WantedNode] = {}
        wrong: dict[str, str] = {}
        for device in chosen(devices, ()):
            work.check()
            try:
                wanted[device.name] = parameters.wanted(device, catalogues)
                if where := template_in(wanted[device.name]):
                    wrong[device.name] = f"{where} looks like a template, and would be rendered"
            except Invalid as mistake:
                wrong[device.name] = str(mistake)
        refused = [e for e in decide(Found(devices, (), (), wanted, wrong)) if e.step == REFUSED]
        for each in refused:
            wanted.pop(each.name, None)
        old, new = file.read(), servers(wanted.values())
        if old and not new:
            raise Refused(f"NetBox has no nodes for bifrost any more, and there are {len(old)}")
        secret = {name: frozenset(each.secrets) for name, each in wanted.items()}
        changes = list(differences(old, new, secret))
        if changes and not job.dry_run:
            lease.check()
            file.write(new)
    return _result(job, work, len(new), changes, refused)


def _result(
    job: WriteServers,
    work: Work,
    count: int,
    changes: list[tuple[str, str]],
    refused: list[Decision],
) -> Mapping[str, Any]:
    would = "would be " if job.dry_run else ""
    for name, words in changes:
        work.tell("note", text=f"  {name}: {would if words in ('new', 'gone') else ''}{words}")
    for each in refused:
        work.tell("note", text=f"  {each.name}: left out: {each.reason}", node=each.name)
    work.tell("note", text=f"{count} servers, {'changed' if changes else 'unchanged'}")
    result = {
        "servers": count,
        "changes": [list(each) for each in changes],
        "refused": {each.name: each.reason for each in refused},
        "dry_run": job.dry_run,
    }
    if refused:
        told = "; ".join(f"{each.name}: {each.reason}" for each in refused[:3])
        raise NodesFailed(f"{len(refused)} nodes are left out: {told}", 3, result)
    return result
