"""Places in a stream, as people and programs name them."""

from __future__ import annotations

import pytest

from osism.adapters.streams.places import before, checked_place, numbers, place
from osism.domain.errors import Invalid

AT = 1795294710.5
BEHIND = "1795294710499-18446744073709551615"


@pytest.mark.parametrize(
    "since",
    [
        "1795294710.5",
        "2026-11-21T20:58:30.500",
        "2026-11-21 20:58:30.5Z",
        "2026-11-21T22:58:30.500+02:00",
        "2026-11-21T22:58:30.500 02:00",  # a plus that was not encoded
    ],
)
def test_a_time_is_the_place_before_it(since: str) -> None:
    assert place(since) == before(AT) == BEHIND


@pytest.mark.parametrize("id", ["0-0", "1795294710499-7", "18446744073709551615-0"])
def test_an_id_is_its_own_place(id: str) -> None:
    assert place(id) == checked_place(id) == id


def test_an_id_without_a_number_and_none() -> None:
    assert [checked_place(each) for each in ("", "0", "5")] == ["0-0", "0-0", "5-0"]
    assert numbers("5") == (5, 0)


def test_before_everything_is_the_begin() -> None:
    assert {place(each) for each in ("0", "1969-01-01", "0001-01-01T00:00+14:00")} == {"0-0"}


@pytest.mark.parametrize(
    "wrong", ["-1", "nan", "inf", "1e9", "1_0", "yesterday", "2026-13-01", "1-2-", "١", "\0"]
)
def test_nonsense_is_refused(wrong: str) -> None:
    with pytest.raises(Invalid, match="is no time"):
        place(wrong)


@pytest.mark.parametrize("wrong", ["x", "1-", "-1", "1-2-3", "18446744073709551616-0", "1-1\n"])
def test_what_is_no_id_is_refused(wrong: str) -> None:
    with pytest.raises(Invalid, match="is no id"):
        checked_place(wrong)
