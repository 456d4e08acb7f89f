"""From an inbox's `oauth:` settings to its tokens; makes, and does nothing itself.

Nothing of the room `signin` is imported before an inbox needs it: it takes its time.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from mailbridge.documents.oauth import OAuthSettings
from mailbridge.documents.settings import InboxSettings
from mailbridge.problems import Problem

if TYPE_CHECKING:
    from mailbridge.signin.application import ApplicationTokens
    from mailbridge.signin.endpoints import Endpoints
    from mailbridge.signin.google import GoogleConsent, ServiceAccount
    from mailbridge.signin.keeper import PersonTokens
    from mailbridge.signin.microsoft import Microsoft
    from mailbridge.signin.store import Store
    from mailbridge.signin.transport import Transport


def make_provider(
    inbox: InboxSettings, oauth: OAuthSettings
) -> Microsoft | GoogleConsent | ServiceAccount | Endpoints:
    """Make what speaks to the inbox's authorisation server."""
    from mailbridge.signin.transport import Transport

    transport = Transport(str(inbox.ca_file) if inbox.ca_file else None)
    match oauth.provider, oauth.flow:
        case "microsoft", _:
            return _microsoft(oauth, transport)
        case "google", "service_account":
            from mailbridge.signin.google import ServiceAccount

            return ServiceAccount(
                transport=transport, key=oauth.key.reveal() if oauth.key else "", user=inbox.user
            )
        case "google", _:
            from mailbridge.signin.google import GoogleConsent

            return GoogleConsent(
                transport=transport,
                client_id=oauth.client_id or "",
                client_secret=_secret(oauth),
            )
        case _:
            from mailbridge.signin.endpoints import Endpoints

            return Endpoints(
                transport=transport,
                client_id=oauth.client_id or "",
                client_secret=_secret(oauth),
                scopes=oauth.scopes or (),
                token=oauth.token_endpoint or "",
                authorization=oauth.authorization_endpoint or "",
                device=oauth.device_endpoint or "",
            )


def make_tokens(
    inbox: InboxSettings, oauth: OAuthSettings, folder: Path
) -> PersonTokens | ApplicationTokens:
    """Make the tokens of an inbox; those of persons are kept in `folder`, or the keyring."""
    from mailbridge.signin.application import ApplicationTokens
    from mailbridge.signin.google import ServiceAccount
    from mailbridge.signin.keeper import PersonTokens
    from mailbridge.signin.microsoft import Microsoft

    provider = make_provider(inbox, oauth)
    if isinstance(provider, ServiceAccount) or (
        isinstance(provider, Microsoft) and oauth.flow == "application"
    ):
        return ApplicationTokens(inbox.name, provider, time.time)
    return PersonTokens(
        inbox.name, provider, make_store(inbox, folder), fingerprint(inbox, oauth), time.time
    )


def make_store(inbox: InboxSettings, folder: Path) -> Store:
    """Say where the inbox's tokens are kept."""
    from mailbridge.signin.store import Store

    return Store(folder, inbox.name)


def fingerprint(inbox: InboxSettings, oauth: OAuthSettings) -> str:
    """Tell registrations apart: a refresh token must not go to another one's server."""
    named = (
        oauth.provider,
        oauth.authority,
        oauth.tenant,
        oauth.client_id,
        oauth.token_endpoint,
        " ".join(oauth.scopes or ()),
        inbox.user,
    )
    return hashlib.sha256("\n".join(part or "" for part in named).encode()).hexdigest()


def _microsoft(oauth: OAuthSettings, transport: Transport) -> Microsoft:
    from mailbridge.signin.microsoft import AUTHORITY, Microsoft

    return Microsoft(
        transport=transport,
        tenant=oauth.tenant or "",
        client_id=oauth.client_id or "",
        client_secret=_secret(oauth),
        authority=oauth.authority or AUTHORITY,
        scopes=oauth.scopes or (),
    )


def _secret(oauth: OAuthSettings) -> str:
    return oauth.client_secret.reveal() if oauth.client_secret else ""


def exposed_tokens(inboxes: Iterable[InboxSettings], folder: Path, file: str) -> Iterator[Problem]:
    """Warn of every token's file in `folder` that others may read; `file` is the settings'."""
    for at, inbox in enumerate(inboxes):
        if inbox.oauth is None:
            continue
        store = make_store(inbox, folder)
        if store.exposed:
            yield Problem(
                file,
                key=f"inboxes.{at}.oauth",
                code="readable-secret",
                text=f"Others may read the tokens in {str(store.file)!r}.",
                remedy=f"Run: chmod 600 {store.file}",
            )
