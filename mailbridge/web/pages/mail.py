"""One mail: what was found and where, what was sent, and what a person does about it.

The acts are those of `retry` and `resolve`; what they mean is the ledger's.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from starlette.responses import HTMLResponse, Response

from mailbridge.decision import Decision
from mailbridge.errors import BadDocument
from mailbridge.explanation import Piece, cut, read_fields
from mailbridge.ledger.answers import (
    AlreadyResolved,
    DecidedAnew,
    NotResolved,
    NotRetried,
    Requeued,
    Resolved,
)
from mailbridge.ledger.records import LeadRecord, MailRecord, State, Word
from mailbridge.ledger.views import MailFilter
from mailbridge.message.picture import paint
from mailbridge.message.reader import read_headers
from mailbridge.outcomes import Outcome
from mailbridge.problems import Problem
from mailbridge.rules.inquiry import Found
from mailbridge.web.protection import MAIL_POLICY
from mailbridge.web.visit import Door, Notice, Visit

LONGEST = 100_000
"""Characters of a text that are shown; a browser takes seconds over more."""
_HEADERS = (
    *("from", "reply-to", "to", "date", "subject", "message-id", "return-path"),
    *("authentication-results", "list-unsubscribe"),
)
_LONGEST_HEADER = 1_000
_BIGGEST = 2**63 - 1
COLOURS = 6
"""As many has the stylesheet for marked values."""


@dataclass(frozen=True, slots=True)
class Row:
    """One field that was found."""

    name: str
    found: Found
    key: str
    """What the field's place in the text is called on the page; empty where it has none."""
    colour: int


@dataclass(frozen=True, slots=True)
class Source:
    """A text with its marked values."""

    name: str
    """`subject`, `text` or `html`."""
    pieces: tuple[tuple[Piece, Row | None], ...]
    left_out: int
    """Characters that are not shown."""


@dataclass(frozen=True, slots=True)
class Part:
    """One inquiry of the mail, as recorded or as it would be decided now."""

    number: int
    rows: tuple[Row, ...]
    sources: tuple[Source, ...]
    lead: LeadRecord | None = None


def show_mail(visit: Visit) -> Response:
    """Show all that the ledger knows of one mail."""
    number = _number(visit)
    with visit.desk.reading() as ledger, ledger.looking() as look:
        mail = ledger.mail(number)
        review = MailFilter(outcomes=frozenset(o for o in Outcome if o.for_review))
        waiting = look.browse(review, number, 1).mails or look.browse(review, None, 1).mails
    if mail is None:
        return visit.show("no_mail.html", 404, number=number)
    anew, trouble = _decide_anew(visit, mail)
    parts = [*_recorded(mail)]
    told = anew.problems if anew else ()
    return visit.show(
        "mail.html",
        mail=mail,
        parts=parts,
        anew=anew,
        anew_parts=list(_found_now(anew, len(parts))) if anew else [],
        anew_differs=anew is not None and _differs(anew, mail),
        anew_problems=[problem for problem in told if problem not in mail.problems],
        trouble=trouble,
        text=_plain(mail) if not any(part.sources for part in parts) and not anew else None,
        headers=list(_headers(mail)),
        has_html=bool(mail.raw) and paint(mail.raw, visit.desk.app.policy().limits) is not None,
        acts=list(possible_acts(mail)),
        next_mail=next((one for one in waiting if one.id != number), None),
    )


def _number(visit: Visit) -> int:
    return min(int(visit.names["mail"]), _BIGGEST)


def _decide_anew(visit: Visit, mail: MailRecord) -> tuple[Decision | None, tuple[Problem, ...]]:
    """Decide a mail of which the ledger has everything; give also what hinders it."""
    if not mail.raw:
        return None, ()
    try:
        return visit.desk.decide(mail.raw, mail.received, mail.place.inbox), ()
    except BadDocument as bad:
        return None, bad.problems


def _differs(anew: Decision, mail: MailRecord) -> bool:
    return (anew.outcome, anew.portal) != (mail.outcome, mail.portal)


def _recorded(mail: MailRecord) -> Iterator[Part]:
    for lead in mail.leads:
        fields = read_fields(lead.fields)
        texts = {"subject": mail.subject, mail.text_part: mail.text}
        yield _part(lead.part, fields, texts, lead)


def _found_now(anew: Decision, shown: int) -> Iterator[Part]:
    subject = (anew.inside or anew.message).subject
    texts = {"subject": subject}
    if anew.reading:
        texts[anew.reading.part] = anew.reading.text
    for wanted in anew.wanted:
        yield _part(shown + wanted.part, wanted.inquiry.fields, texts)
    if not anew.wanted and anew.reading:
        yield _part(shown + 1, {}, {anew.reading.part: anew.reading.text})


def _part(
    number: int,
    fields: Mapping[str, Found],
    texts: Mapping[str, str],
    lead: LeadRecord | None = None,
) -> Part:
    # A forwarded mail's own subject is not the one that the rule saw.
    fit = {
        name: found
        for name, found in fields.items()
        if found.source != "subject" or _stands(found, texts["subject"])
    }
    cuts = {source: list(cut(text, source, fit)) for source, text in texts.items() if text}
    marked = {piece.field for pieces in cuts.values() for piece in pieces if piece.field}
    rows = tuple(
        Row(name, found, f"{number}-{name}" if name in marked else "", place % COLOURS + 1)
        for place, (name, found) in enumerate(fields.items())
    )
    by_name = {row.name: row for row in rows}
    sources = tuple(
        _source(source, pieces, by_name)
        for source, pieces in cuts.items()
        if source != "subject" or any(piece.field for piece in pieces)
    )
    return Part(number, rows, sources, lead)


def _stands(found: Found, text: str) -> bool:
    return found.span is not None and text[slice(*found.span)] == found.raw


def _source(name: str, pieces: Sequence[Piece], rows: Mapping[str, Row]) -> Source:
    shown: list[tuple[Piece, Row | None]] = []
    room, left_out = LONGEST, 0
    for piece in pieces:
        text = piece.text[:room]
        room -= len(text)
        left_out += len(piece.text) - len(text)
        if text:
            shown.append((Piece(text, piece.field), rows.get(piece.field)))
    return Source(name, tuple(shown), left_out)


def _plain(mail: MailRecord) -> Source | None:
    return _source(mail.text_part, [Piece(mail.text)], {}) if mail.text else None


def _headers(mail: MailRecord) -> Iterator[tuple[str, str]]:
    held = read_headers(mail.raw) if mail.raw else {}
    for name in _HEADERS:
        for value in held.get(name, ())[:3]:
            yield name, value[:_LONGEST_HEADER]


def possible_acts(mail: MailRecord) -> Iterator[str]:
    """Name what may be done about the mail now, the most likely first.

    `retry`, `sent` and `not_sent` as the words among `act.…`: what `not_sent` means goes by
    how the mail stands (`resolution`), so that it has four names.
    """
    states = {lead.state for lead in mail.leads}
    said = mail.acts[-1].name if mail.acts else ""
    if State.SENDING in states:
        return
    if State.IN_DOUBT in states:
        yield from ("arrived", "not_arrived")
    elif mail.outcome.for_review:
        yield from ("retry", "ignore", "by_hand")
    elif mail.outcome is Outcome.DEFERRED:
        yield from ("now", "by_hand")
    elif State.BY_HAND in states or (mail.outcome is Outcome.SENT and said == Word.SENT):
        yield "not_by_hand"
    elif mail.outcome in {Outcome.UNMATCHED, Outcome.IGNORED} and not mail.emptied:
        yield "retry"


def retry_mail(visit: Visit) -> Response:
    """Do what `retry` does."""
    number = _number(visit)
    with visit.desk.acting() as ledger:
        answer = ledger.retry(number, visit.desk.clock())
    match answer:
        case Requeued(leads=leads):
            visit.tell(Notice("good", visit.words.count("told.queued", len(leads))))
        case DecidedAnew():
            visit.tell(Notice("good", visit.words("told.anew")))
        case NotRetried(reason=reason):
            visit.tell(Notice("bad", reason, "en"))
    return visit.go(f"/mails/{number}")


def resolve_mail(visit: Visit) -> Response:
    """Do what `resolve` does."""
    number = _number(visit)
    said = str(visit.form.get("word", ""))
    if said not in set(Word):
        return visit.go(f"/mails/{number}")
    word = Word(said)
    with visit.desk.acting() as ledger:
        answer = ledger.resolve(number, word, visit.desk.clock())
    match answer:
        case Resolved():
            for text in _resolved(visit, answer, word):
                visit.tell(Notice("good", text))
            if answer.outcome.for_review:
                visit.tell(Notice("wait", visit.words("told.still")))
        case AlreadyResolved(said=text):
            visit.tell(Notice("good", text, "en"))
        case NotResolved(reason=reason):
            visit.tell(Notice("bad", reason, "en"))
    return visit.go(f"/mails/{number}")


def _resolved(visit: Visit, answer: Resolved, word: Word) -> Iterator[str]:
    if answer.queued:
        yield visit.words.count("told.queued", len(answer.queued))
    if answer.closed or not answer.queued:
        yield visit.words("told.by_hand" if word is Word.SENT else "told.ignored")


def show_html(visit: Visit) -> Response:
    """Give the mail's HTML for the sandboxed frame, with a policy of its own."""
    with visit.desk.reading() as ledger:
        mail = ledger.mail(_number(visit))
    page = paint(mail.raw, visit.desk.app.policy().limits) if mail and mail.raw else None
    headers = {"content-security-policy": MAIL_POLICY}
    return HTMLResponse(page or "", 200 if page else 404, headers)


DOORS = (
    Door("GET", "/mails/{mail:int}", show_mail),
    Door("GET", "/mails/{mail:int}/html", show_html),
    Door("POST", "/mails/{mail:int}/retry", retry_mail),
    Door("POST", "/mails/{mail:int}/resolve", resolve_mail),
)
