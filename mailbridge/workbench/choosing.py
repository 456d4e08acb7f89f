"""Where the mails on the bench come from: the ledger's review, an inbox, files. Reads only."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from mailbridge.app import App
from mailbridge.decision import Policy
from mailbridge.documents.settings import load_settings
from mailbridge.errors import MailbridgeError
from mailbridge.inbox.imap import ImapInbox, connect
from mailbridge.inbox.mail import Mail
from mailbridge.ledger.ledger import Ledger
from mailbridge.ledger.records import MailRecord
from mailbridge.outcomes import Outcome

NEWEST = 200
"""Mails that are taken from an inbox at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """One mail that was chosen, before it has a key on a bench."""

    name: str
    raw: bytes
    policy: Policy
    received: datetime | None = None


def list_review(ledger: Ledger, limit: int) -> list[MailRecord]:
    """List the newest mails for review."""
    outcomes = [outcome for outcome in Outcome if outcome.for_review]
    return ledger.mails(outcomes=outcomes, limit=limit)


def choose_from_ledger(app: App, ledger: Ledger, mails: Iterable[int]) -> Iterator[Chosen]:
    """Give recorded mails; those whose contents are not kept, or were erased, are left out."""
    inboxes = {inbox.name: inbox for inbox in app.settings.inboxes}
    for number in mails:
        record = ledger.mail(number)
        if record and record.raw:
            place = record.place
            yield Chosen(
                name=f"{place.inbox}/{place.folder}/{place.uid}",
                raw=record.raw,
                policy=app.policy(inboxes.get(place.inbox)),
                received=record.received,
            )


def choose_newest(app: App, name: str, most: int) -> Iterator[Chosen]:
    """Give an inbox's newest mails, its folders opened read-only. Raises MailbridgeError.

    Its password is looked up now and for this alone; `app` may have been loaded without.
    """
    if app.file is None:
        return
    whole = App(settings=load_settings(app.file, os.environ), file=app.file)
    inbox = next((one for one in whole.settings.inboxes if one.name == name), None)
    if inbox is None:
        raise MailbridgeError(f"The settings have no inbox {name!r}.")
    policy = app.policy(inbox)
    with connect(whole.account(inbox)) as opened:
        for folder in inbox.folders:
            state = opened.folder_state(folder)
            uids = _newest(opened, folder, state.uidnext, min(most, NEWEST))
            for mail in opened.fetch(folder, state.uidvalidity, uids):
                if isinstance(mail, Mail):
                    yield Chosen(
                        name=f"{inbox.name}/{folder}/{mail.uid}",
                        raw=mail.raw,
                        policy=policy,
                        received=mail.received,
                    )


def choose_file(app: App, name: str, raw: bytes) -> Chosen:
    """Take a mail that somebody handed over."""
    return Chosen(name=name or "?", raw=raw, policy=app.policy())


def _newest(inbox: ImapInbox, folder: str, uidnext: int, most: int) -> list[int]:
    """Find the last UIDs, looking further back while there are holes."""
    back = most
    while True:
        first = max(1, uidnext - back)
        found = inbox.new_uids(folder, first)
        if len(found) >= most or first == 1:
            return sorted(found)[-most:]
        back *= 4
