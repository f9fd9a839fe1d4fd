"""Create the custom fields and tags that the product needs in NetBox."""

from __future__ import annotations

from typing import Any

from osism.actions.import_inventory import bring
from osism.domain.ports import Work
from osism.domain.resources.catalogue import Catalogue
from osism.domain.resources.own import own_resources


def initialise_netbox(work: Work, catalogue: Catalogue) -> dict[str, Any]:
    """What exists stays as it is, but a custom field gets the object types it lacks.

    Returns what :func:`~osism.actions.import_inventory.bring` does. Raises
    :class:`~osism.domain.errors.Refused`, before anything is written, for a custom field that
    exists with another type.
    """
    return bring(own_resources(), work, catalogue)
