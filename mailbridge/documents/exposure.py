"""Secrets of the settings that somebody else may read: in the file itself, or in theirs.

Must not know what a secret is for; none is ever quoted.
"""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from mailbridge.documents.destinations import AnyDestination, AnyNamed, WebhookSettings
from mailbridge.documents.secrets import Secret
from mailbridge.documents.settings import Settings
from mailbridge.problems import Problem


def plain_secrets(settings: Settings, file: str) -> tuple[Problem, ...]:
    """Warn of every secret that stands in the settings file itself."""
    return tuple(
        Problem(
            file,
            key=key,
            code="plain-secret",
            text="This secret stands in the settings file, readable by whoever reads the file.",
            remedy="Write {env: NAME} or {file: PATH} in its place.",
        )
        for key in _find_plain(settings)
    )


def exposed_secrets(settings: Settings, file: str) -> tuple[Problem, ...]:
    """Warn of every secret's file that other users of this machine may read."""
    base = Path(file).absolute().parent
    found = ((key, secret.exposed_file(base)) for key, secret in _secrets(settings))
    return tuple(
        Problem(
            file,
            key=f"{key}.file",
            code="readable-secret",
            text=f"Every user of this machine may read the secret's file {str(path)!r}.",
            remedy=f"Run: chmod o-rwx {path}",
        )
        for key, path in found
        if path
    )


def _find_plain(settings: Settings) -> Iterator[str]:
    yield from (key for key, secret in _secrets(settings) if secret.plain)
    for place, one in _destinations(settings):
        if one.proxy and urlsplit(one.proxy).password:
            yield f"{place}.proxy"
    if settings.ledger.url and urlsplit(settings.ledger.url).password:
        yield "ledger.url"


def _secrets(settings: Settings) -> Iterator[tuple[str, Secret]]:
    """Give each secret of the settings with its key."""
    for at, inbox in enumerate(settings.inboxes):
        if inbox.password:
            yield f"inboxes.{at}.password", inbox.password
        if inbox.oauth and inbox.oauth.client_secret:
            yield f"inboxes.{at}.oauth.client_secret", inbox.oauth.client_secret
        if inbox.oauth and inbox.oauth.key:
            yield f"inboxes.{at}.oauth.key", inbox.oauth.key
    for place, one in _destinations(settings):
        name, found = (
            ("secret", one.secret) if isinstance(one, WebhookSettings) else ("key", one.key)
        )
        if found:
            yield f"{place}.{name}", found
    if settings.listings.key:
        yield "listings.key", settings.listings.key
    if settings.ledger.password:
        yield "ledger.password", settings.ledger.password
    for at, address in enumerate(settings.alerts.to):
        yield f"alerts.to.{at}", address


def _destinations(settings: Settings) -> Iterator[tuple[str, AnyDestination | AnyNamed]]:
    yield "destination", settings.destination
    for at, one in enumerate(settings.destinations):
        yield f"destinations.{at}", one
