"""`dry-run`: the daemon's own decision on files or on the inbox, and nothing after it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from mailbridge.app import App
from mailbridge.cli.explanation import explain as show_explanation
from mailbridge.cli.output import complain, console, heading, progress, say, say_json, table
from mailbridge.decision import (
    Decision,
    decide,
    doubted_by_mark,
    known_by_mark,
    unfetched,
    without_doubles,
)
from mailbridge.dispatch import now
from mailbridge.documents.settings import InboxSettings
from mailbridge.errors import LedgerMissing
from mailbridge.following import follow, unread
from mailbridge.inbox.files import mails_in
from mailbridge.inbox.imap import ImapInbox, connect
from mailbridge.inbox.mail import Broken
from mailbridge.inbox.marks import Mark, marks_of
from mailbridge.ledger.ledger import Ledger
from mailbridge.ledger.records import History
from mailbridge.outcomes import Outcome
from mailbridge.recipient import DEFAULT


@dataclass(frozen=True, slots=True)
class Preview:
    """One mail and what would become of it."""

    source: str
    """The path as given, or account/folder/uid."""
    decision: Decision


def preview(
    config: Path | None,
    paths: Sequence[Path],
    rules: Sequence[Path],
    *,
    since: datetime | None,
    limit: int | None,
    jsonl: bool,
    explain: bool,
) -> None:
    """Show what would become of each mail."""
    app = App.load(config, secrets=not paths, rules=rules)
    found = _of_files(app, paths) if paths else _of_inboxes(app, since)
    previews = progress(islice(found, limit), "Reading mail")
    if jsonl:
        for one in previews:
            for line in as_json(one):
                say_json(line)
        return
    everything = list(previews)
    if explain:
        for one in everything:
            heading(one.source)
            show_explanation(one.decision)
    else:
        _show_table(everything)


def as_json(preview: Preview) -> Iterator[dict[str, Any]]:
    """Give one object for each inquiry of the mail, or one for a mail without any."""
    decision = preview.decision
    common = {
        "source": preview.source,
        "message_id": decision.message.message_id,
        "outcome": decision.outcome.value,
        "portal": decision.portal or None,
    }
    problems = [{"code": p.code, "text": str(p)} for p in decision.problems]
    if not decision.wanted:
        yield common | {"lead": None, "fields": {}, "problems": problems}
    for one in decision.wanted:
        part: dict[str, Any] = {"part": one.part} if len(decision.wanted) > 1 else {}
        if one.to != DEFAULT:
            part["destination"] = one.to.name
        yield (
            common
            | part
            | {
                "lead": dict(one.payload),
                "fields": {name: f.as_json() for name, f in one.inquiry.fields.items()},
                "problems": problems,
            }
        )


def _of_files(app: App, paths: Iterable[Path]) -> Iterator[Preview]:
    policy, portals = app.policy(), app.portals
    for path in paths:
        for mail in mails_in(path, policy.limits.mail_size):
            if mail.fault:
                yield Preview(mail.source, unfetched(mail.fault))
            else:
                yield Preview(mail.source, decide(mail.raw, None, portals, policy))


def _of_inboxes(app: App, since: datetime | None) -> Iterator[Preview]:
    app.require_inboxes()
    ledger = _ledger(app)
    try:
        for settings in app.settings.inboxes:
            with connect(app.account(settings)) as inbox:
                for folder in settings.folders:
                    yield from _of_folder(app, settings, inbox, folder, ledger, since)
    finally:
        if ledger:
            ledger.close()


def _ledger(app: App) -> Ledger | None:
    try:
        return Ledger.read_only(app.ledger_url)
    except LedgerMissing:
        return None  # the first start is still to come


def _of_folder(
    app: App,
    settings: InboxSettings,
    inbox: ImapInbox,
    folder: str,
    ledger: Ledger | None,
    since: datetime | None,
) -> Iterator[Preview]:
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
    for mail in inbox.fetch(folder, state.uidvalidity, uids):
        source = f"{settings.name}/{folder}/{mail.uid}"
        if isinstance(mail, Broken):
            yield Preview(source, unfetched(mail.reason))
            continue
        decision = decide(mail.raw, mail.received, app.portals, watch.policy)
        marked = marks_of(mail.flags)
        if marked is Mark.SENT:
            decision = known_by_mark(decision)
        history = History()
        if ledger:
            prints = {one.prepared.fingerprint for one in decision.wanted}
            since_then = mail.received - watch.duplicate_window
            history = ledger.history({decision.identity}, prints, since_then)
            decision = without_doubles(decision, history)
        if marked is Mark.REVIEW:
            decision = doubted_by_mark(decision, history)
        yield Preview(source, decision)


def _show_table(previews: Sequence[Preview]) -> None:
    rows = []
    for one in previews:
        decision = one.decision
        for wanted in decision.wanted or (None,):
            lead = wanted.prepared.lead if wanted else None
            target = (
                (lead.property_reference or lead.property_id or lead.promotion_id) if lead else ""
            )
            name = f"{lead.sender_firstname} {lead.sender_lastname}".strip() if lead else ""
            rows.append(
                (
                    one.source,
                    decision.outcome,
                    decision.portal,
                    target,
                    name,
                    (lead.sender_email or lead.sender_number) if lead else "",
                    "; ".join(p.text for p in decision.problems),
                )
            )
    table(("MAIL", "OUTCOME", "PORTAL", "REFERENCE", "NAME", "CONTACT", "NOTES"), rows)
    if console.is_terminal:
        counts = Counter(one.decision.outcome for one in previews)
        say()
        say(summary(counts) + " Nothing was sent or changed.")


def summary(counts: Counter[Outcome]) -> str:
    """Say how many mails had which outcome, in one sentence."""
    told = ", ".join(f"{counts[outcome]} {outcome}" for outcome in Outcome if counts[outcome])
    total = counts.total()
    return f"{total} {'mail' if total == 1 else 'mails'}: {told}." if total else "No new mail."
