"""What mailbridge says of mails and of rule files, in the language of the visitor.

English is the source, as in gettext: Problems, the ledger and the command line hold English
texts, and `words/phrases/LANGUAGE.json` holds what each of them is in another language, by the
English phrase with `{name}` where a value stands. A text is told apart by what stands between
its values. Nothing is ever read inside a value: it may be a stranger's.

A value is put into words too where its name says that it is one of ours:

- `{outcome}`, `{field}`: among the words of the pages;
- `{reason}`, `{description}`: a sentence by itself, which must be known;
- `{trouble}`: one of the table `trouble`, which must be known;
- `{ours}`: one of the table `wanted` without values, which must be known;
- `{count}`: its thousands are set apart;
- any other name with a table in the file (`{wanted}`, `{what}` …): one of that table, if known.

`{wanted_2}` is a second `{wanted}`. Must not know pages.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from importlib.resources import files

from mailbridge.errors import BadDocument, MailbridgeError
from mailbridge.problems import Problem
from mailbridge.web.words import DEFAULT, Words

SENTENCES = "sentences"
"""The table of what is said by itself; most others are of values."""
ATTEMPTS = "attempts"
"""What became of a lead that was sent. Apart, since a destination's own words may be in it."""
DEEPEST = 4
"""Values in values that are put into words; more than any phrase has."""
HOLE = re.compile(r"\{([a-z]+(?:_[0-9])?)\}")
"""Where a value goes, in a phrase and in its translation."""
_LONGEST_KEPT = 1_000
"""Characters of a text that is remembered: a stranger's values make a longer one."""
_WORDS = frozenset({"outcome", "field"})
_WHOLE = {"reason": SENTENCES, "description": SENTENCES, "trouble": "trouble"}


@dataclass(frozen=True, slots=True)
class Said:
    """A text as it is shown."""

    text: str
    language: str = ""
    """Of the text, where it is not the page's."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase with values, and what it is in one other language."""

    pieces: Sequence[str]
    """What stands before, between and behind the values: one more than there are names."""
    names: Sequence[str]
    translation: Sequence[str]
    """Text and names of values, in turns."""

    def read(self, text: str) -> Mapping[str, str] | None:
        """Give the values; None where this is another phrase.

        Each piece is taken where it is found first. A value that holds such a piece may so be
        cut elsewhere than it was put in; it still is text, and all of it is shown.
        """
        first, *between, last = self.pieces
        at, end = len(first), len(text) - len(last)
        if at > end or not text.startswith(first) or not text.endswith(last):
            return None
        values: list[str] = []
        for piece in between:
            found = text.find(piece, at, end)
            if found < 0:
                return None
            values.append(text[at:found])
            at = found + len(piece)
        values.append(text[at:end])
        return dict(zip(self.names, values, strict=True))


@dataclass(frozen=True, slots=True)
class Table:
    """Phrases of one kind in one language."""

    plain: Mapping[str, str]
    """Those without values."""
    by_first_word: Mapping[str, Sequence[Phrase]]
    """Those with values, the most telling first; under "" those that begin with a value."""

    def fitting(self, text: str) -> Iterator[Phrase]:
        """Give the phrases that may be this text's, by its first word."""
        yield from self.by_first_word.get(text.partition(" ")[0], ())
        yield from self.by_first_word.get("", ())


def say(words: Words, told: Problem | str, kind: str = SENTENCES) -> Said:
    """Say it in the language of the words; in English, and marked so, where that is not known.

    A problem is told with its place, and in one language as a whole.
    """
    if words.language == DEFAULT:
        return Said(str(told))
    if isinstance(told, str):
        found = translate(words, told, kind)
        return Said(told, DEFAULT) if found is None else Said(found)
    text, remedy = _translate_often(words, told.text), _translate_often(words, told.remedy)
    if text is None or remedy is None:
        return Said(str(told), DEFAULT)
    return Said(str(replace(told, text=text, remedy=remedy)))


def tell_error(error: MailbridgeError) -> Sequence[Problem | str]:
    """Give what an error says, one by one, to be said in the visitor's language."""
    return error.problems if isinstance(error, BadDocument) else (str(error),)


def translate(words: Words, text: str, kind: str = SENTENCES) -> str | None:
    """Put a whole text into the language of the words; None where it is no known phrase."""
    return _find(words, kind, text, DEEPEST) if text else ""


def _translate_often(words: Words, text: str) -> str | None:
    return _remembered(words, text) if len(text) <= _LONGEST_KEPT else translate(words, text)


_remembered = lru_cache(maxsize=1_000)(translate)
"""For problems alone: they hold nobody's data, and two hundred mails have a few of them."""


def _find(words: Words, kind: str, text: str, depth: int) -> str | None:
    table = load_phrases(words.language)[kind]
    if (plain := table.plain.get(text)) is not None:
        return plain
    if not depth:
        return None
    for phrase in table.fitting(text):
        values = phrase.read(text)
        if values is None:
            continue
        put = {name: _put(words, name, value, depth - 1) for name, value in values.items()}
        known = {name: value for name, value in put.items() if value is not None}
        if len(known) == len(put):
            return _fill(phrase.translation, known)
    return None


def _put(words: Words, name: str, value: str, depth: int) -> str | None:
    kind = name.partition("_")[0]
    if kind == "count":
        apart = value.replace(",", "\N{NARROW NO-BREAK SPACE}")
        return apart if value.replace(",", "").isdecimal() else value
    if kind in _WORDS:
        return words.known(f"{kind}.{value}", value)
    if kind in _WHOLE:
        return _find(words, _WHOLE[kind], value, depth)
    if kind == "ours":
        return _find(words, "wanted", value, 0)
    if kind not in load_phrases(words.language):
        return value
    found = _find(words, kind, value, depth)
    return value if found is None else found


def _fill(translation: Sequence[str], values: Mapping[str, str]) -> str:
    return "".join(values[one] if at % 2 else one for at, one in enumerate(translation))


@cache
def load_phrases(language: str) -> Mapping[str, Table]:
    """Read all phrases of a language, by their kind."""
    folder = files("mailbridge.web").joinpath("words", "phrases")
    written = json.loads(folder.joinpath(f"{language}.json").read_text(encoding="utf-8"))
    return {kind: _make_table(phrases) for kind, phrases in written.items()}


def _make_table(phrases: Mapping[str, str]) -> Table:
    by_first_word: dict[str, list[Phrase]] = {}
    # The most telling first: of two that fit, the one that leaves less to values.
    for written in sorted(phrases, key=lambda one: -len(HOLE.sub("", one))):
        split = HOLE.split(written)
        if len(split) > 1:
            first, blank, _ = split[0].partition(" ")
            phrase = Phrase(split[::2], split[1::2], HOLE.split(phrases[written]))
            by_first_word.setdefault(first if blank else "", []).append(phrase)
    plain = {written: said for written, said in phrases.items() if not HOLE.search(written)}
    return Table(plain, by_first_word)
