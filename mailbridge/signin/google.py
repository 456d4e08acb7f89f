"""Sign-in at Google: a person's consent, or a service account that acts for a user.

google-auth speaks to the token endpoint; we give it our transport and keep the tokens.
The consent itself is plain OAuth 2 (`endpoints`).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from mailbridge.signin.endpoints import ClientProof, Endpoints
from mailbridge.signin.grants import Answer, Refused, Unavailable, read_answer
from mailbridge.signin.libraries import require
from mailbridge.signin.transport import Transport

SCOPES = ("https://mail.google.com/",)
"""https://developers.google.com/workspace/gmail/imap/xoauth2-protocol"""
AUTHORIZATION = "https://accounts.google.com/o/oauth2/v2/auth"
TOKEN = "https://oauth2.googleapis.com/token"  # noqa: S105 -- an address
"""https://developers.google.com/identity/protocols/oauth2/native-app"""


@dataclass(frozen=True, slots=True, kw_only=True)
class GoogleConsent:
    """One registration at Google, for persons."""

    transport: Transport = field(repr=False)
    client_id: str
    client_secret: str = field(repr=False)
    authorization: str = AUTHORIZATION
    token: str = TOKEN
    scopes: Sequence[str] = SCOPES

    @property
    def endpoints(self) -> Endpoints:
        """The consent."""
        return Endpoints(
            transport=self.transport,
            client_id=self.client_id,
            client_secret=self.client_secret,
            client_proof=ClientProof.POST,
            scopes=self.scopes,
            token=self.token,
            authorization=self.authorization,
            # Without both there is no refresh token after the first consent.
            extras={"access_type": "offline", "prompt": "consent"},
        )

    def renew(self, refresh: str) -> Answer:
        """Use a refresh token; Google's lasts until it is revoked."""
        credentials = require("google.oauth2.credentials").Credentials(
            None,
            refresh_token=refresh,
            token_uri=self.token,
            client_id=self.client_id,
            client_secret=self.client_secret,
        )
        answer = _refresh(credentials, self.transport, (refresh, self.client_secret))
        if isinstance(answer, dict):
            changed = credentials.refresh_token != refresh
            given = {**answer, "refresh_token": credentials.refresh_token if changed else None}
            return read_answer(given)
        return answer


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceAccount:
    """A service account to which a Workspace gave the right to act for its users."""

    transport: Transport = field(repr=False)
    key: str = field(repr=False)
    """The key file's JSON."""
    user: str
    """For whom it acts: the mailbox."""
    token: str = TOKEN
    scopes: Sequence[str] = SCOPES

    def grant(self) -> Answer:
        """Ask for a token in the user's name."""
        module = require("google.oauth2.service_account")
        try:
            # The key names an address too; what is signed here goes to Google's alone.
            written = {**json.loads(self.key), "token_uri": self.token}
            credentials = module.Credentials.from_service_account_info(
                written, scopes=list(self.scopes), subject=self.user
            )
        except (ValueError, TypeError, KeyError, AttributeError):
            # Not quoted: it is a secret.
            return Refused("invalid_key", "this is no key of a service account (JSON)")
        answer = _refresh(credentials, self.transport, (self.key,))
        return read_answer(answer) if isinstance(answer, dict) else answer


def _refresh(
    credentials: Any, transport: Transport, hidden: Sequence[str]
) -> dict[str, Any] | Refused | Unavailable:
    exceptions = require("google.auth.exceptions")
    request = _Request(transport, exceptions.TransportError)
    try:
        credentials.refresh(request)
    except exceptions.TransportError:
        return request.unavailable or Unavailable("the server gives no answer")
    except exceptions.GoogleAuthError as error:
        fields = error.args[1] if len(error.args) > 1 else None
        if isinstance(fields, dict) and "error" in fields:
            answer = read_answer(fields, hidden)
            return answer if isinstance(answer, (Refused, Unavailable)) else Unavailable("no token")
        return Unavailable("the server's answer holds no token that can be used")
    except (ValueError, TypeError, AttributeError):  # google-auth's, on an answer beyond the RFC
        return Unavailable("the server's answer cannot be understood")
    return {"access_token": credentials.token, "expires_in": _seconds(credentials.expiry)}


def _seconds(expiry: datetime | None) -> float | None:
    """Give the seconds from now; google-auth's times are UTC without a zone."""
    return (expiry.replace(tzinfo=UTC) - datetime.now(UTC)).total_seconds() if expiry else None


@dataclass(slots=True)
class _Response:
    """An answer as google-auth wants it (google.auth.transport.Response)."""

    status: int
    headers: Mapping[str, str]
    data: bytes


class _Request:
    """Our transport as google-auth wants it (google.auth.transport.Request)."""

    def __init__(self, transport: Transport, failure: type[Exception]) -> None:
        self._transport = transport
        self._failure = failure
        self.unavailable: Unavailable | None = None

    def __call__(
        self,
        url: str,
        method: str = "GET",
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        **_: object,
    ) -> _Response:
        reply = self._transport.ask(method, url, body, headers or {})
        if isinstance(reply, Unavailable):
            self.unavailable = reply
            raise self._failure
        if reply.status == 429 or reply.status >= 500:
            # Otherwise google-auth would wait and try again by itself, under our lock.
            self.unavailable = Unavailable(f"the server answers with status {reply.status}")
            raise self._failure
        return _Response(reply.status, reply.headers, reply.body)
