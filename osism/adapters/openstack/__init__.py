"""OpenStack through openstacksdk's configuration (clouds.yaml, ``OS_*``) and its session.

The only place that knows these libraries. They are loaded when something is first asked: half a
second that no other command pays.
"""

from osism.adapters.openstack.baremetal import OpenstackBaremetal
from osism.adapters.openstack.clouds import Cloud

__all__ = ["Cloud", "OpenstackBaremetal"]
