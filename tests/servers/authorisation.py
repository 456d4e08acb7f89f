"""An authorisation server on loopback, which knows no mailbridge: OAuth 2 as the RFCs have it.

Consent with PKCE (RFC 6749, 7636), device code (RFC 8628), client credentials, refresh with
rotation, JWT assertions (RFC 7523), introspection (RFC 7662, for Dovecot). Its clock goes only
when a test says so. A refresh token that is used twice ends the whole sign-in, as the providers
do: whoever loses or doubles one is caught.
"""

import base64
import hashlib
import json
import secrets
import ssl
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from google.auth import jwt

from tests.servers.certificates import Certificates

CLIENT, SECRET = "client-of-the-tests", "secret-of-the-client"
PERSON = "anna@example.org"
GOOGLE = "https://oauth2.googleapis.com/token"
"""For whom google-auth signs, wherever it sends."""


@dataclass
class _Device:
    user_code: str
    ends: float
    asked: float = -1e9
    said: str = "authorization_pending"


@dataclass
class _Consent:
    challenge: str
    redirect: str


@dataclass
class _Family:
    """All tokens of one sign-in."""

    mailbox: str
    active: bool = True


@dataclass
class Authorisation:
    """What it knows, and what a test can do to it."""

    base: str = ""
    mailbox: str = PERSON
    """Whose mailbox its tokens open, whoever signs in."""
    lasts: int = 3600
    interval: int = 5
    code_lasts: int = 600
    rotates: bool = True
    gives_refresh: bool = True
    clients: dict[str, str] = field(default_factory=lambda: {CLIENT: "", "app": SECRET})
    """Secrets by id; empty: a public client."""
    keys: dict[str, str] = field(default_factory=dict)
    """Public keys (PEM) of service accounts, by their address."""
    failures: deque[tuple[int, str]] = field(default_factory=deque)
    """Statuses and bodies for the next requests to /token."""
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    """Path and form of each request."""
    refuse: str = ""
    """An error for each consent."""
    now: float = 1_000_000.0
    lock: threading.RLock = field(default_factory=threading.RLock)
    came: threading.Condition = field(default_factory=threading.Condition)
    _devices: dict[str, _Device] = field(default_factory=dict)
    _consents: dict[str, _Consent] = field(default_factory=dict)
    _access: dict[str, tuple[_Family, float]] = field(default_factory=dict)
    _refresh: dict[str, tuple[_Family, bool]] = field(default_factory=dict)
    """The family, and whether it was used already."""

    def reset(self) -> None:
        """Forget everything, for the next test."""
        with self.lock:
            self.__init__(self.base)  # type: ignore[misc]

    def advance(self, seconds: float) -> None:
        """Let time pass; also what a client that must not wait takes for sleep."""
        with self.lock:
            self.now += seconds

    def approve(self, user_code: str) -> None:
        """The person types the code and consents."""
        self._say(user_code, "")

    def deny(self, user_code: str) -> None:
        self._say(user_code, "access_denied")

    def revoke(self) -> None:
        """The person, or an administrator, withdraws every consent."""
        with self.lock:
            for family, _ in [*self._access.values(), *self._refresh.values()]:
                family.active = False

    def forget_access(self) -> None:
        """Access tokens end before their time; refresh tokens stay."""
        with self.lock:
            self._access.clear()

    def count(self, grant: str) -> int:
        """How often a grant was asked for."""
        return sum(form.get("grant_type") == grant for _, form in self.asked)

    @property
    def issued(self) -> list[str]:
        """Every token that it ever gave, and its secrets: none may show anywhere."""
        with self.lock:
            return [*self._access, *self._refresh, *self._devices, *self._consents, SECRET]

    @property
    def user_code(self) -> str:
        """The newest device's."""
        with self.lock:
            return list(self._devices.values())[-1].user_code

    def wait_for_device(self, seconds: float = 30.0) -> str:
        """The code of the first device that asks."""
        with self.came:
            assert self.came.wait_for(lambda: bool(self._devices), seconds)
        return self.user_code

    def issue(self, mailbox: str = "", *, refresh: bool = True) -> dict[str, Any]:
        """Give tokens of a new sign-in."""
        with self.lock:
            return self._tokens(_Family(mailbox or self.mailbox), refresh=refresh)

    def answer(self, path: str, form: dict[str, str], client: str | None) -> tuple[int, str]:
        """Answer a request; `client` is None where it proved not to be one."""
        with self.lock:
            self.asked.append((path, form))
            if path.endswith("/introspect"):
                return 200, json.dumps(self._introspect(form.get("token", "")))
            if path.endswith("/token") and self.failures:
                return self.failures.popleft()
            if client is None:
                return 401, json.dumps({"error": "invalid_client", "error_description": "no"})
            if path.endswith(("/device", "/devicecode")):
                answer = self._begin()
            else:
                answer = self._grant(form)
        with self.came:
            self.came.notify_all()
        return (400 if "error" in answer else 200), json.dumps(answer)

    def consent(self, fields: Mapping[str, str]) -> str:
        """Act as the page on which a person consents; give the address that it leads to."""
        assert fields["response_type"] == "code"
        assert fields["code_challenge_method"] == "S256"
        assert fields["client_id"] in self.clients
        with self.lock:
            if self.refuse:
                back = {"error": self.refuse, "state": fields["state"]}
            else:
                code = f"code-{secrets.token_hex(8)}"
                self._consents[code] = _Consent(fields["code_challenge"], fields["redirect_uri"])
                back = {"code": code, "state": fields["state"]}
        return f"{fields['redirect_uri']}?{urlencode(back)}"

    def discovery(self, tenant: str) -> dict[str, str]:
        """What msal asks for first (OpenID Connect Discovery)."""
        base = f"{self.base}/{tenant}"
        return {
            "issuer": f"{base}/v2.0",
            "authorization_endpoint": f"{base}/authorize",
            "token_endpoint": f"{base}/token",
            "device_authorization_endpoint": f"{base}/devicecode",
        }

    def _say(self, user_code: str, said: str) -> None:
        with self.lock:
            device = next(d for d in self._devices.values() if d.user_code == user_code)
            device.said = said

    def _begin(self) -> dict[str, Any]:
        code, user_code = f"device-{secrets.token_hex(8)}", secrets.token_hex(4).upper()
        self._devices[code] = _Device(user_code, self.now + self.code_lasts)
        return {
            "device_code": code,
            "user_code": user_code,
            "verification_uri": f"{self.base}/activate",
            "expires_in": self.code_lasts,
            "interval": self.interval,
        }

    def _grant(self, form: dict[str, str]) -> dict[str, Any]:
        match form.get("grant_type", ""):
            case "authorization_code":
                return self._by_code(form)
            case "urn:ietf:params:oauth:grant-type:device_code":
                return self._by_device(form.get("device_code", ""))
            case "refresh_token":
                return self._by_refresh(form.get("refresh_token", ""))
            case "client_credentials":
                return self._tokens(_Family(self.mailbox), refresh=False)
            case "urn:ietf:params:oauth:grant-type:jwt-bearer":
                return self._by_assertion(form.get("assertion", ""))
        return {"error": "unsupported_grant_type"}

    def _by_code(self, form: dict[str, str]) -> dict[str, Any]:
        consent = self._consents.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if consent is None or consent != _Consent(challenge, form.get("redirect_uri", "")):
            return {"error": "invalid_grant", "error_description": "no such code"}
        return self._tokens(_Family(self.mailbox), refresh=self.gives_refresh)

    def _by_device(self, code: str) -> dict[str, Any]:
        device = self._devices.get(code)
        if device is None or self.now >= device.ends:
            return {"error": "expired_token"}
        soon, device.asked = self.now - device.asked < self.interval, self.now
        if soon:
            return {"error": "slow_down"}
        if device.said:
            return {"error": device.said}
        return self._tokens(_Family(self.mailbox), refresh=self.gives_refresh)

    def _by_refresh(self, token: str) -> dict[str, Any]:
        family, used = self._refresh.get(token, (_Family("", active=False), False))
        if used:
            family.active = False  # it was stolen, or somebody has lost the next one
        if not family.active:
            return {"error": "invalid_grant", "error_description": "AADSTS50173: The grant ended."}
        if self.rotates:
            self._refresh[token] = family, True
        return self._tokens(family, refresh=self.rotates)

    def _by_assertion(self, assertion: str) -> dict[str, Any]:
        try:
            issuer = jwt.decode_header(assertion) and jwt.decode(assertion, verify=False)["iss"]
            claims = jwt.decode(assertion, certs=self.keys[issuer], audience=GOOGLE)
        except (ValueError, KeyError):
            return {"error": "invalid_grant", "error_description": "Invalid JWT Signature."}
        if claims.get("scope") != "https://mail.google.com/":
            return {"error": "unauthorized_client"}
        return self._tokens(_Family(claims["sub"]), refresh=False)

    def _tokens(self, family: _Family, *, refresh: bool) -> dict[str, Any]:
        access = f"access-{secrets.token_hex(16)}"
        self._access[access] = family, self.now + self.lasts
        given = {"token_type": "Bearer", "access_token": access, "expires_in": self.lasts}
        if refresh:
            given["refresh_token"] = f"refresh-{secrets.token_hex(16)}"
            self._refresh[str(given["refresh_token"])] = family, False
        return given

    def _introspect(self, token: str) -> dict[str, Any]:
        family, ends = self._access.get(token, (_Family("", active=False), 0.0))
        if not family.active or self.now >= ends:
            return {"active": False}
        return {"active": True, "username": family.mailbox, "token_type": "Bearer"}


class _Handler(BaseHTTPRequestHandler):
    server: "_Server"
    timeout = 10

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        fields = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path.endswith("/openid-configuration"):
            tenant = parts.path.split("/")[1]
            if tenant == "nowhere.example.org":
                self._send(400, json.dumps({"error": "invalid_tenant"}))
            else:
                self._send(200, json.dumps(self.server.book.discovery(tenant)))
        elif parts.path.endswith("/authorize"):
            self.send_response(302)
            self.send_header("Location", self.server.book.consent(fields))
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            self._send(404, "{}")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        self._send(*self.server.book.answer(urlsplit(self.path).path, form, self._client(form)))

    def _client(self, form: Mapping[str, str]) -> str | None:
        if form.get("grant_type", "").endswith("jwt-bearer"):
            return form.get("assertion")  # it proves itself
        name, secret = form.get("client_id", ""), form.get("client_secret", "")
        kind, _, proof = self.headers.get("Authorization", "").partition(" ")
        if kind == "Basic":
            name, secret = map(unquote, base64.b64decode(proof).decode().split(":"))
        known = self.server.book.clients.get(name)
        return name if known is not None and known == secret else None

    def _send(self, status: int, text: str) -> None:
        content = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    book: Authorisation

    def handle_error(self, *_: object) -> None:
        pass  # who asked has gone; a wrong answer shows in the test


@contextmanager
def running_authorisation(certificates: Certificates | None = None) -> Iterator[Authorisation]:
    """Serve on loopback; with certificates over TLS, as `localhost`."""
    server = _Server(("127.0.0.1", 0), _Handler)
    port = server.server_address[1]
    server.book = Authorisation(f"http://127.0.0.1:{port}")
    if certificates:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificates.chain, certificates.key)
        server.socket = context.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
        server.book.base = f"https://localhost:{port}"
    thread = threading.Thread(target=server.serve_forever, args=[0.05])
    thread.start()
    try:
        yield server.book
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()
