"""The words: every language has all of them, none is missing where it is asked for, none idle."""

import json
import re
from importlib.resources import files
from pathlib import Path
from string import Formatter

import pytest

from mailbridge.web.words import DEFAULT, LANGUAGES, Words, choose_language, load_words

ROOM = Path(str(files("mailbridge.web")))
CODE = "\n".join(
    path.read_text("utf-8")
    for path in sorted(ROOM.rglob("*"))
    if path.suffix in {".py", ".html", ".js"}
)
OTHERS = sorted(set(LANGUAGES) - {DEFAULT})


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("language", OTHERS)
def test_every_language_says_everything(language: str) -> None:
    ours, theirs = load_words(DEFAULT), load_words(language)
    assert list(theirs) == list(ours), "the same keys in the same order"
    different = [key for key in ours if placeholders(ours[key]) != placeholders(theirs[key])]
    assert different == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_empty_and_no_key_comes_twice(language: str) -> None:
    assert [key for key, text in load_words(language).items() if not text.strip()] == []
    keys: list[str] = []
    for path in sorted((ROOM / "words").glob(f"*.{language}.json")):
        pairs = json.loads(path.read_text("utf-8"), object_pairs_hook=list)
        keys += [key for key, _ in pairs]
    assert sorted(set(keys)) == sorted(keys)


def asked_for() -> tuple[set[str], set[str]]:
    """The keys that the code names, whole and by what they begin with."""
    whole = set(re.findall(r"""["']([a-z_]+(?:\.[a-z_0-9]+)+)["']""", CODE))
    begun = set(re.findall(r"""["']([a-z_]+\.(?:[a-z_0-9]+\.)*)["'] ~""", CODE))
    begun |= set(re.findall(r"""f["']([a-z_]+\.(?:[a-z_0-9]+\.)*)\{""", CODE))
    begun |= set(re.findall(r"""`([a-z_]+\.(?:[a-z_0-9]+\.)*)\$\{""", CODE))
    return whole, begun


def test_no_word_is_idle() -> None:
    whole, begun = asked_for()
    plain = {re.sub(r"\.(one|many)$", "", key) for key in load_words(DEFAULT)}
    assert sorted(key for key in plain - whole if not key.startswith(tuple(begun))) == []


def test_every_word_that_a_template_asks_for_is_there() -> None:
    known = load_words(DEFAULT)
    wanted = set(re.findall(r"""\b(?:t|words)\(["']([^"'{]+)["'][,)]""", CODE))
    counted = set(re.findall(r"""\b(?:t|words)\.count\(["']([^"'{]+)["'],""", CODE))
    assert len(wanted) > 5
    assert sorted(wanted - set(known)) == []
    assert sorted(key for key in counted if f"{key}.one" not in known) == []


@pytest.mark.parametrize(
    ("wanted", "accepted", "chosen"),
    [
        ("", "", "en"),
        ("", "de-CH,de;q=0.9,en;q=0.8", "de"),
        ("", "rm, it;q=0.7, fr;q=0.9", "fr"),
        ("", "fr;q=0, pt", "en"),
        ("", "fr;q=x, it;q=0.1", "it"),
        ("", "*;q=0.5, de;q=0.1", "de"),
        ("it", "de", "it"),
        ("xx", "de", "de"),
        ("", "," * 10_000, "en"),
    ],
)
def test_the_language_is_the_visitors(wanted: str, accepted: str, chosen: str) -> None:
    assert choose_language(wanted, accepted) == chosen


def test_numbers_are_written_as_people_do() -> None:
    words = Words("fr")
    assert words.number(12_345) == "12\N{NARROW NO-BREAK SPACE}345"
