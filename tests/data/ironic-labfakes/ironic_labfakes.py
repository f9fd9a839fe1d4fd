"""Fake hardware for Ironic that takes its time, and fails when a node says so.

What Ironic brings (``fake``) always succeeds. The interfaces here, all named ``lab``, look into
the node's ``driver_info`` before each piece of work:

* ``lab_delay``: seconds for it, ``{"deploy": 2.5}``; others take ``[lab] delay`` of ironic.conf,
* ``lab_fail``: whether it fails, ``{"deploy": "the disk is on fire"}`` or just ``["deploy"]``.

Pieces of work: power_get, power, reboot, inspect, clean, deploy, configure, undeploy, rescue,
unrescue.
"""

import time

from ironic import objects  # noqa: F401  (before drivers, which need it and do not import it)
from ironic.common import exception, states
from ironic.conf import CONF
from ironic.drivers import base
from ironic.drivers.modules import fake, inspect_utils
from oslo_config import cfg

CONF.register_opts([cfg.FloatOpt("delay", default=0.2, min=0.0)], group="lab")


def work(task, what):
    """Spend the time that *what* takes on this node; raise when it is to fail."""
    told = task.node.driver_info
    delays, failures = told.get("lab_delay") or {}, told.get("lab_fail") or {}
    time.sleep(float(delays.get(what, CONF.lab.delay)))
    if what in failures:
        reason = failures[what] if isinstance(failures, dict) else f"{what} was told to fail"
        raise exception.IronicException(str(reason))


class Power(fake.FakePower):
    """Off at first; ends soft requests as hardware does, in plain on and off."""

    def get_power_state(self, task):
        work(task, "power_get")
        return task.node.power_state or states.POWER_OFF

    def set_power_state(self, task, power_state, timeout=None):
        work(task, "power")
        off = power_state in (states.POWER_OFF, states.SOFT_POWER_OFF)
        task.node.power_state = states.POWER_OFF if off else states.POWER_ON

    def reboot(self, task, timeout=None):
        work(task, "reboot")
        task.node.power_state = states.POWER_ON


class Management(fake.FakeManagement):
    """Has one sensor."""

    def get_sensors_data(self, task):
        reading = {"Sensor ID": "CPU 1", "Sensor Reading": "41 degrees C", "Status": "ok"}
        return {"Temperature": {"CPU 1": reading}}


class Inspect(fake.FakeInspect):
    """Finds the same hardware in every node."""

    def inspect_hardware(self, task):
        work(task, "inspect")
        node = task.node
        inventory = {
            "cpu": {"architecture": "x86_64", "count": 16, "model_name": "Lab CPU"},
            "memory": {"physical_mb": 65536},
            "disks": [{"name": "/dev/sda", "size": 480 * 10**9}],
            "interfaces": [{"name": "eth0", "mac_address": "52:54:00:00:00:01"}],
            "system_vendor": {"manufacturer": "Lab", "product_name": "1U"},
        }
        inspect_utils.store_inspection_data(node, inventory, {"lab": True}, task.context)
        node.set_property("cpu_arch", "x86_64")
        node.set_property("memory_mb", 65536)
        node.save()
        return states.MANAGEABLE


class Deploy(fake.FakeDeploy):
    """Deploys in two steps, cleans in one."""

    @base.deploy_step(priority=100)
    def deploy(self, task):
        work(task, "deploy")

    @base.deploy_step(priority=50)
    def configure(self, task):
        work(task, "configure")

    @base.clean_step(priority=10)
    def erase_devices(self, task):
        work(task, "clean")

    def tear_down(self, task):
        work(task, "undeploy")
        return states.DELETED


class Rescue(fake.FakeRescue):
    """Boots a rescue system, and the own one again."""

    def rescue(self, task):
        work(task, "rescue")
        return states.RESCUE

    def unrescue(self, task):
        work(task, "unrescue")
        return states.ACTIVE
