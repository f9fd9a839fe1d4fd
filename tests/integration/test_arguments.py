"""What is refused of arguments for Ansible, beside what Ansible's own parser makes of them."""

from __future__ import annotations

import argparse
from typing import NoReturn

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osism.domain import runs
from osism.domain.errors import Invalid
from osism.domain.runs import check_arguments


class Refused(Exception):
    """Ansible does not take these arguments."""


@pytest.fixture(scope="module")
def parser() -> argparse.ArgumentParser:
    from ansible.cli.playbook import PlaybookCLI

    cli = PlaybookCLI(["ansible-playbook"])
    cli.init_parser()

    def error(message: str) -> NoReturn:
        raise Refused(message)

    cli.parser.error = error
    found: argparse.ArgumentParser = cli.parser
    return found


def test_all_options_of_ansible_are_known(parser: argparse.ArgumentParser) -> None:
    assert set(runs._KNOWN) == set(parser._option_string_actions)
    valued = {
        word.removeprefix("-") if len(word) == 2 else word
        for word, action in parser._option_string_actions.items()
        if action.nargs != 0 and word not in runs._OURS
    }
    assert valued == set(runs._VALUED)


OPTIONS = [each for each in runs._KNOWN if each not in ("-h", "--help", "--version")]
NAMES = st.sampled_from(OPTIONS).flatmap(
    lambda each: st.integers(2, len(each)).map(lambda length: each[:length])
)
BUNDLES = st.text("CDbveftulikKJTMcx=5", min_size=1, max_size=4).map(lambda text: f"-{text}")
WORDS = st.one_of(
    NAMES,
    BUNDLES,
    st.tuples(NAMES, st.sampled_from(["x", "5", ""])).map("=".join),
    st.sampled_from(["x", "5", "-5", "-1.5", "", "-", "--", "a b", "a=1", "-o a=1", "--limit x"]),
)


@settings(max_examples=600, deadline=None)
@given(st.lists(WORDS, max_size=5))
def test_what_is_not_refused_plays_one_play_on_our_hosts(
    parser: argparse.ArgumentParser, words: list[str]
) -> None:
    """And what we refuse for its playbooks alone, Ansible would read as playbooks or refuse."""
    try:
        read = parser.parse_args([*words, "play.yml"])
    except (Refused, SystemExit):
        return
    ours = (
        read.inventory,
        read.subset,
        read.ask_pass,
        read.become_ask_pass,
        read.ask_vault_pass,
        read.vault_password_files,
    )
    good = read.args == ["play.yml"] and ours == (None, None, False, False, False, [])
    try:
        check_arguments(words)
    except Invalid:
        assert not good
    else:
        assert good
