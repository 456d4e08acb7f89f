"""A person acts while mail comes and goes: retry, resolve, erasure, on a real Dovecot."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mailbridge.decider import Case, Decider
from mailbridge.decision import Decision, Policy
from mailbridge.documents.located import parse
from mailbridge.erasure import Retention
from mailbridge.inbox.account import Account
from mailbridge.inbox.marks import Marking
from mailbridge.ledger.answers import Requeued
from mailbridge.ledger.records import Word
from mailbridge.outcomes import Outcome
from mailbridge.rules.compilation import compile_portal
from mailbridge.rules.judgement import Portals, gather
from mailbridge.sandbox.plan import parse_plan
from tests.bridge.conftest import Builder, Rig
from tests.mails import inquiry
from tests.servers.mailbox import Mailbox

MENDED = """
portal: homegate.ch
evidence: seen
match: {from: interested@homegate.ch}
fields:
  property_reference: {pattern: 'Référence: \\[([^\\]]+)\\]'}
  sender_firstname: {label: Prénom}
  sender_lastname: {label: Nom}
  sender_email: {label: Adresse nouvelle}
"""


@pytest.fixture(scope="module")
def mended() -> Iterator[Decider]:
    """The rules once somebody has learned the portal's new layout."""
    with Decider(gather([compile_portal(parse(MENDED, "mended.yaml"), 1.0)])) as process:
        yield process


def changed_layout(number: int) -> bytes:
    """An inquiry in which the shipped rules find nobody to answer to."""
    return inquiry(number).replace(b"E-mail: ", b"Adresse nouvelle: ")


def now() -> datetime:
    return datetime.now(UTC)


def retry_all(rig: Rig) -> list[int]:
    chosen = rig.ledger.to_retry(Outcome.INCOMPLETE)
    for number in chosen:
        rig.ledger.retry(number, now())
    return chosen


def incomplete(rig: Rig, count: int, folder: str = "INBOX") -> list[int]:
    uids = [rig.mailbox.append(changed_layout(number), folder) for number in range(1, count + 1)]
    rig.pass_once()
    assert rig.outcomes == ["incomplete"] * count
    return uids


# Re-deciding everything after a rule was mended


def test_all_that_was_incomplete_is_sent_once_the_rule_is_mended(rig: Rig, mended: Decider) -> None:
    incomplete(rig, 5)
    rig.bridge.decider = mended
    assert retry_all(rig) == retry_all(rig) == [1, 2, 3, 4, 5]  # asked twice in a row
    rig.pass_once()
    assert rig.outcomes == ["sent"] * 5
    names = [lead.lead["sender_firstname"] for lead in rig.api.leads]
    assert names == [f"Prune{n}" for n in range(1, 6)]
    assert all(flags == {"MailbridgeSent"} for flags in rig.mailbox.flags().values())
    assert retry_all(rig) == []
    rig.pass_once()
    assert len(rig.api.leads) == 5


def test_it_is_decided_from_the_ledgers_copy_where_the_mail_is_gone(
    rig: Rig, mended: Decider
) -> None:
    uids = incomplete(rig, 2)
    rig.mailbox.delete(uids)
    rig.bridge.decider = mended
    retry_all(rig)
    rig.pass_once()
    assert rig.outcomes == ["sent", "sent"]
    assert len(rig.api.leads) == 2


@pytest.mark.dovecot
def test_without_a_copy_a_mail_that_is_gone_is_said_to_be(rig: Rig, mended: Decider) -> None:
    uids = incomplete(rig, 2)
    rig.ledger.expire([1], now())
    rig.ledger.expire([2], now())
    rig.mailbox.delete(uids[:1])
    rig.bridge.decider = mended
    retry_all(rig)
    rig.pass_once()
    assert rig.outcomes == ["incomplete", "sent"]  # the second was read from the mailbox
    assert [p.code for p in rig.mails[0].problems][-1] == "mail-gone"
    retry_all(rig)
    rig.pass_once()
    assert [p.code for p in rig.mails[0].problems].count("mail-gone") == 1


def test_a_folder_that_a_person_removed_does_not_stop_the_rest(
    build: Builder, account: Account, mailbox: Mailbox, mended: Decider
) -> None:
    rig = build(account, mailbox, marking=Marking.FOLDERS)
    rig.pass_once()
    incomplete(rig, 2)
    rig.ledger.expire([1], now())
    mailbox.client.select_folder("INBOX")
    mailbox.client.delete_folder("Leads/Review")
    rig.bridge.decider = mended
    retry_all(rig)
    rig.pass_once()
    assert rig.outcomes == ["incomplete", "sent"]
    assert rig.ledger.to_decide_again("sales") == []


def test_a_crash_in_the_middle_leaves_the_rest_to_the_next_poll(
    rig: Rig, mended: Decider, monkeypatch: pytest.MonkeyPatch
) -> None:
    incomplete(rig, 4)
    rig.bridge.decider = mended
    retry_all(rig)

    class PowerCut(BaseException):
        pass

    left = iter([False, False])

    def stopping() -> bool:
        try:
            return next(left)
        except StopIteration:
            raise PowerCut from None

    with pytest.raises(PowerCut):
        rig.bridge.poll(stopping=stopping)
    rig.bridge.close()
    assert 0 < len(rig.ledger.to_decide_again("sales")) < 4
    rig.pass_once()
    assert rig.outcomes == ["sent"] * 4
    assert len(rig.api.leads) == 4


def test_what_is_being_stopped_leaves_the_rest_for_later(rig: Rig, mended: Decider) -> None:
    incomplete(rig, 4)
    rig.bridge.decider = mended
    retry_all(rig)
    answers: Iterator[bool] = iter([False, False, True])
    rig.bridge.poll(stopping=lambda: next(answers))
    assert len(rig.ledger.to_decide_again("sales")) == 3


def test_a_copy_in_a_second_inbox_that_was_closed_as_sent_is_not_sent(
    build: Builder, account: Account, mailbox: Mailbox, mended: Decider
) -> None:
    mailbox.client.create_folder("Portals")
    rig = build(account, mailbox, folders=("INBOX", "Portals"))
    rig.pass_once()
    mailbox.append(changed_layout(1))
    mailbox.append(changed_layout(1), "Portals")
    rig.pass_once()
    assert rig.outcomes == ["incomplete", "incomplete"]
    rig.ledger.resolve(1, Word.SENT, now())
    rig.bridge.decider = mended
    rig.ledger.retry(2, now())
    rig.pass_once()
    assert rig.outcomes == ["sent", "duplicate"]
    assert rig.api.leads == ()


# The mark follows the word


@pytest.mark.parametrize(
    ("word", "flag"), [(Word.SENT, "MailbridgeSent"), (Word.NOT_SENT, "MailbridgeIgnored")]
)
@pytest.mark.dovecot
def test_the_mark_follows_a_persons_word(rig: Rig, word: Word, flag: str) -> None:
    [uid] = incomplete(rig, 1)
    assert rig.mailbox.flags()[uid] == {"MailbridgeReview"}
    rig.ledger.resolve(1, word, now())
    rig.pass_once()
    assert rig.mailbox.flags()[uid] == {flag}
    assert rig.api.leads == ()


@pytest.mark.parametrize("word", list(Word))
def test_a_closed_mail_leaves_the_review_folder(
    build: Builder, account: Account, mailbox: Mailbox, word: Word
) -> None:
    rig = build(account, mailbox, marking=Marking.FOLDERS)
    rig.pass_once()
    incomplete(rig, 1)
    assert len(mailbox.flags("Leads/Review")) == 1
    rig.ledger.resolve(1, word, now())
    rig.pass_once()
    assert mailbox.flags("Leads/Review") == {}
    assert len(mailbox.flags("Leads/Sent")) == 1


def test_a_lead_in_doubt_is_settled_by_a_persons_word(rig: Rig) -> None:
    rig.api.plan = parse_plan("drop-after, drop-before")
    for number in (1, 2):
        rig.mailbox.append(inquiry(number))
    rig.pass_once()
    rig.dispatch.paused_until = None
    rig.pass_once()
    assert rig.outcomes == ["in_doubt", "in_doubt"]
    rig.dispatch.paused_until = None
    rig.ledger.resolve(1, Word.SENT, now())
    rig.ledger.resolve(2, Word.NOT_SENT, now())
    rig.pass_once()
    assert rig.outcomes == ["sent", "sent"]
    assert [lead.lead["sender_firstname"] for lead in rig.api.leads] == ["Prune1", "Prune2"]
    assert rig.mailbox.marks() == {"inquiry-1": "sent", "inquiry-2": "sent"}


def test_the_same_inquiry_after_a_word_of_sent_is_a_duplicate(rig: Rig) -> None:
    rig.api.plan = parse_plan("422")
    rig.mailbox.append(inquiry())
    rig.pass_once()
    rig.ledger.resolve(1, Word.SENT, now())
    rig.mailbox.append(inquiry().replace(b"<inquiry-1@", b"<inquiry-again@"))
    rig.pass_once()
    assert rig.outcomes == ["sent", "duplicate"]
    assert rig.api.leads == ()


# Erased, and found again


@pytest.mark.parametrize("forget", [False, True])
@pytest.mark.dovecot
def test_an_erased_mail_found_again_is_known_and_not_stored_again(
    build: Builder, account: Account, mailbox: Mailbox, forget: bool
) -> None:
    mailbox.client.create_folder("Portals")
    rig = build(account, mailbox, folders=("Portals",))
    rig.pass_once()
    mails = [inquiry(1), changed_layout(2)]
    for raw in mails:
        mailbox.append(raw, "Portals")
    rig.pass_once()
    erase = rig.ledger.forget if forget else rig.ledger.expire
    assert erase([1, 2], now()) == [1, 2]
    mailbox.make_anew("Portals")
    for raw in mails:
        mailbox.append(raw, "Portals")
    rig.pass_once()
    assert rig.outcomes == ["sent", "incomplete"]
    assert len(rig.api.leads) == 1
    assert_empty(rig)


def test_an_erased_mail_put_back_into_the_inbox_is_not_stored_again(rig: Rig) -> None:
    for raw in (inquiry(1), changed_layout(2)):
        rig.mailbox.append(raw)
    rig.pass_once()
    rig.ledger.forget([1, 2], now())
    for raw in (inquiry(1), changed_layout(2)):
        rig.mailbox.append(raw)
    rig.pass_once()
    assert rig.outcomes == ["sent", "incomplete", "duplicate", "incomplete"]
    assert len(rig.api.leads) == 1
    assert_empty(rig)


def test_what_is_decided_anew_and_sent_is_kept_for_as_long_as_any_lead(
    rig: Rig, mended: Decider
) -> None:
    incomplete(rig, 1)
    rig.ledger.expire([1], now())
    rig.bridge.decider = mended
    retry_all(rig)
    rig.pass_once()
    assert rig.outcomes == ["sent"]
    found = rig.ledger.mail(1)
    assert found is not None
    assert (found.emptied, found.leads[0].payload["sender_firstname"]) == (None, "Prune1")
    later = now() + timedelta(days=200)
    assert Retention(timedelta(days=90), timedelta(days=365)).apply(rig.ledger, later) == 1
    assert_empty(rig)


def test_retention_counts_whole_days(rig: Rig) -> None:
    rig.mailbox.append(inquiry(1))
    rig.pass_once()
    rule = Retention(timedelta(days=90), timedelta(days=365))
    seen = rig.mails[0].seen
    night = seen.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=91)
    assert rule.apply(rig.ledger, night - timedelta(seconds=1)) == 0
    assert rule.apply(rig.ledger, night) == 1
    assert rule.apply(rig.ledger, night) == 0


def assert_empty(rig: Rig) -> None:
    for mail in rig.mails:
        found = rig.ledger.mail(mail.id)
        assert found is not None
        assert (found.subject, found.text, found.raw) == ("", "", b"")
        assert [at.payload for at in found.leads] in ([], [{}])


def test_a_refused_lead_that_was_retried_waits_for_nobody(rig: Rig) -> None:
    rig.api.plan = parse_plan("422")
    rig.mailbox.append(inquiry())
    rig.pass_once()
    rig.ledger.resolve(1, Word.NOT_SENT, now())
    assert rig.outcomes == ["ignored"]
    assert isinstance(rig.ledger.retry(1, now()), Requeued)
    rig.pass_once()
    assert rig.outcomes == ["sent"]


def test_signatures_are_verified_from_when_a_rule_asks_for_it(
    build: Builder, account: Account, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bytes] = []

    def signed(raw: bytes) -> frozenset[str]:
        asked.append(raw)
        return frozenset({"homegate.ch"})

    monkeypatch.setattr("mailbridge.bridge.signed_domains", signed)
    rules = MENDED.replace("Adresse nouvelle", "E-mail")
    demanding = rules.replace("homegate.ch}", "homegate.ch, authenticated: required}")
    lax, strict = (
        gather([compile_portal(parse(text, "homegate.yaml"), 1.0)]) for text in (rules, demanding)
    )
    with Decider(lax) as renewed:
        rig = build(account, mailbox)
        rig.bridge.decider = renewed
        rig.bridge.watch = replace(rig.bridge.watch, verify_dkim=True)
        rig.pass_once()
        for number, portals in enumerate((lax, strict, lax)):
            renewed.renew(portals)
            mailbox.append(inquiry(number))
            rig.pass_once()
    assert rig.outcomes == ["sent"] * 3, "none untrusted"
    assert len(asked) == 1


def test_rules_that_come_into_use_while_a_batch_is_prepared_do_not_decide_it(
    build: Builder, account: Account, mailbox: Mailbox
) -> None:
    """Its signatures were not verified, as the rules before did not ask for it."""
    rules = MENDED.replace("Adresse nouvelle", "E-mail")
    demanding = rules.replace("homegate.ch}", "homegate.ch, authenticated: required}")
    lax, strict = (
        gather([compile_portal(parse(text, "homegate.yaml"), 1.0)]) for text in (rules, demanding)
    )

    class Sudden(Decider):
        def ask(
            self, cases: Sequence[Case], policy: Policy, portals: Portals | None = None
        ) -> Future[list[Decision]]:
            self.renew(strict)
            return super().ask(cases, policy, portals)

    with Sudden(lax) as sudden:
        rig = build(account, mailbox)
        rig.bridge.decider = sudden
        rig.bridge.watch = replace(rig.bridge.watch, verify_dkim=True)
        rig.pass_once()
        mailbox.append(inquiry())
        sudden.portals = lax
        rig.pass_once()
    assert rig.outcomes == ["sent"]
