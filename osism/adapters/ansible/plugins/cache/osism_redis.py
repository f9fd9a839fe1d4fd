"""Ansible's fact cache in the Redis of the site.

Runs inside Ansible's process, whose Python needs the library ``redis``. Read back by
:mod:`osism.adapters.facts`.
"""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

from ansible.plugins.cache import BaseCacheModule
from ansible.utils.display import Display

DOCUMENTATION = """
name: osism_redis
short_description: Facts in the Redis of the site
description:
  - Keeps the facts of each host as JSON in a hash of Redis, with an expiry.
  - When Redis is away, the play goes on with what it gathers itself; one warning says so.
author: OSISM
options:
  _uri:
    required: true
    type: str
    description:
      - The address of the Redis, or the absolute path of a file with it in the first line.
      - A file keeps a password in the address out of the environment.
    env:
      - name: ANSIBLE_CACHE_PLUGIN_CONNECTION
    ini:
      - key: fact_caching_connection
        section: defaults
  _prefix:
    default: "osism:facts:"
    type: str
    description: What the names of keys begin with.
    env:
      - name: ANSIBLE_CACHE_PLUGIN_PREFIX
    ini:
      - key: fact_caching_prefix
        section: defaults
  _timeout:
    default: 86400
    type: integer
    description: Seconds that facts are kept; 0 is for ever.
    env:
      - name: ANSIBLE_CACHE_PLUGIN_TIMEOUT
    ini:
      - key: fact_caching_timeout
        section: defaults
"""

display = Display()

_AWAY = 30.0  # seconds until a Redis that did not answer is asked again


def _schema() -> str:
    """What Ansible 2.19 and newer put before the host: the facts of two releases can differ."""
    try:
        from ansible._internal._plugins._cache import PluginInterposer

        return str(PluginInterposer._get_wrapped_key_prefix())
    except (ImportError, AttributeError):
        return ""


class CacheModule(BaseCacheModule):  # type: ignore[misc]
    """The cache plugin.

    What this process has seen is kept in it, too: facts that expire, or a Redis that goes away, do
    not change a play that is running.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._uri = str(self.get_option("_uri") or "")
        self._prefix = str(self.get_option("_prefix") or "")
        self._timeout = int(self.get_option("_timeout") or 0)
        self._before = _schema()
        self._field = f"facts:{self._before}"
        self._seen: dict[str, Any] = {}
        self._redis: Any = None
        self._away_until = 0.0
        self._warned = False

    def get(self, key: str) -> Any:
        if key not in self._seen:
            text = self._asked(lambda client: client.hget(self._name(key), self._field))
            if text is None:
                raise KeyError(key)
            try:
                self._seen[key] = json.loads(text)
            except ValueError:
                self.delete(key)
                raise KeyError(key) from None
        return self._seen[key]

    def set(self, key: str, value: Any) -> None:
        self._seen[key] = value
        text = json.dumps(value, default=str)

        def write(client: Any) -> None:
            name = self._name(key)
            with client.pipeline() as together:
                times = {f"at:{self._before}": repr(time.time())}
                together.hset(name, mapping={self._field: text, **times})
                if self._timeout > 0:
                    together.expire(name, self._timeout)
                else:
                    together.persist(name)
                together.execute()

        self._asked(write)

    def keys(self) -> list[str]:
        def read(client: Any) -> list[str]:
            pattern = re.sub(r"([*?\[\]\\])", r"\\\1", self._prefix) + "*"
            names = list(client.scan_iter(match=pattern, count=500))
            with client.pipeline(transaction=False) as together:
                for name in names:
                    together.hexists(name, self._field)
                there = together.execute()
            hosts = (name[len(self._prefix) :] for name, yes in zip(names, there) if yes)  # noqa: B905
            return [self._before + host for host in hosts]

        return list(dict.fromkeys([*self._seen, *(self._asked(read) or [])]))

    def contains(self, key: Any) -> bool:
        if key in self._seen:
            return True
        return bool(self._asked(lambda client: client.hexists(self._name(key), self._field)))

    def delete(self, key: str) -> None:
        self._seen.pop(key, None)
        self._asked(lambda client: client.unlink(self._name(key)))

    def flush(self) -> None:
        for key in self.keys():
            self.delete(key)

    def copy(self) -> dict[str, Any]:
        return {key: self.get(key) for key in self.keys() if self.contains(key)}

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_redis": None}

    def _name(self, key: str) -> str:
        return self._prefix + str(key).removeprefix(self._before)

    def _asked(self, question: Any) -> Any:
        """Redis's answer; None when it has none, or does not answer."""
        if time.monotonic() < self._away_until:
            return None
        try:
            if self._redis is None:
                self._redis = _client(self._uri)
            return question(self._redis)
        except Exception as failure:  # a cache is no reason for a play to fail
            self._away_until = time.monotonic() + _AWAY
            if not self._warned:
                self._warned = True
                display.warning(
                    "facts are not cached, and not taken from the cache: " + _reason(failure)
                )
            return None


def _client(uri: str) -> Any:
    if uri.startswith("/"):
        lines = Path(uri).read_text(encoding="utf-8").splitlines()
        uri = lines[0].strip() if lines else ""
    try:
        from osism.adapters.connections import connect
    except ImportError:  # Ansible in an environment of its own
        import redis

        return redis.Redis.from_url(
            uri, decode_responses=True, socket_timeout=5, socket_connect_timeout=5
        )
    return connect(uri)


def _reason(failure: Exception) -> str:
    """What went wrong, for a warning; never the address, which may have a password in it."""
    module = type(failure).__module__
    if isinstance(failure, ImportError):
        return "this Python has no library redis"
    if module.startswith(("redis.", "osism.")) and "://" not in str(failure):
        return str(failure)
    return f"{type(failure).__name__} while connecting to Redis"
