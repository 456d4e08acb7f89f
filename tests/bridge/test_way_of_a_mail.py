"""Arrival, lead, mark: on a real Dovecot over TLS and on pymap, with the API over real HTTP."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mailbridge.decider import Case, Decider
from mailbridge.decision import Policy
from mailbridge.errors import InboxRefused, InboxUnreachable
from mailbridge.inbox.account import Account
from mailbridge.inbox.marks import Marking
from mailbridge.outcomes import Outcome
from mailbridge.rules.judgement import Portals, gather
from mailbridge.rules.portal import Required
from mailbridge.sandbox.plan import parse_plan
from tests.bridge.conftest import Builder, Rig
from tests.mails import WHEN, inquiry, newsletter, private
from tests.servers.dovecot import Dovecot, restarted_dovecot, running_dovecot, stop_dovecot
from tests.servers.mailbox import Mailbox


def test_an_inquiry_becomes_a_lead_and_the_mail_is_marked(rig: Rig) -> None:
    rig.mailbox.append(inquiry())
    rig.pass_once()
    [lead] = rig.api.leads
    assert lead.lead["sender_firstname"] == "Prune1"
    assert lead.lead["sender_email"] == lead.lead["sender_mail"] == "visitor1@example.org"
    assert lead.lead["property_reference"] == "A1.B2.0003"
    assert lead.lead["date"] == 1793693722
    assert rig.outcomes == ["sent"]
    assert rig.mailbox.marks() == {"inquiry-1": "sent"}


def test_every_outcome_is_recorded_and_marked(rig: Rig) -> None:
    for raw in (inquiry(1), inquiry(2, email=None), newsletter(), private()):
        rig.mailbox.append(raw)
    rig.pass_once()
    assert rig.outcomes == ["sent", "incomplete", "ignored", "unmatched"]
    marks = rig.mailbox.marks()
    assert (marks["inquiry-1"], marks["inquiry-2"]) == ("sent", "review")
    # Without keywords, what is ignored stays where and as it is.
    assert marks["newsletter"] == marks["private"]
    assert marks["private"] == ("ignored" if rig.keywords else "")
    assert rig.references == ["A1.B2.0003"]


def test_whoever_watches_sees_a_poll_come_forward(rig: Rig) -> None:
    at_rest = rig.bridge.progress
    rig.bridge.poll()
    asked_the_server = rig.bridge.progress
    assert asked_the_server != at_rest
    assert rig.bridge.progress == asked_the_server
    rig.bridge.decider.ask([Case(inquiry(), WHEN)], Policy()).result()
    assert rig.bridge.progress != asked_the_server


def test_the_second_pass_does_nothing(rig: Rig) -> None:
    rig.mailbox.append(inquiry())
    rig.pass_once()
    requests, flags = len(rig.api.requests), rig.mailbox.flags()
    rig.pass_once()
    assert len(rig.api.requests) == requests
    assert rig.mailbox.flags() == flags
    assert len(rig.mails) == 1


def test_a_person_reading_the_mail_first_changes_nothing(rig: Rig) -> None:
    uid = rig.mailbox.append(inquiry())
    rig.mailbox.add_flags([uid], ["\\Seen"])
    rig.pass_once()
    assert rig.references == ["A1.B2.0003"]
    assert rig.mailbox.marks() == {"inquiry-1": "sent"}
    assert rig.flags_of_sent() == {"\\Seen"}


def test_reading_does_not_set_seen(rig: Rig) -> None:
    rig.mailbox.append(inquiry())
    rig.pass_once()
    assert rig.flags_of_sent() == set()


def test_the_first_start_sends_no_old_mail(
    build: Builder, account: Account, mailbox: Mailbox
) -> None:
    mailbox.append(inquiry(1))
    rig = build(account, mailbox)
    rig.pass_once()
    assert rig.api.leads == ()
    mailbox.append(inquiry(2))
    rig.pass_once()
    assert [lead.lead["sender_firstname"] for lead in rig.api.leads] == ["Prune2"]


def test_a_start_date_takes_in_what_was_received_since(
    build: Builder, account: Account, mailbox: Mailbox
) -> None:
    start = datetime(2026, 11, 10, tzinfo=UTC)
    mailbox.append(inquiry(1), received=start - timedelta(days=1))
    mailbox.append(inquiry(2), received=start + timedelta(days=1))
    rig = build(account, mailbox, start=start)
    rig.pass_once()
    assert [lead.lead["sender_firstname"] for lead in rig.api.leads] == ["Prune2"]


@pytest.mark.dovecot
def test_a_new_uidvalidity_sends_nothing_twice_and_loses_nothing(
    build: Builder, account: Account, mailbox: Mailbox
) -> None:
    mailbox.client.create_folder("Portals")
    rig = build(account, mailbox, folders=("Portals",))
    rig.pass_once()
    mailbox.append(inquiry(1), "Portals")
    rig.pass_once()
    before = rig.mails[0].place
    rig.bridge.close()  # Dovecot spoils the new folder's index while anybody is in the old one
    mailbox.make_anew("Portals")
    mailbox.append(inquiry(1), "Portals")
    mailbox.append(inquiry(2), "Portals")
    rig.pass_once()
    assert [lead.lead["sender_firstname"] for lead in rig.api.leads] == ["Prune1", "Prune2"]
    assert rig.outcomes == ["sent", "sent"]
    assert rig.mails[0].place.uidvalidity != before.uidvalidity
    assert all("MailbridgeSent" in flags for flags in mailbox.flags("Portals").values())


def test_the_same_inquiry_in_two_inboxes_is_sent_once(
    build: Builder, account: Account, mailbox: Mailbox, dovecot: Dovecot
) -> None:
    from tests.conftest import account_on, mailbox_on

    other = replace(account_on(dovecot), name="second")
    first = build(account, mailbox)
    for theirs in mailbox_on(dovecot, other):
        second = build(other, theirs)
        for rig in (first, second):
            rig.pass_once()
        mailbox.append(inquiry())
        theirs.append(b"Received: from elsewhere.example by mx.example; now\r\n" + inquiry())
        for rig in (first, second):
            rig.pass_once()
        assert first.references == ["A1.B2.0003"]
        assert sorted(first.outcomes) == ["duplicate", "sent"]
        assert set().union(*theirs.flags().values()) == {"MailbridgeSent"}


def test_the_same_inquiry_twice_in_one_batch_is_sent_once(rig: Rig) -> None:
    rig.mailbox.append(inquiry())
    rig.mailbox.append(inquiry().replace(b"<inquiry-1@", b"<again@"))
    rig.pass_once()
    assert rig.references == ["A1.B2.0003"]
    assert rig.outcomes == ["sent", "duplicate"]


def test_a_mail_expunged_before_the_mark_is_no_error(rig: Rig) -> None:
    uid = rig.mailbox.append(inquiry())
    rig.bridge.poll()
    rig.mailbox.delete([uid])
    rig.dispatch.deliver(lambda: False)
    rig.bridge.mark()
    assert rig.outcomes == ["sent"]
    assert rig.ledger.to_mark("sales", limit=10) == []


def test_a_mail_moved_away_by_a_person_before_the_mark_is_no_error(rig: Rig) -> None:
    uid = rig.mailbox.append(inquiry())
    rig.bridge.poll()
    rig.mailbox.client.create_folder("Elsewhere")
    rig.mailbox.move([uid], "Elsewhere")
    rig.dispatch.deliver(lambda: False)
    rig.bridge.mark()
    assert rig.references == ["A1.B2.0003"]
    assert rig.mailbox.flags() == {}


@pytest.mark.dovecot
def test_a_lost_ledger_sends_nothing_that_is_marked(
    rig: Rig, build: Builder, account: Account, mailbox: Mailbox, tmp_path: object
) -> None:
    mailbox.append(inquiry())
    rig.pass_once()
    from mailbridge.ledger.ledger import Ledger

    with Ledger.open(f"sqlite:///{tmp_path}/new.db") as empty:
        rig.start_anew(empty, start=datetime(2000, 1, 1, tzinfo=UTC))
        rig.pass_once()
        assert len(rig.api.leads) == 1
        assert rig.outcomes == ["duplicate"]


def test_without_keywords_mails_are_moved_into_folders(
    build: Builder, pymap_account: Account, pymap_mailbox: Mailbox
) -> None:
    rig = build(pymap_account, pymap_mailbox)
    rig.pass_once()
    for raw in (inquiry(1), inquiry(2, email=None), private()):
        pymap_mailbox.append(raw)
    rig.pass_once()
    assert rig.references == ["A1.B2.0003"]
    assert pymap_mailbox.subjects("Leads/Sent") == ["Nouvelle demande"]
    assert pymap_mailbox.subjects("Leads/Review") == ["Nouvelle demande"]
    assert pymap_mailbox.subjects() == ["Lunch?"]
    rig.pass_once()
    assert len(rig.mails) == 3
    assert len(rig.api.leads) == 1


def test_marking_by_the_ledger_alone_touches_nothing(
    build: Builder, account: Account, mailbox: Mailbox
) -> None:
    rig = build(account, mailbox, marking=Marking.LEDGER)
    rig.pass_once()
    uid = mailbox.append(inquiry())
    rig.pass_once()
    assert mailbox.flags()[uid] == set()
    assert rig.references == ["A1.B2.0003"]
    assert rig.ledger.to_mark("sales", limit=10) == []


def test_a_wrong_password_says_so_and_loses_nothing(
    rig: Rig, build: Builder, account: Account, mailbox: Mailbox
) -> None:
    mailbox.append(inquiry())
    wrong = build(replace(account, password="wrong"), mailbox)
    with pytest.raises(InboxRefused, match=r"sales.*refused the login"):
        wrong.bridge.poll()
    [health] = rig.ledger.summary().inboxes
    assert "refused" in health.error
    rig.pass_once()
    assert rig.references == ["A1.B2.0003"]
    assert rig.ledger.summary().inboxes[0].error == ""


def test_a_server_gone_and_back(build: Builder) -> None:
    from tests.conftest import account_on, mailbox_on

    with running_dovecot() as server:
        theirs = account_on(server)
        for mailbox in mailbox_on(server, theirs):
            rig = build(theirs, mailbox)
            rig.pass_once()
        stop_dovecot(server)
        rig.bridge.close()  # its own process may serve the old connection a moment longer
        with pytest.raises(InboxUnreachable):
            rig.bridge.poll()
        assert rig.ledger.summary().inboxes[0].error
        with restarted_dovecot(server):
            for mailbox in mailbox_on(server, theirs):
                mailbox.append(inquiry())
                rig.pass_once()
                assert rig.references == ["A1.B2.0003"]
                assert rig.ledger.summary().inboxes[0].error == ""


def test_a_connection_that_the_server_ended_costs_no_poll(rig: Rig) -> None:
    rig.mailbox.append(inquiry())
    connection = rig.bridge.line._inbox
    assert connection is not None
    connection._session._client.shutdown()
    rig.pass_once()
    assert rig.references == ["A1.B2.0003"]


def test_a_server_that_refuses_the_login_is_left_alone_for_a_while(
    build: Builder, account: Account, mailbox: Mailbox
) -> None:
    rig = build(replace(account, password="wrong"), mailbox)
    start, logins = datetime.now(UTC), []
    for minute in range(8):
        rig.bridge.clock = lambda m=minute: start + timedelta(minutes=m)  # type: ignore[misc]
        before = rig.bridge.line.rest
        with pytest.raises(InboxRefused):
            rig.bridge.poll()
        logins += [minute] if rig.bridge.line.rest != before else []
    assert logins == [0, 1, 3, 7]
    rig.bridge.line.account = account
    rig.bridge.clock = lambda: start + timedelta(hours=1)
    rig.pass_once()


@pytest.mark.parametrize(
    ("plan", "outcome", "posts"),
    [
        ("empty", "sent", 1),
        ("html", "sent", 1),
        ("success-false", "rejected", 1),
        ("400", "rejected", 1),
        ("404", "rejected", 1),
        ("409", "rejected", 1),
        ("413", "rejected", 1),
        ("415", "rejected", 1),
        ("422", "rejected", 1),
        ("401", "deferred", 1),
        ("403", "deferred", 1),
        ("429 retry-after=60", "deferred", 1),
        ("drop-before", "in_doubt", 1),
        ("drop-after", "in_doubt", 1),
    ],
)
def test_each_answer_of_the_api_has_its_outcome(
    rig: Rig, plan: str, outcome: str, posts: int
) -> None:
    rig.api.plan = parse_plan(plan)
    rig.mailbox.append(inquiry())
    rig.pass_once()
    assert rig.outcomes == [outcome]
    assert len(rig.api.requests) == posts


@pytest.mark.parametrize("plan", ["503x3", "500", "408", "425", "429"])
def test_a_failing_api_gets_the_lead_when_it_works_again(rig: Rig, plan: str) -> None:
    rig.api.plan = parse_plan(plan)
    rig.mailbox.append(inquiry())
    rig.bridge.poll()
    clock = rig.dispatch.clock
    for minute in range(10):
        rig.dispatch.clock = lambda m=minute: clock() + timedelta(minutes=10 * m)  # type: ignore[misc]
        rig.dispatch.deliver(lambda: False)
    rig.bridge.mark()
    assert rig.outcomes == ["sent"]
    assert len(rig.api.leads) == 1


def test_mail_is_read_while_the_api_is_down_and_goes_out_in_order(rig: Rig) -> None:
    address = rig.api.base
    rig.api.plan = parse_plan("401")
    for number in range(1, 6):
        rig.mailbox.append(inquiry(number))
        rig.pass_once()
    assert rig.outcomes == ["deferred"] * 5, address
    assert all(not flags for flags in rig.mailbox.flags().values())
    clock = rig.dispatch.clock
    rig.dispatch.clock = lambda: clock() + timedelta(hours=2)
    rig.pass_once()
    names = [lead.lead["sender_firstname"] for lead in rig.api.leads]
    assert names == ["Prune1", "Prune2", "Prune3", "Prune4", "Prune5"]
    assert rig.outcomes == ["sent"] * 5


def test_a_mail_beyond_parsing_is_kept_and_the_next_one_goes_on(rig: Rig) -> None:
    rig.mailbox.append(b"X: " + b"y" * 400_000 + b"\r\n" + inquiry(1))
    rig.mailbox.append(inquiry(2))
    rig.pass_once()
    assert rig.outcomes == ["unreadable", "sent"]
    assert rig.ledger.mail(1).raw  # type: ignore[union-attr]


def test_a_mail_over_the_size_limit_is_read_without_its_attachments(
    build: Builder, account: Account, mailbox: Mailbox
) -> None:
    from email import message_from_bytes
    from email.message import EmailMessage
    from email.policy import SMTP

    rig = build(replace(account, size_limit=20_000), mailbox)
    rig.pass_once()
    big = message_from_bytes(inquiry(), policy=SMTP)
    assert isinstance(big, EmailMessage)
    big.add_attachment(b"\x00" * 200_000, maintype="image", subtype="png", filename="plan.png")
    mailbox.append(big.as_bytes())
    rig.pass_once()
    assert rig.references == ["A1.B2.0003"]


def test_retry_decides_an_incomplete_mail_anew_with_the_rules_of_now(
    rig: Rig, portals: Portals, decider: Decider
) -> None:
    [homegate] = [p for p in portals.all if p.name == "homegate.ch"]
    strict = gather([replace(homegate, require=(Required(("sender_number",), "test:1:1"),))])
    with Decider(strict) as before:
        rig.bridge.decider = before
        rig.mailbox.append(inquiry())
        rig.pass_once()
    assert rig.outcomes == ["incomplete"]
    [mail] = rig.mails
    rig.bridge.decider = decider
    rig.ledger.retry(mail.id, datetime.now(UTC))
    rig.pass_once()
    [again] = rig.mails
    assert (again.id, again.outcome) == (mail.id, Outcome.SENT)
    assert rig.references == ["A1.B2.0003"]


def test_retry_sends_a_rejected_lead_again(rig: Rig) -> None:
    rig.api.plan = parse_plan("422")
    rig.mailbox.append(inquiry())
    rig.pass_once()
    assert rig.mailbox.marks() == {"inquiry-1": "review"}
    rig.ledger.retry(1, datetime.now(UTC))
    rig.pass_once()
    assert rig.outcomes == ["sent"]
    assert rig.mailbox.marks() == {"inquiry-1": "sent"}


def test_a_folder_that_a_person_removed_does_not_stop_the_marks(
    build: Builder, pymap_account: Account, pymap_mailbox: Mailbox
) -> None:
    rig = build(pymap_account, pymap_mailbox)
    rig.pass_once()
    rig.api.plan = parse_plan("422")
    pymap_mailbox.append(inquiry())
    rig.pass_once()
    assert rig.mails[0].place.folder == "Leads/Review"
    pymap_mailbox.client.delete_folder("Leads/Review")
    rig.ledger.retry(1, datetime.now(UTC))
    rig.pass_once()
    assert rig.outcomes == ["sent"]
    assert rig.ledger.to_mark("demo", limit=10) == []


def test_a_folder_made_anew_without_the_mail_does_not_stop_the_marks(
    build: Builder, account: Account, mailbox: Mailbox
) -> None:
    mailbox.client.create_folder("Portals")
    rig = build(account, mailbox, folders=("Portals",))
    rig.pass_once()
    mailbox.append(inquiry(1), "Portals")
    rig.bridge.poll()
    mailbox.make_anew("Portals")
    rig.pass_once()
    assert rig.outcomes == ["sent"]
    assert rig.ledger.to_mark("sales", limit=10) == []


def test_mark_seen_leaves_what_a_person_must_see_unread(rig: Rig) -> None:
    rig.start_anew(mark_seen=True)
    sent, review = rig.mailbox.append(inquiry(1)), rig.mailbox.append(inquiry(2, email=None))
    rig.pass_once()
    if rig.keywords:
        flags = rig.mailbox.flags()
        assert "\\Seen" in flags[sent]
        assert "\\Seen" not in flags[review]
    else:
        assert list(rig.mailbox.flags("Leads/Sent").values()) == [{"\\Seen"}]
        assert list(rig.mailbox.flags("Leads/Review").values()) == [set()]
