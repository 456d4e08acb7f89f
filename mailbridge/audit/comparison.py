"""One mail as the server shows it against the ledger's word on it. Pure: no I/O.

What is no disagreement: a mark that is still due, the old mark of a mail that is
being sent again, a mark made in another way before the settings changed.
"""

from collections.abc import Collection
from datetime import datetime

from mailbridge.audit.finding import Count, Finding
from mailbridge.filing import MARKS
from mailbridge.inbox.marks import Mark, Marking
from mailbridge.ledger.records import Cursor
from mailbridge.ledger.views import Standing
from mailbridge.outcomes import Outcome


def marks_in(flags: Collection[str]) -> frozenset[Mark]:
    """Tell all marks that a mail's flags show; keywords ignore case (RFC 9051, section 2.3.2)."""
    shown = {flag.lower() for flag in flags}
    return frozenset(mark for mark in Mark if mark.keyword.lower() in shown)


def compare_recorded(
    where: str, standing: Standing, shown: frozenset[Mark] | None, marking: Marking
) -> Finding | Count:
    """Judge a recorded mail in a folder that is read; `shown` is None where it cannot be had."""
    if standing.mark_due:
        return Count.MARK_DUE
    if shown is None:
        return Count.AGREES
    wanted = MARKS.get(standing.outcome)
    if wanted is None:  # on its way again; the mark of before stays until it has arrived
        if Mark.SENT in shown:
            return _wrong_mark(where, standing, shown, "Remove the keyword.")
        return Count.AGREES
    if shown - {wanted}:
        return _wrong_mark(where, standing, shown, f"Leave {wanted.keyword} alone on it.")
    if shown:
        return Count.AGREES
    if marking is Marking.KEYWORDS:
        return Finding(
            code="mark-missing",
            where=where,
            mail=standing.mail,
            text=f"The ledger says {standing.outcome}, but the mail bears no mark.",
            remedy=f"Give it the keyword {wanted.keyword}, or leave it: the ledger is the truth.",
        )
    if marking is Marking.FOLDERS and wanted is not Mark.IGNORED:
        return Finding(
            code="not-moved",
            where=where,
            mail=standing.mail,
            text=f"The ledger says {standing.outcome}, but the mail was not moved.",
            remedy="Move it by hand, or leave it: the ledger is the truth.",
        )
    return Count.AGREES


def _wrong_mark(where: str, standing: Standing, shown: frozenset[Mark], remedy: str) -> Finding:
    borne = " and ".join(mark.keyword for mark in Mark if mark in shown)
    return Finding(
        code="mark-wrong",
        where=where,
        mail=standing.mail,
        text=f"The ledger says {standing.outcome}, but the mail bears {borne}.",
        remedy=remedy,
    )


def compare_unrecorded(
    where: str,
    uid: int,
    shown: frozenset[Mark],
    cursor: Cursor | None,
    received: datetime | None,
) -> Finding | Count:
    """Judge a mail in a folder that is read and of which the ledger has no record.

    `cursor` is that of the folder as it is now, None where it was never read.
    """
    if cursor is not None and uid >= cursor.next_uid:
        return Count.UNREAD
    if cursor is not None and _was_due(uid, cursor, received):
        return Finding(
            code="not-recorded",
            where=where,
            text="The mail came after the first start, but the ledger has no record of it.",
            remedy="Move it to another folder and back: it is then read as a new mail.",
        )
    if shown:
        borne = " and ".join(mark.keyword for mark in Mark if mark in shown)
        return Finding(
            code="mark-unknown",
            where=where,
            text=f"The mail bears {borne}, but the ledger has no record of it.",
            remedy=_OTHER_LEDGER,
        )
    return Count.OLD


_OTHER_LEDGER = "Was the ledger lost, or is it another one? See `ledger.url`."


def _was_due(uid: int, cursor: Cursor, received: datetime | None) -> bool:
    if uid >= cursor.fresh_from:
        return True
    since = cursor.backlog_since
    return since is not None and received is not None and received >= since


def compare_filed(
    where: str, folder: str, mark: Mark, candidates: Collection[Standing]
) -> Finding | Count:
    """Judge a mail in the folder of a mark; `candidates` are all that it may be in the ledger."""
    if any(one.mark_due for one in candidates):
        return Count.MARK_DUE
    if any(_may_lie(one, mark) for one in candidates):
        return Count.AGREES
    for one in candidates:
        return Finding(
            code="wrong-folder",
            where=where,
            mail=one.mail,
            text=f"The ledger says {one.outcome}, but the mail lies in {folder}.",
            remedy="Move it where it belongs, or leave it: the ledger is the truth.",
        )
    return Finding(
        code="mark-unknown",
        where=where,
        text=f"The mail lies in {folder}, but the ledger has no record of it.",
        remedy=_OTHER_LEDGER,
    )


def _may_lie(standing: Standing, mark: Mark) -> bool:
    wanted = MARKS.get(standing.outcome)
    if wanted is Mark.IGNORED:
        return True  # it was filed before it was decided anew; an ignored mail stays where it is
    if standing.outcome is Outcome.DEFERRED:
        return standing.marked == mark.value
    return wanted is mark
