"""What the libraries below raise, in the product's words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from osism.adapters.switches.napalm.hidden import without_secrets
from osism.domain.errors import Misconfigured, OsismError, OutsideFailed
from osism.domain.intents import one_line

_WORDS = 500  # characters of a library's own words in a message

# Classes of napalm, netmiko, paramiko, ncclient, PyEZ and ssl; by name, because which of these
# libraries are there depends on the platform, and napalm wraps some of them in others.
_STRANGERS = frozenset(
    ("BadHostKeyException", "SSHUnknownHostError", "SSLCertVerificationError", "CertificateError")
)
_LOGIN = frozenset(
    (
        "ConnectAuthError",
        "NetmikoAuthenticationException",
        "AuthenticationException",
        "AuthenticationError",
        "NXAPIAuthError",
    )
)


@contextmanager
def told(who: str, what: str) -> Iterator[None]:
    """Whatever is raised inside becomes :class:`OutsideFailed`, or :class:`Misconfigured` where
    trying again cannot help, with *who* and *what*.

    Everything is caught: the drivers let out errors of a dozen libraries, and their own mistakes.
    """
    try:
        yield
    except OsismError:
        raise
    except Exception as error:
        # Without its cause: a traceback in a log would quote the configuration.
        raise _failure(who, what, error) from None


def _failure(who: str, what: str, error: Exception) -> OsismError:
    chain = list(_chain(error))
    names = {each.__name__ for link in chain for each in type(link).__mro__}
    if isinstance(error, NotImplementedError):
        return Misconfigured(f"{who}: NAPALM's driver does not implement this: {what}{_say(error)}")
    if names & _STRANGERS or any("not found in known_hosts" in str(each) for each in chain):
        return Misconfigured(
            f"{who}: it does not prove who it is{_say(chain[-1])} (check its key or certificate, "
            "then set host_key, known_hosts or ca_file)"
        )
    if names & _LOGIN or any("Unauthorized" in str(each) for each in chain):
        return Misconfigured(f"{who}: the login is refused{_say(error)}")
    return OutsideFailed(f"{who}: {what} failed{_say(error) or f': {type(error).__name__}'}")


def _chain(error: BaseException) -> Iterator[BaseException]:
    """*error* and what led to it."""
    seen: set[int] = set()
    each: BaseException | None = error
    while each is not None and id(each) not in seen:
        seen.add(id(each))
        yield each
        each = each.__cause__ or each.__context__


def _say(error: BaseException) -> str:
    words = one_line(without_secrets(str(error)))[:_WORDS]
    return f": {words}" if words else ""
