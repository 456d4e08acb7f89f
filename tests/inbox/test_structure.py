"""A large mail without its attachments, by literals."""

from email import message_from_bytes, policy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbridge.inbox.structure import (
    MOST_PARTS,
    SMALL_PART,
    Branch,
    Leaf,
    Unbuildable,
    assemble,
    leaves,
    outline,
    sections,
)

LIMIT = 1_000_000


def text(
    size: int = 10, subtype: bytes = b"plain", disposition: object = None
) -> tuple[object, ...]:
    return (b"TEXT", subtype, None, None, None, b"7BIT", size, 1, None, disposition)


def data(
    kind: bytes, subtype: bytes, size: int, *, name: bytes = b"", disposition: object = None
) -> tuple[object, ...]:
    params = (b"NAME", name) if name else None
    return (kind, subtype, params, None, None, b"BASE64", size, None, disposition)


ATTACHED = (b"ATTACHMENT", (b"FILENAME", b"Leads.XML"))


@pytest.mark.parametrize(
    ("part", "octets"),
    [
        (text(), 10),
        (text(LIMIT * 5), LIMIT),
        (text(0), 0),
        (text(subtype=b"html"), 10),
        (text(SMALL_PART, disposition=(b"attachment", None)), SMALL_PART),
        (text(SMALL_PART + 1, disposition=(b"attachment", None)), 0),
        (text(SMALL_PART + 1, disposition=(b"inline", None)), SMALL_PART + 1),
        (data(b"application", b"xml", 5), 5),
        (data(b"APPLICATION", b"OpenImmo+XML", 5), 5),
        (data(b"application", b"xml", SMALL_PART + 1), 0),
        (data(b"application", b"octet-stream", 5, name=b"lead.xml"), 5),
        (data(b"application", b"octet-stream", 5, disposition=ATTACHED), 5),
        (data(b"application", b"octet-stream", 5), 0),
        (data(b"image", b"jpeg", 5), 0),
        (data(b"message", b"rfc822", 5), 5),
        (data(b"message", b"rfc822", SMALL_PART + 1), 0),
        ((b"text", b"plain"), 0),
        ((None, None, 7, 7, 7, 7, b"x"), 0),
    ],
)
def test_what_is_worth_fetching(part: tuple[object, ...], octets: int) -> None:
    body = ([part], b"mixed")
    expected = Branch("", (Leaf("1", octets),) if octets else ())
    assert outline(body, LIMIT) == expected


def test_parts_are_numbered_as_imap_does() -> None:
    alternative = ([text(), text(subtype=b"html")], b"alternative")
    body = ([alternative, data(b"image", b"png", 9), text()], b"mixed")
    kept = outline(body, LIMIT)
    assert sections(kept) == ["1.MIME", "1.1.MIME", "1.1", "1.2.MIME", "1.2", "3.MIME", "3"]
    assert [leaf.number for leaf in leaves(kept)] == ["1.1", "1.2", "3"]


def test_a_level_of_attachments_only_is_left_out() -> None:
    body = ([([data(b"image", b"png", 9)], b"related"), text()], b"mixed")
    assert outline(body, LIMIT) == Branch("", (Leaf("2", 10),))


def test_a_single_part_is_the_text() -> None:
    assert sections(outline(text(), LIMIT)) == ["TEXT"]
    assert outline(data(b"image", b"png", 9), LIMIT) == Leaf("TEXT", 0)


def test_ten_thousand_parts_are_too_many() -> None:
    inner = ([text()] * 30, b"mixed")
    kept = outline(([inner, inner, inner], b"mixed"), LIMIT)
    assert len(list(leaves(kept))) == MOST_PARTS


def test_a_structure_without_end_ends() -> None:
    body: tuple[object, ...] = ([text()], b"mixed")
    for _ in range(300):
        body = ([body], b"mixed")
    assert list(leaves(outline(body, LIMIT))) == []


HEADER = b'Subject: x\r\nContent-Type: multipart/mixed; boundary="a b"\r\n\r\n'


def test_the_form() -> None:
    kept = Branch("", (Branch("1", (Leaf("1.1", 9),)), Leaf("3", 9)))
    fetched = {
        "1.MIME": b"Content-Type: multipart/alternative; boundary=in\r\n\r\n",
        "1.1.MIME": b"Content-Type: text/plain\r\n\r\n",
        "1.1": b"hello",
        "3.MIME": b"",
        "3": b"bye\r\n",
    }
    assert assemble(kept, HEADER, fetched) == (
        HEADER + b"--a b\r\nContent-Type: multipart/alternative; boundary=in\r\n\r\n"
        b"--in\r\nContent-Type: text/plain\r\n\r\nhello\r\n--in--\r\n\r\n"
        b"--a b\r\n\r\nbye\r\n\r\n--a b--\r\n"
    )


def test_nothing_kept_is_still_a_mail() -> None:
    raw = assemble(Branch("", ()), HEADER, {})
    mail = message_from_bytes(raw, policy=policy.default)
    assert mail["Subject"] == "x"
    assert mail.defects == []
    assert [part.get_content_type() for part in mail.walk()] == ["multipart/mixed", "text/plain"]


@pytest.mark.parametrize(
    "header",
    [
        b"Subject: x\r\n\r\n",
        b"Content-Type: multipart/mixed\r\n\r\n",
        b"",
        b"Content-Type: multipart/mixed; boundary*=bogus'x'%ff\r\n\r\n",
    ],
)
def test_a_header_without_boundary_is_said(header: bytes) -> None:
    with pytest.raises(Unbuildable, match="no boundary"):
        assemble(Branch("", (Leaf("1", 1),)), header, {"1": b"x"})


@given(st.binary(max_size=200))
def test_no_header_makes_it_fail_otherwise(junk: bytes) -> None:
    header = b"Content-Type: multipart/mixed; boundary=" + junk + b"\r\n\r\n"
    try:
        raw = assemble(Branch("", (Leaf("1", 5),)), header, {"1": b"hello"})
    except Unbuildable:
        return
    assert b"hello" in raw


_atoms = st.one_of(st.none(), st.integers(), st.binary(max_size=8))
_bodies = st.recursive(
    st.lists(_atoms, min_size=1, max_size=12).map(tuple),
    lambda inner: st.tuples(st.lists(inner, min_size=1, max_size=4), st.binary(max_size=8)),
    max_leaves=20,
)


@given(_bodies)
def test_any_structure_has_an_outline(body: tuple[object, ...]) -> None:
    kept = outline(body, LIMIT)
    assert {leaf.number for leaf in leaves(kept)} <= set(sections(kept)) | {"TEXT"}
