"""Who gets in: nobody without a token, and what is presented is never told."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from osism.domain.access import Role, digest
from osism.services.api import tokens
from tests.fakes.guarded import ACCESS, TOKENS, Guarded, guarded

OPEN = [("GET", "/health"), ("POST", "/api/v1/webhook/netbox")]


@pytest.fixture
def api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Guarded]:
    with guarded(tmp_path, monkeypatch, api_tokens=ACCESS, api_rate=0) as found:
        yield found


def routes(found: Any) -> Iterator[Any]:
    """All routes, those of routers too."""
    for each in found:
        if hasattr(each, "effective_candidates"):
            yield from routes(each.effective_candidates())
        else:
            yield each


def roles(dependant: Any) -> Iterator[Role]:
    """The roles that an endpoint asks for."""
    if role := getattr(dependant.call, "role", None):
        yield role
    for each in dependant.dependencies:
        yield from roles(each)


def endpoints(api: Guarded) -> list[tuple[str, str, list[Role]]]:
    """Method, path and roles of everything that is described."""
    return [
        (method, each.path, list(roles(each.dependant)))
        for each in routes(api.app.routes)
        if getattr(each, "dependant", None) and each.include_in_schema
        for method in each.methods
    ]


class TestEveryPath:
    def test_all_of_them_are_looked_at(self, api: Guarded) -> None:
        described = {
            (method.upper(), path)
            for path, operations in api.app.openapi()["paths"].items()
            for method in operations
        }
        assert {(method, path) for method, path, _ in endpoints(api)} == described

    def test_each_asks_for_a_role(self, api: Guarded) -> None:
        for method, path, asked in endpoints(api):
            if (method, path) in OPEN:
                continue
            assert len(asked) == 1, f"{method} {path} asks for no role"
            if method != "GET":
                assert asked[0] >= Role.OPERATOR, f"{method} {path} is for {asked[0]}"

    def test_each_wants_a_token(self, api: Guarded) -> None:
        for method, path, _ in endpoints(api):
            if (method, path) not in OPEN:
                answer = api.ask(method, path.replace("{", "").replace("}", ""))
                assert answer.status_code == 401, (method, path)

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("GET", "/docs"), ("GET", "/openapi.json"), ("GET", "/ready"), ("GET", "/metrics"),
            ("GET", "/docs/files/swagger-ui.css"), ("GET", "/"), ("GET", "/no/such/path"),
            ("GET", "/health/"), ("GET", "//health"), ("DELETE", "/api/v1/audit"),
            ("GET", "/api/v1/webhook/netbox"), ("OPTIONS", "/api/v1/audit"),
        ],
    )  # fmt: skip
    def test_so_does_what_is_none(self, api: Guarded, method: str, path: str) -> None:
        answer = api.ask(method, path)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert (answer.json()["kind"], answer.json()["code"]) == ("Status", 401)

    def test_health_wants_none(self, api: Guarded) -> None:
        assert api.ask("GET", "/health").json() == {"status": "ok"}


class TestTokens:
    @pytest.mark.parametrize(
        "headers",
        [
            {"X-Api-Key": TOKENS["reader"]},
            {"Authorization": f"Bearer {TOKENS['reader']}"},
            {"Authorization": f"bearer  {TOKENS['reader']} "},
            {"X-Api-Key": TOKENS["reader"], "Authorization": f"Bearer {TOKENS['reader']}"},
            {"X-Api-Key": TOKENS["reader"], "Authorization": "Basic b3Npc206b3Npc20="},
        ],
    )
    def test_ways_to_present_one(self, api: Guarded, headers: dict[str, str]) -> None:
        assert api.ask("GET", "/api/v1/things", headers=headers).status_code == 200

    @pytest.mark.parametrize(
        "headers",
        [
            {"X-Api-Key": ""},
            {"X-Api-Key": "osism_wrong"},
            {"X-Api-Key": TOKENS["admin"].upper()},
            {"X-Api-Key": digest(TOKENS["admin"])},
            {"Authorization": f"Bearer {digest(TOKENS['admin'])}"},
            {"Authorization": TOKENS["admin"]},
            {"Authorization": f"Basic {TOKENS['admin']}"},
            {"X-Api-Key": TOKENS["admin"], "Authorization": f"Bearer {TOKENS['reader']}"},
            {"X-Api-Key": TOKENS["admin"], "Authorization": "Bearer osism_wrong"},
        ],
    )
    def test_what_is_none(self, api: Guarded, headers: dict[str, str]) -> None:
        assert api.ask("GET", "/api/v1/things", headers=headers).status_code == 401

    def test_a_token_of_other_letters_is_its_bytes(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        access = {"odd": {"sha256": digest("schlüssel"), "role": "reader"}}
        with guarded(tmp_path, monkeypatch, api_tokens=access) as api:
            sent: Any = {b"X-Api-Key": "schlüssel".encode()}
            assert api.ask("GET", "/api/v1/things", headers=sent).status_code == 200

    def test_roles(self, api: Guarded) -> None:
        for method, needed in (("GET", "reader"), ("POST", "operator"), ("DELETE", "admin")):
            body = {"json": {}} if method == "POST" else {}
            for role in Role:
                answer = api.ask(method, "/api/v1/things", str(role), **body)
                enough = role >= Role[needed.upper()]
                assert answer.status_code == (200 if enough else 403), (method, role)
        assert answer.json() == {"job": "4712"}
        refused = api.ask("DELETE", "/api/v1/things", "reader").json()
        assert (refused["kind"], refused["code"]) == ("Status", 403)
        assert refused["message"] == ["needs the role admin; 'the reader' is reader"]

    def test_none_is_told(self, api: Guarded, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        secret = TOKENS["operator"]
        answers = [
            api.ask("POST", "/api/v1/things", "operator", json={"name": name, "password": secret})
            for name in ("good", "refused", "broken")
        ]
        answers += [
            api.ask("POST", "/api/v1/things", headers={"Authorization": f"Bearer {token}"}, json={})
            for token in (secret, f"{secret}-wrong")
        ]
        api.write(api_tokens={"x": {"sha256": secret, "role": "admin"}})
        answers.append(api.ask("GET", "/api/v1/audit", "admin"))
        assert [each.status_code for each in answers] == [200, 409, 500, 200, 401, 200]
        assert "the tokens stay" in caplog.text
        assert secret not in caplog.text
        assert secret not in str(api.audit.rows)
        assert all(secret not in each.text for each in answers)

    def test_refusals_are_a_line_in_the_log_not_one_each(
        self, api: Guarded, caplog: pytest.LogCaptureFixture
    ) -> None:
        for _ in range(20):
            api.ask("POST", "/api/v1/x%0AERROR forged", address="192.0.2.1")
        api.ask("GET", "/", address="192.0.2.2")
        told = [each.getMessage() for each in caplog.records if each.levelname == "WARNING"]
        assert [each.split(":")[0] for each in told] == [
            "POST '/api/v1/x\\nERROR forged' from 192.0.2.1", "GET '/' from 192.0.2.2",
        ]  # fmt: skip
        assert api.audit.rows == []


class TestChanges:
    def test_a_token_that_is_removed_is_out_at_once(self, api: Guarded) -> None:
        assert api.ask("GET", "/api/v1/things", "operator").status_code == 200
        api.write(api_tokens={"the admin": ACCESS["the admin"]})
        assert api.ask("GET", "/api/v1/things", "operator").status_code == 401
        assert api.ask("GET", "/api/v1/things", "admin").status_code == 200
        api.write(api_tokens=ACCESS)
        assert api.ask("GET", "/api/v1/things", "operator").status_code == 200

    def test_also_by_a_change_of_the_same_length_in_the_same_moment(self, api: Guarded) -> None:
        for role in ("reader", "admin") * 20:
            other = "admin" if role == "reader" else "reader"
            api.write(api_tokens={"x": {"sha256": digest(TOKENS[role]), "role": "reader"}})
            assert api.ask("GET", "/api/v1/things", role).status_code == 200
            assert api.ask("GET", "/api/v1/things", other).status_code == 401

    def test_a_file_that_was_just_written_is_read_once_more(self, api: Guarded) -> None:
        """A second write in the same moment may leave it with the same time stamp."""
        api.write(api_tokens=ACCESS)
        assert tokens._stamp() != tokens._stamp()
        long_ago = time.time() - 10
        os.utime(api.config, (long_ago, long_ago))
        assert tokens._stamp() == tokens._stamp()

    @pytest.mark.parametrize(
        "broken",
        [
            "api_tokens: {", "api_tokens: 7", "- a list", "\0", b"\xff",
            "api_tokens: {a: {sha256: osism_test-admin, role: admin}}", None,
        ],
    )  # fmt: skip
    def test_a_broken_file_changes_nothing_and_is_told_once(
        self, api: Guarded, caplog: pytest.LogCaptureFixture, broken: Any
    ) -> None:
        if broken is None:
            api.config.unlink()
        else:
            api.config.write_bytes(broken if isinstance(broken, bytes) else broken.encode())
        for _ in range(5):
            assert api.ask("GET", "/api/v1/things", "operator").status_code == 200
            assert api.ask("GET", "/api/v1/things").status_code == 401
        assert len([each for each in caplog.records if each.levelname == "ERROR"]) == 1
        api.write(api_tokens={"the admin": ACCESS["the admin"]})
        assert api.ask("GET", "/api/v1/things", "operator").status_code == 401

    def test_without_any_token_left_nobody_gets_in(self, api: Guarded) -> None:
        for text in ("", "api_tokens: {}\n", "lease: 3\n"):
            api.config.write_text(text)
            assert api.ask("GET", "/api/v1/things").status_code == 401
            assert api.ask("GET", "/api/v1/things", "admin").status_code == 401

    def test_the_first_token_closes_an_open_one_for_good(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with guarded(tmp_path, monkeypatch) as api:
            assert api.ask("GET", "/api/v1/things").status_code == 200
            api.write(api_tokens=ACCESS)
            assert api.ask("GET", "/api/v1/things").status_code == 401
            assert api.ask("GET", "/api/v1/things", "reader").status_code == 200
            api.write()
            assert api.ask("GET", "/api/v1/things").status_code == 401


class TestWithoutTokens:
    @pytest.fixture
    def api(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Guarded]:
        with guarded(tmp_path, monkeypatch, api_origins="https://dash.example.org") as found:
            yield found

    @pytest.mark.parametrize(
        "host", ["127.0.0.1", "127.0.0.1:8000", "localhost", "LOCALHOST:1", "[::1]", "[::1]:8000"]
    )
    def test_this_machine_is_asked_by_its_own_names(self, api: Guarded, host: str) -> None:
        assert api.ask("GET", "/api/v1/things", headers={"Host": host}).status_code == 200

    @pytest.mark.parametrize(
        "host",
        [
            "evil.example", "evil.example:8000", "127.0.0.1.evil.example", "localhost.evil.example",
            "", ":8000", "127.0.0.1:8000:1", "127.0.0.1@evil.example", "192.0.2.1",
        ],
    )  # fmt: skip
    def test_a_page_with_a_name_of_its_own_for_it_gets_nothing(
        self, api: Guarded, host: str
    ) -> None:
        answer = api.ask("GET", "/api/v1/things", headers={"Host": host})
        assert (answer.status_code, answer.json()["kind"]) == (403, "Status")

    @pytest.mark.parametrize(
        ("origin", "status"),
        [
            ("https://evil.example", 403), ("null", 403), ("http://127.0.0.1:8001", 403),
            ("http://localhost:8000", 403), ("https://127.0.0.1:8000", 403),
            ("http://127.0.0.1:8000", 200), ("https://dash.example.org", 200), ("", 200),
        ],
    )  # fmt: skip
    def test_pages_of_others_may_not_write(self, api: Guarded, origin: str, status: int) -> None:
        headers = {"Origin": origin} if origin else {}
        answer = api.ask("POST", "/api/v1/things", headers=headers, json={})
        assert (answer.status_code, len(api.done)) == (status, int(status == 200))

    def test_what_comes_through_a_proxy_is_not_of_this_machine(self, api: Guarded) -> None:
        for name in ("X-Forwarded-For", "Forwarded"):
            answer = api.ask("GET", "/api/v1/things", headers={name: "127.0.0.1"})
            assert answer.status_code == 403

    def test_everybody_there_is_admin(self, api: Guarded) -> None:
        assert api.ask("DELETE", "/api/v1/things").status_code == 200
        assert (api.audit.rows[0].who, api.audit.rows[0].role) == ("this machine", "admin")
