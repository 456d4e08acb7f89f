"""Given and family names, out of one line or two fields; kept as typed.

No list of people's names is consulted. Where the line itself gives no sign
(capitals, a comma, a particle, a title), the portal's order decides.
"""

import re
from enum import StrEnum

from mailbridge.leads.characters import fold


class NameOrder(StrEnum):
    """Which name a portal writes first where it writes both on one line."""

    GIVEN_FIRST = "given_first"
    FAMILY_FIRST = "family_first"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TITLES = _words(
    """
    m mr mme mmes mlle mm monsieur madame mademoiselle messieurs mesdames maître
    herr herrn frau fräulein mrs ms miss mx sir dr drs drssa doctor docteur
    prof profssa professeur professor sig sigra sigrina signor signore signora signorina
    dott dottssa dottor dottoressa sr sra srta señor señora señorita senhor senhora dª dna dña doña
    famille familie famiglia family
    """
)
"""Without their dots."""
_DOTTED_TITLES = _words(
    """
    ing. arch. avv. geom. rag. mag. dipl.-ing. lic. med. jur. iur. rer. nat. phil. dent. vet. h.c.
    hr. fr. pr.
    """
)
"""Titles only where the dot stands; without it they may be names."""
_JOINING = frozenset({"et", "und", "and", "e", "y", "&", "+", "-", "–", "u.", "ou", "oder", "or"})
"""Join two titles, two given names, or the halves of a double one."""
_PARTICLES = _words(
    """
    de du des d' d’ la le les del della dello delle dei degli di da dal dalla do dos das
    von vom van der den dem zu zum zur ter ten te el af av
    """
)
_ELIDED = re.compile(r"(?:d|l|dell)['’](?=\w)")
_CAPITALS_PREFIX = re.compile(r"^(?:Mc|Mac|De|Di|[DdLl]['’]|[Dd]ell['’])(?=[^\W\d_])")
_GLUED_TITLE = re.compile(r"^(M|Mme|Mlle|Mr|Mrs|Ms|Dr|Prof|Sig)\.(?=[A-ZÀ-Þ]\w)")
_ROLES = _words(
    """
    acquéreur acquereur acheteur acheteuse locataire visiteur visiteuse prospect internaute client
    cliente contact utilisateur anonyme inconnu interessent interessentin kaufinteressent
    mietinteressent käufer käuferin mieter mieterin kunde kundin anonym unbekannt nutzer
    interessato interessata acquirente inquilino anonimo utente buyer tenant renter enquirer
    applicant customer anonymous unknown user visitor interesado interesada comprador compradora
    none null nil
    """
)
_ARTICLE = re.compile(r"^(?:l['’]|(?:le|la|un|une|der|die|ein|eine|il|lo|the|an?|el)\s+)")
_LEGAL_FORM = re.compile(
    r"(?:SA|S\.A\.?|AG|KG|OHG|SAS|SASU|SCI|SNC|EURL|SpA|SPA|S\.p\.A\.?|BV|NV|PLC|LLC|LLP"
    r"|(?i:GmbH|S[àa]rl|S\.[àa]\.?r\.l\.?|r\.l\.|Sagl|S\.?r\.l\.?|Ltd\.?|Limited|Inc\.?|e\.V\.))"
)
_LEGAL_FORM_BEFORE = frozenset({"SCI", "SARL", "SAS", "EURL", "SNC"})
"""Written before the company's name as well."""
_EDGES = ' ,;:"“”«»*_-–—|/&+'
_INITIAL = re.compile(r"[^\W\d_]\.(?:-?[^\W\d_]\.)*")


def split_name(text: str, order: NameOrder = NameOrder.GIVEN_FIRST) -> tuple[str, str]:
    """Split a full name into (given, family); either or both may be empty.

    A company is a family name as a whole; a role (`Acquéreur`), a bare title, an
    e-mail address and anything without letters are no names.
    """
    words, titled = _drop_titles(_tidy(text).split())
    if not words or _is_role(" ".join(words)):
        return "", ""
    if _is_company(words):
        return "", " ".join(words)
    line = " ".join(words)
    family, comma, given = line.partition(",")
    if comma:
        given_words, _ = _drop_titles(given.replace(",", " ").split())
        return " ".join(given_words), family.strip()
    if len(words) == 1:
        alone_is_family = titled or order is NameOrder.FAMILY_FIRST
        return ("", line) if alone_is_family else (line, "")
    by_capitals = _split_by_capitals(words)
    given_words, family_words = by_capitals or _split_by_order(words, order)
    return " ".join(given_words), " ".join(family_words)


def clean_name(text: str) -> str:
    """One half of a name from a field of its own: as typed, without a title."""
    words, _ = _drop_titles(_tidy(text).split())
    return " ".join(words)


def clean_names(given: str, family: str) -> tuple[str, str]:
    """Both halves from fields of their own; a role standing alone is no name.

    A title that is all of a family name beside a given one is the name: some are
    called Herr.
    """
    first = clean_name(given)
    last = clean_name(family) or (_tidy(family) if first else "")
    if not (first and last) and _is_role(first or last):
        return "", ""
    return first, last


def _tidy(text: str) -> str:
    # U+FFFD stands for a byte that could not be read: a broken blank between words.
    line = fold(text.replace("\ufffd", " ")).strip(_EDGES)
    line = _GLUED_TITLE.sub(r"\1. ", line)
    return line if any(c.isalpha() for c in line) and "@" not in line else ""


def _drop_titles(words: list[str]) -> tuple[list[str], bool]:
    """Return the words after the titles at the start, and whether there were any."""
    at = 0
    while at < len(words):
        joins = at > 0 and _joins(words[at])
        if joins and at + 1 < len(words) and _is_title(words[at + 1], len(words) - at - 2):
            at += 2
        elif _is_title(words[at], len(words) - at - 1):
            at += 1
        else:
            break
    while 0 < at < len(words) and _joins(words[at]):
        at += 1
    return words[at:], at > 0


def _is_title(word: str, following: int) -> bool:
    """`following`: how many words come after it."""
    lower = word.lower()
    if lower == "d.":
        return following > 1  # Spanish `D. Nombre Apellido`; else an initial
    if lower in _DOTTED_TITLES:
        return True
    halves = [half.replace(".", "").strip("()") for half in lower.split("/")]
    return all(half in _TITLES for half in halves)


def _is_role(line: str) -> bool:
    lower = line.lower().strip(".!?()[]")
    return _ARTICLE.sub("", lower) in _ROLES or not any(c.isalpha() for c in lower)


def _split_by_capitals(words: list[str]) -> tuple[list[str], list[str]] | None:
    """`Maud LE DANTEC`, `LE DANTEC Maud`: the words in capitals are the family name."""
    shouted = [_is_shouted(word, first=at == 0) for at, word in enumerate(words)]
    named = [not (_is_particle(w) or _joins(w) or _INITIAL.fullmatch(w)) for w in words]
    loud = [at for at, _ in enumerate(words) if named[at] and shouted[at]]
    quiet = [at for at, _ in enumerate(words) if named[at] and not shouted[at]]
    if not loud or not quiet:
        return None
    start, end = loud[0], loud[-1] + 1
    while start > 0 and _is_particle(words[start - 1]):
        start -= 1
    if start > 0:
        return words[:start], words[start:]
    return words[end:], words[:end]


def _is_shouted(word: str, *, first: bool) -> bool:
    letters = [c for c in _CAPITALS_PREFIX.sub("", word) if c.isalpha()]
    if len(letters) == 2 and first:
        return False  # `JP Morel`: two initials
    return len(letters) > 1 and all(c.isupper() for c in letters)


def _split_by_order(words: list[str], order: NameOrder) -> tuple[list[str], list[str]]:
    if order is NameOrder.FAMILY_FIRST or _is_particle(words[0]) or _ELIDED.match(words[0]):
        end = 0
        while end < len(words) - 1 and _is_particle(words[end]):
            end += 1
        end = _end_of_joined(words, end + 1)
        return words[end:], words[:end]
    end = 1
    while end < len(words) - 1 and _INITIAL.fullmatch(words[end]):
        end += 1
    end = _end_of_joined(words, end)
    return words[:end], words[end:]


def _end_of_joined(words: list[str], end: int) -> int:
    """Where a name ends that goes on after `et` or `-`, as in `Lou et Max Meier`."""
    while end + 1 < len(words) and _joins(words[end]):
        end += 2
    return end


def _is_particle(word: str) -> bool:
    return word.lower() in _PARTICLES


def _joins(word: str) -> bool:
    return word in _JOINING or (len(word) > 1 and word.lower() in _JOINING)  # `E` is an initial


def _is_company(words: list[str]) -> bool:
    named = len(words) > 1 and words[0] in _LEGAL_FORM_BEFORE
    return named or any(_LEGAL_FORM.fullmatch(word) for word in words[1:])
