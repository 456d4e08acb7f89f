"""Mails in the ledger: recorded once per place, decided anew, found elsewhere, read.

Every function works on the connection that it is given; who calls it holds the
transaction.
"""

import zlib
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from mailbridge.ledger.acts import acts_of
from mailbridge.ledger.leads import insert_leads, leads_of, new_states
from mailbridge.ledger.outcome import outcome_of
from mailbridge.ledger.records import Act, LeadRecord, MailRecord, NewMail, Place
from mailbridge.ledger.tables import (
    CHUNK,
    MESSAGE_ID_LIMIT,
    attempts,
    lead_contents,
    leads,
    mail_contents,
    mails,
)
from mailbridge.outcomes import Outcome
from mailbridge.problems import Problem

_INSERT_MAILS = mails.insert().inline()
_INSERT_CONTENTS = mail_contents.insert().inline()
_ANSWER = (
    sa.select(attempts.c.detail)
    .join(leads, leads.c.id == attempts.c.lead)
    .where(leads.c.mail == mails.c.id)
    .order_by(attempts.c.id.desc())
    .limit(1)
    .correlate(mails)
    .scalar_subquery()
    .label("answer")
)
_COLUMNS = [c for c in mails.c if c.name not in {"decided", "mark_due", "again", "word"}]


def insert_mails(connection: Connection, new: Sequence[NewMail], seen: datetime) -> list[int]:
    """Record the mails whose place is not known yet; the ids of all, in their order.

    Where another mail is recorded at a place, that one lies there no more.
    """
    known = _find_places(connection, [mail.place for mail in new])
    if known:
        for place in _displace(connection, known, {mail.place: mail.identity for mail in new}):
            del known[place]
    fresh = {mail.place: mail for mail in new if mail.place not in known}
    if fresh:
        connection.execute(_INSERT_MAILS, [_row(mail, seen) for mail in fresh.values()])
        known |= _find_places(connection, fresh)
        contents = [
            _contents(known[place], mail) for place, mail in fresh.items() if mail.text or mail.raw
        ]
        if contents:
            connection.execute(_INSERT_CONTENTS, contents)
        insert_leads(connection, {known[p]: m.leads for p, m in fresh.items() if m.leads}, seen)
    return [known[mail.place] for mail in new]


def _displace(
    connection: Connection, known: Mapping[Place, int], identities: Mapping[Place, str]
) -> list[Place]:
    """Put mails nowhere whose place has another one now; those places.

    Nowhere is UIDVALIDITY 0, which no server gives (RFC 9051, section 2.3.1.1): a mark
    that is still due is given up, and the mail is known again wherever it turns up.
    """
    displaced = []
    for place, mail in known.items():
        here = mails.c.id == mail
        was = connection.execute(sa.select(mails.c.identity).where(here)).scalar_one()
        if was != identities[place]:
            nowhere = {"uidvalidity": 0, "uid": mail}
            connection.execute(mails.update().where(here).values(nowhere))
            displaced.append(place)
    return displaced


def redecide(connection: Connection, mail: int, new: NewMail) -> bool:
    """Replace a mail's decision; False where one of its leads was ever tried: it stays as it is.

    `new.place` is where the mail was read now; the row keeps its own.
    """
    tried = sa.select(attempts.c.id).join(leads).where(leads.c.mail == mail).limit(1)
    free = connection.execute(tried).first() is None
    if free:
        gone = sa.select(leads.c.id).where(leads.c.mail == mail)
        connection.execute(lead_contents.delete().where(lead_contents.c.lead.in_(gone)))
        connection.execute(leads.delete().where(leads.c.mail == mail))
        seen = connection.execute(sa.select(mails.c.seen).where(mails.c.id == mail)).scalar_one()
        row = _row(new, seen)
        decision = {key: row[key] for key in _DECISION}
        if new.text or new.raw or new.leads:
            decision["emptied"] = None  # it has contents again, for retention to find
        connection.execute(mails.update().where(mails.c.id == mail).values(decision))
        connection.execute(mail_contents.delete().where(mail_contents.c.mail == mail))
        if new.text or new.raw:
            connection.execute(_INSERT_CONTENTS, [_contents(mail, new)])
        insert_leads(connection, {mail: new.leads}, seen)
    connection.execute(mails.update().where(mails.c.id == mail).values(again=False))
    return free


def relocate(connection: Connection, mail: int, place: Place) -> bool:
    """Note that the same mail lies elsewhere now; False where another mail is recorded there."""
    holder = _find_places(connection, [place]).get(place, mail)
    if holder != mail:
        return False
    connection.execute(
        mails.update()
        .where(mails.c.id == mail)
        .values(
            inbox=place.inbox,
            folder=place.folder,
            uidvalidity=place.uidvalidity,
            uid=place.uid,
            # Marks may not have come along. A deferred mail gets its mark once settled.
            mark_due=mails.c.outcome != Outcome.DEFERRED,
        )
    )
    return True


def list_mails(
    connection: Connection,
    *,
    outcomes: Collection[Outcome] | None,
    inbox: str | None,
    portal: str | None,
    search: str,
    limit: int,
    before_id: int | None,
) -> list[MailRecord]:
    """List the newest mails first, without leads, text and raw."""
    query = sa.select(*_COLUMNS, _ANSWER).order_by(mails.c.id.desc()).limit(limit)
    if outcomes is not None:
        query = query.where(mails.c.outcome.in_([str(outcome) for outcome in outcomes]))
    if inbox is not None:
        query = query.where(mails.c.inbox == inbox)
    if portal is not None:
        query = query.where(mails.c.portal == portal)
    if before_id is not None:
        query = query.where(mails.c.id < before_id)
    wanted = search.strip()
    if wanted:
        is_it = mails.c.message_id == wanted.strip("<>")[:MESSAGE_ID_LIMIT]
        if wanted.isascii() and wanted.isdigit() and len(wanted) < 19:  # fits 64 bits
            is_it |= mails.c.id == int(wanted)
        query = query.where(is_it)
    return [_mail_record(row) for row in connection.execute(query).mappings()]


def list_by_id(connection: Connection, chosen: Collection[int]) -> list[MailRecord]:
    """List these mails, the newest first, without leads, text and raw."""
    query = sa.select(*_COLUMNS, _ANSWER).where(mails.c.id.in_(chosen)).order_by(mails.c.id.desc())
    return [_mail_record(row) for row in connection.execute(query).mappings()]


def read_mail(connection: Connection, mail: int) -> MailRecord | None:
    """One mail with all that is known of it."""
    query = _with_contents().where(mails.c.id == mail)
    row = connection.execute(query).mappings().first()
    if row is None:
        return None
    return _mail_record(row, leads_of(connection, mail), acts_of(connection, mail))


def mails_to_decide_again(connection: Connection, inbox: str) -> list[int]:
    """Those that a person wants decided anew, oldest first."""
    query = sa.select(mails.c.id).where(mails.c.again, mails.c.inbox == inbox)
    return list(connection.execute(query.order_by(mails.c.id)).scalars())


_DECISION = (
    "identity", "message_id", "decided", "outcome", "portal", "subject", "problems",
    "duplicate_of", "mark_due", "word",
)  # fmt: skip


def _row(mail: NewMail, seen: datetime) -> dict[str, Any]:
    if not mail.leads and mail.outcome in {Outcome.LEAD, Outcome.SENT, Outcome.DEFERRED}:
        msg = f"a mail without a lead cannot have the outcome {mail.outcome}"
        raise ValueError(msg)
    outcome = outcome_of(mail.outcome, new_states(mail.leads))
    place = mail.place
    return {
        "inbox": place.inbox,
        "folder": place.folder,
        "uidvalidity": place.uidvalidity,
        "uid": place.uid,
        "identity": mail.identity,
        "message_id": mail.message_id[:MESSAGE_ID_LIMIT],
        "received": mail.received,
        "seen": seen,
        "size": mail.size,
        "decided": str(mail.outcome),
        "outcome": str(outcome),
        "portal": mail.portal,
        "subject": mail.subject,
        "problems": [_problem_row(problem) for problem in mail.problems],
        "duplicate_of": mail.duplicate_of,
        "marked": "",
        "mark_due": outcome is not Outcome.DEFERRED,
        "again": False,
        "word": "",
        "emptied": None,
    }


def _problem_row(problem: Problem) -> dict[str, str | int]:
    names = ("file", "line", "column", "key", "code", "text", "remedy")
    return {name: value for name in names if (value := getattr(problem, name))}


def _contents(mail: int, new: NewMail) -> dict[str, Any]:
    text = new.text.encode("utf-8", "surrogatepass")
    return {
        "mail": mail,
        # Level 1: half the time of the default for a tenth more space.
        "text": zlib.compress(text, 1) if text else None,
        "text_part": new.text_part,
        "raw": zlib.compress(new.raw, 1) if new.raw else None,
    }


def _find_places(connection: Connection, places: Collection[Place]) -> dict[Place, int]:
    folders: dict[tuple[str, str, int], list[int]] = {}
    for place in places:
        folders.setdefault((place.inbox, place.folder, place.uidvalidity), []).append(place.uid)
    found: dict[Place, int] = {}
    for (inbox, folder, uidvalidity), uids in folders.items():
        for start in range(0, len(uids), CHUNK):
            query = sa.select(mails.c.id, mails.c.uid).where(
                mails.c.uid.in_(uids[start : start + CHUNK]),
                mails.c.uidvalidity == uidvalidity,
                mails.c.folder == folder,
                mails.c.inbox == inbox,
            )
            for mail, uid in connection.execute(query):
                found[Place(inbox, folder, uidvalidity, uid)] = mail
    return found


def _with_contents() -> sa.Select[Any]:
    contents = (mail_contents.c.text, mail_contents.c.text_part, mail_contents.c.raw)
    return sa.select(*_COLUMNS, *contents).outerjoin_from(mails, mail_contents)


def _mail_record(
    row: RowMapping, of_mail: tuple[LeadRecord, ...] = (), done: tuple[Act, ...] = ()
) -> MailRecord:
    text = row.get("text")
    raw = row.get("raw")
    return MailRecord(
        id=row["id"],
        place=Place(row["inbox"], row["folder"], row["uidvalidity"], row["uid"]),
        identity=row["identity"],
        message_id=row["message_id"],
        received=row["received"],
        seen=row["seen"],
        size=row["size"],
        outcome=Outcome(row["outcome"]),
        portal=row["portal"],
        subject=row["subject"],
        problems=tuple(Problem(**problem) for problem in row["problems"]),
        marked=row["marked"],
        duplicate_of=row["duplicate_of"],
        answer=row.get("answer") or "",
        emptied=row["emptied"],
        leads=of_mail,
        acts=done,
        text=zlib.decompress(text).decode("utf-8", "surrogatepass") if text else "",
        text_part=row.get("text_part") or "",
        raw=zlib.decompress(raw) if raw else b"",
    )
