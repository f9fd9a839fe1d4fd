"""Differences of files with variables, without the secrets in them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher

from osism.domain.secrets import MASK, SECRET_NAME, masked

_KEY = re.compile(
    r"""(\s*(?:- +)*)(["']?)([^\s"'#:{}\[\],][^"'#:{}\[\],]*?)\2\s*:(?:\s+(.*?))?\s*"""
)
_QUOTED = r""""(?:\\.|[^"\\])*"|'(?:''|[^'])*'"""
_PAIRS = (
    re.compile(rf"""(["']?)([\w.-]+)\1(\s*:\s*)({_QUOTED}|[^\s,}}\]][^,}}\]]*)"""),
    re.compile(rf"""(["']?)([\w.-]+)\1(=)({_QUOTED}|[^\s,}}\]]+)"""),
)
_HEX = re.compile(r"\s*[0-9a-f]+\s*")
_BEGIN = re.compile(r"-----BEGIN (?![^-\n]*(?:CERTIFICATE|PUBLIC|CRL|PARAMETERS))")
_CONTEXT = 3


def difference(old: Mapping[str, str], new: Mapping[str, str]) -> str:
    """The unified difference of two sets of files (path -> text), secrets masked.

    That a secret has changed can be seen, what it is and was cannot.
    """
    return "".join(
        line
        for path in sorted(old.keys() | new.keys())
        if old.get(path) != new.get(path)
        for line in _file(path, old.get(path), new.get(path))
    )


def _file(path: str, old: str | None, new: str | None) -> Iterator[str]:
    yield f"--- {f'a/{path}' if old is not None else '/dev/null'}\n"
    yield f"+++ {f'b/{path}' if new is not None else '/dev/null'}\n"
    before, after = (old or "").splitlines(), (new or "").splitlines()
    shown_before, shown_after = hidden(before), hidden(after)
    # Found in the texts as they are, shown without secrets.
    for group in SequenceMatcher(None, before, after, False).get_grouped_opcodes(_CONTEXT):
        first, last = group[0], group[-1]
        yield f"@@ -{_range(first[1], last[2])} +{_range(first[3], last[4])} @@\n"
        for what, from_, to, other_from, other_to in group:
            if what == "equal":
                yield from (f" {line}\n" for line in shown_before[from_:to])
                continue
            yield from (f"-{line}\n" for line in shown_before[from_:to])
            yield from (f"+{line}\n" for line in shown_after[other_from:other_to])


def _range(start: int, stop: int) -> str:
    length = stop - start
    return f"{start + (length > 0)},{length}"


def hidden(lines: Sequence[str]) -> list[str]:
    """YAML's lines, one for one, without secrets.

    Hidden is whatever a secret name has, on its line and on those below that belong to it, what is
    vaulted, and private keys.
    """
    found: list[str] = []
    inside: int | None = None  # the column of the secret name whose value goes on
    listed = vault = block = False
    for line in lines:
        column = len(line) - len(line.lstrip())
        said = line.strip()
        if inside is not None and said:
            if column > inside or (listed and column == inside and said.startswith("-")):
                found.append(f"{' ' * column}{MASK}")
                continue
            inside = None
        if inside is not None:
            found.append(line)
            continue
        if block or (vault and _HEX.fullmatch(line)):
            block = block and "-----END " not in line
            found.append(f"{' ' * column}{MASK}")
            continue
        vault = "$ANSIBLE_VAULT;" in line
        if _BEGIN.search(line):
            block = "-----END " not in line
            found.append(f"{' ' * column}{MASK}")
            continue
        key = _KEY.fullmatch(line)
        if key and SECRET_NAME.search(key[3]):
            inside, listed = len(key[1]), not key[4]
            found.append(f"{key[1]}{key[2]}{key[3]}{key[2]}: {MASK}" if key[4] else line)
            continue
        found.append(_within(str(masked(line))))
    return found


def _within(line: str) -> str:
    """A line whose value is a mapping in one line, or an assignment."""
    if "{" not in line and "=" not in line and not line.lstrip().startswith(("'", '"')):
        return line
    for pairs in _PAIRS:
        line = pairs.sub(_without_value, line)
    return line


def _without_value(pair: re.Match[str]) -> str:
    secret = SECRET_NAME.search(pair[2])
    return f"{pair[1]}{pair[2]}{pair[1]}{pair[3]}{MASK}" if secret else pair[0]
