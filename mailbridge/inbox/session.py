"""The session: commands to one server after login, each within its deadline.

Every exchange goes through `Session.exchange`, which turns all that imapclient,
imaplib, ssl and socket raise into an InboxError. It holds no idea of leads or
marks, and only `select` opens a folder for writing.
"""

import imaplib
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from imapclient import IMAPClient
from imapclient.exceptions import ProtocolError

from mailbridge.errors import InboxError
from mailbridge.inbox import connection, faults
from mailbridge.inbox.account import Account
from mailbridge.inbox.faults import BrokenOff, Declined, Garbled
from mailbridge.inbox.watchdog import Watchdog

# What imapclient's parser raises on an answer that it cannot take apart.
_PARSER_FAULTS = (ValueError, LookupError, TypeError, AttributeError, RecursionError)

Row = Mapping[bytes, object]
"""One mail's FETCH items by name, as `b"RFC822.SIZE"`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The folder that is selected, and what the server said on opening it."""

    folder: str
    writable: bool
    uidvalidity: int
    uidnext: int | None
    messages: int
    keywords: bool
    """Whether PERMANENTFLAGS allows new keywords."""
    flags: frozenset[str]
    """The flags that the server lists for the folder, with the keywords in use (FLAGS)."""


class Session:
    """A logged-in connection. After `lost` it is dead: connect anew."""

    def __init__(self, account: Account) -> None:
        """Connect and log in."""
        self.account = account
        self.exchanges = 0
        """How many there were; whoever watches sees by it that something goes on."""
        self.connect()

    def connect(self) -> None:
        """Connect and log in, anew where the connection was lost."""
        self.lost = True  # until it stands
        self.opened: Opened | None = None
        self.uses: dict[str, str] = {}
        """Folders by what LIST says of them in small letters, once one was asked for by its use."""
        self.fresh = False
        """Whether the folder was opened just now, so that a reader need not do it again."""
        self._watchdog = Watchdog(self.account.deadline)
        self._client = connection.open_connection(self.account, self._watchdog)
        self.lost = False
        try:
            with self.exchange("its capabilities") as client:
                names = client.capabilities()
        except InboxError:
            self.close(logout=False)
            raise
        self.capabilities = frozenset(name.decode("ascii", "replace") for name in names)

    @contextmanager
    def exchange(self, doing: str) -> Iterator[IMAPClient]:
        """One command and its answer; the block holds nothing but the call."""
        if self.lost:
            raise faults.unreachable(self.account, "the connection was lost before.")
        self.exchanges += 1
        try:
            with self._watchdog.armed():
                yield self._client
        except imaplib.IMAP4.readonly as exc:
            raise Declined(
                f"{self.account.place}: the server refused {doing}: it may only be read.",
                code="READ-ONLY",
                text="it may only be read",
            ) from exc
        except ProtocolError as exc:
            raise self._garbled(doing) from exc
        except imaplib.IMAP4.abort as exc:
            raise self._lose(doing, exc) from exc
        except imaplib.IMAP4.error as exc:
            reply = faults.refusal_in(exc)
            if reply is None:
                raise self._lose(doing, exc) from exc
            raise faults.declined(self.account, doing, reply) from exc
        except OSError as exc:
            raise self._lose(doing, exc) from exc
        except _PARSER_FAULTS as exc:
            raise self._garbled(doing) from exc

    @property
    def sock(self) -> socket.socket:
        """What to select on."""
        return connection.beneath(self._client).sock

    def examine(self, folder: str) -> Opened:
        """Open a folder for reading only."""
        return self._open(folder, writable=False)

    def select(self, folder: str) -> Opened:
        """Open a folder for marking."""
        return self._open(folder, writable=True)

    def leave(self) -> bool:
        """Select no folder any more; False where the server cannot without expunging."""
        if self.opened is None:
            return True
        if "UNSELECT" not in self.capabilities:  # CLOSE would expunge, or be refused
            return False
        with self.exchange("leaving the folder") as client:
            client.unselect_folder()
        self.opened = None
        return True

    def status(self, folder: str) -> Mapping[bytes, object]:
        """UIDVALIDITY, UIDNEXT and MESSAGES of a folder that is not selected."""
        faults.check_folder_name(self.account, folder)
        name = self.spelt(folder)
        with self.exchange(f"the state of folder {folder}") as client:
            found: Mapping[bytes, object] = client.folder_status(
                name, ("UIDVALIDITY", "UIDNEXT", "MESSAGES")
            )
        return found

    def spelt(self, folder: str) -> str:
        r"""Give a folder's name on the server: `\Junk` is the one of that use, however called.

        Raises InboxRefused where the server names none of that use (RFC 6154).
        """
        if not folder.startswith("\\"):
            return folder
        use = folder.lower()
        if use not in self.uses:
            self.uses = self._find_uses()
        if use not in self.uses:
            raise faults.refused(
                self.account,
                f"the server names no folder for the use {folder}. Write the folder's own name.",
            )
        return self.uses[use]

    def _find_uses(self) -> dict[str, str]:
        # Told with every LIST by Dovecot, Microsoft 365 and Gmail; RFC 6154 leaves that to them.
        with self.exchange("the uses of its folders") as client:
            found = client.list_folders()
        flags = ((flag.decode("ascii", "replace"), name) for row, _, name in found for flag in row)
        return {flag.lower(): name for flag, name in flags}

    def search(self, *criteria: str) -> list[int]:
        """List the UIDs in the opened folder that meet the criteria, ascending.

        Past imapclient, which fails on an answer in two lines or with a MODSEQ.
        """
        with self.exchange("a search") as client:
            kind, lines = connection.beneath(client).uid("SEARCH", *criteria)
            if kind != "OK":
                raise imaplib.IMAP4.error(f"search failed: {_text(lines)}")
            words = (line.partition(b"(")[0].split() for line in lines if line)
            return sorted({int(word) for line in words for word in line})

    def existing(self, uids: Sequence[int]) -> frozenset[int]:
        """Give those of `uids` that are still in the opened folder."""
        return frozenset(self.search("UID", joined(uids))).intersection(uids)

    def fetch(self, uids: Sequence[int], items: Sequence[str]) -> Mapping[int, Row]:
        """Give the items of each mail by UID; mails that are gone are left out."""
        try:
            with self.exchange("handing over mails") as client:
                rows: Mapping[int, Row] = client.fetch(uids, items)
        except InboxError:
            # What came before the NO would be taken for part of the next answer.
            connection.beneath(self._client).untagged_responses.pop("FETCH", None)
            raise
        return rows

    def changes(self) -> tuple[int, list[int]]:
        """Say how many mails left the opened folder since it was opened or this was asked.

        And the counts of its mails that the server gave meanwhile, in their order.
        """
        said = connection.beneath(self._client).untagged_responses
        counts = [int(count) for count in said.pop("EXISTS", []) if isinstance(count, bytes)]
        return len(said.pop("EXPUNGE", [])), counts

    def prove(self) -> None:
        """Have the server say that it is there. Raises InboxError."""
        self.fresh = False
        with self.exchange("a sign of life") as client:
            # imapclient's swallows what comes with it
            kind, lines = connection.beneath(client).noop()
            if kind != "OK":
                raise imaplib.IMAP4.error(f"noop failed: {_text(lines)}")

    def response(self, code: str) -> bytes | None:
        """Give the last response code of that name since it was asked for, as COPYUID."""
        found = connection.beneath(self._client).response(code)[1][-1]
        return found if isinstance(found, bytes) else None

    def close(self, *, logout: bool = True) -> None:
        """Close, after a logout if so wanted; who does not answer is left without a word."""
        if logout and not self.lost:
            with suppress(InboxError), self.exchange("the logout") as client:
                client.logout()
        self.lost = True
        connection.close(self._client)

    def _open(self, folder: str, *, writable: bool) -> Opened:
        faults.check_folder_name(self.account, folder)
        name = self.spelt(folder)
        self.opened = None
        with self.exchange(f"opening folder {folder}") as client:
            said = client.select_folder(name, readonly=not writable)
            uidvalidity = said.get(b"UIDVALIDITY")
            messages = int(said[b"EXISTS"])
        self.changes()  # the count that came with the opening is no change
        if not isinstance(uidvalidity, int):
            raise faults.refused(
                self.account,
                f"the server gives no lasting UIDs in folder {folder} (no UIDVALIDITY), so"
                " that a mail cannot be told from another. Use another folder or server.",
            )
        self.opened = Opened(
            folder=folder,
            writable=writable,
            uidvalidity=uidvalidity,
            uidnext=said.get(b"UIDNEXT"),
            messages=messages,
            keywords=rb"\*" in said.get(b"PERMANENTFLAGS", ()),
            flags=frozenset(f.decode("ascii", "replace") for f in said.get(b"FLAGS", ())),
        )
        self.fresh = True
        return self.opened

    def _lose(self, doing: str, error: Exception) -> InboxError:
        self.lost = True
        connection.close(self._client)
        what = f"the connection was lost at {doing}"
        if self._watchdog.expired:
            seconds = f"{self._watchdog.seconds:g}"
            reason = f"{what}: the answer was not complete within {seconds} seconds."
        elif isinstance(error, TimeoutError):
            reason = f"{what}: no answer within {self.account.timeout:g} seconds."
        else:
            said = connection.said_by(error)
            return BrokenOff(f"{self.account.place}: {what}: {said}.")
        return faults.unreachable(self.account, reason)

    def _garbled(self, doing: str) -> Garbled:
        return Garbled(
            f"{self.account.place}: the server's answer to {doing} cannot be understood."
        )


def joined(uids: Sequence[int]) -> str:
    """Write a UID set as IMAP does; callers keep it to some hundred."""
    return ",".join(str(uid) for uid in uids)


def _text(lines: Sequence[object]) -> str:
    last = lines[-1] if lines else b""
    return last.decode("utf-8", "replace") if isinstance(last, bytes) else ""
