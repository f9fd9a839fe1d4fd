"""The HTTP session with NetBox: time-outs on everything, retries where they are harmless.

A read, and a PATCH of given values, may be repeated. A POST that creates and a DELETE may have been
done although no answer came: these raise :class:`~osism.domain.errors.Unsure`, and whoever planned
them looks again before trying again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pynetbox
import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from osism.adapters.netbox.impatience import ImpatientAdapter, Suspicion
from osism.domain.errors import Misconfigured, OsismError, OutsideFailed, Refused, Unsure

log = logging.getLogger(__name__)

_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_PASSING = frozenset({429, 500, 502, 503, 504})
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0
#: Objects in one bulk write. NetBox saves each by itself, at 30 to 100 ms and more under load; so
#: an answer stays well below the time-outs of usual proxies.
BULK = 50
#: Devices in one bulk read.
DEVICES = 50


class _Retry(Retry):
    """Retries as allowed, and 429 for every method: NetBox did nothing then."""

    def is_retry(self, method: str, status_code: int, has_retry_after: bool = False) -> bool:
        return status_code == 429 or super().is_retry(method, status_code, has_retry_after)


class _Adapter(HTTPAdapter):
    """An adapter whose requests always have a time-out."""

    def __init__(self, timeout: float, retries: Retry) -> None:
        self.timeout = timeout
        super().__init__(max_retries=retries)

    def send(self, *args: Any, **kwargs: Any) -> requests.Response:
        kwargs["timeout"] = kwargs.get("timeout") or self.timeout
        return super().send(*args, **kwargs)


class Connection:
    """NetBox at a URL. ``timeout`` seconds for one answer, ``retry`` seconds of retrying; one that
    does not come is not asked for again by an ``impatient`` one.

    ``wrote`` is told the id that NetBox gave each request that has written something: its webhooks
    have the same.
    """

    def __init__(
        self,
        url: str,
        token: str,
        verify: bool | Path = True,
        timeout: float = 30.0,
        retry: float = 60.0,
        wrote: Callable[[str], None] | None = None,
        impatient: bool = False,
    ) -> None:
        if not url:
            raise Misconfigured("NetBox: no URL; set NETBOX_API (or OSISM_NETBOX_URL)")
        if not token:
            raise Misconfigured("NetBox: no token; set NETBOX_TOKEN, or /run/secrets/NETBOX_TOKEN")
        self.url = url.rstrip("/")
        self.api = pynetbox.api(self.url, token=token)
        self.http = self.api.http_session
        self.http.verify = str(verify) if isinstance(verify, Path) else verify
        # Without an "auth" of its own, requests would put a ~/.netrc entry in our token's place.
        self.http.auth = lambda request: request
        scheme = "Bearer" if token.startswith("nbt_") else "Token"
        self._headers = {"Authorization": f"{scheme} {token}", "Accept": "application/json"}
        safe = frozenset({"GET", "HEAD", "OPTIONS", "PATCH"})
        suspicion = Suspicion()
        for path, methods in (("", safe), ("/graphql/", safe | {"POST"})):
            again = _retries(retry, methods)
            asking = ImpatientAdapter(timeout, again, suspicion) if impatient else None
            self.http.mount(f"{self.url}{path}", asking or _Adapter(timeout, again))
        self._wrote = wrote
        if wrote:
            self.http.hooks["response"].append(self._answered)

    def _answered(self, answer: requests.Response, *_: Any, **__: Any) -> None:
        """Tell of a write. Should it fail, then a change of our own looks like somebody else's: a
        switch is looked at for nothing."""
        api = (answer.request.url or "").startswith(f"{self.url}/api/")
        id = answer.headers.get("X-Request-ID")
        if self._wrote and id and api and answer.ok and answer.request.method not in _READS:
            try:
                self._wrote(id)
            except OsismError as failure:
                log.warning("a write to NetBox cannot be noted as our own: %s", failure)

    def query(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        """One GraphQL query; its ``data``."""
        with self._reaching("read"):
            answer = self.http.post(
                f"{self.url}/graphql/",
                json={"query": query, "variables": variables},
                headers=self._headers,
            )
            if answer.status_code == 404:
                raise Misconfigured(
                    f"NetBox at {self.url}: GraphQL is switched off there (GRAPHQL_ENABLED)"
                )
            answer.raise_for_status()
            body = answer.json()
        if body.get("errors"):
            messages = "; ".join(str(each.get("message")) for each in body["errors"][:3])
            raise OutsideFailed(f"NetBox at {self.url} refused a query: {messages}")
        data: dict[str, Any] = body["data"]
        return data

    def read(self, endpoint: str, **filters: Any) -> list[dict[str, Any]]:
        """All objects of an endpoint (``dcim.sites``) that match, as JSON values."""
        with self._reaching("read"):
            several = self._endpoint(endpoint)
            found = several.filter(**filters, limit=1000) if filters else several.all(limit=1000)
            return [dict(each.serialize(init=True) | {"id": each.id}) for each in found]

    def page(self, path: str, **filters: Any) -> list[dict[str, Any]]:
        """One page of the objects of a path (``dcim/devices``), as NetBox writes them.

        :meth:`read` has ids for what an object refers to, and takes mappings in fields apart.
        """
        with self._reaching("read"):
            answer = self.http.get(f"{self.url}/api/{path}/", params=filters, headers=self._headers)
            answer.raise_for_status()
            rows: list[dict[str, Any]] = answer.json()["results"]
        return rows

    def create(self, endpoint: str, objects: Sequence[dict[str, Any]]) -> list[int]:
        """Create objects; their ids in the same order."""
        ids: list[int] = []
        for some in _bulks(objects):
            with self._reaching("write"):
                made = self._endpoint(endpoint).create(some)
            ids += [each.id for each in made]
        return ids

    def update(self, endpoint: str, objects: Sequence[dict[str, Any]]) -> None:
        """Update objects (each with its ``id``)."""
        for some in _bulks(objects):
            with self._reaching("update"):
                done = self._endpoint(endpoint).update(some)
            if len(done) != len(some):  # NetBox passes over ids that it does not know
                gone = sorted({each["id"] for each in some} - {each.id for each in done})
                raise OutsideFailed(
                    f"NetBox at {self.url}: {endpoint} {', '.join(map(str, gone))} is gone; "
                    "somebody deleted it meanwhile"
                )

    def delete(self, endpoint: str, ids: Sequence[int]) -> None:
        """Delete objects by id."""
        for some in _bulks(ids):
            with self._reaching("write"):
                self._endpoint(endpoint).delete(some)

    def version(self) -> str:
        """NetBox's version, as in ``4.4.10``."""
        with self._reaching("read"):
            return str(self.api.status()["netbox-version"])

    def _endpoint(self, endpoint: str) -> Any:
        app, name = endpoint.split(".")
        return getattr(getattr(self.api, app), name)

    @contextmanager
    def _reaching(self, kind: str) -> Iterator[None]:
        """Turn failures into the product's errors, with the words of NetBox."""
        failed: Callable[[str], Exception] = Unsure if kind == "write" else OutsideFailed
        try:
            yield
        except pynetbox.RequestError as failure:
            raise self._refused(failure.req, str(failure.error), failed) from failure
        except requests.HTTPError as failure:
            raise self._refused(failure.response, failure.response.text, failed) from failure
        except (pynetbox.ContentError, requests.JSONDecodeError) as failure:
            raise failed(f"NetBox at {self.url}: the answer is no JSON") from failure
        except requests.exceptions.SSLError as failure:
            raise Misconfigured(
                f"NetBox at {self.url}: its certificate is not trusted ({_cause(failure)}); "
                "set OSISM_NETBOX_CA"
            ) from failure
        except requests.RequestException as failure:
            raise failed(f"NetBox at {self.url} cannot be reached: {_cause(failure)}") from failure

    def _refused(
        self, answer: requests.Response, words: str, failed: Callable[[str], Exception]
    ) -> Exception:
        status, words = answer.status_code, " ".join(words.split())[:500]
        said = f"NetBox at {self.url} answered {status} {answer.reason}"
        if status in (401, 403):
            return Misconfigured(f"{said}: {words}; is NETBOX_TOKEN right, and may it write?")
        if status in _PASSING or status >= 500:
            return failed(said)
        return Refused(f"{said}: {words}")


def _retries(seconds: float, methods: frozenset[str]) -> Retry:
    """As many retries as fit into *seconds* of pauses that double."""
    count, total, pause = 0, 0.0, _FIRST_PAUSE
    while total < seconds and count < 100:
        count, total, pause = count + 1, total + pause, min(2 * pause, _LONGEST_PAUSE)
    return _Retry(
        total=count,
        backoff_factor=_FIRST_PAUSE,
        backoff_max=_LONGEST_PAUSE,
        status_forcelist=_PASSING,
        allowed_methods=methods,
        raise_on_status=False,
        respect_retry_after_header=True,
    )


def _bulks(items: Sequence[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(items), BULK):
        yield list(items[start : start + BULK])


def _cause(failure: BaseException) -> str:
    """The innermost reason of a chain of connection errors, in its own words."""
    reason = getattr(failure.args[0], "reason", None) if failure.args else None
    text = str(reason or failure)
    return text.split(": ", 1)[-1] if reason else text
