"""The libraries, for a worker to load before it forks: its processes share the memory."""

import keystoneauth1.adapter
import keystoneauth1.session
import openstack.config

__all__ = ["keystoneauth1", "openstack"]
