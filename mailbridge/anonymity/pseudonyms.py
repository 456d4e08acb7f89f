"""Fictional values: each real one gets its own, the same one throughout a run."""

from collections.abc import Callable, Collection
from itertools import count, product

_CONSONANTS, _VOWELS = "bdfgklmnprstvz", "aeiou"
_LAST_DIGITS = 7
"""Digits of a number that are replaced: what stands before is country and network."""


class Pseudonyms:
    """Who is called what. Nothing can be computed back: they are counted, not derived."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self._given: dict[tuple[str, str], str] = {}
        self._words = map(_make_word, count())
        self._counts = {kind: count(1) for kind in ("person", "site", "mail", "digits", "number")}

    def word(self, word: str, taken: Collection[str]) -> str:
        """Give a name for a word of a name, in small letters; none of `taken`."""
        if word.isdecimal():
            # House numbers and postcodes: of the same length, and they may come twice.
            number = self._give("number", word, lambda: str(next(self._counts["number"])))
            return number.zfill(len(word))[-len(word) :]
        free = (made for made in self._words if made not in taken)
        return self._give("word", word, lambda: next(free))

    def domain(self, domain: str) -> str:
        """Give a domain for a domain that belongs to somebody."""
        return self._give("domain", domain, lambda: f"site{next(self._counts['site'])}.example.org")

    def address(self, address: str, domain: str | None) -> str:
        """Give an e-mail address; at `domain`, or at a domain of its own."""

        def make() -> str:
            at = domain or f"mail{next(self._counts['mail'])}.example.org"
            return f"person{next(self._counts['person'])}@{at}"

        return self._give("address", address, make)

    def digits(self, digits: str, taken: Collection[str]) -> str:
        """Give the digits of a phone number: as many, the first ones (country, network) the same.

        However the number is written, its last digits are those of one pseudonym, and
        of none of `taken`.
        """
        length = max(1, min(_LAST_DIGITS, len(digits) - 2))
        counted = (f"{number:0{_LAST_DIGITS}d}"[-length:] for number in self._counts["digits"])
        free = (made for made in counted if not any(one.endswith(made) for one in taken))
        return digits[:-length] + self._give("digits", digits[-length:], lambda: next(free))

    def _give(self, kind: str, value: str, make: Callable[[], str]) -> str:
        key = (kind, value)
        if key not in self._given:
            self._given[key] = make()
        return self._given[key]


_SYLLABLES = tuple(c + v for v, c in product(_VOWELS, _CONSONANTS))
_PAIRS = len(_SYLLABLES) ** 2


def _make_word(number: int) -> str:
    """Make the word of a number: two syllables, neighbours unlike each other; then three."""
    row, place = divmod(number, _PAIRS)
    first, second = divmod(place * 2_749 % _PAIRS, len(_SYLLABLES))  # prime to 65 ** 2
    more = "" if not row else _SYLLABLES[(row - 1) % len(_SYLLABLES)] * (1 + row // _PAIRS)
    return _SYLLABLES[first] + _SYLLABLES[second] + more
