"""The lines and prefixes by which mail programs mark a forward."""

import re

import pytest

from mailbridge.message.forward_marks import (
    SEPARATORS,
    Intent,
    read_attribution,
    read_intent,
    read_separator,
    without_prefix,
)


@pytest.mark.parametrize(
    "subject",
    [
        *["TR: x", "TR : x", "WG: x", "I: x", "FW: x", "Fw: x", "Fwd: x", "FWD: x", "RV: x"],
        *["TR: Re: x", "Fwd: RE: x", "[EXTERN] TR: x", "[EXT] [x] Fwd:x", "fw (3) : x"],
    ],
)  # fmt: skip
def test_a_forward_says_so(subject: str) -> None:
    assert read_intent(subject) is Intent.FORWARD


@pytest.mark.parametrize(
    "subject",
    ["Re: x", "RE : x", "AW: x", "Antw: x", "SV: x", "R: x", "RE: TR: x", "Re[2]: x", "Rép : x"],
)
def test_a_reply_says_so(subject: str) -> None:
    assert read_intent(subject) is Intent.REPLY


@pytest.mark.parametrize(
    "subject", ["", "x", "Treize: x", "Réf : 123", "Rif: 9", "Transfert", "urgent", ": x", "[a] x"]
)
def test_other_subjects_say_nothing(subject: str) -> None:
    assert read_intent(subject) is Intent.UNSAID


def test_the_outermost_prefix_is_taken_off() -> None:
    assert without_prefix("[EXTERN] TR : Re: Maison") == "Re: Maison"
    assert without_prefix("Maison") == "Maison"


LINES = {
    "---------- Forwarded message ---------": "gmail",
    "-------- Forwarded message --------": "gmail",
    "---------- Message transféré ---------": "gmail-fr",
    "---------- Weitergeleitete Nachricht ----------": "gmail-de",
    "---------- Messaggio inoltrato ---------": "gmail-it",
    "---------- Mensaje reenviado ---------": "gmail-es",
    "-------- Message transféré --------": "thunderbird-fr",
    "-------- Weitergeleitete Nachricht --------": "thunderbird-de",
    "-------- Messaggio Inoltrato --------": "thunderbird-it",
    "-------- Forwarded Message --------": "thunderbird-en",
    "-------- Mensaje reenviado --------": "thunderbird-es",
    "----- Message transmis -----": "yahoo-fr",
    "----- Weitergeleitete Nachricht -----": "yahoo-de",
    "----- Messaggio inoltrato -----": "yahoo-it",
    "----- Forwarded Message -----": "yahoo-en",
    "----- Mensaje reenviado -----": "yahoo-es",
    "----- Mail transféré -----": "zimbra-fr",
    "Début du message réexpédié :": "apple-mail-fr",
    "Début du message transféré :": "apple-mail-fr",
    "Anfang der weitergeleiteten Nachricht:": "apple-mail-de",
    "Inizio messaggio inoltrato:": "apple-mail-it",
    "Begin forwarded message:": "apple-mail-en",
    "Inicio del mensaje reenviado:": "apple-mail-es",
    "-----Message d'origine-----": "outlook-classic-fr",
    "-----Message d’origine-----": "outlook-classic-fr",
    "-----Ursprüngliche Nachricht-----": "outlook-classic-de",
    "-------- Originalnachricht --------": "outlook-classic-de",
    "-----Messaggio originale-----": "outlook-classic-it",
    "-----Original Message-----": "outlook-classic-en",
    "-----Mensaje original-----": "outlook-classic-es",
    "________________________________": "outlook-web",
}


@pytest.mark.parametrize(("line", "how"), LINES.items())
def test_each_program_in_each_language_has_its_line(line: str, how: str) -> None:
    found = read_separator(line)
    assert found is not None
    separator, end = found
    assert end == len(line)
    assert f"{separator.client}-{separator.language}".removesuffix("-") == how


def test_no_pattern_is_without_a_line() -> None:
    met = {found[0] for line in LINES if (found := read_separator(line))}
    assert met == set(SEPARATORS)


@pytest.mark.parametrize(
    "line",
    [
        *["", "-- ", "--------", "Forwarded message", "----- Forwarded Message", "Bonjour"],
        *["-----Original Message----- and more", "Begin forwarded message: hello", "_" * 12],
        *["________________________________ x", "-" * 3000, "Anfang der Nachricht:"],
        "-" * 30 + " Forwarded Message " + "-" * 30,
    ],
)  # fmt: skip
def test_other_lines_are_none(line: str) -> None:
    assert read_separator(line) is None


def test_behind_yahoos_separator_the_block_may_follow() -> None:
    found = read_separator("----- Forwarded Message ----- From: A <a@example.org>")
    assert found is not None
    assert (found[0].client, found[1]) == ("yahoo", 29)


@pytest.mark.parametrize(
    ("line", "language", "date"),
    [
        ("Le 03/11/2026 08:15, « A » <a@example.org> a écrit :", "fr", "03/11/2026 08:15"),
        ('Am 03/11/2026, 08:15 schrieb "A" <a@example.org>:', "de", "03/11/2026, 08:15"),
        ('Il giorno 03/11/2026, 08:15 "A" <a@example.org> ha scritto:', "it", "03/11/2026, 08:15"),
        ('On 11/3/26, 8:15 AM, "A" <a@example.org> wrote:', "en", "11/3/26, 8:15 AM"),
        ('El 3/11/26 8:15, "A" <a@example.org> escribió:', "es", "3/11/26 8:15"),
        ("Le 03/11/2026 08:15, <a@example.org> a écrit :", "fr", "03/11/2026 08:15"),
    ],
)
def test_the_line_of_an_answer_tells_who_and_when(line: str, language: str, date: str) -> None:
    found = read_attribution(line)
    assert found is not None
    assert (found.language, found.date.rstrip(",")) == (language, date)
    assert re.search(r"<a@example\.org>", found.sender)


@pytest.mark.parametrize(
    "line",
    ["", "Le 3 novembre", "Le chat <x@y.z> dort", "Le " + "x" * 700 + "<a@b.c> a écrit :"],
)
def test_other_lines_tell_nothing(line: str) -> None:
    assert read_attribution(line) is None
