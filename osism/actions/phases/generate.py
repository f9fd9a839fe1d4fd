"""Phase 2: from NetBox to one rendered configuration per switch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from osism.domain.intents import SwitchIntent, intent
from osism.domain.inventory import Device, Snapshot, managed_switch
from osism.domain.ports import Repository, Switches


@dataclass(frozen=True)
class Configuration:
    """What a switch should look like, as values and as its own text."""

    device: Device
    intent: SwitchIntent
    text: str
    template: str


def generate(
    snapshot: Snapshot,
    switches: Sequence[str],
    repository: Repository,
    drivers: Switches,
    template: str = "",
    known: Mapping[str, Configuration] | None = None,
) -> Mapping[str, Configuration]:
    """Compute and render the configuration of each of *switches*; writes nothing.

    What is *known* already for the same intent and device is not rendered again.
    """
    rendered = {}
    for name in switches:
        device = snapshot.devices[name]
        wanted = intent(snapshot, name)
        before = (known or {}).get(name)
        if before and (before.intent, before.device) == (wanted, device):
            rendered[name] = before
            continue
        chosen = repository.template(
            [template] if template else candidates(device, drivers.capabilities(device).template)
        )
        text = repository.render(chosen, wanted, device)
        rendered[name] = Configuration(device, wanted, text, chosen)
    return rendered


def candidates(device: Device, drivers: str = "") -> list[str]:
    """The templates that fit a switch, the most particular first; *drivers* is its driver's."""
    names = (device.name, device.manufacturer_name, device.manufacturer, device.platform)
    own = [drivers] if drivers else []
    return [*(f"{name}.cfg.j2" for name in names if name), *own, "default.cfg.j2"]


def require_switch(snapshot: Snapshot, name: str) -> Device:
    """The device, when it is one that the product generates configurations for."""
    return managed_switch(snapshot.devices[name])
