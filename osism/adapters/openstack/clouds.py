"""Which cloud, and how to get in: a name in clouds.yaml, ``OS_*``, or an Ironic's URL."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from osism.domain.errors import Absent, Misconfigured
from osism.domain.secrets import masked

if TYPE_CHECKING:
    from keystoneauth1.adapter import Adapter

#: Any of these in the environment says how to get in.
_TOLD = ("OS_CLOUD", "OS_AUTH_URL", "OS_AUTH_TYPE", "OS_ENDPOINT")


@dataclass(frozen=True)
class Cloud:
    """How OpenStack's services are reached. *timeout*: seconds for one answer.

    *url* is that of an Ironic without Keystone, and stronger than *name*, a cloud in clouds.yaml:
    *file*, or where openstacksdk looks for it. Certificates are verified against *authorities* (a
    file), or what the cloud's entry or the system names.
    """

    name: str = ""
    file: Path | None = None
    url: str = ""
    authorities: Path | None = None
    verify: bool = True
    timeout: float = 60.0

    def __str__(self) -> str:
        return f"at {masked(self.url)}" if self.url else f"of the cloud {self.name or 'in OS_*'}"

    def service(self, kind: str) -> Adapter:
        """A session with one service (``baremetal``, ``image``, ``network``)."""
        from keystoneauth1.adapter import Adapter

        region = self._region
        return Adapter(
            region.get_session(),
            service_type=kind,
            interface=region.get_interface(kind),
            region_name=region.get_region_name(kind),
            endpoint_override=region.get_endpoint(kind),
        )

    @cached_property
    def _region(self) -> Any:
        if not (self.url or self.name or self.file or any(map(os.environ.get, _TOLD))):
            raise Absent(
                "Ironic: no cloud is named; set OSISM_CLOUD to one of clouds.yaml (or OS_CLOUD, "
                "OS_AUTH_URL, …), or OSISM_IRONIC_URL for an Ironic without Keystone"
            )
        if self.file and not self.file.is_file():
            raise Misconfigured(f"setting clouds_file: there is no {self.file}")
        from keystoneauth1.exceptions import ClientException
        from openstack.exceptions import SDKException

        try:
            return self._standalone() if self.url else self._named()
        except (SDKException, ClientException, OSError) as mistake:
            words = " ".join(str(mistake).split())
            raise Misconfigured(f"OpenStack: the cloud {self.name or '(OS_*)'}: {words}") from None

    def _standalone(self) -> Any:
        from openstack.config import OpenStackConfig

        nothing = OpenStackConfig(load_yaml_config=False, load_envvars=False)
        auth = {"endpoint": self.url}
        return nothing.get_one(auth_type="none", auth=auth, **self._how())

    def _named(self) -> Any:
        from openstack.config import OpenStackConfig

        files = {}
        if self.file:
            files["config_files"] = [str(self.file)]
            files["secure_files"] = [str(self.file.with_name("secure.yaml"))]
        return OpenStackConfig(**files).get_one(cloud=self.name or None, **self._how())

    def _how(self) -> dict[str, Any]:
        how: dict[str, Any] = {"api_timeout": self.timeout}
        if self.authorities:
            how["cacert"] = str(self.authorities)
        # Only the exception is told: an entry's own word on "verify" is the site's to give.
        return how if self.verify else how | {"verify": False}
