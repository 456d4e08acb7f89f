"""Regular expressions out of what rule files say: patterns, labels, separators.

Must not know of files; complaints are told to whoever asks, as `Complain`.
"""

from collections.abc import Callable, Iterable, Sequence

import regex

from mailbridge.rules.portal import Label, Pattern, fold, plain_label

Path = tuple[str | int, ...]
Complain = Callable[[Path, str, str, str], None]
"""Takes the path in the file, the code, what is wrong, and what to write instead."""

_BLANKS = r"[^\S\n\t]*"
_LOOKS_AHEAD = "(?!"
"""Only a pattern that looks ahead may match the empty text: so one says 'does not contain'."""


def compile_pattern(written: str, path: Path, complain: Complain) -> "regex.Pattern[str] | None":
    """Compile one pattern as rule files write it; None, and a complaint, where it is none."""
    try:
        return regex.compile(fold(written), regex.MULTILINE | regex.VERSION0)
    except regex.error as error:
        complain(
            path,
            "bad-pattern",
            f"not a regular expression: {error}.",
            "Write \\ before ( ) [ ] . * + ? | to mean the character itself.",
        )
    except ValueError:  # what regex says of `(?V1)`, the one flag that the rules settle
        complain(
            path,
            "bad-pattern",
            "a pattern cannot choose its version of regular expressions.",
            "Leave out (?V1).",
        )
    except RecursionError:
        complain(
            path,
            "bad-pattern",
            "the pattern's brackets lie too deep inside each other.",
            "Write it with fewer brackets, or as several patterns.",
        )
    return None


def check_groups(compiled: "regex.Pattern[str]", path: Path, complain: Complain) -> None:
    """Complain where a field's pattern has not the one group that takes the value."""
    if compiled.groups != 1:
        complain(
            path,
            "groups",
            f"the pattern has {compiled.groups} groups and needs exactly one.",
            "Put ( ) around the value, and write (?: ) for any other group.",
        )


def check_matter(compiled: "regex.Pattern[str]", path: Path, complain: Complain) -> None:
    """Complain where a condition or heading holds for every text."""
    if _LOOKS_AHEAD not in compiled.pattern and compiled.search(""):
        complain(
            path,
            "matches-nothing",
            "the pattern matches the empty text, so it always holds.",
            "Make at least one character of it compulsory.",
        )


def make_label(words: Sequence[tuple[str, str]], seconds: float) -> Label:
    """Match any of the words as a label; `words` come with the place where each stands."""
    places: dict[str, str] = {}
    repeated = [
        (word, where)
        for word, where in words
        if places.setdefault(plain_label(word), where) != where
    ]
    either = _either(places)
    compiled = _compile(rf"^[^\S\n]*(?P<label>{either}){_BLANKS}(?::|(?=\t)|$)(?P<value>[^\n]*)")
    return Label(Pattern(compiled, words[0][1], seconds), places, tuple(repeated))


def match_any_label(words: Iterable[str], seconds: float) -> Pattern | None:
    """Match a line that begins with one of the labels, with or without a value."""
    plain = {plain_label(word) for word in words}
    if not plain:
        return None
    return Pattern(_compile(rf"^[^\S\n]*(?:{_either(plain)}){_BLANKS}(?::|(?=\t)|$)"), "", seconds)


def match_separator(separator: str, words: Iterable[str], seconds: float) -> Pattern:
    """Match a separator where a known label and a colon follow: elsewhere it is text."""
    plain = {plain_label(word) for word in words}
    known = rf"(?:{_either(plain)}){_BLANKS}:" if plain else r"(?!)"
    return Pattern(_compile(rf"{regex.escape(separator)}(?={_BLANKS}{known})"), "", seconds)


def _either(words: Iterable[str]) -> str:
    """Match any of the words as portals write them: any case, any blanks between.

    The longest first, so that `Nom` is not found in `Nom de famille`.
    """
    ordered = sorted(set(words), key=lambda word: (-len(word), word))
    return "|".join(r"[^\S\n]+".join(map(regex.escape, word.split())) for word in ordered)


def _compile(pattern: str) -> "regex.Pattern[str]":
    return regex.compile(pattern, regex.MULTILINE | regex.IGNORECASE | regex.VERSION0)
