"""`mails`, `show`: what the ledger knows."""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from mailbridge.app import App
from mailbridge.cli.explanation import explain, show_fields, show_source
from mailbridge.cli.output import heading, say, table
from mailbridge.decision import decide
from mailbridge.errors import MailbridgeError
from mailbridge.explanation import read_fields
from mailbridge.ledger.ledger import Ledger
from mailbridge.ledger.records import LeadRecord, MailRecord, State
from mailbridge.outcomes import Outcome
from mailbridge.recipient import DEFAULT

_DEEDS = {"sent": "resolve --sent", "not_sent": "resolve --not-sent"}
_STATES = {State.BY_HAND: "sent by hand", State.DROPPED: "not needed, a person says"}


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
    decision = decide(mail.raw, mail.received, app.portals, app.policy(inbox))
    explain(app.know_targets(decision))


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
            *([("contents erased", mail.emptied)] if mail.emptied else []),
        ],
    )
    if mail.acts:
        heading("What people did")
        table(
            ("AT", "DID", "LEAD", "BEFORE"),
            [(a.at, _DEEDS.get(a.name, a.name), a.lead or "", a.before) for a in mail.acts],
        )


def _flatten(group: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Give the values of a lead, those of inner groups as `requester.email`."""
    for name, value in group.items():
        if isinstance(value, dict):
            yield from _flatten(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", value


def _show_lead(mail: MailRecord, lead: LeadRecord) -> None:
    heading(
        f"Lead {lead.id} · {_STATES.get(lead.state, lead.state)}"
        + (f" · id {lead.remote_id}" if lead.remote_id else "")
        + (f" · {lead.to} ({lead.to.kind})" if lead.to != DEFAULT else "")
    )
    fields = read_fields(lead.fields)
    show_fields(fields)
    show_source("subject", mail.subject, fields)
    show_source(mail.text_part, mail.text, fields)
    if lead.payload:
        heading("As sent")
        table(("KEY", "VALUE"), list(_flatten(lead.payload)))
    if lead.next_attempt:
        table(("", ""), [("sent again at", lead.next_attempt)])
    if lead.attempts:
        heading("Attempts")
        table(
            ("STARTED", "ENDED", "STATE", "STATUS", "ANSWER"),
            [(a.started, a.ended, a.state, a.status or "", a.detail) for a in lead.attempts],
        )
