"""The mail inside a mail: what a colleague forwarded, attached or inline.

One level at a time, as text and as attachment. Says what is there, not whether to
believe it: a header block is typed as easily as any text, and only as good as the
sender of the mail around it. A reply that quotes a mail forwards nothing.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from email.utils import parsedate_to_datetime
from functools import partial
from itertools import islice

from mailbridge.message.forward_dates import names_zone, read_date
from mailbridge.message.forward_header import (
    HeaderBlock,
    line_at,
    read_block,
    read_line_block,
    read_mailbox,
)
from mailbridge.message.forward_labels import SENDER_LABELS
from mailbridge.message.forward_marks import (
    Intent,
    read_attribution,
    read_intent,
    read_separator,
    without_prefix,
)
from mailbridge.message.limits import Limits
from mailbridge.message.message import Address, Attachment, Body, Message
from mailbridge.message.quotation import cut_out, cut_out_answered
from mailbridge.message.reader import read
from mailbridge.problems import Problem

MOST_LEVELS = 5
"""Forwards of forwards that are followed."""
_MOST_ATTACHED = 20
_MAIL_TYPES = ("message/rfc822", "message/global")
_MOST_LOOKS = 500
"""Lines that are looked at closely: so many false marks stand above no real one."""
_MOST_BLANKS = 3
"""Blank lines between a separator and its header block."""
_DEFAULT_LIMITS = Limits()

# The lines at which looking closer may pay: most of a mail has none.
_WORTH_A_LOOK = re.compile(
    r"^[ \t>]*+(?:-{4}|_{20}|Début du|Anfang der|Inizio |Begin f|Inicio del"
    r"|(?:Le|Am|Il giorno|On|El) \S"
    rf"|[*_|]{{0,3}} {{0,2}}(?:{'|'.join(SENDER_LABELS)})[ *_]{{0,5}}[:：])",
    re.MULTILINE | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Forward:
    """A mail found inside another."""

    inner: Message
    by: Address
    """The sender of the mail around it."""
    note: str
    """What the forwarder wrote above it."""
    how: str
    """`attachment`, or the mail program and the language of its words, as `outlook-fr`."""
    beside: tuple[Message, ...] = ()
    """Further mails attached to the same mail."""
    beyond: tuple[Problem, ...] = ()
    """The limits that kept attached mails from being read; `inner` is empty if all were."""
    tags: int = 0
    """Tags in the HTML of the attached mails."""


def unwrap(message: Message, limits: Limits = _DEFAULT_LIMITS) -> Forward | None:
    """Return the mail that was forwarded in this one; None where it forwards none.

    A mail attached (message/rfc822) is read as any mail, but for its
    Authentication-Results, which anybody can write. A mail inline gets what its header
    block tells. It has no headers, it keeps the Message-ID and the attachments of the
    mail around it, and its date counts in that mail's zone where it names none.
    """
    intent = read_intent(message.subject)
    if intent is Intent.REPLY or _is_automatic(message):
        return None
    if intent is Intent.UNSAID and message.headers.get("in-reply-to"):
        intent = Intent.REPLY  # unless a separator says otherwise
    return _unwrap_inline(message, intent) or _unwrap_attached(message, limits)


def unwrap_all(message: Message, limits: Limits = _DEFAULT_LIMITS) -> Iterator[Forward]:
    """Go inward through forwards of forwards, at most MOST_LEVELS deep.

    Whoever asks stops where the sender around the next one (`by`) is not to be believed.
    """
    for _ in range(MOST_LEVELS):
        forward = unwrap(message, limits)
        if forward is None:
            return
        yield forward
        message = forward.inner
        limits = replace(limits, html_tags=limits.html_tags - forward.tags)


def _is_automatic(message: Message) -> bool:
    """Whether a program answered or reported (RFC 3834, RFC 6522): it forwards nothing."""
    submitted = message.headers.get("auto-submitted", ("",))[0].strip().lower()
    kind = message.headers.get("content-type", ("",))[0].strip().lower()
    return submitted.startswith("auto-replied") or kind.startswith("multipart/report")


# Attached.


def _unwrap_attached(message: Message, limits: Limits) -> Forward | None:
    originals: list[Message] = []
    beyond: dict[Problem, None] = {}
    tags = 0
    for attachment in islice(filter(_is_mail, message.attachments), _MOST_ATTACHED):
        # Together they may cost what one mail may: else twenty would cost twenty times as much.
        found = read(attachment.content, replace(limits, html_tags=limits.html_tags - tags))
        if isinstance(found, Message):
            originals.append(_without_testimony(found))
            tags += (found.html_source or "").count("<")
        else:
            beyond |= {p: None for p in found.problems if p.code.startswith("limit-")}
    if not originals and not beyond:
        return None
    body = message.text or message.html
    return Forward(
        inner=originals[0] if originals else _nobodys(message),
        by=message.sender,
        note=body.text if body else "",
        how="attachment",
        beside=tuple(originals[1:]),
        beyond=tuple(beyond),
        tags=tags,
    )


def _nobodys(message: Message) -> Message:
    return Message(message_id="", date=None, sender=Address("", ""), render=message.render)


def _is_mail(attachment: Attachment) -> bool:
    """Whether a mail is attached (RFC 2046, 5.2.1; RFC 6532); Outlook calls some of them bytes."""
    kind = attachment.content_type
    named = attachment.name.lower().endswith(".eml")
    return kind in _MAIL_TYPES or (kind == "application/octet-stream" and named)


def _without_testimony(original: Message) -> Message:
    headers = dict(original.headers)
    headers.pop("authentication-results", None)
    return replace(original, headers=headers)


# Inline.


@dataclass(frozen=True, slots=True)
class _Start:
    """Where a forwarded mail begins in a text, and what is told of it."""

    at: int
    """Where the mark or the block begins; what stands above is the forwarder's."""
    how: str
    block: HeaderBlock
    answered: bool = False
    """Whether the mark is the line of an answer, with its own way of quoting."""

    def cut(self, body: Body) -> Body:
        if self.answered:
            return cut_out_answered(body, self.block.end)
        return cut_out(body, self.block.end, self.block.depth)


def _unwrap_inline(message: Message, intent: Intent) -> Forward | None:
    body, text = message.text, None
    start = _find_start(body.text, intent) if body else None
    if start and body:
        text = start.cut(body)
    elif body is None or intent is Intent.FORWARD:
        # Not for every mail that has a text: turning HTML into one is dear.
        body = message.html
        start = _find_start(body.text, intent) if body else None
    if start is None or body is None:
        return None
    block = start.block
    inner = Message(
        message_id=message.message_id,
        date=_read_inner_date(block.date, message),
        sender=block.sender,
        reply_to=block.reply_to,
        to=block.to,
        subject=block.subject or _subject_inside(message.subject, intent),
        text=text,
        html_form=partial(_cut_html, message, intent, block.sender.address),
        attachments=message.attachments,
        render=message.render,
    )
    return Forward(
        inner=inner, by=message.sender, note=body.text[: start.at].strip(), how=start.how
    )


def _subject_inside(subject: str, intent: Intent) -> str:
    """Return the subject that a forward's own is made from, where its block tells none."""
    return without_prefix(subject) if intent is Intent.FORWARD else ""


def _cut_html(message: Message, intent: Intent, sender: str) -> Body | None:
    """Return the same forwarded mail as in the HTML; None where that does not tell of it."""
    start = _find_start(message.html.text, intent) if message.html else None
    if start is None or message.html is None or start.block.sender.address != sender:
        return None
    return start.cut(message.html)


def _find_start(text: str, intent: Intent) -> _Start | None:
    """Find the outermost forward: the one that begins first."""
    for candidate in islice(_WORTH_A_LOOK.finditer(text), _MOST_LOOKS):
        start = _read_start(text, candidate.start(), intent)
        if start is not None:
            return start
    return None


def _read_start(text: str, at: int, intent: Intent) -> _Start | None:
    line = line_at(text, at)
    if separated := read_separator(line.content):
        separator, length = separated
        if separator.replies and intent is Intent.REPLY:
            return None
        block = None
        if not separator.ends:
            block = read_line_block(text, text.index(line.content, at) + length)
        block = block or _block_below(text, line.end)
        if block is None:
            return None
        language = separator.language
        return _Start(at, f"{separator.client}-{language}" if language else separator.client, block)
    if intent is Intent.REPLY:
        return None
    if intent is Intent.FORWARD and (attributed := _read_attributed(text, at)):
        return attributed
    block = read_block(text, at)
    return _Start(at, f"outlook-{block.language}", block) if block else None


def _block_below(text: str, end: int) -> HeaderBlock | None:
    for _ in range(_MOST_BLANKS + 1):
        if end >= len(text):
            return None
        line = line_at(text, end + 1)
        if line.content:
            return read_block(text, line.start)
        end = line.end
    return None


def _read_attributed(text: str, at: int) -> _Start | None:
    line = line_at(text, at)
    below = line_at(text, line.end + 1) if line.end < len(text) else line
    for end, content in ((line.end, line.content), (below.end, f"{line.content} {below.content}")):
        found = read_attribution(content)
        sender = read_mailbox(found.sender) if found else None
        if found and sender:
            block = HeaderBlock(
                sender=sender,
                date=found.date,
                language=found.language,
                depth=line.depth,
                end=end,
            )
            return _Start(at, f"outlook-mac-{found.language}", block, answered=not line.depth)
    return None


def _read_inner_date(written: str, message: Message) -> datetime | None:
    date = read_date(written, _zone_of(message))
    if date and message.date and not names_zone(written):
        # Nobody forwards what is still to come: the zone was not that of the reader.
        return min(date, message.date)
    return date


def _zone_of(message: Message) -> tzinfo:
    """Return the zone in which a mail was written; its `date` may have been brought to UTC."""
    for written in message.headers.get("date", ())[:1]:
        try:
            zone = parsedate_to_datetime(written).tzinfo
        except (ValueError, TypeError, IndexError, OverflowError):
            zone = None
        if zone is not None:
            return zone
    return message.date.tzinfo or UTC if message.date else UTC
