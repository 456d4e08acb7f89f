"""The header block: labels and values as each program lays them out."""

import pytest

from mailbridge.message.forward_header import (
    HeaderBlock,
    line_at,
    read_block,
    read_line_block,
    read_mailbox,
    read_mailboxes,
)
from mailbridge.message.message import Address


def block_of(text: str) -> HeaderBlock:
    block = read_block(text, 0)
    assert block is not None
    return block


def rest_of(text: str) -> str:
    return text[block_of(text).end :].lstrip("\n")


@pytest.mark.parametrize(
    ("written", "name"),
    [
        *[("Name <a@example.org>", "Name"), ('"Name" <a@example.org>', "Name")],
        *[("Name [mailto:a@example.org]", "Name"), ("Name a@example.org", "Name")],
        *[("a@example.org", ""), ("<a@example.org>", ""), ("Name (a@example.org)", "Name")],
        *[("Name <a@example.org<mailto:a@example.org>>", "Name")],
        *[("Name <[a@example.org](mailto:a@example.org)>", "Name")],
        *[("[a@example.org](mailto:a@example.org)", ""), ("Name <mailto:a@example.org>", "Name")],
        *[("Name <*a@example.org*>", "Name"), ("« Name » <a@Example.ORG>", "Name")],
        ("'Name' via X <a@example.org>", "Name' via X"),
    ],
)
def test_an_address_is_read_however_it_is_written(written: str, name: str) -> None:
    assert read_mailbox(written) == Address(name, "a@example.org")


@pytest.mark.parametrize(
    "written",
    [
        '"portal@portal.example.org" <a@example.org>',
        "portal@portal.example.org [mailto:a@example.org]",
        "portal@portal.example.org <portal@portal.example.org> <a@example.org>",
    ],
)
def test_a_display_name_is_never_the_address(written: str) -> None:
    found = read_mailbox(written)
    assert found is not None
    assert found.address == "a@example.org"


def test_half_an_address_is_none() -> None:
    found = read_mailbox("portal@portal.example.org@evil.example")
    assert found is None or found.domain == "evil.example"
    assert read_mailbox("x" * 101 + "@example.org") is None
    assert read_mailbox("x@" + "y" * 240 + ".portal.example.org") is None


@pytest.mark.parametrize("written", ["", "Homegate", "@", "a@", "<'@'>", "x@.", "@example.org"])
def test_what_holds_no_address_is_none(written: str) -> None:
    assert read_mailbox(written) is None


def test_recipients_are_told_once_each() -> None:
    found = read_mailboxes(
        "A <a@example.org>; a@example.org, <b@example.org<mailto:b@example.org>>"
    )
    assert [one.address for one in found] == ["a@example.org", "b@example.org"]
    assert len(read_mailboxes(", ".join(f"a{n}@example.org" for n in range(500)))) == 50
    assert read_mailboxes("'@'") == ()


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("De : P <p@example.org>\nEnvoyé : x\nÀ : a@example.net\nCc : b@x.org\nObjet : S", "fr"),
        ("Von: P <p@example.org>\nGesendet: hier\nAn: a@example.net\nCc:\nBetreff: S", "de"),
        ("Da: P <p@example.org>\nInviato: ieri\nA: a@example.net\nOggetto: S", "it"),
        ("From: P <p@example.org>\nSent: now\nTo: a@example.net\nSubject: S", "en"),
        ("De: P <p@example.org>\nFecha: hoy\nPara: a@example.net\nAsunto: S", "es"),
        ("De : P <p@example.org>\nDate: hier\nSubject: S\nTo: <a@example.net>", "fr"),
        ("Sujet : \tS\nDate : \thier\nDe : \tP <p@example.org>\nPour : \ta@example.net", "fr"),
        ("Betreff: S\nDatum: x\nVon: \tP <p@example.org>\nAn: a@example.net\nKopie (CC): x", "de"),
        ("Oggetto: \tS\nData: \tx\nMittente: \tP <p@example.org>\nA: \ta@example.net", "it"),
        ("*De :* P [mailto:p@example.org]\n*Envoyé :* x\n*À :* a@example.net\n*Objet :* S", "fr"),
        ("**Von:** P <p@example.org>\n**Datum:** x\n**An:** a@example.net\n**Betreff:** S", "de"),
        ("*De* : P <p@example.org>\n*Date* : x\n*À* : a@example.net\n*Objet* : S", "fr"),
        ("De :\nP <p@example.org>\nEnvoyé :\nx\nÀ :\na@example.net\nObjet :\nS", "fr"),
        ("De :\n\nP <p@example.org>\n\nÀ :\n\na@example.net\n\nObjet :\n\nS", "fr"),
        ("De :\tP <p@example.org>\nEnvoyé :\tx\nÀ :\ta@example.net\nObjet :\tS", "fr"),
        ("De : P <p@example.org>\n\nEnvoyé : x\n\nÀ : a@example.net\n\nObjet : S", "fr"),
        ("> De: P <p@example.org>\n> Objet: S\n> Date: x\n> À: a@example.net", "fr"),
        (">> Von: P <p@example.org>\n>> Betreff: S\n>> An: a@example.net", "de"),
        ("De : P\n<p@example.org>\nDate : x\nObjet : S\nÀ : a@example.net", "fr"),
        ("From: P <p@example.org>\nTo: a@example.net,\nB <b@example.net>\nSubject: S", "en"),
        ("From: P <p@example.org>\nImportance: x\nTo: a@example.net\nSubject: S", "en"),
    ],
)  # fmt: skip
def test_each_layout_is_read(text: str, language: str) -> None:
    text += "\n\nBonjour,\n" if not text.startswith(">") else "\n>\n> Bonjour,\n"
    block = block_of(text)
    assert block.sender == Address("P", "p@example.org")
    assert block.subject == "S"
    assert block.to[0].address == "a@example.net"
    assert block.language == language
    assert rest_of(text).strip("> \n") == "Bonjour,"


def test_a_long_subject_goes_on_where_another_label_follows() -> None:
    text = "From: p@example.org\nSubject: one\ntwo\nTo: a@example.net\n\nx"
    assert block_of(text).subject == "one two"
    assert rest_of("From: p@example.org\nSubject: one\ntwo\nthree") == "two\nthree"
    assert rest_of("From: p@example.org\nSubject: one\ntwo") == "two"


def test_the_block_ends_at_the_first_line_that_is_none_of_its_own() -> None:
    head = "De : p@example.org\nObjet : S\n"
    assert rest_of(head + "Nom : X\nÀ : y@example.net") == "Nom : X\nÀ : y@example.net"
    assert rest_of(head + "Objet : the portal's own") == "Objet : the portal's own"
    assert rest_of(head + "Objet d'intérêt:\nx") == "Objet d'intérêt:\nx"
    assert rest_of(head + "\nDate : 3 mai") == "Date : 3 mai"
    assert rest_of(head) == ""


def test_an_empty_value_takes_no_line_of_the_mail() -> None:
    text = "De : p@example.org\nÀ : a@example.net\nObjet :\nBonjour"
    assert (block_of(text).subject, rest_of(text)) == ("", "Bonjour")
    text = "De :\np@example.org\nCc :\nObjet :\nS\n\nBonjour"
    assert (block_of(text).subject, rest_of(text)) == ("S", "Bonjour")


def test_the_originals_reply_to_is_kept_where_it_is_told() -> None:
    text = "Von: p@example.org\nBetreff: S\nAntwort an: v@example.com\n"
    assert block_of(text).reply_to == (Address("", "v@example.com"),)


@pytest.mark.parametrize(
    "text",
    [
        *["", "Bonjour", "De : p@example.org", "De : p@example.org\n\n\n\nObjet : S"],
        *["De : Homegate\nObjet : S", "Objet : S\nÀ : p@example.org", "De la part : p@example.org"],
        *["De :\n\n\nObjet : S", "De :", "p@example.org\nObjet : S", "De : p@example.org\nNom : X"],
    ],
)  # fmt: skip
def test_what_lacks_sender_or_company_is_no_block(text: str) -> None:
    assert read_block(text, 0) is None


def test_a_block_has_an_end() -> None:
    text = "De : p@example.org\nÀ : a@example.net,\n" + "b@example.net,\n" * 100 + "Objet : S\n"
    assert block_of(text).subject == ""
    assert len(block_of(text).to) == 2


YAHOO = (
    "De : P <p@example.org>À : a@example.net <a@example.net>{}Envoyé : x UTC+1Objet : S : t\n Hallo"
)


def test_yahoos_block_stands_on_one_line() -> None:
    for copies in ("", "Cc : B <b@example.net>; c@example.net"):
        text = YAHOO.format(copies)
        block = read_line_block(text, 0)
        assert block is not None
        assert (block.sender, block.subject) == (Address("P", "p@example.org"), "S : t")
        assert (block.date, block.to) == ("x UTC+1", (Address("", "a@example.net"),))
        assert text[block.end :] == "\n Hallo"


def test_a_name_may_hold_the_letters_of_a_label() -> None:
    block = read_line_block('Da: "CASA: B" <p@example.org>A: a@example.netInviato: xOggetto: S', 0)
    assert block is not None
    assert block.sender == Address("CASA: B", "p@example.org")


@pytest.mark.parametrize(
    "line",
    ["", "Da: P <p@example.org>", "x De : P <p@example.org>À : aEnvoyé : xObjet : S",
     "De : PÀ : aEnvoyé : xObjet : S", "De : P <p@example.org>Envoyé : xObjet : S"],
)  # fmt: skip
def test_other_lines_are_no_block(line: str) -> None:
    assert read_line_block(line, 0) is None


def test_a_line_is_read_without_its_quote_marks() -> None:
    line = line_at("a\n> > \t*De :* x \nb", 2)
    assert (line.depth, line.content, line.end) == (2, "*De :* x", 16)
