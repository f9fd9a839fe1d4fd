"""Secrets in texts: which names are secret, and data and output without what is secret in them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

#: What stands in the place of a secret.
MASK = "********"
#: Shorter values are in too many other words to be replaced wherever they appear.
SHORTEST = 6
#: Shorter lines of a value of several lines are left alone, for the same reason.
SHORTEST_LINE = 16

#: Names whose values are secret: the ending decides, so that ``password_length`` and
#: ``enable_token_auth`` are not. Use with ``search``.
SECRET_NAME = re.compile(
    r"""
    (?: (?:passw(?:or)?d|passphrase|secret|token|credential)s?
      | (?:^|[_\-.\s]) (?:pass|pwd|psk|kek)
      | (?-i:(?<=[a-z0-9])Pass)                                    # OpenStack's adminPass
      | (?:api|private|access|secret|encryption|crypto|signing|master|fernet|hmac|rndc|auth)
        [_\-]?keys?
    )
    (?:[_\-]?\d+)?\Z
    """,
    re.VERBOSE | re.IGNORECASE,
)

# Any PEM block but those that are public; one that is cut off counts to the end of the text.
_PEM = re.compile(
    r"-----BEGIN (?![^-\n]*(?:CERTIFICATE|PUBLIC|CRL|PARAMETERS))([^-\n]{1,60})-----"
    r".*?(?:-----END \1-----|\Z)",
    re.DOTALL,
)
_VAULTED = re.compile(r"\$ANSIBLE_VAULT;[^\n]*(?:\s+[0-9a-fA-F]+)*")
_URL_PASSWORD = re.compile(r"(://[^\s:/@]*:)[^\s/@]+@")

# Values that are no secret whatever their name is.
_SWITCHES = frozenset(("", "true", "false", "yes", "no", "on", "off", "none", "null", "~"))
_REFERENCE = re.compile(r"\{\{\s*[\w.\[\]'\"-]+\s*\}\}")


def masked(data: Any) -> Any:
    """Return nested JSON *data* with every secret replaced by :data:`MASK`.

    Secret are values of secret names (whatever is below them), private keys in PEM, vaulted texts
    and passwords in URLs. ``null``, booleans and what is empty stay: they say that nothing is set.
    """
    if isinstance(data, Mapping):
        return {name: _hidden(value, name) for name, value in data.items()}
    if isinstance(data, list | tuple):
        return [masked(each) for each in data]
    return _without_blocks(data) if isinstance(data, str) else data


def _hidden(value: Any, name: object) -> Any:
    if not (isinstance(name, str) and SECRET_NAME.search(name)):
        return masked(value)
    told = value is None or isinstance(value, bool)
    empty = isinstance(value, str | list | tuple | Mapping) and not value
    return value if told or empty else MASK


def _without_blocks(text: str) -> str:
    if "$ANSIBLE_VAULT;" in text:
        text = _VAULTED.sub(MASK, text)
    if "-----BEGIN " in text:
        text = _PEM.sub(MASK, text)
    return _URL_PASSWORD.sub(rf"\g<1>{MASK}@", text) if "://" in text else text


# Behind one of these words a configuration has a secret, to the end of the quotes or of the line.
_BEHIND = re.compile(
    r"""((?:^|[\s"'{;,_-]) (?:passw(?:or)?ds?|passphrase|secrets?|community|psk|pre-shared-key|
         wpa2?-pre-shared-key|(?:auth(?:entication)?|encryption|private|priv|key-string|key)
         [_-]?(?:key|string|password)) ["']? (?:[ \t]*[=:][ \t]*|[ \t]+))
        ("[^"\n]*"|'[^'\n]*'|[^\s"'][^\n]*)""",
    re.VERBOSE | re.IGNORECASE | re.MULTILINE,
)


def masked_configuration(text: str) -> str:
    """The configuration of a switch without what is behind words such as ``password``, without
    private keys and passwords in URLs."""
    return _BEHIND.sub(lambda found: found[1] + MASK, _without_blocks(text))


# --- arguments

# ``-e`` behind flags of ansible-playbook that take no value, and the abbreviations that its
# parser allows of ``--extra-vars``.
_SHORT = re.compile(r"-[hvCDkKbJ]*e(.*)", re.DOTALL)
_LONG = re.compile(r"--e(?:x(?:t(?:r(?:a(?:-(?:v(?:a(?:rs?)?)?)?)?)?)?)?)?(?:=(.*))?", re.DOTALL)
# What may have spaces in a word of ``k=v k2="v 2" k3={{ v3 }}``, by its first character.
_CLOSED = {
    '"': re.compile(r'"(?:\\.|[^"\\])*+"', re.DOTALL),
    "'": re.compile(r"'(?:\\.|[^'\\])*+'", re.DOTALL),
    "{": re.compile(r"\{\{.*?\}\}", re.DOTALL),
}
_PLAIN = re.compile(r"[^\s\"'{]+")
# A pair of YAML's inline form that is not JSON. Whatever stands in a text it takes a time that
# grows with its length only: a name is looked for at its first character alone.
_PAIR = re.compile(
    r"""((?<![\w.-])|["'])([\w.-]++)\1\s*+:(?:\s++|(?<=["']:)|(?=["'{\[]))"""
    r"""("(?:\\.|[^"\\])*"|'(?:''|[^'])*'|\{\{[^{}]*+\}\}|[^\s,}\]{\[][^,}\]]*|(?=[{\[]))"""
)


def secret_arguments(arguments: Sequence[str]) -> list[str]:
    """Names of the secret variables that Ansible's *arguments* carry in clear.

    Whatever names a file (``-e @secrets.yml``, ``--vault-password-file``) is fine, as are
    references (``-e password={{ vaulted }}``) and switches (``-e use_token=yes``).
    """
    found = (
        name
        for given in _extra_variables(arguments)
        for name, value in _variables(given)
        if _in_clear(name, value)
    )
    return list(dict.fromkeys(found))


def _extra_variables(arguments: Sequence[str]) -> Iterator[str]:
    following = False
    for argument in arguments:
        if following:
            following = False
            yield argument
        elif match := _LONG.fullmatch(argument) or _SHORT.fullmatch(argument):
            if match[1]:
                yield match[1].removeprefix("=")
            following = not match[1]


def _variables(given: str) -> Iterator[tuple[str, Any]]:
    given = given.strip()
    if given.startswith("@"):
        return
    if given.startswith(("{", "[")):
        yield from _inline(given)
        return
    for word in _words(given):
        name, separator, value = _unquoted(word).partition("=")
        if separator:
            value = _unquoted(value)
            yield name.strip(), value
            if value.startswith(("{", "[")) and not value.startswith("{{"):
                yield from _inline(value)


def _words(given: str) -> Iterator[str]:
    """The words of *given*; spaces in quotes and in ``{{ }}`` are parts of one."""
    at, begin, unclosed = 0, -1, set[str]()
    while at < len(given):
        if given[at].isspace():
            if begin >= 0:
                yield given[begin:at]
            at, begin = at + 1, -1
        else:
            begin = at if begin < 0 else begin
            at = _part_end(given, at, unclosed)
    if begin >= 0:
        yield given[begin:]


def _part_end(given: str, at: int, unclosed: set[str]) -> int:
    """Where the part of a word ends that begins *at*. *unclosed*: what nothing closes from here on;
    looking for its end again and again would take the square of the length."""
    first = given[at]
    if first in _CLOSED and first not in unclosed:
        if found := _CLOSED[first].match(given, at):
            return found.end()
        if first != "{" or given.startswith("{{", at):
            unclosed.add(first)
    plain = _PLAIN.match(given, at)
    return plain.end() if plain else at + 1


def _inline(given: str) -> Iterator[tuple[str, Any]]:
    try:
        yield from _pairs(json.loads(given))
    except (ValueError, RecursionError):
        for _, name, value in _PAIR.findall(given):
            # Nothing is left of a value that is a list or a mapping; it counts as set.
            yield name, _unquoted(value.strip()) if value else MASK


def _pairs(data: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(data, dict):
        for name, value in data.items():
            yield name, value
            yield from _pairs(value)
    elif isinstance(data, list):
        for each in data:
            yield from _pairs(each)


def _unquoted(word: str) -> str:
    quoted = len(word) > 1 and word[0] == word[-1] and word[0] in "\"'"
    return word[1:-1] if quoted else word


def _in_clear(name: str, value: Any) -> bool:
    if isinstance(value, str):
        if _PEM.search(value) or _URL_PASSWORD.search(value):
            return True
        if value.lower() in _SWITCHES or _REFERENCE.fullmatch(value) or _VAULTED.match(value):
            return False
    elif value is None or isinstance(value, bool) or value in ([], {}):
        return False
    return bool(SECRET_NAME.search(name))


# --- output

# Looking for every value in every line takes five times as long as looking at every fourth place
# of a line for three characters of any of them.
_STEP = 4
_PIECE = SHORTEST - _STEP + 1


class Masker:
    """Replaces known secret values wherever they appear in a text.

    Values of fewer than :data:`SHORTEST` characters are left alone. A value is found as it is,
    as JSON, YAML and Python write it in quotes, and of a value of several lines every line of
    :data:`SHORTEST_LINE` characters or more.
    """

    __slots__ = ("_count", "_holding")

    def __init__(self, values: Iterable[str]) -> None:
        kept = {value for value in values if len(value.strip()) >= SHORTEST}
        self._count = len(kept)
        forms = {form for value in kept for part in _parts(value) for form in _forms(part)}
        self._holding: dict[str, set[str]] = {}
        for form in forms:
            for start in range(_STEP):
                self._holding.setdefault(form[start : start + _PIECE], set()).add(form)

    def __repr__(self) -> str:
        return f"<Masker of {self._count} values>"

    def __reduce__(self) -> str:
        raise TypeError("secret values are not sent anywhere")

    def mask(self, text: str) -> str:
        """Return *text* with every occurrence of a value replaced by :data:`MASK`."""
        # A value of six characters or more that begins anywhere holds one of these pieces whole.
        seen = {text[at : at + _PIECE] for at in range(0, len(text), _STEP)}
        likely = (self._holding[each] for each in self._holding.keys() & seen)
        present = {needle for needles in likely for needle in needles if needle in text}
        if not present:
            return text
        # Where values overlap, what one leaves of the other is hidden too.
        pieces: list[str] = []
        done = 0
        for start, end in _merged(span for each in present for span in _spans(each, text)):
            pieces += (text[done:start], MASK)
            done = end
        return "".join((*pieces, text[done:]))


def _parts(value: str) -> Iterator[str]:
    yield value.strip()
    lines = [line.strip() for line in value.strip().splitlines()]
    if len(lines) > 1:
        for line in lines:
            # The first and the last line of a PEM block are everybody's.
            if len(line) >= SHORTEST_LINE and not line.startswith("-----"):
                yield line


def _forms(value: str) -> Iterator[str]:
    yield value
    for ascii_only in (True, False):
        once = json.dumps(value, ensure_ascii=ascii_only)[1:-1]
        yield once
        yield json.dumps(once, ensure_ascii=ascii_only)[1:-1]
    yield repr(value)[1:-1]
    yield value.replace("'", "''")


def _spans(needle: str, text: str) -> Iterator[tuple[int, int]]:
    start = text.find(needle)
    while start >= 0:
        yield start, start + len(needle)
        start = text.find(needle, start + 1)


def _merged(spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    found = sorted(spans)
    begin, end = found[0]
    for start, stop in found[1:]:
        if start >= end:
            yield begin, end
            begin, end = start, stop
        end = max(end, stop)
    yield begin, end
