"""Runs of playbooks: what is asked of Ansible, what it tells, and what came of it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from json import dumps
from typing import Any

from osism.domain.errors import Invalid
from osism.domain.jobs import RunPlaybook
from osism.domain.roles import Play, kolla_variables
from osism.domain.secrets import secret_arguments

#: Exit codes of ours beside Ansible's (0 good, 1 error, 2 failed hosts, 4 unreachable hosts, 5
#: parser error, 99 interrupted, 250 unexpected; source: ansible/executor/task_queue_manager.py
#: and ansible/cli/__init__.py).
REVOKED, TIMED_OUT = 130, 124

#: What Ansible counts for a host (the event ``playbook_on_stats``), and our words.
COUNTS: Mapping[str, str] = {
    "ok": "ok",
    "changed": "changed",
    "dark": "unreachable",
    "failures": "failed",
    "skipped": "skipped",
    "rescued": "rescued",
    "ignored": "ignored",
}

#: Options of ansible-playbook that would take the run out of our hands.
_OURS = {
    "-i": "the setting inventory", "--inventory": "the setting inventory",
    "--inventory-file": "the setting inventory",
    "-l": "osism apply -l", "--limit": "osism apply -l",
    "-k": "a secrets file", "--ask-pass": "a secrets file",
    "-K": "a secrets file", "--ask-become-pass": "a secrets file",
    "-J": "osism vault password set", "--ask-vault-pass": "osism vault password set",
    "--ask-vault-password": "osism vault password set",
    "--vault-pass-file": "osism vault password set",
    "--vault-password-file": "osism vault password set",
}  # fmt: skip
#: Its other options, those with a value and those without (source: ansible-playbook --help of
#: ansible-core 2.19). A single letter is a short form.
_VALUED = (
    "T", "M", "c", "e", "f", "t", "u", "--become-method", "--become-pass-file",
    "--become-password-file", "--become-user", "--conn-pass-file", "--connection",
    "--connection-password-file", "--extra-vars", "--forks", "--key-file", "--module-path",
    "--private-key", "--scp-extra-args", "--sftp-extra-args", "--skip-tags", "--ssh-common-args",
    "--ssh-extra-args", "--start-at-task", "--tags", "--timeout", "--user", "--vault-id",
)  # fmt: skip
_FLAGS = (
    "C", "D", "b", "h", "v", "--become", "--check", "--diff", "--flush-cache", "--force-handlers",
    "--help", "--list-hosts", "--list-tags", "--list-tasks", "--step", "--syntax-check",
    "--verbose", "--version",
)  # fmt: skip
_KNOWN = tuple(each if each[0] == "-" else f"-{each}" for each in (*_OURS, *_VALUED, *_FLAGS))
#: An option that is none of these and may take a value or not.
_UNKNOWN = "?"


def check(job: RunPlaybook) -> None:
    """Refuse what cannot be run, before anything is queued; raises :class:`Invalid`."""
    if job.action and job.environment != "kolla":
        raise Invalid(f"--action is for environment kolla; {job.role} is of {job.environment}")
    if job.environment == "kolla":
        kolla_variables(job.role, job.action)
    check_arguments(job.arguments, job.limit, job.environment)


def check_arguments(
    arguments: Sequence[str], limit: str = "", environment: str = "<environment>"
) -> None:
    """Refuse arguments for Ansible that would take the run out of our hands, or tell secrets."""
    for argument in arguments:
        if "\0" in argument:
            raise Invalid(f"argument {argument!r}: a program's argument holds no zero byte")
    _check_options(arguments)
    if names := secret_arguments(arguments):
        raise Invalid(
            f"{', '.join(names)}: a secret on a command line is seen by everybody on the machine; "
            f"put it into environments/{environment}/secrets.yml or give a file: -e @FILE"
        )
    if "\0" in limit or limit.startswith("-"):
        raise Invalid(f"--limit {limit!r}: not a pattern of hosts")
    if any(part.strip().startswith("@") for part in re.split("[,:]", limit)):
        # Ansible prints the lines of the file that it cannot use, whatever file it is.
        raise Invalid(f"--limit {limit!r}: files of hosts are not read; name the hosts")


def _check_options(arguments: Sequence[str]) -> None:
    """Read *arguments* as ansible-playbook's parser does: options may be abbreviated, short ones
    may be in one word. Behind an option that is not known here anything goes."""
    open_, only_words = "", False
    for argument in arguments:
        if argument == "--" and not only_words:
            only_words, open_ = True, ""
        elif only_words or not _is_option(argument):
            if not open_:
                raise Invalid(
                    f"argument {argument!r}: no option before it takes a value, Ansible would read "
                    "it as another playbook"
                )
            open_ = ""
        elif argument.startswith("--"):
            open_ = _long(argument)
        else:
            open_ = _short(argument)
    if open_ and open_ != _UNKNOWN:
        raise Invalid(f"argument {open_}: it wants a value")


def _is_option(argument: str) -> bool:
    if argument[:1] != "-" or argument == "-" or argument[1:].replace(".", "", 1).isdecimal():
        return False
    if " " not in argument:
        return True
    # A value such as "-o ControlMaster=no", unless it begins as an option does.
    name = argument.partition("=")[0] if argument.startswith("--") else argument[:2]
    return any(each.startswith(name) for each in _KNOWN)


def _long(argument: str) -> str:
    """The option, if it takes the next word."""
    name, given, _ = argument.partition("=")
    meant = [name] if name in _KNOWN else [each for each in _KNOWN if each.startswith(name)]
    for each in meant:
        if each in _OURS:
            short = "" if each == name else f", short for {each}"
            raise Invalid(f"argument {name}{short}: use {_OURS[each]} instead")
    if given or (meant and all(each in _FLAGS for each in meant)):
        return ""
    return name if meant else _UNKNOWN


def _short(argument: str) -> str:
    """The option, if it takes the next word; its value may be in the same word (-f5, -vt x)."""
    for at, letter in enumerate(argument[1:], 2):
        if f"-{letter}" in _OURS:
            raise Invalid(f"argument -{letter}: use {_OURS[f'-{letter}']} instead")
        if letter in _VALUED:
            return "" if argument[at:] else f"-{letter}"
        if letter not in _FLAGS:
            return _UNKNOWN
    return ""


def arguments(job: RunPlaybook, play: Play, variables: Sequence[str], folder: str) -> list[str]:
    """The arguments of ansible-playbook, each as one word.

    *variables*: files, the weakest first; *folder*: the environment's own.
    """
    words = [f"--extra-vars=@{each}" for each in variables]
    if job.environment == "kolla":
        given = {"CONFIG_DIR": folder, **kolla_variables(job.role, job.action)}
        # As JSON, a folder may have a space in its name.
        words.append(f"--extra-vars={dumps(given)}")
    if job.environment == "ceph":
        words.append("--skip-tags=with_pkg")
    if play.tags:
        words.append(f"--tags={','.join(play.tags)}")
    if job.limit:
        words.append(f"--limit={job.limit}")
    words += ["--check"] * job.check + ["--diff"] * job.diff
    return [*words, *job.arguments, play.path]


@dataclass(frozen=True)
class Command:
    """One start of ansible-playbook: everything it needs to know, and no more.

    *secrets*: files of variables whose values are masked in the output.
    """

    arguments: tuple[str, ...]
    folder: str
    config: str = ""
    inventory: str = ""
    secrets: tuple[str, ...] = ()
    timeout: float = 0.0


@dataclass(frozen=True)
class Outcome:
    """How a run ended. *hosts*: host -> what Ansible's recap counts; empty without a recap."""

    exit_code: int
    hosts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    last_words: str = ""
    #: What the play itself left for whoever asked (the message of its task ``Result``).
    result: Any = None

    @property
    def totals(self) -> dict[str, int]:
        """Hosts that are ok, changed, failed and unreachable; a host is in one of them."""
        found = dict.fromkeys(("ok", "changed", "failed", "unreachable"), 0)
        for counts in self.hosts.values():
            found[verdict(counts)] += 1
        return found

    @property
    def reason(self) -> str:
        """Why it failed, in a few words; empty when it did not."""
        if self.exit_code == 0:
            return ""
        told = [
            f"{kind}: {_named(hosts)}"
            for kind in ("failed", "unreachable")
            if (hosts := [h for h, counts in self.hosts.items() if verdict(counts) == kind])
        ]
        if told:
            return "; ".join(told)
        if self.exit_code > 128:
            return f"ansible-playbook was ended by signal {self.exit_code - 128}"
        words = f": {self.last_words}" if self.last_words else ""
        return f"ansible-playbook ended with exit code {self.exit_code}{words}"


def verdict(counts: Mapping[str, int]) -> str:
    """The one word for a host, from its counts in the recap."""
    for kind in ("unreachable", "failed", "changed"):
        if counts.get(kind):
            return kind
    return "ok"


def recap(stats: Mapping[str, Any]) -> dict[str, dict[str, int]]:
    """host -> counts in our words, from Ansible's statistics (count -> host -> number)."""
    hosts = sorted({host for name in COUNTS for host in stats.get(name) or ()})
    return {
        host: {ours: int((stats.get(theirs) or {}).get(host, 0)) for theirs, ours in COUNTS.items()}
        for host in hosts
    }


def _named(hosts: Sequence[str]) -> str:
    more = f" and {len(hosts) - 3} more" if len(hosts) > 3 else ""
    return ", ".join(hosts[:3]) + more


@dataclass(frozen=True)
class Run:
    """One run in the journal. Status: running, succeeded, failed, revoked."""

    id: str
    environment: str
    role: str
    status: str
    asked_by: str
    started: datetime
    worker: str = ""
    collection: str = ""
    request: Mapping[str, Any] = field(default_factory=dict)
    ended: datetime | None = None
    exit_code: int | None = None
    reason: str = ""
    hosts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
