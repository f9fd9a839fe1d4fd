"""What is counted of requests, and the figures of a scrape."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from osism import wiring
from osism.domain.errors import OutsideFailed
from osism.services.api import metrics


async def answered(scope: Any, receive: Any, send: Any) -> None:
    if scope["path"].startswith("/devices/"):
        scope["route"] = SimpleNamespace(path="/devices/{name}")
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body"})


async def _nothing(*_: Any) -> Any:
    return {}


def ask(method: str, path: str, app: Any = answered) -> None:
    scope = {"type": "http", "method": method, "path": path}
    asyncio.run(metrics.Measured(app)(scope, _nothing, _nothing))


def scrape() -> str:
    return asyncio.run(metrics.exposed()).decode()


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    workers = [SimpleNamespace(queues=("netbox", "conductor")), SimpleNamespace(queues=("netbox",))]
    site = SimpleNamespace(
        workers=lambda: workers,
        ticks=lambda: {"drift": datetime(2025, 3, 30, tzinfo=UTC)},
        counts=lambda: {"queued": 3, "failed": 0},
        site_lock=lambda: None,
        lengths=lambda: {"netbox": 2},
        running=lambda: ["one"],
    )
    for name in ("records", "queue", "journal"):
        monkeypatch.setattr(wiring, name, lambda: site)
    return site


def test_paths_become_their_templates_and_nothing_else_a_label(site: SimpleNamespace) -> None:
    for name in ("a", "b", "c"):
        ask("GET", f"/devices/{name}")
    ask("BREW", "/secret-path")
    count = "osism_api_request_seconds_count"
    text = scrape()
    assert f'{count}{{method="GET",route="/devices/{{name}}",status="200"}} 3.0' in text
    assert f'{count}{{method="other",route="none",status="200"}} 1.0' in text
    assert "secret-path" not in text


def test_a_request_without_an_answer_is_counted(site: SimpleNamespace) -> None:
    async def left(*_: Any) -> None:
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        ask("GET", "/gone", left)
    assert 'method="GET",route="none",status="none"} 1.0' in scrape()


def test_the_figures_of_the_site(site: SimpleNamespace) -> None:
    text = scrape()
    for line in (
        'osism_up{part="redis"} 1.0',
        'osism_workers{queue="netbox"} 2.0',
        'osism_jobs_waiting{queue="netbox"} 2.0',
        'osism_jobs{state="queued"} 3.0',
        "osism_transitions_running 1.0",
        "osism_site_locked 0.0",
        "osism_api_streams 0.0",
        'osism_schedule_last_run_timestamp_seconds{entry="drift"} 1.7432928e+09',
    ):
        assert f"{line}\n" in text
    site.site_lock = lambda: object()
    assert "osism_site_locked 1.0\n" in scrape()


def test_what_is_away_is_left_out_and_named(site: SimpleNamespace) -> None:
    def away() -> Any:
        raise OutsideFailed("Redis is away")

    site.workers = away
    text = scrape()
    assert 'osism_up{part="redis"} 0.0' in text
    assert 'osism_up{part="database"} 1.0' in text
    assert "osism_workers" not in text
    assert "osism_transitions_running" in text
