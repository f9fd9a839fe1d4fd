"""NetBox 4.2 and newer: bulk reads by GraphQL, bulk writes by REST (pynetbox)."""

from osism.adapters.netbox.hosts import NetboxHosts
from osism.adapters.netbox.inventory import NetboxInventory
from osism.adapters.netbox.session import Connection

__all__ = ["Connection", "NetboxHosts", "NetboxInventory"]
