"""How NetBox is asked by a process whose users wait for each answer."""

from __future__ import annotations

from threading import Lock
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry


class Suspicion:
    """Whether NetBox has left a request without an answer, and none has come since."""

    def __init__(self) -> None:
        self.silent = False
        self.trying = Lock()


class ImpatientAdapter(HTTPAdapter):
    """Waits *timeout* seconds for an answer, once. While NetBox is silent one request at a time
    tries it, and all others fail at once: they would hold the threads that others need."""

    def __init__(self, timeout: float, retries: Retry, suspicion: Suspicion) -> None:
        self._timeout, self._suspicion = timeout, suspicion
        super().__init__(max_retries=retries.new(read=0))

    def send(self, *args: Any, **kwargs: Any) -> requests.Response:
        kwargs["timeout"] = kwargs.get("timeout") or self._timeout
        if not self._suspicion.silent:
            return self._send(*args, **kwargs)
        if not self._suspicion.trying.acquire(blocking=False):
            raise requests.ReadTimeout("it does not answer")
        try:
            return self._send(*args, **kwargs)
        finally:
            self._suspicion.trying.release()

    def _send(self, *args: Any, **kwargs: Any) -> requests.Response:
        try:
            answer = super().send(*args, **kwargs)
        except requests.Timeout:
            self._suspicion.silent = True
            raise
        self._suspicion.silent = False
        return answer
