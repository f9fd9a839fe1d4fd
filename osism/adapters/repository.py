"""The configuration repository's ``netbox/`` folder: collections, state definitions, templates.

Layout::

    netbox/<collection>/<device>/<state>.yaml   the device's definition in that state
    netbox/<collection>/<state>.yaml            values for every device of the collection
    netbox/templates/*.j2                       switch configurations
    netbox/device-types/**.yaml                 device types, in the device type library's format
    netbox/resources/*.yaml                     sites, racks, devices to import
"""

from __future__ import annotations

import math
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from osism.domain.definitions import (
    Definitions,
    DeviceDefinition,
    Located,
    Place,
    PortDefinition,
    check_claims,
    device_definition,
    merged,
    plain,
)
from osism.domain.errors import Invalid, Misconfigured, NotFound
from osism.domain.inventory import Port
from osism.domain.names import checked, nearest
from osism.domain.transitions import NEW

if TYPE_CHECKING:
    from osism.adapters.templates import Templates
    from osism.domain.intents import SwitchIntent
    from osism.domain.inventory import Device

#: Folders of ``netbox/`` that are no collections.
RESERVED = ("templates", "device-types", "resources")
#: A state definition is a page of text; anything near these is a mistake, or meant to fill the
#: memory: bytes of a file, values in it once its aliases are unfolded, levels of nesting.
LARGEST = 4 * 1024 * 1024
_MOST_VALUES = 200_000
_DEEPEST = 32

_Version = tuple[int, ...]
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class FileRepository:
    """The repository in a directory (the checkout that the site mounts)."""

    def __init__(self, directory: Path) -> None:
        self.root = directory
        self.netbox = directory / "netbox"
        self._texts: dict[Path, tuple[_Version, str]] = {}
        self._states: dict[Path, tuple[object, tuple[DeviceDefinition, ...]]] = {}

    @cached_property
    def _templates(self) -> Templates:
        from osism.adapters.templates import Templates  # jinja2 is loaded by those who render

        return Templates(self.netbox / "templates")

    # --- collections and definitions ---------------------------------------------------------

    def collections(self) -> Mapping[str, Sequence[str]]:
        if not self.netbox.is_dir():
            raise Misconfigured(
                f"no folder {self.netbox}; OSISM_CONFIGURATION names the configuration repository"
            )
        return {
            folder.name: [each.name for each in self._folders(folder)]
            for folder in self._folders(self.netbox)
            if folder.name not in RESERVED
        }

    def _folders(self, path: Path) -> list[Path]:
        try:
            return sorted(
                each for each in path.iterdir() if not each.name.startswith(".") and each.is_dir()
            )
        except OSError as failure:
            raise Misconfigured(
                f"{self._shown(path)}: cannot be read: {failure.strerror}"
            ) from failure

    def definitions(self, folder: str) -> Definitions:
        checked("device", folder)
        homes = self._homes(folder)
        if not homes:
            known = [name for names in self.collections().values() for name in names]
            raise NotFound(
                f"the configuration repository has no device {folder!r}{nearest(folder, known)}"
            )
        if len(homes) > 1:
            where = ", ".join(sorted(map(self._shown, homes)))
            raise Invalid(
                f"device {folder!r} is in {len(homes)} collections ({where}); it can be in one"
            )
        home = homes[0]
        states = {each.stem: self._state(home, each) for each in _definition_files(home)}
        if not states:
            raise NotFound(f"{self._shown(home)} holds no state definition (<state>.yaml)")
        if NEW in states:
            raise Invalid(
                f"{self._shown(home)}/{NEW}.yaml: state {NEW!r} is reserved for new devices"
            )
        result = Definitions(home.parent.name, folder, states)
        self._check_elsewhere(home, result)
        return result

    def _homes(self, device: str) -> list[Path]:
        """The folders of a device: more than one is a mistake."""
        return [
            each
            for each in self.netbox.glob(f"*/{device}")
            if each.is_dir()
            and each.parent.name not in RESERVED
            and not each.parent.name.startswith(".")
        ]

    def _state(self, home: Path, file: Path) -> Mapping[str, DeviceDefinition]:
        """The devices of one state file, with the collection's values below them."""
        document = self._load(file)
        if not isinstance(document.value, dict) or home.name not in document.value:
            raise Invalid(
                f"{document.place}: a mapping with the key {home.name!r} is wanted, "
                "as the folder says"
            )
        base = self._common(home.parent / file.name)
        found = {}
        for device, entry in document.value.items():
            # An empty entry says nothing of its own.
            both = base if entry.value is None else merged(base, entry)
            found[device] = device_definition(device, file.stem, Located(both.value, entry.place))
            if device != home.name and (own := self._homes(device)):
                raise Invalid(
                    f"{entry.place}: device {device!r} has a folder of its own "
                    f"({self._shown(own[0])}); it can be defined in one place"
                )
        check_claims(found.values())
        return found

    def _common(self, file: Path) -> Located:
        """The values for every device of a collection."""
        if not (file.exists() or file.is_symlink()):  # a link to nowhere is a mistake
            return Located({}, Place(self._shown(file), 1))
        base = self._load(file)
        if base.value is not None and not isinstance(base.value, dict):
            raise Invalid(f"{base.place}: a mapping from interfaces to their values is wanted")
        return Located(base.value or {}, base.place)

    def _check_elsewhere(self, home: Path, mine: Definitions) -> None:
        """Refuse a device that another folder defines too, and a port that a definition of another
        folder claims in the same state.

        Of the other files only those are parsed whose text has the names in question: a site can
        have thousands, and a conflict is rare. What cannot be read there is told to whoever asks
        for that device; it shall not stop this one.
        """
        keys = re.compile(rf"{_words(mine.devices)}[\"']?\s*:")
        ports = {state: _by_device(devices.values()) for state, devices in mine.states.items()}
        for file, text, common in self._elsewhere(home):
            if any(device in text for device in mine.devices) and keys.search(text):
                self._check_devices(mine, file)
            text += common
            if any(
                device in text and interfaces.search(text)
                for device, interfaces in ports.get(file.stem, {}).items()
            ):
                theirs = self._state_elsewhere(file)
                check_claims((*mine.states[file.stem].values(), *theirs))

    def _elsewhere(self, home: Path) -> Iterator[tuple[Path, str, str]]:
        """Every definition file outside of *home*, its text, and its collection's for the state."""
        for collection in self.collections():
            common: dict[str, str] = {}
            for other in self._folders(self.netbox / collection):
                for file in _definition_files(other) if other != home else ():
                    if file.name not in common:
                        common[file.name] = self._text(self.netbox / collection / file.name)
                    yield file, self._text(file), common[file.name]

    def _check_devices(self, mine: Definitions, file: Path) -> None:
        try:
            document = self._load(file).value
        except Invalid:
            return
        for device in mine.devices if isinstance(document, dict) else ():
            if device in document:
                first = next(each[device] for each in mine.states.values() if device in each)
                raise Invalid(
                    f"{document[device].place}: device {device!r} is defined at {first.place} "
                    "already; it can be defined in one place"
                )

    def _state_elsewhere(self, file: Path) -> Sequence[DeviceDefinition]:
        """The definitions in a file of another folder, read again when something changed."""
        home = file.parent
        version = (_version(file), _version(home.parent / file.name))
        known = self._states.get(file)
        if known is None or known[0] != version:
            try:
                known = version, tuple(self._state(home, file).values())
            except Invalid:
                known = version, ()
            self._states[file] = known
        return known[1]

    # --- YAML with places ---------------------------------------------------------------------

    def _load(self, file: Path) -> Located:
        shown = self._shown(file)
        text = self._read(file)
        if odd := _CONTROL.search(text):
            line = text.count("\n", 0, odd.start()) + 1
            raise Invalid(f"{shown}:{line}: not valid YAML: a control character ({odd[0]!r})")
        try:
            return _Reader(shown, text).document()
        except yaml.MarkedYAMLError as mistake:
            mark = mistake.problem_mark or mistake.context_mark
            line = mark.line + 1 if mark else 1
            raise Invalid(f"{shown}:{line}: not valid YAML: {mistake.problem}") from None

    def _read(self, file: Path) -> str:
        shown = self._shown(file)
        try:
            if not file.resolve().is_relative_to(self.root.resolve()):
                raise Invalid(f"{shown}: leads out of the configuration repository")
            known = file.stat()
            if not stat.S_ISREG(known.st_mode):
                raise Invalid(f"{shown}: not a file")
            if known.st_size > LARGEST:
                raise Invalid(f"{shown}: larger than {LARGEST // 1024**2} MiB")
            return file.read_text(encoding="utf-8")
        except UnicodeDecodeError as mistake:
            raise Invalid(f"{shown}: not UTF-8 at byte {mistake.start}") from None
        except (OSError, RuntimeError) as failure:  # RuntimeError: links in a circle, until 3.12
            reason = getattr(failure, "strerror", None) or failure
            raise Misconfigured(f"{shown}: cannot be read: {reason}") from failure

    def _text(self, file: Path) -> str:
        """The text of a file to search in, read again when it changed; empty without one."""
        version = _version(file)
        known = self._texts.get(file)
        if known is None or known[0] != version:
            try:
                known = version, self._read(file) if version else ""
            except (Invalid, Misconfigured):
                known = version, ""
            self._texts[file] = known
        return known[1]

    def _shown(self, path: Path) -> str:
        return str(path.relative_to(self.root))

    # --- templates ----------------------------------------------------------------------------

    def template(self, candidates: Sequence[str]) -> str:
        return self._templates.choose(candidates)

    def render(self, template: str, intent: SwitchIntent, device: Device) -> str:
        return self._templates.render(template, intent, device)

    # --- what is imported ---------------------------------------------------------------------

    def documents(self, paths: Sequence[str] = ()) -> Iterator[tuple[str, Any]]:
        """Yield (file, YAML value) of device types and resources, in the order to import them.

        *paths* are files or folders below the repository, or below ``netbox/``; without any, all
        device types, then all resources by name.
        """
        for path in paths or ("device-types", "resources"):
            chosen = self._below(path, must=bool(paths))
            if chosen is None:
                continue
            files = [chosen] if chosen.is_file() else sorted(chosen.rglob("*.y*ml"))
            for file in files:
                yield self._shown(file), plain(self._load(file))

    def _below(self, path: str, must: bool) -> Path | None:
        for base in (self.netbox, self.root):
            try:
                chosen = (base / path).resolve()
                if not chosen.is_relative_to(self.root.resolve()):
                    raise Invalid(f"{path!r} leads out of the configuration repository")
                if chosen.exists():
                    return self.root / chosen.relative_to(self.root.resolve())
            except (OSError, RuntimeError, ValueError):  # too long, a circle of links, a NUL
                continue
        if must:
            raise NotFound(f"the configuration repository has no {path!r}")
        return None


class _Reader:
    """Reads YAML as :class:`Located`, event by event.

    Refuses what a loader would let through, or break on: a key that stands twice, tags that make
    objects, aliases that unfold to more values than any real file has, nesting without end (which
    overflows the stack of libyaml's own composer and would take the worker with it).
    """

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.events = iter(yaml.parse(text, Loader=_Loader))
        self.left = _MOST_VALUES
        self.reached = 0  # the deepest level so far
        self.anchors: dict[str, tuple[Located, int, int]] = {}  # with how many values and levels

    def document(self) -> Located:
        next(self.events)  # the stream begins
        place = Place(self.file, 1)
        if isinstance(next(self.events), yaml.StreamEndEvent):
            return Located(None, place)
        root = self._value(next(self.events), place, 1)
        next(self.events)  # the document ends
        more = next(self.events)
        if not isinstance(more, yaml.StreamEndEvent):
            raise Invalid(f"{self._place(more)}: a file holds one document")
        return root

    def _value(self, event: Any, place: Place, depth: int) -> Located:
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, place, depth)
        left, reached, self.reached = self.left, self.reached, depth
        self._count(1, depth, place)
        value: Any
        if isinstance(event, yaml.MappingStartEvent):
            self._check_tag(event, "map")
            value = self._mapping(depth)
        elif isinstance(event, yaml.SequenceStartEvent):
            self._check_tag(event, "seq")
            items = self._until(yaml.SequenceEndEvent)
            value = [self._value(each, self._place(each), depth + 1) for each in items]
        else:
            value = self._scalar(event)
        found = Located(value, place)
        if event.anchor:
            levels = self.reached - depth + 1
            self.anchors[event.anchor] = (found, left - self.left, levels)
        self.reached = max(self.reached, reached)
        return found

    def _alias(self, event: Any, place: Place, depth: int) -> Located:
        if event.anchor not in self.anchors:
            raise Invalid(f"{self._place(event)}: nothing is named &{event.anchor} before this")
        found, values, levels = self.anchors[event.anchor]
        self._count(values, depth + levels - 1, place)
        return Located(found.value, place)

    def _count(self, values: int, depth: int, place: Place) -> None:
        self.left -= values
        if self.left < 0:
            raise Invalid(f"{place}: too large once its aliases are unfolded")
        self.reached = max(self.reached, depth)
        if depth > _DEEPEST:
            raise Invalid(f"{place}: nested more than {_DEEPEST} levels deep")

    def _mapping(self, depth: int) -> dict[Any, Located]:
        found: dict[Any, Located] = {}
        for event in self._until(yaml.MappingEndEvent):
            place = self._place(event)
            if not isinstance(event, yaml.ScalarEvent):
                raise Invalid(f"{place}: a key is a name or a number")
            if event.value == "<<" and event.implicit[0]:
                raise Invalid(
                    f"{place}: '<<' is not supported here; use an alias for the whole value"
                )
            key = self._scalar(event)
            if key in found:
                raise Invalid(
                    f"{place}: {key!r} stands twice (first in line {found[key].place.line})"
                )
            found[key] = self._value(next(self.events), place, depth + 1)
        return found

    def _until(self, end: type) -> Iterator[Any]:
        while not isinstance(event := next(self.events), end):
            yield event

    def _check_tag(self, event: Any, kind: str) -> None:
        if event.tag not in (None, "!", f"{_STANDARD}{kind}"):
            raise Invalid(f"{self._place(event)}: the tag {event.tag} is not supported")

    def _scalar(self, event: Any) -> Any:
        tag = event.tag
        if tag in (None, "!"):
            tag = _SAFE.resolve(yaml.ScalarNode, event.value, event.implicit)
        kind = tag.removeprefix(_STANDARD)
        if kind not in _SCALARS:
            raise Invalid(f"{self._place(event)}: the tag {tag} is not supported")
        try:
            return _SCALARS[kind](yaml.ScalarNode(tag, event.value))
        except (ValueError, LookupError, OverflowError):
            raise Invalid(
                f"{self._place(event)}: {event.value!r:.60} is not a valid {kind}"
            ) from None

    def _place(self, event: Any) -> Place:
        return Place(self.file, event.start_mark.line + 1)


_STATE_FILE = re.compile(r"[A-Za-z0-9]{1,16}\.yaml")
_STANDARD = "tag:yaml.org,2002:"
_SAFE: Any = yaml.SafeLoader("")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")


def _finite(node: yaml.ScalarNode) -> float:
    value: float = _SAFE.construct_yaml_float(node)
    if not math.isfinite(value):
        raise ValueError(value)
    return value


def _as_written(node: yaml.ScalarNode) -> str:
    return str(node.value)


#: A date stays a text: that is what NetBox takes.
_SCALARS: Mapping[str, Callable[[yaml.ScalarNode], Any]] = {
    "null": lambda node: None,
    "bool": _SAFE.construct_yaml_bool,
    "int": _SAFE.construct_yaml_int,
    "float": _finite,
    "str": _as_written,
    "timestamp": _as_written,
    "value": _as_written,
}


def _definition_files(home: Path) -> list[Path]:
    return sorted(each for each in home.glob("*.yaml") if _STATE_FILE.fullmatch(each.name))


def _version(file: Path) -> _Version:
    """Differs when a file was changed; empty without a file."""
    try:
        now = file.stat()
    except OSError:
        return ()
    return now.st_ino, now.st_size, now.st_mtime_ns


def _by_device(definitions: Iterable[DeviceDefinition]) -> Mapping[str, re.Pattern[str]]:
    """For each device with a port that *definitions* claim, a pattern of these ports' names."""
    found: dict[str, set[str]] = {}
    for definition in definitions:
        for each in definition.of(PortDefinition):
            for port in (Port(definition.device, each.name), each.far):
                found.setdefault(port.device, set()).add(port.interface)
    return {device: re.compile(_words(interfaces)) for device, interfaces in found.items()}


def _words(words: Iterable[str]) -> str:
    """A pattern that finds any of *words* as a whole word."""
    return rf"(?<![\w/.-])(?:{'|'.join(re.escape(word) for word in sorted(words))})(?![\w/-])"
