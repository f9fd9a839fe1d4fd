"""The lab's switches, served over TCP: JSON lines, one request per line, one answer per line.

A session begins with ``{"do": "hello", "secret": ..., "as": "operator"}``; the answer names the
switch and its syntax. Then

=============  ==================================  =========================================
``do``         values                              answer
=============  ==================================  =========================================
``stage``      ``configuration`` (text)            ``diff``: unified diff, empty for the same
``commit``     ``revert_in`` (seconds)
``confirm``
``revert``
``observe``                                        ``state``: a switch intent as JSON
``running``                                        ``configuration``: text
``saved``                                          ``configuration``: text, as after a reboot
``status``                                         counters, see :meth:`LabSwitch.status`
``bye``
=============  ==================================  =========================================

and, for a session ``"as": "admin"``, which gets through whatever is wrong with the switch,

=============  ==================================  =========================================
``fault``      ``fault`` (see FAULTS), and
               ``operations``, ``seconds``,
               ``value`` as they are wanted
``clear``      ``fault``; without one, all
``reboot``
=============  ==================================  =========================================

Every answer has ``ok``; a refusal has ``error``, the switch's words.

Inside another asyncio program::

    served = await serve([LabSwitch("leaf-1", "edgecore", ["Ethernet1"], "secret")])
    served.ports["leaf-1"]      # the TCP port
    await served.close()

and beside a program that has no event loop: :func:`in_thread`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from osism.adapters.switches.json_lines import JsonLines
from osism.lab.chassis import LabSwitch, SwitchRefuses
from osism.lab.faults import FAULTS
from osism.lab.switch_sessions import Session, Unreachable, Values

__all__ = ["FAULTS", "LabSwitch", "Served", "administer", "in_thread", "serve"]

LONGEST_LINE = 64 * 1024 * 1024  #: bytes of one request


class _Line:
    """The listening side of one switch."""

    def __init__(self, switch: LabSwitch) -> None:
        self.switch = switch
        self.server: asyncio.Server | None = None
        self.open: dict[asyncio.StreamWriter, Session] = {}
        self.talks: set[asyncio.Task[None]] = set()
        switch.drop_sessions = self.drop

    @property
    def port(self) -> int:
        assert self.server is not None  # noqa: S101 - it listens
        return int(self.server.sockets[0].getsockname()[1])

    async def listen(self, host: str) -> None:
        self.server = await asyncio.start_server(
            self.talk, host, self.switch.port, limit=LONGEST_LINE
        )

    async def close(self) -> None:
        if self.server:
            self.server.close()
            talks = list(self.talks)
            for talk in talks:
                talk.cancel()
            await asyncio.gather(*talks, return_exceptions=True)
            await self.server.wait_closed()
        self.switch.stop()

    def drop(self, but: Session | None = None) -> None:
        """End the sessions; an administrator's stay."""
        for writer, session in list(self.open.items()):
            if session is not but and not session.admin:
                writer.transport.abort()

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = self.open[writer] = Session(self.switch)
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine runs in one
        self.talks.add(task)
        try:
            while line := await reader.readline():
                answer, last = self.answer(session, line)
                await self.wait(session)
                writer.write(json.dumps(answer).encode() + b"\n")
                await writer.drain()
                if last:
                    break
        except (Unreachable, OSError, ValueError):  # ValueError: the line is too long
            pass
        finally:
            session.end()
            self.talks.discard(task)
            del self.open[writer]
            writer.close()

    def answer(self, session: Session, line: bytes) -> tuple[Values, bool]:
        """The answer to a request, and whether it is the last one of the session."""
        try:
            request = json.loads(line)
            if not isinstance(request, dict):
                raise ValueError("not an object")
        except (ValueError, RecursionError):
            return {"ok": False, "error": "not a JSON object"}, True
        was_cut = self.switch.cut
        try:
            answer: Values = {"ok": True, **session.answer(request)}
        except SwitchRefuses as refused:
            return {"ok": False, "error": str(refused)}, not session.known
        if self.switch.cut and not was_cut:
            self.drop(but=session)
        last = request["do"] == "bye" or (self.switch.cut and not session.admin)
        return answer, last

    async def wait(self, session: Session) -> None:
        """The time that an answer takes."""
        seconds = self.switch.latency
        slow = None if session.admin else self.switch.faults.strikes("slow")
        if slow:
            seconds += float(slow.value or 0)
        if seconds:
            await asyncio.sleep(seconds)


class Served:
    """Switches that listen. ``ports`` has the TCP port of each by the switch's name."""

    def __init__(self, host: str, lines: Mapping[str, _Line]) -> None:
        self.host = host
        self.switches: Mapping[str, LabSwitch] = {n: each.switch for n, each in lines.items()}
        self.ports: Mapping[str, int] = {name: each.port for name, each in lines.items()}
        self._lines = lines

    async def close(self) -> None:
        """End all sessions, stop listening, switch the switches off."""
        for line in self._lines.values():
            await line.close()

    async def __aenter__(self) -> Served:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()


async def serve(switches: Iterable[LabSwitch], host: str = "127.0.0.1") -> Served:
    """Let *switches* listen on *host* in the running event loop, each on a port of its own.

    Raises :class:`OSError` when a port is taken; then none of them listens.
    """
    lines = {each.name: _Line(each) for each in switches}
    try:
        for line in lines.values():
            await line.listen(host)
    except OSError:
        for line in lines.values():
            await line.close()
        raise
    return Served(host, lines)


@contextlib.contextmanager
def in_thread(switches: Iterable[LabSwitch], host: str = "127.0.0.1") -> Iterator[Served]:
    """Serve *switches* in an event loop of a thread of its own, until the context ends.

    The switches belong to that thread: use :func:`administer`, not their methods.
    """
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="lab switches", daemon=True)
    thread.start()
    try:
        served = asyncio.run_coroutine_threadsafe(serve(switches, host), loop).result()
        try:
            yield served
        finally:
            asyncio.run_coroutine_threadsafe(served.close(), loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def administer(
    port: int, secret: str, do: str, host: str = "127.0.0.1", timeout: float = 10.0, **values: Any
) -> dict[str, Any]:
    """Ask one switch, as its administrator, and return the answer. Blocks; for tests and tools.

    Raises :class:`osism.domain.errors.OutsideFailed` with the switch's words.
    """
    with JsonLines(f"switch at port {port}", host, port, timeout, timeout) as line:
        line.ask("hello", secret=secret, **{"as": "admin"})
        return line.ask(do, **values)
