"""Mail bytes → Message, or Unreadable with the reason. Pure: no clock, no I/O.

The order of work: header block, then the parts, then the texts. The HTML is
only decoded here; its text form is made when `Message.html` is first asked for.
"""

from collections.abc import Iterable
from functools import partial

from mailbridge.message import markup, plain
from mailbridge.message.charsets import decode
from mailbridge.message.envelope import read_addresses, read_date, read_message_id
from mailbridge.message.headers import Fields, decode_value, skip_envelope, split_fields
from mailbridge.message.limits import LimitExceeded, Limits, ensure
from mailbridge.message.message import Address, Attachment, Body, Message, Unreadable
from mailbridge.message.parts import Part, find_parts
from mailbridge.problems import Problem

_DEFAULT_LIMITS = Limits()


def read(raw: bytes, limits: Limits = _DEFAULT_LIMITS) -> Message | Unreadable:
    """Read one mail as it came from the server or a file; never raises for any bytes.

    Unreadable: a limit is exceeded (`limit-…`), there is nothing in it
    (`mail-empty`), or it does not begin with a header (`mail-no-header`).
    """
    fields: Fields = []
    try:
        ensure(limits, "mail_size", len(raw))
        start = skip_envelope(raw)
        if start == len(raw):
            return _give_up(fields, Problem(code="mail-empty", text="The mail is empty."))
        fields, body = split_fields(raw, start, len(raw), limits)
        if not fields:
            text = "This is no mail: it does not begin with a header."
            return _give_up(fields, Problem(code="mail-no-header", text=text))
        return _read_message(fields, find_parts(raw, fields, body, limits), limits)
    except LimitExceeded as over:
        return _give_up(fields, over.problem)


def read_headers(raw: bytes, limits: Limits = _DEFAULT_LIMITS) -> dict[str, tuple[str, ...]]:
    """Read the header alone: lower-case name to decoded values; empty where it is over a limit."""
    try:
        fields, _ = split_fields(raw, skip_envelope(raw), len(raw), limits)
    except LimitExceeded:
        return {}
    return {name: tuple(map(decode_value, values)) for name, values in _group(fields).items()}


def _give_up(fields: Fields, problem: Problem) -> Unreadable:
    headers = _group(fields)
    return Unreadable(
        problems=(problem,),
        message_id=read_message_id(headers.get("message-id", ())),
        subject=decode_value(headers.get("subject", [""])[0]),
    )


def _group(fields: Fields) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for name, value in fields:
        grouped.setdefault(name, []).append(value)
    return grouped


def _read_message(fields: Fields, parts: Iterable[Part | Problem], limits: Limits) -> Message:
    texts, pages, attachments, problems = _sort(parts, limits)
    render = partial(markup.to_body, longest=limits.text_length)
    source = "\n".join(pages) if pages else None
    if source is not None:
        _ensure_renderable(source, limits)
    written = "\n".join(texts)
    if plain.is_html(written):
        # Rules that ask for the plain part still get text, and links with it.
        _ensure_renderable(written, limits)
        text: Body | None = render(written)
        source = written if source is None else source
    else:
        text = plain.to_body(written) if texts else None
    ensure(limits, "text_length", len(text.text) if text is not None else 0)
    headers = _group(fields)
    senders = read_addresses(headers.get("from", [""])[0])
    return Message(
        message_id=read_message_id(headers.get("message-id", ())),
        date=read_date(headers.get("date", ())),
        sender=senders[0] if senders else Address("", ""),
        reply_to=read_addresses(", ".join(headers.get("reply-to", ()))),
        to=read_addresses(", ".join(headers.get("to", ()))),
        subject=decode_value(headers.get("subject", [""])[0]),
        headers={name: tuple(map(decode_value, values)) for name, values in headers.items()},
        text=text,
        html_source=source,
        attachments=attachments,
        problems=problems,
        render=render,
    )


def _ensure_renderable(source: str, limits: Limits) -> None:
    ensure(limits, "text_length", len(source))
    ensure(limits, "html_tags", source.count("<"))


def _sort(
    parts: Iterable[Part | Problem], limits: Limits
) -> tuple[list[str], list[str], tuple[Attachment, ...], tuple[Problem, ...]]:
    """Return plain texts, HTML pages, attachments, and each problem once."""
    texts: list[str] = []
    pages: list[str] = []
    attachments: list[Attachment] = []
    problems: dict[Problem, None] = {}
    size = 0
    for part in parts:
        if isinstance(part, Problem):
            problems[part] = None
            continue
        if not part.is_text:
            attachments.append(part.to_attachment())
            continue
        data = part.decode()
        size += len(data)
        ensure(limits, "text_size", size)
        text, mended = decode(data, part.parameter("charset"))
        problems.update(dict.fromkeys(mended))
        if part.content_type == "text/html":
            pages.append(text)
        elif part.parameter("format").lower() == "flowed":
            texts.append(plain.unflow(text, delete_blank=part.parameter("delsp").lower()))
        else:
            texts.append(text)
    return texts, pages, tuple(attachments), tuple(problems)
