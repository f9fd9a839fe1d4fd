"""Play a role with Ansible, and write down what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from osism.domain.errors import OsismError, PlayFailed, Revoked
from osism.domain.jobs import RunPlaybook, encode
from osism.domain.ports import Playbooks, PlayRunner, RunJournal, Work
from osism.domain.runs import REVOKED, TIMED_OUT, Outcome, Run, check
from osism.domain.secrets import masked


def run_playbook(
    job: RunPlaybook,
    work: Work,
    plays: Playbooks,
    runner: PlayRunner,
    journal: RunJournal,
    inventory: Path,
) -> Mapping[str, Any]:
    """Run the play of a role to its end; what came of it.

    Raises :class:`PlayFailed` with Ansible's exit code, :class:`Revoked` when somebody asked for
    its end. The journal has the run before Ansible begins.
    """
    check(job)
    command = plays.command(job, inventory)
    journal.begin_run(
        Run(
            id=work.id,
            environment=job.environment,
            role=job.role,
            status="running",
            asked_by=work.by,
            started=datetime.now(UTC),
            worker=work.owner.worker,
            collection=job.collection,
            request=masked(encode(job)),
        )
    )
    try:
        outcome = runner.run(command, work.tell, work.check)
        for again in range(1, job.retries + 1):
            if outcome.exit_code in (0, TIMED_OUT):
                break
            work.tell("retry", number=again, of=job.retries, reason=outcome.reason)
            outcome = runner.run(command, work.tell, work.check)
    except Revoked as asked:
        _write(journal, work, "revoked", REVOKED, str(asked))
        raise
    except BaseException as failure:
        reason = str(failure) if isinstance(failure, OsismError) else f"{failure!r}"
        _write(journal, work, "failed", 1, reason)
        raise
    reason = f"longer than {job.timeout} s" if outcome.exit_code == TIMED_OUT else outcome.reason
    status = "succeeded" if outcome.exit_code == 0 else "failed"
    _write(journal, work, status, outcome.exit_code, reason, outcome)
    result = {
        "exit_code": outcome.exit_code,
        "hosts": outcome.hosts,
        "totals": outcome.totals,
        "result": masked(outcome.result),
    }
    if outcome.exit_code:
        raise PlayFailed(reason, outcome.exit_code, result)
    return result


def _write(
    journal: RunJournal,
    work: Work,
    status: str,
    exit_code: int,
    reason: str,
    outcome: Outcome | None = None,
) -> None:
    """The end of the run in the journal; a database that went away does not change how it ended."""
    try:
        journal.finish_run(work.id, status, exit_code, reason, outcome.hosts if outcome else None)
    except OsismError as away:
        work.tell("note", text=f"the journal does not have the end of this run: {away}")
