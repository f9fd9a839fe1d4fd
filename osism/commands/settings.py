"""``osism settings``: every setting, its value and where it comes from."""

from __future__ import annotations

import argparse
import re
from typing import Any

from osism.commands.edge import Lister

_SECRET_KEY = re.compile(r"pass|secret|token|key|credential", re.IGNORECASE)


class Settings(Lister):
    """List all settings with value and origin; secrets are masked"""

    examples = """
osism settings
osism settings -f json
osism settings -c Name -c Description       what each one is for
"""

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        from osism import settings

        values, origins = settings.settings(), settings.origins()
        return ("Name", "Value", "Origin", "Description"), (
            (name, shown(getattr(values, name)), origins[name], field.why)
            for name, field in settings.FIELDS.items()
        )


def shown(value: Any, key: str = "") -> Any:
    """A value for people and programs, without what is secret in it."""
    from osism.values import Secret

    if isinstance(value, Secret):
        return "********" if value.get_secret_value() else ""
    if isinstance(value, dict):
        return {name: shown(each, str(name)) for name, each in value.items()}
    if key and _SECRET_KEY.search(key):
        return "********"
    if isinstance(value, str):
        return re.sub(r"(://[^:/@]*:)[^@]*@", r"\1********@", value)
    return value if isinstance(value, bool | int | float) or value is None else str(value)
