"""Account and marks: plain values."""

import pytest

from mailbridge.inbox.account import Account, is_loopback
from mailbridge.inbox.marks import Mark, marks_of


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "127.0.0.1", "127.8.8.8", "::1"])
def test_this_machine_is_known(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["imap.example.org", "localhost.example.org", "10.0.0.1", ""])
def test_other_machines_are_known(host: str) -> None:
    assert not is_loopback(host)


def test_an_account_never_shows_its_password() -> None:
    account = Account(name="a", host="imap.example.org", port=993, user="u", password="hush")
    assert "hush" not in repr(account)
    assert account.place == "Inbox a (imap.example.org:993)"


def test_keywords_are_the_documented_ones() -> None:
    assert [mark.keyword for mark in Mark] == [
        "MailbridgeSent",
        "MailbridgeReview",
        "MailbridgeIgnored",
    ]


@pytest.mark.parametrize(
    ("flags", "mark"),
    [
        ([], None),
        ([r"\Seen", "Sent", "Mailbridge"], None),
        ([r"\Seen", "MailbridgeReview"], Mark.REVIEW),
        (["mailbridgeIGNORED"], Mark.IGNORED),
        (["MailbridgeReview", "MailbridgeSent"], Mark.SENT),
    ],
)
def test_a_mark_is_read_from_flags(flags: list[str], mark: Mark | None) -> None:
    assert marks_of(flags) is mark
