"""One POST over HTTP, one `Answer`: what all destinations have in common.

It never raises for what a network or a server does, never sends a request twice by
itself, follows no redirect, and reads no setting from the environment. What is sent,
and which lead when, is decided elsewhere.
"""

import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPException
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError

from mailbridge import __version__
from mailbridge.delivery.answer import Answer, InDoubt, Unreachable
from mailbridge.delivery.reasons import tell_reason
from mailbridge.delivery.reply import one_line, read_reply
from mailbridge.delivery.transport import Body, TimedAdapter
from mailbridge.errors import MailbridgeError

_LARGEST_BODY = 65_536
"""Bytes of an answer that are read; the rest is dropped with the connection."""

_NETWORK = (requests.RequestException, HTTPError, HTTPException, OSError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How a destination is reached."""

    url: str
    timeouts: tuple[float, float]
    """Seconds to connect (TLS included) and to wait for a single piece of the answer."""
    deadline: float
    """Seconds for the whole answer."""
    ca_file: str | None = None
    """Replaces the public certificate authorities."""
    proxy: str | None = None
    reuse_for: float = 3.0
    """Seconds for which an idle connection is trusted: servers close them after 5 or more."""


class Exchange:
    """POSTs to one address over a kept connection. For one thread at a time."""

    def __init__(self, way: Way, headers: Mapping[str, str], secret: str) -> None:
        """Check what can be checked without a network; raises MailbridgeError.

        `headers` go with each POST; `secret` stands in no answer that is given. Looking
        up the name takes as long as the system's resolver does.
        """
        self._secret = secret
        self._timeouts = way.timeouts
        self._reuse_for = way.reuse_for
        self._host = _host_of(way.url)
        self._request = _prepare(way.url, headers)
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.verify = _checked_ca(way.ca_file) if way.ca_file else True
        if way.proxy:
            self._session.proxies = dict.fromkeys(("http", "https"), _checked_proxy(way.proxy))
        self._adapter = TimedAdapter(way.deadline)
        self._session.mount("http://", self._adapter)
        self._session.mount("https://", self._adapter)
        self._last_used = 0.0

    def post(self, content: bytes, headers: Mapping[str, str], masks: Mapping[str, str]) -> Answer:
        """POST once and say what became of it.

        `headers` are those of this request alone; `masks` maps a label to a value of ours
        that no answer may repeat.
        """
        body = Body(content)
        if time.monotonic() - self._last_used > self._reuse_for:
            # A connection that the server is just closing takes the request and never
            # answers: a doubt for nothing. Opening one anew costs a few milliseconds.
            self._session.close()
        try:
            return self._exchange(body, headers, {**masks, "key": self._secret})
        except _NETWORK as error:
            reason = one_line(self._reason(error), {"key": self._secret})
            return InDoubt(reason=reason) if body.begun else Unreachable(reason=reason)
        finally:
            self._last_used = time.monotonic()

    def reach(self) -> Unreachable | None:
        """See whether the server answers at all; sends no lead and no key.

        Any HTTP status will do: nothing is documented that would test the key.
        """
        try:
            self._session.head(self._request.url or "", timeout=self._timeouts).close()
        except _NETWORK as error:
            return Unreachable(reason=self._reason(error))
        return None

    def close(self) -> None:
        """Close the kept connection."""
        self._session.close()

    def _exchange(self, body: Body, headers: Mapping[str, str], masks: Mapping[str, str]) -> Answer:
        request = self._request.copy()
        request.body = body  # type: ignore[assignment]
        request.headers["Content-Length"] = str(len(body))
        request.headers.update(headers)
        # By the adapter: a session would follow cookies and redirects, of which there are none.
        with self._adapter.send(
            request,
            stream=True,
            timeout=self._timeouts,
            verify=self._session.verify or True,
            proxies=self._session.proxies,
        ) as response:
            content = _read(response)
        return read_reply(
            response.status_code, response.headers, content, now=datetime.now(UTC), masks=masks
        )

    def _reason(self, error: BaseException) -> str:
        """Say for people what happened, from the innermost cause that says something."""
        proxy = isinstance(error, requests.exceptions.ProxyError)
        where = f"{self._host}, through the proxy" if proxy else self._host
        return f"{where}: {tell_reason(error)}"


def _read(response: requests.Response) -> bytes:
    """Return the start of the body; the status has been read, so a broken body is no error."""
    content = bytearray()
    try:
        for piece in response.iter_content(_LARGEST_BODY):
            content += piece
            if len(content) >= _LARGEST_BODY:
                break
    except _NETWORK:
        response.raw.close()
    return bytes(content[:_LARGEST_BODY])


def _host_of(url: str) -> str:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    if parts.scheme not in ("http", "https") or not host:
        raise MailbridgeError(
            f"{url!r} is no address to send leads to. Write one as https://leads.example.org/api/v1/lead."
        )
    return f"{host}:{port}" if port else host


def require_key(key: str) -> str:
    """Give the key back, fit for a header field. Raises MailbridgeError where it is not."""
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        raise MailbridgeError(
            "The API key is empty or holds characters that no key has (blanks, line ends, "
            "accents). Copy it again."
        )
    return key


def _prepare(url: str, headers: Mapping[str, str]) -> requests.PreparedRequest:
    always = {
        "Content-Type": "application/json; charset=utf-8",
        "Accept": "application/json",
        "Accept-Encoding": "identity",
        "User-Agent": f"mailbridge/{__version__}",
        "Connection": "keep-alive",
    }
    try:
        return requests.Request("POST", url, headers={**headers, **always}).prepare()
    except requests.RequestException as error:
        raise MailbridgeError(f"{url!r} is no address to send leads to: {error}") from error


def _checked_ca(path: str) -> str:
    try:
        ssl.create_default_context(cafile=path)
    except ssl.SSLError as error:
        raise MailbridgeError(f"{path}: this file holds no PEM certificates.") from error
    except OSError as error:
        raise MailbridgeError(f"{path}: cannot be read: {error.strerror}.") from error
    return path


def _checked_proxy(proxy: str) -> str:
    if not proxy.lower().startswith(("http://", "https://")):
        raise MailbridgeError("A proxy is written as http://host:port or https://host:port.")
    return proxy
