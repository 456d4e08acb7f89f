"""The mail server of the demo and of tests: pymap, in memory, on loopback.

One user, an empty INBOX, no TLS: it must never listen beyond this machine. It
offers no own keywords, so that mails are marked by moving them.
"""

import imaplib
import importlib.util
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from mailbridge.errors import MailbridgeError

HOST = "127.0.0.1"
_START_SECONDS = 20.0
_STOP_SECONDS = 5.0
_ATTEMPTS = 3
# pymap has a console script, but no module to run; the script may not be on the PATH.
_MAIN = "import sys; from pymap.main import main; sys.exit(main())"


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where the server listens, and its one user."""

    port: int
    user: str
    password: str = field(repr=False)
    pid: int
    host: str = HOST

    def deliver(self, raw: bytes) -> None:
        """Put a mail into the inbox, as if it had just arrived."""
        with self._logged_in() as client:
            client.append("INBOX", None, None, raw)

    def folders(self) -> dict[str, int]:
        """Count the mails in each folder."""
        with self._logged_in() as client:
            _, lines = client.list()
            told = [line.decode() for line in lines if isinstance(line, bytes)]
            names = [t.rpartition(' "/" ')[2].strip('"') for t in told if "\\Noselect" not in t]
            return {name: _count(client, name) for name in names}

    @contextmanager
    def _logged_in(self) -> Iterator[imaplib.IMAP4]:
        with imaplib.IMAP4(self.host, self.port, timeout=_START_SECONDS) as client:
            client.login(self.user, self.password)
            yield client


def _count(client: imaplib.IMAP4, folder: str) -> int:
    _, answer = client.select(f'"{folder}"', readonly=True)
    return int(answer[0] or 0)


@contextmanager
def running_mailserver() -> Iterator[MailServer]:
    """Run the server on a free port, from its first greeting to the end of the block."""
    if importlib.util.find_spec("pymap") is None:
        raise MailbridgeError(
            "The demo's mail server is not installed. Install it with:"
            " pip install 'mailbridge[demo]'"
        )
    password = secrets.token_urlsafe(12)
    process, port = _start(password)
    try:
        yield MailServer(port=port, user="demo", password=password, pid=process.pid)
    finally:
        _stop(process)


def _start(password: str) -> tuple[subprocess.Popen[bytes], int]:
    for _ in range(_ATTEMPTS):
        port = _free_port()
        process = subprocess.Popen(  # noqa: S603 -- our own interpreter and constant words
            [
                *(sys.executable, "-c", _MAIN, "--host", HOST, "--port", str(port), "--no-tls"),
                *("dict", "--demo-user", "demo", f"--demo-password={password}"),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        if _greets(process, port):
            return process, port
        _stop(process)  # somebody else took the port meanwhile
    raise MailbridgeError(
        f"The demo's mail server did not start on {HOST}, tried {_ATTEMPTS} times."
        " Look for other programs that use many ports or much time."
    )


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind((HOST, 0))
        port: int = sock.getsockname()[1]
        return port


def _greets(process: subprocess.Popen[bytes], port: int) -> bool:
    """Wait until it greets as an IMAP server; False where it ends or takes too long."""
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        with suppress(OSError), socket.create_connection((HOST, port), 1.0) as sock:
            if sock.recv(4) == b"* OK":
                return True
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.02)
    return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
