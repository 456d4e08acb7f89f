"""Ports for programs that cannot be given a listening socket."""

import socket
from contextlib import suppress
from random import SystemRandom

LOOPBACK = "127.0.0.1"
_PORTS = range(20_000, 32_000)
"""Below those that Linux hands out by itself (32768 and up): what tests and servers connect from,
and what is asked for as port 0, cannot take one between the choice and its use."""


def free_port() -> int:
    """A port that nobody listens on, and that nobody gets by chance."""
    random = SystemRandom()  # Hypothesis seeds the common one, the same in every process
    for _ in range(100):
        with suppress(OSError), socket.socket() as tried:
            port = random.choice(_PORTS)
            tried.bind((LOOPBACK, port))
            return port
    raise OSError("no port is free")


def free_ports(count: int) -> list[int]:
    """So many different ones."""
    found: set[int] = set()
    while len(found) < count:
        found.add(free_port())
    return list(found)
