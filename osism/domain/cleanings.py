"""The steps of a manual cleaning, as Ironic takes them.

https://docs.openstack.org/ironic/latest/admin/cleaning.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from osism.domain.errors import Invalid
from osism.domain.secrets import masked

#: What a cleaning without steps of its own does.
ERASE = ({"interface": "deploy", "step": "erase_devices"},)


def steps(text: str) -> list[Any]:
    """The steps from JSON; those that erase the disks without any.

    Raises :class:`Invalid` for what is none, and for secrets: a job is kept for days.
    """
    if not text:
        return list(ERASE)
    try:
        found = json.loads(text)
    except ValueError as mistake:
        raise Invalid(f"clean steps: no JSON: {mistake}") from None
    if not isinstance(found, list) or not found:
        raise Invalid("clean steps: a list of {interface, step, args} is expected")
    for each in found:
        if not isinstance(each, Mapping) or not {"interface", "step"} <= set(each):
            raise Invalid("clean steps: each must be a mapping with interface and step")
    if masked(found) != found:
        raise Invalid("clean steps: there is a password in them, and jobs are kept for days")
    return found
