"""Leads that went out against the ids of their answers, and against a sandbox's journal."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from mailbridge.audit.destination import Journal, audit_leads
from mailbridge.audit.finding import MOST_SHOWN, Count, Finding, Report
from mailbridge.errors import MailbridgeError
from mailbridge.ledger.ledger import Ledger
from mailbridge.ledger.records import State, Word
from mailbridge.recipient import Kind, Recipient
from tests.ledger.making import MINUTE, T0, lead, mail, sent_mail, settled


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}") as opened:
        yield opened


def payload(number: int) -> dict[str, object]:
    """As `tests.ledger.making.lead` has it."""
    return {"sender_message": f"Inquiry {number}", "date": 1_772_352_000 + number}


def write(folder: Path, *entries: tuple[str, object]) -> Journal:
    path = folder / "journal.jsonl"
    lines = [json.dumps({"id": id_, "at": "2026-03-01T08:00", "lead": p}) for id_, p in entries]
    path.write_text("".join(line + "\n" for line in lines), "utf-8")
    return Journal.read(path)


def told(report: Report) -> list[tuple[str, int | None]]:
    return [(finding.code, finding.mail) for finding in report.findings]


def test_every_lead_has_the_id_of_its_answer(ledger: Ledger) -> None:
    sent_mail(ledger, 1, remote_id="r-1")
    without = sent_mail(ledger, 2)
    sent_mail(ledger, 3, State.IN_DOUBT)
    sent_mail(ledger, 4, State.REJECTED)
    report = audit_leads(ledger, None, None)
    assert told(report) == [("no-id", without)]
    assert dict(report.counts) == {Count.AGREES: 1, Count.IN_DOUBT: 1, Count.DISAGREES: 1}


def test_where_a_destination_names_no_id_none_is_missed(ledger: Ledger, tmp_path: Path) -> None:
    hook = Recipient("crm", Kind.WEBHOOK)
    numbers = []
    for number in (1, 2):
        new = mail(number, replace(lead(number), to=hook))
        numbers += ledger.record([new], None, T0)
        ledger.settle(settled(ledger.claim(T0, hook), State.SENT, status=204))
    assert told(audit_leads(ledger, None, None)) == []
    journal = write(tmp_path, ("sandbox-1", payload(1)))
    [finding] = audit_leads(ledger, journal, None).findings
    assert (finding.code, finding.mail) == ("not-in-journal", numbers[1])
    assert "It was sent to the destination crm, but" in finding.text


def test_since_spares_what_came_before(ledger: Ledger) -> None:
    sent_mail(ledger, 1)
    assert told(audit_leads(ledger, None, T0 + MINUTE)) == []
    assert len(told(audit_leads(ledger, None, T0))) == 1


def test_ids_and_contents_agree_with_the_journal(ledger: Ledger, tmp_path: Path) -> None:
    sent_mail(ledger, 1, remote_id="sandbox-1")
    sent_mail(ledger, 2, remote_id="sandbox-2")
    journal = write(tmp_path, ("sandbox-2", payload(2)), ("sandbox-1", payload(1)))
    report = audit_leads(ledger, journal, T0 + timedelta(days=1))
    assert dict(report.counts) == {Count.AGREES: 2}


def test_a_sandbox_that_was_started_again_counts_from_one(ledger: Ledger, tmp_path: Path) -> None:
    for number in (1, 2):
        sent_mail(ledger, number, remote_id="sandbox-1")
    journal = write(tmp_path, ("sandbox-1", payload(1)), ("sandbox-1", payload(2)))
    assert told(audit_leads(ledger, journal, None)) == []


def test_whatever_does_not_agree_is_named(ledger: Ledger, tmp_path: Path) -> None:
    sent_mail(ledger, 1, remote_id="sandbox-1")
    other = sent_mail(ledger, 2, remote_id="sandbox-2")
    missing = sent_mail(ledger, 3, remote_id="sandbox-9")
    unconfirmed = sent_mail(ledger, 4)
    nowhere = sent_mail(ledger, 5)
    doubted = sent_mail(ledger, 6, State.IN_DOUBT)
    twice = sent_mail(ledger, 7, remote_id="sandbox-7")
    journal = write(
        tmp_path,
        ("sandbox-1", payload(1)),
        ("sandbox-2", payload(99)),
        ("sandbox-4", payload(4)),
        ("sandbox-6", payload(6)),
        ("sandbox-7", payload(7)),
        ("sandbox-8", payload(7)),
    )
    report = audit_leads(ledger, journal, None)
    assert told(report) == [
        ("differs", other),
        ("not-in-journal", missing),
        ("no-id", nowhere),
        ("unknown-lead", None),
        ("arrived", doubted),
        ("doubled", twice),
    ]
    assert report.findings[-1].where.endswith("journal.jsonl:6")
    assert "as sandbox-8" in report.findings[-1].text
    assert unconfirmed not in {finding.mail for finding in report.findings}


def test_a_lead_that_a_person_says_is_there_is_believed(ledger: Ledger, tmp_path: Path) -> None:
    arrived = sent_mail(ledger, 1, State.IN_DOUBT)
    entered = sent_mail(ledger, 2, State.REJECTED)
    journal = write(tmp_path, ("sandbox-1", payload(1)))
    assert told(audit_leads(ledger, journal, None)) == [("arrived", arrived)]
    for number in (arrived, entered):
        ledger.resolve(number, Word.SENT, T0)
    again = write(tmp_path, ("sandbox-1", payload(1)))
    assert dict(audit_leads(ledger, again, None).counts) == {Count.AGREES: 2}
    assert dict(audit_leads(ledger, None, None).counts) == {Count.AGREES: 2}


def test_more_leads_than_one_portion(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    from mailbridge.audit import destination

    monkeypatch.setattr(destination, "PORTION", 2)
    for number in range(1, 6):
        sent_mail(ledger, number, remote_id=f"r-{number}")
    assert dict(audit_leads(ledger, None, None).counts) == {Count.AGREES: 5}


@pytest.mark.parametrize("line", ["", "no json", "[]", '{"id": "1"}', '{"lead": {}}', "3"])
def test_what_is_no_journal_is_refused_with_its_line(tmp_path: Path, line: str) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_text('{"id": "1", "lead": {}}\n' + line + "\n", "utf-8")
    with pytest.raises(MailbridgeError, match=r"journal\.jsonl:2: this is no line of a journal"):
        Journal.read(path)


def test_a_journal_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(MailbridgeError, match="cannot be read"):
        Journal.read(tmp_path / "none")
    (tmp_path / "latin").write_bytes(b"\xe9\n")
    with pytest.raises(MailbridgeError, match="UTF-8"):
        Journal.read(tmp_path / "latin")


def test_findings_are_bounded() -> None:
    report = Report()
    for number in range(MOST_SHOWN + 5):
        report.note(Finding(code="no-id", where=f"lead {number}", text="x.", remedy="y."))
    assert (len(report.findings), report.more) == (MOST_SHOWN, 5)
    assert report.counts[Count.DISAGREES] == MOST_SHOWN + 5
