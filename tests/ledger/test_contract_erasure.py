"""Contents leave the ledger; what counts and recognises stays. On both databases."""

import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from mailbridge.ledger.answers import NotResolved, NotRetried
from mailbridge.ledger.ledger import Ledger
from mailbridge.ledger.records import NewLead, NewMail, State, Word
from mailbridge.ledger.tables import metadata
from mailbridge.outcomes import Outcome
from tests.ledger.making import FOREVER, MINUTE, T0, mail, outcome, sent_mail, settled

DAY = timedelta(days=1)
NOW = T0 + 100 * DAY
SECRET = "Prune Essai prune@example.org"


def secret_mail(uid: int, outcome: Outcome = Outcome.LEAD) -> dict[str, Any]:
    return {
        "subject": f"Subject of {SECRET}",
        "message_id": f"{uid}-{SECRET}",
        "text": f"Text of {SECRET} " * 50,
        "text_part": "text",
        "raw": f"Raw of {SECRET} ".encode() * 50,
        "outcome": outcome,
        "portal": "portal.example.org",
    }


def secret_lead(number: int, size: int = 1) -> NewLead:
    return NewLead(
        part=1,
        payload={"sender_message": f"Payload of {SECRET}" * size},
        fingerprint=f"fingerprint-{number}",
        fields={"sender_message": {"value": SECRET * size, "raw": SECRET, "span": [3, 14]}},
    )


def recorded(ledger: Ledger, uid: int, state: State) -> int:
    """A mail with one lead, full of secrets, that has gone to that state."""
    [number] = ledger.record([mail(uid, secret_lead(uid), **secret_mail(uid))], None, T0)
    if state is not State.QUEUED:
        claimed = ledger.claim(T0)
        if state is not State.SENDING:
            ledger.settle(settled(claimed, state, detail=f"The API said {SECRET}", status=400))
    return number


def everything(ledger: Ledger) -> str:
    """All that any table holds."""
    with ledger._database.reading() as connection:
        rows = [connection.execute(sa.select(table)).all() for table in metadata.sorted_tables]
    return repr(rows)


def test_everything_sees_contents(ledger: Ledger) -> None:
    recorded(ledger, 1, State.SENT)
    assert everything(ledger).count("Prune Essai") >= 5


@pytest.mark.parametrize("state", [State.SENT, State.REJECTED])
def test_forgetting_leaves_no_content_in_any_table(ledger: Ledger, state: State) -> None:
    number = recorded(ledger, 1, state)
    before = ledger.mail(number)
    assert ledger.forget([number], NOW) == [number]
    assert "Prune" not in everything(ledger)
    found = ledger.mail(number)
    assert found is not None
    assert before is not None
    assert (found.emptied, found.outcome, found.portal) == (NOW, before.outcome, before.portal)
    assert (found.identity, found.place, found.size) == (before.identity, before.place, 2_800)
    assert [(a.name, a.at) for a in found.acts] == [("forget", NOW)]
    [at], [was] = found.leads, before.leads
    assert (at.state, at.fingerprint, at.remote_id) == (was.state, was.fingerprint, was.remote_id)
    [attempt] = at.attempts
    assert (attempt.started, attempt.status, attempt.detail) == (T0, 400, "")


def test_what_is_past_its_time_keeps_its_message_id_and_is_no_act(ledger: Ledger) -> None:
    number = recorded(ledger, 1, State.SENT)
    assert ledger.expire([number], NOW) == [number]
    found = ledger.mail(number)
    assert found is not None
    assert found.message_id == f"1-{SECRET}"
    assert (found.subject, found.text, found.raw, found.acts) == ("", "", b"", ())
    assert ledger.with_contents() == [number]  # by its Message-ID
    ledger.forget([number], NOW)
    assert ledger.with_contents() == []


@pytest.mark.parametrize("state", [State.QUEUED, State.SENDING, State.DEFERRED, State.IN_DOUBT])
def test_a_lead_that_may_still_be_sent_is_not_erased(ledger: Ledger, state: State) -> None:
    number = recorded(ledger, 1, state)
    assert ledger.expired(NOW, NOW) == []
    assert ledger.expire([number], NOW) == ledger.forget([number], NOW) == []
    found = ledger.mail(number)
    assert found is not None
    assert found.leads[0].payload == {"sender_message": f"Payload of {SECRET}"}
    assert found.emptied is None


def test_what_waits_for_a_person_is_kept_longer(ledger: Ledger) -> None:
    done = recorded(ledger, 1, State.SENT)
    refused = recorded(ledger, 2, State.REJECTED)
    [incomplete] = ledger.record([mail(3, **secret_mail(3, Outcome.INCOMPLETE))], None, T0)
    assert ledger.expired(T0, T0) == []
    assert ledger.expired(T0 + MINUTE, T0) == [done]
    assert ledger.expired(T0 + MINUTE, T0 + MINUTE) == [done, refused, incomplete]
    ledger.resolve(incomplete, Word.NOT_SENT, NOW)
    assert ledger.expired(T0 + MINUTE, T0) == [done, incomplete]
    ledger.expire([done, incomplete], NOW)
    assert ledger.expired(NOW, NOW) == [refused]


def test_a_mail_to_be_decided_anew_is_not_emptied_before(ledger: Ledger) -> None:
    [number] = ledger.record([mail(1, **secret_mail(1, Outcome.INCOMPLETE))], None, T0)
    ledger.retry(number, T0)
    assert ledger.expired(NOW, NOW) == []


def test_an_emptied_mail_is_known_again(ledger: Ledger) -> None:
    number = recorded(ledger, 1, State.SENT)
    ledger.forget([number], NOW)
    known = ledger.history(["identity-1"], ["fingerprint-1"], FOREVER)
    assert known.mails["identity-1"].emptied
    assert known.leads["fingerprint-1"].mail == number
    with ledger.writing() as book:
        assert not book.history(["identity-1"], [], FOREVER, but=number).mails


def test_nothing_is_sent_of_an_emptied_lead(ledger: Ledger) -> None:
    number = recorded(ledger, 1, State.REJECTED)
    ledger.forget([number], NOW)
    answer = ledger.retry(number, NOW)
    assert isinstance(answer, NotRetried)
    assert "contents were erased" in answer.reason
    ledger.resolve(number, Word.NOT_SENT, NOW)
    assert outcome(ledger, number) is Outcome.IGNORED

    doubted = sent_mail(ledger, 2, State.IN_DOUBT)
    ledger.resolve(doubted, Word.SENT, NOW)
    ledger.expire([doubted], NOW)
    refused = ledger.resolve(doubted, Word.NOT_SENT, NOW)
    assert isinstance(refused, NotResolved)
    assert "contents were erased" in refused.reason
    assert outcome(ledger, doubted) is Outcome.SENT
    assert ledger.claim(NOW) is None


def test_counts_stay(ledger: Ledger) -> None:
    numbers = [recorded(ledger, uid, State.SENT) for uid in range(1, 4)]
    before = ledger.summary()
    ledger.expire(numbers, NOW)
    after = ledger.summary()
    assert (after.outcomes, after.portals) == (before.outcomes, before.portals)


# The file itself


def test_erased_contents_leave_the_file(sqlite_url: str) -> None:
    """`secure_delete` alone leaves traces where rows were moved; this finds them."""
    file = Path(sqlite_url.removeprefix("sqlite:///"))
    journal = file.with_name(file.name + "-wal")
    with Ledger.open(sqlite_url) as ledger:
        # Sizes that make rows overflow and grow, pages split and merge, indexes move.
        def secrets(uid: int, turn: int) -> NewMail:
            sized = {"subject": f"{uid} {SECRET}" * (1 + (uid * 7 + turn) % 17)}
            sized |= {"text": SECRET * (1 + uid % 90), "raw": b""}
            return mail(
                uid, secret_lead(uid, 1 + (uid * 31 + turn * 17) % 70), **secret_mail(uid) | sized
            )

        numbers = ledger.record([secrets(uid, 0) for uid in range(1, 400)], None, T0)
        for turn in range(1, 5):
            with ledger.writing() as book:
                for uid in range(turn, 400, 1 + turn):
                    book.redecide(numbers[uid - 1], secrets(uid, turn))
        claimed = ledger.claim(T0)
        while claimed:
            end = settled(claimed, State.SENT, detail=SECRET * (claimed.lead % 40))
            claimed = ledger.settle_and_claim(end, T0)
        assert b"Prune Essai" in file.read_bytes() + journal.read_bytes()
        ledger.forget(numbers, NOW)
        assert ledger.scrub()
        assert b"Prune Essai" not in file.read_bytes()
        assert b"Prune Essai" not in journal.read_bytes()
        assert len(ledger.mails(limit=1000)) == 399


def test_a_reader_that_keeps_the_journal_is_told_of(sqlite_url: str) -> None:
    with Ledger.open(sqlite_url) as ledger:
        number = recorded(ledger, 1, State.SENT)
        reader = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM mails").fetchone()
        ledger.forget([number], NOW)
        assert not ledger.scrub()
        reader.close()
        assert ledger.scrub()


def test_what_was_unsettled_stays_claimable_after_a_scrub(ledger: Ledger) -> None:
    recorded(ledger, 1, State.QUEUED)
    assert ledger.scrub()
    assert ledger.claim(T0) is not None
