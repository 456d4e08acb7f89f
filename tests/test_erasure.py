"""One person's data is found wherever it stands in the ledger."""

from collections.abc import Iterable, Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from mailbridge.erasure import find_mails, may_be_sent
from mailbridge.leads.person import Person
from mailbridge.ledger.ledger import Ledger
from mailbridge.ledger.records import NewLead, State
from mailbridge.message.limits import Limits
from mailbridge.outcomes import Outcome
from tests.ledger.making import T0, lead, mail, sent_mail, settled

ANNA = Person(email="anna@example.org", number="+41790000011")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}") as opened:
        yield opened


def found(ledger: Ledger, limits: Limits | None = None) -> list[int]:
    def quietly(numbers: Iterable[int]) -> Iterable[int]:
        return numbers

    return [m.id for m in find_mails(ledger, ANNA, limits or Limits(), quietly)]


def lead_with(**contents: dict[str, object]) -> NewLead:
    given: dict[str, dict[str, object]] = {"payload": {"x": "y"}, "fields": {}} | contents
    return NewLead(part=1, fingerprint="f", **given)


@pytest.mark.parametrize(
    "values",
    [
        {"subject": "Demande de anna@example.org"},
        {"message_id": "anna@example.org"},
        {"text": "Appelez-moi au 079 000 00 11."},
        {"leads": (lead_with(payload={"sender_email": "anna@example.org"}),)},
        {"leads": (lead_with(payload={"sender_number": "+41790000011"}),)},
        {"leads": (lead_with(payload={"sender_message": "Tél. 079 000 00 11\nMerci"}),)},
        {"leads": (lead_with(fields={"sender_number": {"raw": "0041 79 0000011"}}),)},
        {"leads": (lead_with(fields={"wishes": {"value": ["x", "Anna@example.org"]}}),)},
    ],
    ids=lambda values: str(next(iter(values))),
)
def test_wherever_it_stands(ledger: Ledger, values: dict[str, object]) -> None:
    given = {"outcome": Outcome.LEAD if "leads" in values else Outcome.INCOMPLETE} | values
    other, hers = ledger.record([mail(1, lead(1)), mail(2, **given)], None, T0)
    assert found(ledger) == [hers]
    assert other not in found(ledger)


def test_in_what_the_api_said(ledger: Ledger) -> None:
    number = sent_mail(ledger, 1, State.REJECTED, detail="refused: anna@example.org is unknown")
    assert found(ledger) == [number]


def written(text: str, charset: str = "utf-8", encoding: str = "base64") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "portal@example.net"
    message["Subject"] = "Inquiry"
    message.set_content(text, charset=charset, cte=encoding)
    return message


def forwarded_as_attachment() -> EmailMessage:
    message = written("See the attached mail.")
    inside = written("Tél. 079 000 00 11")
    message.add_attachment(inside)
    return message


def html_only() -> EmailMessage:
    message = written("nothing")
    message.add_alternative("<p><b>anna</b>&#64;example.org</p>", subtype="html", cte="base64")
    return message


def linked() -> EmailMessage:
    message = written("nothing")
    message.add_alternative('<a href="mailto:anna%40example.org">x</a>', subtype="html")
    return message


def attached() -> EmailMessage:
    message = written("See the file.")
    message.add_attachment(
        b"<lead><email>anna@example.org</email></lead>",
        maintype="application",
        subtype="xml",
        filename="lead.xml",
    )
    return message


def sender() -> EmailMessage:
    message = written("Forwarded for you.")
    message.replace_header("From", "Anna Essai <anna@example.org>")
    return message


def subject() -> EmailMessage:
    message = written("nothing")
    message.replace_header("Subject", "Demande de Zoé, anna@example.org")
    return message


RAW = {
    "base64": written("Écrivez à anna@example.org"),
    "quoted-printable": written("é " * 60 + "anna@example.org", encoding="quoted-printable"),
    "windows-1252": written("Téléphone : 079 000 00 11 – soir", charset="windows-1252"),
    "attached mail": forwarded_as_attachment(),
    "html": html_only(),
    "link": linked(),
    "attachment": attached(),
    "sender": sender(),
    "subject": subject(),
}


@pytest.mark.parametrize("name", RAW)
def test_in_the_whole_mail_however_it_is_encoded(ledger: Ledger, name: str) -> None:
    raw = RAW[name].as_bytes()
    values = {"outcome": Outcome.INCOMPLETE, "raw": raw}
    [hers] = ledger.record([mail(1, **values)], None, T0)
    assert found(ledger) == [hers]


@pytest.mark.parametrize("name", ["base64", "quoted-printable", "attached mail"])
def test_in_a_mail_that_is_over_a_limit(ledger: Ledger, name: str) -> None:
    raw = RAW[name].as_bytes()
    [hers] = ledger.record([mail(1, outcome=Outcome.UNREADABLE, raw=raw)], None, T0)
    assert found(ledger, Limits(header_fields=1)) == [hers]


def test_what_was_erased_is_not_found(ledger: Ledger) -> None:
    values = {"outcome": Outcome.INCOMPLETE, "text": "anna@example.org", "message_id": "x"}
    [hers] = ledger.record([mail(1, **values)], None, T0)
    ledger.forget([hers], T0)
    assert found(ledger) == []


def test_whether_a_lead_may_still_be_sent(ledger: Ledger) -> None:
    waiting, under_way = ledger.record([mail(1, lead(1)), mail(2, lead(2))], None, T0)
    claimed = ledger.claim(T0)

    def may(number: int) -> bool:
        record = ledger.mail(number)
        assert record is not None
        return may_be_sent(record)

    assert (may(waiting), may(under_way)) == (True, True)
    ledger.settle(settled(claimed, State.SENT))
    assert (may(waiting), may(under_way)) == (False, True)
    other = sent_mail(ledger, 3, State.IN_DOUBT)
    assert may(other)
