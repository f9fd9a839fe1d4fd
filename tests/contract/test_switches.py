"""What every switch driver promises: the lab driver over TCP, and the file driver."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from osism.adapters.switches import SwitchRegistry
from osism.adapters.switches.file import FileDriver
from osism.adapters.switches.lab import LabDriver
from osism.domain.drift import compare
from osism.domain.errors import Invalid, Misconfigured, OutsideFailed
from osism.domain.intents import PortIntent, SwitchIntent
from osism.domain.inventory import Device
from osism.domain.ports import Capabilities, Driver, Session, Target
from osism.lab.switches import LabSwitch, Served, administer, in_thread, serve
from tests.contract.sessions import Promises

SECRET = "correct horse"
PORTS = [f"Ethernet{number}" for number in range(1, 9)]
LONG = 60.0  # seconds: a timer that never fires in a test


def vlans(*vids: int) -> str:
    """A configuration with these VLANs, each untagged on the port of its number."""
    lines = []
    for vid in vids:
        lines += [f"vlan {vid}", f"   name blue {vid}", "!"]
    for vid in vids:
        lines += [f"interface Ethernet{vid}", f"   switchport access vlan {vid}", "!"]
    return "\n".join([*lines, "end", ""])


ONE, TWO, THREE = vlans(1), vlans(1, 2), vlans(1, 2, 3)


@dataclass
class Rig:
    """A driver with a switch behind it, and a look behind the driver's back."""

    driver: Driver
    target: Target
    running: Callable[[], str]
    admin: Callable[..., dict[str, Any]] = field(default=lambda *_, **__: {})

    @property
    def capabilities(self) -> Capabilities:
        return self.driver.capabilities

    def session(self) -> AbstractContextManager[Session]:
        return self.driver.connect(self.target)

    def run(self, text: str) -> None:
        """Deploy and confirm *text*."""
        with self.session() as session:
            session.stage(text)
            session.commit(LONG)
            session.confirm()


def until(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, "it did not happen in time"
        time.sleep(0.005)


@pytest.fixture(scope="module")
def lab() -> Iterator[Callable[..., Served]]:
    with ExitStack() as stack:
        yield lambda *switches: stack.enter_context(in_thread(switches))


def lab_rig(lab: Callable[..., Served], directory: Path | None = None, **options: Any) -> Rig:
    served = lab(LabSwitch("leaf-1", "edgecore", PORTS, SECRET, directory))
    port = served.ports["leaf-1"]
    options = {"secret": SECRET, "timeout": 5, **options}

    def admin(do: str, **values: Any) -> dict[str, Any]:
        return administer(port, SECRET, do, **values)

    return Rig(
        LabDriver({"syntax": "edgecore"}),
        Target("leaf-1", served.host, port, options),
        lambda: str(admin("running")["configuration"]),
        admin,
    )


def file_rig(directory: Path) -> Rig:
    path = directory / "leaf-1.cfg"
    return Rig(
        FileDriver({}),
        Target("leaf-1", options={"directory": str(directory)}),
        lambda: path.read_text() if path.exists() else "",
    )


@pytest.fixture(params=["lab", "file"])
def rig(request: pytest.FixtureRequest, lab: Callable[..., Served], tmp_path: Path) -> Rig:
    return lab_rig(lab) if request.param == "lab" else file_rig(tmp_path)


@pytest.fixture
def switch(lab: Callable[..., Served]) -> Rig:
    return lab_rig(lab)


# --- every driver ---------------------------------------------------------------------------------


class TestPromises(Promises):
    one, two, three, long = ONE, TWO, THREE, LONG

    def runs(self, rig: Rig, text: str) -> None:
        assert rig.running() == text


def test_staging_changes_nothing(rig: Rig) -> None:
    rig.run(ONE)
    with rig.session() as session:
        session.stage(TWO)
    assert rig.running() == ONE


def test_the_difference_is_that_of_the_candidate_to_what_runs(rig: Rig) -> None:
    rig.run(ONE)
    with rig.session() as session:
        diff = session.stage(TWO).splitlines()
        assert "+vlan 2" in diff
        assert "+   switchport access vlan 2" in diff
        assert not any(line.startswith("-") for line in diff if not line.startswith("---"))
        assert "-vlan 1" in session.stage(vlans(3)).splitlines()
        assert session.stage(ONE) == ""


@pytest.mark.parametrize("confirmed", [False, True])
def test_a_revert_brings_back_what_ran_before(rig: Rig, confirmed: bool) -> None:
    rig.run(ONE)
    with rig.session() as session:
        session.stage(TWO)
        session.commit(LONG)
        if confirmed:
            session.confirm()
        session.revert()
    assert rig.running() == ONE


def test_staging_first_takes_back_what_nobody_confirmed(rig: Rig) -> None:
    rig.run(ONE)
    with rig.session() as lost:
        lost.stage(TWO)
        lost.commit(LONG)
        with rig.session() as session:
            diff = session.stage(THREE).splitlines()
            assert "+vlan 2" in diff
            assert rig.running() == ONE
        with pytest.raises(OutsideFailed, match="taken back"):
            lost.confirm()


def test_an_empty_difference_needs_no_commit(rig: Rig) -> None:
    rig.run(ONE)
    with rig.session() as session:
        assert session.stage(ONE) == ""
        session.revert()
    assert rig.running() == ONE


def test_what_is_observed_is_a_switch_of_that_name(rig: Rig) -> None:
    rig.run(ONE)
    with rig.session() as session:
        found = session.observe()
    assert found.name == "leaf-1"
    comparison = compare(
        SwitchIntent("leaf-1", (PortIntent("Ethernet1", mode="access", untagged=1),)),
        found,
        rig.capabilities.observes,
    )
    assert comparison.clean
    assert ("port.untagged" in comparison.unchecked) is not bool(rig.capabilities.observes)


def test_unusual_text_is_kept_as_it_is(rig: Rig) -> None:
    text = 'vlan 1\n   name \u00fc \u2028\x0b\U0001f600 "\\\n'
    rig.run(text)
    assert rig.running() == text
    with rig.session() as session:
        assert session.stage(text) == ""
        assert session.stage(text.replace("\u2028", " ")) != ""


# --- switches that can be observed ----------------------------------------------------------------


def test_the_running_state_is_observed(switch: Rig) -> None:
    switch.run(
        "vlan 5\nvlan 6\ninterface Port-Channel7\n switchport mode trunk\n"
        " switchport trunk native vlan 5\n switchport trunk allowed vlan 5-6\n"
        "interface Ethernet1\n channel-group 7 mode active\n"
        "interface Ethernet2\n mtu 9000\n description x\n shutdown\n"
        "interface Vlan6\n ip address 10.0.0.1/24\n"
    )
    with switch.session() as session:
        found = session.observe()
    assert [each.name for each in found.ports] == PORTS
    assert found.ports[0] == PortIntent("Ethernet1", mtu=1500, lag="Port-Channel7")
    assert found.ports[1] == PortIntent("Ethernet2", enabled=False, mtu=9000, description="x")
    (lag,) = found.lags
    assert (lag.number, lag.members, lag.untagged, lag.tagged) == (7, ("Ethernet1",), 5, (6,))
    assert [each.vid for each in found.vlans] == [1, 5, 6]
    assert [(each.interface, each.vlan) for each in found.addresses] == [("Vlan6", 6)]


def test_a_refused_configuration_changes_nothing(switch: Rig) -> None:
    switch.run(ONE)
    with switch.session() as session:
        for text, words in (
            ("interface Ethernet9\n", "line 1: no such port 'Ethernet9': interface Ethernet9"),
            ("vlan 1\nnonsense here\n", "line 2: unknown command: nonsense here"),
            ("hostname leaf-2\n", "this switch is called leaf-1"),
        ):
            with pytest.raises(OutsideFailed, match=f"switch 'leaf-1': stage refused: .*{words}"):
                session.stage(text)
        with pytest.raises(OutsideFailed, match="nothing is staged"):
            session.commit(LONG)
        assert session.stage(ONE) == ""
    assert switch.running() == ONE


# --- switches with a revert timer -----------------------------------------------------------------


def test_the_switch_takes_back_what_nobody_confirms(switch: Rig) -> None:
    switch.run(ONE)
    with switch.session() as session:
        session.stage(TWO)
        session.commit(0.5)
        assert session.observe().ports[1].untagged == 2
        until(lambda: session.observe().ports[1].untagged is None)
        with pytest.raises(OutsideFailed, match="taken back"):
            session.confirm()
        session.revert()
    assert switch.running() == ONE
    assert switch.admin("status")["expiries"] == 1


def test_the_timer_needs_no_session(switch: Rig) -> None:
    with switch.session() as session:
        session.stage(ONE)
        session.commit(0.2)
    until(lambda: switch.running() == "")


def test_a_confirmed_commit_stays(switch: Rig) -> None:
    with switch.session() as session:
        session.stage(ONE)
        session.commit(0.5)
        session.confirm()
        session.stage(TWO)
        session.commit(0.5)
        until(lambda: switch.running() == ONE)
    assert switch.admin("status")["expiries"] == 1


@pytest.mark.parametrize("seconds", [0, -1, 1e9])
def test_a_timer_that_makes_no_sense_is_refused(switch: Rig, seconds: float) -> None:
    with switch.session() as session:
        session.stage(ONE)
        with pytest.raises(OutsideFailed, match="revert_in must be"):
            session.commit(seconds)


# --- the lab's switch as a machine ----------------------------------------------------------------


def test_a_reboot_keeps_what_was_confirmed_and_nothing_else(switch: Rig) -> None:
    switch.run(ONE)
    with switch.session() as session:
        session.stage(TWO)
        session.commit(LONG)
        assert switch.admin("saved")["configuration"] == ONE
        switch.admin("reboot")
        with pytest.raises(OutsideFailed, match="leaf-1"):
            session.observe()
    assert switch.running() == ONE
    with switch.session() as session, pytest.raises(OutsideFailed, match="taken back"):
        session.confirm()


def test_a_confirmed_commit_that_is_reverted_is_gone_after_a_reboot(switch: Rig) -> None:
    switch.run(ONE)
    switch.run(TWO)
    with switch.session() as session:
        session.revert()
    switch.admin("reboot")
    assert switch.running() == ONE


def test_a_switch_that_is_made_again_starts_with_what_was_saved(
    lab: Callable[..., Served], tmp_path: Path
) -> None:
    with in_thread([LabSwitch("leaf-1", "edgecore", PORTS, SECRET, tmp_path / "new")]) as served:
        port = served.ports["leaf-1"]
        first = Target("leaf-1", served.host, port, {"secret": SECRET})
        with LabDriver().connect(first) as session:
            session.stage(ONE)
            session.commit(LONG)
            session.confirm()
            session.stage(TWO)
            session.commit(LONG)
    again = lab_rig(lab, tmp_path / "new")
    assert again.running() == ONE
    with again.session() as session:
        assert session.observe().ports[0].untagged == 1
        with pytest.raises(OutsideFailed, match="taken back"):
            session.confirm()


def test_a_saved_configuration_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "leaf-1.cfg").write_text("nonsense\n")
    with pytest.raises(Invalid, match=r"leaf-1\.cfg: line 1: unknown command"):
        LabSwitch("leaf-1", "edgecore", PORTS, SECRET, tmp_path)


def test_what_changed_under_a_candidate_stops_it(switch: Rig) -> None:
    with switch.session() as one, switch.session() as other:
        one.stage(ONE)
        other.stage(TWO)
        one.commit(LONG)
        with pytest.raises(OutsideFailed, match="has changed since the candidate was loaded"):
            other.commit(LONG)
        assert switch.running() == ONE


def test_the_switch_counts(switch: Rig) -> None:
    switch.run(ONE)
    with switch.session() as one, switch.session() as other:
        one.stage(TWO)
        other.observe()
        assert switch.admin("status")["deploying"] == 1
        one.commit(LONG)
        one.revert()
    status = switch.admin("status")
    counted = {"sessions": 3, "stages": 2, "commits": 2, "confirms": 1, "reverts": 1}
    assert {name: status[name] for name in counted} == counted
    assert status["deploying_peak"] == 1
    assert (status["name"], status["syntax"], status["commit"]) == (
        "leaf-1",
        "edgecore",
        "reverted",
    )


def test_two_deployments_at_a_time_are_noticed(switch: Rig) -> None:
    with switch.session() as one, switch.session() as other:
        one.stage(ONE)
        other.stage(TWO)
    until(lambda: switch.admin("status")["deploying"] == 0)
    assert switch.admin("status")["deploying_peak"] == 2


def test_many_switches_are_served_in_one_loop(lab: Callable[..., Served]) -> None:
    made = [LabSwitch(f"leaf-{n}", "mikrotik", ["ether1"], SECRET) for n in range(20)]
    served = lab(*made)
    assert len(set(served.ports.values())) == 20
    for name, port in served.ports.items():
        target = Target(name, served.host, port, {"secret": SECRET})
        with LabDriver({"syntax": "mikrotik"}).connect(target) as session:
            assert session.observe().name == name


def test_switches_are_served_inside_another_program() -> None:
    async def program() -> None:
        leaf = LabSwitch("leaf-1", "edgecore", PORTS, SECRET)
        async with await serve([leaf]) as served:
            port = served.ports["leaf-1"]
            leaf.faults.set("rejects", operations=1)
            answer = await asyncio.to_thread(administer, port, SECRET, "status")
            assert answer["faults"] == ["rejects"]
            taken = LabSwitch("leaf-3", "edgecore", PORTS, SECRET, port=port)
            with pytest.raises(OSError, match="address already in use"):
                await serve([LabSwitch("leaf-2", "edgecore", PORTS, SECRET), taken])
        async with await serve(
            [LabSwitch("leaf-1", "edgecore", PORTS, SECRET, port=port)]
        ) as again:
            assert again.ports == {"leaf-1": port}
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(program())


def test_a_served_switch_stops_in_the_middle_of_an_answer() -> None:
    switch = LabSwitch("leaf-1", "edgecore", PORTS, SECRET, latency=60)
    with in_thread([switch]) as served:
        connection = socket.create_connection((served.host, served.ports["leaf-1"]), 5)
        connection.sendall(json.dumps({"do": "hello", "secret": SECRET}).encode() + b"\n")
        until(lambda: switch.counters.sessions == 1)
    with connection:
        assert connection.recv(100) == b""


# --- faults ---------------------------------------------------------------------------------------


def test_unreachable(switch: Rig) -> None:
    with switch.session() as session:
        switch.admin("fault", fault="unreachable", operations=2)
        with pytest.raises(OutsideFailed, match="no answer to observe: it closed the connection"):
            session.observe()
        with pytest.raises(OutsideFailed, match="the connection is closed"):
            session.observe()
    with (
        pytest.raises(OutsideFailed, match="switch 'leaf-1': no answer to hello"),
        switch.session(),
    ):
        pass
    with switch.session() as session:
        session.observe()


def test_a_fault_can_end_by_itself_or_be_cleared(switch: Rig) -> None:
    def reachable() -> bool:
        try:
            with switch.session():
                return True
        except OutsideFailed:
            return False

    switch.admin("fault", fault="unreachable", seconds=0.2)
    assert not reachable()
    assert switch.admin("status")["faults"] == ["unreachable"]
    until(reachable)
    for values in ({"fault": "unreachable"}, {}):
        switch.admin("fault", fault="unreachable")
        assert not reachable()
        switch.admin("clear", **values)
        assert reachable()


def test_rejects(switch: Rig) -> None:
    switch.admin("fault", fault="rejects", operations=1)
    with switch.session() as session:
        with pytest.raises(OutsideFailed, match=r"leaf-1.*configuration rejected"):
            session.stage(ONE)
        session.stage(ONE)
        switch.admin("fault", fault="rejects", value="commit")
        with pytest.raises(OutsideFailed, match=r"leaf-1.*configuration rejected"):
            session.commit(LONG)
    assert switch.running() == ""
    assert switch.admin("status")["refusals"] == 2


def test_half(switch: Rig) -> None:
    switch.run(ONE)
    switch.admin("fault", fault="half", operations=1)
    text = vlans(1, 2, 3, 4, 5)
    with switch.session() as session:
        session.stage(text)
        session.commit(LONG)
        assert [each.untagged for each in session.observe().ports[:5]] == [1, 2, 3, None, None]
        session.revert()
        assert [each.untagged for each in session.observe().ports[:2]] == [1, None]
        session.stage(text)
        session.commit(LONG)
        assert [each.untagged for each in session.observe().ports[:5]] == [1, 2, 3, 4, 5]


def test_half_of_one_port_is_none(switch: Rig) -> None:
    switch.admin("fault", fault="half")
    switch.run("interface Port-Channel1\ninterface Ethernet1\n channel-group 1 mode active\n")
    with switch.session() as session:
        found = session.observe()
    assert found.ports[0].lag == ""
    assert found.lags[0].members == ()


def test_forgets(switch: Rig) -> None:
    switch.admin("fault", fault="forgets")
    switch.run(ONE)
    assert switch.running() == ONE
    switch.admin("reboot")
    assert switch.running() == ""


def test_slow(switch: Rig) -> None:
    switch.target.options["timeout"] = 0.1  # type: ignore[index]
    with switch.session() as session:
        switch.admin("fault", fault="slow", value=30)
        with pytest.raises(OutsideFailed, match="no answer to observe: timed out"):
            session.observe()
    switch.admin("fault", fault="slow", value=0.01)
    with switch.session() as session:
        session.observe()


def test_cuts(switch: Rig) -> None:
    switch.run(ONE)
    switch.admin("fault", fault="cuts", operations=1)
    with switch.session() as session:
        session.stage(TWO)
        session.commit(0.5)
        with pytest.raises(OutsideFailed, match="no answer to confirm"):
            session.confirm()
    with pytest.raises(OutsideFailed, match="leaf-1"), switch.session():
        pass
    assert switch.running() == TWO
    until(lambda: switch.running() == ONE)
    with switch.session() as session:
        assert session.observe().ports[1].untagged is None
        with pytest.raises(OutsideFailed, match="taken back"):
            session.confirm()


@pytest.mark.parametrize(
    "values",
    [
        {"fault": "earthquake"},
        {"fault": "slow"},
        {"fault": "slow", "value": "very"},
        {"fault": "rejects", "value": "always"},
        {"fault": "half", "operations": 0},
        {"fault": "half", "seconds": "1"},
        {"fault": "half", "operations": 1.5},
        {},
    ],
)
def test_a_wrong_fault_is_refused(switch: Rig, values: dict[str, Any]) -> None:
    with pytest.raises(OutsideFailed, match="fault refused"):
        switch.admin("fault", **values)
    assert switch.admin("status")["faults"] == []


def test_only_an_administrator_makes_faults(switch: Rig) -> None:
    with pytest.raises(OutsideFailed, match="access denied"):
        administer(switch.target.port or 0, "wrong", "status")
    for request in ({"do": "fault", "fault": "half"}, {"do": "reboot"}):
        hello = {"do": "hello", "secret": SECRET}
        assert [each["ok"] for each in talk(switch, hello, request)] == [True, False]


# --- who is at the other end ----------------------------------------------------------------------


def talk(rig: Rig, *requests: object, end: bool = True) -> list[dict[str, Any]]:
    """Send raw requests, return the answers up to the end of the connection; unless *end*, the
    switch has to end it."""
    with socket.create_connection((rig.target.address, rig.target.port or 0), 5) as connection:
        connection.settimeout(5)
        for each in requests:
            line = each if isinstance(each, bytes) else json.dumps(each).encode() + b"\n"
            connection.sendall(line)
        if end:
            connection.shutdown(socket.SHUT_WR)
        answers = connection.makefile("rb").read()
    return [json.loads(line) for line in answers.splitlines()]


@pytest.mark.parametrize(
    "request_line",
    [
        b"\n",
        b"nonsense\n",
        b"[]\n",
        b"\xff\n",
        b"[" * 100_000 + b"\n",
        b'{"do": "observe"}\n',
        b"{}\n",
    ],
    ids=["empty", "words", "list", "bytes", "deep", "stranger", "nothing"],
)
def test_the_switch_ends_a_session_that_it_does_not_understand(
    switch: Rig, request_line: bytes
) -> None:
    (answer,) = talk(switch, request_line, end=False)
    assert answer["ok"] is False


def test_a_request_with_wrong_values_is_refused(switch: Rig) -> None:
    hello = {"do": "hello", "secret": SECRET}
    stage = {"do": "stage", "configuration": ""}
    wrong = [
        {"do": "stage"},
        {"do": "stage", "configuration": 7},
        {"do": "stage", "configuration": "vlan 5\n name \ud800\n"},
        {"do": "commit", "revert_in": 1},
        stage,
        {"do": "commit"},
        {"do": "commit", "revert_in": True},
        {"do": "commit", "revert_in": "1"},
        {"do": ["stage"]},
        {"do": "bye"},
    ]
    oks = [each["ok"] for each in talk(switch, hello, *wrong)]
    assert oks == [True, False, False, False, False, True, False, False, False, False, True]


def test_a_wrong_secret_is_refused(switch: Rig) -> None:
    switch.target.options["secret"] = "guess"  # type: ignore[index]
    with pytest.raises(OutsideFailed, match="hello refused: access denied"), switch.session():
        pass
    assert switch.admin("status")["sessions"] == 0


def test_another_switch_is_not_talked_to(switch: Rig) -> None:
    here = switch.target
    with (
        pytest.raises(Misconfigured, match="there is one whose name is 'leaf-1', not 'leaf-2'"),
        switch.driver.connect(Target("leaf-2", here.address, here.port, here.options)),
    ):
        pass
    with (
        pytest.raises(Misconfigured, match="whose syntax is 'edgecore', not 'mikrotik'"),
        LabDriver({"syntax": "mikrotik"}).connect(here),
    ):
        pass


def test_nobody_listens() -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        target = Target("leaf-1", "127.0.0.1", reserved.getsockname()[1])
        with pytest.raises(OutsideFailed, match=r"switch 'leaf-1': cannot connect to 127\.0\.0\.1"):
            LabDriver().connect(target).__enter__()


@pytest.mark.parametrize(
    ("target", "words"),
    [
        (Target("leaf-1", "127.0.0.1"), "wants an address and a port"),
        (Target("leaf-1", "", 7), "wants an address and a port"),
        (Target("leaf-1", "a", 7, {"timeout": 0}), "timeout 0 is not"),
        (Target("leaf-1", "a", 7, {"connect_timeout": "5"}), "connect_timeout '5' is not"),
    ],
)
def test_a_target_that_is_not_complete(target: Target, words: str) -> None:
    with pytest.raises(Misconfigured, match=words):
        LabDriver().connect(target).__enter__()


def test_a_name_that_is_none(switch: Rig) -> None:
    target = Target("leaf-1", "a" * 70 + ".example", 7)
    with pytest.raises(OutsideFailed, match="cannot connect"):
        LabDriver().connect(target).__enter__()


@contextmanager
def strange_switch(*answers: bytes, hang: bool = False) -> Iterator[Target]:
    """A peer that gives these answers, one per request, whatever the request is."""
    done = threading.Event()

    def serve(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with connection:
            for answer in answers:
                connection.recv(65536)
                for at in range(0, len(answer), 50_000):
                    connection.sendall(answer[at : at + 50_000])
            if hang:
                done.wait(5)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=lambda: until_hung_up(serve, listening))
        thread.start()
        options = {"timeout": 0.1 if hang else 5}
        yield Target("leaf-1", "127.0.0.1", listening.getsockname()[1], options)
        done.set()
        thread.join(5)


def until_hung_up(function: Callable[..., None], *values: Any) -> None:
    with suppress(OSError):  # the driver hung up in the middle of an answer, as it should
        function(*values)


HELLO = b'{"ok": true, "name": "leaf-1", "syntax": "edgecore"}\n'
EMPTY: dict[str, Any] = {
    "name": "leaf-1",
    "ports": [],
    "lags": [],
    "vlans": [],
    "addresses": [],
    "mlag": None,
}


def state(**values: Any) -> bytes:
    return json.dumps({"ok": True, "state": {**EMPTY, **values}}).encode() + b"\n"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"", "closed the connection"),
        (b'{"ok": tr', "closed the connection"),
        (b"hello\n", "garbage"),
        (b"\xff\xfe\n", "garbage"),
        (b"[]\n", "garbage.*not an object"),
        (b"[" * 100_000 + b"\n", "garbage"),
        (b"{}\n", "refused: no reason given"),
        (b'{"ok": 1}\n', "refused"),
        (b'{"ok": false, "error": "no\\nway"}\n', "observe refused: no way$"),
        (b'{"ok": false, "error": ["x"]}\n', "refused"),
        (b'{"ok": true}\n', "garbage in answer to observe: the state is not an object"),
        (b'{"ok": true, "state": {}}\n', "garbage.*name"),
        (state(name=7), "name is not a text"),
        (state(ports=None), "ports is not a list"),
        (state(ports=["x"]), "ports is not an object"),
        (state(ports=[{"name": "x"}]), "ports without enabled"),
        (state(vlans=[{"vid": True, "name": "x"}]), "vlans.vid is not a number"),
        (state(mlag=[]), "mlag is not an object"),
    ],
)
def test_a_peer_that_answers_nonsense(answer: bytes, words: str) -> None:
    with (
        strange_switch(HELLO, answer) as target,
        LabDriver().connect(target) as session,
        pytest.raises(OutsideFailed, match=f"switch 'leaf-1': .*{words}"),
    ):
        session.observe()


def test_an_answer_in_pieces_is_put_together() -> None:
    answer = state(name="x" * 200_000)
    with strange_switch(HELLO, answer) as target, LabDriver().connect(target) as session:
        assert len(session.observe().name) == 200_000


def test_an_answer_without_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("osism.adapters.switches.json_lines.LIMIT", 100_000)
    with (
        strange_switch(HELLO, b"x" * 1_000_000) as target,
        LabDriver().connect(target) as session,
        pytest.raises(OutsideFailed, match="longer than 100000 bytes"),
    ):
        session.observe()


@pytest.mark.parametrize("answers", [(), (HELLO,), (HELLO, b'{"ok": ')])
def test_a_peer_that_hangs(answers: tuple[bytes, ...]) -> None:
    with (
        strange_switch(*answers, hang=True) as target,
        pytest.raises(OutsideFailed, match="timed out"),
        LabDriver().connect(target) as session,
    ):
        session.observe()


def test_a_peer_that_speaks_without_being_asked() -> None:
    with (
        strange_switch(HELLO + b'{"ok": true}\n') as target,
        pytest.raises(OutsideFailed, match="spoke without being asked"),
        LabDriver().connect(target) as session,
    ):
        session.observe()


# --- files ----------------------------------------------------------------------------------------


def test_the_previous_configuration_stays_beside(tmp_path: Path) -> None:
    rig = file_rig(tmp_path / "new" / "directory")
    rig.run(ONE)
    rig.run(TWO)
    files = sorted((tmp_path / "new" / "directory").iterdir())
    assert [each.name for each in files] == [
        "leaf-1.cfg",
        "leaf-1.cfg.commit",
        "leaf-1.cfg.previous",
    ]
    assert files[2].read_text() == ONE


def test_a_crash_between_the_files_can_be_reverted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig = file_rig(tmp_path)
    rig.run(ONE)
    replace = Path.replace

    for last in ("leaf-1.cfg.previous", "leaf-1.cfg.commit", "leaf-1.cfg"):

        def full(path: Path, target: Path, last: str = last) -> Path:
            if target.name == last:
                raise OSError(28, "No space left on device")
            return replace(path, target)

        with rig.session() as session:
            session.stage(TWO)
            with monkeypatch.context() as patched:
                patched.setattr(Path, "replace", full)
                with pytest.raises(OutsideFailed, match=r"switch 'leaf-1': .*No space left"):
                    session.commit(LONG)
            assert rig.running() == ONE
            session.revert()
        assert rig.running() == ONE
        assert not [each for each in tmp_path.iterdir() if each.name.startswith(".")]


def test_a_directory_is_needed(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="wants a directory"):
        FileDriver().connect(Target("leaf-1")).__enter__()
    (tmp_path / "file").write_text("")
    with pytest.raises(OutsideFailed, match="switch 'leaf-1'"):
        FileDriver().connect(Target("leaf-1", options={"directory": tmp_path / "file"})).__enter__()


@pytest.mark.parametrize("name", ["../leaf-1", "a/b", "", ".hidden", "x" * 300])
def test_a_name_never_leaves_the_directory(tmp_path: Path, name: str) -> None:
    with pytest.raises(Invalid):
        FileDriver().connect(Target(name, options={"directory": tmp_path})).__enter__()


def test_what_the_disk_refuses_is_told(tmp_path: Path) -> None:
    rig = file_rig(tmp_path)
    (tmp_path / "leaf-1.cfg").mkdir()
    with rig.session() as session, pytest.raises(OutsideFailed, match="switch 'leaf-1'"):
        session.stage(ONE)


# --- the registry over the lab --------------------------------------------------------------------


def test_a_device_is_reached_through_the_registry(lab: Callable[..., Served]) -> None:
    served = lab(LabSwitch("leaf-1", "edgecore", PORTS, SECRET))
    registry = SwitchRegistry(
        {
            "manufacturer:edgecore": {"driver": "lab", "syntax": "edgecore", "secret": SECRET},
            "leaf-1": {"port": served.ports["leaf-1"]},
        },
        "file",
        {"lab": LabDriver, "file": FileDriver},
    )
    device = Device(1, "leaf-1", manufacturer="edgecore", management=served.host)
    with registry.connect(device) as session:
        assert session.observe().name == "leaf-1"
    assert registry.capabilities(device).revert_timer
