"""``osism get …``: what is known of hosts: their groups, variables and facts."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from typing import Any

from osism.commands.edge import Lister, ShowOne
from osism.domain.errors import NotFound
from osism.domain.names import nearest
from osism.domain.secrets import MASK, masked


class Hosts(Lister):
    """List the hosts of the inventory and their groups"""

    examples = """
osism get hosts
osism get hosts -l 'compute:!node-7' -f json
"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "-l", "--limit", metavar="PATTERN", help="hosts that Ansible's pattern finds"
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        from osism import wiring

        together = parsed_args.formatter in ("json", "yaml")
        found = wiring.hosts().groups(parsed_args.limit)
        return ("Host", "Groups"), (
            (host, groups if together else ", ".join(groups)) for host, groups in found.items()
        )


class Hostvars(ShowOne):
    """Show the variables that the inventory gives a host; secrets are masked"""

    examples = """
osism get hostvars node-1
osism get hostvars node-1 network.address -f value
"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("host", help="a host of the inventory")
        parser.add_argument("variable", nargs="?", help="one of them, and what is in it: a.b.0")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        from osism import wiring

        found = wiring.hosts().variables(parsed_args.host)
        return _shown("variable", found, parsed_args.variable, parsed_args.formatter)


class Facts(ShowOne):
    """Show the facts that Ansible gathered of a host; secrets are masked"""

    examples = """
osism get facts node-1 -f json
osism get facts node-1 ansible_default_ipv4.address -f value
"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("host", help="a host of the inventory")
        parser.add_argument(
            "fact", nargs="?", help="one of them, and what is in it: ansible_mounts.0.device"
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        from osism import wiring
        from osism.domain.known_facts import told

        facts, host = wiring.facts(), parsed_args.host
        found = told(host, facts.get(host), lambda: [name for name, _ in facts.hosts()])
        return _shown("fact", found, parsed_args.fact, parsed_args.formatter)


def _shown(kind: str, data: Mapping[str, Any], path: str | None, formatter: str) -> Any:
    """The columns and values of a ShowOne: all of *data*, or what is at *path* in it."""
    shown: Any = masked(data)
    if path:
        shown = _at(kind, shown, path)
        if not isinstance(shown, dict) or not shown:
            shown = {path: shown}
    names = sorted(shown)
    together = formatter in ("json", "yaml")
    return names, [_cell(shown[name]) if not together else shown[name] for name in names]


def _at(kind: str, data: Any, path: str) -> Any:
    """What is at ``a.b.0``; the first word goes without ``ansible_``, too."""
    first, *words = path.split(".")
    if first not in data and f"ansible_{first}" in data:
        first = f"ansible_{first}"
    for word in [first, *words]:
        if data == MASK:
            return MASK
        inside = _inside(data)
        if word not in inside:
            raise NotFound(f"{kind} {path!r}: nothing is there{nearest(word, inside)}")
        data = inside[word]
    return data


def _inside(data: Any) -> dict[str, Any]:
    if isinstance(data, dict):
        return {str(name): each for name, each in data.items()}
    return {str(place): each for place, each in enumerate(data)} if isinstance(data, list) else {}


def _cell(value: Any) -> Any:
    return (
        json.dumps(value, indent=1, ensure_ascii=False) if isinstance(value, dict | list) else value
    )
