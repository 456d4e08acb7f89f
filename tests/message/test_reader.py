from dataclasses import fields, replace
from time import process_time

import pytest

from mailbridge.message.identity import identify
from mailbridge.message.limits import Limits
from mailbridge.message.message import Message
from mailbridge.message.reader import read_headers
from tests.message.mails import HEAD, mail, multipart, opened, part, refused, text_of


@pytest.mark.parametrize("raw", [b"", b"\r\n \r\n", b"From x@example.org Tue\r\n\r\n"])
def test_nothing_in_it(raw: bytes) -> None:
    assert refused(raw).problems[0].code == "mail-empty"


@pytest.mark.parametrize(
    "raw", [b"%PDF-1.7", b"\x00\xff" * 99, b"no header here\r\nSubject: x\r\n"]
)
def test_no_mail(raw: bytes) -> None:
    assert refused(raw).problems[0].code == "mail-no-header"


def test_what_may_stand_before_the_header() -> None:
    for before in (b"From x@example.org Tue Nov  3\n", b"\r\n\n", b">From x\r\n"):
        assert text_of(before + mail("", "Hello")) == "Hello"


def test_the_first_line_that_is_no_field_is_body() -> None:
    assert text_of(b"Subject: x\r\nHello you\r\nNom: y") == "Hello you\nNom: y"
    assert text_of(b"Subject: x\nFrom : a@example.org\n\nHello") == "Hello"
    assert opened(b"Subject: x").text is not None


@pytest.mark.parametrize(
    ("name", "value", "raw"),
    [
        ("mail_size", 100, mail("", "x" * 100)),
        ("header_size", 200, b"X: " + b"y" * 300 + b"\r\n\r\nz"),
        ("header_fields", 3, b"X: y\r\n" * 4 + b"\r\nz"),
        ("parts", 3, HEAD + multipart("mixed", *[part("text/plain", "x")] * 3)),
        ("parts", 2, HEAD + multipart("mixed", *[part("text/plain", "x")] * 99)),
        ("nesting", 1, HEAD + multipart("mixed", multipart("mixed", part("", "x"), boundary="c"))),
        ("text_size", 10, mail("text/plain", "x" * 11)),
        ("text_size", 10, HEAD + multipart("mixed", *[part("text/plain", "x" * 6)] * 2)),
        ("text_length", 10, mail("text/plain", "x" * 11)),
        ("text_length", 10, mail("text/html", "x" * 11)),
        ("html_tags", 3, mail("text/html", "<p>" * 4)),
        ("html_tags", 3, mail("text/plain", "<html><p><p><p>")),
        ("header_fields", 1, HEAD[:22] + b"@x\r\n" + multipart("mixed", b"A: b\r\nC: d\r\n\r\nx")),
    ],
)
def test_each_limit_is_named(name: str, value: int, raw: bytes) -> None:
    limits = replace(Limits(), **{name: value})
    (problem,) = refused(raw, limits).problems
    assert problem.code == "limit-" + name.replace("_", "-")
    assert f"{value}" in problem.text
    assert f"limits.{name}." in problem.remedy
    assert isinstance(opened(raw), Message)


def test_every_limit_has_its_words() -> None:
    from mailbridge.message.limits import LimitExceeded, ensure

    for field in fields(Limits):
        with pytest.raises(LimitExceeded, match=r"(?:more|larger|longer|lie more) than"):
            ensure(Limits(), field.name, 10**12)


def test_what_is_refused_is_still_named() -> None:
    unreadable = refused(mail("text/plain", "x" * 11), Limits(text_length=10))
    assert unreadable.message_id == "1@portal.example.org"
    assert unreadable.subject == "Inquiry"


def nested(levels: int) -> bytes:
    content = part("text/plain", "x")
    for level in range(levels):
        content = multipart("mixed", content, boundary=f"b{level}")
    return HEAD + content


HOSTILE = {
    "ten thousand parts": HEAD + multipart("mixed", *[part("text/plain", "x")] * 10_000),
    "deep multiparts": nested(1_000),
    "one endless line": mail("text/plain", "x" * 900_000),
    "one endless blank line": mail("text/plain", " " * 900_000 + "x"),
    "one endless header": b"Subject: " + b"x" * 4_900_000,
    "endless folding": b"Subject: " + b"\r\n x" * 1_000_000,
    "many headers": b"X: y\r\n" * 500_000,
    "entities": mail("text/plain", "&amp;" * 180_000),
    "halves of entities": mail("text/plain", "&" * 900_000),
    "entities in HTML": mail("text/html", "<p>" + "&nGt;" * 150_000),
    "deep HTML": mail("text/html", "<div>" * 19_000 + "x"),
    "paragraphs without end": mail("text/html", "<span>" * 9_000 + "</p>" * 9_000),
    "unclosed comments": mail("text/html", "<!--" * 19_000),
    "half tags": mail("text/html", "<a " * 19_000),
    "tags and comments": mail("text/html", "<a><!--" * 9_000),
    "half values": mail("text/html", "<a b=" * 19_000),
    "unclosed scripts": mail("text/html", "<script><!--" * 9_000),
    "numbered entities": mail("text/html", "<p>" + "&#0;&#1;" * 90_000),
    "quotes": mail("text/html", "<a b='" * 19_000),
    "boundaries in a row": mail("multipart/mixed; boundary=b", b"--b" * 300_000),
    "dashes": mail("multipart/mixed", b"--" * 900_000),
    "lines of dashes": mail("multipart/mixed", b"\n--" * 600_000),
    "parameters": mail("text/plain; " + "a*0=b;" * 20_000, "x"),
    "quoted parameters": mail("text/plain; " + 'a="\\";' * 20_000, "x"),
    "angle brackets in From": b"From: " + b"<" * 200_000 + b"\r\n\r\nx",
    "comments in From": b"From: " + b"(" * 200_000 + b"\r\n\r\nx",
    "commas in To": b"To: " + b"," * 200_000 + b"\r\n\r\nx",
    "comments in Date": b"Date: " + b"(" * 200_000 + b"\r\n\r\nx",
    "brackets in Message-ID": b"Message-ID: " + b"<" * 200_000 + b"\r\n\r\nx",
    "base64 junk": mail("text/plain", b"!" * 900_000, encoding="base64"),
    "quoting": mail("text/plain; format=flowed", "> x \r\n" * 100_000),
    "nested tables": mail("text/html", "<table><tr><td>" * 6_000),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_mails_are_quick_and_raise_nothing(name: str) -> None:
    from mailbridge.message.reader import read

    begun = process_time()
    message = read(HOSTILE[name])
    if isinstance(message, Message):
        _ = message.html
    assert process_time() - begun < 5  # most take milliseconds; a quadratic one takes minutes


def test_too_many_parts_and_too_deep_are_named() -> None:
    assert refused(HOSTILE["ten thousand parts"]).problems[0].code == "limit-parts"
    assert refused(HOSTILE["deep multiparts"]).problems[0].code == "limit-nesting"
    assert refused(HOSTILE["one endless header"]).problems[0].code == "limit-header-size"
    deep = opened(HOSTILE["deep multiparts"], Limits(nesting=2_000, parts=2_000))
    assert deep.text is not None


class TestIdentity:
    def test_the_way_of_a_mail_does_not_count(self) -> None:
        plain = opened(mail("text/plain; charset=utf-8", "café\r\n"))
        copy = opened(
            b"Received: by mx.example.net; Tue, 03 Nov 2026 09:00:00 +0100\r\n"
            + mail("text/plain; charset=utf-8", "caf=C3=A9", encoding="quoted-printable")
        )
        assert identify(plain) == identify(copy)
        assert len(identify(plain)) == 64

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            (b"<1@", b"<2@"),
            (b"08:15:22", b"08:15:23"),
            (b"leads@", b"other@"),
            (b"Subject: Inquiry", b"Subject: Other"),
            (b"Hello", b"Hallo"),
        ],
    )
    def test_what_counts(self, old: bytes, new: bytes) -> None:
        raw = mail("text/plain", "Hello")
        assert identify(opened(raw)) != identify(opened(raw.replace(old, new)))

    def test_the_same_moment_in_another_zone(self) -> None:
        raw = mail("text/plain", "Hello")
        other = raw.replace(b"08:15:22 +0100", b"07:15:22 +0000")
        assert identify(opened(raw)) == identify(opened(other))

    def test_html_counts_where_there_is_no_text(self) -> None:
        assert identify(opened(mail("text/html", "<p>A"))) != identify(
            opened(mail("text/html", "B"))
        )

    def test_almost_nothing_is_enough(self) -> None:
        assert identify(opened(b"X: y\r\nContent-Type: image/png\r\n\r\n"))


def test_the_header_alone_is_read_without_the_parts() -> None:
    raw = b"Subject: =?utf-8?q?Gr=C3=BCezi?=\r\nX: a\r\nX: b\r\n c\r\n\r\n"
    assert read_headers(raw + b"\xff" * 99) == {"subject": ("Grüezi",), "x": ("a", "b c")}
    assert read_headers(raw, Limits(header_fields=1)) == {}
    assert read_headers(b"") == {}
