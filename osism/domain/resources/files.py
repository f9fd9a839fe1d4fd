"""From files to resources, checked as far as the files alone can tell."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, NoReturn

from osism.domain.errors import Invalid
from osism.domain.names import nearest
from osism.domain.resources.forms import Form
from osism.domain.resources.kinds import (
    ASSIGNED,
    COMPONENTS,
    DEVICE_TYPE,
    KINDS,
    MANUFACTURER,
    Kind,
)


@dataclass(frozen=True)
class Resource:
    """An object as a file wants it, checked as far as the file alone can tell.

    References are names still. ``initial`` are values for an object that does not exist yet.
    ``implied``: it is only there because another one refers to it; one that exists is left alone.
    """

    kind: Kind
    values: Mapping[str, Any]
    place: str
    initial: Mapping[str, Any] = field(default_factory=dict)
    implied: bool = False

    @property
    def called(self) -> str:
        return self.kind.called(self.values)

    def fail(self, what: str, name: str = "") -> NoReturn:
        raise Invalid(f"{self.where(name)}: {what}")

    def where(self, name: str = "") -> str:
        """File, entry, object and field, for messages."""
        return f"{self.place} ({self.kind.words} {self.called!r}){f', {name}' if name else ''}"


def read(documents: Iterable[tuple[str, Any]]) -> list[Resource]:
    """The resources of files, given as (file, value of its YAML).

    A list is a resource file, a mapping a device type. Raises :class:`Invalid` naming the file and
    the entry for an unknown kind or field, a missing key, a value of the wrong type.
    """
    found: list[Resource] = []
    for file, document in documents:
        if isinstance(document, list):
            found += (_entry(f"{file}, entry {n}", each) for n, each in enumerate(document, 1))
        elif isinstance(document, dict) and {"manufacturer", "model", "slug"} & set(document):
            found += _device_type(file, document)
        elif document is not None:
            raise Invalid(
                f"{file}: neither resources (a list, as in '- site: {{name: …, slug: …}}') nor a "
                "device type (a mapping with manufacturer, model and slug)"
            )
    return found


def _entry(place: str, entry: Any) -> Resource:
    if not isinstance(entry, dict) or len(entry) != 1:
        raise Invalid(f"{place}: a mapping with one key, the kind, is wanted")
    ((name, values),) = entry.items()
    if name not in KINDS:
        known = ", ".join(sorted(KINDS))
        raise Invalid(f"{place}: unknown kind {name!r}{nearest(str(name), KINDS)} (known: {known})")
    return _resource(KINDS[name], place, values)


def _resource(kind: Kind, place: str, values: Any, lenient: bool = False) -> Resource:
    """*lenient*: fields that are not in the table are left out, not refused."""
    if not isinstance(values, dict):
        raise Invalid(f"{place}: {kind.words}: a mapping of its fields is wanted")
    for part in kind.key:
        if values.get(part) is None:
            raise Invalid(f"{place}: {kind.words}: {part} is missing")
    raw = Resource(kind, values, place)
    known = {
        name: _checked(raw, name, kind.fields[name], value)
        for name, value in values.items()
        if _known(raw, name, lenient)
    }
    return _completed(replace(raw, values=MappingProxyType(known)))


def _known(resource: Resource, name: object, lenient: bool) -> bool:
    fields = resource.kind.fields
    if name not in fields and not lenient:
        listed = ", ".join(fields)
        resource.fail(f"unknown field{nearest(str(name), fields)} (known: {listed})", str(name))
    return name in fields


def _checked(resource: Resource, name: str, form: Form, value: Any) -> Any:
    if value is None:
        resource.fail(f"is empty; {form.right} is wanted, or leave it out", name)
    if not form.check(value):
        resource.fail(f"{value!r} is not {form.right}", name)
    return form.keep(value)


def _completed(resource: Resource) -> Resource:
    """What only some kinds need."""
    values = resource.values
    if resource.kind.name in ASSIGNED and ("device" in values) != ("interface" in values):
        missing = "interface" if "device" in values else "device"
        resource.fail("is missing; an address belongs to an interface of a device", missing)
    if resource.kind.name == "device" and "position" in values and "face" not in values:
        # NetBox refuses a position without a face.
        return replace(resource, initial=MappingProxyType({"face": "front"}))
    return resource


def _device_type(file: str, document: Mapping[str, Any]) -> Iterator[Resource]:
    """A device type of the library: its maker, itself, its parts."""
    made = _resource(DEVICE_TYPE, file, document, lenient=True)
    maker = made.values.get("manufacturer")
    if maker is None:
        made.fail("is missing", "manufacturer")
    yield Resource(
        MANUFACTURER,
        MappingProxyType({"slug": slugified(maker)}),
        file,
        MappingProxyType({"name": maker}),
        implied=True,
    )
    yield made
    for key, kind in COMPONENTS.items():
        parts = document.get(key) or []
        if not isinstance(parts, list) or not all(isinstance(each, dict) for each in parts):
            made.fail("a list of mappings is wanted", key)
        for each in parts:
            values = {**each, "device_type": made.values["slug"]}
            yield _resource(kind, f"{file}, {key}", values, lenient=True)


def slugified(name: str) -> str:
    """As the device type library's own import makes slugs of makers."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
