"""Requests to one service of a cloud: bounded repeats, and errors in the product's words.

Bodies are never logged, here or by the libraries: they hold passwords and config drives.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

from osism.adapters.openstack.answers import words
from osism.adapters.openstack.clouds import Cloud
from osism.domain.errors import Busy, Misconfigured, NotFound, OutsideFailed, Refused, Unsure
from osism.domain.secrets import Masker

if TYPE_CHECKING:
    from keystoneauth1.adapter import Adapter
    from requests import Response

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0
#: Ironic is too busy to begin (no free worker), or what is before it is: nothing was done.
_LATER = frozenset({429, 503})
#: Whether it was done is not known.
_LOST = frozenset({502, 504})
#: 409 has several meanings; a lock is known by its words only (ironic.common.exception.NodeLocked).
_LOCKED = re.compile(r"\bis locked by host\b")
_NUMBER = re.compile(r"^\[Errno \d+\] ")


class Service:
    """A service by its catalogue's name. *title* is for people, *version* the part of the path.

    *headers* go with every request, *job* is told as ``req-<job>``, and *wait* is for how many
    seconds a request is repeated while the service is away or what it is about is locked.
    """

    def __init__(
        self,
        cloud: Cloud,
        kind: str,
        title: str,
        version: str,
        headers: Mapping[str, str] | None = None,
        job: str = "",
        wait: float = 0.0,
    ) -> None:
        self._cloud, self._kind, self._version, self._wait = cloud, kind, version, wait
        self.name = f"{title} {cloud}"
        self._headers = dict(headers or {})
        if job:  # comes back as global_request_id in Ironic's log and notifications
            self._headers["X-OpenStack-Request-ID"] = f"req-{job}"

    def get(self, path: str, **params: Any) -> Any:
        """What is at a path."""
        return self.send("GET", path, params=params)

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        params: Mapping[str, Any] | None = None,
        once: bool = False,
        masker: Masker | None = None,
    ) -> Any:
        """One request; its answer's JSON, None without one.

        *once*: it must not be done twice, so that one whose answer is lost is not repeated but
        raises :class:`Unsure`. *masker* takes secrets of *body* out of what the service says.
        """
        deadline, pause = monotonic() + self._wait, _FIRST_PAUSE
        while True:
            try:
                return self._send(method, path, body, params, once, masker)
            except Unsure:
                raise
            except (Busy, OutsideFailed):
                if monotonic() + pause > deadline:
                    raise
            sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _send(
        self,
        method: str,
        path: str,
        body: Any,
        params: Mapping[str, Any] | None,
        once: bool,
        masker: Masker | None,
    ) -> Any:
        with self._reaching(once):
            answer: Response = self._adapter.request(
                f"{self._base}{path}",
                method,
                json=body,
                params=params or None,
                headers=self._headers,
                raise_exc=False,
                log=False,
            )
        if answer.status_code >= 400:
            raise self._refused(answer, once, masker)
        try:
            return answer.json() if answer.content else None
        except ValueError:
            raise Misconfigured(f"{self.name}: the answer is no JSON; is its URL right?") from None

    @cached_property
    def _adapter(self) -> Adapter:
        return self._cloud.service(self._kind)

    @cached_property
    def _base(self) -> str:
        """The URL with the version. Discovery is left out: where the service is away it guesses,
        and remembers its guess."""
        from keystoneauth1.exceptions import EndpointNotFound

        found = self._adapter.get_endpoint(skip_discovery=True)
        if not found:
            raise EndpointNotFound(f"the catalogue has no {self._kind}")
        url = str(found).rstrip("/")
        return url if url.endswith(self._version) else f"{url}{self._version}"

    @contextmanager
    def _reaching(self, once: bool) -> Iterator[None]:
        """Turn what the libraries raise into the product's errors."""
        from keystoneauth1 import exceptions as failures

        lost: type[OutsideFailed] = Unsure if once else OutsideFailed
        try:
            yield
        except failures.SSLError as failure:
            raise Misconfigured(
                f"{self.name}: its certificate is not trusted ({_cause(failure)}); "
                "set OSISM_OPENSTACK_CA"
            ) from None
        except failures.ConnectionError as failure:
            raise lost(f"{self.name} cannot be reached: {_cause(failure)}") from None
        except failures.HttpError as failure:  # Keystone's
            said = f"{self.name}: Keystone answered {failure.http_status}: {_line(failure)}"
            if (failure.http_status or 500) >= 500:
                raise OutsideFailed(said) from None
            raise Misconfigured(f"{said}; are the credentials right?") from None
        except failures.DiscoveryFailure as failure:  # also where Keystone is away
            raise OutsideFailed(f"{self.name}: {_line(failure)}") from None
        except failures.ClientException as failure:
            raise Misconfigured(f"{self.name}: {_line(failure)}") from None

    def _refused(self, answer: Response, once: bool, masker: Masker | None) -> Exception:
        status, told = answer.status_code, words(answer)
        said = masker.mask(told) if masker else told
        if status == 401:
            return Misconfigured(f"{self.name}: {said}; are the credentials right?")
        if status == 404:
            return NotFound(f"{self.name}: {said}")
        if status == 406:
            return Misconfigured(
                f"{self.name} is too old: OpenStack 2023.1 or newer is needed ({said})"
            )
        if status == 409 and _LOCKED.search(said):
            return Busy(f"{self.name}: {said}")
        if status in _LATER:
            return OutsideFailed(f"{self.name} answered {status}: {said}")
        if status >= 500:
            kind = Unsure if once and status in _LOST else OutsideFailed
            return kind(f"{self.name} answered {status}: {said}")
        return Refused(f"{self.name}: {said}")


def _line(failure: BaseException) -> str:
    return " ".join(str(failure).split())[:500]


def _cause(failure: BaseException) -> str:
    """The innermost reason of a chain of connection errors, in its own words."""
    below: BaseException | None = failure
    while below and (under := below.__cause__ or below.__context__):
        below = under
    text = " ".join(str(below or failure).split())
    return _NUMBER.sub("", text.rpartition(": ")[2].strip("'\")>") or text)
