"""Services that alerts go to, on loopback: a webhook and a mail server."""

import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest


@dataclass
class Webhook:
    """Takes Apprise's `json://`; answers as told."""

    port: int
    status: int = 200
    got: list[dict[str, Any]] = field(default_factory=list)
    tried: int = 0
    arrived: threading.Condition = field(default_factory=threading.Condition)
    hang: threading.Event = field(default_factory=threading.Event)
    """Not set: requests hang until it is."""

    @property
    def url(self) -> str:
        return f"json://user:word-of-the-hook@127.0.0.1:{self.port}/hook"

    @property
    def titles(self) -> list[str]:
        return [message["title"].removeprefix("mailbridge: ") for message in self.got]

    def wait_for(self, count: int, seconds: float) -> list[str]:
        with self.arrived:
            self.arrived.wait_for(lambda: len(self.got) >= count, seconds)
        return self.titles


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            hook.hang.wait(60)
            with hook.arrived:
                hook.tried += 1
                if hook.status == 200:
                    hook.got.append(json.loads(body))
                hook.arrived.notify_all()
            try:
                self.send_response(hook.status)
                self.send_header("Content-Length", "0")
                self.end_headers()
            except OSError:
                pass  # nobody waits any more

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hook = Webhook(server.server_address[1])
    hook.hang.set()
    thread = threading.Thread(target=server.serve_forever, args=[0.05])
    thread.start()
    try:
        yield hook
    finally:
        hook.hang.set()
        server.shutdown()
        thread.join(10)
        server.server_close()


@dataclass
class Post:
    """A mail server that takes everything."""

    port: int
    mails: list[EmailMessage] = field(default_factory=list)


@pytest.fixture
def post() -> Iterator[Post]:
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(20)
    office = Post(listener.getsockname()[1])

    def serve() -> None:
        try:
            connection, _ = listener.accept()
        except OSError:
            return  # nobody came
        with connection, connection.makefile("rwb") as wire:
            connection.settimeout(20)
            _talk(wire, office)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield office
    finally:
        thread.join(25)
        listener.close()


def _talk(wire: Any, office: Post) -> None:
    def say(line: bytes) -> None:
        wire.write(line + b"\r\n")
        wire.flush()

    say(b"220 post.example.org")
    while line := wire.readline():
        if line.upper().startswith(b"DATA"):
            say(b"354 go on")
            lines = []
            while (part := wire.readline()) != b".\r\n":
                lines.append(part.removeprefix(b"."))
            message = message_from_bytes(b"".join(lines), policy=policy.default)
            assert isinstance(message, EmailMessage)
            office.mails.append(message)
        if line.upper().startswith(b"QUIT"):
            say(b"221 bye")
            return
        say(b"250 fine")
