"""Whether hosts answer to ICMP, by the system's own ``ping``: opening such a socket needs rights
that it has and we do not."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address
from shutil import which

from osism.domain.errors import Invalid, Misconfigured
from osism.domain.nodes import Echo

#: Echoes that are asked for, the seconds between them (less is for root only), and those that an
#: answer may take.
_COUNT, _INTERVAL, _WAIT = 3, 0.2, 2
_PARALLEL = 50
# iputils: "3 packets transmitted, 2 received"; busybox: "…, 2 packets received".
_RECEIVED = re.compile(r"(\d+) packets transmitted, (\d+) (?:packets )?received")
_AVERAGE = re.compile(r"= [\d.]+/([\d.]+)/")


def ping(addresses: Iterable[str]) -> Mapping[str, Echo]:
    """What came back from each address (IPv4 or IPv6), asked at the same time."""
    program = which("ping")
    if program is None:
        raise Misconfigured("there is no program ping here (Debian: iputils-ping)")
    wanted = [_address(each) for each in dict.fromkeys(addresses)]
    if not wanted:
        return {}
    with ThreadPoolExecutor(min(_PARALLEL, len(wanted)), "ping") as pool:
        return dict(zip(wanted, pool.map(lambda each: _ping(program, each), wanted), strict=True))


def _address(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError:
        raise Invalid(f"{text!r} is no IP address") from None


def _ping(program: str, address: str) -> Echo:
    words = ["-n", "-q", "-c", str(_COUNT), "-i", str(_INTERVAL), "-W", str(_WAIT)]
    try:
        done = subprocess.run(  # noqa: S603 - a list of words, and the address is one
            [program, *words, address],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=os.environ | {"LC_ALL": "C"},
            text=True,
            timeout=_COUNT * _WAIT + 10,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Echo(_COUNT, 0)
    said = done.stdout
    if "not permitted" in done.stderr:
        raise Misconfigured(f"this user may not ping: {done.stderr.strip()}")
    counts, average = _RECEIVED.search(said), _AVERAGE.search(said)
    if not counts:
        return Echo(_COUNT, 0)
    return Echo(int(counts[1]), int(counts[2]), float(average[1]) if average else None)
