"""The driver ``napalm``: switches that the library NAPALM knows (``pip install 'osism[napalm]'``).

It can be imported without the library, which is loaded when it is needed: it costs some 60 MB. What
each platform can do is a table (:mod:`.platforms`); docs/drivers/napalm.md tells it to operators.
"""

from osism.adapters.switches.napalm.driver import NapalmDriver

__all__ = ["NapalmDriver"]
