"""The audit of a mailbox: on a real Dovecot with keywords, and on pymap with folders."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mailbridge.audit.finding import Count
from mailbridge.inbox.account import Account
from mailbridge.inbox.marks import Marking
from mailbridge.inbox.survey import PORTION
from mailbridge.outcomes import Outcome
from tests.audit.conftest import Auditor
from tests.bridge.conftest import Builder, Rig
from tests.mails import inquiry, newsletter, private
from tests.servers.mailbox import Mailbox

EVERYTHING = (inquiry(1), inquiry(2, email=None), newsletter(), private())


def test_after_a_pass_everything_agrees(rig: Rig, audit: Auditor) -> None:
    for raw in EVERYTHING:
        rig.mailbox.append(raw)
    rig.pass_once()
    found = audit(rig)
    assert found.codes == []
    assert found.counts() == {Count.AGREES: 4}
    assert found.marked_by() is Marking.KEYWORDS


def test_nothing_on_the_server_is_changed(rig: Rig, audit: Auditor) -> None:
    rig.mailbox.append(inquiry())
    rig.pass_once()
    rig.mailbox.append(inquiry(2))
    before = rig.mailbox.flags(), rig.mailbox.folders()
    audit(rig)
    assert (rig.mailbox.flags(), rig.mailbox.folders()) == before


def test_what_waits_is_no_disagreement(rig: Rig, audit: Auditor) -> None:
    rig.mailbox.append(inquiry(1))
    rig.bridge.poll()
    rig.mailbox.append(inquiry(2))
    assert audit(rig).counts() == {Count.AGREES: 1, Count.UNREAD: 1}
    rig.dispatch.deliver(lambda: False)
    assert audit(rig).counts() == {Count.MARK_DUE: 1, Count.UNREAD: 1}


def test_mail_from_before_the_first_start_is_counted_only(
    build: Builder, account: Account, mailbox: Mailbox, audit: Auditor
) -> None:
    mailbox.append(inquiry(1))
    rig = build(account, mailbox)
    assert audit(rig).counts() == {Count.OLD: 1}  # never polled at all
    rig.pass_once()
    mailbox.append(inquiry(2))
    rig.pass_once()
    assert audit(rig).counts() == {Count.OLD: 1, Count.AGREES: 1}


def test_with_a_start_date_older_mail_does_not_count(
    build: Builder, account: Account, mailbox: Mailbox, audit: Auditor
) -> None:
    start = datetime(2026, 11, 10, tzinfo=UTC)
    mailbox.append(inquiry(1), received=start - timedelta(days=1))
    mailbox.append(inquiry(2), received=start + timedelta(days=1))
    rig = build(account, mailbox, start=start)
    rig.pass_once()
    assert audit(rig).counts() == {Count.OLD: 1, Count.AGREES: 1}
    assert audit(rig, since=start).counts() == {Count.AGREES: 1}


def test_a_mail_that_was_never_recorded_is_found(rig: Rig, audit: Auditor) -> None:
    rig.mailbox.append(inquiry(1))
    rig.pass_once()
    lost = rig.mailbox.append(inquiry(2))
    cursor = rig.ledger.cursor("sales", "INBOX")
    assert cursor
    rig.ledger.set_cursor(replace(cursor, next_uid=lost + 1))
    found = audit(rig)
    assert found.codes == ["not-recorded"]
    assert str(found.findings[0]).startswith(f"sales/INBOX/{lost}: The mail came after the first")
    rig.mailbox.client.create_folder("Aside")  # what the finding says to do
    rig.mailbox.move([lost], "Aside")
    rig.mailbox.move(rig.mailbox.flags("Aside"), "INBOX", "Aside")
    rig.pass_once()
    assert audit(rig).codes == []
    assert len(rig.api.leads) == 2


def test_a_mail_of_the_backlog_that_was_never_recorded_is_found(
    build: Builder, account: Account, mailbox: Mailbox, audit: Auditor
) -> None:
    start = datetime(2026, 11, 10, tzinfo=UTC)
    uid = mailbox.append(inquiry(1), received=start + timedelta(days=1))
    mailbox.append(inquiry(2), received=start - timedelta(days=1))
    rig = build(account, mailbox, start=start)
    rig.pass_once()
    place = rig.mails[0].place
    elsewhere = type(place)(place.inbox, place.folder, place.uidvalidity, 9999)
    rig.ledger.relocate(rig.mails[0].id, elsewhere)
    mailbox.client.select_folder("INBOX")
    mailbox.client.remove_flags([uid], ["MailbridgeSent"], silent=True)
    found = audit(rig)
    assert found.codes == ["not-recorded"]
    assert found.counts() == {Count.DISAGREES: 1, Count.OLD: 1}


def test_marks_that_a_person_changed_are_found(rig: Rig, audit: Auditor) -> None:
    uids = [rig.mailbox.append(raw) for raw in EVERYTHING]
    rig.pass_once()
    client = rig.mailbox.client
    client.select_folder("INBOX")
    client.remove_flags([uids[0]], ["MailbridgeSent"], silent=True)
    client.add_flags([uids[1]], ["mailbridgesent"], silent=True)  # keywords ignore case
    found = audit(rig)
    assert [(one.where, one.mail, one.code) for one in found.findings] == [
        (f"sales/INBOX/{uids[0]}", 1, "mark-missing"),
        (f"sales/INBOX/{uids[1]}", 2, "mark-wrong"),
    ]
    assert "bears MailbridgeSent and MailbridgeReview" in found.findings[1].text


def test_a_mark_without_a_record_is_found(
    build: Builder, account: Account, mailbox: Mailbox, audit: Auditor
) -> None:
    mailbox.append(inquiry(), flags=["MailbridgeSent"])
    mailbox.append(private())
    rig = build(account, mailbox)
    rig.pass_once()
    assert audit(rig).codes == ["mark-unknown"]
    assert audit(rig).counts() == {Count.DISAGREES: 1, Count.OLD: 1}


def test_the_old_mark_of_a_mail_that_is_sent_again_is_right(rig: Rig, audit: Auditor) -> None:
    from mailbridge.sandbox.plan import parse_plan

    rig.api.plan = parse_plan("422")
    uid = rig.mailbox.append(inquiry())
    rig.pass_once()
    rig.ledger.retry(1, datetime.now(UTC))
    assert rig.outcomes == ["deferred"]
    assert rig.mailbox.flags()[uid] == {"MailbridgeReview"}
    assert audit(rig).codes == []
    rig.mailbox.add_flags([uid], ["MailbridgeSent"])
    assert audit(rig).codes == ["mark-wrong"]


def test_a_folder_made_anew_is_read_again_and_no_disagreement(
    build: Builder, account: Account, mailbox: Mailbox, audit: Auditor
) -> None:
    mailbox.client.create_folder("Portals")
    rig = build(account, mailbox, folders=("Portals",))
    rig.pass_once()
    mailbox.append(inquiry(1), "Portals")
    rig.pass_once()
    mailbox.make_anew("Portals")
    mailbox.append(inquiry(1), "Portals")
    assert audit(rig).counts("Portals") == {Count.UNREAD: 1}
    rig.pass_once()
    assert audit(rig).counts("Portals") == {Count.AGREES: 1}


def test_a_daemon_at_work_meanwhile_causes_no_complaint(
    build: Builder, account: Account, mailbox: Mailbox, audit: Auditor
) -> None:
    """Each portion's flags are read before the ledger; the marks fall between the two."""
    rig = build(account, mailbox, marking=Marking.KEYWORDS)
    rig.pass_once()
    for number in range(4):
        rig.mailbox.append(inquiry(number))
    rig.bridge.poll()
    rig.dispatch.deliver(lambda: False)
    watched = rig.ledger.looking
    calls: list[int] = []

    def marking_first() -> object:
        if not calls:
            calls.append(1)
            rig.bridge.mark()  # after the flags were read, before the ledger is
        return watched()

    rig.ledger.looking = marking_first  # type: ignore[method-assign,assignment]
    found = audit(rig)
    assert calls
    assert found.counts() == {Count.AGREES: 4}


def test_marking_by_the_ledger_leaves_nothing_to_compare(
    build: Builder, account: Account, mailbox: Mailbox, audit: Auditor
) -> None:
    rig = build(account, mailbox, marking=Marking.LEDGER)
    rig.pass_once()
    uid = mailbox.append(inquiry())
    rig.pass_once()
    assert audit(rig).counts() == {Count.AGREES: 1}
    mailbox.add_flags([uid], ["MailbridgeReview"])
    assert audit(rig).codes == ["mark-wrong"]


def test_what_cannot_be_told_is_told_by_its_traces(
    build: Builder, account: Account, mailbox: Mailbox, audit: Auditor
) -> None:
    rig = build(account, mailbox, start=datetime(2000, 1, 1, tzinfo=UTC))
    assert audit(rig).marked_by() is Marking.LEDGER
    mailbox.append(inquiry())
    rig.pass_once()
    assert audit(rig).marked_by() is Marking.KEYWORDS


@pytest.fixture
def filing(build: Builder, account: Account, mailbox: Mailbox) -> Rig:
    """Everything is filed into folders, on a server that tells where it went."""
    rig = build(account, mailbox, marking=Marking.FOLDERS)
    rig.pass_once()
    for raw in EVERYTHING:
        mailbox.append(raw)
    rig.pass_once()
    return rig


def test_filed_mails_agree(filing: Rig, audit: Auditor) -> None:
    found = audit(filing)
    assert found.codes == []
    for folder, number in (("INBOX", 2), ("Leads/Sent", 1), ("Leads/Review", 1)):
        assert found.counts(folder) == {Count.AGREES: number}


def test_filed_mails_agree_where_folders_are_all_there_is(
    build: Builder, pymap_account: Account, pymap_mailbox: Mailbox, audit: Auditor
) -> None:
    rig = build(pymap_account, pymap_mailbox)
    rig.pass_once()
    for raw in EVERYTHING:
        pymap_mailbox.append(raw)
    rig.pass_once()
    found = audit(rig)
    assert found.codes == []
    assert found.marked_by() is Marking.FOLDERS
    assert found.counts("Leads/Sent") == {Count.AGREES: 1}


def test_filed_mails_agree_with_dots(
    build: Builder, dotted_account: Account, dotted_mailbox: Mailbox, audit: Auditor
) -> None:
    rig = build(dotted_account, dotted_mailbox, marking=Marking.FOLDERS)
    rig.pass_once()
    dotted_mailbox.append(inquiry())
    rig.pass_once()
    found = audit(rig)
    assert found.codes == []
    assert found.counts("INBOX.Leads.Sent") == {Count.AGREES: 1}


def test_a_mail_that_a_person_filed_elsewhere_is_found(filing: Rig, audit: Auditor) -> None:
    filing.mailbox.move(filing.mailbox.flags("Leads/Review"), "Leads/Sent", "Leads/Review")
    [finding] = audit(filing).findings
    assert (finding.code, finding.mail) == ("wrong-folder", 2)
    assert "says incomplete, but the mail lies in Leads/Sent" in finding.text


def test_a_mail_that_a_person_put_where_it_belongs_is_right(filing: Rig, audit: Auditor) -> None:
    """As on a server that does not tell where a mail went: known by its Message-ID."""
    mailbox = filing.mailbox
    mailbox.client.create_folder("Aside")
    mailbox.move(mailbox.flags("Leads/Sent"), "Aside", "Leads/Sent")
    mailbox.move(mailbox.flags("Aside"), "Leads/Sent", "Aside")
    assert audit(filing).codes == []


def test_a_filed_mail_without_a_record_is_found(filing: Rig, audit: Auditor) -> None:
    uid = filing.mailbox.append(inquiry(9), "Leads/Sent")
    [finding] = audit(filing).findings
    assert (finding.code, finding.where) == ("mark-unknown", f"sales/Leads/Sent/{uid}")


def test_a_mail_that_was_not_moved_is_found(filing: Rig, audit: Auditor) -> None:
    uid = filing.mailbox.append(inquiry(9))
    filing.pass_once()
    [number] = [m.id for m in filing.mails if m.id == 5]
    place = filing.mails[0].place
    again = filing.mailbox.append(inquiry(9))
    filing.ledger.relocate(number, type(place)(place.inbox, "INBOX", _validity(filing), again))
    filing.ledger.marked({number: "sent"}, {})
    found = audit(filing)
    assert uid != again
    assert [(f.code, f.where) for f in found.findings if f.code == "not-moved"] == [
        ("not-moved", f"sales/INBOX/{again}")
    ]


def _validity(rig: Rig) -> int:
    cursor = rig.ledger.cursor("sales", "INBOX")
    assert cursor
    return cursor.uidvalidity


def test_more_than_one_portion(
    build: Builder, account: Account, mailbox: Mailbox, audit: Auditor
) -> None:
    count = PORTION + 3
    raw = private()
    mailbox.client.multiappend("INBOX", [raw] * count)
    rig = build(account, mailbox, start=datetime(2000, 1, 1, tzinfo=UTC))
    rig.pass_once()
    assert {m.outcome for m in rig.mails} == {Outcome.UNMATCHED}
    assert audit(rig).counts() == {Count.AGREES: count}
