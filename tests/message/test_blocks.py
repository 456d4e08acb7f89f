"""Structured blocks in attachments: one for each property and person in the file."""

import pytest

from mailbridge.message.blocks.block import MOST_BLOCKS, Block, Blocks
from mailbridge.message.blocks.disclosure import cut_self_disclosure
from mailbridge.message.blocks.finding import find_blocks
from mailbridge.message.message import Address, Attachment, Body, Message

PERSON = "<interessent><nachname>Ahorn</nachname><email>a@example.org</email></interessent>"


def message(*files: Attachment, html: str | None = None) -> Message:
    return Message(
        message_id="1@example.org",
        date=None,
        sender=Address("", "portal@example.org"),
        attachments=files,
        html_source=html,
        render=Body,
    )


def attached(content: bytes | str, kind: str = "application/xml", name: str = "a.xml") -> Blocks:
    raw = content if isinstance(content, bytes) else content.encode()
    return find_blocks(message(Attachment(name, kind, raw)))


def only(found: Blocks) -> Block:
    assert found.problems == ()
    (block,) = found.blocks
    return block


def feedback(inside: str, head: str = "", attributes: str = "") -> str:
    return f"{head}<openimmo_feedback{attributes}>{inside}</openimmo_feedback>"


def test_feedback_is_read_by_full_paths() -> None:
    block = only(
        attached(
            feedback(
                "<version>1.2.7</version><sender><name>Portal</name><makler_id>9</makler_id></sender>"
                "<objekt><portal_unique_id>u</portal_unique_id><portal_obj_id>1500</portal_obj_id>"
                "<anbieter_id>P</anbieter_id><oobj_id>HB-0042</oobj_id><zusatz_refnr>Z</zusatz_refnr>"
                "<strasse>Objektweg 1</strasse><ort>Objektstadt</ort>"
                "<interessent><int_id>77</int_id><anrede>Frau</anrede><vorname>Ida</vorname>"
                "<nachname>Linde</nachname><strasse>Personenweg 2</strasse><plz>10115</plz>"
                "<ort>Personenstadt</ort><tel/><mobil>0171 3920001</mobil>"
                "<email>ida@example.org</email><bevorzugt>EMAIL</bevorzugt><bevorzugt>TEL</bevorzugt>"
                "<wunsch>BESICHTIGUNG</wunsch><anfrage>Guten Tag,\r\nist der Hof frei?</anfrage>"
                "<user_defined_extend><feld>Einkommen 4000</feld></user_defined_extend>"
                "</interessent></objekt>"
            ),
            name="Rückmeldung.xml",
        )
    )
    assert block.kind == "openimmo"
    assert block.source == "Rückmeldung.xml"
    assert block.index == (1, 1)
    assert block.values == {
        "objekt/oobj_id": "HB-0042",
        "objekt/portal_obj_id": "1500",
        "interessent/anrede": "Frau",
        "interessent/vorname": "Ida",
        "interessent/nachname": "Linde",
        "interessent/strasse": "Personenweg 2",
        "interessent/plz": "10115",
        "interessent/ort": "Personenstadt",
        "interessent/mobil": "0171 3920001",
        "interessent/email": "ida@example.org",
        "interessent/bevorzugt": "EMAIL, TEL",
        "interessent/wunsch": "BESICHTIGUNG",
        "interessent/anfrage": "Guten Tag,\nist der Hof frei?",
    }


def test_each_property_and_person_is_a_block_in_their_order() -> None:
    def objekt(number: str, *names: str) -> str:
        persons = "".join(f"<interessent><vorname>{n}</vorname></interessent>" for n in names)
        return f"<objekt><oobj_id>{number}</oobj_id>{persons}</objekt>"

    found = attached(feedback(objekt("A", "Ada", "Bo") + objekt("B") + objekt("C", "Cy")))
    assert [
        (b.index, b.values["objekt/oobj_id"], b.values["interessent/vorname"]) for b in found.blocks
    ] == [((1, 1), "A", "Ada"), ((1, 2), "A", "Bo"), ((3, 1), "C", "Cy")]
    assert found.problems == ()


def test_objektanfrage_pairs_every_property_with_every_person() -> None:
    found = attached(
        "<objektanfrage><objekt><o_refnr>A</o_refnr></objekt><objekt><o_refnr>B</o_refnr></objekt>"
        "<interessent><i_name>Eins</i_name></interessent><interessent/>"
        "<interessent><i_name>Drei</i_name></interessent></objektanfrage>"
    )
    assert [
        (b.index, b.values["objekt/o_refnr"], b.values["interessent/i_name"]) for b in found.blocks
    ] == [
        ((1, 1), "A", "Eins"),
        ((1, 3), "A", "Drei"),
        ((2, 1), "B", "Eins"),
        ((2, 3), "B", "Drei"),
    ]


def test_objektanfrage_without_a_property_still_names_the_person() -> None:
    text = "<objektanfrage><interessent><i_name>Ahorn</i_name></interessent></objektanfrage>"
    assert only(attached(text)).values == {"interessent/i_name": "Ahorn"}


@pytest.mark.parametrize(
    "root",
    [
        "<openimmo_feedback xmlns='http://www.openimmo.de'>{}</openimmo_feedback>",
        "<oi:openimmo_feedback xmlns:oi='http://www.openimmo.de'>{}</oi:openimmo_feedback>",
        "<x:openimmo_feedback>{}</x:openimmo_feedback>",
        "\r\n <!-- from the portal -->\n<openimmo_feedback\n>{}</openimmo_feedback>",
        "<?xml-stylesheet href='a.xsl'?><openimmo_feedback>{}</openimmo_feedback>",
    ],
)
def test_local_names_are_compared(root: str) -> None:
    assert only(attached(root.format(f"<objekt>{PERSON}</objekt>"))).kind == "openimmo"


def test_prefixes_below_the_root_are_left_out_too() -> None:
    text = (
        "<o:openimmo_feedback xmlns:o='http://www.openimmo.de'><o:objekt><o:interessent>"
        "<o:email>a@example.org</o:email></o:interessent></o:objekt></o:openimmo_feedback>"
    )
    assert only(attached(text)).values == {"interessent/email": "a@example.org"}


@pytest.mark.parametrize(
    "kind", ["application/xml", "text/xml", "application/octet-stream", "application/pdf", "a/b"]
)
def test_the_root_counts_and_not_the_type(kind: str) -> None:
    found = attached(feedback(f"<objekt>{PERSON}</objekt>"), kind, "scan.pdf")
    assert only(found).values["interessent/nachname"] == "Ahorn"


@pytest.mark.parametrize("kind", ["text/plain", "text/html", "image/svg+xml", "IMAGE/PNG"])
def test_texts_and_images_are_not_looked_at(kind: str) -> None:
    assert attached(feedback(f"<objekt>{PERSON}</objekt>"), kind) == Blocks()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"%PDF-1.7 <openimmo_feedback>",
        b"PK\x03\x04 <openimmo_feedback/>",
        b"Subject: a\r\n\r\n<openimmo_feedback/>",
        b"<kml><Placemark/></kml>",
        b"<openimmo><anbieter/></openimmo>",
        b"<openimmo_feedbacks><objekt/></openimmo_feedbacks>",
        b"<kml><!-- <openimmo_feedback> --></kml>",
        b"<kml><openimmo_feedback/></kml>",
        b"<kml>\x00 not even XML",
    ],
)
def test_files_of_others_are_nothing_to_us(content: bytes) -> None:
    assert attached(content) == Blocks()


GREETING = "Grüße – „Ärger“ für 5 €"
FILE = f"<objekt><interessent><anfrage>{GREETING}</anfrage></interessent></objekt>"


@pytest.mark.parametrize(
    ("head", "encoding"),
    [
        ("", "utf-8"),
        ("<?xml version='1.0' encoding='UTF-8'?>", "utf-8"),
        ("<?xml version='1.0' encoding='utf8'?>", "utf-8"),
        ("<?xml version='1.0' encoding='ISO-8859-1'?>", "utf-8-sig"),
        ("<?xml version='1.0' encoding='UTF-16'?>", "utf-16"),
        ("", "utf-16"),
        ("<?xml version='1.0' encoding='windows-1252'?>", "cp1252"),
        # ISO-8859-1 has neither „ nor €: windows-1252 is meant, as everywhere.
        ("<?xml version='1.0' encoding='ISO-8859-1'?>", "cp1252"),
        # Claims that lie, or that nobody knows: ISO-8859-1 is tried.
        ("<?xml version='1.0' encoding='UTF-8'?>", "cp1252"),
        ("", "cp1252"),
        ("<?xml version='1.0' encoding='us-ascii'?>", "cp1252"),
        ("<?xml version='1.0' encoding='UTF-16'?>", "cp1252"),
        ("<?xml version='1.0' encoding='ansi'?>", "cp1252"),
        ("<?xml version='1.0' encoding='idna'?>", "cp1252"),
        ("<?xml version='1.0' encoding='unicode_escape'?>", "cp1252"),
        ("<?xml version='1.0' encoding='iso-8859-99'?>", "cp1252"),
    ],
)
def test_bytes_are_read_as_declared_and_else_as_latin(head: str, encoding: str) -> None:
    block = only(attached(feedback(FILE, head).encode(encoding)))
    assert block.values["interessent/anfrage"] == GREETING


@pytest.mark.parametrize("declared", ["UTF-8", "ISO-8859-1", "utf-16"])
def test_objektanfrage_is_latin_whatever_it_says(declared: str) -> None:
    text = (
        f"<?xml version='1.0' encoding='{declared}'?><objektanfrage><interessent>"
        "<i_name>Müßig</i_name></interessent></objektanfrage>"
    )
    assert only(attached(text.encode("latin-1"))).values == {"interessent/i_name": "Müßig"}


def test_objektanfrage_that_really_is_utf_8_is_read_back() -> None:
    text = "<objektanfrage><interessent><i_name>Müßig</i_name></interessent></objektanfrage>"
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        assert only(attached(text.encode(encoding))).values == {"interessent/i_name": "Müßig"}


def test_text_is_canonical() -> None:
    text = feedback(
        "<objekt><interessent><vorname>\u00a0Zoe\u0308\u200b </vorname>"
        "<nachname><![CDATA[D'Or]]> &amp; Co</nachname><firma>   </firma>"
        "<anfrage>Eins<br/>zwei<b> drei</b>&#10;M&amp;uuml;hle</anfrage></interessent></objekt>"
    )
    assert only(attached(text)).values == {
        "interessent/vorname": "Zoë",
        "interessent/nachname": "D'Or & Co",
        "interessent/anfrage": "Eins\nzwei drei\nMühle",
    }


def test_of_repeated_elements_the_first_that_says_something_counts() -> None:
    text = feedback(
        "<objekt><interessent><email/><email>a@example.org</email><email>b@example.org</email>"
        "</interessent></objekt>"
    )
    assert only(attached(text)).values == {"interessent/email": "a@example.org"}


@pytest.mark.parametrize(
    "inside",
    [
        "<fehlerliste><fehler><objekt_id>A</objekt_id><text>fehlt</text></fehler></fehlerliste>",
        "<sender/><status><statusnr>1</statusnr></status>",
        "<objekt><oobj_id>A</oobj_id></objekt><status/>",
        "<objekt><interessent/></objekt><fehlerliste/>",
    ],
)
def test_a_report_on_an_upload_is_no_inquiry(inside: str) -> None:
    assert attached(feedback(inside), name="import.xml") == Blocks(upload_reports=("import.xml",))


def test_an_error_list_beside_a_person_does_not_hide_the_person() -> None:
    found = attached(feedback(f"<objekt>{PERSON}</objekt><fehlerliste/>"))
    assert only(found).values["interessent/nachname"] == "Ahorn"
    assert found.upload_reports == ()


@pytest.mark.parametrize(
    "text",
    [
        feedback(""),
        feedback("<objekt><oobj_id>A</oobj_id></objekt>"),
        feedback("<objekt><interessent><email> </email></interessent></objekt>"),
        "<objektanfrage><objekt><o_refnr>A</o_refnr></objekt></objektanfrage>",
        "<objektanfrage><fehlerliste/></objektanfrage>",
    ],
)
def test_a_file_without_a_person_is_told(text: str) -> None:
    found = attached(text)
    assert [p.code for p in found.problems] == ["block-without-person"]
    assert found.blocks == ()
    assert found.upload_reports == ()


@pytest.mark.parametrize(
    "content",
    [
        b"<openimmo_feedback><objekt><oobj_id>EU-07",
        b"<openimmo_feedback><objekt></openimmo_feedback>",
        b"<openimmo_feedback>&uuml;</openimmo_feedback>",
        b"<openimmo_feedback/><openimmo_feedback/>",
        b"<openimmo_feedback>\x00</openimmo_feedback>",
        b"<objektanfrage>\x01</objektanfrage>",
        b"\xff\xfe<openimmo_feedback/>",
        b"<openimmo_feedback a='1' a='2'/>",
    ],
)
def test_malformed_files_are_a_problem_and_no_more(content: bytes) -> None:
    found = attached(content)
    assert [p.code for p in found.problems] == ["block-malformed"]
    assert found.blocks == ()


def test_what_is_malformed_in_one_file_does_not_hide_another() -> None:
    good = feedback(f"<objekt>{PERSON}</objekt>").encode()
    found = find_blocks(
        message(
            Attachment("a", "text/xml", b"<openimmo_feedback>"),
            Attachment("logo.png", "image/png", b"\x89PNG"),
            Attachment("b\r\n" + "x" * 200, "text/xml", good),
        )
    )
    assert [p.code for p in found.problems] == ["block-malformed"]
    (block,) = found.blocks
    assert block.source == "b " + "x" * 98


def test_too_many_inquiries_are_not_cut_but_refused() -> None:
    persons = PERSON * MOST_BLOCKS
    assert len(attached(feedback(f"<objekt>{persons}</objekt>")).blocks) == MOST_BLOCKS
    found = attached(feedback(f"<objekt>{persons}{PERSON}</objekt>"))
    assert [p.code for p in found.problems] == ["block-refused"]
    assert found.blocks == ()


TAILS = [
    "Weitere Daten zum Interessenten; Haushaltsgröße: Zwei; Haushaltsnettoeinkommen: 4.321 Euro;",
    "Weitere Daten zum Interessenten\nEigenkapital: 4.321",
    "weitere\u00a0daten  zum Interessenten: 4.321",
    "Weitere Angaben zur Interessentin 4.321",
    "Geburtsdatum: 4.3.21",
    "Beschäftigungsstatus: 4.321",
    "BeschÃ¤ftigungsstatus: 4.321",
    "Beruf oder Branche: 4.321",
    "Haushaltsgroesse: 4.321",
    "Nettohaushaltseinkommen: 4.321 Euro",
    "  Monatliches Haushaltsnettoeinkommen (Euro): 4.321",
    "Tierfreier Haushalt: 4.321",
    "Wohnberechtigungsschein:\n4.321",
    "Profilfoto:\t4.321",
    "- SCHUFA-Bonitätscheck: 4.321",
    "Geburtsdatum\n4.3.21",
]


@pytest.mark.parametrize("tail", TAILS)
def test_the_self_disclosure_is_cut_off(tail: str) -> None:
    assert (
        cut_self_disclosure(f"Ist der Garten groß?\n\n{tail}\nund mehr") == "Ist der Garten groß?"
    )
    for element in ("anfrage", "vorname", "ort"):
        text = feedback(
            f"<objekt><interessent><nachname>Ahorn</nachname><{element}>Ja\n{tail}</{element}>"
            "</interessent></objekt>"
        )
        found = attached(text)
        assert only(found).values[f"interessent/{element}"] == "Ja"
        assert "4.321" not in repr(found)
        assert "4.3.21" not in repr(found)


@pytest.mark.parametrize(
    "tail",
    [
        "Gern; Haushaltsnettoeinkommen: 4.321;",
        "Gern. Haushaltsnettoeinkommen: 4.321",
        "Gern&lt;br&gt;Geburtsdatum: 4.321",
    ],
)
def test_it_is_cut_in_the_middle_of_a_line_too(tail: str) -> None:
    found = attached(
        feedback(f"<objekt><interessent><anfrage>{tail}</anfrage></interessent></objekt>")
    )
    assert only(found).values["interessent/anfrage"].startswith("Gern")
    assert "4.321" not in repr(found)


def test_a_message_of_nothing_else_is_none() -> None:
    text = feedback(
        "<objekt><interessent><nachname>Ahorn</nachname>"
        "<anfrage>Geburtsdatum: 1.1.1970</anfrage></interessent></objekt>"
    )
    assert only(attached(text)).values == {"interessent/nachname": "Ahorn"}


@pytest.mark.parametrize(
    "text",
    [
        "Wir haben genug Eigenkapital und ein gutes Einkommen.",
        "Mein Geburtsdatum nenne ich gern am Telefon.",
        "Die Haushaltsgröße ist zwei.",
        "Weitere Daten folgen.",
        "",
    ],
)
def test_a_visitors_own_sentence_stays(text: str) -> None:
    assert cut_self_disclosure(text) == text
