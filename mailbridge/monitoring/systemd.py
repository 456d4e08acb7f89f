"""systemd: READY, WATCHDOG, STATUS and STOPPING through $NOTIFY_SOCKET, as sd_notify(3) says.

A datagram with lines KEY=VALUE to a Unix socket; that is all that the protocol is, so
no library. Without such a socket there is no notifier. A service manager that has
gone away is no reason to stop reading mail.
"""

import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

_PATIENCE = 1.0
"""Seconds that a full socket is waited for."""


@dataclass(frozen=True, slots=True)
class Notifier:
    """Tells the service manager how the daemon is."""

    address: str
    """Path of the socket; one that begins with `@` is abstract."""
    watchdog: float | None
    """Seconds within which it wants a sign of life; None where it wants none."""

    def tell(self, **assignments: str) -> None:
        """Send assignments, as `READY="1"`; the manager may not be there any more."""
        lines = [f"{key}={' '.join(value.split())}" for key, value in assignments.items()]
        name = "\0" + self.address[1:] if self.address.startswith("@") else self.address
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.settimeout(_PATIENCE)
            manager.sendto("\n".join(lines).encode(), name)


def find_notifier(environ: Mapping[str, str], pid: int) -> Notifier | None:
    """Read what the service manager wants from the environment; None where there is none.

    A watchdog that is meant for another process (WATCHDOG_PID) does not count:
    sd_watchdog_enabled(3).
    """
    address = environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return None
    wanted = environ.get("WATCHDOG_USEC", "")
    ours = environ.get("WATCHDOG_PID", str(pid)) == str(pid)
    microseconds = int(wanted) if ours and wanted.isascii() and wanted.isdigit() else 0
    return Notifier(address, microseconds / 1e6 if microseconds else None)
