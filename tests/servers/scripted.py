"""A mail server that says what a test wrote: for what no real one can be made to do.

A script is a function that gets the connection as `Wire` and talks. It runs in a
thread, once for each connection, in the order of `scripts`.
"""

import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

_SECONDS = 20.0


class Wire:
    """The server's end of one connection."""

    def __init__(self, sock: socket.socket, heard: list[str]) -> None:
        self.sock = sock
        self.heard = heard
        """Every line that the client sent."""
        self._file = sock.makefile("rb")

    def say(self, text: str | bytes) -> None:
        r"""Send lines; `\n` becomes CRLF where it is not yet."""
        data = text.encode("latin-1") if isinstance(text, str) else text
        self.sock.sendall(re.sub(rb"\r?\n", b"\r\n", data))

    def hear(self) -> tuple[str, str]:
        """The next command: its tag, and the rest of the line."""
        came = self._file.readline()
        if not came:
            raise ConnectionResetError
        line = came.decode("utf-8", "replace").rstrip("\r\n")
        self.heard.append(line)
        tag, _, rest = line.partition(" ")
        return tag, rest

    def drip(self, piece: bytes, every: float, stop: threading.Event) -> None:
        """Send the piece again and again, until the client is gone or the test ends."""
        while not stop.wait(every):
            self.sock.sendall(piece)

    def close(self) -> None:
        self._file.close()
        self.sock.close()


Script = Callable[[Wire], None]


@dataclass(slots=True)
class Scripted:
    """Where it listens, and what it heard."""

    port: int
    stop: threading.Event
    heard: list[str] = field(default_factory=list)


@contextmanager
def running_script(*scripts: Script, context: ssl.SSLContext | None = None) -> Iterator[Scripted]:
    """Serve each script for one connection; a fault in a script fails the test."""
    faults: list[BaseException] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(_SECONDS)
        server = Scripted(listener.getsockname()[1], threading.Event())

        def serve() -> None:
            for script in scripts:
                with suppress(OSError):  # the client may go whenever it likes
                    sock, _ = listener.accept()
                    sock.settimeout(_SECONDS)
                    with sock:
                        inner = context.wrap_socket(sock, server_side=True) if context else sock
                        wire = Wire(inner, server.heard)
                        try:
                            script(wire)
                        except AssertionError as exc:
                            faults.append(exc)
                        finally:
                            wire.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.stop.set()
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            thread.join(_SECONDS)
    assert not thread.is_alive()
    assert not faults, faults


def talk(
    answers: Mapping[str, str | list[str]],
    *,
    capabilities: str = "IMAP4rev1 UIDPLUS MOVE UNSELECT NAMESPACE",
    greeting: str = "* OK at your service\n",
) -> Script:
    r"""A script that answers each command by the longest beginning that fits.

    An answer is untagged lines and, as its last line, the tagged one, where `TAG`
    stands for the tag; without any `TAG` line, `TAG OK done` is added. A list is
    used up one by one, its last for ever. `EOF` closes the connection, `HANG` says
    nothing any more.
    """
    known: dict[str, str | list[str]] = {
        "CAPABILITY": f"* CAPABILITY {capabilities}\n",
        "LOGIN": "",
        "AUTHENTICATE": "",
        "LOGOUT": "* BYE see you\n",
        "NAMESPACE": '* NAMESPACE (("" "/")) NIL NIL\n',
        "LIST": '* LIST () "/" INBOX\n',
        "UNSELECT": "",
        "CLOSE": "",
        "NOOP": "",
        "CREATE": "",
        "SUBSCRIBE": "",
        "EXAMINE": OPENED,
        "SELECT": OPENED,
        **{k: list(v) if isinstance(v, list) else v for k, v in answers.items()},
    }

    def script(wire: Wire) -> None:
        wire.say(greeting)
        while True:
            tag, rest = wire.hear()
            fitting = max(
                (k for k in known if rest.upper().startswith(k.upper())), key=len, default=None
            )
            assert fitting is not None, f"no answer for: {rest}"
            answer = known[fitting]
            if isinstance(answer, list):
                answer = answer.pop(0) if len(answer) > 1 else answer[0]
            if answer == "EOF":
                return
            if answer == "HANG":
                wire.hear()  # until the client goes
            if "TAG " not in answer:
                answer += "TAG OK done\n"
            wire.say(answer.replace("TAG ", f"{tag} "))

    return script


OPENED = (
    "* FLAGS (\\Seen \\Deleted)\n"
    "* OK [PERMANENTFLAGS (\\Seen \\Deleted \\*)] ok\n"
    "* 2 EXISTS\n* 0 RECENT\n"
    "* OK [UIDVALIDITY 7] ok\n* OK [UIDNEXT 30] ok\n"
)
"""What opening a folder says: two mails, UIDVALIDITY 7, UIDNEXT 30, own keywords allowed."""


def literal(raw: bytes) -> str:
    """A mail as a literal in an answer; its line ends are CRLF already."""
    return f"{{{len(raw)}}}\r\n{raw.decode('latin-1')}"
