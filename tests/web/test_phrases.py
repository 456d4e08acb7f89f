"""What mailbridge says, in the visitor's language: nothing is missing, nothing idle."""

import json
import re
import string
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from mailbridge.dispatch import _NOT_ADMITTED
from mailbridge.documents.aliasfile import AliasFile, AliasShape
from mailbridge.documents.casefile import CaseFile, ExpectedLead
from mailbridge.documents.complaints import _WANTED
from mailbridge.documents.rulefile import Conditions, FieldShape, MatchShape, RuleFile, SectionShape
from mailbridge.documents.wording import count
from mailbridge.leads.requirements import _WORDS
from mailbridge.outcomes import Outcome
from mailbridge.problems import Problem
from mailbridge.web.phrases import HOLE, SENTENCES, Said, load_phrases, say, translate
from mailbridge.web.words import DEFAULT, LANGUAGES, Words
from tests.web import spoken
from tests.web.spoken import listen

OTHERS = sorted(set(LANGUAGES) - {DEFAULT})
GERMAN, FRENCH = Words("de"), Words("fr")

_CUT = "repr(text if len(text) <= LONGEST_QUOTE else text[:LONGEST_QUOTE] + '…')"
RIDDLES = {
    # Texts of an error that were heard where it is raised.
    "documents/secrets.py: problem.remedy",
    "documents/secrets.py: str(error)",
    "app.py: unfit.remedy",
    "app.py: unfit.text",
    "decider.py: str(lost)",
    "delivery/exchange.py: one_line(self._reason(error), {'key': self._secret})",
    "documents/complaints.py: error.remedy",
    "documents/complaints.py: error.text",
    "inbox/reading.py: exc",
    "inbox/reading.py: structure.too_large('the server does not tell its structure')",
    "inbox/reading.py: structure.too_large(exc)",
    "message/blocks/tree.py: str(refused)",
    "workbench/worker.py: str(lost)",
    # Texts heard where the value is made.
    "documents/syntax.py: found.remedy",
    "documents/syntax.py: found.text",
    "inbox/reading.py: broken[uid]",
    "recording.py: mail.reason",
    "workbench/bench.py: made.reason",
    # No text for people: another kind of answer, a value, or what stands in the mail.
    "delivery/reasons.py: cause.strerror",
    "delivery/reasons.py: str(cause)",
    "documents/complaints.py: words[0]",
    f"documents/wording.py: {_CUT}",
    "inbox/reading.py: None",
    "inbox/reading.py: _Facts(size, in_utc(received), shown)",
    "inbox/retrieval.py: session.fetch([uid], items)",
    "inbox/retrieval.py: {}",
    "message/authentication.py: ', '.join(told)",
    "rules/drafting/mending.py: body.text[slice(*claim.span)]",
    "rules/drafting/mending.py: body.text[slice(*span)]",
    "rules/drafting/mending.py: value",
    # All of its entries are in BY_HAND.
    "documents/complaints.py: _WANTED[fault.kind.partition('_')[0]][0]",
    # Of an error that is not ours; no shape of ours raises one.
    "documents/complaints.py: str(error)",
}
"""What the sweep cannot tell, and why that hides no phrase."""


def with_description(model: type[BaseModel]) -> set[str]:
    """What is said of keys that can be missing or malformed: then it is told how they are meant."""
    told = set()
    for name, info in model.model_fields.items():
        required = info.is_required() or (model is RuleFile and name in {"evidence", "match"})
        required = required or (model is RuleFile and name == "fields")
        patterned = any(getattr(one, "pattern", None) for one in info.metadata)
        if info.description and (required or patterned):
            told.add(info.description)
    return told


MODELS: tuple[type[BaseModel], ...] = (
    *(RuleFile, Conditions, MatchShape, SectionShape, FieldShape),
    *(CaseFile, ExpectedLead, AliasFile, AliasShape),
)
BY_HAND: dict[str, set[str]] = {
    SENTENCES: {text for model in MODELS for text in with_description(model)} | {"Inbox \0: \0"},
    "wanted": {name for name, _ in _WANTED.values()} | set(_WORDS.values()) | {"\0 or \0"},
    "length": {
        count(number, noun).replace("5", "\0")
        for number in (1, 5)
        for noun in ("character", "entry")
    },
    "how": {"attachment", "\0, then \0"},
    "setting": {"the key of \0", "the secret of \0"},
    "secret": set(_NOT_ADMITTED.values()),
    "answer": {"redirected to \0; correct the destination's address in the settings"},
    "failure": {"\0: \0", "\0, through the proxy: \0"},
    "fault": {"it holds no certificate in PEM form"},
    "credential": {"user", "password"},
}
"""What is put together by code that the sweep does not follow."""


def written(language: str) -> dict[str, dict[str, str]]:
    def unlike(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert len(dict(pairs)) == len(pairs), "a phrase comes twice"
        return dict(pairs)

    file = files("mailbridge.web").joinpath("words", "phrases", f"{language}.json")
    found: dict[str, dict[str, str]] = json.loads(file.read_text("utf-8"), object_pairs_hook=unlike)
    return found


def everything() -> dict[str, set[str]]:
    """Each table's phrases as the source has them, with `\\0` for a value."""
    heard = listen()
    tables = {*heard.phrases, *BY_HAND}
    return {one: heard.phrases.get(one, set()) | BY_HAND.get(one, set()) for one in tables}


def test_the_code_tells_all_its_phrases() -> None:
    assert listen().riddles == RIDDLES


@pytest.mark.parametrize("language", OTHERS)
def test_every_phrase_of_the_code_is_there_and_no_other(language: str) -> None:
    ours = {
        table: {HOLE.sub("\0", phrase) for phrase in phrases}
        for table, phrases in written(language).items()
    }
    theirs = everything()
    assert sorted(ours) == sorted(theirs)
    for table, phrases in theirs.items():
        assert len(ours[table]) == len(written(language)[table]), table
        assert sorted(phrases - ours[table]) == [], f"{language}.json lacks in {table!r}"
        assert sorted(ours[table] - phrases) == [], f"{language}.json has idly in {table!r}"


def test_the_sweep_hears() -> None:
    """It would be easy to find nothing missing in nothing."""
    heard = listen().phrases[SENTENCES]
    assert len(heard) > 300
    assert "The same mail as \0 (\0)." in heard
    assert "An attached XML file is malformed (line \0); the mail's text was read instead." in heard
    assert "The mail has more than \0 MIME parts." in heard
    assert all((spoken.ROOM / place).exists() for place in spoken.PLACES)


@pytest.mark.parametrize("language", OTHERS)
def test_the_languages_have_the_same_phrases_with_the_same_values(language: str) -> None:
    phrases = written(language)
    same = {table: list(texts) for table, texts in written(OTHERS[0]).items()}
    assert {table: list(texts) for table, texts in phrases.items()} == same
    for texts in phrases.values():
        for phrase, translation in texts.items():
            names = HOLE.findall(phrase)
            assert len(set(names)) == len(names), f"{phrase}: a name comes twice"
            assert sorted(HOLE.findall(translation)) == sorted(names), phrase
            assert all(HOLE.split(phrase)[2:-1:2]), f"{phrase}: two values touch each other"
            assert translation.strip(), phrase
            assert "ß" not in translation, "Swiss spelling"
            assert not re.search(r"\w'\w", translation), f"{translation}: apostrophes are ’"


def sample(words: Words, name: str, at: int) -> tuple[str, str]:
    """A value of that name, and what it is in the language."""
    match name.partition("_")[0]:
        case "outcome":
            return "sent", words("outcome.sent")
        case "field":
            return "sender_email", words("field.sender_email")
        case "reason" | "description":
            return "Use spaces only.", written(words.language)[SENTENCES]["Use spaces only."]
        case "trouble":
            english = "this is no name of a host. Check `host`."
            return english, written(words.language)["trouble"][english]
        case "ours":
            return "a path", written(words.language)["wanted"]["a path"]
        case _:
            return f"v{at}", f"v{at}"


@pytest.mark.parametrize("language", OTHERS)
def test_every_phrase_is_found_again_with_any_value(language: str) -> None:
    """No phrase is hidden by another: each gives its own translation."""
    words = Words(language)
    for phrase, translation in written(language)[SENTENCES].items():
        filled, wanted = phrase, translation
        for at, name in enumerate(HOLE.findall(phrase)):
            value, said = sample(words, name, at)
            filled = filled.replace("{" + name + "}", value)
            wanted = wanted.replace("{" + name + "}", said)
        assert translate(words, filled) == wanted


SAMPLES = {
    "Use spaces only.": "Benutzen Sie nur Leerzeichen.",
    "The same mail as 7 (in_doubt).": "Dieselbe Mail wie 7 (ungewiss).",
    "The portal's rule requires a name or a phone number; the mail has none, or none that can "
    "be used.": "Die Regel des Portals verlangt: ein Name oder eine Telefonnummer; die Mail "
    "enthält das nicht, oder nicht brauchbar.",
    "An attached XML file is larger than 1,048,576 bytes; the mail's text was read "
    "instead.": "Eine angehängte XML-Datei ist grösser als 1\u202f048\u202f576 Bytes; "
    "stattdessen wurde der Text der Mail gelesen.",
    "A list stands where one of auto, text or true or false is wanted.": "Eine Liste steht, wo "
    "eines von auto, text oder true oder false hingehört.",
    "No case was made: the people in this mail could not be replaced. It could not be read any "
    "more.": "Es wurde kein Fall gemacht: Die Personen in dieser Mail liessen sich nicht "
    "ersetzen. Sie liess sich nicht mehr lesen.",
    "Add a line 'match: …'. Which mails are this portal's.": "Fügen Sie eine Zeile 'match: …' "
    "hinzu. Welche Mails von diesem Portal sind.",
    "Did you mean 'x'? Allowed here: x, y.": "Meinten Sie 'x'? Hier erlaubt: x, y.",
    "Write a size such as 25 MB.": "Schreiben Sie eine Grösse wie 25 MB.",
    "": "",
}


@pytest.mark.parametrize("english", SAMPLES)
def test_values_of_ours_are_put_into_words(english: str) -> None:
    assert translate(GERMAN, english) == SAMPLES[english]


@pytest.mark.parametrize(
    "english",
    [
        "Write me a letter.",
        "The rule has a problem: I do not like it.",
        "Add 'from: @x.ch'. Anything else.",
    ],
)
def test_a_phrase_of_which_a_part_is_unknown_is_none(english: str) -> None:
    assert translate(GERMAN, english) is None


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("{mail}", "{mail}"),
        ("{0.__class__}", "{0.__class__}"),
        ("%(x)s {} {{", "%(x)s {} {{"),
        ("a\nb\x00c\u202e", "a\nb\x00c\u202e"),
        ("", ""),
        ("Use spaces only.", "Use spaces only."),
        ("<b>&amp;", "<b>&amp;"),
    ],
)
def test_nothing_is_read_inside_a_value(value: str, shown: str) -> None:
    assert translate(GERMAN, f"there is no section '{value}'.") == (
        f"es gibt keinen Abschnitt '{shown}'."
    )


def test_a_value_that_holds_what_stands_between_values_stays_whole() -> None:
    """It may be cut elsewhere than it was put in; all of it is shown, and it stays text."""
    said = translate(GERMAN, "{0} extends b extends c, and so itself., and so itself.")
    assert said == "{0} erweitert b extends c, and so itself. und damit sich selbst."


def test_pieces_do_not_overlap() -> None:
    assert translate(GERMAN, "Unknown key.") is None
    assert translate(GERMAN, "Unknown key .") == "Unbekannter Schlüssel ."


def test_a_long_value_costs_what_its_length_costs() -> None:
    """Each piece is looked for once: this would never end if a search went back."""
    value = "', or remove the line: then" * 40_000
    said = translate(FRENCH, f"Write for example '{value}: {value}'.")
    assert said == f"Écrivez par exemple '{value}: {value}'."
    assert translate(FRENCH, f"Write for exemple '{value}: {value}'.") is None


def test_values_inside_values_end() -> None:
    words = " or ".join(["a list"] * 5_000)
    said = translate(GERMAN, f"'x' stands where {words} is wanted.")
    assert said is not None
    assert said.startswith("'x' steht, wo eine Liste oder eine Liste oder ")
    assert said.endswith("a list hingehört.")
    nested = "The rule has a problem: " * 500 + "Use spaces only."
    assert translate(GERMAN, nested) is None


@given(
    st.text(string.printable, max_size=30),
    st.sampled_from(sorted(written("fr")[SENTENCES])),
    st.sampled_from(OTHERS),
)
def test_whatever_stands_in_a_phrase_is_answered(value: str, phrase: str, language: str) -> None:
    said = translate(Words(language), HOLE.sub(lambda _: value, phrase))
    if HOLE.search(phrase) and said is not None and "{count" not in phrase:
        assert value.strip() in said or value in {*Outcome, *load_phrases(language)}


def test_what_is_no_phrase_stays_english_and_is_marked() -> None:
    assert say(FRENCH, "Something else.") == Said("Something else.", "en")
    assert say(FRENCH, "550 5.7.1 refused") == Said("550 5.7.1 refused", "en")


def test_a_problem_is_told_with_its_place_in_one_language() -> None:
    known = Problem("rules/a.yaml", 3, 5, "ignore.0", "x", "A tab stands here.", "Use spaces only.")
    assert say(FRENCH, known) == Said(
        "rules/a.yaml:3:5: ignore.0: Il y a ici une tabulation. N’utilisez que des espaces."
    )
    half = Problem("rules/a.yaml", 3, 5, "", "x", "A tab stands here.", "Ask somebody.")
    assert say(FRENCH, half) == Said(str(half), "en")
    assert say(FRENCH, Problem(text="Look here.")) == Said("Look here.", "en")


def test_english_is_the_source() -> None:
    english = Words(DEFAULT)
    assert say(english, "Anything.") == Said("Anything.")
    assert say(english, Problem("a.yaml", 1, text="Anything.")) == Said("a.yaml:1: Anything.")
    assert not Path(str(files("mailbridge.web"))).joinpath("words", "phrases", "en.json").exists()
