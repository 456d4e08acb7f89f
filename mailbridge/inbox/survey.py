"""Survey: which mails lie in a folder and how they are marked, without reading them.

For `audit`. Folders are opened with EXAMINE only; nothing is changed. What is asked for
comes in portions, so that memory stays bounded however large the folder is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from mailbridge.inbox import folders
from mailbridge.inbox.marks import Mark
from mailbridge.inbox.reading import in_utc
from mailbridge.inbox.retrieval import retrieve
from mailbridge.inbox.session import Session

PORTION = 500
"""UIDs in one command: even with ten digits each, below the 8,192 octets of a command line
that servers take (RFC 7162, section 4)."""

_HEADER = "BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)]"


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderView:
    """A folder as it is seen on opening it."""

    folder: str
    uidvalidity: int
    messages: int
    marks: frozenset[Mark]
    """Those whose keyword the server lists for the folder, in use now or once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """When a mail came, and the field of its header that names it."""

    received: datetime | None
    """INTERNALDATE, in UTC; None where the server does not tell."""
    header: bytes
    """Its Message-ID field as a header block, maybe empty."""


def view_folder(session: Session, folder: str) -> FolderView:
    """Open a folder anew, for reading."""
    session.opened = None
    opened = folders.open_for_reading(session, folder)
    listed = {flag.lower() for flag in opened.flags}
    return FolderView(
        folder=folder,
        uidvalidity=opened.uidvalidity,
        messages=opened.messages,
        marks=frozenset(mark for mark in Mark if mark.keyword.lower() in listed),
    )


def find_mark_folders(session: Session, targets: Mapping[Mark, str]) -> dict[Mark, str]:
    """Name those of the folders that exist, as the server spells them; makes none."""
    names = set(folders.list_names(session))
    spelt = {mark: folders.translate(session, folder) for mark, folder in targets.items()}
    return {mark: folder for mark, folder in spelt.items() if folder in names}


def read_flags(
    session: Session, folder: str, uidvalidity: int, uids: Sequence[int]
) -> dict[int, frozenset[str] | None]:
    """Give each mail's flags, None where the server does not tell; gone mails are left out.

    Raises UidValidityChanged where the folder was made anew.
    """
    found: dict[int, frozenset[str] | None] = {}
    for row_uid, row in _rows(session, folder, uidvalidity, uids, ["FLAGS"]).items():
        flags = None if row is None else row.get(b"FLAGS")
        known = isinstance(flags, tuple)
        names = flags if isinstance(flags, tuple) else ()
        found[row_uid] = (
            frozenset(f.decode("ascii", "replace") for f in names if isinstance(f, bytes))
            if known
            else None
        )
    return found


def read_arrivals(
    session: Session, folder: str, uidvalidity: int, uids: Sequence[int]
) -> dict[int, Arrival]:
    """Give when each mail came and its Message-ID field; mails that are gone are left out."""
    found: dict[int, Arrival] = {}
    rows = _rows(session, folder, uidvalidity, uids, ["INTERNALDATE", _HEADER])
    for uid, row in rows.items():
        known = row or {}
        received = known.get(b"INTERNALDATE")
        headers = (value for key, value in known.items() if key.startswith(b"BODY["))
        header = next((value for value in headers if isinstance(value, bytes)), b"")
        moment = in_utc(received) if isinstance(received, datetime) else None
        found[uid] = Arrival(received=moment, header=header)
    return found


def _rows(
    session: Session, folder: str, uidvalidity: int, uids: Sequence[int], items: Sequence[str]
) -> dict[int, Mapping[bytes, object] | None]:
    """Give each mail's row; None for one that the server has but does not describe."""

    def be_there() -> object:
        return folders.stay_for_reading(session, folder, uidvalidity)

    found: dict[int, Mapping[bytes, object] | None] = {}
    for start in range(0, len(uids), PORTION):
        be_there()
        rows, broken = retrieve(session, uids[start : start + PORTION], items, be_there)
        found |= rows
        found |= dict.fromkeys(broken)
    return found
