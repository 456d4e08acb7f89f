"""Tokens against a real mail server, which asks the authorisation server about each."""

import secrets
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailbridge.errors import InboxRefused, SignInNeeded
from mailbridge.inbox.account import Tls
from mailbridge.inbox.faults import LoginRefused, Throttled
from mailbridge.inbox.imap import connect
from mailbridge.inbox.line import Line
from tests.signin.conftest import Office
from tests.signin.making import account_at, sign_in, signed_in, tokens_on


def a_mailbox() -> str:
    return f"u{secrets.token_hex(6)}@example.org"


def test_oauthbearer(office: Office, folder: Path) -> None:
    office.authorisation.mailbox = a_mailbox()
    account = account_at(office, signed_in(office.authorisation, folder))
    office.dovecot.deliver(account.user, b"Subject: an inquiry\r\n\r\nHello\r\n")
    with connect(account) as inbox:
        assert inbox.folder_state("INBOX").messages == 1
    assert "method=OAUTHBEARER" in (office.dovecot.folder / "dovecot.log").read_text()


def test_xoauth2(like_microsoft: Office, folder: Path) -> None:
    like_microsoft.authorisation.mailbox = a_mailbox()
    account = account_at(like_microsoft, signed_in(like_microsoft.authorisation, folder))
    with connect(account) as inbox:
        assert inbox.folder_state("INBOX").messages == 0
    assert "method=XOAUTH2" in (like_microsoft.dovecot.folder / "dovecot.log").read_text()


def test_starttls(office: Office, folder: Path) -> None:
    account = account_at(office, signed_in(office.authorisation, folder))
    with connect(replace(account, port=office.dovecot.imap, tls=Tls.STARTTLS)) as inbox:
        assert inbox.folder_state("INBOX").messages == 0


def test_a_shared_mailbox_is_opened_with_a_persons_token(
    like_microsoft: Office, folder: Path
) -> None:
    shared = a_mailbox()
    server = like_microsoft.authorisation
    server.mailbox = shared  # what the person may open, says the provider
    tokens = signed_in(server, folder)
    with connect(account_at(like_microsoft, tokens, user=shared)) as inbox:
        assert inbox.folder_state("INBOX").messages == 0
    with pytest.raises(LoginRefused, match="may open"):
        connect(account_at(like_microsoft, tokens, user="another@example.org"))


@pytest.mark.parametrize("kind", ["office", "like_microsoft"])
def test_a_token_that_ended_before_its_time_is_renewed_once(
    kind: str, folder: Path, request: pytest.FixtureRequest
) -> None:
    office: Office = request.getfixturevalue(kind)
    server = office.authorisation
    account = account_at(office, signed_in(server, folder))
    server.forget_access()
    with connect(account) as inbox:
        assert inbox.folder_state("INBOX").messages == 0
    assert server.count("refresh_token") == 1
    connect(account).close()
    assert server.count("refresh_token") == 1


def test_a_token_is_renewed_before_it_ends(office: Office, folder: Path) -> None:
    server = office.authorisation
    account = account_at(office, signed_in(server, folder))
    server.advance(server.lasts - 301)
    connect(account).close()
    assert server.count("refresh_token") == 0
    server.advance(2)
    connect(account).close()
    assert server.count("refresh_token") == 1


def test_a_mailbox_that_the_person_may_not_open(office: Office, folder: Path) -> None:
    tokens = signed_in(office.authorisation, folder)
    account = account_at(office, tokens, user=a_mailbox())
    with pytest.raises(LoginRefused) as caught:
        connect(account)
    said = str(caught.value)
    assert "mailbridge login sales" in said
    assert "IMAP is allowed" in said
    assert [token for token in office.authorisation.issued if token in said] == []
    assert office.authorisation.count("refresh_token") == 1


def test_a_withdrawn_consent_and_a_new_one(office: Office, folder: Path) -> None:
    server = office.authorisation
    tokens = signed_in(server, folder)
    times = [datetime(2026, 3, 2, 8, 0, tzinfo=UTC)]
    line = Line(account_at(office, tokens), lambda: times[-1])
    line.inbox()
    line.close()
    server.revoke()
    for _ in range(5):
        with pytest.raises(SignInNeeded, match="Run `mailbridge login sales`"):
            line.inbox()
    assert server.count("refresh_token") == 1  # it was asked once, then left alone
    assert tokens.wants_login
    sign_in(tokens_on(server, folder), server)  # another process, as `login` is
    line.inbox()
    assert not tokens.wants_login
    line.close()


def test_after_another_sign_in_a_refused_login_is_tried_at_once(
    office: Office, folder: Path
) -> None:
    server = office.authorisation
    server.mailbox = a_mailbox()
    tokens = signed_in(server, folder)
    now = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
    line = Line(account_at(office, tokens, user="boss@example.org"), lambda: now)
    with pytest.raises(LoginRefused):
        line.inbox()
    assert line.rest == timedelta(minutes=1)
    asked = len(server.asked)
    with pytest.raises(LoginRefused):
        line.inbox()
    assert len(server.asked) == asked
    server.mailbox = "boss@example.org"
    sign_in(tokens_on(server, folder), server)
    line.inbox()
    line.close()


def test_another_sign_in_ends_no_throttling(office: Office, folder: Path) -> None:
    server = office.authorisation
    tokens = signed_in(server, folder)
    times = [datetime(2026, 3, 2, 8, 0, tzinfo=UTC)]
    line = Line(account_at(office, tokens), lambda: times[-1])
    line.inbox()
    line.failed(Throttled("Request is throttled.", 300))
    sign_in(tokens_on(server, folder), server)
    with pytest.raises(Throttled):
        line.inbox()
    times.append(times[0] + timedelta(seconds=301))
    line.inbox()
    line.close()


def test_a_server_that_takes_no_tokens(office: Office, folder: Path, dovecot: object) -> None:
    tokens = signed_in(office.authorisation, folder)
    account = account_at(Office(dovecot, office.authorisation), tokens)  # type: ignore[arg-type]
    with pytest.raises(InboxRefused, match="takes no token"):
        connect(account)
