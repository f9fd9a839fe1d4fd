"""``osism baremetal …``: what Ironic has, and whether nodes answer."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from osism.commands.edge import Lister, ShowOne
from osism.commands.node_choice import add_filters, chosen, filters
from osism.domain.errors import Invalid, NotFound
from osism.domain.names import nearest

if TYPE_CHECKING:
    from osism.domain.inventory import Device
    from osism.domain.nodes import Echo

#: Characters of an error in a table; json and yaml have all of it.
_SHORT = 60


class List(Lister):
    """List nodes with their states, as Ironic says

    Filters add up; without any, all nodes.
    """

    examples = """
osism baremetal list
osism baremetal list --provision-state available --power-state 'power off'
osism baremetal list --maintenance -f json
"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("name", nargs="*", help="nodes, by name or id")
        add_filters(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        from osism import wiring

        names = parsed_args.name or None
        found = chosen(wiring.baremetal(wait=0), names, filters(parsed_args))
        whole = parsed_args.formatter in ("json", "yaml")
        titles = ("Name", "Provision", "Power", "Maintenance", "Instance", "Last error")
        return titles, (
            (
                each.name or each.id,
                each.provision_state,
                each.power_state or None,
                each.maintenance,
                each.instance or None,
                each.last_error if whole else _cut(each.last_error),
            )
            for each in found
        )


def _cut(text: str) -> str:
    return text if len(text) <= _SHORT else f"{text[: _SHORT - 1]}…"


class Show(ShowOne):
    """Show all that Ironic says of a node, without secrets

    Passwords are masked; what an instance is made of, a config drive among it, is not read.
    """

    examples = """
osism baremetal show node-1
osism baremetal show node-1 -f json
osism baremetal show node-1 -c last_error -f value
"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("name", help="a node, by name or id")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        from osism import wiring
        from osism.domain.nodes import shown

        baremetal = wiring.baremetal(wait=0)
        node = baremetal.node(parsed_args.name)
        names = baremetal.interface_names(node)
        ports = {each.address: names.get(each.address, "") for each in baremetal.ports([node.id])}
        values = shown(node) | {"ports": ports}
        if parsed_args.formatter not in ("json", "yaml"):
            values = {name: _cell(value) for name, value in values.items()}
        return tuple(values), tuple(values.values())


def _cell(value: Any) -> Any:
    if not isinstance(value, dict | list):
        return value
    return json.dumps(value, indent=1, ensure_ascii=False) if value else ""


class Ping(Lister):
    """Ping nodes at their primary addresses in NetBox; exit code 1 when one does not answer

    Three echo requests each. 'lossy' is a node that answered to some of them only.
    """

    local = True

    examples = """
osism baremetal ping node-1 node-2
osism baremetal ping --all -f json          all that are tagged managed-by-ironic
"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("name", nargs="*", help="devices in NetBox")
        parser.add_argument("--all", action="store_true", help="all nodes that Ironic manages")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        from osism import wiring

        devices = _devices(parsed_args.name, parsed_args.all)
        echoes = wiring.ping({each.management for each in devices if each.management})
        rows = [*_answers(devices, echoes)]
        self.code = 0 if all(row[2] in ("ok", "lossy") for row in rows) else 1
        return ("Name", "Address", "Result", "Answers", "Milliseconds"), rows

    def run(self, parsed_args: argparse.Namespace) -> int:
        self.code = 0
        return super().run(parsed_args) or self.code


def _devices(names: Sequence[str], everything: bool) -> Sequence[Device]:
    from osism import wiring
    from osism.domain.inventory import IRONIC

    if bool(names) == everything:
        raise Invalid("name nodes, or say --all")
    found = wiring.inventory().devices(list(dict.fromkeys(names)) or None)
    if everything:
        return [each for each in found if IRONIC in each.tags]
    known = [each.name for each in found]
    if unknown := [name for name in names if name not in known]:
        raise NotFound(
            f"NetBox does not know the device {', '.join(map(repr, unknown))}"
            + nearest(unknown[0], _all_names())
        )
    return found


def _all_names() -> Iterable[str]:
    from osism import wiring

    return [each.name for each in wiring.inventory().devices()]


def _answers(devices: Sequence[Device], echoes: Mapping[str, Echo]) -> Iterator[tuple[Any, ...]]:
    for each in devices:
        echo = echoes.get(each.management)
        if echo is None:
            yield each.name, None, "no primary address in NetBox", "", None
            continue
        lost = echo.sent - echo.received
        word = "ok" if not lost else "lossy" if echo.received else "no answer"
        yield each.name, each.management, word, f"{echo.received}/{echo.sent}", echo.average
