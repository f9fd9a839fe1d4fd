"""Which driver talks to which switch.

Drivers are found by the entry points ``osism.switches``; each names something that is called with
the options of an entry (a mapping) and answers with a :class:`osism.domain.ports.Driver`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import entry_points
from typing import Any

from osism.adapters.switches.credentials import Entries, secrets
from osism.domain.errors import Misconfigured, OsismError
from osism.domain.intents import SwitchIntent
from osism.domain.inventory import Device
from osism.domain.names import nearest
from osism.domain.ports import Capabilities, Driver, Session, Target
from osism.domain.secrets import Masker

GROUP = "osism.switches"

#: Makes a driver from an entry's options.
DriverFactory = Callable[[Mapping[str, Any]], Driver]


class SwitchRegistry:
    """Keeps the promise of :class:`osism.domain.ports.Switches` for all kinds of switches.

    *entries* is the setting ``switches``. Its keys are ``<device>``, ``site:<slug>``,
    ``platform:<slug>``, ``manufacturer:<slug>`` and ``default``; all entries that fit a device are
    laid over each other, the most particular one on top, but an entry that names another driver
    begins anew. The keys of an entry are ``driver`` (*default* without one), ``address`` (the
    device's management address without one), ``port``, and whatever else the driver wants.
    *drivers* replaces the entry points. *credentials* answers with entries of the same keys that
    hold how to log in; see :mod:`osism.adapters.switches.credentials`.
    """

    def __init__(
        self,
        entries: Mapping[str, Mapping[str, Any]],
        default: str = "file",
        drivers: Mapping[str, DriverFactory] | None = None,
        credentials: Callable[[], Entries] = dict,
    ) -> None:
        self._default = default
        self._credentials = credentials
        self._drivers: dict[str, Callable[[], DriverFactory]] = {}
        if drivers is None:
            for point in entry_points(group=GROUP):
                self._drivers[point.name] = point.load
        else:
            for name, factory in drivers.items():
                self._drivers[name] = lambda factory=factory: factory  # type: ignore[misc]
        self._entries = {_checked(key, entry): dict(entry) for key, entry in entries.items()}
        self._require(default, "the default driver")
        for key, entry in self._entries.items():
            if "driver" in entry:
                self._require(entry["driver"], f"switches: {key}")

    def capabilities(self, device: Device) -> Capabilities:
        """What can be expected of the driver of *device*."""
        return self._driver(device).capabilities

    def mask(self, device: Device, text: str) -> str:
        """*text* without the secrets that log in to *device*."""
        return self._masker(device).mask(text)

    def _masker(self, device: Device) -> Masker:
        return Masker(secrets(self._options(device), self._credentials_of(device)))

    @contextmanager
    def connect(self, device: Device) -> Iterator[Session]:
        """A session with *device*, in whose words no secret of it appears."""
        masker = self._masker(device)
        try:
            with self._driver(device).connect(self.target(device)) as session:
                yield _Masked(session, masker)
        except OsismError as error:
            words = masker.mask(str(error))
            if words == str(error):
                raise
            raise type(error)(words) from None

    def target(self, device: Device) -> Target:
        """How *device* is reached."""
        options = {**self._options(device), **self._credentials_of(device)}
        del options["driver"]
        address = str(options.pop("address", "") or device.management)
        return Target(device.name, address, options.pop("port", None), options)

    def _driver(self, device: Device) -> Driver:
        options = self._options(device)
        name = options["driver"]
        try:
            factory = self._drivers[name]()
        except (ImportError, AttributeError) as error:
            raise Misconfigured(f"switch driver {name!r} cannot be loaded: {error}") from error
        return factory(options)

    def _credentials_of(self, device: Device) -> dict[str, Any]:
        where = "credentials of switches"
        entries = {_checked(key, each, where): each for key, each in self._credentials().items()}
        found: dict[str, Any] = {}
        for key in _keys(device):
            found |= entries.get(key, {})
        return found

    def _options(self, device: Device) -> dict[str, Any]:
        found: dict[str, Any] = {"driver": self._default}
        for key in _keys(device):
            entry = self._entries.get(key, {})
            if entry.get("driver", found["driver"]) != found["driver"]:
                found = {}
            found |= entry
        return found

    def _require(self, driver: str, where: str) -> None:
        if driver not in self._drivers:
            known = ", ".join(sorted(self._drivers)) or "none is installed"
            raise Misconfigured(
                f"{where}: there is no switch driver {driver!r}{nearest(driver, self._drivers)} "
                f"(drivers: {known})"
            )


class _Masked:
    """A session that says no secret. What it raises is masked where it ends."""

    def __init__(self, session: Session, masker: Masker) -> None:
        self._session, self._masker = session, masker

    def stage(self, configuration: str) -> str:
        return self._masker.mask(self._session.stage(configuration))

    def commit(self, revert_in: float) -> None:
        self._session.commit(revert_in)

    def confirm(self) -> None:
        self._session.confirm()

    def revert(self) -> None:
        self._session.revert()

    def observe(self) -> SwitchIntent:
        return self._session.observe()


def _keys(device: Device) -> tuple[str, ...]:
    """The keys of the entries that fit *device*, the most particular last."""
    return (
        "default",
        f"manufacturer:{_slug(device.manufacturer)}",
        f"platform:{_slug(device.platform)}",
        f"site:{_slug(device.site)}",
        device.name,
    )


def _checked(key: str, entry: object, where: str = "switches") -> str:
    """The key as it is looked up; raises :class:`Misconfigured` for an entry of a wrong shape."""
    if not isinstance(entry, Mapping):
        raise Misconfigured(f"{where}: {key}: must be a table of driver, address, port, ...")
    port = entry.get("port")
    whole = isinstance(port, int) and not isinstance(port, bool)
    if port is not None and not (whole and 1 <= port <= 65535):
        raise Misconfigured(f"{where}: {key}: port {port!r} is not a number from 1 to 65535")
    for name in ("driver", "address"):
        if not isinstance(entry.get(name, ""), str):
            raise Misconfigured(f"{where}: {key}: {name} must be a text")
    kind, colon, slug = key.partition(":")
    if not colon:
        return key
    if kind not in ("platform", "manufacturer", "site"):
        raise Misconfigured(
            f"{where}: {key}: not a device, site:<slug>, platform:<slug> or manufacturer:<slug>"
        )
    return f"{kind}:{_slug(slug)}"


def _slug(name: str) -> str:
    return "-".join(name.lower().split())
