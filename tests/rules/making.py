"""Messages and portals by literals."""

from collections.abc import Sequence

from mailbridge.documents.located import parse
from mailbridge.message.markup import to_body
from mailbridge.message.message import Address, Body, Link, Message
from mailbridge.rules.compilation import compile_portal
from mailbridge.rules.extraction import Reading
from mailbridge.rules.inquiry import Found
from mailbridge.rules.judgement import Portals, gather, read
from mailbridge.rules.portal import Portal

HEAD = """\
portal: portal.example
evidence: seen
match: {from: leads@portal.example}
"""


def render(html: str) -> Body:
    return to_body(html, longest=1_000_000)


def a_message(
    text: str | None = None,
    *,
    html: str | None = None,
    sender: str = "leads@portal.example",
    name: str = "",
    subject: str = "",
    reply_to: Sequence[str] = (),
    to: Sequence[str] = (),
    headers: dict[str, tuple[str, ...]] | None = None,
    links: Sequence[str] = (),
) -> Message:
    return Message(
        message_id="1@portal.example",
        date=None,
        sender=Address(name, sender),
        reply_to=tuple(Address("", one) for one in reply_to),
        to=tuple(Address("", one) for one in to),
        subject=subject,
        headers=headers or {},
        text=None if text is None else Body(text, tuple(Link(url, url) for url in links)),
        html_source=html,
        render=render,
    )


def a_portal(rules: str, file: str = "rules.yaml") -> Portal:
    """Compile rules; those that name no portal get a head of three lines."""
    headed = "\nportal:" in f"\n{rules}"
    return compile_portal(parse(rules if headed else HEAD + rules, file))


def portals_of(*rules: str) -> Portals:
    return gather(a_portal(one, f"{number}.yaml") for number, one in enumerate(rules))


def read_with(rules: str, message: Message) -> Reading:
    return read(message, a_portal(rules))


def values(fields: dict[str, Found] | object) -> dict[str, str]:
    assert isinstance(fields, dict)
    return {name: found.value for name, found in fields.items()}


def found_in(rules: str, text: str) -> dict[str, str]:
    """Read a plain text by rules and give what was found, by name."""
    return values(read_with(rules, a_message(text)).fields)
