"""Filing: mails get the marks that are due, and what was moved is found again.

The last step of a mail's way. Must not decide or send; the ledger says which marks are due.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mailbridge.errors import InboxRefused
from mailbridge.inbox.faults import UidValidityChanged
from mailbridge.inbox.imap import ImapInbox
from mailbridge.inbox.marks import Mark, Marking
from mailbridge.ledger.ledger import Ledger
from mailbridge.ledger.records import Place, ToMark
from mailbridge.outcomes import Outcome
from mailbridge.watch import Watch

MARKS: Mapping[Outcome, Mark] = {
    Outcome.SENT: Mark.SENT,
    Outcome.DUPLICATE: Mark.SENT,
    Outcome.IGNORED: Mark.IGNORED,
    Outcome.UNMATCHED: Mark.IGNORED,
    **{outcome: Mark.REVIEW for outcome in Outcome if outcome.for_review},
}
"""What a mail is marked as; `deferred` is no last word and has none."""


@dataclass(slots=True)
class Filing:
    """Marks the mails of one inbox; asks the server once for each folder how."""

    watch: Watch
    ledger: Ledger
    _marking: dict[str, Marking] = field(default_factory=dict, init=False)

    @property
    def name(self) -> str:
        """What the user calls the inbox."""
        return self.watch.account.name

    def place_marks(self, inbox: ImapInbox) -> None:
        """Place the marks that are due. Raises InboxError."""
        tried: set[int] = set()
        while waiting := [m for m in self.ledger.to_mark(self.name, 500) if m.id not in tried]:
            tried |= {mail.id for mail in waiting}
            by_folder: dict[tuple[str, int], dict[int, ToMark]] = {}
            for mail in waiting:
                place = mail.place
                by_folder.setdefault((place.folder, place.uidvalidity), {})[place.uid] = mail
            for (folder, uidvalidity), mails in by_folder.items():
                self._mark_folder(inbox, folder, uidvalidity, mails)

    def _mark_folder(
        self, inbox: ImapInbox, folder: str, uidvalidity: int, mails: Mapping[int, ToMark]
    ) -> None:
        try:
            self._mark_mails(inbox, folder, uidvalidity, mails)
        except UidValidityChanged:
            self._give_up_marks(mails)  # had they still been there, they had been found again
        except InboxRefused:
            if folder in self.watch.folders:
                raise
            self._give_up_marks(mails)  # a person removed the folder that we filed them in

    def _give_up_marks(self, mails: Mapping[int, ToMark]) -> None:
        gone = {mail.id: MARKS[mail.outcome].value for mail in mails.values()}
        self.ledger.marked(gone, {}, {mail.id: mail.outcome for mail in mails.values()})

    def _mark_mails(
        self, inbox: ImapInbox, folder: str, uidvalidity: int, mails: Mapping[int, ToMark]
    ) -> None:
        if folder not in self._marking:
            self._marking[folder] = inbox.resolve_marking(folder, self.watch.marking)
        by_folders = self._marking[folder] is Marking.FOLDERS
        wanted: dict[Mark, list[int]] = {}
        for uid, mail in mails.items():
            wanted.setdefault(_mark_for(mail, by_folders=by_folders), []).append(uid)
        for mark, uids in wanted.items():
            marked = inbox.mark(
                folder,
                uidvalidity,
                {mark: uids},
                self._marking[folder],
                self.watch.mark_folders,
                seen=self.watch.mark_seen and mark is not Mark.REVIEW,  # a person must see it
            )
            found = self._trace(inbox, folder, [mails[uid] for uid in sorted(marked.gone)])
            handled = {mails[uid].id for uid in (*marked.done, *marked.gone)} - found
            self.ledger.marked(
                dict.fromkeys(handled, mark.value),
                {
                    mails[uid].id: Place(self.name, place.folder, place.uidvalidity, place.uid)
                    for uid, place in marked.moved.items()
                },
                {mail.id: mail.outcome for mail in mails.values()},
            )

    def _trace(self, inbox: ImapInbox, folder: str, gone: Sequence[ToMark]) -> set[int]:
        """Find mails again that we moved, and never learned where to; their ids.

        Their marks stay due: where they lie now may be the wrong folder by now.
        """
        found: set[int] = set()
        if self._marking[folder] is not Marking.FOLDERS:
            return found
        for mail in gone:
            known = self.ledger.mail(mail.id)
            if known is None or not known.message_id:
                continue
            places = inbox.trace(known.message_id, known.received, self.watch.mark_folders)
            lies = [Place(self.name, at.folder, at.uidvalidity, at.uid) for at in places]
            # Refused where another mail is on record: the same mail may have come twice.
            if any(self.ledger.relocate(mail.id, place) for place in lies if place != mail.place):
                found.add(mail.id)
        return found


def _mark_for(mail: ToMark, *, by_folders: bool) -> Mark:
    """Choose the mark. What was moved for review and needs no lead goes where done mail goes.

    It must not stay among what is open. Back in the inbox it would be read anew.
    """
    mark = MARKS[mail.outcome]
    if by_folders and mark is Mark.IGNORED and mail.marked == Mark.REVIEW:
        return Mark.SENT
    return mark
