"""The web pages served on a free port of loopback, from a thread of their own."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread

from mailbridge.web.application import make_application
from mailbridge.web.desk import Desk
from mailbridge.web.server import listen, make_server

_START_SECONDS = 20.0
_STOP_SECONDS = 20.0


@dataclass(frozen=True)
class Pages:
    """Where they are."""

    base: str
    desk: Desk

    def login_link(self) -> str:
        return f"{self.base}/enter?token={self.desk.sessions.new_link()}"


@contextmanager
def running_pages(desk: Desk) -> Iterator[Pages]:
    """Serve a desk's pages."""
    bound = listen("127.0.0.1", 0)
    server = make_server(make_application(desk))
    thread = Thread(target=server.run, kwargs={"sockets": [bound]}, name="pages")
    with bound:
        port = bound.getsockname()[1]
        thread.start()
        try:
            deadline = time.monotonic() + _START_SECONDS
            while not server.started:
                assert thread.is_alive()
                assert time.monotonic() < deadline
                thread.join(0.01)
            yield Pages(f"http://127.0.0.1:{port}", desk)
        finally:
            server.should_exit = True
            thread.join(_STOP_SECONDS)
            assert not thread.is_alive()
