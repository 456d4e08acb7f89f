"""A mail's HTML as it may be shown: what stays, what goes, and that it costs little."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from mailbridge.message.limits import Limits
from mailbridge.message.picture import paint, tame

HEAD = b"From: a@example.org\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("<p>Grüezi <b>wohl</b></p>", "<p>Grüezi <b>wohl</b></p>"),
        ("a < b &amp; c &lt;d&gt;", "a &lt; b &amp; c &lt;d&gt;"),
        ("<P ALIGN=center ONCLICK='x()'>a</P>", '<p align="center">a</p>'),
        ("<script>alert(1)</script>b", "b"),
        ("<script>alert(1)", ""),
        ("<SCRIPT\n>alert(1)</script\n>b", "b"),
        ("a<!-- <script>x</script> -->b<!doctype html>c<?php x ?>d", "abcd"),
        ("<iframe src='https://x.example'>in</iframe><object data=x>o</object>", "o"),
        ("<svg onload=x()><a href='x'>y</a></svg>", '<a title="x">y</a>'),
        ("<form action=x><input autofocus onfocus=x()>f</form>", "f"),
        ("<meta http-equiv=refresh content='0;url=x'><base href=x><link href=x>t", "t"),
        ("<a href='javascript:x()' target=_top>y</a>", '<a title="javascript:x()">y</a>'),
        ("<img src='https://x.example/p' alt='A house'>", "<span data-left-out>A house</span>"),
        ("<img src=cid:1 alt='&lt;p>' srcset='x 2x'>", "<span data-left-out>&lt;p&gt;</span>"),
        ("<img src='data:image/png;base64,AAAA'>", '<img src="data:image/png;base64,AAAA">'),
        ("<img src='data:image/svg+xml;base64,AAAA'>", ""),
        ("<td background='https://x.example/b.png'>z", "<td>z"),
        ('<p title="&quot;><script>x</script>">q</p>', "<p>q</p>"),
        ('<p id="&quot; onclick=&quot;x">q</p>', '<p id="&quot; onclick=&quot;x">q</p>'),
        ("<p style='color:red;background:url(https://x.example)'>s", '<p style="color:red">s'),
        ("<p style='color:rgb(1,2,3);x:calc(1px)'>", '<p style="color:rgb(1,2,3);x:calc(1px)">'),
        (r"<p style='background:\75rl(x)'>s", '<p style="">s'),
        ("<p style='background:u/**/rl(x)'>s", '<p style="">s'),
        ("<p style='background:image-set(\"x\" 1x)'>s", '<p style="">s'),
        ("<style>@import 'x';p{color:red;content:url(x)}</style>", "<style>p{color:red;}</style>"),
        ("<style>a{}</sty</style><p>x", "<style>a{}/sty</style><p>x"),
        ("<p", "<p>"),
        ("<a href=\"x", '<a title="x">'),
        ("<x-y onclick=1>u</x-y></br></img>", "u"),
    ],
)  # fmt: skip
def test_what_stays_is_harmless(source: str, shown: str) -> None:
    assert tame(source) == shown


@pytest.mark.parametrize(
    ("raw", "inside"),
    [
        (HEAD + b"<p>Gr\xc3\xbcezi</p>", "<body><p>Grüezi</p></body>"),
        (b"From: a@example.org\r\n\r\nplain", None),
        (HEAD.replace(b"html", b"html; name=x") + b"=", "<body>=</body>"),
        (b"", None),
        (HEAD + b"x" * 1_000_001, None),
    ],
)
def test_a_mail_becomes_a_page(raw: bytes, inside: str | None) -> None:
    page = paint(raw)
    assert page is None if inside is None else inside in (page or "")


def test_an_attached_page_is_none_of_its_text() -> None:
    raw = HEAD.replace(b"\r\n\r\n", b"\r\nContent-Disposition: attachment\r\n\r\n") + b"<p>x"
    assert paint(raw) is None


def test_limits_hold() -> None:
    assert paint(HEAD + b"<p>x", Limits(mail_size=10)) is None


WORDS = "< > / ' = a script style svg math onload=x &lt; <!-- --> title url( img src p template"
PIECES = st.lists(
    st.sampled_from([*WORDS.split(), '"', " ", "\\", "\0", "<p ", "href=javascript:x"]), max_size=40
).map("".join)


@given(PIECES)
def test_nothing_that_does_anything_comes_through(source: str) -> None:
    """As a browser's parser sees it, whose reading of broken HTML is not ours."""
    tree = LexborHTMLParser(f"<!doctype html><body>{tame(source)}</body>")
    for node in tree.css("body *"):
        assert node.tag not in {"script", "svg", "math", "iframe", "object", "form", "template"}
        names = set(node.attributes)
        assert not {name for name in names if name.startswith("on")} | (names & {"href", "srcset"})
        assert not (node.attributes.get("src") or "data:image/").startswith("javascript")


@pytest.mark.parametrize(
    "unit",
    ["<", "<!--", "<p ", "<a href='", "<style>", "<script>", "<p x=", "&", "</script", "<p>"],
)
def test_a_hostile_text_costs_no_more_than_its_length(unit: str) -> None:
    def seconds(length: int) -> float:
        source = (unit * length)[:length]
        started = time.process_time()
        tame(source)
        return time.process_time() - started

    small, large = seconds(20_000), seconds(400_000)
    assert large < 20 * 8 * max(small, 0.002)
