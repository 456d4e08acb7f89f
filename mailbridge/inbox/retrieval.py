"""Retrieval: FETCH for many mails, so that one that cannot be had spoils no other.

A server has three ways to fail on one mail: it answers NO, it answers what nobody
understands, or it ends the connection (Dovecot, on a mail that it cannot read).
Each spoils the whole batch, so then every mail is asked for alone. A connection that
ends at every mail says nothing of the mails: then it is the server that cannot be used.
"""

from collections.abc import Callable, Mapping, Sequence

from mailbridge.inbox import faults
from mailbridge.inbox.faults import BrokenOff, Declined, Garbled
from mailbridge.inbox.session import Row, Session

_ATTEMPTS = 2
_MOST_BROKEN_OFF = 3
"""After so many mails in one batch it is the server's fault, not the mails'."""

_GARBLED = "The server's answer for this mail cannot be understood."
_BROKEN_OFF = "The server ends the connection whenever it is asked for this mail."


def retrieve(
    session: Session, uids: Sequence[int], items: Sequence[str], reopen: Callable[[], object]
) -> tuple[Mapping[int, Row], Mapping[int, str]]:
    """Give the rows by UID, and the reason for each mail that cannot be had.

    A mail that is gone is in neither. `reopen` opens the folder after a connection
    that the server ended was made anew.
    """
    try:
        return session.fetch(uids, items), {}
    except (Declined, Garbled):
        pass
    except BrokenOff:
        session.connect()
        reopen()
    rows: dict[int, Row] = {}
    broken: dict[int, str] = {}
    there = session.existing(uids)
    for uid in (uid for uid in uids if uid in there):
        found = _retrieve_one(session, uid, items, reopen)
        if isinstance(found, str):
            broken[uid] = found
        else:
            rows.update(found)
        if list(broken.values()).count(_BROKEN_OFF) >= _MOST_BROKEN_OFF:
            raise faults.unreachable(
                session.account, "the server ends the connection for one mail after another."
            )
    if broken and not rows and set(broken.values()) == {_BROKEN_OFF}:
        raise faults.unreachable(
            session.account, "the server ends the connection whenever it is asked for a mail."
        )
    return rows, broken


def _retrieve_one(
    session: Session, uid: int, items: Sequence[str], reopen: Callable[[], object]
) -> Mapping[int, Row] | str:
    """Give the row, nothing for a mail that is gone, or the reason."""
    for _ in range(_ATTEMPTS):
        try:
            return session.fetch([uid], items)
        except Declined as exc:
            if not session.existing([uid]):
                return {}
            return f"The server does not hand this mail over: {exc.text.rstrip('.') or 'NO'}."
        except Garbled:
            return _GARBLED
        except BrokenOff:
            session.connect()
            reopen()
    return _BROKEN_OFF
