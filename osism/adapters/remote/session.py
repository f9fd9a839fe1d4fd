"""Requests to the HTTP API: TLS, the token, repeats, and its failures in the product's words."""

from __future__ import annotations

import logging
import ssl
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from pathlib import Path
from time import monotonic, sleep, time
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from osism.adapters.remote.failures import raised
from osism.domain.errors import Misconfigured, OutsideFailed
from osism.version import VERSION

log = logging.getLogger(__name__)
for _each in ("httpx", "httpcore"):  # a line for every request, which commands would print
    logging.getLogger(_each).setLevel(logging.WARNING)

#: Seconds that a connection, and an answer, are waited for.
CONNECT, ANSWER = 10.0, 120.0
#: Seconds before a request that may be repeated is; one that was too early waits as it is told.
PAUSES = (0.2, 0.5, 1.0, 2.0)
#: The longest time that is waited because the API says so, seconds.
_LONGEST = 30.0
_LATER = frozenset({429, 502, 503, 504})
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class Session:
    """One connection to the API at *url*, for one thread.

    *token_file* has the token, None for an API without tokens; *authorities* is a file of CA
    certificates, None for the system's.
    """

    def __init__(self, url: str, token_file: Path | None, authorities: Path | None) -> None:
        self.url = _checked(url.rstrip("/").removesuffix("/api/v1"))
        headers = {"User-Agent": f"osism/{VERSION}", "Accept": "application/json"}
        if token := _token(token_file):
            headers["X-Api-Key"] = token
            self._warn_of_plain_text()
        self._client = httpx.Client(
            base_url=f"{self.url}/api/v1",
            headers=headers,
            timeout=httpx.Timeout(ANSWER, connect=CONNECT),
            verify=_trust(authorities) if self.url.startswith("https:") else False,
        )

    def _warn_of_plain_text(self) -> None:
        if self.url.startswith("http:") and urlsplit(self.url).hostname not in _LOOPBACK:
            log.warning("the token is sent to %s in clear; use https://", self.url)

    def get(self, path: str, **query: Any) -> Any:
        """The answer of a path; *query*: its parameters, None for those that are not given."""
        return self.send("GET", path, query=query, repeated=True)

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        repeated: bool = False,
    ) -> Any:
        """One request; its answer's JSON. *repeated*: doing it twice is the same as once."""
        for pause in (*PAUSES, None):
            try:
                answer = self._client.request(
                    method, path, json=body, params=_given(query), headers=headers
                )
            except httpx.ConnectError as failure:  # nothing was sent
                if pause is None:
                    raise self._away(failure) from None
                sleep(pause)
                continue
            except httpx.HTTPError as failure:
                if pause is None or not repeated:
                    raise self._away(failure) from None
                sleep(pause)
                continue
            if answer.is_success:
                return _json(answer, self.url)
            if pause is None or not _again(answer.status_code, repeated):
                raise raised(answer.status_code, answer.content, self.url)
            sleep(_told_to_wait(answer, pause))
        raise AssertionError("the last pause ends it")

    @contextmanager
    def stream(
        self, path: str, *, query: Mapping[str, Any], headers: Mapping[str, str], silence: float
    ) -> Iterator[httpx.Response]:
        """An answer that is read as it comes, *silence* seconds at most without anything."""
        timeout = httpx.Timeout(silence, connect=CONNECT)
        with self._client.stream(
            "GET", path, params=_given(query), headers=headers, timeout=timeout
        ) as answer:
            if not answer.is_success:
                raise raised(answer.status_code, answer.read(), self.url)
            yield answer

    def _away(self, failure: Exception) -> OutsideFailed:
        return away(self.url, failure)


def away(url: str, failure: Exception) -> OutsideFailed:
    """Nobody answers at *url*."""
    words = str(failure) or type(failure).__name__
    advice = ""
    if "CERTIFICATE_VERIFY_FAILED" in words:
        advice = "; a site's own authority is named by the setting api_ca (OSISM_API_CA)"
    return OutsideFailed(f"the API at {url} cannot be reached: {words}{advice}")


def _checked(url: str) -> str:
    try:
        httpx.URL(url)
    except httpx.InvalidURL as mistake:
        raise Misconfigured(f"setting api_url: {url}: {mistake}") from None
    return url


def part(name: str) -> str:
    """A name as a part of a path."""
    return quote(name, safe="")


def _given(query: Mapping[str, Any] | None) -> dict[str, Any]:
    return {name: value for name, value in (query or {}).items() if value is not None}


def _again(status: int, repeated: bool) -> bool:
    """Whether a request that got this answer is made again; 429: nothing was done."""
    return status == 429 or (repeated and status in _LATER)


def _told_to_wait(answer: httpx.Response, pause: float) -> float:
    """Seconds, from Retry-After as a number or a date."""
    told = answer.headers.get("retry-after", "")
    try:
        seconds = float(told)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(told).timestamp() - time()
        except ValueError:
            seconds = 0.0
    # What is away may be back sooner than it says; who is too fast has to wait.
    wait = max(seconds, pause) if answer.status_code == 429 else pause
    return min(wait, _LONGEST)


def _json(answer: httpx.Response, url: str) -> Any:
    try:
        return answer.json() if answer.content else None
    except ValueError:
        raise Misconfigured(f"{url} does not answer as the API does; is the URL right?") from None


def _token(file: Path | None) -> str:
    if file is None:
        return ""
    try:
        mode = stat.S_IMODE(file.stat().st_mode)
        words = file.read_text(encoding="ascii").split()
    except (OSError, UnicodeError) as mistake:
        reason = getattr(mistake, "strerror", None) or "it is no text in ASCII"
        raise Misconfigured(f"token file {file}: {reason}") from None
    if len(words) != 1:
        raise Misconfigured(f"token file {file}: one token and nothing else is expected in it")
    if mode & 0o077:
        log.warning("token file %s: others may read it (mode %o); chmod 600 %s", file, mode, file)
    return words[0]


def _trust(authorities: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=str(authorities) if authorities else None)
    except OSError as mistake:
        raise Misconfigured(f"setting api_ca: {authorities}: {mistake.strerror}") from None


class Outage:
    """How long the API is away: up to *longest* seconds are borne."""

    def __init__(self, longest: float) -> None:
        self._longest, self._since = longest, 0.0

    def over(self) -> None:
        """It answers."""
        self._since = 0.0

    def bear(self, failure: OutsideFailed) -> None:
        """Wait a moment; raises *failure* after the longest time."""
        now = monotonic()
        if not self._since:
            self._since = now
            log.info("waiting for the API: %s", failure)
        if now - self._since >= self._longest:
            raise failure
        sleep(0.1 if now == self._since else 0.5)
