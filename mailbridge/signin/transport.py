"""HTTP as sign-in needs it: one short request, over TLS, without redirects and proxies.

The libraries of the providers are given this transport, so that what holds for one
request holds for all. Must not know what is asked or answered.
"""

import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import urlencode, urlsplit

import urllib3
from urllib3 import exceptions

from mailbridge.signin.grants import Unavailable

SECONDS = 30.0
"""For one request and its whole answer."""
_LONGEST = 1_000_000
"""Octets of an answer."""
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


class Transport:
    """Asks authorisation servers."""

    def __init__(self, ca_file: str | None = None, seconds: float = SECONDS) -> None:
        """Trust the authorities of the system, and those of `ca_file` (PEM) besides."""
        self._ca_file = ca_file
        self._seconds = seconds
        self._pool: urllib3.PoolManager | None = None

    def post(
        self, url: str, form: Mapping[str, str], headers: Mapping[str, str] | None = None
    ) -> Reply | Unavailable:
        """Send a form."""
        sent = {"Content-Type": FORM, "Accept": "application/json", **(headers or {})}
        return self.ask("POST", url, urlencode(form).encode(), sent)

    def ask(
        self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]
    ) -> Reply | Unavailable:
        """Send a request; an answer of any status is a Reply."""
        host = urlsplit(url).hostname or ""
        if not _is_protected(url):
            return Unavailable(f"{host or 'its address'} is not encrypted (no https)")
        until = time.monotonic() + self._seconds
        try:
            response = self._made().request(
                method,
                url,
                body=body,
                headers=dict(headers),
                redirect=False,
                retries=False,
                timeout=urllib3.Timeout(connect=self._seconds / 2, read=self._seconds),
                preload_content=False,
            )
            try:
                content = _read(response, until)
            finally:
                response.close()
        except (exceptions.HTTPError, OSError, ValueError) as error:
            return Unavailable(f"{host}: {self._explain(error)}")
        return Reply(response.status, dict(response.headers), content)

    def _made(self) -> urllib3.PoolManager:
        if self._pool is None:
            context = ssl.create_default_context()
            if self._ca_file:
                context.load_verify_locations(cafile=self._ca_file)
            self._pool = urllib3.PoolManager(ssl_context=context)
        return self._pool

    def _explain(self, error: Exception) -> str:
        """Say what is wrong without the library's words, which may hold an address in full."""
        match error:
            case exceptions.NameResolutionError():
                return "the host's name is not known"
            case exceptions.NewConnectionError():
                return "no connection"
            case exceptions.TimeoutError() | TimeoutError():
                return f"no answer within {self._seconds:g} seconds"
            case exceptions.SSLError() | ssl.SSLError():
                return "no TLS connection, or its certificate is not trusted"
            case _:
                return f"the connection failed ({type(error).__name__})"


def _read(response: urllib3.BaseHTTPResponse, until: float) -> bytes:
    content = bytearray()
    while chunk := response.read1(65536):
        content += chunk
        if len(content) > _LONGEST or time.monotonic() > until:
            raise TimeoutError
    return bytes(content)


def _is_protected(url: str) -> bool:
    parts = urlsplit(url)
    if parts.scheme == "https":
        return bool(parts.hostname)
    host = (parts.hostname or "").rstrip(".").lower()
    try:
        here = ip_address(host).is_loopback
    except ValueError:
        here = host == "localhost"
    return parts.scheme == "http" and here
