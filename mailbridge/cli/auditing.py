"""`audit`: whether mailbox, ledger and destination say the same."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from mailbridge.app import App
from mailbridge.audit.destination import Journal, audit_leads
from mailbridge.audit.finding import Count, Report
from mailbridge.audit.mailbox import Audited, audit_inbox
from mailbridge.cli.output import complain, heading, progress, say, table
from mailbridge.errors import InboxError
from mailbridge.inbox.imap import connect
from mailbridge.ledger.ledger import Ledger


def audit_all(config: Path | None, since: datetime | None, journal: Path | None) -> int:
    """Compare everything; exit code 1 where something disagrees or could not be looked at."""
    app = App.load(config, secrets=True)
    app.require_inboxes()
    entries = Journal.read(journal) if journal else None
    audited: list[Audited] = []
    errors = 0
    with Ledger.read_only(app.ledger_url) as ledger:
        for settings in app.settings.inboxes:
            try:
                with connect(app.account(settings)) as inbox:
                    for one in audit_inbox(ledger, inbox, app.watch(settings), since, _progress):
                        audited.append(one)
                        _tell(one.report)
            except InboxError as error:
                errors += 1
                complain(f"mailbridge: {error}")
        leads = audit_leads(ledger, entries, since)
    _tell(leads)
    _sum_up(audited, leads, journal)
    wrong = sum(one.report.counts[Count.DISAGREES] for one in audited)
    return 1 if errors or wrong or leads.counts[Count.DISAGREES] else 0


def _progress(portions: Sequence[list[int]], what: str) -> Iterator[list[int]]:
    return progress(portions, what, total=len(portions))


def _tell(report: Report) -> None:
    for finding in report.findings:
        say(str(finding))
    if report.more:
        say(f"… and {report.more} more.")


def _sum_up(audited: Sequence[Audited], leads: Report, journal: Path | None) -> None:
    heading("Mailbox")
    told = (Count.AGREES, Count.MARK_DUE, Count.UNREAD, Count.OLD, Count.DISAGREES)
    table(
        (
            *("FOLDER", "MARKED BY", "MAILS"),
            *("AGREE", "MARK DUE", "NOT READ YET", "BEFORE THE START", "DISAGREE"),
        ),
        [
            (
                f"{one.inbox}/{one.folder}",
                one.marked_by or "",
                one.report.counts.total(),
                *(one.report.counts[count] for count in told),
            )
            for one in audited
        ],
    )
    heading("Leads that went out")
    counts = leads.counts
    table(
        ("COMPARED WITH", "AGREE", "IN DOUBT", "DISAGREE"),
        [
            (
                journal or "the ids of the answers",
                counts[Count.AGREES],
                counts[Count.IN_DOUBT],
                counts[Count.DISAGREES],
            )
        ],
    )
