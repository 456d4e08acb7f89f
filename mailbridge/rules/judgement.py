"""What the portals' rules say of one message: inquiry, none, or nobody's.

Must not know of leads, ledgers or clocks.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import regex

from mailbridge.message.blocks.block import Blocks
from mailbridge.message.blocks.finding import find_blocks
from mailbridge.message.message import Body, Message
from mailbridge.rules.blocks import UPLOAD_REPORT, is_upload_report, with_blocks
from mailbridge.rules.completion import resolve
from mailbridge.rules.extraction import Reading, open_page, read_page
from mailbridge.rules.inquiry import Inquiry
from mailbridge.rules.portal import Condition, Pattern, PatternTimeout, Portal, fold

# Replies that mail programs send by themselves (RFC 3834) are never inquiries,
# whoever they come from. The subjects are those of Outlook and Exchange.
_AUTOMATIC = regex.compile(
    r"^\s*(?:Réponse automatique|Automatische Antwort|Risposta automatica|Automatic reply"
    r"|Abwesenheitsnotiz|Out of Office|Absence du bureau|Fuori sede)\s*:",
    regex.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Inquired:
    """One portal's inquiries, and the text that they were read from."""

    portal: Portal
    inquiries: tuple[Inquiry, ...]
    reading: Reading


@dataclass(frozen=True, slots=True)
class NoInquiry:
    """A portal's mail that is no inquiry; `where` is the rule that says so."""

    portal: Portal
    where: str


@dataclass(frozen=True, slots=True)
class Nobodys:
    """No portal's rule applies."""


@dataclass(frozen=True, slots=True)
class Contested:
    """Several portals' rules apply and find different things."""

    portals: tuple[Portal, ...]


@dataclass(frozen=True, slots=True)
class Distrusted:
    """The rule wants the sender authenticated, and it was not."""

    portal: Portal


@dataclass(frozen=True, slots=True)
class TooSlow:
    """A pattern ran out of its time; `where` is its `file:line:column`."""

    portal: Portal
    where: str


Verdict = Inquired | NoInquiry | Nobodys | Contested | Distrusted | TooSlow


@dataclass(frozen=True, slots=True)
class Portals:
    """All portals in use, found quickly by sender.

    Made by `gather`; a mail costs the patterns of the portals that its sender
    can be, not of all.
    """

    by_sender: Mapping[str, tuple[Portal, ...]]
    all: tuple[Portal, ...] = field(default=())

    @property
    def by_name(self) -> tuple[str, ...]:
        """All names, sorted."""
        return tuple(sorted(portal.name for portal in self.all))

    def of(self, message: Message) -> tuple[Portal, ...]:
        """Give the portals whose rules name this sender, in the order of their names."""
        address = message.sender.address.lower()
        labels = address.rpartition("@")[2].split(".")
        keys = [address, *("@" + ".".join(labels[i:]) for i in range(len(labels)))]
        found = {portal.name: portal for key in keys for portal in self.by_sender.get(key, ())}
        return tuple(found[name] for name in sorted(found))


def gather(portals: Iterable[Portal]) -> Portals:
    """Put each portal on the one that it extends, and index them by the senders they name.

    Raises BadDocument where a portal extends what cannot be.
    """
    index: dict[str, list[Portal]] = {}
    everyone = resolve(portals)
    for portal in everyone:
        named = [sender for condition in portal.ignore for sender in condition.senders]
        for key in dict.fromkeys(sender.written.lower() for sender in (*portal.senders, *named)):
            index.setdefault(key, []).append(portal)
    return Portals({key: tuple(found) for key, found in index.items()}, everyone)


def judge(message: Message, portals: Portals, *, authenticated: bool | None = None) -> Verdict:
    """Say what the portals' rules make of a message.

    `authenticated` is whether the sender's domain passed authentication; None
    where nothing is known of it, which counts as not passed where a rule demands it.
    """
    verdicts: list[Verdict] = []
    for portal in portals.of(message):
        try:
            verdict = _judge_one(message, portal, authenticated=authenticated)
        except PatternTimeout as slow:
            verdict = TooSlow(portal, slow.where)
        if not isinstance(verdict, Nobodys):
            verdicts.append(verdict)
    if not verdicts:
        return Nobodys()
    inquiring = [verdict for verdict in verdicts if not isinstance(verdict, NoInquiry)]
    if not inquiring:
        return verdicts[0]
    if len(inquiring) == 1 or all(_same(inquiring[0], other) for other in inquiring[1:]):
        return inquiring[0]
    return Contested(tuple(v.portal for v in inquiring if not isinstance(v, Nobodys | Contested)))


def _judge_one(message: Message, portal: Portal, *, authenticated: bool | None) -> Verdict:
    named = any(sender.matches(message.sender) for sender in portal.senders)
    for condition in portal.ignore:
        # An `ignore` with senders of its own makes those the portal's as well.
        if (named or condition.senders) and holds(condition, message):
            return NoInquiry(portal, condition.where)
    if portal.match is None or not holds(portal.match, message):
        return Nobodys()
    if is_automatic(message):
        return NoInquiry(portal, "automatic reply (RFC 3834)")
    if portal.authenticated and authenticated is not True:
        return Distrusted(portal)
    blocks = find_blocks(message) if portal.blocks else Blocks()
    if is_upload_report(portal, blocks):
        return NoInquiry(portal, UPLOAD_REPORT)
    reading = read(message, portal)
    inquiry = Inquiry(
        portal=portal.name,
        fields=reading.fields,
        require=tuple(required.names for required in portal.require),
        region=portal.region,
        name_order=portal.name_order or "given_first",
        relay_domains=portal.relay,
    )
    return Inquired(portal, with_blocks(portal, inquiry, blocks), reading)


def holds(condition: Condition, message: Message) -> bool:
    """Tell whether everything that a condition names is so. Raises PatternTimeout."""
    sender = message.sender
    if condition.senders and not any(s.matches(sender) for s in condition.senders):
        return False
    if any(s.matches(sender) for s in condition.not_senders):
        return False
    if condition.subject or condition.not_subject:
        subject = [fold(message.subject)]
        if not _fits(condition.subject, condition.not_subject, subject):
            return False
    if condition.body or condition.not_body:
        return _fits(condition.body, condition.not_body, texts_of(message))
    return True


def texts_of(message: Message) -> list[str]:
    """Give the texts in which a condition on the body is looked for."""
    return [fold(body.text) for _, body in parts_of(message, "auto")]


def _fits(found: Sequence[Pattern], absent: Sequence[Pattern], texts: Sequence[str]) -> bool:
    if found and not any(pattern.search(text) for pattern in found for text in texts):
        return False
    return not any(pattern.search(text) for pattern in absent for text in texts)


def read(message: Message, portal: Portal) -> Reading:
    """Read the portal's fields from the part in which more of them are found.

    Plain text is tried first, and HTML only where that leaves something open: where
    the text has the portal's whole layout and all that is required, a value missing
    from it is missing from the mail. Raises PatternTimeout.
    """
    best = None
    for part, body in parts_of(message, portal.part):
        reading = read_page(open_page(portal, message, part, body))
        if best is None or len(reading.fields) > len(best.fields):
            best = reading
        if is_whole(reading, portal):
            break
    return best or read_page(open_page(portal, message, "text", Body("")))


def is_whole(reading: Reading, portal: Portal) -> bool:
    """Tell whether a reading leaves nothing open that another part could fill."""
    if len(reading.fields) == len(portal.fields):
        return True
    laid_out = portal.sections and len(reading.sections) == len(portal.sections)
    return bool(laid_out) and all(
        any(name in reading.fields for name in required.names) for required in portal.require
    )


def parts_of(message: Message, wanted: str) -> Iterable[tuple[str, Body]]:
    """Give the parts that a rule reads, each with its name, plain text first."""
    if wanted != "html" and message.text:
        yield "text", message.text
    if wanted != "text" and message.html:
        yield "html", message.html


def is_automatic(message: Message) -> bool:
    """Tell whether a mail program sent this by itself."""
    submitted = message.headers.get("auto-submitted", ("",))[0].strip().lower()
    return submitted.startswith("auto-replied") or bool(_AUTOMATIC.match(message.subject))


def _same(one: Verdict, other: Verdict) -> bool:
    if not (isinstance(one, Inquired) and isinstance(other, Inquired)):
        return False
    return [_values(i) for i in one.inquiries] == [_values(i) for i in other.inquiries]


def _values(inquiry: Inquiry) -> dict[str, str]:
    return {name: found.value for name, found in inquiry.fields.items()}
