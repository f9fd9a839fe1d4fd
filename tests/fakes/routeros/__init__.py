"""A switch with RouterOS 7, as far as MikroTik's manual tells: tables, console, SSH.

It is our reading of the documentation, made to try the driver on; it is not RouterOS, and what
passes here need not pass there. Each module says which pages of https://help.mikrotik.com/docs
(and of the older wiki) its behaviour is from, and marks what is a guess.
"""

from tests.fakes.routeros.machine import Cut, Machine
from tests.fakes.routeros.script import Refused
from tests.fakes.routeros.server import Server

__all__ = ["Cut", "Machine", "Refused", "Server"]
