"""Images (Glance) and networks (Neutron) by name."""

from __future__ import annotations

import re
from typing import Any

from osism.adapters.openstack.clouds import Cloud
from osism.adapters.openstack.session import Service
from osism.domain.errors import Invalid, NotFound

_ID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_PLACE = re.compile(r"[a-z][a-z0-9+.-]*://|/")  # a URL, or a file of the conductor's


class Names:
    """Looks up what Ironic wants to be told by its id."""

    def __init__(self, cloud: Cloud, wait: float) -> None:
        self._standalone = bool(cloud.url)
        self._glance = Service(cloud, "image", "Glance", "/v2", wait=wait)
        self._neutron = Service(cloud, "network", "Neutron", "/v2.0", wait=wait)

    def image(self, name: str) -> str:
        """The id of an image; an id, a URL or a file stays as it is."""
        if _PLACE.match(name):
            return name
        return self._one(self._glance, "images", "image", name)

    def network(self, name: str) -> str:
        """The id of a network; an id stays as it is."""
        return self._one(self._neutron, "networks", "network", name)

    def _one(self, service: Service, path: str, kind: str, name: str) -> str:
        if _ID.fullmatch(name):
            return name
        if self._standalone:
            raise Invalid(
                f"{kind} {name!r}: an Ironic without Keystone knows no names; give an id"
                + (" or a URL" if kind == "image" else "")
            )
        found: list[dict[str, Any]] = service.get(f"/{path}", name=name)[path]
        if not found:
            raise NotFound(f"{service.name} has no {kind} {name!r}")
        if len(found) > 1:
            raise Invalid(f"{service.name} has {len(found)} of the name {name!r}; give its id")
        return str(found[0]["id"])
