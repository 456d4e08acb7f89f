"""The mailbox against the ledger: every mail of an inbox's folders, in portions.

First the server is asked, then the ledger, which so is never the older one. What
disagrees is looked at a second time: a daemon at work beside the audit marks,
moves and records meanwhile. Opens folders with EXAMINE only.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from mailbridge.audit.comparison import (
    compare_filed,
    compare_recorded,
    compare_unrecorded,
    marks_in,
)
from mailbridge.audit.finding import Count, Finding, Report
from mailbridge.inbox.imap import ImapInbox
from mailbridge.inbox.marks import Mark, Marking
from mailbridge.inbox.survey import PORTION, FolderView
from mailbridge.ledger.ledger import Ledger
from mailbridge.ledger.views import Standing
from mailbridge.message.reader import read
from mailbridge.watch import Watch

Results = dict[int, Finding | Count]
"""By UID; a mail that is gone by now is in none."""

Progress = Callable[[Sequence[list[int]], str], Iterable[list[int]]]
"""Gives the portions on, and shows how far it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """One folder of an inbox, audited."""

    inbox: str
    folder: str
    marked_by: Marking | None
    """How mails in it are marked, as far as can be seen; None for a folder that marks."""
    report: Report


def audit_inbox(
    ledger: Ledger, inbox: ImapInbox, watch: Watch, since: datetime | None, progress: Progress
) -> Iterator[Audited]:
    """Audit the folders that are read and those that mails are moved to, one by one.

    With `since` only mails received from then on. Raises InboxError.
    """
    filed = inbox.mark_folders(watch.mark_folders)
    for folder in watch.folders:
        yield _Audit(ledger, inbox, watch, since, progress, filed).of_watched(folder)
    for mark, folder in filed.items():
        if folder not in watch.folders:
            yield _Audit(ledger, inbox, watch, since, progress, filed).of_filed(folder, mark)


def tell_marking(wanted: Marking, view: FolderView, filed: Mapping[Mark, str]) -> Marking:
    """Tell how a folder's mails are marked.

    What `marking: auto` chooses can be asked for only by opening the folder for
    writing. So it is told by its traces: keywords that the server lists for the
    folder, else folders that mailbridge makes; without any there is nothing to
    compare.
    """
    if wanted is not Marking.AUTO:
        return wanted
    if view.marks:
        return Marking.KEYWORDS
    return Marking.FOLDERS if filed else Marking.LEDGER


@dataclass(frozen=True, slots=True)
class _Audit:
    ledger: Ledger
    inbox: ImapInbox
    watch: Watch
    since: datetime | None
    progress: Progress
    filed: Mapping[Mark, str]

    def of_watched(self, folder: str) -> Audited:
        view = self.inbox.view(folder)
        marking = tell_marking(self.watch.marking, view, self.filed)
        report = self._walk(view, lambda uids: self._compare_watched(view, marking, uids))
        return Audited(
            inbox=self.watch.account.name, folder=folder, marked_by=marking, report=report
        )

    def of_filed(self, folder: str, mark: Mark) -> Audited:
        view = self.inbox.view(folder)
        report = self._walk(view, lambda uids: self._compare_filed(view, mark, uids))
        return Audited(inbox=self.watch.account.name, folder=folder, marked_by=None, report=report)

    def _walk(self, view: FolderView, compare: Callable[[Sequence[int]], Results]) -> Report:
        report = Report()
        uids = self.inbox.new_uids(view.folder, 1, since=self.since)
        portions = [uids[start : start + PORTION] for start in range(0, len(uids), PORTION)]
        what = f"{self.watch.account.name}/{view.folder}"
        for portion in self.progress(portions, what):
            results = compare(portion)
            doubtful = [uid for uid, one in results.items() if isinstance(one, Finding)]
            again = compare(doubtful) if doubtful else {}
            sure = {uid: one for uid, one in results.items() if isinstance(one, Count)}
            for one in (sure | again).values():
                report.note(one)
        return report

    def _compare_watched(self, view: FolderView, marking: Marking, uids: Sequence[int]) -> Results:
        flags = self.inbox.flags(view.folder, view.uidvalidity, uids)
        name = self.watch.account.name
        with self.ledger.looking() as look:
            cursor = look.cursor(name, view.folder)
            standings = look.standings(name, view.folder, view.uidvalidity, list(flags))
        if cursor is not None and cursor.uidvalidity != view.uidvalidity:
            return dict.fromkeys(flags, Count.UNREAD)  # made anew: the next poll reads it again
        unknown = [uid for uid in flags if uid not in standings]
        backlog = (
            [uid for uid in unknown if uid < cursor.fresh_from]
            if cursor is not None and cursor.backlog_since is not None
            else []
        )
        arrivals = self.inbox.arrivals(view.folder, view.uidvalidity, backlog) if backlog else {}
        results: Results = {}
        for uid, shown in flags.items():
            where = f"{name}/{view.folder}/{uid}"
            marks = None if shown is None else marks_in(shown)
            if uid in standings:
                results[uid] = compare_recorded(where, standings[uid], marks, marking)
            else:
                came = arrivals[uid].received if uid in arrivals else None
                results[uid] = compare_unrecorded(where, uid, marks or frozenset(), cursor, came)
        return results

    def _compare_filed(self, view: FolderView, mark: Mark, uids: Sequence[int]) -> Results:
        name = self.watch.account.name
        there = list(self.inbox.flags(view.folder, view.uidvalidity, uids))
        with self.ledger.looking() as look:
            standings = look.standings(name, view.folder, view.uidvalidity, there)
        candidates = {uid: [one] for uid, one in standings.items()}
        unknown = [uid for uid in there if uid not in standings]
        if unknown:
            candidates |= self._by_message_id(view, unknown)
        return {
            uid: compare_filed(
                f"{name}/{view.folder}/{uid}", view.folder, mark, candidates.get(uid, [])
            )
            for uid in there
            if uid in candidates
        }

    def _by_message_id(self, view: FolderView, uids: Sequence[int]) -> dict[int, list[Standing]]:
        """Find mails that a person moved, or a server without COPYUID, by their Message-ID."""
        arrivals = self.inbox.arrivals(view.folder, view.uidvalidity, uids)
        names = {uid: read(arrival.header).message_id for uid, arrival in arrivals.items()}
        with self.ledger.looking() as look:
            known = look.standings_of(self.watch.account.name, set(names.values()))
        return {uid: known.get(name, []) for uid, name in names.items()}
