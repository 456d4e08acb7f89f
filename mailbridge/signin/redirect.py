"""The address to which a consent leads back: heard on loopback, or pasted by the person.

RFC 8252, section 7.3: any free port of 127.0.0.1. On a machine without a browser the
person copies the address at which the browser failed. Must not ask for tokens.
"""

import socket
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit

from mailbridge.signin.endpoints import Proof
from mailbridge.signin.grants import Refused, read_refusal

_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>mailbridge</title>
<p>mailbridge has the answer. Close this page and look at the terminal."""
_SECONDS = 5.0
"""A browser may be silent for so long."""


class Code(str):
    """What a redirect brings; shown nowhere."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "Code(…)"


def read_redirect(address: str, proof: Proof) -> Code | Refused | None:
    """Read the address that a consent led to; None where it is not the answer to ours.

    A pasted one may lack everything before the question mark.
    """
    text = address.strip()
    query = urlsplit(text).query if "?" in text else text
    try:
        fields = {name: values[0] for name, values in parse_qs(query, max_num_fields=50).items()}
    except ValueError:
        return None
    if fields.get("state") != proof.state:
        return None
    if "error" in fields:
        refusal = read_refusal(fields, (proof.state, proof.verifier))
        return refusal if isinstance(refusal, Refused) else Refused("server_error", str(refusal))
    return Code(fields["code"]) if fields.get("code") else None


class Listener:
    """Hears the browser on this machine; whoever waits selects on `sock`."""

    def __init__(self) -> None:
        """Listen on a free port."""
        self._heard: list[str] = []
        heard = self._heard

        class Page(BaseHTTPRequestHandler):
            timeout = _SECONDS

            def do_GET(self) -> None:
                heard.append(self.path)
                content = _PAGE.encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(content)))
                self.send_header("Referrer-Policy", "no-referrer")
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                """Say nothing: the path holds the code."""

        class Server(HTTPServer):
            timeout = 0.0

            def handle_error(self, *_: object) -> None:
                """Say nothing: a browser that goes away is no error."""

        self._server = Server(("127.0.0.1", 0), Page)

    @property
    def sock(self) -> socket.socket:
        """Readable when a browser comes."""
        return self._server.socket

    @property
    def address(self) -> str:
        """Where a consent is to lead."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/"

    def take(self) -> str | None:
        """Serve one browser that has come; give the address that it asked for."""
        self._server.handle_request()
        return self._heard.pop() if self._heard else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.server_close()
