"""A site's rules for Ironic's events, read from the configuration repository."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from osism.domain.errors import Invalid
from osism.domain.event_rules import RULES, Rule
from osism.domain.site_rules import FILE, site_rules

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
#: Bytes; a page of rules has a hundredth of it.
_LARGEST = 1 << 20


def read_rules(configuration: Path) -> tuple[Rule, ...]:
    """The rules that count; those of the product for a site without the file.

    Raises :class:`Invalid` with the file and what is wrong in it.
    """
    file = configuration / FILE
    try:
        text = file.read_bytes()
    except FileNotFoundError:
        return RULES
    except OSError as failure:
        raise Invalid(f"{FILE}: cannot be read: {failure.strerror}") from failure
    if len(text) > _LARGEST:
        raise Invalid(f"{FILE}: is larger than {_LARGEST} bytes")
    try:
        document = yaml.load(text, _Loader)  # noqa: S506 - a safe loader, see above
    except (yaml.YAMLError, UnicodeError) as mistake:
        raise Invalid(f"{FILE}: {' '.join(str(mistake).split())}") from mistake
    return site_rules(document)
