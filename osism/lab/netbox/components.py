"""Templates of a device type's components that the lab keeps and does not act on."""

from __future__ import annotations

from osism.lab.netbox import hardware as hw
from osism.lab.netbox.fields import (
    DESCRIPTION,
    TIMES,
    Field,
    Gone,
    Kind,
    Unique,
    choice,
    computed,
    fixed,
    integer,
    ref,
    text,
)


def _component(name: str, *extra: Field, modular: bool = True) -> Kind:
    words, joined = name.replace("_", " "), name.replace("_", "")
    back, own = f"{joined}templates", {"required": True, "filters": "id"}
    return Kind(
        f"{name}_template",
        words.title().replace(" ", "") + "Template",
        f"dcim/{name.replace('_', '-')}-templates",
        f"{words} template",
        (
            *computed("url", "display"),
            ref("device_type", "device_type", back, Gone.CASCADE, **own),
            *(fixed("module_type") if modular else ()),
            text("name", 64, required=True),
            text("label", 64),
            *extra,
            DESCRIPTION,
            *TIMES,
        ),
        brief=("name", "description"),
        order=("device_type", "name"),
        search=("name", "label", "description"),
        unique=(Unique(("device_type", "name")),),
    )


_COLOR = text("color", 6, rule="color")
_PORT = choice("type", hw.PORT_TYPE, required=True)
_CONSOLE = choice("type", hw.CONSOLE_TYPE)
_POWER = (choice("type", hw.POWER_TYPE), integer("maximum_draw", 1), integer("allocated_draw", 1))
_OUTLET = (
    choice("type", hw.OUTLET_TYPE),
    ref("power_port", "power_port_template", gone=Gone.NULL, filters="none"),
    choice("feed_leg", hw.FEED_LEG),
)
_POSITIONS = integer("positions", 1, 1024, null=False, default=1)
_REAR = ref(
    "rear_port", "rear_port_template", "frontport_templates", Gone.CASCADE,
    required=True, filters="none",
)  # fmt: skip
_POSITION = integer("rear_port_position", 1, 1024, null=False, default=1)

CONSOLE_PORT = _component("console_port", _CONSOLE)
CONSOLE_SERVER_PORT = _component("console_server_port", _CONSOLE)
POWER_PORT = _component("power_port", *_POWER)
POWER_OUTLET = _component("power_outlet", *_OUTLET)
REAR_PORT = _component("rear_port", _PORT, _COLOR, _POSITIONS)
FRONT_PORT = _component("front_port", _PORT, _COLOR, _REAR, _POSITION)
MODULE_BAY = _component("module_bay", text("position", 30))
DEVICE_BAY = _component("device_bay", modular=False)
