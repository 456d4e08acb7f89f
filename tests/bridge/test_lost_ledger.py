"""The ledger is lost and mailbridge starts anew: the marks keep it from sending twice.

Each way of marking, with and without `start:`, on Dovecot (keywords) and pymap (folders).
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailbridge.inbox.account import Account
from mailbridge.inbox.marks import Marking
from mailbridge.ledger.answers import DecidedAnew
from mailbridge.ledger.ledger import Ledger
from mailbridge.sandbox.plan import parse_plan
from tests.bridge.conftest import Builder, Rig
from tests.mails import inquiry, newsletter, private
from tests.servers.mailbox import Mailbox

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Ledger]:
    """What the first start after the loss makes."""
    with Ledger.open(f"sqlite:///{tmp_path}/new.db") as ledger:
        yield ledger


def start_anew(rig: Rig, empty: Ledger, start: datetime | None) -> None:
    rig.start_anew(empty, start=start)
    rig.pass_once()
    rig.pass_once()


def visitors(rig: Rig) -> list[str]:
    return [lead.lead["sender_firstname"] for lead in rig.api.leads]


def fill(rig: Rig) -> None:
    """One mail of each kind of mark: sent, rejected, in doubt, incomplete, ignored, unmatched."""
    rig.api.plan = parse_plan("ok, 400, drop-after")
    for raw in (inquiry(1), inquiry(2), inquiry(3), inquiry(4, email=None)):
        rig.mailbox.append(raw)
    rig.mailbox.append(newsletter())
    rig.mailbox.append(private())
    rig.pass_once()
    assert rig.outcomes == ["sent", "rejected", "in_doubt", "incomplete", "ignored", "unmatched"]
    assert rig.ledger.to_mark(rig.bridge.name, 99) == []
    rig.api.plan = parse_plan("ok")


@pytest.mark.parametrize("start", [LONG_AGO, None], ids=["start", "first start"])
@pytest.mark.dovecot
def test_keywords_keep_every_mail_from_being_sent_again(
    rig: Rig, empty: Ledger, start: datetime | None
) -> None:
    fill(rig)
    requests = len(rig.api.requests)
    flags = rig.mailbox.flags()
    start_anew(rig, empty, start)
    assert len(rig.api.requests) == requests
    expected = ["duplicate", "in_doubt", "in_doubt", "incomplete", "ignored", "unmatched"]
    assert rig.outcomes == (expected if start else [])
    assert rig.mailbox.flags() == flags
    rig.mailbox.append(inquiry(9))
    rig.pass_once()
    assert visitors(rig)[-1] == "Prune9"


@pytest.mark.dovecot
def test_what_was_for_review_is_sent_once_a_person_says_so(rig: Rig, empty: Ledger) -> None:
    fill(rig)
    start_anew(rig, empty, LONG_AGO)
    refused = rig.mails[1]
    assert "the ledger does not know why" in refused.problems[-1].text
    assert rig.ledger.retry(refused.id, rig.bridge.clock()) == DecidedAnew(mail=refused.id)
    rig.pass_once()
    assert visitors(rig)[-1] == "Prune2"
    assert rig.outcomes[1] == "sent"
    [uid] = [uid for uid, marks in rig.mailbox.flags().items() if uid == refused.place.uid]
    assert rig.mailbox.flags()[uid] == {"MailbridgeSent"}


@pytest.mark.dovecot
def test_a_mail_for_review_that_the_ledger_knows_is_decided_anew_when_put_elsewhere(
    build: Builder, account: Account, mailbox: Mailbox
) -> None:
    """The mark alone is no reason for doubt."""
    mailbox.client.create_folder("Again")
    rig = build(account, mailbox, folders=("INBOX", "Again"))
    rig.pass_once()
    rig.api.plan = parse_plan("400")
    uid = mailbox.append(inquiry(1))
    rig.pass_once()
    assert mailbox.flags()[uid] == {"MailbridgeReview"}
    mailbox.move([uid], "Again")
    rig.pass_once()
    assert visitors(rig) == ["Prune1"]


@pytest.mark.parametrize("start", [LONG_AGO, None], ids=["start", "first start"])
def test_folders_keep_every_mail_from_being_sent_again(
    build: Builder,
    pymap_account: Account,
    pymap_mailbox: Mailbox,
    empty: Ledger,
    start: datetime | None,
) -> None:
    rig = build(pymap_account, pymap_mailbox)
    rig.pass_once()
    fill(rig)
    requests = len(rig.api.requests)
    start_anew(rig, empty, start)
    assert len(rig.api.requests) == requests
    assert rig.outcomes == (["ignored", "unmatched"] if start else [])
    assert len(pymap_mailbox.subjects("Leads/Review")) == 3
    pymap_mailbox.append(inquiry(9))
    rig.pass_once()
    assert visitors(rig)[-1] == "Prune9"


@pytest.mark.parametrize("start", [LONG_AGO, None], ids=["start", "first start"])
def test_marked_in_the_ledger_alone_only_a_first_start_sends_nothing_again(
    build: Builder, account: Account, mailbox: Mailbox, empty: Ledger, start: datetime | None
) -> None:
    """As docs/marking.md says: the second safety is gone."""
    rig = build(account, mailbox, marking=Marking.LEDGER)
    rig.pass_once()
    mailbox.append(inquiry(1))
    rig.pass_once()
    start_anew(rig, empty, start)
    assert visitors(rig) == (["Prune1", "Prune1"] if start else ["Prune1"])


@pytest.mark.parametrize("start", [LONG_AGO, None], ids=["start", "first start"])
def test_a_mark_that_was_due_and_not_placed_is_the_window(
    rig: Rig, empty: Ledger, start: datetime | None
) -> None:
    """Sent, and the ledger lost before the mark: only `start:` sends it again."""
    rig.mailbox.append(inquiry(1))
    rig.bridge.poll()
    rig.dispatch.deliver(lambda: False)
    assert len(rig.ledger.to_mark(rig.bridge.name, 9)) == 1
    start_anew(rig, empty, start)
    assert visitors(rig) == (["Prune1", "Prune1"] if start else ["Prune1"])


@pytest.mark.parametrize("start", [LONG_AGO, None], ids=["start", "first start"])
def test_a_lead_that_waited_is_taken_in_again_by_start_alone(
    rig: Rig, empty: Ledger, start: datetime | None
) -> None:
    rig.mailbox.append(inquiry(1))
    rig.bridge.poll()
    assert rig.outcomes == ["deferred"]
    start_anew(rig, empty, start)
    assert visitors(rig) == (["Prune1"] if start else [])
