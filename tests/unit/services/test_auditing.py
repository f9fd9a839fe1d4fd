"""What writes is in the audit log: before it is worked on, without secrets, and how it ended."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from osism.domain.requests import Entry
from osism.domain.webhooks import sign
from tests.fakes.guarded import ACCESS, Guarded, guarded

THINGS = "/api/v1/things"
WEBHOOK = "/api/v1/webhook/netbox"
NOON = datetime(2025, 3, 30, 12, 0, tzinfo=UTC)


@pytest.fixture
def api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Guarded]:
    with guarded(tmp_path, monkeypatch, api_tokens=ACCESS, api_rate=0, api_body=65536) as found:
        yield found


def ended(api: Guarded) -> list[tuple[str, str, int | None, str]]:
    return [(each.who, each.method, each.status, each.result) for each in api.audit.rows]


class TestRows:
    def test_who_asked_for_what_and_what_came_of_it(self, api: Guarded) -> None:
        api.ask("POST", f"{THINGS}?dry-run=true", "operator", json={"name": "x"})
        (row,) = api.audit.rows
        assert datetime.now(UTC) - row.at < timedelta(seconds=60)
        assert (row.who, row.role, row.address) == ("the operator", "operator", "127.0.0.1")
        assert (row.method, row.path) == ("POST", f"{THINGS}?dry-run=true")
        assert (row.body, row.status, row.result) == ({"name": "x"}, 200, "job 4711")

    @pytest.mark.parametrize(
        ("user", "who"),
        [
            ("alice", "the operator (alice)"), ("", "the operator"), ("x" * 65, "the operator"),
            ("eve) (root", "the operator"),
        ],
    )  # fmt: skip
    def test_who_of_those_that_have_the_token(self, api: Guarded, user: str, who: str) -> None:
        api.ask("POST", THINGS, "operator", json={}, headers={"X-Osism-User": user})
        assert api.audit.rows[0].who == who

    def test_the_row_is_there_before_the_work(self, api: Guarded) -> None:
        api.ask("POST", THINGS, "operator", json={})
        assert [status for _, status in api.done] == [None]

    def test_how_it_ended(self, api: Guarded) -> None:
        for name in ("refused", "broken"):
            api.ask("POST", THINGS, "operator", json={"name": name})
        api.ask("POST", THINGS, "reader", json={"name": "x"})
        api.ask("DELETE", THINGS, "admin")
        api.ask("PATCH", "/api/v1/none", "reader")
        assert ended(api) == [
            ("the operator", "POST", 409, "the thing is as it is"),
            ("the operator", "POST", 500, "internal error: ValueError"),
            ("the reader", "POST", 403, "needs the role operator; 'the reader' is reader"),
            ("the admin", "DELETE", 200, "4712"),
            (
                "the reader", "PATCH", 404,
                "there is no /api/v1/none; the paths are described at /openapi.json",
            ),
        ]  # fmt: skip

    def test_looking_leaves_none(self, api: Guarded) -> None:
        for method in ("GET", "HEAD", "OPTIONS"):
            api.ask(method, THINGS, "admin")
        for role in ("", "admin"):
            api.ask("GET", "/api/v1/audit", role)
        api.ask("POST", THINGS, json={})
        assert api.audit.rows == []

    def test_a_webhook_of_netbox_leaves_one_and_nobody_elses_does(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        data = {"display": "leaf-1", "comments": "long"}
        body = json.dumps({"event": "updated", "model": "device", "data": data}).encode()

        def post(api: Guarded, signature: str) -> None:
            headers = {"X-Hook-Signature": signature, "Content-Type": "application/json"}
            api.ask("POST", WEBHOOK, content=body, headers=headers, address="192.0.2.9")

        with guarded(tmp_path, monkeypatch, api_tokens=ACCESS, webhook_secret="s3cret") as api:
            post(api, sign(body, "another"))
            post(api, "")
            assert api.audit.rows == []
            post(api, sign(body, "s3cret"))
            (row,) = api.audit.rows
        assert (row.who, row.role, row.address) == ("webhook", "", "192.0.2.9")
        assert row.body == {"event": "updated", "model": "device", "object": "leaf-1"}
        assert row.status


class TestBodies:
    def test_secrets_are_none_of_it(self, api: Guarded) -> None:
        body = {
            "password": "opensesame",
            "arguments": ["-e", "db_password=opensesame", "--check"],
            "more": [{"vault_token": "opensesame"}, "https://x:opensesame@example.org"],
        }
        api.ask("POST", f"{THINGS}?token=opensesame&a=1", "operator", json=body)
        (row,) = api.audit.rows
        assert "opensesame" not in str(row)
        assert row.path == f"{THINGS}?token=********&a=1"
        assert row.body["arguments"] == ["********"]
        assert api.done[0][0].password == "opensesame"

    def test_arguments_without_secrets_stay(self, api: Guarded) -> None:
        body = {"arguments": ["-e", "version=2024.1", "--limit", "node-1"]}
        api.ask("POST", THINGS, "operator", json=body)
        assert api.audit.rows[0].body == body

    def test_of_long_ones_the_beginning(self, api: Guarded) -> None:
        api.ask("POST", THINGS, "operator", json={"more": "x" * 30_000, "password": "opensesame"})
        (row,) = api.audit.rows
        assert row.body["size"] > 30_000
        assert len(json.dumps(row.body)) < 8_200
        assert api.done[0][0].more == "x" * 30_000

    def test_of_other_things_size_and_digest(self, api: Guarded) -> None:
        headers = {"Content-Type": "text/plain"}
        api.ask("POST", THINGS, "operator", content=b"opensesame", headers=headers)
        (row,) = api.audit.rows
        assert row.body == {"size": 10, "sha256": sha256(b"opensesame").hexdigest()}
        assert row.status == 400

    def test_of_too_large_ones_nothing(self, api: Guarded) -> None:
        assert api.pieces("POST", THINGS, "operator", *[b" " * 40_000] * 9) == (413, 2)
        (row,) = api.audit.rows
        assert (row.body, row.status) == (None, 413)


class TestDatabaseAway:
    def test_nothing_is_done(self, api: Guarded) -> None:
        api.audit.away = True
        answer = api.ask("POST", THINGS, "operator", json={})
        assert (answer.status_code, answer.json()["kind"]) == (503, "Status")
        assert answer.headers["Retry-After"]
        assert "nothing was done: the database is away" in answer.json()["message"]
        assert api.done == []
        assert api.ask("GET", THINGS, "reader").status_code == 200
        api.audit.away = False
        assert api.ask("POST", THINGS, "operator", json={}).status_code == 200

    def test_after_the_work_the_answer_stays(
        self, api: Guarded, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        def away(*_: Any) -> None:
            api.audit.away = True
            api.audit.begin(Entry(NOON, "", "", "", "", ""))

        monkeypatch.setattr(api.audit, "finish", away)
        assert api.ask("POST", THINGS, "operator", json={}).status_code == 200
        assert "was answered 200: the database is away" in caplog.text


class TestReading:
    @pytest.fixture
    def api(self, api: Guarded) -> Guarded:
        for number in range(5):
            at = NOON + timedelta(hours=number)
            who = "the CI" if number % 2 else "ops"
            api.audit.begin(Entry(at, who, "operator", "192.0.2.1", "PUT", f"/{number}", {"a": 1}))
        api.audit.finish(5, 200, "done")
        return api

    def items(self, api: Guarded, **query: Any) -> list[int]:
        answer = api.ask("GET", "/api/v1/audit", "admin", params=query)
        assert answer.status_code == 200, answer.text
        return [each["number"] for each in answer.json()["items"]]

    def test_one(self, api: Guarded) -> None:
        answer = api.ask("GET", "/api/v1/audit?limit=1", "admin").json()
        assert (answer["kind"], answer["meta"]) == ("AuditList", {"continue": "5"})
        assert answer["items"] == [
            {
                "number": 5, "at": "2025-03-30T16:00:00Z", "who": "ops", "role": "operator",
                "address": "192.0.2.1", "method": "PUT", "path": "/4", "body": {"a": 1},
                "status": 200, "result": "done",
            }
        ]  # fmt: skip

    def test_some(self, api: Guarded) -> None:
        assert self.items(api) == [5, 4, 3, 2, 1]
        assert self.items(api, who="the CI") == [4, 2]
        assert self.items(api, who="nobody\0") == []
        assert self.items(api, since="2025-03-30T17:00:00+02:00") == [5, 4]

    def test_page_by_page(self, api: Guarded) -> None:
        seen, mark = [], ""
        while True:
            query = {"limit": 2, **({"continue": mark} if mark else {})}
            answer = api.ask("GET", "/api/v1/audit", "admin", params=query).json()
            seen.append([each["number"] for each in answer["items"]])
            mark = answer["meta"]["continue"]
            if not mark:
                break
        assert seen == [[5, 4], [3, 2], [1]]

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("since", "yesterday"), ("since", "0"), ("since", "2025-03-30T12:00:00"),
            ("since", "0001-01-01T00:00:00+14:00"), ("since", "2025-02-30T12:00:00Z"),
            ("limit", "0"), ("limit", "1001"), ("limit", "x"), ("continue", "x"),
            ("continue", "-1"), ("continue", "9" * 19), ("who", "x" * 2000),
        ],
    )  # fmt: skip
    def test_what_is_no_question(self, api: Guarded, name: str, value: str) -> None:
        answer = api.ask("GET", "/api/v1/audit", "admin", params={name: value})
        assert answer.status_code == 400, answer.text

    def test_it_is_for_admins(self, api: Guarded) -> None:
        for role in ("reader", "operator"):
            assert api.ask("GET", "/api/v1/audit", role).status_code == 403
