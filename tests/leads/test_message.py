"""The text that goes out: the visitor's, then our block, in a fitting language."""

import pytest

from mailbridge.leads.message import choose_language, compose_message
from mailbridge.leads.preparation import DETAILS


@pytest.mark.parametrize(
    ("named", "region", "language"),
    [
        ("", "CH", "fr"),
        ("", "fr", "fr"),
        ("", "DE", "de"),
        ("", "AT", "de"),
        ("", "IT", "it"),
        ("", "GB", "en"),
        ("", "", "en"),
        ("de", "CH", "de"),
        ("DE-ch", "FR", "de"),
        ("Deutsch", "CH", "de"),
        ("allemand", "CH", "de"),
        ("tedesco", "CH", "de"),
        ("German", "CH", "de"),
        ("Français", "DE", "fr"),
        ("Französisch", "DE", "fr"),
        ("Italienisch", "CH", "it"),
        ("Anglais", "CH", "en"),
        ("inglese", "CH", "en"),
        ("español", "CH", "fr"),
    ],
)
def test_labels_speak_the_inquirys_language_else_the_countrys(
    named: str, region: str, language: str
) -> None:
    assert choose_language(named, region) == language


def test_the_block_stands_below_the_text_after_its_own_line() -> None:
    lines = [("email", "nora@example.org"), ("number", ""), ("portal", "portal.example")]
    assert compose_message("Bonjour\n\nNora", lines, "fr") == (
        "Bonjour\n\nNora\n\n--\nE-mail : nora@example.org\nPortail : portal.example"
    )


def test_without_a_text_the_block_stands_alone_and_without_lines_the_text() -> None:
    assert compose_message("", [("number", "+41790000044")], "de") == "--\nTelefon: +41790000044"
    assert compose_message("Hallo", [("number", "")], "de") == "Hallo"
    assert compose_message("Hallo", [], "de") == "Hallo"


def test_an_imitated_block_stays_the_visitors_text_and_ours_comes_last() -> None:
    text = "Hello\n--\nE-mail: other@example.net"
    composed = compose_message(text, [("email", "nora@example.org")], "en")
    assert composed == f"{text}\n\n--\nE-mail: nora@example.org"


@pytest.mark.parametrize("language", ["fr", "de", "it", "en"])
def test_every_language_has_every_label(language: str) -> None:
    keys = ("email", "number", "relay", "email_written", "number_written", "portal", *DETAILS)
    composed = compose_message("", [(key, "value") for key in keys], language)
    assert composed.count(": value") == len(keys)
