"""What an HTTP reply of the lead API means: status first, then a lenient body.

Pure: bytes in, one `Answer` out. No real reply of the API is published, so nothing
about a body is required: it may be empty, plain text, HTML, a list, or cut short.

    2xx, `success` not false      Accepted; without an id it is unconfirmed
    2xx with `success` false      Rejected
    401, 403                      Unauthorised
    408, 425, 429                 Busy
    5xx                           Failed
    3xx                           Rejected: a POST is never sent on to another address
    any other 4xx                 Rejected: the same request would be refused again
    1xx                           InDoubt: an interim answer after which no final one came
"""

import html
import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, quote_plus

from mailbridge.delivery.answer import (
    Accepted,
    Answer,
    Busy,
    Failed,
    InDoubt,
    Rejected,
    Unauthorised,
)

LONGEST_RETRY_AFTER = 86_400.0
"""Seconds: what a server asks beyond one day is taken as one day."""

_EXCERPT = 300
_REMOTE_ID = 200
_LOOKED_AT = 8_192
"""Characters of a body from which an excerpt is taken: bounds the work on a hostile one."""

_NOT_SUCCESS = (False, "false", "0", "no")
_TAGS = re.compile(r"<!--.*?-->|<(script|style)\b.*?</\1\s*>|<[^<>]*>", re.DOTALL | re.IGNORECASE)


def read_reply(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    *,
    now: datetime,
    masks: Mapping[str, str],
) -> Answer:
    """Return what the reply means.

    `headers` finds names whatever their case; `now` is aware; `masks` maps a label
    to a value that no excerpt may show: the key and the enquirer's own data.
    """
    content = _json(body)
    if 200 <= status < 300:
        if _says_no(content):
            return Rejected(status=status, excerpt=_excerpt(content, body, masks))
        return Accepted(status=status, remote_id=_remote_id(content))
    if status in (401, 403):
        return Unauthorised(status=status, excerpt=_excerpt(content, body, masks))
    if status in (408, 425, 429):
        return Busy(status=status, retry_after=retry_after(headers, now))
    if status >= 500:
        excerpt = _excerpt(content, body, masks)
        return Failed(status=status, excerpt=excerpt, retry_after=retry_after(headers, now))
    if status < 200:
        return InDoubt(reason=f"the server sent the interim answer {status} and no final one")
    if status < 400:
        place = one_line(headers.get("Location", ""), masks) or "no address"
        told = f"redirected to {place}; correct the destination's address in the settings"
        return Rejected(status=status, excerpt=told[:_EXCERPT])
    return Rejected(status=status, excerpt=_excerpt(content, body, masks))


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return seconds from 0 to one day; None where the header is missing or unreadable.

    Both forms of RFC 9110, section 10.2.3. A date counts from the server's own
    `Date`, where it tells one, so that two clocks that disagree do no harm.
    """
    asked = headers.get("Retry-After", "").strip()
    if number := re.fullmatch(r"([+-]?)([0-9]+)(?:\.[0-9]*)?", asked):
        if number[1] == "-":
            return 0.0
        digits = number[2].lstrip("0")
        return LONGEST_RETRY_AFTER if len(digits) > 6 else _bounded(float(digits or 0))
    until = _http_date(asked)
    if until is None:
        return None
    since = _http_date(headers.get("Date", "")) or now
    return _bounded((until - since).total_seconds())


def one_line(text: str, masks: Mapping[str, str]) -> str:
    """Return the text without control characters and line breaks, masked values replaced.

    Each line of a value is masked too, and the forms that it takes in JSON and in an address:
    a server that quotes what we sent quotes it in any of them.
    """
    line = _flat(text)
    forms = {form: label for label, value in masks.items() for form in _forms(value) if form}
    for form, label in sorted(forms.items(), key=lambda item: -len(item[0])):
        if form.casefold() in line.casefold():
            whole = rf"(?<!\w){re.escape(form)}(?!\w)"
            line = re.sub(whole, f"[{label}]", line, flags=re.IGNORECASE)
    return line


def _forms(value: str) -> Iterator[str]:
    for part in {value, *value.splitlines()}:
        for ascii_only in (False, True):
            yield _flat(json.dumps(part, ensure_ascii=ascii_only)[1:-1])
        yield _flat(part)
        yield quote(part.strip(), safe="")
        yield quote_plus(part.strip())


def _flat(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _bounded(seconds: float) -> float:
    return min(max(seconds, 0.0), LONGEST_RETRY_AFTER)


def _http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _says_no(content: Any) -> bool:
    """Whether the body refuses; 0, "false" and "no" too: a lost lead is worse than a look."""
    if not isinstance(content, dict):
        return False
    success = content.get("success")
    return (success.lower() if isinstance(success, str) else success) in _NOT_SUCCESS


def _remote_id(content: Any) -> str:
    found = content.get("id") if isinstance(content, dict) else None
    if isinstance(found, bool) or not isinstance(found, str | int):
        return ""
    return _flat(str(found))[:_REMOTE_ID]


def _excerpt(content: Any, body: bytes, masks: Mapping[str, str]) -> str:
    return one_line(_told(content, body)[:_LOOKED_AT], masks)[:_EXCERPT]


def _told(content: Any, body: bytes) -> str:
    """Return the part of the reply that is meant for people."""
    if isinstance(content, dict):
        said = [content[k] for k in ("message", "error", "errors") if content.get(k)]
        return "; ".join(_plain(part) for part in said or [content])
    if content is not None:
        return _plain(content)
    text = body[: 4 * _LOOKED_AT].decode("utf-8", "replace")[:_LOOKED_AT]
    return html.unescape(_TAGS.sub(" ", text)) if "<" in text else text


def _plain(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return "; ".join(value)
    return json.dumps(value, ensure_ascii=False)
