"""Make a rule find what a person marked in a mail. (Signatures; the work follows.)"""

from typing import Literal

from mailbridge.message.message import Message
from mailbridge.rules.drafting.draft import Draft, Note, Sureness


def mark(
    rule: str,
    message: Message,
    part: Literal["text", "html"],
    field: str,
    start: int,
    end: int,
    portal: str = "new-portal",
) -> Draft:
    """Let `field` yield the text at [start:end] of that part's canonical text.

    All else of the file stays as written, comments included. An empty `rule` is
    begun, for `portal`. Where no stable anchor stands near, a note of sureness
    `unsure` says so and the rule comes back as it was.
    """
    body = message.text if part == "text" else message.html
    value = body.text[start:end] if body else ""
    return Draft(rule or f"portal: {portal}\n", (Note(field, Sureness.UNSURE, "not yet", value),))
