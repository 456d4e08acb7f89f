"""The bridge: from an inbox to the ledger's queue, and back with the mark.

The way of a mail, put together in one place: gather (fetch), decide (pure), act
(record, later mark: `filing`). Sending is `dispatch`'s, so a destination that is down
never keeps mail from being read.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from socket import socket

from mailbridge.decider import Case, Decider
from mailbridge.decision import Decision, known_by_mark
from mailbridge.dispatch import now
from mailbridge.errors import InboxError, InboxRefused, InboxUnreachable
from mailbridge.filing import Filing
from mailbridge.following import follow, unread
from mailbridge.inbox.faults import Throttled, UidValidityChanged
from mailbridge.inbox.imap import ImapInbox
from mailbridge.inbox.line import Line
from mailbridge.inbox.mail import Broken, Mail
from mailbridge.inbox.marks import Mark, marks_of
from mailbridge.inbox.signatures import signed_domains
from mailbridge.ledger.ledger import Ledger
from mailbridge.ledger.records import Cursor, MailRecord, NewMail
from mailbridge.outcomes import Outcome
from mailbridge.recording import Decided, record, record_again
from mailbridge.watch import Watch

STUMBLES = 3
"""Times that one mail may break the connection before it is kept for a person.

After the first, only those count before which the server handed over another mail:
a bad line, or a server in trouble, must not cost a lead.
"""

MOST_HELD = 16 * 1024 * 1024
"""Octets of mails that are decided and recorded together; a batch of large ones is parted."""


@dataclass(frozen=True, slots=True)
class _Taken:
    """A batch that was fetched and is being decided."""

    mails: Sequence[Mail | Broken]
    asked: Future[list[Decision]]
    ahead: Cursor
    """How far the folder is read once the batch is recorded."""


@dataclass(slots=True)
class Bridge:
    """Reads and marks one inbox over one connection that is kept between polls.

    Not for two threads at once.
    """

    watch: Watch
    ledger: Ledger
    decider: Decider
    clock: Callable[[], datetime] = now
    know_targets: Callable[[Decision], Decision] = lambda decision: decision
    """Holds references against the CRM's lists, where there are any."""
    line: Line = field(init=False)
    filing: Filing = field(init=False)
    _stumbles: Counter[tuple[str, int]] = field(default_factory=Counter, init=False)
    _proofs: int = field(default=0, init=False)
    _verified: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        """Prepare the connection, and the marks on it."""
        self.filing = Filing(self.watch, self.ledger)
        self.line = Line(self.watch.account, lambda: self.clock())

    @property
    def name(self) -> str:
        """What the user calls the inbox."""
        return self.watch.account.name

    @property
    def progress(self) -> object:
        """Something that is another after each step that can take long; read without the lock."""
        return self.line.progress, self.decider.exchanges, self._verified

    def poll(
        self,
        recorded: Callable[[], None] = lambda: None,
        stopping: Callable[[], bool] = lambda: False,
    ) -> Counter[Outcome]:
        """Take in everything new and place the marks that are due.

        `recorded` is called after each batch that stands in the ledger, so that
        sending need not wait for the rest; `stopping` is asked there too. A folder
        that cannot be read does not keep the others from being read. Raises
        InboxError; the ledger knows of it.
        """
        self.ledger.poll_started(self.name, self.clock())
        outcomes: Counter[Outcome] = Counter()
        latest: datetime | None = None
        refused: InboxError | None = None
        try:
            inbox = self.line.inbox()
            for folder in self.watch.folders:
                try:
                    for batch in self._new_mail(inbox, folder):
                        outcomes += Counter(_standing(mail) for mail in batch)
                        latest = max((m.received for m in batch), default=latest)
                        recorded()
                        if stopping():
                            break
                except InboxRefused as error:
                    refused = refused or error
            if not stopping():
                outcomes += self._decide_again(inbox, recorded, stopping)
            self.filing.place_marks(inbox)
            if refused:
                raise refused
        except InboxError as error:
            self.line.failed(error)
            self.ledger.poll_ended(self.name, self.clock(), str(error), latest)
            raise
        self.line.well()
        self.ledger.poll_ended(self.name, self.clock(), "", latest)
        return outcomes

    def mark(self) -> None:
        """Place the marks that are due; without any the server is not asked. Raises InboxError."""
        if self.ledger.to_mark(self.name, 1):
            with self._giving_up():
                self.filing.place_marks(self.line.inbox())

    def wait(self) -> socket | None:
        """Have the server say what arrives in the first folder from here on (`Line.wait`).

        The other folders are found by polls alone. Raises InboxError.
        """
        cursor = self.ledger.cursor(self.name, self.watch.folders[0])
        if cursor is None:
            return None  # never read yet
        with self._giving_up():
            return self.line.wait(cursor.folder, cursor.uidvalidity, cursor.next_uid)

    def close(self) -> None:
        """Give up the connection; the next poll makes a new one."""
        self.line.close()

    @contextmanager
    def _giving_up(self) -> Iterator[None]:
        try:
            yield
        except InboxError as error:
            self.line.failed(error)
            raise

    def _new_mail(self, inbox: ImapInbox, folder: str) -> Iterator[Sequence[NewMail]]:
        state = inbox.folder_state(folder)
        known = self.ledger.cursor(self.name, folder)
        cursor = follow(inbox, known, self.name, folder, state, self.watch.start, self.clock())
        if cursor != known:
            self.ledger.set_cursor(cursor)
        if cursor.next_uid >= state.uidnext:
            return
        reached = state.uidnext
        for taken in _one_behind(self._taken(inbox, cursor, state.uidnext)):
            yield self._record(taken)
            reached = max(reached, taken.ahead.next_uid)
        self.ledger.set_cursor(replace(cursor, next_uid=reached))

    def _taken(self, inbox: ImapInbox, cursor: Cursor, uidnext: int) -> Iterator[_Taken]:
        # Around a mail that broke the connection, one by one, and only what is there.
        careful = any(known == cursor.folder for known, _ in self._stumbles)
        size = 1 if careful else self.watch.account.batch
        found = unread(inbox, cursor, uidnext, few=0 if careful else size)
        while uids := list(islice(found, size)):
            for mails, reached in self._fetch(inbox, cursor, uids):
                ahead = replace(cursor, next_uid=reached + 1)
                yield _Taken(mails, self._ask(mails), ahead)

    def _record(self, taken: _Taken) -> Sequence[NewMail]:
        decided = self._decided(taken.mails, taken.asked)
        return record(self.ledger, self.watch.origin, decided, taken.ahead, self.clock())

    def _fetch(
        self, inbox: ImapInbox, cursor: Cursor, uids: list[int]
    ) -> Iterator[tuple[list[Mail | Broken], int]]:
        """Give the mails in portions, each with the UID up to which it goes."""
        folder, uidvalidity = cursor.folder, cursor.uidvalidity
        first = (folder, uids[0])
        if self._stumbles[first] >= STUMBLES:
            reason = f"The connection broke {STUMBLES} times while this mail was fetched."
            broken = Broken(folder=folder, uidvalidity=uidvalidity, uid=uids[0], reason=reason)
            yield [broken], uids[-1]
            return
        if first in self._stumbles:
            self._fetch_another(inbox, cursor, uids[0])
        held: list[Mail | Broken] = []
        weight = 0
        try:
            for mail in inbox.fetch(folder, uidvalidity, uids):
                octets = len(mail.raw) if isinstance(mail, Mail) else 0
                if held and weight + octets > MOST_HELD:
                    yield held, held[-1].uid
                    del self._stumbles[first]
                    first, held, weight = (folder, mail.uid), [], 0
                held.append(mail)
                weight += octets
        except Throttled:
            raise  # it says nothing of this mail
        except InboxUnreachable:
            self._stumbles[first] += 1
            raise
        del self._stumbles[first]
        yield held, uids[-1]

    def _fetch_another(self, inbox: ImapInbox, cursor: Cursor, uid: int) -> None:
        """See whether the server hands over any other mail, each time another one.

        Those that were read before come first. Raises InboxError where it does not.
        """
        uids = inbox.new_uids(cursor.folder, 1)
        others = [u for u in reversed(uids) if u < uid] + [u for u in uids if u > uid]
        if others:
            other = others[self._proofs % len(others)]
            self._proofs += 1  # that one may be bad as well
            list(inbox.fetch(cursor.folder, cursor.uidvalidity, [other]))

    def _ask(self, mails: Sequence[Mail | Broken]) -> Future[list[Decision]]:
        # Prepared for these rules and decided by them, whatever comes into use meanwhile.
        portals = self.decider.portals
        # Each look-up costs time: only where a rule asks for the answer.
        verify = self.watch.verify_dkim and any(p.authenticated for p in portals.all)
        cases = [
            Case(mail.raw, mail.received, self._signed(mail.raw) if verify else frozenset())
            for mail in mails
            if isinstance(mail, Mail)
        ]
        return self.decider.ask(cases, self.watch.policy, portals)

    def _signed(self, raw: bytes) -> frozenset[str]:
        self._verified += 1  # a resolver that is away takes its time for each
        return signed_domains(raw)

    def _decided(
        self, mails: Sequence[Mail | Broken], asked: Future[list[Decision]]
    ) -> Iterator[Decided]:
        decisions = iter(asked.result())
        for mail in mails:
            if isinstance(mail, Broken):
                yield mail, None
                continue
            decision = self.know_targets(next(decisions))
            marked = marks_of(mail.flags) is Mark.SENT
            yield mail, known_by_mark(decision) if marked else decision

    def _decide_again(
        self, inbox: ImapInbox, recorded: Callable[[], None], stopping: Callable[[], bool]
    ) -> Counter[Outcome]:
        """Decide anew what `retry` asked for, from the ledger's copy or the server's.

        One by one, so that a thousand mails never stand in memory; what is left undone
        by a crash or by `stopping` is done by the next poll.
        """
        outcomes: Counter[Outcome] = Counter()
        for number in self.ledger.to_decide_again(self.name):
            if stopping():
                break
            known = self.ledger.mail(number)
            if known is None:
                continue
            try:
                mail = self._again(inbox, known)
            except InboxRefused:
                if known.place.folder in self.watch.folders:
                    continue  # the poll tells of that folder; the wish stands until it is back
                mail = None  # a person removed the folder that we filed it in
            decided = next(self._decided([mail], self._ask([mail]))) if mail else None
            fresh = record_again(self.ledger, self.watch.origin, known, decided, self.clock())
            outcomes[_standing(fresh)] += 1
            if fresh.outcome is Outcome.LEAD:
                recorded()
        return outcomes

    def _again(self, inbox: ImapInbox, known: MailRecord) -> Mail | Broken | None:
        place = known.place
        if known.raw:
            return Mail(
                folder=place.folder,
                uidvalidity=place.uidvalidity,
                uid=place.uid,
                raw=known.raw,
                received=known.received,
                flags=frozenset(),
                size=known.size,
            )
        try:
            return next(inbox.fetch(place.folder, place.uidvalidity, [place.uid]), None)
        except UidValidityChanged:
            return None  # had it still been there, this poll would have found it again


def _one_behind(batches: Iterator[_Taken]) -> Iterator[_Taken]:
    """Give each batch once the next is on its way, so that fetching does not wait for deciding."""
    before: _Taken | None = None
    while True:
        try:
            batch = next(batches, None)
        except InboxError:
            if before:
                yield before  # it is here, whatever became of the next
            raise
        if before:
            yield before
        if batch is None:
            return
        before = batch


def _standing(mail: NewMail) -> Outcome:
    """Give the outcome as the ledger has it: a lead to be sent is not accepted yet."""
    return Outcome.DEFERRED if mail.outcome is Outcome.LEAD else mail.outcome
