"""A large mail without its attachments, by literals."""

from email import message_from_bytes, policy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbridge.inbox.structure import (
    MOST_HEADER,
    MOST_LEVELS,
    MOST_OCTETS,
    MOST_PARTS,
    SMALL_PART,
    Attached,
    Branch,
    Leaf,
    Unbuildable,
    assemble,
    leaves,
    outline,
    sections,
)


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
        (text(MOST_OCTETS), MOST_OCTETS),
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
    assert outline(body) == expected


def test_parts_are_numbered_as_imap_does() -> None:
    alternative = ([text(), text(subtype=b"html")], b"alternative")
    body = ([alternative, data(b"image", b"png", 9), text()], b"mixed")
    kept = outline(body)
    assert sections(kept) == ["1.MIME", "1.1.MIME", "1.1", "1.2.MIME", "1.2", "3.MIME", "3"]
    assert [leaf.number for leaf in leaves(kept)] == ["1.1", "1.2", "3"]


def test_a_level_of_attachments_only_is_left_out() -> None:
    body = ([([data(b"image", b"png", 9)], b"related"), text()], b"mixed")
    assert outline(body) == Branch("", (Leaf("2", 10),))


def test_a_single_part_is_the_text() -> None:
    assert sections(outline(text())) == ["TEXT"]
    assert outline(data(b"image", b"png", 9)) == Leaf("TEXT", 0)


def test_ten_thousand_parts_are_too_many() -> None:
    assert len(list(leaves(outline(([text()] * MOST_PARTS, b"mixed"))))) == MOST_PARTS
    inner = ([text()] * 30, b"mixed")
    with pytest.raises(Unbuildable, match=f"more than {MOST_PARTS} texts"):
        outline(([inner, inner, inner], b"mixed"))
    pictures = [data(b"image", b"png", 9)] * 10_000
    assert list(leaves(outline(([text(), *pictures], b"mixed")))) == [Leaf("1", 10)]


def test_texts_are_fetched_whole_or_not_at_all() -> None:
    half = text(MOST_OCTETS // 2)
    assert len(list(leaves(outline(([half, half], b"mixed"))))) == 2
    for body in (([half, half, text(1)], b"mixed"), text(MOST_OCTETS + 1)):
        with pytest.raises(Unbuildable, match="larger than 4,194,304 bytes"):
            outline(body)


def test_a_structure_without_end_ends() -> None:
    body: tuple[object, ...] = ([text()], b"mixed")
    for _ in range(300):
        body = ([body], b"mixed")
    with pytest.raises(Unbuildable, match=f"more than {MOST_LEVELS} deep"):
        outline(body)


def attached(size: int, inside: object) -> tuple[object, ...]:
    return (b"MESSAGE", b"RFC822", None, None, None, b"7BIT", size, (b"envelope",), inside, 99)


def test_a_large_attached_mail_is_reduced_like_any_other() -> None:
    # As imapclient gives what is inside an attached mail: parts, but no list.
    inside = (text(), data(b"image", b"jpeg", 9_000_000), b"mixed")
    kept = outline(([text(), attached(9_000_100, inside)], b"mixed"))
    inner = Attached("2", Branch("2", (Leaf("2.1", 10),)))
    assert kept == Branch("", (Leaf("1", 10), inner))
    assert sections(kept) == ["1.MIME", "1", "2.MIME", "2.HEADER", "2.1.MIME", "2.1"]
    raw = assemble(
        kept,
        HEADER,
        {
            "1": b"see below",
            "2.MIME": b"Content-Type: message/rfc822\r\n\r\n",
            "2.HEADER": b"Subject: in\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n",
            "2.1.MIME": b"Content-Type: text/plain\r\n\r\n",
            "2.1": b"hello",
        },
    )
    [_, part] = message_from_bytes(raw, policy=policy.default).iter_parts()  # type: ignore[attr-defined]
    inner_mail = part.get_content()
    assert inner_mail["Subject"] == "in"
    assert [one.get_content() for one in inner_mail.iter_parts()] == ["hello"]


def test_a_large_attached_mail_of_one_text() -> None:
    kept = outline(([attached(SMALL_PART + 1, text(SMALL_PART))], b"mixed"))
    assert kept == Branch("", (Attached("1", Leaf("1.TEXT", SMALL_PART)),))
    assert sections(kept) == ["1.MIME", "1.HEADER", "1.TEXT"]
    fetched = {"1.MIME": b"Content-Type: message/rfc822", "1.HEADER": b"A: b", "1.TEXT": b"c"}
    assert b"message/rfc822\r\n\r\nA: b\r\n\r\nc\r\n--a b--" in assemble(kept, HEADER, fetched)


def test_a_section_that_may_be_cut_is_refused() -> None:
    for name, content in (("1", b"x" * MOST_OCTETS), ("1.MIME", b"x" * MOST_HEADER)):
        with pytest.raises(Unbuildable, match="larger than"):
            assemble(Branch("", (Leaf("1", 1),)), HEADER, {name: content})
    with pytest.raises(Unbuildable, match="larger than"):
        assemble(Leaf("TEXT", 1), b"x" * MOST_HEADER, {})


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
_kinds = st.sampled_from([(b"TEXT", b"plain"), (b"message", b"RFC822"), (b"image", None)])
_parts = st.builds(
    lambda kind, rest: (*kind, None, None, None, b"7bit", 300_000, None, *rest),
    _kinds,
    st.lists(_atoms, max_size=4),
)
_bodies = st.recursive(
    st.one_of(_parts, st.lists(_atoms, min_size=1, max_size=12).map(tuple)),
    lambda inner: st.one_of(
        st.tuples(st.lists(inner, min_size=1, max_size=4), st.binary(max_size=8)),
        inner.map(lambda one: attached(300_000, one)),
    ),
    max_leaves=20,
)


@given(_bodies)
def test_any_structure_has_an_outline(body: tuple[object, ...]) -> None:
    try:
        kept = outline(body)
    except Unbuildable:
        return
    assert {leaf.number for leaf in leaves(kept)} <= set(sections(kept)) | {"TEXT"}
