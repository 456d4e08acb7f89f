"""Whatever a stranger attaches: no exception, no entity, no work without bound."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbridge.message.blocks.block import Blocks
from mailbridge.message.blocks.finding import find_blocks
from mailbridge.message.blocks.lead_metadata import read_metadata
from mailbridge.message.blocks.tree import MOST_BYTES, MOST_DEPTH, MOST_ELEMENTS
from mailbridge.message.message import Address, Attachment, Body, Message


def read(content: bytes, html: str | None = None) -> Blocks:
    return find_blocks(
        Message(
            message_id="",
            date=None,
            sender=Address("", ""),
            attachments=(Attachment("a.xml", "text/xml", content),),
            html_source=html,
            render=Body,
        )
    )


LAUGHS = "".join(f"<!ENTITY l{n} '{f'&l{n - 1};' * 10}'>" for n in range(1, 10))


@pytest.mark.parametrize(
    "doctype",
    [
        f"<!DOCTYPE openimmo_feedback [<!ENTITY l0 'ha'>{LAUGHS}]>",
        "<!DOCTYPE openimmo_feedback [<!ENTITY x SYSTEM 'file:///etc/hostname'>]>",
        "<!DOCTYPE openimmo_feedback [<!ENTITY % p SYSTEM 'http://example.org/a.dtd'> %p;]>",
        "<!DOCTYPE openimmo_feedback SYSTEM 'http://example.org/a.dtd'>",
        "<!DOCTYPE openimmo_feedback PUBLIC '-//X//EN' 'http://example.org/a.dtd'>",
        "<!DOCTYPE openimmo_feedback>",
        "<!DOCTYPE openimmo_feedback [<!ATTLIST objekt a CDATA 'b'>]>",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_document_type_is_refused(doctype: str, encoding: str) -> None:
    text = (
        f"{doctype}<openimmo_feedback><objekt><interessent><anfrage>&l9;&x;ha</anfrage>"
        "</interessent></objekt></openimmo_feedback>"
    )
    found = read(text.encode(encoding))
    assert [p.code for p in found.problems] == ["block-refused"]
    assert "document type" in found.problems[0].text
    assert found.blocks == ()


def test_depth_number_and_size_are_bounded() -> None:
    def refused(inside: str) -> str:
        found = read(f"<openimmo_feedback>{inside}</openimmo_feedback>".encode())
        assert found.blocks == ()
        (problem,) = found.problems
        return problem.code

    allowed = MOST_DEPTH - 1
    assert refused("<a>" * allowed + "</a>" * allowed) == "block-without-person"
    assert refused("<a>" * (allowed + 1) + "</a>" * (allowed + 1)) == "block-refused"
    assert refused("<a>" * 100_000) == "block-refused"
    assert refused("<a/>" * (MOST_ELEMENTS - 1)) == "block-without-person"
    assert refused("<a/>" * MOST_ELEMENTS) == "block-refused"
    assert refused(" " * MOST_BYTES) == "block-refused"


def test_long_attributes_texts_and_names_cost_no_more_than_their_length() -> None:
    many = " ".join(f"a{n}='{n}'" for n in range(30_000))
    for inside in (
        f"<objekt a='{'x' * 900_000}'/>",
        f"<objekt {many}/>",
        f"<objekt>{'x' * 900_000}</objekt>",
        f"<{'x' * 400_000}></{'x' * 400_000}>",
        f"<!--{'-x' * 400_000}-->",
        f"<![CDATA[{']' * 900_000}]]>",
    ):
        found = read(f"<openimmo_feedback>{inside}</openimmo_feedback>".encode())
        assert [p.code for p in found.problems] == ["block-without-person"]


def test_pairs_that_nobody_could_mean_are_not_made() -> None:
    objekte, persons = "<objekt/>" * 9_000, "<interessent><i_name>A</i_name></interessent>" * 5_000
    found = read(f"<objektanfrage>{objekte}{persons}</objektanfrage>".encode())
    assert [p.code for p in found.problems] == ["block-refused"]


def test_messages_made_to_slow_the_patterns_down() -> None:
    for text in ("\t" * 300_000, "Weitere " * 50_000, "Weitere" + " " * 300_000, "; " * 200_000,
                 "Haushalts" * 50_000, "\nBeruf oder" * 30_000, "Netto" * 90_000,
                 "Einkommen (" * 40_000, "Besch" * 90_000, "\n- " * 100_000):  # fmt: skip
        person = f"<nachname>A</nachname><anfrage>x{text}</anfrage>"
        found = read(
            f"<openimmo_feedback><objekt><interessent>{person}</interessent></objekt>"
            "</openimmo_feedback>".encode()
        )
        assert len(found.blocks) == 1


def test_html_made_to_slow_the_search_down() -> None:
    version = "<meta name=lead_information_version content=1.0>"
    for junk in ("<!--", "<script", "<script>", "<style></styl", "<a '", '<a b="', "<a =", "<meta ",
                 "<meta a=", "<meta name='", "</", "<" * 9, "&#", "<meta a a=b/"):  # fmt: skip
        html = version + junk * (900_000 // len(junk))
        assert list(read_metadata(html)) == []


BITS = st.sampled_from(
    [
        *["<openimmo_feedback>", "</openimmo_feedback>", "<objekt>", "</objekt>", "<interessent>"],
        *["</interessent>", "<objektanfrage>", "</objektanfrage>", "<anfrage>", "</anfrage>"],
        *["<email>a@example.org</email>", "<i_name>", "</i_name>", "<fehlerliste/>", "<status/>"],
        *["<?xml version='1.0' encoding='UTF-8'?>", "<?xml version='1.0' encoding='utf-7'?>"],
        *["<!DOCTYPE a>", "<![CDATA[", "]]>", "<!--", "-->", "&amp;", "&x;", "&#0;", "&#xD800;"],
        *["\x00", "\ufeff", "ü", "\ud7ff", "<a:b xmlns:a='c'>", "'", '"', "<", ">", " ", "\n"],
        *["<meta name=lead_information_version content=1.0>", "<meta name='lead_email' content='"],
    ]
)
ENCODINGS = st.sampled_from(["utf-8", "utf-8-sig", "latin-1", "cp1252", "utf-16", "utf-16-be"])


def check(found: Blocks) -> None:
    for block in found.blocks:
        assert block.values
        assert all(value == value.strip() and value for value in block.values.values())
    assert {p.code for p in found.problems} <= {
        *("block-malformed", "block-refused", "block-without-person")
    }


@given(st.lists(BITS, max_size=25).map("".join), ENCODINGS)
def test_any_markup(text: str, encoding: str) -> None:
    check(read(text.encode(encoding, "replace"), text))


@given(st.binary(max_size=60), st.binary(max_size=60), st.binary(max_size=60))
def test_any_bytes_in_a_file_of_ours(one: bytes, two: bytes, three: bytes) -> None:
    check(read(one + b"<openimmo_feedback><objekt>" + two + b"</objekt>" + three))
    check(read(b"<openimmo_feedback>" + one + b"</openimmo_feedback>"))
    check(read(b"<?xml version='1.0' encoding='" + one + b"'?><objektanfrage/>"))


@given(st.lists(st.text(st.characters(categories=["L", "N"])), min_size=1, max_size=4))
def test_as_many_blocks_as_persons(names: list[str]) -> None:
    persons = "".join(f"<interessent><nachname>x{name}</nachname></interessent>" for name in names)
    found = read(f"<openimmo_feedback><objekt>{persons}</objekt></openimmo_feedback>".encode())
    assert [b.index for b in found.blocks] == [(1, n) for n in range(1, len(names) + 1)]
