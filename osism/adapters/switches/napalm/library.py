"""The library NAPALM, loaded when it is needed."""

from __future__ import annotations

import logging
from typing import Any

from osism.domain.errors import Misconfigured

# They log configurations and answers of switches, with the secrets in them, at levels from debug to
# error, and pyeapi prints them. What is worth telling we raise.
_TALKATIVE = ("napalm", "netmiko", "ncclient", "jnpr", "paramiko", "pyeapi", "pyeapi.utils")


def driver_class(platform: str) -> Any:
    """NAPALM's class for *platform*, of napalm itself, ``napalm_<platform>`` or ``custom_napalm``.

    Raises :class:`Misconfigured` when NAPALM or the platform's driver is not installed.
    """
    try:
        import napalm
    except ImportError as error:
        raise Misconfigured(
            f"the switch driver napalm needs the library NAPALM: install osism[napalm] ({error})"
        ) from error
    try:
        return napalm.get_network_driver(platform)
    except (ImportError, napalm.base.exceptions.ModuleImportError) as error:
        raise Misconfigured(
            f"NAPALM has no driver for the platform {platform!r}: {error}"
        ) from error
    finally:
        for name in _TALKATIVE:  # again each time: pyeapi sets its own level when it is loaded
            logging.getLogger(name).setLevel(logging.CRITICAL)


def implements(kind: Any, method: str) -> bool:
    """Whether the class *kind* has *method* of its own; those of the base class only raise."""
    import napalm

    return getattr(kind, method, None) is not getattr(napalm.base.NetworkDriver, method, None)
