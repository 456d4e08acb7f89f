"""A visitor's full name that no label announces.

A name is believed where two things speak for it: a sentence of interest, the address,
a second mention, or its place beside the address. No list of people's names is used.
"""

from collections.abc import Sequence

import regex

from mailbridge.rules.drafting.words import kind_of, plain
from mailbridge.rules.labels import Span

_WORD = r"[\p{Lu}][\p{L}'.\-]*"
_SMALL = (
    r"(?:de|du|des|d'|la|le|van|von|der|den|del|della|di|da|do|dos|das|el|al|y|e|zu|zum|ter|ten)"
)
_NAME = regex.compile(
    rf"(?<![\p{{L}}@.]){_WORD}(?: (?:{_SMALL} ){{0,2}}{_WORD}){{1,3}}(?![\p{{L}}@])"
)
_ENOUGH = 2
"""Points at which a name is put into the rule; with fewer none is."""
_INTEREST = regex.compile(
    r"^,?\s*(?:\([^)\n]*\)\s*)?(?:s'intéresse|est intéressé|souhaite|souhaiterait|désire|a envoyé"
    r"|vous a|vous écrit|vous contacte|a laissé|aimerait|a demandé|demande"
    r"|interessiert|ist interessiert|möchte|hat |wünscht|bittet|schreibt|fragt"
    r"|is interested|would like|has |wants|wrote|sent|requested|is asking"
    r"|è interessat|ha |vorrebbe|desidera|scrive|chiede"
    r"|está interesad|se ha|quiere|desea|solicita|te ha|le ha|te escribe|se interesa"
    r"|is geïnteresseerd|heeft|wil |zou graag|vraagt"
    r"|jest zainteresowan|wysłał|napisał|pyta|chciał|prosi"
    r"|está interessad|enviou|quer |gostaria|pediu|deseja)"
)
_FROM = regex.compile(
    r"(?:\b(?:de|de la part de|von|from|by|da|da parte di|de parte de|van|od|por|com|par) |: ?)$"
)


def find_name(
    text: str, blocked: Sequence[Span], address: str, beside: Span | None
) -> tuple[Span, str] | None:
    """Find a full name: its span, and why it is believed."""
    local = plain(address.partition("@")[0]).replace(" ", "")
    best: tuple[int, Span, str] | None = None
    seen: dict[str, int] = {}
    matches = [
        match
        for match in _NAME.finditer(text)
        if not any(start <= match.start() < end for start, end in blocked)
        and "\n" not in match.group()
    ]
    for match in matches:
        seen[match.group()] = seen.get(match.group(), 0) + 1
    for match in matches:
        points = 0
        reasons: list[str] = []
        words = [plain(word).replace(" ", "") for word in match.group().split()]
        if any(kind_of(word) for word in words):
            continue
        if sum(len(word) > 2 and word in local for word in words) >= (2 if len(words) > 1 else 1):
            points, reasons = points + 3, [*reasons, "its words stand in the address"]
        elif any(len(word) > 3 and word in local for word in words):
            points, reasons = points + 1, [*reasons, "a word of it stands in the address"]
        if _INTEREST.match(text[match.end() : match.end() + 60]):
            points, reasons = points + 2, [*reasons, "a sentence of interest follows"]
        if seen[match.group()] > 1:
            points, reasons = points + 1, [*reasons, "it stands there twice"]
        if beside and _adjoins(text, match.span(), beside):
            points, reasons = points + 2, [*reasons, "it stands above the address"]
        if points and _FROM.search(text[max(0, match.start() - 20) : match.start()]):
            points += 1
        if points >= _ENOUGH and (best is None or points > best[0]):
            best = (points, match.span(), " and ".join(reasons))
    if best is None:
        return None
    return best[1], best[2]


def _adjoins(text: str, name: Span, address: Span) -> bool:
    """Tell whether a name has a line of its own right above the address's line."""
    begin, end = text.rfind("\n", 0, name[0]) + 1, text.find("\n", name[1])
    if text[begin : name[0]].strip() or text[name[1] : max(end, name[1])].strip():
        return False
    return name[1] < address[0] and text.count("\n", name[1], address[0]) <= 2
