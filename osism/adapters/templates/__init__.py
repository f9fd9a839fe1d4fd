"""Jinja2 templates that turn a switch's intent into its configuration.

Templates come from the configuration repository and run in a sandbox; what NetBox holds is only
ever a value in them, never a template. The sandbox keeps a template away from Python's insides and
from other files and stops the usual ways to fill the memory. It does not limit time.
"""

from __future__ import annotations

import stat
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from jinja2 import BaseLoader, Environment, TemplateError, TemplateNotFound, TemplateSyntaxError

from osism.adapters.templates.sandbox import Sandbox
from osism.domain.errors import Invalid, NotFound
from osism.domain.intents import SwitchIntent, one_line
from osism.domain.inventory import Device

LIMIT = 16 * 1024 * 1024  #: characters that a configuration can have
#: Templates that come with the product, one per driver that has a language of its own.
SHIPPED = Path(__file__).with_name("shipped")
_SOURCE_LIMIT = 1024 * 1024  # bytes of one template


@dataclass(frozen=True)
class Facts:
    """What a template can know of the device beside its intent.

    Nothing in here changes in the course of a transition: the same intent gives the same text.
    """

    name: str
    role: str
    site: str
    rack: str
    model: str
    manufacturer: str
    platform: str
    management: str

    @classmethod
    def of(cls, device: Device) -> Facts:
        return cls(**{each.name: one_line(getattr(device, each.name)) for each in fields(cls)})


class Templates:
    """The templates in one directory, and behind them those that come with the product.

    A template of the site's takes the place of a shipped one of its name, and reaches that one as
    ``shipped/<name>``, to extend it.
    """

    def __init__(self, directory: Path | str) -> None:
        self._directory = Path(directory)
        self._environment = Sandbox(_Confined(self._directory))

    def choose(self, candidates: Sequence[str]) -> str:
        """The first of *candidates* (names relative to the directory) that is a template there.

        Raises :class:`NotFound`, naming the candidates.
        """
        for name in candidates:
            if _find(self._directory, name) or _find(SHIPPED, name):
                return name
        tried = ", ".join(repr(each) for each in candidates) or "none was named"
        raise NotFound(f"no such template in {self._directory}: {tried}")

    def render(self, name: str, intent: SwitchIntent, device: Device) -> str:
        """The configuration of *device*: text of at most 16 MiB that ends in one line feed.

        The template sees ``intent`` and ``device`` (see :class:`Facts`). Raises :class:`NotFound`
        for an unknown template, and :class:`Invalid` with file and line when the template is
        wrong, uses an undefined name, or does what the sandbox forbids.
        """
        self.choose([name])
        _require_plain(intent, f"switch {intent.name!r}")
        try:
            template = self._environment.get_template(name)
            pieces = template.generate(intent=intent, device=Facts.of(device))
            text = "".join(_bounded(pieces))
        except Exception as error:  # whatever a template does is the template's mistake
            raise Invalid(self._explain(name, error)) from error
        return text.rstrip("\n") + "\n"

    def _explain(self, name: str, error: Exception) -> str:
        where = f"template {name}"
        if isinstance(error, TemplateSyntaxError):
            where = f"template {error.name or name}, line {error.lineno}"
        else:
            for frame in traceback.extract_tb(error.__traceback__):
                path = Path(frame.filename)
                for directory in (self._directory, SHIPPED):
                    if path.is_relative_to(directory):
                        inside = path.relative_to(directory).as_posix()
                        where = f"template {inside}, line {frame.lineno}"
        if isinstance(error, TemplateNotFound):
            return f"{where}: no such template in the directory: {error.message!r}"
        text = one_line(str(error))[:300]
        if isinstance(error, (TemplateError, _TooLong)):
            return f"{where}: {text}"
        return f"{where}: {type(error).__name__}: {text}"


class _TooLong(Exception):
    pass


class _Confined(BaseLoader):
    """Loads templates from one directory and the shipped ones, and from nowhere else, whatever
    links lead out of them."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str, Callable[[], bool]]:
        within, path = self._directory, _find(self._directory, template)
        if path is None:
            within, path = SHIPPED, _find(SHIPPED, template.removeprefix("shipped/"))
        if path is None:
            raise TemplateNotFound(template)
        if path.stat().st_size > _SOURCE_LIMIT:
            raise TemplateError(f"{template} is larger than 1 MiB")
        seen = _version(path)
        try:
            source = path.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise TemplateError(f"{template} is not UTF-8 text") from error
        name = (within / template.removeprefix("shipped/")).as_posix()
        return source, name, lambda: _version(path) == seen


def _find(directory: Path, name: str) -> Path | None:
    """The regular file *name* inside *directory*, None when there is none."""
    parts = PurePosixPath(name)
    if not name or "\0" in name or "\\" in name or parts.is_absolute() or ".." in parts.parts:
        return None
    try:
        path = (directory / parts).resolve(strict=True)
        inside = path.is_relative_to(directory.resolve(strict=True))
        return path if inside and stat.S_ISREG(path.stat().st_mode) else None
    except (OSError, RuntimeError):  # missing, unreadable, or a loop of links
        return None


def _version(path: Path) -> tuple[int, int, int] | None:
    try:
        now = path.stat()
    except OSError:
        return None
    return now.st_ino, now.st_size, now.st_mtime_ns


def _bounded(pieces: Iterator[str]) -> Iterator[str]:
    length = 0
    for piece in pieces:
        length += len(piece)
        if length > LIMIT:
            raise _TooLong(f"the text is longer than {LIMIT} characters")
        yield piece


def _require_plain(value: Any, where: str) -> None:
    """Refuse text with control characters: a line feed in the name of an interface would become
    a line of the configuration."""
    if isinstance(value, str) and not value.isprintable():
        raise Invalid(f"{where}: {value!r} contains a line break or another control character")
    if isinstance(value, (tuple, list)):
        for each in value:
            _require_plain(each, where)
    elif is_dataclass(value):
        for each in fields(value):
            _require_plain(getattr(value, each.name), f"{where}, {each.name}")
