"""A straightforward reading of an inventory's layers, to compare with what Ansible says of ours.

Written from the rules, without the product's code: INI files cut by hand, variables merged as
Ansible's documentation has it: all, then groups from the outermost to the innermost, then the host.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml


class _Loader(yaml.SafeLoader):
    """Vaulted values as ``ansible-inventory --list`` shows them, dates as texts."""


_Loader.add_constructor("!vault", lambda _, node: {"__ansible_vault": node.value})
_Loader.add_constructor("tag:yaml.org,2002:timestamp", lambda _, node: node.value)


@dataclass
class Group:
    hosts: list[str] = field(default_factory=list)
    children: set[str] = field(default_factory=set)
    variables: dict[str, Any] = field(default_factory=dict)


@dataclass
class Reading:
    """Groups and hosts of a site, and the variables of each."""

    groups: dict[str, Group] = field(default_factory=dict)
    hosts: dict[str, dict[str, Any]] = field(default_factory=dict)
    files: dict[str, dict[str, dict[str, Any]]] = field(
        default_factory=lambda: {"group_vars": {}, "host_vars": {}}
    )

    def group(self, name: str) -> Group:
        return self.groups.setdefault(name, Group())

    def members(self, name: str) -> set[str]:
        own = self.groups[name]
        return set(own.hosts).union(*(self.members(child) for child in own.children))

    def groups_of(self, host: str) -> set[str]:
        return {name for name in self.groups if host in self.members(name)}

    def depth(self, name: str) -> int:
        above = [n for n, each in self.groups.items() if name in each.children]
        return 1 + max((self.depth(each) for each in above), default=0)

    def variables(self, host: str) -> dict[str, Any]:
        inner = sorted(self.groups_of(host), key=lambda name: (self.depth(name), name))
        found: dict[str, Any] = {}
        for name in inner:
            found |= self.groups[name].variables
        for name in ("all", *inner):
            found |= self.files["group_vars"].get(name, {})
        return found | self.hosts[host] | self.files["host_vars"].get(host, {})


def read(repository: Path, defaults: Path | None = None, generics: Path | None = None) -> Reading:
    found = Reading()
    inventory = repository / "inventory"
    files = [*(generics / "inventory").glob("[0-9]*")] if generics else []
    files += inventory.glob("[0-9]*")
    over = inventory / "99-overwrite"
    named = (
        re.findall(r"(?m)^\[([\w-]+)(?::children)?\]", over.read_text()) if over.exists() else []
    )
    for file in sorted(files, key=lambda each: (int(each.name.split("-")[0]), str(each))):
        if file.suffix == ".yml":
            _yaml(found, yaml.load(file.read_text(), _Loader))
        else:
            kept = file.name in ("20-roles", "99-overwrite")
            _ini(found, file.read_text(), () if kept else named)
    if defaults:
        _variables(found.files["group_vars"], defaults)
    for kind in ("group_vars", "host_vars"):
        _variables(found.files[kind], inventory / kind)
    return found


def _ini(found: Reading, text: str, removed: Any) -> None:
    group, kind = "ungrouped", ""
    for line in text.splitlines():
        said = line.split("#")[0].strip()
        if header := re.fullmatch(r"\[([\w-]+)(?::(\w+))?\]", said):
            group, kind = header[1], header[2] or ""
            if group not in removed or kind == "vars":
                found.group(group)
        elif not said or (group in removed and kind != "vars"):
            continue
        elif kind == "children":
            found.group(group).children.add(said)
            found.group(said)
        elif kind == "vars":
            name, _, value = said.partition("=")
            found.group(group).variables[name.strip()] = _value(value.strip())
        else:
            pattern, *pairs = said.split()
            for host in _hosts(pattern):
                if host not in found.group(group).hosts:
                    found.group(group).hosts.append(host)
                variables = found.hosts.setdefault(host, {})
                variables.update((n, _value(v)) for n, _, v in (p.partition("=") for p in pairs))


def _hosts(pattern: str) -> list[str]:
    span = re.fullmatch(r"(.*)\[(\d+):(\d+)\](.*)", pattern)
    if not span:
        return [pattern]
    before, first, last, after = span.groups()
    return [f"{before}{n:0{len(first)}}{after}" for n in range(int(first), int(last) + 1)]


def _value(text: str) -> Any:
    return int(text) if text.isdigit() else text


def _yaml(found: Reading, document: Any) -> None:
    for name, said in (document or {}).items():
        group = found.group(name) if name != "all" else Group()
        for host, variables in ((said or {}).get("hosts") or {}).items():
            for each in _hosts(host):
                group.hosts.append(each)
                found.hosts.setdefault(each, {}).update(variables or {})
        group.variables.update((said or {}).get("vars") or {})
        children = (said or {}).get("children") or {}
        group.children.update(children)
        _yaml(found, children)


def _variables(found: dict[str, dict[str, Any]], folder: Path) -> None:
    for each in sorted(folder.glob("*")):
        if each.is_file() and each.suffix == ".yml":
            found.setdefault(each.stem, {}).update(yaml.load(each.read_text(), _Loader) or {})
    for each in sorted(folder.glob("*/**/*.yml")):
        name = each.relative_to(folder).parts[0]
        found.setdefault(name, {}).update(yaml.load(each.read_text(), _Loader) or {})


def of_ansible(data: dict[str, Any]) -> Reading:
    """What ``ansible-inventory --list`` says: groups that nothing is in may be missing there."""
    found = Reading()
    for name, said in data.items():
        if name in ("_meta", "all"):
            continue
        group = found.group(name)
        group.hosts = list(said.get("hosts", ()))
        group.children = set(said.get("children", ()))
        for child in group.children:
            found.group(child)
    for child in data["all"].get("children", ()):
        found.group(child)
    found.hosts = {host: {} for each in found.groups.values() for host in each.hosts}
    found.hosts |= data["_meta"]["hostvars"]
    return found
