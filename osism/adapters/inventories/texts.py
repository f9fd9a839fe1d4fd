"""The texts of an inventory: ``hosts.yml``, groups of ClusterShell, variables; what they say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

import yaml

from osism.adapters.vault import is_vaulted
from osism.domain.layers import Picture, entity
from osism.domain.secrets import SECRET_NAME

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_NO_SECRETS = frozenset(f"tag:yaml.org,2002:{each}" for each in ("bool", "null"))
_NOTE = "# Made by osism reconciler; whatever is changed here is lost with the next run.\n"


class _Dumper(_DUMPER):  # type: ignore[misc]
    """Writes what Ansible wraps, and nothing for null."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _mapping(dumper: Any, data: dict[str, Any]) -> Any:
    if data.keys() == {"__ansible_vault"}:
        return dumper.represent_scalar("!vault", data["__ansible_vault"], style="|")
    if data.keys() == {"__ansible_unsafe"}:
        return dumper.represent_scalar("!unsafe", data["__ansible_unsafe"])
    return dumper.represent_dict(data.items())


_Dumper.add_representer(dict, _mapping)
_Dumper.add_representer(
    type(None), lambda dumper, _: dumper.represent_scalar("tag:yaml.org,2002:null", "")
)


def dumped(data: Any) -> bytes:
    """*data* as YAML, its keys in their order."""
    text = yaml.dump(
        data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10**6, encoding=None
    )
    return f"{_NOTE}{text}".encode()


def names(data: Mapping[str, Any]) -> list[str]:
    """Every group of what ``ansible-inventory --list`` says, the empty ones too."""
    own = {group for group in data if group != "_meta"}
    own |= {child for group in own for child in data[group].get("children", ())}
    return sorted(own - {"all", "ungrouped"})


def hosts_file(data: Mapping[str, Any]) -> bytes:
    """``hosts.yml``: every group with its hosts, children and variables.

    *data* is what ``ansible-inventory --list --export`` says. A host's variables stand where it is
    named first.
    """
    variables = dict(data["_meta"]["hostvars"])
    document: dict[str, Any] = {}
    for group in ("all", "ungrouped", *names(data)):
        said = data.get(group, {})
        entry: dict[str, Any] = {}
        if hosts := said.get("hosts"):
            entry["hosts"] = {host: variables.pop(host, None) or None for host in hosts}
        children = [each for each in said.get("children", ()) if group != "all"]
        if children:
            entry["children"] = dict.fromkeys(children)
        if said.get("vars"):
            entry["vars"] = said["vars"]
        if entry or group not in ("all", "ungrouped"):
            document[group] = entry or None
    return dumped(document or {"all": None})


def membership(data: Mapping[str, Any]) -> dict[str, tuple[list[str], list[str]]]:
    """Group -> its own hosts and children, to compare two answers of Ansible."""
    return {
        group: (
            list(said.get("hosts", ())),
            sorted(c for c in said.get("children", ()) if c != "ungrouped"),
        )
        for group, said in data.items()
        if group != "_meta" and (said.get("hosts") or said.get("children"))
    }


def members(data: Mapping[str, Any]) -> dict[str, list[str]]:
    """Every group and ``all`` -> its hosts, those of its children too, sorted."""
    found = {group: sorted(_hosts(data, group, set())) for group in names(data)}
    everybody = {host for group, said in data.items() for host in said.get("hosts", ())}
    return {"all": sorted(everybody), **found}


def _hosts(data: Mapping[str, Any], group: str, seen: set[str]) -> set[str]:
    if group in seen:
        return set()
    seen.add(group)
    said = data.get(group, {})
    below = (_hosts(data, child, seen) for child in said.get("children", ()))
    return set(said.get("hosts", ())).union(*below)


def clustershell(data: Mapping[str, Any]) -> bytes:
    """Groups for ClusterShell, as its source ``local`` reads ``groups.d/local.cfg``."""
    lines = (f"{group}: {' '.join(own)}\n" for group, own in members(data).items() if own)
    return f"{_NOTE}{''.join(lines)}".encode()


# --- what is in them ------------------------------------------------------------------------------


def picture(contents: Mapping[str, bytes], beside: Mapping[str, bytes]) -> Picture:
    """Hosts, groups and variables of the files of an inventory.

    Variables only of those groups and hosts whose files are not the same in *beside*.
    """
    hosts: set[str] = set()
    groups: set[str] = set()
    variables: dict[str, dict[str, str]] = {}
    document = yaml.compose(contents.get("hosts.yml", b""), Loader=_LOADER)
    for group, node in _pairs(document):
        groups.add(group)
        parts = dict(_pairs(node))
        for host, own in _pairs(parts.get("hosts")):
            hosts.add(host)
            variables.setdefault(f"host {host}", {}).update(_values(own))
        variables.setdefault(f"group {group}", {}).update(_values(parts.get("vars")))
    for kind, what in (("group_vars/", "group"), ("host_vars/", "host")):
        changed = {
            entity(path.removeprefix(kind))
            for path in contents.keys() | beside.keys()
            if path.startswith(kind) and contents.get(path) != beside.get(path)
        }
        for path, data in sorted(contents.items()):
            name = entity(path.removeprefix(kind)) if path.startswith(kind) else ""
            if name in changed and name:
                place = variables.setdefault(f"{what} {name}", {})
                place.update(_in_file(path, data))
    return Picture(frozenset(hosts), frozenset(groups - {"all", "ungrouped"}), variables)


def _in_file(path: str, data: bytes) -> dict[str, str]:
    if is_vaulted(data):
        return {f"the vaulted file {path}": data.decode(errors="replace")}
    try:
        return _values(yaml.compose(data, Loader=_LOADER))
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError):
        return {f"the file {path}": data.decode(errors="replace")}


def _values(node: Any) -> dict[str, str]:
    return {name: repr(_plain(value)) for name, value in _pairs(node)}


def _pairs(node: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield str(key.value), value


def _plain(node: Any) -> Any:
    """A node as nested tuples: without its place in the file."""
    if isinstance(node, yaml.MappingNode):
        return (node.tag, tuple((_plain(key), _plain(value)) for key, value in node.value))
    if isinstance(node, yaml.SequenceNode):
        return (node.tag, tuple(_plain(each) for each in node.value))
    return (node.tag, node.value)


def groups_of(inventories: Iterable[str]) -> set[str]:
    """The groups of inventory files in YAML; Ansible says what is wrong with one."""
    found: set[str] = set()
    for text in inventories:
        with suppress(yaml.YAMLError, RecursionError):
            waiting = [yaml.compose(text, Loader=_LOADER)]
            while waiting:
                for group, node in _pairs(waiting.pop()):
                    found.add(group)
                    waiting += [below for name, below in _pairs(node) if name == "children"]
    return found


def secrets(files: Iterable[str]) -> set[str]:
    """The values that variables of secret names have in these texts."""
    found: set[str] = set()
    for text in files:
        with suppress(yaml.YAMLError, RecursionError):
            waiting = [(yaml.compose(text, Loader=_LOADER), False)]
            while waiting:
                node, secret = waiting.pop()
                if isinstance(node, yaml.MappingNode):
                    waiting += [
                        (value, secret or bool(SECRET_NAME.search(str(key.value))))
                        for key, value in node.value
                    ]
                elif isinstance(node, yaml.SequenceNode):
                    waiting += [(each, secret) for each in node.value]
                elif secret and node is not None and node.tag not in _NO_SECRETS:
                    found.add(str(node.value))
    return found


def mistake(files: Iterable[tuple[str, bytes]]) -> str:
    """The first of these YAML files (path, content) that is none, its line and what is wrong."""
    for path, data in files:
        try:
            for _ in yaml.parse(data, Loader=_LOADER):
                pass
        except yaml.MarkedYAMLError as wrong:
            mark = wrong.problem_mark or wrong.context_mark
            said = ", ".join(each for each in (wrong.context, wrong.problem) if each)
            return f"{path}:{mark.line + 1 if mark else 1}: {said}"
        except (yaml.YAMLError, UnicodeDecodeError) as wrong:
            return f"{path}: {' '.join(str(wrong).split())}"
    return ""
