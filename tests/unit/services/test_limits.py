"""How much may be asked, what bodies may be, and what pages of other origins may do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from osism.domain.errors import Misconfigured
from osism.services.api import limits
from tests.fakes.guarded import ACCESS, TOKENS, Guarded, guarded

JSON = {"Content-Type": "application/json"}
THINGS = "/api/v1/things"


@pytest.fixture
def api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Guarded]:
    with guarded(tmp_path, monkeypatch, api_tokens=ACCESS, api_rate=0, api_body=2048) as found:
        yield found


def said(answer: httpx.Response, code: int) -> str:
    """The message of a failure, which has the one body."""
    found = answer.json()
    assert (answer.status_code, found["kind"], found["code"]) == (code, "Status", code), answer.text
    return "; ".join(found["message"])


class TestBodies:
    def test_up_to_the_limit(self, api: Guarded) -> None:
        body = b'{"name": "%s"}' % (b"x" * (2048 - 12))
        assert len(body) == 2048
        assert api.ask("POST", THINGS, "operator", content=body, headers=JSON).status_code == 200
        answer = api.ask("POST", THINGS, "operator", content=body + b" ", headers=JSON)
        assert "2048 bytes" in said(answer, 413)

    def test_pieces_are_taken_up_to_the_limit(self, api: Guarded) -> None:
        assert api.pieces("POST", THINGS, "operator", b'{"name": ', b'"x"}') == (200, 2)
        assert api.pieces("POST", THINGS, "operator", *[b" " * 1000] * 50) == (413, 3)
        assert len(api.done) == 1

    def test_of_somebody_unknown_nothing_is_taken(self, api: Guarded) -> None:
        assert api.pieces("POST", THINGS, "", *[b" " * 1000] * 50) == (401, 0)

    def test_also_where_none_is_wanted(self, api: Guarded) -> None:
        for method, path in (("GET", THINGS), ("POST", "/api/v1/none")):
            answer = api.ask(method, path, "operator", content=b" " * 4096, headers=JSON)
            assert "bytes" in said(answer, 413)

    def test_slow_ones_end(self, api: Guarded, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(limits, "PATIENCE", 0.0)
        headers = {**JSON, "Transfer-Encoding": "chunked"}

        async def never(*_: Any) -> None:
            import asyncio

            await asyncio.sleep(60)

        monkeypatch.setattr(limits, "_collected", never)
        answer = api.ask("POST", THINGS, "operator", content=b"{}", headers=headers)
        assert "did not come" in said(answer, 400)
        assert answer.headers["Connection"] == "close"

    @pytest.mark.parametrize(
        ("body", "words"),
        [
            (b"\xff{}", "no UTF-8"), (b'{"name": "\xc3"}', "no UTF-8"),
            (b"[" * 1000, "the body is"), (b"[" * 1000 + b"]" * 1000, "deep"),
            (b'{"more": ' + b'{"a":' * 60 + b"1" + b"}" * 61, "deep"),
            (b"{", "no JSON"), (b"{} {}", "no JSON"), (b"nil", "no JSON"),
            (b'{"more": NaN}', "no number"), (b'{"more": -Infinity}', "no number"),
            (b'{"more": 1e999}', "no number"), ("\ufeff{}".encode(), "no JSON"),
            ("{}".encode("utf-16"), "no UTF-8"), ("{}".encode("utf-16-be"), "no JSON"),
            (b'{"else": 1}', "else"), (b'{"name": 7}', "name"), (b"[]", "body"), (b"", "body"),
        ],
    )  # fmt: skip
    def test_what_is_no_request(self, api: Guarded, body: bytes, words: str) -> None:
        answer = api.ask("POST", THINGS, "operator", content=body, headers=JSON)
        assert words in said(answer, 400)
        assert api.done == []
        assert api.audit.rows[-1].status == 400

    def test_a_number_of_thousands_of_digits(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with guarded(tmp_path, monkeypatch) as api:
            for digits, status in ((4000, 200), (5000, 400)):
                body = b'{"more": %s}' % (b"1" * digits)
                assert api.ask("POST", THINGS, content=body, headers=JSON).status_code == status

    @pytest.mark.parametrize(
        "kind", ["text/plain", "application/x-www-form-urlencoded", "", "json"]
    )
    def test_what_is_not_said_to_be_json(self, api: Guarded, kind: str) -> None:
        headers = {"Content-Type": kind} if kind else {}
        answer = api.ask("POST", THINGS, "operator", content=b"{}", headers=headers)
        assert "has to be application/json" in said(answer, 400)

    def test_other_names_of_json(self, api: Guarded) -> None:
        for kind in ("application/json; charset=utf-8", "Application/JSON", "application/x+json"):
            headers = {"Content-Type": kind}
            answer = api.ask("POST", THINGS, "operator", content=b"{}", headers=headers)
            assert answer.status_code == 200

    def test_without_a_body_the_type_is_nothing(self, api: Guarded) -> None:
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Content-Length": "0"}
        assert api.ask("DELETE", THINGS, "admin", headers=headers).status_code == 200


class TestRates:
    @pytest.fixture
    def api(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Guarded]:
        """Three in 200 s, for a test takes longer than one."""
        monkeypatch.setattr(limits, "RateLimitItemPerSecond", lambda much, _=1: _slow(much))
        with guarded(tmp_path, monkeypatch, api_tokens=ACCESS, api_rate=3) as found:
            yield found

    def test_each_token_has_its_own(self, api: Guarded) -> None:
        for role in ("reader", "operator"):
            codes = [api.ask("GET", THINGS, role).status_code for _ in range(5)]
            assert codes == [200, 200, 200, 429, 429]
        answer = api.ask("POST", THINGS, "operator", json={})
        assert "more than 3 requests a second" in said(answer, 429)
        assert 190 <= int(answer.headers["Retry-After"]) <= 200
        assert (api.done, api.audit.rows) == ([], [])
        assert api.ask("GET", "/health").status_code == 200

    def test_of_the_webhook_each_address(self, api: Guarded) -> None:
        def ask(address: str) -> int:
            return api.ask("POST", "/api/v1/webhook/netbox", address=address).status_code

        assert [ask("192.0.2.1") == 429 for _ in range(4)] == [False] * 3 + [True]
        assert ask("192.0.2.2") != 429

    def test_guessing_is_slow_and_keeps_nobody_out(self, api: Guarded) -> None:
        def ask(token: str, address: str = "2001:db8::1") -> int:
            headers = {"X-Api-Key": token}
            return api.ask("GET", THINGS, headers=headers, address=address).status_code

        assert [ask(f"guess-{number}") for number in range(5)] == [401, 401, 401, 429, 429]
        assert ask("guess", "2001:db8::ffff:2") == 429  # the same network
        assert ask("guess", "2001:db8:0:1::1") == 401
        assert ask(TOKENS["admin"]) == 200  # somebody else behind the same proxy

    def test_to_ask_without_one_is_no_guess(self, api: Guarded) -> None:
        assert {api.ask("GET", THINGS).status_code for _ in range(9)} == {401}
        assert api.ask("GET", THINGS, "reader").status_code == 200


def _slow(much: int) -> Any:
    from limits import RateLimitItemPerSecond

    return RateLimitItemPerSecond(much, 200)


@pytest.mark.parametrize(
    ("rate", "amount", "seconds"), [(100, 100, 1), (1.9, 1, 1), (0.5, 1, 2), (0.1, 1, 10)]
)
def test_what_a_rate_is(rate: float, amount: int, seconds: int) -> None:
    found = limits.Budget(rate)._item
    assert (found.amount, found.get_expiry()) == (amount, seconds)


class TestOrigins:
    @pytest.fixture
    def api(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Guarded]:
        named = "https://dash.example.org http://localhost:3000"
        values: dict[str, Any] = {"api_tokens": ACCESS, "api_origins": named}
        with guarded(tmp_path, monkeypatch, **values) as found:
            yield found

    def preflight(self, api: Guarded, origin: str, method: str = "PUT") -> httpx.Response:
        headers = {
            "Origin": origin,
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": "x-api-key, content-type, if-match",
        }
        return api.ask("OPTIONS", "/api/v1/devices/node-1", headers=headers)

    def test_a_browser_may_ask_without_a_token(self, api: Guarded) -> None:
        answer = self.preflight(api, "https://dash.example.org")
        assert answer.status_code == 200
        assert answer.headers["Access-Control-Allow-Origin"] == "https://dash.example.org"
        assert "PUT" in answer.headers["Access-Control-Allow-Methods"]
        assert api.audit.rows == []

    @pytest.mark.parametrize(
        "origin",
        [
            "https://evil.example", "http://dash.example.org", "https://dash.example.org:444",
            "https://dash.example.org.evil.example", "https://x.dash.example.org", "null", "*",
        ],
    )  # fmt: skip
    def test_of_others_it_learns_no(self, api: Guarded, origin: str) -> None:
        answer = self.preflight(api, origin)
        assert "origin" in said(answer, 403)
        assert "Access-Control-Allow-Origin" not in answer.headers
        read = api.ask("GET", THINGS, "reader", headers={"Origin": origin})
        assert "Access-Control-Allow-Origin" not in read.headers

    def test_a_page_can_read_refusals_too(self, api: Guarded) -> None:
        headers = {"Origin": "http://localhost:3000"}
        for role in ("", "reader"):
            answer = api.ask("GET", THINGS, role, headers=headers)
            assert answer.headers["Access-Control-Allow-Origin"] == "http://localhost:3000"
            assert "Origin" in answer.headers["Vary"]
            assert "Access-Control-Allow-Credentials" not in answer.headers

    def test_none_is_named(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        with guarded(tmp_path, monkeypatch, api_tokens=ACCESS) as api:
            assert self.preflight(api, "https://dash.example.org").status_code == 401
            answer = api.ask("GET", THINGS, "reader", headers={"Origin": "https://a.example"})
            assert not [name for name in answer.headers if name.startswith("access-control")]

    @pytest.mark.parametrize(
        "origins", ["*", "https://*.example.org", "dash.example.org", "https://a/b", "https://a/"]
    )
    def test_what_is_no_origin(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, origins: str
    ) -> None:
        with (
            pytest.raises(Misconfigured, match="api_origins"),
            guarded(tmp_path, monkeypatch, api_origins=origins),
        ):
            pass


def test_what_every_answer_says(api: Guarded) -> None:
    for path in ("/health", THINGS, "/none", "/openapi.json"):
        for role in ("", "reader"):
            headers = api.ask("GET", path, role).headers
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert headers["Cache-Control"] == "no-store"
