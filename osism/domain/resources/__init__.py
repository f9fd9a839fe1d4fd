"""What can be imported into NetBox, what the product needs there, and what has to be written.

Pure, in three steps: :mod:`~osism.domain.resources.files` turns files into resources,
:mod:`~osism.domain.resources.catalogue` says what has to be read from NetBox for them, and
:mod:`~osism.domain.resources.writes` compares the two and gives the ordered writes. Nothing is ever
deleted, and what a file does not mention stays as it is.

A resource file is a list of mappings with one key::

    - site: {name: Lab, slug: lab}
    - device: {name: leaf-1, device_type: edgecore-…, role: leaf, site: lab, rack: rack-1}
    - ip_address: {address: 10.0.0.1/24, device: leaf-1, interface: eth0}
    - mac_address: {mac_address: "3C:EC:EF:00:01:01", device: node-1, interface: eno1}

A device type is a mapping in the format of NetBox's public device type library
(https://github.com/netbox-community/devicetype-library). Its images, and whatever else is not in
the tables of :mod:`~osism.domain.resources.kinds`, are left out on purpose.
"""

from __future__ import annotations
