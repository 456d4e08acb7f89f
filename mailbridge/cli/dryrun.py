"""`dry-run`: the daemon's own decision on files or on the inbox, and nothing after it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from mailbridge.app import App
from mailbridge.cli.corpus import Corpus
from mailbridge.cli.explanation import explain as show_explanation
from mailbridge.cli.gathering import Gathered, gather_mails, gather_newest, open_ledger
from mailbridge.cli.output import console, heading, progress, say, say_json, table
from mailbridge.decision import (
    Decision,
    decide,
    doubted_by_mark,
    known_by_mark,
    unfetched,
    without_doubles,
)
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
    corpus: Corpus | None,
) -> int:
    """Show what would become of each mail; exit code 1 where one was to be saved and is not."""
    app = App.load(config, secrets=not paths, rules=rules)
    if corpus:
        corpus.open(app.portals)
    everything = []
    with nullcontext() if paths else open_ledger(app) as ledger:
        found = islice(gather_mails(app, paths, since, ledger), limit)
        for gathered in progress(found, "Reading mail"):
            one = _look(gathered, app, ledger)
            if jsonl:
                for line in as_json(one):
                    say_json(line)
            else:
                everything.append(one)
            if corpus:
                corpus.keep(gathered, one.decision)
    if not jsonl:
        _show(everything, explain=explain)
    return corpus.tell() if corpus else 0


def show_newest(app: App, count: int) -> None:
    """Show what would become of the newest mails in the inboxes."""
    with open_ledger(app) as ledger:
        found = gather_newest(app, count)
        _show_table([_look(one, app, ledger) for one in progress(found, "Reading mail")])


def _show(everything: Sequence[Preview], *, explain: bool) -> None:
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


def _look(gathered: Gathered, app: App, ledger: Ledger | None) -> Preview:
    """Decide as the daemon would, with what the mark and the ledger know of the mail."""
    if gathered.fault:
        return Preview(gathered.source, unfetched(gathered.fault))
    decided = decide(gathered.raw, gathered.received, app.portals, gathered.policy)
    decision = app.know_targets(decided)
    marked = marks_of(gathered.flags)
    if marked is Mark.SENT:
        decision = known_by_mark(decision)
    history = History()
    if ledger and gathered.watch and gathered.received:
        prints = {one.prepared.fingerprint for one in decision.wanted}
        since = gathered.received - gathered.watch.duplicate_window
        history = ledger.history({decision.identity}, prints, since)
        decision = without_doubles(decision, history)
    if marked is Mark.REVIEW:
        decision = doubted_by_mark(decision, history)
    return Preview(gathered.source, decision)


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
