"""Personal data goes: by itself after a time, or one person's when asked for.

Which mails are concerned is found here; what is erased of them is the ledger's
(`ledger/erasure.py`). Mails in the mailbox and leads in the CRM are never touched.
"""

import base64
import binascii
import html
import quopri
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from mailbridge.leads.person import Person
from mailbridge.ledger.ledger import Ledger
from mailbridge.ledger.records import MailRecord, State
from mailbridge.log import logger
from mailbridge.message.charsets import decode
from mailbridge.message.headers import decode_value, skip_envelope, split_fields
from mailbridge.message.limits import LimitExceeded, Limits
from mailbridge.message.parts import find_parts
from mailbridge.problems import Problem

BATCH = 500
"""Mails erased in one transaction: the daemon and its leads wait for it."""

_DEEPEST = 5
"""Mails attached to mails are opened so deep."""

_TAG = re.compile(r"<[^<>]*>")

_BASE64 = re.compile(rb"(?:[A-Za-z0-9+/]{40,}\r?\n)*[A-Za-z0-9+/]{16,}={0,2}")

_MAY_BE_SENT = {State.QUEUED, State.SENDING, State.DEFERRED, State.IN_DOUBT}


@dataclass(frozen=True, slots=True)
class Retention:
    """How long contents stay in the ledger."""

    contents: timedelta
    """Since the mail was seen, where nothing is left to do."""
    review: timedelta
    """The same where it waits for a person."""

    def expired(self, ledger: Ledger, now: datetime) -> list[int]:
        """List the mails whose contents are to go.

        By whole days, so that `run --once` from cron has something to do once a day.
        """
        today = datetime.combine(now.astimezone(UTC).date(), time(), UTC)
        return ledger.expired(today - self.contents, today - self.review)

    def apply(self, ledger: Ledger, now: datetime) -> int:
        """Erase what is to go, out of the file too; give how many mails that concerned."""
        erased = 0
        for some in batches(self.expired(ledger, now)):
            erased += len(ledger.expire(some, now))
        if erased:
            clean = ledger.scrub()
            logger().info("contents erased", mails=erased, file_rewritten=clean)
        return erased


def batches(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """Cut into what is erased at once."""
    for start in range(0, len(ids), BATCH):
        yield ids[start : start + BATCH]


def find_mails(
    ledger: Ledger,
    person: Person,
    limits: Limits,
    progress: Callable[[Sequence[int]], Iterable[int]],
) -> list[MailRecord]:
    """List the mails that hold the person's address or number anywhere, the oldest first.

    `progress` gives what it is given, and may show how far that has come.
    """
    found = []
    for number in progress(ledger.with_contents()):
        mail = ledger.mail(number)
        if mail and any(person.appears_in(text) for text in _texts(mail, limits)):
            found.append(mail)
    return found


def may_be_sent(mail: MailRecord) -> bool:
    """Whether a lead of the mail may still be sent, so that it must not be erased."""
    return any(lead.state in _MAY_BE_SENT for lead in mail.leads)


def _texts(mail: MailRecord, limits: Limits) -> Iterator[str]:
    yield mail.subject
    yield mail.message_id
    yield mail.text
    for lead in mail.leads:
        yield from _strings(lead.payload)
        yield from _strings(lead.fields)
        for attempt in lead.attempts:
            yield attempt.detail
    if mail.raw:
        yield from _texts_in(mail.raw, limits, _DEEPEST)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)


def _texts_in(raw: bytes, limits: Limits, deep: int) -> Iterator[str]:
    """Give all texts in a mail, its headers, attached mails and attachments among them.

    HTML is not repaired and laid out for this: what made a mail unreadable must not keep
    its sender from being forgotten.
    """
    yield raw.decode("utf-8", "replace")
    try:
        fields, body = split_fields(raw, skip_envelope(raw), len(raw), limits)
        parts = list(find_parts(raw, fields, body, limits))
    except LimitExceeded:
        yield from _guesses(raw)
        return
    for _, value in fields:
        yield decode_value(value)
    for part in parts:
        if isinstance(part, Problem):
            continue
        content = part.decode()
        text, _ = decode(content, part.parameter("charset"))
        yield text
        if "<" in text:
            yield html.unescape(text)
            yield html.unescape(_TAG.sub("", text))
        if deep and part.content_type.startswith("message/"):
            yield from _texts_in(content, limits, deep - 1)


def _guesses(raw: bytes) -> Iterator[str]:
    """Decode a mail that cannot be read as one: whatever looks encoded."""
    yield quopri.decodestring(raw).decode("utf-8", "replace")
    for found in _BASE64.finditer(raw):
        try:
            yield base64.b64decode(found[0]).decode("utf-8", "replace")
        except binascii.Error:
            continue
