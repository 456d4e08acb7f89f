"""Where commands take mails from: files as named, or the inboxes of the settings, read-only.

Must not decide anything: what becomes of a mail is the command's question.
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from mailbridge.app import App
from mailbridge.cli.output import complain
from mailbridge.decision import Policy
from mailbridge.dispatch import now
from mailbridge.documents.settings import InboxSettings
from mailbridge.errors import LedgerMissing
from mailbridge.following import follow, unread
from mailbridge.inbox.files import mails_in
from mailbridge.inbox.imap import ImapInbox, connect
from mailbridge.inbox.mail import Broken
from mailbridge.ledger.ledger import Ledger
from mailbridge.watch import Watch


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """One mail, wherever it was found."""

    source: str
    """The path as given, or account/folder/uid."""
    raw: bytes = field(repr=False)
    policy: Policy
    """How mails from there are decided."""
    fault: str = ""
    """Why it could not be had: one sentence, and `raw` is empty."""
    received: datetime | None = None
    """When the server got it; None for a file."""
    flags: frozenset[str] = frozenset()
    watch: Watch | None = None
    """What is done with its inbox; None for a file."""


def gather_mails(
    app: App, paths: Sequence[Path], since: datetime | None, ledger: Ledger | None
) -> Iterator[Gathered]:
    """Give the mails of the paths; without any, those of the inboxes that the next poll takes in.

    With `since`, all mail of the inboxes received from then on. Nothing is changed
    anywhere. Raises MailbridgeError where a path holds no mail, InboxError.
    """
    if paths:
        yield from _in_files(app, paths)
        return
    app.require_inboxes()
    for settings in app.settings.inboxes:
        with connect(app.account(settings)) as inbox:
            for folder in settings.folders:
                yield from _in_folder(app, settings, inbox, folder, ledger, since)


def gather_newest(app: App, count: int) -> Iterator[Gathered]:
    """Give the newest mails of each folder of the inboxes, read-only. Raises InboxError."""
    for settings in app.settings.inboxes:
        watch = app.watch(settings)
        with connect(app.account(settings)) as inbox:
            for folder in settings.folders:
                state = inbox.folder_state(folder)
                uids = inbox.new_uids(folder, 1)[-count:]
                yield from _fetch(inbox, watch, folder, state.uidvalidity, uids)


def open_ledger(app: App) -> AbstractContextManager[Ledger | None]:
    """Open the ledger to read in it; None in its place before the first start."""
    try:
        return Ledger.read_only(app.ledger_url)
    except LedgerMissing:
        return nullcontext()


def _in_files(app: App, paths: Sequence[Path]) -> Iterator[Gathered]:
    policy = app.policy()
    for path in paths:
        for mail in mails_in(path, policy.limits.mail_size):
            yield Gathered(source=mail.source, raw=mail.raw, policy=policy, fault=mail.fault)


def _in_folder(
    app: App,
    settings: InboxSettings,
    inbox: ImapInbox,
    folder: str,
    ledger: Ledger | None,
    since: datetime | None,
) -> Iterator[Gathered]:
    watch = app.watch(settings)
    state = inbox.folder_state(folder)
    known = ledger.cursor(settings.name, folder) if ledger else None
    cursor = follow(inbox, known, settings.name, folder, state, watch.start, now())
    if since:
        uids = inbox.new_uids(folder, 1, since=since)
    else:
        uids = list(unread(inbox, cursor, state.uidnext))
        if not uids and known is None and not watch.start:
            complain(
                f"{settings.name}/{folder}: the first start sends no old mail. "
                "To see what is there, give --since DATE."
            )
    yield from _fetch(inbox, watch, folder, state.uidvalidity, uids)


def _fetch(
    inbox: ImapInbox, watch: Watch, folder: str, uidvalidity: int, uids: Sequence[int]
) -> Iterator[Gathered]:
    for mail in inbox.fetch(folder, uidvalidity, uids):
        source = f"{watch.account.name}/{folder}/{mail.uid}"
        if isinstance(mail, Broken):
            yield Gathered(source=source, raw=b"", policy=watch.policy, fault=mail.reason)
            continue
        yield Gathered(
            source=source,
            raw=mail.raw,
            policy=watch.policy,
            received=mail.received,
            flags=mail.flags,
            watch=watch,
        )
