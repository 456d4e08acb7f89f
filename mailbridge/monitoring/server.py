"""The pages for monitoring over HTTP, on this machine only. Knows nothing of what they say."""

import socket
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import BoundedSemaphore, Thread
from typing import Any

from mailbridge.errors import MailbridgeError
from mailbridge.log import logger

SECONDS = 5.0
"""How long a client may be silent."""
MOST = 8
"""Requests at once; who comes on top is turned away, so that nobody can pile up threads."""


@dataclass(frozen=True, slots=True)
class Page:
    """What is answered."""

    status: int
    content_type: str
    body: bytes


Pages = Mapping[str, Callable[[], Page]]
"""By path: what makes the page."""


class PageServer:
    """Serves pages from threads of its own between `start` and `stop`."""

    def __init__(self, host: str, port: int, pages: Pages) -> None:
        """Bind. Raises MailbridgeError where the address cannot be had."""
        shown = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        try:
            self._server = _Server((host, port), pages)
        except OSError as error:
            raise MailbridgeError(
                f"monitoring.listen: {shown} cannot be listened on ({error.strerror}). "
                "Name a free port, or stop the program that has it."
            ) from None
        self.port: int = self._server.server_address[1]
        self._thread = Thread(target=self._server.serve_forever, name="monitoring", daemon=True)

    def start(self) -> None:
        """Answer from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Answer no more, and cut who is still being answered."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True  # a client that sleeps must not hold up the end
    request_queue_size = 16

    def __init__(self, address: tuple[str, int], pages: Pages) -> None:
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        self.pages = pages
        self._free = BoundedSemaphore(MOST)
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        # Not HTTPServer's: that asks the resolver for our own name.
        super(ThreadingHTTPServer, self).server_bind()

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._free.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002
        error = sys.exception()
        if not isinstance(error, OSError):  # a client that goes away is nobody's mistake
            logger().error("a defect in mailbridge", exc_info=error)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = SECONDS
    server_version = "mailbridge"
    sys_version = ""

    def log_message(self, *_: Any) -> None:
        """Write nothing: monitoring asks all day."""

    def do_GET(self) -> None:
        make = self.server.pages.get(self.path.partition("?")[0])
        if make is None:
            there = ", ".join(self.server.pages)
            self._answer(Page(404, "text/plain", f"There are: {there}\n".encode()))
        else:
            self._answer(make())

    do_HEAD = do_GET  # noqa: N815 - stdlib's

    def _answer(self, page: Page) -> None:
        self.send_response(page.status)
        self.send_header("Content-Type", page.content_type)
        self.send_header("Content-Length", str(len(page.body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if self.command != "HEAD":
            with suppress(BrokenPipeError):
                self.wfile.write(page.body)
