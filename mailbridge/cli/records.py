"""`mails`, `show`, `retry`: what the ledger knows, and acting on it."""

from collections.abc import Collection, Sequence
from pathlib import Path

from mailbridge.app import App
from mailbridge.cli.explanation import explain, show_fields, show_source
from mailbridge.cli.output import complain, heading, say, table
from mailbridge.decision import decide
from mailbridge.dispatch import now
from mailbridge.errors import MailbridgeError
from mailbridge.ledger.ledger import Ledger
from mailbridge.ledger.records import (
    DecidedAnew,
    LeadRecord,
    MailRecord,
    NotRetried,
    Requeued,
)
from mailbridge.outcomes import Outcome
from mailbridge.rules.inquiry import Found


def _reading(config: Path | None) -> Ledger:
    return Ledger.read_only(App.load(config, secrets=False).ledger_url)


def list_mails(
    config: Path | None, outcomes: Collection[Outcome], portal: str | None, limit: int
) -> None:
    """List mails, newest first."""
    with _reading(config) as ledger:
        found = ledger.mails(outcomes=outcomes or None, portal=portal, limit=limit)
    table(
        ("ID", "RECEIVED", "OUTCOME", "PORTAL", "INBOX", "NOTES"),
        [
            (
                m.id,
                m.received,
                m.outcome,
                m.portal,
                m.place.inbox,
                _notes(m),
            )
            for m in found
        ],
    )


def _notes(mail: MailRecord) -> str:
    told = [problem.text for problem in mail.problems]
    if mail.answer and mail.outcome is not Outcome.SENT:
        told.append(mail.answer)
    return "; ".join(told)


def show_mail(config: Path | None, number: int) -> None:
    """Show all that the ledger knows of one mail."""
    with _reading(config) as ledger:
        mail = ledger.mail(number)
    if mail is None:
        raise MailbridgeError(f"There is no mail {number}. `mailbridge mails` lists them.")
    _show_facts(mail)
    for problem in mail.problems:
        say(f"  ! {problem}")
    for lead in mail.leads:
        _show_lead(mail, lead)
    if mail.raw:
        _show_as_decided_now(App.load(config, secrets=False), mail)


def _show_as_decided_now(app: App, mail: MailRecord) -> None:
    """Show what the rules of now find in a mail for review: what is missing, and where."""
    heading("As it would be decided now")
    inbox = next((i for i in app.settings.inboxes if i.name == mail.place.inbox), None)
    explain(decide(mail.raw, mail.received, app.portals, app.policy(inbox)))


def _show_facts(mail: MailRecord) -> None:
    place = mail.place
    heading(f"Mail {mail.id}")
    table(
        ("", ""),
        [
            ("outcome", mail.outcome),
            ("portal", mail.portal),
            ("subject", mail.subject),
            ("received", mail.received),
            ("lies in", f"{place.inbox}/{place.folder}/{place.uid}"),
            ("marked", mail.marked or "not yet"),
            ("message-id", mail.message_id),
            *([("same as mail", mail.duplicate_of)] if mail.duplicate_of else []),
        ],
    )


def _show_lead(mail: MailRecord, lead: LeadRecord) -> None:
    heading(
        f"Lead {lead.id} · {lead.state}" + (f" · id {lead.remote_id}" if lead.remote_id else "")
    )
    fields = {
        name: Found(
            value=f["value"],
            raw=f["raw"],
            source=f["source"],
            span=tuple(f["span"]) if f["span"] else None,
            pattern=f["pattern"],
        )
        for name, f in lead.fields.items()
    }
    show_fields(fields)
    show_source("subject", mail.subject, fields)
    show_source(mail.text_part, mail.text, fields)
    heading("As sent")
    table(("KEY", "VALUE"), list(lead.payload.items()))
    if lead.next_attempt:
        table(("", ""), [("sent again at", lead.next_attempt)])
    if lead.attempts:
        heading("Attempts")
        table(
            ("STARTED", "ENDED", "STATE", "STATUS", "ANSWER"),
            [(a.started, a.ended, a.state, a.status or "", a.detail) for a in lead.attempts],
        )


def retry_mails(config: Path | None, numbers: Sequence[int], outcome: Outcome | None) -> int:
    """Queue again or have decided anew; exit code 1 where one could not be."""
    app = App.load(config, secrets=False)
    Ledger.read_only(app.ledger_url).close()  # looking for a mail creates no ledger
    refused = 0
    with Ledger.open(app.ledger_url) as ledger:
        chosen = list(numbers)
        if outcome is not None:
            chosen += [mail.id for mail in ledger.mails(outcomes={outcome}, limit=100_000)]
        for number in chosen:
            match ledger.retry(number, now()):
                case Requeued(leads=leads):
                    say(f"{number}: queued again, {len(leads)} lead{'s' * (len(leads) != 1)}.")
                case DecidedAnew():
                    say(f"{number}: will be read and decided anew at the next poll.")
                case NotRetried(reason=reason):
                    refused += 1
                    complain(f"{number}: {reason}")
    if not chosen:
        say("Nothing to retry.")
    return 1 if refused else 0
