"""The lead API on loopback: strict about the contract, and able to fail when told to.

For the demo, the tests and integrators (`mailbridge sandbox`); it keeps leads in
memory only, unless given a journal. Paths:

    POST /api/v1/lead   the lead API
    GET  /leads         what was received, as a JSON list
    POST /plan          a new plan (see `plan`), replacing the rest of the old one
    GET  /              the same for people
"""

import html
import json
import socket
import socketserver
import sys
import threading
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

from mailbridge.errors import MailbridgeError
from mailbridge.sandbox.contract import check_lead
from mailbridge.sandbox.plan import WELL, Plan, Step, parse_plan

LEAD_PATH = "/api/v1/lead"

_LARGEST_BODY = 1_048_576
_NOTICE_STOP = 0.02
"""Seconds after which the accepting loop looks whether it shall end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A lead that was stored."""

    id: str
    at: datetime
    lead: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        """Return it as `GET /leads` and the journal show it."""
        return {"id": self.id, "at": self.at.isoformat(timespec="milliseconds"), "lead": self.lead}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A request, whatever became of it."""

    method: str
    path: str
    status: int
    """0 where the request got no answer."""


class Sandbox:
    """A running lead API; use it with `with`."""

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        key: str,
        plan: Plan = (),
        journal: Path | None = None,
    ) -> None:
        """Prepare; port 0 takes a free one. `journal` gets each stored lead as a JSON line."""
        self.key = key
        self._address = (host, port)
        self._plan = deque(plan)
        self._journal_path = journal
        self._journal: TextIO | None = None
        self._leads: list[Received] = []
        self._requests: list[Seen] = []
        self._changed = threading.Condition()
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        """Listen; raises MailbridgeError where port or journal cannot be had."""
        if self._journal_path is not None:
            try:
                self._journal = self._journal_path.open("a", encoding="utf-8")
            except OSError as error:
                raise MailbridgeError(
                    f"{self._journal_path}: the journal cannot be written: {error.strerror}."
                ) from error
        try:
            self._server = _Server(self._address, self)
        except OSError as error:
            self._close_journal()
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
        self._close_journal()

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
    def leads(self) -> tuple[Received, ...]:
        """The stored leads, in order."""
        with self._changed:
            return tuple(self._leads)

    @property
    def requests(self) -> tuple[Seen, ...]:
        """All requests, in the order of their answers."""
        with self._changed:
            return tuple(self._requests)

    @property
    def plan(self) -> Plan:
        """The steps still to come; may be set."""
        with self._changed:
            return tuple(self._plan)

    @plan.setter
    def plan(self, plan: Plan) -> None:
        with self._changed:
            self._plan = deque(plan)

    def wait_for(self, count: int, timeout: float) -> tuple[Received, ...]:
        """Return the leads once there are `count`; raises TimeoutError after so many seconds."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._leads) >= count, timeout):
                raise TimeoutError(f"{len(self._leads)} of {count} leads after {timeout} s")
            return tuple(self._leads)

    def wait_for_requests(self, count: int, timeout: float) -> tuple[Seen, ...]:
        """Return the requests once there are that many, those that hang included."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._requests) >= count, timeout):
                raise TimeoutError(f"{len(self._requests)} of {count} requests after {timeout} s")
            return tuple(self._requests)

    def take_step(self) -> Step:
        """Return what shall happen to the next POST."""
        with self._changed:
            return self._plan.popleft() if self._plan else WELL

    def store(self, lead: dict[str, Any]) -> Received:
        """Keep a lead and give it an id."""
        with self._changed:
            received = Received(
                id=f"sandbox-{len(self._leads) + 1}", at=datetime.now(UTC), lead=lead
            )
            if self._journal is not None:
                self._journal.write(json.dumps(received.as_json(), ensure_ascii=False) + "\n")
                self._journal.flush()
            self._leads.append(received)
            self._changed.notify_all()
            return received

    def note(self, method: str, path: str, status: int) -> None:
        """Keep a request, before its answer is written."""
        with self._changed:
            self._requests.append(Seen(method=method, path=path, status=status))
            self._changed.notify_all()

    def _close_journal(self) -> None:
        if self._journal is not None:
            self._journal.close()


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.stopping = threading.Event()
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._open_lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._open_lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that goes away in the middle; a defect gets its traceback."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)

    def stop(self) -> None:
        """Accept nothing more and wake every handler, be it reading, slow or hanging."""
        self.shutdown()
        self.stopping.set()
        with self._open_lock:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    server_version = "mailbridge-sandbox"
    sys_version = ""
    disable_nagle_algorithm = True
    wbufsize = -1  # header and body leave in one packet: with Nagle two cost 40 ms

    def log_message(self, *_: Any) -> None:
        """Write nothing: a lead is personal data, and stderr belongs to the command."""

    def handle_expect_100(self) -> bool:
        """Let curl go on at once; it waits a second for this before a larger body."""
        going_on = super().handle_expect_100()
        self.wfile.flush()
        return going_on

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        leads = self.server.sandbox.leads
        if path == "/leads":
            self._answer(200, _json([lead.as_json() for lead in leads]))
        elif path == "/":
            self._answer(200, _page(leads), "text/html; charset=utf-8")
        elif path in (LEAD_PATH, "/plan"):
            self._refuse(405, "Only POST is allowed here.", {"Allow": "POST"})
        else:
            self._refuse(404, "There is nothing here.")

    def do_POST(self) -> None:
        path = self.path.partition("?")[0]
        body = self._body()
        if body is None:
            return
        if path == LEAD_PATH:
            self._receive(self.server.sandbox.take_step(), body)
        elif path == "/plan":
            try:
                self.server.sandbox.plan = parse_plan(body.decode("utf-8", "replace"))
            except MailbridgeError as error:
                self._refuse(400, str(error))
            else:
                self._answer(200, _json({"success": True}))
        elif path in ("/", "/leads"):
            self._refuse(405, "Only GET is allowed here.", {"Allow": "GET"})
        else:
            self._refuse(404, "There is nothing here.")

    def _not_allowed(self) -> None:
        self.close_connection = True  # a body, if there is one, is not read
        self._refuse(405, "Only GET and POST are allowed.", {"Allow": "GET, POST"})

    do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _not_allowed  # noqa: N815 - stdlib's

    def _body(self) -> bytes | None:
        """Read the request's body; None where the request has been refused instead."""
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()) or "Transfer-Encoding" in self.headers:
            self.close_connection = True
            self._refuse(411, "Content-Length is required.")
        elif len(length) > 9 or int(length) > _LARGEST_BODY:
            self.close_connection = True
            self._refuse(413, f"The body is larger than {_LARGEST_BODY:,} bytes.")
        else:
            body = self.rfile.read(int(length))
            if len(body) == int(length):
                return body
            self._drop()
        return None

    def _receive(self, step: Step, body: bytes) -> None:
        """Do with a lead what the step says."""
        match step.kind:
            case "hang":
                self._drop()
                with suppress(OSError):
                    self.connection.recv(1)  # until the client goes or the server stops
            case "drop-before":
                self._drop()
            case "redirect":
                self._refuse(307, "Told to redirect.", {"Location": "/elsewhere"})
            case "success-false":
                self._answer(200, _json({"success": False, "message": "Told to refuse."}))
            case "status" if not 200 <= step.status < 300:
                after = {} if step.retry_after is None else {"Retry-After": str(step.retry_after)}
                self._refuse(step.status, f"Told to answer {step.status}.", after)
            case _:
                self._store(step, body)

    def _store(self, step: Step, body: bytes) -> None:
        sandbox = self.server.sandbox
        if self.headers.get("X-API-KEY", "") != sandbox.key:
            self._refuse(401, "The X-API-KEY is missing or wrong.")
            return
        if reasons := check_lead(dict(self.headers), body):
            self._refuse(422, reasons)
            return
        received = sandbox.store(json.loads(body))
        match step.kind:
            case "drop-after":
                self._drop()
            case "html":
                self._answer(200, b"<html><body><h1>Thank you</h1></body></html>", "text/html")
            case "empty":
                self._answer(200, b"")
            case "text":
                self._answer(200, b"Thank you", "text/plain")
            case "list":
                self._answer(200, _json([received.id]))
            case _:
                self.server.stopping.wait(step.seconds)
                told = {"success": True, "id": received.id, "message": "Lead saved successfully."}
                self._answer(step.status, _json(told))

    def _drop(self) -> None:
        """Leave the request without an answer."""
        self.close_connection = True
        self.server.sandbox.note(self.command, self.path, 0)

    def _refuse(
        self, status: int, message: str | list[str], headers: dict[str, str] | None = None
    ) -> None:
        self._answer(status, _json({"success": False, "message": message}), headers=headers)

    def _answer(
        self,
        status: int,
        body: bytes,
        kind: str = "application/json",
        headers: dict[str, str] | None = None,
    ) -> None:
        if status in (204, 304):
            body = b""
        self.server.sandbox.note(self.command, self.path, status)
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if status not in (204, 304):
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def _page(leads: tuple[Received, ...]) -> bytes:
    rows = "".join(
        f"<tr><td>{html.escape(lead.id)}<td>{lead.at:%Y-%m-%d %H:%M:%S} UTC"
        f"<td><pre>{html.escape(json.dumps(lead.lead, ensure_ascii=False, indent=2))}</pre>"
        for lead in leads
    )
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>mailbridge sandbox</title>'
        f"<h1>Sandbox lead API</h1><p>{len(leads)} leads received at {LEAD_PATH}. "
        f'As JSON: <a href="/leads">/leads</a></p><table>{rows}</table></html>'
    ).encode()
