"""Where commands use an API nothing else is asked: no port is built of this machine's settings."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from osism import wiring
from osism.domain.errors import Invalid
from osism.settings import Settings

#: What reaches nothing by itself.
HARMLESS = frozenset(
    "hurry forget clean_up_runs require_here standalone remote loads managed".split()
)
VALUES: dict[str, tuple[Any, ...]] = {
    "ping": (["192.0.2.1"],),
    "plays": ("ansible",),
    "play_runner": ("ansible",),
    "revoke": ("a job", "somebody"),
    "node_parameters": ("another",),
}
PORTS = [
    name
    for name, each in vars(wiring).items()
    if callable(each) and getattr(each, "__module__", "") == wiring.__name__
    if not name.startswith("_") and name not in HARMLESS and not inspect.isclass(each)
]


class Api:
    """Offers everything."""

    def __getattr__(self, name: str) -> Any:
        return lambda *_, **__: self


@pytest.mark.parametrize("name", PORTS)
def test_a_port_is_the_apis_or_none(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    urls = {"api_url": "https://api.example.com", "netbox_url": "https://netbox.example.com"}
    chosen = Settings(urls)
    api = Api()
    monkeypatch.setattr(wiring, "settings", lambda: chosen)
    monkeypatch.setattr(wiring, "remote", lambda: api)
    build = getattr(wiring, name)
    inner = build.__wrapped__ if hasattr(build, "cache_clear") else build
    try:
        found = inner(*VALUES.get(name, ()))
    except Invalid as refusal:
        assert "the API does not offer it" in str(refusal)
    else:
        assert found is api
