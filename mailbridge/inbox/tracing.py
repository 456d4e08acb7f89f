"""Tracing: where a mail lies that we moved ourselves and were not told where to.

A crash between MOVE and its record, or a server that does not say where a mail went
(no COPYUID), leaves a mail whose place nobody knows. It is in one of our own folders.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from mailbridge.inbox import folders
from mailbridge.inbox.faults import Declined
from mailbridge.inbox.marks import Mark, Place
from mailbridge.inbox.session import Session

_DAY = timedelta(days=1)
_LONGEST_ID = 998
"""Characters: no line of a mail may have more (RFC 5322, section 2.1.1)."""
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def find_in_mark_folders(
    session: Session, targets: Mapping[Mark, str], message_id: str, received: datetime
) -> list[Place]:
    """Find the mails of that Message-ID (without brackets) in the folders that we move to.

    None where the id cannot be asked for, or the server refuses to look.
    """
    if not message_id.isascii() or not message_id.isprintable() or set(message_id) & {'"', "\\"}:
        return []
    if len(message_id) > _LONGEST_ID:
        return []
    # SINCE compares days in the server's own zone (RFC 3501, section 6.4.4); a copy
    # keeps the day of the original (section 6.4.7).
    day = received - _DAY
    since = f"{day.day:02d}-{_MONTHS[day.month - 1]}-{day.year}"
    found = []
    for target in dict.fromkeys(targets.values()):
        try:
            opened = session.examine(folders.translate(session, target))
            uids = session.search("HEADER", "Message-ID", f'"<{message_id}>"', "SINCE", since)
        except Declined:
            continue  # most likely there is no such folder yet
        found += [Place(opened.folder, opened.uidvalidity, uid) for uid in uids]
    return found
