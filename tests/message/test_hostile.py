"""Whatever the bytes: no exception, and the text form holds."""

import re
from unicodedata import is_normalized

from hypothesis import given, settings
from hypothesis import strategies as st

from mailbridge.message.charsets import decode
from mailbridge.message.identity import identify
from mailbridge.message.limits import Limits
from mailbridge.message.markup import to_body
from mailbridge.message.message import Body, Message, Unreadable
from mailbridge.message.reader import read
from tests.message.mails import HEAD, multipart, part

NEVER = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xa0\xad\u200b-\u200f\u2028-\u202f\u2060\u2066-\u2069\ufeff"
    "\ud800-\udfff]| $|[ \t]\n"
)
SMALL = Limits(header_size=400, header_fields=9, parts=6, nesting=3, text_size=600, html_tags=30)

BASE = HEAD + multipart(
    "mixed",
    multipart(
        "alternative",
        part("text/plain; charset=iso-8859-1; format=flowed", "Pr=E9nom: Ma=EBlle =20\r\n&#233;",
             "Content-Transfer-Encoding: quoted-printable"),
        part("text/html; charset=utf-8", "<table><tr><td>Nom<td><a href='mailto:x'>y</a>é"),
        boundary="a",
    ),
    part("message/rfc822", HEAD + b"\r\nno"),
    part("application/xml; name*=utf-8''%C3%A9", "PGE+", "Content-Transfer-Encoding: base64"),
)  # fmt: skip
SPICE = [
    *[b"\r\n", b"\n", b"\r", b"--b", b"--a--", b"\x00", b"\xff\xfe", b"\xe9", b"=?", b"?=", b'"'],
    *[b"=?utf-8?q?=C3=A9?=", b"<", b">", b"<div style='display:none'>", b"&#x110000;", b"&nbsp;"],
    *[b"charset=utf-7", b"charset=gb2312", b"charset=idna", b"boundary=", b";", b"(", b"\\", b","],
    *[b"Content-Type: multipart/mixed\r\n", b"Date: 1 Jan 0 0:0 +9999\r\n", b"From: @,:;\r\n"],
    *["\u0338\u200b\u2028".encode(), b"<pre>", b"</a>", b"<table>", b"<td>", b"filename*0*="],
]
HTML_BITS = st.sampled_from(
    [
        *["<p>", "</p>", "<a href='x:y'>", "</a>", "<table>", "<tr>", "<td>", "</td>", "</tr>"],
        *["</table>", "<pre>", "</pre>", "<div hidden>", "</div>", "<br>", "<span style='"],
        *["font-size:0'>", "display:block'>", "</span>", "<!--", "-->", "<script>", "</script>"],
        *["<xmp>", "</xmp>", "<plaintext>", "<template>", "<svg>", "<title>", "&amp;lt;", "&#13;"],
        *["&#8203;", "\u0338", "é", " ", "\n", "\t", "\x00", "\r", "x", "\xa0", "<", ">", "'"],
    ]
)


def check_body(body: Body) -> None:
    assert is_normalized("NFC", body.text)
    assert not NEVER.search(body.text)
    assert body.text == body.text.strip("\n")
    body.text.encode()


def check(raw: bytes, limits: Limits) -> None:
    message = read(raw, limits)
    if isinstance(message, Unreadable):
        assert message.problems
        return
    assert isinstance(message, Message)
    for body in filter(None, (message.text, message.html)):
        check_body(body)
        assert len(body.text) <= limits.text_length
    for values in message.headers.values():
        for value in values:
            assert not NEVER.search(value)
            assert "\n" not in value
    assert len(message.headers) <= limits.header_fields
    assert len(message.attachments) <= limits.parts
    assert message.date is None or message.date.tzinfo is not None
    assert message.sender.address == "" or "@" in message.sender.address
    identify(message)


@given(st.binary(max_size=300))
@settings(deadline=None)
def test_any_bytes(raw: bytes) -> None:
    check(raw, Limits())
    check(b"A: b\r\n" + raw, SMALL)


@given(
    st.lists(
        st.tuples(
            st.integers(0, len(BASE)),
            st.integers(0, 40),
            st.one_of(st.sampled_from(SPICE), st.binary(max_size=8)),
        ),
        min_size=1,
        max_size=8,
    )
)
@settings(deadline=None, max_examples=300)
def test_damaged_mails(damages: list[tuple[int, int, bytes]]) -> None:
    raw = BASE
    for place, length, new in damages:
        raw = raw[:place] + new + raw[place + length :]
    check(raw, Limits())
    check(raw, SMALL)


@given(
    st.sampled_from(["From", "To", "Date", "Message-ID", "Subject", "Content-Type",
                     "Content-Disposition", "Content-Transfer-Encoding"]),
    st.one_of(st.binary(max_size=80), st.text(max_size=60).map(lambda text: text.encode("utf-8")),
              st.lists(st.sampled_from(SPICE), max_size=8).map(b" ".join)),
)  # fmt: skip
@settings(deadline=None, max_examples=300)
def test_any_header(name: str, value: bytes) -> None:
    check(name.encode() + b": " + value + b"\r\n\r\nHello", Limits())


@given(st.one_of(st.text(max_size=200), st.lists(HTML_BITS, max_size=40).map("".join)))
@settings(deadline=None, max_examples=400)
def test_any_html(html: str) -> None:
    body = to_body(html, longest=500)
    check_body(body)
    assert len(body.text) <= 1_500  # NFC may lengthen a character to three


@given(st.binary(max_size=60), st.one_of(st.text(max_size=20), st.sampled_from(
    ["utf-7", "gb2312", "iso-2022-jp", "utf-16", "utf-32", "hz", "punycode", "us-ascii", "cp1252"]
)))  # fmt: skip
@settings(deadline=None, max_examples=300)
def test_any_charset(data: bytes, name: str) -> None:
    decode(data, name)[0].encode()
