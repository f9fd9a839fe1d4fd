"""What every session with a switch promises, whatever its driver: one suite for all of them.

A module of a driver has a fixture ``rig`` with ``session()`` and ``run(text)`` (deploy, confirm),
and a class of these tests that names three configurations, each with more than the one before, and
says what a switch runs.
"""

from __future__ import annotations

from typing import Any

import pytest

from osism.domain.errors import OutsideFailed


class Promises:
    """``long``: a timer that never fires."""

    one: str
    two: str
    three: str
    long: float

    def runs(self, rig: Any, text: str) -> None:
        """Fail unless the switch runs *text*; empty: what it runs at first."""
        raise NotImplementedError

    def test_the_candidate_that_was_staged_last_is_committed(self, rig: Any) -> None:
        with rig.session() as session:
            session.stage(self.one)
            session.stage(self.two)
            session.commit(self.long)
            self.runs(rig, self.two)
            session.confirm()
        self.runs(rig, self.two)

    def test_confirming_twice_is_harmless(self, rig: Any) -> None:
        rig.run(self.one)
        with rig.session() as session:
            session.confirm()
        self.runs(rig, self.one)

    def test_nothing_staged_nothing_committed(self, rig: Any) -> None:
        with rig.session() as session, pytest.raises(OutsideFailed, match="leaf-1"):
            session.commit(self.long)

    def test_a_candidate_is_committed_once(self, rig: Any) -> None:
        with rig.session() as session:
            session.stage(self.one)
            session.commit(self.long)
            with pytest.raises(OutsideFailed, match="nothing is staged"):
                session.commit(self.long)

    def test_the_first_commit_can_be_reverted(self, rig: Any) -> None:
        with rig.session() as session:
            session.stage(self.one)
            session.commit(self.long)
            session.revert()
        self.runs(rig, "")

    def test_reverting_twice_goes_back_once(self, rig: Any) -> None:
        rig.run(self.one)
        rig.run(self.two)
        for _ in range(2):
            with rig.session() as session:
                session.revert()
                session.revert()
        self.runs(rig, self.one)

    def test_with_nothing_to_take_back_a_revert_is_harmless(self, rig: Any) -> None:
        with rig.session() as session:
            session.revert()
        self.runs(rig, "")

    def test_what_was_taken_back_cannot_be_confirmed(self, rig: Any) -> None:
        with rig.session() as session:
            session.stage(self.one)
            session.commit(self.long)
            session.revert()
            with pytest.raises(OutsideFailed, match="taken back"):
                session.confirm()

    def test_a_pending_commit_outlives_its_session(self, rig: Any) -> None:
        with rig.session() as session:
            session.stage(self.one)
            session.commit(self.long)
        self.runs(rig, self.one)
        with rig.session() as session:
            session.confirm()
        with rig.session() as session:
            assert session.stage(self.one) == ""

    def test_a_pending_commit_of_a_lost_session_can_be_reverted(self, rig: Any) -> None:
        rig.run(self.one)
        with rig.session() as session:
            session.stage(self.two)
            session.commit(self.long)
        with rig.session() as session:
            session.revert()
        self.runs(rig, self.one)

    def test_a_revert_never_reaches_behind_what_was_staged(self, rig: Any) -> None:
        """A commit whose answer was lost is reverted to be safe, though it may never have
        arrived."""
        rig.run(self.one)
        rig.run(self.two)
        with rig.session() as session:
            session.stage(self.three)
        with rig.session() as session:
            session.revert()
        self.runs(rig, self.two)
