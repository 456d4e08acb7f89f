"""Decisions into the ledger: what is known already is found out in the same transaction.

Must not fetch, send or mark.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from mailbridge.decision import Decision, doubted_by_mark, without_doubles
from mailbridge.inbox.mail import Broken, Mail
from mailbridge.inbox.marks import Mark, marks_of
from mailbridge.ledger.ledger import Ledger
from mailbridge.ledger.records import Cursor, History, MailRecord, NewLead, NewMail, Place
from mailbridge.log import logger
from mailbridge.outcomes import Outcome
from mailbridge.problems import Problem

GONE = Problem(
    code="mail-gone",
    text="The mail is no longer where it lay, so it could not be read again.",
    remedy="Move it back into the inbox, or enter the lead by hand.",
)

Decided = tuple[Mail | Broken, Decision | None]
"""A mail with its decision; a broken one has none."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Which inbox the mails are from, and how far back an inquiry can be a duplicate."""

    inbox: str
    window: timedelta


def record(
    ledger: Ledger,
    origin: Origin,
    decided: Iterable[Decided],
    cursor: Cursor,
    at: datetime,
) -> Sequence[NewMail]:
    """Write decisions and cursor in one transaction, without what the ledger has already.

    The look at the past and the record stand in the same transaction, so two
    inboxes that receive the same inquiry at once cannot both send it.
    """
    decided = list(decided)
    earliest = min((m.received for m, _ in decided if isinstance(m, Mail)), default=at)
    recorded: list[NewMail] = []
    with ledger.writing() as book:
        for group in _without_repeats(decided):
            decisions = [decision for _, decision in group if decision]
            history = book.history(
                {d.identity for d in decisions},
                {f for d in decisions for f in _fingerprints(d)},
                earliest - origin.window,
            )
            fresh = []
            for mail, decision in group:
                place = Place(origin.inbox, mail.folder, mail.uidvalidity, mail.uid)
                old = _same_place(history, decision, place)
                if old is None:
                    if isinstance(mail, Mail) and decision:
                        decision = _look_back(mail, decision, history)
                    new = _new_mail(mail, decision, place, at)
                    fresh.append(_without_contents(new) if _was_erased(history, decision) else new)
                else:
                    book.relocate(old, place)
            book.record(fresh, None, at)
            recorded += fresh
        book.record([], cursor, at)
    return recorded


def record_again(
    ledger: Ledger,
    origin: Origin,
    known: MailRecord,
    decided: Decided | None,
    at: datetime,
) -> NewMail:
    """Replace the decision on a mail; None says that the mail is gone, and the old one stays."""
    with ledger.writing() as book:
        if decided is None:
            fresh = NewMail(
                place=known.place,
                identity=known.identity,
                message_id=known.message_id,
                received=known.received,
                size=known.size,
                outcome=known.outcome,
                portal=known.portal,
                subject=known.subject,
                problems=(*(p for p in known.problems if p != GONE), GONE),
            )
        else:
            mail, decision = decided
            prints = _fingerprints(decision) if decision else ()
            same = (decision.identity,) if decision else ()
            history = book.history(same, prints, known.received - origin.window, but=known.id)
            decision = without_doubles(decision, history) if decision else None
            fresh = _new_mail(mail, decision, known.place, at)
            if known.emptied:
                fresh = _without_contents(fresh)
        book.redecide(known.id, fresh)
    return fresh


def _without_repeats(
    decided: Sequence[Decided],
) -> Iterator[list[Decided]]:
    """Cut where a mail or an inquiry comes a second time, so that the first is on record."""
    group: list[Decided] = []
    seen: set[str] = set()
    for mail, decision in decided:
        keys = {decision.identity, *_fingerprints(decision)} if decision else set()
        if keys & seen:
            yield group
            group, seen = [], set()
        group.append((mail, decision))
        seen |= keys
    if group:
        yield group


def _fingerprints(decision: Decision) -> list[str]:
    return [one.prepared.fingerprint for one in decision.wanted]


def _same_place(history: History, decision: Decision | None, place: Place) -> int | None:
    """Give the mail's id when it lies where it did, or only its folder was made anew."""
    known = history.mails.get(decision.identity) if decision else None
    if known is None:
        return None
    if known.place.uidvalidity == place.uidvalidity:
        return known.id if known.place == place else None
    same = (known.place.inbox, known.place.folder) == (place.inbox, place.folder)
    return known.id if same else None


def _look_back(mail: Mail, decision: Decision, history: History) -> Decision:
    decision = without_doubles(decision, history)
    marked = marks_of(mail.flags)
    return doubted_by_mark(decision, history) if marked is Mark.REVIEW else decision


def _was_erased(history: History, decision: Decision | None) -> bool:
    known = history.mails.get(decision.identity) if decision else None
    return known is not None and known.emptied


def _without_contents(new: NewMail) -> NewMail:
    """Keep nothing of a mail whose contents were erased before, unless a lead is to be sent."""
    if new.outcome is Outcome.LEAD:
        return new
    return replace(new, subject="", message_id="", text="", text_part="", raw=b"", leads=())


def _new_mail(
    mail: Mail | Broken, decision: Decision | None, place: Place, at: datetime
) -> NewMail:
    if isinstance(mail, Broken) or decision is None:
        reason = mail.reason if isinstance(mail, Broken) else ""
        return NewMail(
            place=place,
            identity=f"{place.inbox}/{place.folder}/{place.uidvalidity}/{place.uid}",
            message_id="",
            received=at,
            size=0,
            outcome=Outcome.UNREADABLE,
            problems=(Problem(code="not-fetched", text=reason),),
        )
    # A lead is told when it is sent; here only what will not be.
    say = logger().debug if decision.outcome is Outcome.LEAD else logger().info
    say(
        "mail decided",
        inbox=place.inbox,
        uid=place.uid,
        outcome=decision.outcome.value,
        portal=decision.portal,
    )
    message, reading = decision.message, decision.reading
    sending = decision.outcome in {Outcome.LEAD, Outcome.DUPLICATE}
    return NewMail(
        place=place,
        identity=decision.identity,
        message_id=message.message_id,
        received=mail.received,
        size=mail.size,
        outcome=decision.outcome,
        portal=decision.portal,
        subject=(decision.inside or message).subject if decision.portal else "",
        problems=decision.problems,
        leads=tuple(
            NewLead(
                part=one.part,
                payload=one.payload,
                fingerprint=one.prepared.fingerprint,
                fields={name: found.as_json() for name, found in one.inquiry.fields.items()},
                duplicate_of=one.duplicate_of,
                to=one.to,
            )
            for one in decision.wanted
        )
        if sending
        else (),
        text=reading.text if reading else "",
        text_part=reading.part if reading else "",
        raw=mail.raw if decision.outcome.for_review else b"",
        duplicate_of=decision.duplicate_of,
    )
