"""Connections to Redis, and the same addresses in the words of Celery.

Addresses that are understood::

    redis://[user:password@]host[:6379][/db]
    rediss://…                      the same over TLS; certificates and host names are verified
    unix://[user:password@]/path/of.sock[?db=1]
    sentinel://[user:password@]host[:26379];sentinel://host2[:26379]/service[/db]
    redis+sentinel://[user:password@]host[:26379],host2[:26379]/service[/db]
    rediss+sentinel://…             the same over TLS

Options after ``?``: ``db``, ``ssl_ca_certs``, ``ssl_certfile``, ``ssl_keyfile`` (files) and, for
Sentinels that want their own credentials, ``sentinel_username``, ``sentinel_password``. Special
characters in credentials are percent-encoded. The library itself is loaded by the first use only.
"""

from osism.adapters.connections.addresses import redacted
from osism.adapters.connections.brokers import celery_broker
from osism.adapters.connections.clients import connect, reaching

__all__ = ["celery_broker", "connect", "reaching", "redacted"]
