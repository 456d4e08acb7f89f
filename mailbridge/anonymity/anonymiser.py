"""Mails anonymised one after the other, and each looked at afterwards.

What comes out is decided as before, field by field by the same patterns, and holds none of
the values that were replaced, however they may be encoded; else nothing comes out. Pure.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from html import unescape
from urllib.parse import unquote

from mailbridge.anonymity.personal import Personal, find_personal
from mailbridge.anonymity.projection import fold
from mailbridge.anonymity.pseudonyms import Pseudonyms
from mailbridge.anonymity.replacement import Replacement, phrase_pattern, word_patterns
from mailbridge.anonymity.rewriting import rewrite_mail
from mailbridge.decision import Decision, Policy, decide
from mailbridge.message.charsets import decode
from mailbridge.message.headers import decode_words, skip_envelope, split_fields
from mailbridge.message.limits import LimitExceeded, Limits
from mailbridge.message.message import Message
from mailbridge.message.parts import find_parts
from mailbridge.problems import Problem
from mailbridge.rules.forwarding import ANYONE
from mailbridge.rules.judgement import Portals

MOST_VALUES = 200
"""Addresses and numbers in one mail: each is looked for in every text of it afterwards."""


@dataclass(frozen=True, slots=True)
class Anonymised:
    """A mail without the people in it."""

    raw: bytes


@dataclass(frozen=True, slots=True)
class Refused:
    """A mail that could not be anonymised; nothing of it may be given away."""

    reason: str
    """One sentence for a person; holds nothing of the mail's content."""


class Anonymiser:
    """Anonymises the mails of one run: the same person has the same other name in all."""

    def __init__(self, portals: Portals) -> None:
        """Take the rules by which mails are decided before and after."""
        self._portals = portals
        self._pseudonyms = Pseudonyms()
        self._fields = frozenset(
            way.source.removeprefix("header:")
            for portal in portals.all
            for ways in portal.fields.values()
            for way in ways
            if way.source.startswith("header:")
        )

    def anonymise(
        self, raw: bytes, received: datetime | None, policy: Policy
    ) -> Anonymised | Refused:
        """Give the mail with everybody in it replaced.

        Whose forwards are opened does not count, as in a case: afterwards nobody is
        who they were.
        """
        policy = replace(policy, forwarders=ANYONE, own_domains=frozenset())
        before = decide(raw, received, self._portals, policy)
        if not isinstance(before.message, Message):
            return Refused("It cannot be read, so nobody knows who is in it.")
        personal = find_personal(before, self._portals)
        region = _region(before, self._portals) or policy.leads.default_region
        replacement = Replacement(personal, self._pseudonyms, self._portals, region)
        try:
            made = raw
            for _ in range(2):  # an address may be met after the domain that it makes known
                made = rewrite_mail(made, replacement, policy.limits, self._fields)
        except (LimitExceeded, UnicodeError, ValueError):
            return Refused("Its structure could not be put together again.")
        server = replacement(policy.authentication_server, markup=False)
        after = decide(made, received, self._portals, replace(policy, authentication_server=server))
        if _way(before) != _way(after):
            return Refused("The rules would not find the same in it any more.")
        left = replacement.replaced
        if len(left.addresses) + len(left.numbers) > MOST_VALUES:
            return Refused("It holds more addresses and numbers than an inquiry does.")
        if is_left(made, policy.limits, personal, left.addresses, left.numbers):
            return Refused("A value could not be replaced everywhere.")
        return Anonymised(made)


def _way(decision: Decision) -> tuple[object, ...]:
    """Say what the rules made of a mail: everything but the values, in the order of each source."""
    found = [
        sorted(
            (
                (one.source if one.span else "", one.span or (0, 0), name, one.pattern)
                for name, one in wanted.inquiry.fields.items()
            ),
        )
        for wanted in decision.wanted
    ]
    told = [[(source, name, where) for source, _, name, where in fields] for fields in found]
    return decision.outcome, decision.portal, told, [p.code for p in decision.problems]


def _region(decision: Decision, portals: Portals) -> str:
    return next((p.region for p in portals.all if p.name == decision.portal), "")


def is_left(
    raw: bytes, limits: Limits, personal: Personal, addresses: set[str], numbers: set[str]
) -> bool:
    """Tell whether a mail holds one of these values, in whatever encoding.

    All folded, as in `Personal`; found as `Replacement` finds them, and a number however
    its digits are grouped.
    """
    patterns = [*word_patterns(personal.words), *map(phrase_pattern, personal.phrases)]
    patterns += [re.compile(rf"(?<![\w.+-]){re.escape(a)}(?![\w-]|\.\w)") for a in addresses]
    patterns += [
        re.compile(_BETWEEN.join(number[-_TOLD_DIGITS:]) + "(?![0-9])")
        for number in numbers
        if len(number) >= _TOLD_DIGITS - 1
    ]
    for text in decodings(raw, limits):
        shown = fold(text)
        if any(pattern.search(shown) for pattern in patterns):
            return True
    return False


_BETWEEN = r"[ \t./()\[\]\-\u2010-\u2015]{0,3}"
_TOLD_DIGITS = 8


def decodings(raw: bytes, limits: Limits) -> Iterator[str]:
    """Give every text that a mail can be read as, header and attached mails included."""
    fields, start = split_fields(raw, skip_envelope(raw), len(raw), limits)
    yield "\n".join(decode_words(value) for _, value in fields)
    for part in find_parts(raw, fields, start, limits):
        if isinstance(part, Problem):
            continue
        if part.head_span:
            inner, _ = split_fields(raw, *part.head_span, limits)
            yield "\n".join(unquote(decode_words(value)) for _, value in inner)
        data = part.decode()
        yield part.to_attachment().name
        if part.content_type in ("message/rfc822", "message/global"):
            yield from decodings(data, limits)
        text = decode(data, part.parameter("charset"))[0]
        for form in dict.fromkeys((text, unescape(text), unquote(text), unquote(unescape(text)))):
            yield form
            yield re.sub(r"<[^<>]*>", "", form)
