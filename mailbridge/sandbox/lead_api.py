"""The lead API over HTTP/1.1 with keep-alive: what each request gets.

POST /api/v1/lead        the lead API
POST /api/leads/create   Realforce's private endpoint
POST /webhook            a webhook, which knows a repeat by its key and stores it once
GET  /api/v1/get-full-listings and /api/v1/promotions   the lists (see `lists`)
GET  /leads              what was received, as a JSON list
POST /plan               a new plan (see `plan`), replacing the rest of the old one
GET  /                   what was received, for people

A step of the plan is taken by the next POST of a lead, wherever it goes.
"""

import html
import json
import socket
import socketserver
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from typing import Any

from mailbridge.errors import MailbridgeError
from mailbridge.sandbox.book import Book, DifferentLeadError, Received
from mailbridge.sandbox.contract import check_lead
from mailbridge.sandbox.hook_contract import check_hook, check_signature, key_of
from mailbridge.sandbox.lists import Entry, give_page
from mailbridge.sandbox.plan import Step, parse_plan
from mailbridge.sandbox.private_contract import check_private_lead

LEAD_PATH = "/api/v1/lead"
PRIVATE_PATH = "/api/leads/create"
HOOK_PATH = "/webhook"
LEAD_PATHS = (LEAD_PATH, PRIVATE_PATH, HOOK_PATH)

_LARGEST_BODY = 1_048_576


class LeadApi(socketserver.ThreadingTCPServer):
    """A thread for each connection; all of them end with `stop`."""

    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], book: Book) -> None:
        self.book = book
        self.stopping = threading.Event()
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection, so that `stop` can wake who reads from it."""
        with self._open_lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget the connection and close it."""
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
        with self._open_lock:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        self.stopping.set()  # last, so that no slow handler wakes up in time to answer


class _Handler(BaseHTTPRequestHandler):
    server: LeadApi
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
        path, _, query = self.path.partition("?")
        leads = self.server.book.leads
        if path in self.server.book.lists:
            self._give_page(self.server.book.lists[path], query)
        elif path == "/leads":
            self._answer(200, _json([lead.as_json() for lead in leads]))
        elif path == "/":
            self._answer(200, _page(leads), "text/html; charset=utf-8")
        elif path in (*LEAD_PATHS, "/plan"):
            self._refuse(405, "Only POST is allowed here.", {"Allow": "POST"})
        else:
            self._refuse(404, "There is nothing here.")

    def _give_page(self, entries: list[Entry], query: str) -> None:
        if self.headers.get("X-API-KEY", "") != self.server.book.key:
            self._refuse(401, "The X-API-KEY is missing or wrong.")
            return
        page, reasons = give_page(entries, query)
        if reasons:
            self._refuse(422, reasons)
        else:
            self._answer(200, _json({"data": page}))

    def do_POST(self) -> None:
        path = self.path.partition("?")[0]
        body = self._body()
        if body is None:
            return
        if path in LEAD_PATHS:
            self._receive(self.server.book.take_step(), path, body)
        elif path == "/plan":
            try:
                self.server.book.plan = parse_plan(body.decode("utf-8", "replace"))
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

    def _receive(self, step: Step, path: str, body: bytes) -> None:
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
                self._store(step, path, body)

    def _store(self, step: Step, path: str, body: bytes) -> None:
        book, headers = self.server.book, dict(self.headers)
        if path == HOOK_PATH:
            stranger = check_signature(headers, body, book.secret, time.time())
        else:
            known = self.headers.get("X-API-KEY", "") == book.key
            stranger = "" if known else "The X-API-KEY is missing or wrong."
        if stranger:
            self._refuse(401, stranger)
            return
        if reasons := _CONTRACTS[path](headers, body):
            self._refuse(422, reasons)
            return
        try:
            received = book.store(
                json.loads(body), path, key_of(headers) if path == HOOK_PATH else ""
            )
        except DifferentLeadError:
            self._refuse(422, "Another lead was sent with this Idempotency-Key.")
            return
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
                self._answer(step.status, _json(_thank(path, received)))

    def _drop(self) -> None:
        """Leave the request without an answer."""
        self.close_connection = True
        self.server.book.note(self.command, self.path, 0)

    def _refuse(
        self, status: int, message: str | list[str], headers: dict[str, str] | None = None
    ) -> None:
        told: dict[str, Any] = {"success": False, "message": message}
        if self.path.partition("?")[0] == PRIVATE_PATH:
            told = {"message": message if isinstance(message, str) else " ".join(message)}
        self._answer(status, _json(told), headers=headers)

    def _answer(
        self,
        status: int,
        body: bytes,
        kind: str = "application/json",
        headers: dict[str, str] | None = None,
    ) -> None:
        if status in (204, 304):
            body = b""
        self.server.book.note(self.command, self.path, status)
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


_CONTRACTS: Mapping[str, Callable[[Mapping[str, str], bytes], list[str]]] = {
    LEAD_PATH: check_lead,
    PRIVATE_PATH: check_private_lead,
    HOOK_PATH: check_hook,
}


def _thank(path: str, received: Received) -> dict[str, Any]:
    """Answer as each contract says: the private endpoint names no id."""
    if path == PRIVATE_PATH:
        return {"message": "Lead created."}
    return {"success": True, "id": received.id, "message": "Lead saved successfully."}


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def _page(leads: tuple[Received, ...]) -> bytes:
    rows = "".join(
        f"<tr><td>{html.escape(lead.id)}<td>{lead.at:%Y-%m-%d %H:%M:%S} UTC<td>{lead.path}"
        f"<td><pre>{html.escape(json.dumps(lead.lead, ensure_ascii=False, indent=2))}</pre>"
        for lead in leads
    )
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>mailbridge sandbox</title>'
        f"<h1>Sandbox lead API</h1><p>{len(leads)} leads received. "
        f'As JSON: <a href="/leads">/leads</a></p><table>{rows}</table></html>'
    ).encode()
