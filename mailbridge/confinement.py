"""A process of our own for what strangers wrote: what harms it harms nobody else.

Both sides of it: beginning and ending it, and the bounds within which it serves. Must not
know what is asked; how long an answer may take is for who asks.
"""

import resource
import signal
import socket
import subprocess
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection

START = 60.0
"""Seconds that the process may take to begin; half of one, where nothing else is running."""

MEMORY = 1_000_000_000
"""Bytes of address space for the process. A mail at every limit takes a fifth of it."""


@dataclass(frozen=True, slots=True)
class Defect:
    """A mistake of ours, for the log: where, and of which kind. Holds no value of a mail."""

    trace: str


def tell_defect(error: Exception) -> Defect:
    """Say where it happened, not with which value: that may be somebody's."""
    where = "".join(traceback.format_tb(error.__traceback__))
    return Defect(f"{where}{type(error).__name__}")


class Confined:
    """The process, from the side that asks."""

    def __init__(self, module: str) -> None:
        """Begin it; `serve` of that module gets the descriptor of the other end."""
        ours, theirs = socket.socketpair()
        with theirs:
            # The same modules as ours, whatever lies in the current folder (-P).
            code = f"import sys; sys.path[:] = {sys.path!r}; "
            code += f"from {module} import serve; serve({theirs.fileno()})"
            self._process = subprocess.Popen(  # noqa: S603  (our own interpreter)
                [sys.executable, "-P", "-c", code],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )
        self.connection = Connection(ours.detach())

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    def end(self) -> int:
        """End it, if it has not ended; give its exit status."""
        self.connection.close()
        self._process.kill()
        return self._process.wait()


@contextmanager
def serving(descriptor: int) -> Iterator[Connection]:
    """Give the connection to who asks, within our bounds, until the other side is gone."""
    # A stop is for the process that asks: it may want an answer before it ends.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    with Connection(descriptor) as connection, suppress(EOFError, ConnectionError):
        yield connection
