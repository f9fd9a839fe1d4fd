"""How an object kind is described: its fields, what they hold, and what they refer to.

A kind is data. Storage (tables, links, cascades), REST (shapes, validation), filters and GraphQL
types are all read from it, so that a field is written down once.
"""

from __future__ import annotations

import enum
import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from osism.lab.netbox.choices import Choices


class Form(enum.Enum):
    """What a field holds, and so how it is stored and shown."""

    TEXT = enum.auto()
    INTEGER = enum.auto()
    DECIMAL = enum.auto()  # a number in REST, a text with fixed places in GraphQL
    BOOLEAN = enum.auto()
    CHOICE = enum.auto()  # stored as its value, read as {"value", "label"}
    TIME = enum.auto()
    JSON = enum.auto()
    TYPES = enum.auto()  # a list of object types: ["dcim.device"]
    REFERENCE = enum.auto()  # one object of one kind
    GENERIC = enum.auto()  # one object of one of several kinds: <name>_type, <name>_id, <name>
    MANY = enum.auto()  # a set of objects, kept in a link table
    COUNT = enum.auto()  # how many objects refer to this one
    COMPUTED = enum.auto()  # worked out by a function of `represent`
    FIXED = enum.auto()  # a field of NetBox that the lab always answers with the same value

    @property
    def stored(self) -> bool:
        return self not in (Form.MANY, Form.COUNT, Form.COMPUTED, Form.FIXED)


class Gone(enum.Enum):
    """What becomes of an object when the object it refers to is deleted."""

    CASCADE = "CASCADE"
    PROTECT = "NO ACTION"  # refused, and the dependents are named
    NULL = "SET NULL"


@dataclass(frozen=True, eq=False)
class Field:
    name: str
    form: Form
    required: bool = False
    null: bool = False
    blank: bool = True
    unique: bool = False
    readonly: bool = False
    hidden: bool = False  # kept and shown in GraphQL, but not in REST
    default: Any = None
    length: int | None = None
    low: float | None = None
    high: float | None = None
    places: int = 2
    rule: str = ""  # a check of `texts` (slug, color, mac, ...) or of `accept` (object, pairs)
    choices: Choices | None = None
    to: tuple[str, ...] = ()
    gone: Gone = Gone.PROTECT
    back: str = ""  # what the referred object calls the objects that refer to it
    form_of: str = "brief"  # how a referred object is shown: brief, nested, id or key
    filters: str = "both"  # which filters it gives: both (name and name_id), id, key, none

    @functools.cached_property
    def columns(self) -> tuple[str, ...]:
        """Its columns, which are also the names it is written under."""
        if self.form is Form.GENERIC:
            return (f"{self.name}_type", f"{self.name}_id")
        return (self.name,) if self.form.stored else ()


@dataclass(frozen=True, slots=True)
class Unique:
    """Fields that may hold the same values only once.

    `alone` is what NetBox says when the last but one is empty; without it an empty value equals
    none. `fold` compares the last without regard to case.
    """

    fields: tuple[str, ...]
    alone: str = ""
    fold: bool = False


@dataclass(frozen=True, eq=False)
class Kind:
    """One kind of object. `name` is its table and its GraphQL field; `model` NetBox's name."""

    name: str
    model: str
    endpoint: str  # dcim/devices
    verbose: str  # as it appears in messages: IP address
    fields: tuple[Field, ...]
    brief: tuple[str, ...] = ("name", "slug", "description")
    order: tuple[str, ...] = ("name",)
    search: tuple[str, ...] = ("name", "slug", "description")
    unique: tuple[Unique, ...] = ()
    title: str = "name"  # the field that is shown as its display
    key: str = ""  # the field by which filters of other kinds name it: its slug or name
    sequential: bool = False  # a list is created one by one: the first error is the answer
    paths: Mapping[str, str] = field(default_factory=dict)  # further filters, as paths

    @property
    def app(self) -> str:
        return self.endpoint.partition("/")[0]

    @property
    def object_type(self) -> str:
        return f"{self.app}.{self.model.lower()}"

    @property
    def graphql(self) -> str:
        return f"{self.model}Type"

    @property
    def handle(self) -> str:
        return self.key or ("slug" if self.has("slug") else "name")

    @functools.cached_property
    def by_name(self) -> Mapping[str, Field]:
        return {one.name: one for one in self.fields}

    def has(self, name: str) -> bool:
        return name in self.by_name


def text(name: str, length: int = 200, *, required: bool = False, **more: Any) -> Field:
    """A text: never null unless told, empty unless required."""
    given = {"default": None if required or more.get("null") else "", **more}
    return Field(name, Form.TEXT, required=required, blank=not required, length=length, **given)


def slug(unique: bool = True) -> Field:
    return text("slug", 100, required=True, rule="slug", unique=unique)


def integer(name: str, low: float = 0, high: float = 2147483647, **more: Any) -> Field:
    return Field(name, Form.INTEGER, **{"null": True, "low": low, "high": high, **more})


def decimal(name: str, places: int = 2, **more: Any) -> Field:
    return Field(name, Form.DECIMAL, places=places, **{"null": True, **more})


def flag(name: str, default: bool = False, **more: Any) -> Field:
    return Field(name, Form.BOOLEAN, default=default, **more)


def choice(name: str, choices: Choices, default: Any = None, **more: Any) -> Field:
    """A choice. Without a default it may be empty, unless it is required."""
    required = more.get("required", False)
    more |= {"null": default is None and not required, "blank": not default and not required}
    return Field(name, Form.CHOICE, choices=choices, default=default, **more)


def ref(name: str, to: str, back: str = "", gone: Gone = Gone.PROTECT, **more: Any) -> Field:
    null = not more.get("required")
    return Field(name, Form.REFERENCE, to=(to,), back=back, gone=gone, null=null, **more)


def many(name: str, to: str, back: str = "", **more: Any) -> Field:
    return Field(name, Form.MANY, to=(to,), back=back, filters="none", **more)


def generic(name: str, to: tuple[str, ...], back: str, **more: Any) -> Field:
    more = {"null": True, "gone": Gone.CASCADE, **more}
    return Field(name, Form.GENERIC, to=to, back=back, **more)


def json(name: str, **more: Any) -> Field:
    return Field(name, Form.JSON, **{"null": True, "filters": "none", **more})


def types(name: str, **more: Any) -> Field:
    return Field(name, Form.TYPES, filters="none", **more)


def count(name: str, relation: str = "") -> Field:
    return Field(name, Form.COUNT, readonly=True, back=relation, filters="none")


def computed(*names: str) -> tuple[Field, ...]:
    return tuple(Field(name, Form.COMPUTED, readonly=True, filters="none") for name in names)


def fixed(*names: str, value: Any = None) -> tuple[Field, ...]:
    return tuple(
        Field(name, Form.FIXED, readonly=True, default=value, filters="none") for name in names
    )


# What many kinds have in common

HEAD = computed("url", "display_url", "display")
TIMES = (
    Field("created", Form.TIME, readonly=True, null=True),
    Field("last_updated", Form.TIME, readonly=True, null=True),
)
TAIL = (
    many("tags", "tag", form_of="nested"),
    json("custom_fields", null=False, default={}),
    *TIMES,
)
NAME = text("name", 100, required=True, unique=True)
NAME_SLUG = (NAME, slug())
DESCRIPTION = text("description")
COMMENTS = text("comments", 100000, filters="none")
COLOR = text("color", 6, default="9e9e9e", rule="color")
TENANT = ref("tenant", "tenant")
ORDER = text("_name", 100, readonly=True, hidden=True, filters="none")
PLACE = (decimal("latitude", 6, low=-90, high=90), decimal("longitude", 6, low=-180, high=180))
