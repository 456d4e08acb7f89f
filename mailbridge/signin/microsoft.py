"""Sign-in at Microsoft Entra: a person by device code, or an application by its secret.

msal speaks; we give it our transport and keep the tokens, so that one store serves all
providers. Must not keep anything itself.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

from mailbridge.signin.endpoints import DeviceCode, read_device_code
from mailbridge.signin.grants import Answer, Refused, Unavailable, read_answer
from mailbridge.signin.libraries import require
from mailbridge.signin.transport import Reply, Transport

AUTHORITY = "https://login.microsoftonline.com"
PERSON_SCOPES = ("https://outlook.office.com/IMAP.AccessAsUser.All",)
APPLICATION_SCOPES = ("https://outlook.office365.com/.default",)
# https://learn.microsoft.com/exchange/client-developer/legacy-protocols/
# how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth


@dataclass(frozen=True, slots=True, kw_only=True)
class Microsoft:
    """One registration at Microsoft Entra."""

    transport: Transport = field(repr=False)
    tenant: str
    client_id: str
    client_secret: str = field(default="", repr=False)
    authority: str = AUTHORITY
    scopes: Sequence[str] = ()

    def begin(self) -> DeviceCode | Refused | Unavailable:
        """Ask for a code that a person can use on another machine."""
        found = self._call(lambda app: app.initiate_device_flow(list(self._person_scopes)))
        return found if isinstance(found, (Refused, Unavailable)) else read_device_code(found)

    def ask(self, code: DeviceCode) -> Answer:
        """Ask once whether the person has signed in."""

        def attempt(app: Any) -> Any:
            # A flow of our own each time: msal would compare it with its own clock.
            flow = {"device_code": code.device, "interval": 1, "expires_at": 0}
            return app.acquire_token_by_device_flow(flow, exit_condition=lambda _: True)

        return self._read(self._call(attempt), code.device)

    def renew(self, refresh: str) -> Answer:
        """Use a refresh token; Microsoft gives a new one with each."""
        scopes = list(self._person_scopes)
        found = self._call(lambda app: app.acquire_token_by_refresh_token(refresh, scopes))
        return self._read(found, refresh)

    def grant(self) -> Answer:
        """Ask for the application's own token (client credentials)."""
        scopes = list(self.scopes or APPLICATION_SCOPES)
        return self._read(self._call(lambda app: app.acquire_token_for_client(scopes)))

    @property
    def _person_scopes(self) -> Sequence[str]:
        return self.scopes or PERSON_SCOPES

    def _read(self, found: "Mapping[str, Any] | Refused | Unavailable", *hidden: str) -> Answer:
        if isinstance(found, (Refused, Unavailable)):
            return found
        return read_answer(found, (*hidden, self.client_secret))

    def _call(self, act: Callable[[Any], Any]) -> "Mapping[str, Any] | Refused | Unavailable":
        try:
            return dict(act(self._application()))
        except _NoAnswerError as error:
            return error.what
        except ValueError:  # msal's, where the authority has no such tenant
            return Refused(
                "invalid_tenant", f"{self.authority} knows no directory {self.tenant}: see 'tenant'"
            )

    def _application(self) -> Any:
        msal = require("msal")
        kind = (
            msal.ConfidentialClientApplication
            if self.client_secret
            else msal.PublicClientApplication
        )
        return kind(
            self.client_id,
            authority=f"{self.authority.rstrip('/')}/{self.tenant}",
            client_credential=self.client_secret or None,
            http_client=_Client(self.transport),
            # It asks login.microsoftonline.com about authorities that it does not know.
            instance_discovery=False,
        )


class _NoAnswerError(OSError):
    """The transport has no answer that msal could read."""

    def __init__(self, what: Unavailable) -> None:
        super().__init__()
        self.what = what


class _Response:
    """An answer as msal wants it."""

    def __init__(self, reply: Reply) -> None:
        self.status_code = reply.status
        self.headers = dict(reply.headers)
        self.text = reply.body.decode("utf-8", "replace")

    def raise_for_status(self) -> NoReturn:
        raise _NoAnswerError(Unavailable(f"the server answers with status {self.status_code}"))


class _Client:
    """Our transport as msal wants it (msal.oauth2cli.http.HttpClient)."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def post(
        self,
        url: str,
        params: Mapping[str, str] | None = None,  # noqa: ARG002 -- msal gives none
        data: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        **_: object,
    ) -> _Response:
        return _checked(self._transport.post(url, data or {}, headers))

    def get(
        self,
        url: str,
        params: Mapping[str, str] | None = None,  # noqa: ARG002
        headers: Mapping[str, str] | None = None,
        **_: object,
    ) -> _Response:
        return _checked(self._transport.ask("GET", url, None, headers or {}))

    def close(self) -> None:
        """Nothing is held."""


def _checked(reply: Reply | Unavailable) -> _Response:
    """Keep from msal what it would log in full: answers that are not JSON may hold a token."""
    if isinstance(reply, Unavailable):
        raise _NoAnswerError(reply)
    response = _Response(reply)
    try:
        json.loads(response.text)
    except (ValueError, RecursionError):
        response.raise_for_status()
    if reply.status == 429 or reply.status >= 500:
        response.raise_for_status()
    return response
