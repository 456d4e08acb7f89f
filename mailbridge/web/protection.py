"""What protects the pages from other sites: headers, the Host and Origin checks, body sizes.

Around the whole application, so that no answer goes without. Who is logged in is `sessions`'.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; frame-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
"""Content-Security-Policy of every page; nothing inline, nothing from elsewhere."""

MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'self'; sandbox"
)
"""Of a mail's HTML, shown in a frame: its own styles and enclosed pictures, and nothing else."""

_HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-store",
}
"""Set where the answer itself says nothing else."""

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Origins:
    """From where pages may be asked."""

    address: str = ""
    """Where a reverse proxy offers them, as `https://leads.example.org`; empty for nowhere."""

    @property
    def secure(self) -> bool:
        """Whether cookies may go over TLS only."""
        return self.address.startswith("https://")

    def has_host(self, host: str) -> bool:
        """Tell whether a Host header names us.

        Loopback under any port: an SSH tunnel may have another one. A name that an attacker
        made point here (DNS rebinding) is his, and so refused.
        """
        if self.address and host.lower() == urlsplit(self.address).netloc.lower():
            return True
        return _is_loopback(host)

    def allows(self, headers: Headers) -> bool:
        """Tell whether a request that changes something comes from one of our own pages.

        With `Referrer-Policy: no-referrer` browsers send `Origin: null` with a form (Fetch,
        "append a request Origin header"); `Sec-Fetch-Site` then tells, which no page can set.
        """
        origin = headers.get("origin", "null")
        if origin == "null":
            return headers.get("sec-fetch-site") == "same-origin"
        if self.address and origin.lower() == self.address.lower().rstrip("/"):
            return True
        parts = urlsplit(origin)
        host = headers.get("host", "").lower()
        return parts.scheme == "http" and parts.netloc.lower() == host and _is_loopback(host)


def _is_loopback(host: str) -> bool:
    try:
        parts = urlsplit(f"//{host}")
        good = parts.port != 0 and not parts.username
    except ValueError:
        return False
    return good and parts.hostname in _LOOPBACK


class Protection:
    """The outermost layer."""

    def __init__(self, inner: ASGIApp, origins: Origins) -> None:
        """Protect `inner`, reached from `origins` alone."""
        self._inner, self._origins = inner, origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, as ASGI has it."""
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        hosts = Headers(scope=scope).getlist("host")
        if len(hosts) != 1 or not self._origins.has_host(hosts[0]):
            refusal = PlainTextResponse("This server does not go by that name.\n", 421)
            await refusal(scope, receive, send_with_headers)
            return
        await self._inner(scope, receive, send_with_headers)


class TooLargeError(Exception):
    """A body over its limit."""


async def read_body(request: Request, most: int) -> bytes:
    """Read the whole body, which is kept with the request. Raises TooLargeError."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise TooLargeError
    request._body = bytes(body)  # noqa: SLF001  (where Request.form and .json look for it)
    return request._body  # noqa: SLF001
