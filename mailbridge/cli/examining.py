"""`rules explain`: one mail, and what every portal's rules make of it."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from mailbridge.app import App
from mailbridge.cli.explanation import show_fields, show_source
from mailbridge.cli.output import heading, say, table
from mailbridge.decision import decide
from mailbridge.errors import MailbridgeError
from mailbridge.inbox.files import mails_in
from mailbridge.message.message import Message, Unreadable
from mailbridge.rules.examination import Examination, examine
from mailbridge.rules.extraction import Reading
from mailbridge.rules.portal import PatternTimeout, Portal


def explain_mail(config: Path | None, rules: Sequence[Path], mail: Path) -> None:
    """Show which portals were considered and why not, and all that the fitting ones read."""
    app = App.load(config, secrets=False, rules=rules)
    mails = list(mails_in(mail, app.policy().limits.mail_size))
    if len(mails) != 1:
        raise MailbridgeError(f"{mail}: {len(mails)} mails are there; name the file of one.")
    if mails[0].fault:
        raise MailbridgeError(f"{mail}: {mails[0].fault}")
    decision = decide(mails[0].raw, None, app.portals, app.policy())
    say(f"{decision.outcome}" + (f" · {decision.portal}" if decision.portal else ""))
    for problem in decision.problems:
        say(f"  ! {problem}")
    if isinstance(decision.message, Unreadable):
        return
    message = decision.inside or decision.message
    heading("Portals")
    for one in _show_portals(app.portals.all, message):
        _show_reading(one, message)


def _show_portals(portals: Sequence[Portal], message: Message) -> list[Examination]:
    """List each portal with its verdict; give those whose sender it is."""
    say(f"sender {message.sender.address or '(none)'} · subject {message.subject!r}")
    examined, rows = [], []
    for portal in portals:
        try:
            one = examine(message, portal)
        except PatternTimeout as slow:
            rows.append((portal.name, "no", f"the pattern at {slow.where} ran out of its time"))
            continue
        if one.named:
            examined.append(one)
        verdict = "ignores it" if one.ignored else "yes" if one.holds else "no"
        rows.append((portal.name, verdict, "; ".join(_reasons(one))))
    rows.sort(key=lambda row: row[1] == "no" and "sender" in row[2])
    table(("PORTAL", "ITS MAIL", "WHY"), rows)
    return examined


def _reasons(one: Examination) -> Iterator[str]:
    if one.ignored:
        yield f"ignore: at {one.ignored}"
        tried = one.ignoring
    elif not one.named:
        yield f"the sender is not {' or '.join(s.written for s in one.portal.senders)}"
        return
    else:
        yield "the sender is named"
        tried = one.tried
    for pattern in tried:
        yield (
            f"{pattern.word} {pattern.written!r} {'found' if pattern.found else 'not found'} "
            f"({pattern.where})"
        )


def _show_reading(one: Examination, message: Message) -> None:
    reading = one.reading
    if reading is None:
        return
    heading(f"What {one.portal.name} reads in the {reading.part} part")
    _show_sections(reading)
    show_fields(reading.fields)
    show_source("subject", message.subject, reading.fields)
    show_source(reading.part, reading.text, reading.fields)
    if one.misses:
        heading("What almost matched")
        rows = [(miss.name, miss.why, miss.where) for miss in one.misses]
        table(("FIELD", "WHAT", "RULE"), rows)


def _show_sections(reading: Reading) -> None:
    rows: list[tuple[str, str, str, str]] = []
    for name, stretch in sorted(reading.sections.items(), key=lambda item: item[1].start):
        kind = "the visitor's words" if stretch.free_text else ""
        rows.append((name, f"{stretch.start}–{stretch.end}", stretch.head, kind))
    if reading.footer:
        rows.append(("footer", f"{reading.footer[0]}–{len(reading.text)}", reading.footer[1], ""))
    if rows:
        table(("SECTION", "WHERE", "BEGINS BY", ""), rows)
