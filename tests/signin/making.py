"""Accounts and tokens for these tests."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from mailbridge.inbox.account import Account, Tokens
from mailbridge.signin.endpoints import Endpoints
from mailbridge.signin.grants import Answer, Granted
from mailbridge.signin.keeper import PersonTokens
from mailbridge.signin.record import Record
from mailbridge.signin.store import Store
from mailbridge.signin.transport import Transport
from tests.servers.authorisation import CLIENT, Authorisation
from tests.signin.conftest import Office

MADE_FOR = "this registration"


def endpoints_on(server: Authorisation) -> Endpoints:
    return Endpoints(
        transport=Transport(), client_id=CLIENT, scopes=("mail.imap",), token=f"{server.base}/token"
    )


def signed_in(
    server: Authorisation, folder: Path, clock: Callable[[], float] | None = None
) -> PersonTokens:
    """Tokens of a person who has just signed in, whose clock is the server's."""
    tokens = tokens_on(server, folder, clock)
    sign_in(tokens, server)
    return tokens


def tokens_on(
    server: Authorisation, folder: Path, clock: Callable[[], float] | None = None
) -> PersonTokens:
    """As another process would have them."""
    return PersonTokens(
        "sales",
        endpoints_on(server),
        Store(folder, "sales"),
        MADE_FOR,
        clock or (lambda: server.now),
    )


def sign_in(tokens: PersonTokens, server: Authorisation) -> None:
    given = server.issue()
    granted = Granted(given["access_token"], given["expires_in"], given["refresh_token"])
    login = secrets.token_hex(8)
    record = Record.of(granted, made_for=MADE_FOR, login=login, at=server.now)
    assert record is not None
    tokens.keep(record, None)


def account_at(office: Office, tokens: Tokens, user: str = "") -> Account:
    server = office.dovecot
    return Account(
        name="sales",
        host=server.host,
        port=server.imaps,
        ca_file=server.ca_file,
        user=user or office.authorisation.mailbox,
        tokens=tokens,
        timeout=10.0,
        deadline=30.0,
    )


@dataclass
class Told:
    """A provider that answers as told, where a server cannot be made to."""

    answers: list[Answer] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def renew(self, refresh: str) -> Answer:
        self.asked.append(refresh)
        return self.answers.pop(0)

    def grant(self) -> Answer:
        return self.renew("")
