"""The tokens that count now: the settings' file is looked at again when it changes."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence

from osism.domain.access import Token, checked_tokens
from osism.domain.errors import Misconfigured
from osism.settings import config_file, current

log = logging.getLogger(__name__)

#: Two writes of a file within this time may leave it with one and the same time stamp.
_FRESH = 100_000_000  # ns

_Stamp = tuple[int, ...]


class Tokens:
    """The tokens of the settings, read again when their file is another one.

    ``open``: there are none, so that anybody on this machine may ask. That holds only for as long
    as there never were any: what empties the file by mistake lets nobody in.
    """

    def __init__(self) -> None:
        self._stamp, self._mistake = _stamp(), ""
        self._known: Sequence[Token] = _read()
        self.open = not self._known

    def known(self) -> Sequence[Token]:
        """The tokens of now. A file that cannot be read leaves those that were."""
        stamp = _stamp()
        if stamp != self._stamp:
            self._stamp = stamp
            self._renew()
        return self._known

    def _renew(self) -> None:
        try:
            known = _read()
        except (Misconfigured, OSError) as error:
            if str(error) != self._mistake:
                log.error("the tokens stay as they were: %s", error)
            self._mistake = str(error)
            return
        if known != self._known:
            log.warning("tokens were changed; there are %d now", len(known))
        self._mistake, self._known = "", known
        self.open = self.open and not known


def _read() -> Sequence[Token]:
    return checked_tokens(current("api_tokens"))


def _stamp() -> _Stamp:
    """What is another one once the settings' file is."""
    try:
        found = config_file().stat()
    except OSError:
        return ()
    now = time.time_ns()
    young = now if now - found.st_mtime_ns < _FRESH else 0
    return found.st_mtime_ns, found.st_ctime_ns, found.st_ino, found.st_size, young
