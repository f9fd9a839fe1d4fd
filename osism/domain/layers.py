"""Layers of an Ansible inventory: how files of several origins become one.

INI files keep their lines where they are, so that whatever Ansible says about a line is true of the
file that somebody wrote. What Ansible does by itself (sections of several files become one, the
later file's value wins) is left to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from osism.domain.errors import Invalid
from osism.domain.hosts import NetboxHost
from osism.domain.names import nearest

#: Its sections replace those of every other file but these.
OVERWRITE = "99-overwrite"
KEPT = frozenset(("20-roles", "20-netbox"))
#: The file of NetBox's hosts.
NETBOX = "20-netbox"
#: Endings of files with variables that Ansible reads, and of inventory files in YAML.
VARIABLES = ("", ".yml", ".yaml", ".json")
YAML = (".yml", ".yaml", ".json")
#: Names in an inventory folder that are no inventory files, as Ansible has it by default.
_IGNORED = re.compile(
    r"^\.|^(host_vars|group_vars|vars_plugins)$|~$"
    r"|\.(pyc|pyo|swp|bak|rpm|md|txt|rst|orig|cfg|retry|example)$"
)
_HEADER = re.compile(r"\[([^:\]\s]+)(?::(\w+))?\]\s*(?:\#.*)?")


@dataclass(frozen=True)
class File:
    """An inventory file: its *layer*, its name, its text, and its path for people."""

    layer: str
    name: str
    text: str
    path: str

    @property
    def yaml(self) -> bool:
        """Whether it is kept as it is."""
        return PurePosixPath(self.name).suffix in YAML or self.text.startswith(("---", "#!"))


@dataclass(frozen=True)
class Section:
    """``[group:kind]`` and the lines below it, verbatim; the first of a file may have no header.

    *line* is the number of its header.
    """

    group: str
    kind: str
    lines: tuple[str, ...]
    line: int = 1

    @property
    def members(self) -> Iterator[tuple[int, str]]:
        """What stands in it, without comments: number of the line, first word."""
        start = 1 if self.group else 0
        for number, line in enumerate(self.lines[start:], self.line + start):
            if (said := line.strip()) and not said.startswith(("#", ";")):
                yield number, said.split()[0]


def counts(name: str) -> bool:
    """Whether a file of an inventory folder is read."""
    return not _IGNORED.search(name)


def sections(text: str) -> list[Section]:
    """The sections of an INI file; their lines one after the other are the text."""
    found = [("", "", 1)]
    lines: list[list[str]] = [[]]
    for number, line in enumerate(text.splitlines(keepends=True), 1):
        if header := _HEADER.fullmatch(line.strip()):
            found.append((header[1], header[2] or "", number))
            lines.append([])
        lines[-1].append(line)
    return [
        Section(group, kind, tuple(own), line)
        for (group, kind, line), own in zip(found, lines, strict=True)
        if group or own
    ]


def joined(parts: Iterable[Section]) -> str:
    """The text of the sections."""
    return "".join(line for part in parts for line in part.lines)


# --- the files of an inventory --------------------------------------------------------------------


def in_order(files: Iterable[File]) -> list[File]:
    """By number, then by the order of the layers (they stand in that order), then by name.

    Files without a number come last.
    """
    known = list(files)
    layers = {layer: at for at, layer in enumerate(dict.fromkeys(each.layer for each in known))}
    return sorted(known, key=lambda each: (*_number(each.name), layers[each.layer], each.name))


def _number(name: str) -> tuple[int, int]:
    digits = re.match(r"\d+", name)
    return (0, int(digits[0])) if digits else (1, 0)


def overwritten(files: Iterable[File]) -> list[File]:
    """The files without the sections that ``99-overwrite`` has; empty lines are in their place.

    Named as ``[group]`` or ``[group:children]``, both are removed; ``[group:vars]`` goes for
    itself.
    """
    known = list(files)
    named = {
        (part.group, part.kind == "vars")
        for each in known
        if each.name == OVERWRITE
        for part in sections(each.text)
        if part.group
    }
    return [each if _stays(each) else _without(each, named) for each in known]


def _stays(file: File) -> bool:
    return file.yaml or file.name == OVERWRITE or file.name in KEPT


def _without(file: File, named: set[tuple[str, bool]]) -> File:
    def kept(part: Section) -> Section:
        if part.group and (part.group, part.kind == "vars") in named:
            blank = tuple("\n" if line.endswith(("\n", "\r")) else "" for line in part.lines)
            return Section(part.group, part.kind, blank, part.line)
        return part

    text = joined(kept(part) for part in sections(file.text))
    return File(file.layer, file.name, text, file.path)


def groups(files: Iterable[File], also: Iterable[str] = ()) -> list[str]:
    """Every group that the INI files have a section of, or that generics refer to, sorted.

    A child has to be known before it is named: all of them are declared first. A site need not have
    each group that the generics know. For any other file a child that nobody declares, and that is
    not in *also*, is a mistake: :class:`Invalid`.
    """
    known = [(each, sections(each.text)) for each in files if not each.yaml]
    declared = {part.group for _, parts in known for part in parts if part.group}
    children = [
        (each, number, name)
        for each, parts in known
        for part in parts
        if part.kind == "children"
        for number, name in part.members
    ]
    declared |= {name for each, _, name in children if each.layer == "generics"}
    everything = declared | set(also) | {"all", "ungrouped"}
    for each, number, name in children:
        if name not in everything:
            raise Invalid(
                f"{each.path}:{number}: group {name!r} is in no inventory file"
                f"{nearest(name, everything)}"
            )
    return sorted(declared - {"all", "ungrouped"})


def declaration(names: Iterable[str]) -> str:
    """An INI file that says that these groups exist."""
    return "".join(f"[{name}]\n" for name in names)


# --- variables ------------------------------------------------------------------------------------

#: A file of variables: (layer, path below group_vars or host_vars).
Source = tuple[str, str]


def tree(sources: Iterable[Source], layers: Sequence[str]) -> dict[str, Source]:
    """Where the files of variables go: path below group_vars (or host_vars) -> its source.

    Ansible reads one file or one folder of a group (or host), the files of a folder in the order of
    their names. A group that one layer has in one form stays as it is; of any other every part
    gets a folder of its own, numbered, so that later layers win, and in one layer the folder over
    the file beside it.
    """
    parts: dict[str, dict[tuple[int, bool], list[Source]]] = {}
    for layer, path in sources:
        if name := entity(path):
            place = (layers.index(layer), "/" in path)
            parts.setdefault(name, {}).setdefault(place, []).append((layer, path))
    found: dict[str, Source] = {}
    for name, own in sorted(parts.items()):
        alone = len(own) == 1 and (next(iter(own))[1] or len(next(iter(own.values()))) == 1)
        for (at, folder), files in sorted(own.items()):
            prefix = f"{name}/{10 * (at + 1) + folder}-{layers[at]}/"
            for layer, path in sorted(files):
                inside = path.split("/", 1)[1] if folder else path
                found[path if alone else prefix + inside] = (layer, path)
    return found


def entity(path: str) -> str:
    """The group or host that a file of variables is about; empty for one that Ansible passes over.

    >>> entity("all/100-site.yml"), entity("node.1.yml"), entity("all/README.md")
    ('all', 'node.1', '')
    """
    *folders, name = path.split("/")
    suffix = PurePosixPath(name).suffix
    if any(each.startswith(".") or each.endswith("~") for each in (*folders, name)):
        return ""
    if folders:
        good = suffix in VARIABLES and not any(PurePosixPath(f).suffix for f in folders[1:])
        return folders[0] if good else ""
    # A host's name may have dots: its file has an ending, or none that looks like another one.
    if suffix in YAML:
        return name.removesuffix(suffix)
    return "" if suffix in (".md", ".txt", ".rst", ".orig", ".bak", ".swp", ".cfg") else name


# --- NetBox ---------------------------------------------------------------------------------------


def netbox_file(hosts: Iterable[NetboxHost]) -> str:
    """NetBox's hosts as an INI file: all of them, then the groups with theirs."""
    members: dict[str, list[str]] = {}
    known = sorted(hosts, key=lambda host: host.name)
    for each in known:
        for group in each.groups:
            members.setdefault(group, []).append(each.name)
    return "".join(f"{each.name}\n" for each in known) + "".join(
        f"\n[{group}]\n" + "".join(f"{name}\n" for name in own)
        for group, own in sorted(members.items())
    )


# --- what has changed -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Picture:
    """An inventory as far as a summary goes: of variables a text for each value, by the place they
    are of (``group control``, ``host node-1``)."""

    hosts: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    variables: Mapping[str, Mapping[str, str]] | None = None


def differences(old: Picture, new: Picture) -> dict[str, list[str]]:
    """What came, went and changed; names only, never values."""
    before, after = old.variables or {}, new.variables or {}
    variables = [
        f"{place}: {', '.join(changed)}"
        for place in sorted(before.keys() | after.keys())
        if (changed := _changed(before.get(place, {}), after.get(place, {})))
    ]
    found = {
        "hosts added": sorted(new.hosts - old.hosts),
        "hosts removed": sorted(old.hosts - new.hosts),
        "groups added": sorted(new.groups - old.groups),
        "groups removed": sorted(old.groups - new.groups),
        "variables changed": variables,
    }
    return {what: names for what, names in found.items() if names}


def _changed(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    names = before.keys() | after.keys()
    return sorted(name for name in names if before.get(name) != after.get(name))


def message(found: Mapping[str, Sequence[str]]) -> str:
    """A commit's message: one line for all, then a line for each kind of change."""
    counted = ", ".join(f"{len(names)} {what}" for what, names in found.items())
    lines = [f"{what}: {_shortened(names)}" for what, names in found.items()]
    return "\n".join([counted or "files rearranged", "", *lines]).strip() + "\n"


def _shortened(names: Sequence[str], most: int = 50) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return "; ".join(names[:most]) + more
