"""The IMAP inbox: the face of this room for everybody else.

Reading opens folders with EXAMINE and asks with PEEK only, so that it changes
nothing; `mark`, and what asks for the server's abilities, opens them for writing.
Every failure is an InboxUnreachable, an InboxRefused or an UidValidityChanged.
"""

import socket
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Self

from mailbridge.inbox.account import Account
from mailbridge.inbox.faults import Declined, Garbled
from mailbridge.inbox.folders import explain, open_for_reading
from mailbridge.inbox.idling import Idle
from mailbridge.inbox.mail import Broken, FolderState, Mail
from mailbridge.inbox.marking import find_abilities, mark_mails, resolve
from mailbridge.inbox.marks import FOLDERS, Abilities, Mark, Marked, Marking, Place
from mailbridge.inbox.reading import find_uids, find_uids_since, read_mails
from mailbridge.inbox.session import Session
from mailbridge.inbox.survey import (
    Arrival,
    FolderView,
    find_mark_folders,
    read_arrivals,
    read_flags,
    view_folder,
)
from mailbridge.inbox.tracing import find_in_mark_folders


def connect(account: Account) -> "ImapInbox":
    """Connect and log in."""
    return ImapInbox(Session(account))


class ImapInbox:
    """One connection to one inbox; not for use by two threads at once."""

    def __init__(self, session: Session) -> None:
        """Take over a session and its end."""
        self._session = session
        self._idle: Idle | None = None
        self._waits_in = ""
        self._missed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Log out and close; safe to call twice, and on a lost connection.

        In IDLE it is left without a word: no command may be sent there, and a server
        that is gone would keep us waiting for the answer.
        """
        self._session.close(logout=self._idle is None)

    @property
    def lost(self) -> bool:
        """Whether the connection is dead (network, timeout, deadline, BYE): connect anew."""
        return self._session.lost

    @property
    def exchanges(self) -> int:
        """How many exchanges with the server there were."""
        return self._session.exchanges

    def answer(self) -> None:
        """Have the server say that it is there; ends IDLE. Raises InboxError."""
        idle, self._idle = self._idle, None
        if idle:
            self._session.fresh = False
            idle.end()
        else:
            self._session.prove()

    def wait(self, folder: str, uidvalidity: int, next_uid: int) -> bool:
        """Enter IDLE in a folder that was read up to `next_uid`; False where that cannot be.

        Then the server says by itself what arrives: `waits_on` becomes readable, and `news`
        tells what that is worth. Any other call must come after `answer`, which leaves
        IDLE. Raises InboxError.
        """
        session = self._session
        if "IDLE" not in session.capabilities:
            return False
        opened = session.opened
        if opened is None or opened.folder != folder or opened.writable:
            opened = open_for_reading(session, folder)
        if opened.uidnext is None:
            return False
        try:
            self._idle = Idle(session, opened.messages)
        except Declined:
            return False
        self._waits_in = folder
        self._missed = opened.uidvalidity != uidvalidity or opened.uidnext > next_uid
        return True

    @property
    def waits_on(self) -> socket.socket | None:
        """What becomes readable when the server says something; None out of IDLE."""
        return self._idle.sock if self._idle else None

    def news(self) -> bool:
        """Whether a poll is due: mail may have arrived since the last one, or IDLE has ended.

        Never waits for the server. To be asked once after `wait`, since what came before it
        makes no socket readable, and whenever there is something to read.
        """
        return self._missed or self._idle is None or self._idle.news()

    def spelt(self, folder: str) -> str:
        """See `session.Session.spelt`."""
        return self._session.spelt(folder)

    def folder_state(self, folder: str) -> FolderState:
        """Ask by STATUS; its cost does not grow with the folder.

        STATUS is not for the selected folder (RFC 3501, section 6.3.10). Where that
        cannot be left, or will be waited in again, it is opened anew, which tells the same.
        """
        session = self._session
        selected = session.opened is not None and session.opened.folder == folder
        values: list[object]
        if selected and (folder == self._waits_in or not session.leave()):
            opened = open_for_reading(session, folder)
            values = [opened.uidvalidity, opened.uidnext, opened.messages]
        else:
            try:
                found = session.status(folder)
            except Declined as exc:
                raise explain(session, folder, exc) from exc
            values = [found.get(key) for key in (b"UIDVALIDITY", b"UIDNEXT", b"MESSAGES")]
        uidvalidity, uidnext, messages = (v if isinstance(v, int) else -1 for v in values)
        if min(uidvalidity, uidnext, messages) < 0:
            raise Garbled(
                f"{session.account.place}: the server does not tell the state of folder {folder}."
            )
        return FolderState(uidvalidity, uidnext, messages)

    def new_uids(
        self, folder: str, first: int, below: int | None = None, since: datetime | None = None
    ) -> list[int]:
        """List UIDs from `first` on and under `below`, received at `since` (aware) or later."""
        if since is None:
            return find_uids(self._session, folder, first, below)
        return find_uids_since(self._session, folder, first, below, since)

    def fetch(self, folder: str, uidvalidity: int, uids: Sequence[int]) -> Iterator[Mail | Broken]:
        """Give the mails in the order asked for, fetched as they are taken.

        A mail that is gone is left out. Raises UidValidityChanged on the first step.
        """
        return read_mails(self._session, folder, uidvalidity, uids)

    def view(self, folder: str) -> FolderView:
        """See `survey.view_folder`."""
        return view_folder(self._session, folder)

    def mark_folders(self, targets: Mapping[Mark, str]) -> dict[Mark, str]:
        """See `survey.find_mark_folders`."""
        return find_mark_folders(self._session, targets)

    def flags(
        self, folder: str, uidvalidity: int, uids: Sequence[int]
    ) -> dict[int, frozenset[str] | None]:
        """See `survey.read_flags`."""
        return read_flags(self._session, folder, uidvalidity, uids)

    def arrivals(self, folder: str, uidvalidity: int, uids: Sequence[int]) -> dict[int, Arrival]:
        """See `survey.read_arrivals`."""
        return read_arrivals(self._session, folder, uidvalidity, uids)

    def capabilities(self, folder: str) -> Abilities:
        """Find out what the server can do in this folder; nothing in it is changed."""
        return find_abilities(self._session, folder)

    def resolve_marking(self, folder: str, wanted: Marking) -> Marking:
        """Choose the marking to use in this folder (design, "Marking"); never AUTO."""
        return resolve(self._session, folder, wanted)

    def mark(
        self,
        folder: str,
        uidvalidity: int,
        marks: Mapping[Mark, Sequence[int]],
        marking: Marking,
        folders: Mapping[Mark, str] = FOLDERS,
        *,
        seen: bool,
    ) -> Marked:
        r"""Mark mails in a way that `resolve_marking` gave; may be repeated.

        `folders` are named with `/` between levels, whatever the server uses.
        `\Seen` is only set where `seen` is.
        """
        return mark_mails(self._session, folder, uidvalidity, marks, marking, folders, seen=seen)

    def trace(
        self, message_id: str, received: datetime, folders: Mapping[Mark, str] = FOLDERS
    ) -> list[Place]:
        """See `tracing.find_in_mark_folders`; `folders` as for `mark`."""
        return find_in_mark_folders(self._session, folders, message_id, received)
