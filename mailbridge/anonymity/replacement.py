"""A text with other names: what is personal is replaced where it stands, all else stays.

Must not know of mails; that is `rewriting`.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial

from mailbridge.anonymity.personal import Personal, is_common, is_owned, is_relay
from mailbridge.anonymity.projection import Projection, View, project
from mailbridge.anonymity.pseudonyms import Pseudonyms
from mailbridge.leads.phones import find_numbers
from mailbridge.message.providers import is_public
from mailbridge.rules.judgement import Portals

_ADDRESS = re.compile(
    r"(?<![\w.+-])[^\s<>()\[\]{},;:\"'|@\\/?&=%*#]{1,100}@(?:[^\W_][\w-]{0,80}\.){1,6}[^\W\d_]{2,24}"
)
_HOST = re.compile(r"(?<![\w@.-])[\w-]{1,63}(?:\.[\w-]{1,63}){1,9}(?![\w-])")
_BETWEEN = r"[ \t./()\[\]\-\u2010-\u2015]{0,3}"
"""What people write between the digits of a number."""
_KNOWN_DIGITS = 9
"""Digits of a known number that are looked for: without country and trunk zero."""
_FEWEST_DIGITS = 6

LONG_WORD = 6
"""Letters of a name that no other word has by chance."""

Edit = tuple[int, int, str]
"""Start and end in the source, and what is written there instead."""
_Claim = tuple[int, int, Callable[[], list[Edit]] | None]
"""Start and end in the text as it reads, and what makes the edits; None: it stays."""


@dataclass(slots=True)
class Replaced:
    """What was found in one mail, to look afterwards that nothing of it is left."""

    addresses: set[str] = field(default_factory=set)
    """Folded."""
    numbers: set[str] = field(default_factory=set)
    """Digits alone."""


class Replacement:
    """Replaces what is personal in the texts of one mail."""

    def __init__(
        self, personal: Personal, pseudonyms: Pseudonyms, portals: Portals, region: str
    ) -> None:
        """Take what is personal, who is called what, and the country of national numbers."""
        self.replaced = Replaced(addresses=set(personal.addresses), numbers=set(personal.numbers))
        self._personal = personal
        self._pseudonyms = pseudonyms
        self._portals = portals
        self._region = region
        self._made: set[str] = set()
        """Addresses and numbers that were put in: nobody's."""
        self._domains: dict[str, str] = {}
        """Of the addresses found until now, those that belong to somebody."""
        self._kept = _any_of(personal.kept)
        longest = sorted(personal.phrases, key=len, reverse=True)
        self._phrases = [phrase_pattern(words) for words in longest]
        self._names = _spellings(personal.words)
        self._words = word_patterns(self._names)
        self._numbers = [_number(d) for d in personal.numbers if len(d) >= _FEWEST_DIGITS]

    def __call__(self, text: str, *, markup: bool) -> str:
        """Give the text with everything replaced; `markup` where it is HTML or XML."""
        views = [View.WRITTEN]
        if "%" in text:
            views.append(View.ESCAPED)
        if markup:
            views.append(View.SHOWN)
        for view in views:
            text = self._through(text, view)
        return text

    def _through(self, text: str, view: View) -> str:
        shown = project(text, view)
        taken = bytearray(len(shown.text))
        edits: list[Edit] = []
        for begin, end, made in self._find(shown, text):
            if any(taken[begin:end]):
                continue
            taken[begin:end] = b"\1" * (end - begin)
            edits += made() if made else ()
        pieces, at = [], 0
        for start, stop, instead in sorted(edits):
            tags = "".join(_TAGS.findall(text[start:stop])) if view is View.SHOWN else ""
            pieces += [text[at:start], instead, tags]
            at = stop
        return "".join([*pieces, text[at:]])

    def _find(self, shown: Projection, source: str) -> Iterator[_Claim]:
        """Give each stretch that is spoken for, and the edits that it takes, if any."""
        text = shown.text
        for found in _ADDRESS.finditer(text):
            yield *found.span(), self._address_edits(shown, source, found)
        for found in _HOST.finditer(text):
            if domain := self._domain_above(found[0]):
                edit = (*shown.span(*found.span()), domain)
                yield *found.span(), partial(list[Edit], [edit])
        for found in _all(self._kept, text):
            yield *found.span(), None
        for found in _all(self._numbers, text):
            yield *found.span(), self._number_edits(shown, *found.span())
        for begin, end in find_numbers(text, self._region):
            yield begin, end, self._number_edits(shown, begin, end)
        for found in _all(self._phrases, text):
            spans = [found.span(n) for n in range(1, found.re.groups + 1)]
            yield *found.span(), self._word_edits(shown, source, spans)
        for found in _all(self._words, text):
            yield *found.span(), self._word_edits(shown, source, [found.span()])

    def _address_edits(
        self, shown: Projection, source: str, found: re.Match[str]
    ) -> Callable[[], list[Edit]] | None:
        address = found[0]
        if address in self._made:
            return None
        domain = address.rpartition("@")[2]
        relayed = is_relay(address, self._portals)
        owned = relayed or is_owned(address, self._portals)
        if owned and not relayed and address not in self._personal.addresses:
            return None  # the portal's own
        self.replaced.addresses.add(address)
        start, stop = shown.span(*found.span())

        def edits() -> list[Edit]:
            made = self._pseudonyms.address(address, domain if owned else self._domain(domain))
            if relayed:
                made = self._prefix(address) + made
            self._made.add(made)
            return [
                (start, stop, made.replace("@", "%40") if "%40" in source[start:stop] else made)
            ]

        return edits

    def _prefix(self, address: str) -> str:
        """Give what stands before the `-` of a relay's address: rules tell its kinds by it."""
        word, dash, _ = address.partition("-")
        return word + dash if dash and word.isalpha() and word not in self._names else ""

    def _domain(self, domain: str) -> str | None:
        """Give the domain in place of one; None where each address has its own."""
        if is_public(domain):
            return None
        self._domains[domain] = self._pseudonyms.domain(domain)
        return self._domains[domain]

    def _domain_above(self, host: str) -> str:
        """Give the domain in place of one that this host lies in; empty where there is none."""
        labels = host.split(".")
        above = (".".join(labels[at:]) for at in range(len(labels)))
        return next((self._domains[name] for name in above if name in self._domains), "")

    def _number_edits(
        self, shown: Projection, begin: int, end: int
    ) -> Callable[[], list[Edit]] | None:
        places = [at for at in range(begin, end) if shown.text[at] in "0123456789"]
        digits = "".join(shown.text[at] for at in places)
        if digits in self._made:
            return None
        self.replaced.numbers.add(digits)

        def edits() -> list[Edit]:
            made = self._pseudonyms.digits(digits, self.replaced.numbers)
            self._made.add(made)
            return [
                (*shown.places[at], digit)
                for at, digit in zip(places, made, strict=True)
                if shown.text[at] != digit
            ]

        return edits

    def _word_edits(
        self, shown: Projection, source: str, spans: list[tuple[int, int]]
    ) -> Callable[[], list[Edit]]:
        def edits() -> list[Edit]:
            made = []
            for begin, end in spans:
                word = shown.text[begin:end]
                if is_common(word):
                    continue
                span = shown.span(begin, end)
                name = self._pseudonyms.word(_one_spelling(word), self._personal.words)
                made.append((*span, _like(source[slice(*span)], name)))
            return made

        return edits


_TAGS = re.compile(r"<[^<>]*>")


def _all(patterns: Iterable[re.Pattern[str]], text: str) -> Iterator[re.Match[str]]:
    for pattern in patterns:
        yield from pattern.finditer(text)


def _like(written: str, name: str) -> str:
    """Write a name with capitals as the other one has them."""
    letters = [c for c in _TAGS.sub("", written) if c.isalpha()]
    if len(letters) > 1 and all(c.isupper() for c in letters):
        return name.upper()
    return name.capitalize() if letters and letters[0].isupper() else name


_UMLAUTS = (("ae", "a"), ("oe", "o"), ("ue", "u"))


def _one_spelling(word: str) -> str:
    """Write `Mueller` as `Müller` is folded: both are one name."""
    for long, short in _UMLAUTS:
        word = word.replace(long, short)
    return word


def _spellings(words: frozenset[str]) -> frozenset[str]:
    return (
        words
        | {_one_spelling(word) for word in words}
        | {word.replace(short, long) for word in words for long, short in _UMLAUTS if short in word}
    )


def _any_of(values: frozenset[str]) -> list[re.Pattern[str]]:
    """Match any of the values, if there are any."""
    return [re.compile(_either(values))] if values else []


def word_patterns(words: frozenset[str]) -> list[re.Pattern[str]]:
    """Match words of names: short ones as whole words only, long ones wherever they stand.

    Portals forget the blank before a name (`coordonnéesClovis`), and names are inflected.
    """
    short = frozenset(word for word in words if len(word) < LONG_WORD)
    patterns = _any_of(words - short)
    if short:
        patterns.append(re.compile(rf"(?<![^\W_])(?:{_either(short)})(?![^\W_])"))
    return patterns


def phrase_pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    """Match a value of these words, with whatever stands between words; a group for each."""
    between = r"[\W_]{1,5}".join(f"({re.escape(word)})" for word in words)
    if sum(map(len, words)) >= LONG_WORD and len(words) > 1:
        return re.compile(between)
    return re.compile(rf"(?<![^\W_]){between}(?![^\W_])")


def _either(values: frozenset[str]) -> str:
    return "|".join(map(re.escape, sorted(values, key=len, reverse=True)))


def _number(digits: str) -> re.Pattern[str]:
    """Match a known number by its last digits, with what stands before them."""
    known = _BETWEEN.join(digits[-_KNOWN_DIGITS:])
    return re.compile(rf"(?:\+?[0-9]{_BETWEEN}){{0,6}}{known}(?![0-9])")
