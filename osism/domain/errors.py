"""One tree of errors; the parent class says what whoever asked should do next.

The edges (command line, task, HTTP) each have one table from these classes to an exit code, a
job result or a status. A message says what is wrong in one or two sentences for an operator.
"""

from __future__ import annotations


class OsismError(Exception):
    """Base of everything the product raises on purpose."""


class Refused(OsismError):
    """The request cannot be granted as things are; repeating it changes nothing."""


class Invalid(Refused):
    """What was typed or written in a file is wrong; nothing was touched."""


class NotFound(Invalid):
    """A name that nothing answers to."""


class Changed(Refused):
    """It is no longer what whoever asks believes it to be; read it again."""


class Busy(OsismError):
    """Somebody else works on it; later it will go."""


class OutsideFailed(OsismError):
    """A system outside (NetBox, a switch, Redis, git) did not do its part; retrying may help."""


class Unsure(OutsideFailed):
    """A write may or may not have been done; look before trying again."""


class LeaseLost(OutsideFailed):
    """A lock ran out while its owner worked; another one may hold it by now."""


class Misconfigured(OsismError):
    """A setting is wrong or missing; fix it and start again."""


class Absent(Misconfigured):
    """The site has no such system; name one in the settings, if there is."""


class Drifted(OsismError):
    """A switch does not run what NetBox wants."""


class TakenOver(OsismError):
    """Another request took the devices over between two phases (``--enforce``). *by*: whose."""

    def __init__(self, message: str, by: str = "") -> None:
        super().__init__(message)
        self.by = by


class Revoked(TakenOver):
    """Somebody asked for the job to be ended (`osism task revoke`)."""


class PlayFailed(OsismError):
    """A run of a playbook ended with failures; the exit code is Ansible's own."""

    def __init__(self, message: str, exit_code: int, result: object = None) -> None:
        super().__init__(message)
        self.exit_code = exit_code
        self.result = result


class NodesFailed(PlayFailed):
    """Some nodes did not become what was asked for; the others did."""


class SwitchesFailed(PlayFailed):
    """Some switches did not get what NetBox wants; the others did."""


class WorkerLost(OsismError):
    """The worker that had the job is gone."""
