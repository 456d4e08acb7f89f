"""The sandbox: every kind of destination on loopback, strict, and able to fail when told.

For the demo, the tests and integrators (`mailbridge sandbox`). It keeps leads in
memory only, unless given a journal, and sends nothing anywhere.
"""

import threading
from pathlib import Path
from types import TracebackType
from typing import Self

from mailbridge.errors import MailbridgeError
from mailbridge.sandbox.book import SECRET, Book
from mailbridge.sandbox.lead_api import HOOK_PATH, LEAD_PATH, PRIVATE_PATH, LeadApi
from mailbridge.sandbox.plan import Plan

_NOTICE_STOP = 0.02
"""Seconds after which the accepting loop looks whether it shall end."""


class Sandbox(Book):
    """A running lead API and what it received; use it with `with`."""

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        key: str,
        secret: str = SECRET,
        plan: Plan = (),
        journal: Path | None = None,
    ) -> None:
        """Prepare; port 0 takes a free one. `journal` gets each stored lead as a JSON line."""
        super().__init__(key=key, secret=secret, plan=plan, journal=journal)
        self._address = (host, port)
        self._server: LeadApi | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        """Listen; raises MailbridgeError where port or journal cannot be had."""
        self.open_journal()
        try:
            self._server = LeadApi(self._address, self)
        except OSError as error:
            self.close_journal()
            host, port = self._address
            raise MailbridgeError(f"Cannot listen on {host}:{port}: {error.strerror}.") from error
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_NOTICE_STOP,), name="sandbox", daemon=True
        )
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop at once, whatever requests are under way, and wait until all has ended."""
        if self._server is not None and self._thread is not None:
            self._server.stop()
            self._thread.join()
            self._server.server_close()
        self.close_journal()

    @property
    def base(self) -> str:
        """`http://host:port`."""
        if self._server is None:
            raise ValueError("the sandbox has an address only inside `with`")
        host, port = self._server.server_address[:2]
        return f"http://[{host!s}]:{port}" if ":" in str(host) else f"http://{host!s}:{port}"

    @property
    def url(self) -> str:
        """The address to which leads are POSTed."""
        return self.base + LEAD_PATH

    @property
    def private_url(self) -> str:
        """The same of the private endpoint."""
        return self.base + PRIVATE_PATH

    @property
    def hook_url(self) -> str:
        """The same of the webhook."""
        return self.base + HOOK_PATH
