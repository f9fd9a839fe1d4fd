"""``osism netbox …``: NetBox and the switches that hang on it."""

from __future__ import annotations

import argparse
from typing import Any

from osism.commands.edge import Lister, say
from osism.commands.jobs import JobCommand, result_of, send, wait
from osism.domain.jobs import (
    CheckDrift,
    DeployConfiguration,
    DisablePorts,
    GenerateConfiguration,
    ImportInventory,
    InitialiseNetbox,
)

#: The longest words about what is wrong with a device in a table, in characters.
_CONDITION = 80


class Init(JobCommand):
    """Create the custom fields and tags that osism needs in NetBox

    What exists already stays as it is.
    """

    def job(self, parsed_args: argparse.Namespace) -> InitialiseNetbox:
        return InitialiseNetbox()


class Import(JobCommand):
    """Import device types and resources of the configuration repository into NetBox

    Device types are in the format of NetBox's device type library, below netbox/device-types;
    resources (sites, racks, devices) are lists below netbox/resources. Creates and updates, never
    deletes.
    """

    examples = """
osism netbox import
osism netbox import device-types/Edgecore resources/100-lab.yaml
osism netbox import --dry-run
"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "path", nargs="*", help="files or folders below netbox/; without any, all of both kinds"
        )
        parser.add_argument("--dry-run", action="store_true", help="say what would be written")
        return parser

    def job(self, parsed_args: argparse.Namespace) -> ImportInventory:
        return ImportInventory(tuple(parsed_args.path), parsed_args.dry_run)


class Generate(JobCommand):
    """Generate the configuration of switches into the state repository"""

    examples = """
osism netbox generate leaf-1 leaf-2
osism netbox generate                       all switches
osism netbox generate leaf-1 --template edgecore.cfg.j2
"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("name", nargs="*", help="switches; without any, all that are managed")
        parser.add_argument("--template", default="", help="a file of netbox/templates")
        return parser

    def job(self, parsed_args: argparse.Namespace) -> GenerateConfiguration:
        return GenerateConfiguration(tuple(parsed_args.name), parsed_args.template)


class Deploy(JobCommand):
    """Deploy configurations to switches, compare, confirm; all of them or none"""

    examples = """
osism netbox deploy leaf-1
osism netbox deploy                         all switches
"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("name", nargs="*", help="switches; without any, all that are managed")
        return parser

    def job(self, parsed_args: argparse.Namespace) -> DeployConfiguration:
        return DeployConfiguration(tuple(parsed_args.name))


class Disable(JobCommand):
    """Disable the ports of a device that have no cable, in NetBox

    Management ports, LAGs and virtual interfaces stay as they are.
    """

    examples = """
osism netbox disable leaf-1 --dry-run
"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("name", help="a device")
        parser.add_argument("--dry-run", action="store_true", help="list them, change nothing")
        return parser

    def job(self, parsed_args: argparse.Namespace) -> DisablePorts:
        return DisablePorts(parsed_args.name, parsed_args.dry_run)


class Drift(Lister):
    """Compare what runs on switches with NetBox; exit code 1 when something differs

    A row per difference. The exit code is 1 too when a switch could not be looked at (result
    'failed'). With --fix each switch that differs is deployed as NetBox wants it, on its own, so
    that one that does not take it holds up no other; the exit code is 0 when all are as wanted
    afterwards. What a failed transition has left in NetBox is deployed as well: 'netbox states'
    shows whether there is one to resume or abort. Told, and no difference: links that are down
    (result 'link'), and fields that the switch does not show (result 'not checked').
    """

    examples = """
osism netbox drift
osism netbox drift leaf-1 -f json
osism netbox drift --fix                    deploy to those that differ
"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("name", nargs="*", help="switches; without any, all that are managed")
        parser.add_argument("--fix", action="store_true", help="deploy to the switches that differ")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        job_id = send(CheckDrift(tuple(parsed_args.name)))
        self.code = wait(job_id, "quiet", "CheckDrift")
        result = result_of(job_id) or {"switches": [], "clean": False}
        found = list(result.get("switches", ()))
        unknown = any(each["result"] == "failed" for each in found)
        if parsed_args.fix and not self.code:
            self.code = _fix(found) or int(unknown)
        else:
            self.code = self.code or int(unknown or not result.get("clean"))
        return ("Switch", "Result", "Item", "Field", "Wanted", "Found"), _rows(found)

    def run(self, parsed_args: argparse.Namespace) -> int:
        self.code = 0
        return super().run(parsed_args) or self.code


def _fix(switches: list[dict[str, Any]]) -> int:
    """Deploy to each of those that differ, note what came of it, and return the exit code."""
    drifted = [each for each in switches if each["result"] == "drifted"]
    jobs = [send(DeployConfiguration((each["switch"],))) for each in drifted]
    codes = [0]
    for each, job in zip(drifted, jobs, strict=True):
        codes.append(wait(job, "quiet", "DeployConfiguration"))
        each["result"] = "not fixed" if codes[-1] else "fixed"
    return max(codes)


def _rows(switches: Any) -> Any:
    for each in switches:
        for line in each.get("links", ()):
            port, _, words = line.partition(": ")
            yield each["switch"], "link", port, "link", "up", words
        if each.get("unchecked"):
            yield each["switch"], "not checked", "", ", ".join(each["unchecked"]), "", ""
        if not each["differences"]:
            reason = each["reason"]
            yield each["switch"], each["result"] + (f": {reason}" if reason else ""), "", "", "", ""
        for one in each["differences"]:
            values = (one["item"], one["field"], one["wanted"], one["found"])
            yield each["switch"], each["result"], *values


class States(Lister):
    """List devices with their state and transition, as NetBox says, and what is wrong with them

    Of collections, and all that have a condition. The column Condition has what Ironic, or a
    transition, could not do, until it is done; in full with another format than the table.
    """

    examples = """
osism netbox states
osism netbox states rack-1 -f json
"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("name", nargs="*", help="collections or devices; without any, all")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        from osism import wiring
        from osism.domain.errors import NotFound
        from osism.domain.names import nearest
        from osism.domain.transitions import standing

        collections = wiring.repository().collections()
        home = {device: name for name, devices in collections.items() for device in devices}
        wrong = _conditions(_CONDITION if parsed_args.formatter == "table" else 0)
        names = {d for n in parsed_args.name for d in collections.get(n, (n,))}
        found = wiring.inventory().devices(names if parsed_args.name else {*home, *wrong})
        there = {each.name for each in found} | set(home)
        if unknown := sorted(names - there):
            known = [*home, *collections, *wrong]
            raise NotFound(f"no device or collection {unknown[0]!r}{nearest(unknown[0], known)}")
        rows = (
            (
                each.name,
                home.get(each.name, ""),
                each.state or "0",
                each.transition,
                str(standing(each.state, each.transition)),
                wrong.get(each.name, ""),
            )
            for each in found
        )
        return ("Device", "Collection", "State", "Transition", "Meaning", "Condition"), rows


def _conditions(most: int) -> dict[str, str]:
    """What is wrong with which devices, in words of *most* characters."""
    from osism import wiring
    from osism.domain.conditions import Condition, described
    from osism.domain.errors import OsismError

    try:
        rows = wiring.conditions().of()
    except OsismError as failure:  # not every machine reaches the journal
        say(f"osism: conditions are not known: {failure}", error=True)
        return {}
    found: dict[str, list[Condition]] = {}
    for each in rows:
        found.setdefault(each.device, []).append(each)
    return {name: described(each, most) for name, each in found.items()}
