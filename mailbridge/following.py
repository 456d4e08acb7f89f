"""Following a folder: up to where it has been read, and what has come since.

Must not fetch, decide or record.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from mailbridge.inbox.imap import ImapInbox
from mailbridge.inbox.mail import FolderState
from mailbridge.ledger.records import Cursor

CLOCKS_APART = timedelta(minutes=10)
"""How far the server's clock may be behind ours when a new UIDVALIDITY makes us read anew.

An old mail sent by that margin is a nuisance; a lead lost by it would be a sale.
"""


def unread(inbox: ImapInbox, cursor: Cursor, uidnext: int, *, few: int = 0) -> Iterator[int]:
    """Give the UIDs that count and have not been read, lowest first.

    Where they are but a `few`, those that may be there, without asking: mails that are
    gone are left out when they are fetched, and a round trip is saved.
    """
    first = cursor.next_uid
    if first < cursor.fresh_from and cursor.backlog_since is not None:
        yield from inbox.new_uids(
            cursor.folder, first, below=cursor.fresh_from, since=cursor.backlog_since
        )
    first = max(first, cursor.fresh_from)
    if uidnext - first <= few:
        yield from range(first, uidnext)
    else:
        yield from inbox.new_uids(cursor.folder, first)


def follow(
    inbox: ImapInbox,
    known: Cursor | None,
    name: str,
    folder: str,
    state: FolderState,
    start: datetime | None,
    at: datetime,
) -> Cursor:
    """Tell from where a folder of the inbox called `name` is to be read.

    At the first start nothing old counts, unless `start` names a date. Where the
    folder was made anew, everything since the first start is read again, and the
    ledger knows what it has by identity.
    """
    if known and not _made_anew(inbox, known, state):
        return known
    return Cursor(
        inbox=name,
        folder=folder,
        uidvalidity=state.uidvalidity,
        next_uid=1 if known or start else state.uidnext,
        fresh_from=state.uidnext,
        backlog_since=(start or known.first_started - CLOCKS_APART) if known else start,
        first_started=known.first_started if known else at,
    )


def _made_anew(inbox: ImapInbox, known: Cursor, state: FolderState) -> bool:
    """Tell whether the folder's UIDs mean other mails than before.

    A new UIDVALIDITY says so (RFC 9051, section 2.3.1.1). A folder that was restored
    from a backup keeps it and gives UIDs a second time: its UIDNEXT is lower than what
    was read. A UIDNEXT that merely comes late is known by the mails above it.
    """
    if known.uidvalidity != state.uidvalidity:
        return True
    return state.uidnext < known.next_uid and not inbox.new_uids(known.folder, state.uidnext)
