"""References in a line of words: a subject, or a sentence of the portal's."""

import regex

from mailbridge.rules.labels import Span
from mailbridge.rules.portal import fold

_SUBJECT = regex.compile(
    r"(?i)(?<![\p{L}])(?:r[ée]f(?:[ée]ren(?:ce|z|cia|tie|cja))?|rif(?:erimento)?|refer[êe]ncia"
    r"|reference|objekt(?:[ -]?(?:nr|nummer))?|immobile|inmueble|im[óo]vel|ofert[ęy]|oggetto"
    r"|property ref(?:erence)?)\b(?:[.:°º#\s-]|\b(?:nr|no|n|num|numer|número|numero)\b)*"
    r"(?P<value>[^\s,;:()\[\]]*\d[^\s,;:()\[\]]*)"
)


def find_in_subject(subject: str) -> Span | None:
    """Find a reference that a word for it announces in a subject."""
    match = _SUBJECT.search(fold(subject))
    if match is None:
        return None
    start, end = match.span("value")
    while subject[end - 1] in ".!?":
        end -= 1
    return start, end


_CODE = regex.compile(r"[-–—:#] *(?P<value>(?=\S*\d)[\p{Lu}\d][\p{Lu}\d._/-]{2,})$")


def find_code(subject: str) -> Span | None:
    """Find at a subject's end what may be a reference, though no word says so."""
    match = _CODE.search(subject)
    return match.span("value") if match else None
