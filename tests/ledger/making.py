"""Mails and leads for these tests; every name, address and sentence is invented."""

from datetime import UTC, datetime, timedelta
from typing import Any

from mailbridge.ledger.ledger import Ledger
from mailbridge.ledger.records import Claimed, Cursor, NewLead, NewMail, Place, Settlement, State
from mailbridge.outcomes import Outcome

T0 = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
FOREVER = T0 - timedelta(days=10_000)


def place(uid: int, *, folder: str = "INBOX", uidvalidity: int = 7, inbox: str = "sales") -> Place:
    return Place(inbox, folder, uidvalidity, uid)


def lead(number: int, *, part: int = 1, duplicate_of: int | None = None) -> NewLead:
    return NewLead(
        part=part,
        payload={"sender_message": f"Inquiry {number}", "date": 1_772_352_000 + number},
        fingerprint=f"fingerprint-{number}",
        fields={"sender_message": {"value": f"Inquiry {number}", "span": [3, 14]}},
        duplicate_of=duplicate_of,
    )


def mail(uid: int, *leads: NewLead, **values: Any) -> NewMail:
    """A mail at UID `uid`; to be sent where it has leads, else unmatched."""
    given: dict[str, Any] = {
        "place": place(uid),
        "identity": f"identity-{uid}",
        "message_id": f"m{uid}@portal.example.org",
        "received": T0,
        "size": 2_800,
        "outcome": Outcome.LEAD if leads else Outcome.UNMATCHED,
        "portal": "portal.example.org" if leads else "",
        "subject": f"Inquiry {uid}",
        "leads": leads,
    }
    return NewMail(**(given | values))


def cursor(next_uid: int, **values: Any) -> Cursor:
    given: dict[str, Any] = {
        "inbox": "sales",
        "folder": "INBOX",
        "uidvalidity": 7,
        "next_uid": next_uid,
        "fresh_from": 1,
        "backlog_since": None,
        "first_started": T0,
    }
    return Cursor(**(given | values))


def settled(claimed: Claimed | None, state: State, **values: Any) -> Settlement:
    assert claimed is not None
    given: dict[str, Any] = {
        "lead": claimed.lead,
        "mail": claimed.mail,
        "state": state,
        "at": T0 + MINUTE,
    }
    return Settlement(**(given | values))


def sent_mail(ledger: Ledger, uid: int, state: State = State.SENT, **values: Any) -> int:
    """A mail with one lead that has gone all the way to that state."""
    [number] = ledger.record([mail(uid, lead(uid))], None, T0)
    ledger.settle(settled(ledger.claim(T0), state, **values))
    return number


def outcome(ledger: Ledger, number: int) -> Outcome:
    found = ledger.mail(number)
    assert found is not None
    return found.outcome
