"""IDLE (RFC 2177): the server says by itself when mail arrives in the opened folder.

imapclient has this too, but fails where it matters: an EXISTS before the `+` raises, one in
the same segment is not seen, a line that comes in two segments raises, and a connection
that the server closed gives empty answers without end. So only imaplib's parser is used.
Nothing here waits for news: whoever holds the socket selects on it, and asks `news` when
there is something to read. What the news are, only the folder itself can say.
"""

import imaplib
import re
import socket

from mailbridge.errors import InboxError
from mailbridge.inbox import connection
from mailbridge.inbox.session import Session

_COUNT = re.compile(rb"\* (\d+) (EXISTS|EXPUNGE)\r?", re.IGNORECASE)
_OF_NO_ACCOUNT = re.compile(rb"(?:\* (?:OK|NO|\d+ FETCH|\d+ RECENT|FLAGS)\b|\+)", re.IGNORECASE)
"""Signs of life, flags that people set: no reason to leave IDLE."""
_LONGEST_LINE = 64 * 1024
"""Octets; whoever says more at once is heard by a reader that has a deadline."""


class Idle:
    """A folder in IDLE; no other command may be sent before `end`."""

    def __init__(self, session: Session, messages: int) -> None:
        """Enter it in the opened folder, which is known to hold so many mails.

        Raises Declined where the server refuses, InboxUnreachable where it is gone.
        """
        self._session = session
        self._messages = messages
        with session.exchange("IDLE") as client:
            wire = connection.beneath(client)
            self._tag = wire._command("IDLE")  # noqa: SLF001 -- as imapclient does
            while wire._get_response() is not None:  # noqa: SLF001 -- None is the `+`
                if wire.tagged_commands[self._tag]:
                    kind, said = wire._command_complete("IDLE", self._tag)  # noqa: SLF001
                    raise imaplib.IMAP4.error(f"IDLE failed: {said[-1]!r} ({kind})")
        self._told = self._told_before(session)

    @property
    def sock(self) -> socket.socket:
        """What becomes readable when the server says something."""
        return self._session.sock

    def news(self) -> bool:
        """Whether what has come by now may mean new mail, or the end; never waits.

        Once True, it stays so.
        """
        if self._told or self._session.lost:
            return True
        try:
            with self._session.exchange("the end of IDLE") as client:
                wire = connection.beneath(client)
                while not self._told:
                    waiting = wire.arrived()
                    *lines, rest = (waiting or b"").split(b"\n")
                    if waiting is None or len(rest) > _LONGEST_LINE:
                        self._told = True
                    elif not lines:
                        break  # the rest of the line makes the socket readable again
                    for line in lines:
                        self._told = self._told or self._tells(line)
                        if not self._told:
                            wire.readline()  # what tells something is left to `end`
        except InboxError:
            self._told = True
        return self._told

    def end(self) -> None:
        """Leave IDLE; also proves that the server is there. Raises InboxError."""
        with self._session.exchange("the end of IDLE") as client:
            wire = connection.beneath(client)
            said = b"\n" + (wire.arrived() or b"")
            if b"\n" + self._tag not in said:  # else the server has ended it by itself
                wire.send(b"DONE\r\n")
            wire._command_complete("IDLE", self._tag)  # noqa: SLF001

    def _tells(self, line: bytes) -> bool:
        counted = _COUNT.fullmatch(line)
        if counted is None:
            return not _OF_NO_ACCOUNT.match(line)
        if counted[2].upper() == b"EXPUNGE":
            self._messages -= 1
            return False
        return int(counted[1]) != self._messages  # some servers repeat what is known

    def _told_before(self, session: Session) -> bool:
        """Whether the count has changed between the folder's opening and the `+`."""
        expunged, counts = session.changes()
        self._messages -= expunged
        return any(count != self._messages for count in counts[-1:])
