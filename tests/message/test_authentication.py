"""Authentication-Results: believed of one server, on aligned domains, and told in words."""

import pytest

from mailbridge.message.authentication import authenticates, tell
from mailbridge.message.message import Address, Body, Message

SERVER = "mx.example.net"


def mail(*fields: str, sender: str = "a@mail.portal.example") -> Message:
    return Message(
        message_id="",
        date=None,
        sender=Address("", sender),
        headers={"authentication-results": fields},
        render=Body,
    )


@pytest.mark.parametrize(
    ("field", "passed"),
    [
        ("mx.example.net; dmarc=pass header.from=portal.example", True),
        ("MX.Example.NET; dkim=pass header.d=portal.example header.s=s1", True),
        ("mx.example.net; dkim=pass header.d=mail.portal.example", True),
        ("mx.example.net; dkim=fail header.d=portal.example", False),
        ("mx.example.net; dkim=pass header.d=evil.example", False),
        ("mx.example.net; dkim=pass header.d=notportal.example", False),
        ("mx.example.net; dkim=pass header.d=x.mail.portal.example", False),
        ("mx.example.net; spf=pass smtp.mailfrom=portal.example", False),
        ("mx.example.net; dkim=pass", False),
        ("mx.evil.example; dmarc=pass header.from=portal.example", False),
        ("mx.example.net; none", False),
        (";;; nonsense ===", False),
        ("", False),
    ],
)
def test_what_the_server_says_counts(field: str, passed: bool) -> None:
    assert authenticates(mail(field), SERVER) is passed


def test_the_topmost_field_of_the_server_counts() -> None:
    good = f"{SERVER}; dmarc=pass header.from=portal.example"
    bad = f"{SERVER}; dmarc=fail header.from=portal.example"
    assert authenticates(mail("other.example; dmarc=fail", good, bad), SERVER) is True
    assert authenticates(mail(bad, good), SERVER) is False


def test_without_a_server_nothing_is_known() -> None:
    assert authenticates(mail(f"{SERVER}; dmarc=pass header.from=portal.example"), "") is None
    assert authenticates(mail(), SERVER) is False


def test_a_signature_verified_here_will_do() -> None:
    assert authenticates(mail(), "", frozenset({"portal.example"})) is True
    assert authenticates(mail(), "", frozenset({"evil.example"})) is None


def test_what_failed_is_told() -> None:
    found = mail(f"{SERVER}; dkim=fail header.d=portal.example; dmarc=none header.from=x.example")
    assert tell(found, SERVER) == "dkim=fail, dmarc=none"
    assert tell(mail(), SERVER) == "the mail has no Authentication-Results of mx.example.net"
    assert tell(mail(f"{SERVER}; none"), SERVER) == "mx.example.net checked nothing"
