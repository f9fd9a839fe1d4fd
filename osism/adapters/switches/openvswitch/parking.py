"""The bridge of the ports that carry nothing.

OVSDB has no column that takes an interface down, and a port without VLANs carries all of them. So
such a port is on a second bridge without flows and without anybody to send it any (``fail_mode``
secure): what comes in there goes nowhere, and everything about the port can be seen as before.
"""

from __future__ import annotations

from typing import Any

from osism.adapters.switches.openvswitch.document import Document
from osism.adapters.switches.openvswitch.layout import layout
from osism.adapters.switches.openvswitch.marks import ROOT
from osism.adapters.switches.openvswitch.values import Operation, Row, a_set


def needed(document: Document) -> bool:
    """Whether something in *document* carries nothing."""
    return any(port.parked for part in document.parts().values() for port in layout(part))


def parking(name: str, bridge: Row) -> list[Operation]:
    """Make it, beside *bridge*. It stays when the commit that needs it is taken back."""
    columns = {
        "name": name,
        "fail_mode": "secure",
        "datapath_type": bridge["datapath_type"],
        "ports": a_set([["named-uuid", "port"]]),
    }
    attached = ["bridges", "insert", a_set([["named-uuid", "bridge"]])]
    return [
        _insert("Interface", "interface", {"name": name, "type": "internal"}),
        _insert("Port", "port", {"name": name, "interfaces": ["named-uuid", "interface"]}),
        _insert("Bridge", "bridge", columns),
        {"op": "mutate", "table": ROOT, "where": [], "mutations": [attached]},
    ]


def _insert(table: str, called: str, row: dict[str, Any]) -> Operation:
    return {"op": "insert", "table": table, "uuid-name": called, "row": row}
