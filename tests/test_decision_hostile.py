"""Whatever the mail: one outcome, nothing raised, in time, and a lead of the mail's own words.

What holds of every decision stands in `fuzz.promises`; here are mails made to break it.
"""

import base64
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fuzz.promises import SECONDS, check, within
from mailbridge.decision import Decision, Policy, decide
from mailbridge.outcomes import Outcome
from mailbridge.rulefiles import shipped_portals
from mailbridge.rules.forwarding import ANYONE
from mailbridge.rules.judgement import Portals, gather
from tests.mails import inquiry

HEAD = (
    b"From: Portal <%b>\r\nTo: leads@agency.example\r\nSubject: %b\r\n"
    b"Date: Tue, 03 Nov 2026 08:15:22 +0000\r\nMessage-ID: <1@example.org>\r\n"
)
ANYONES = Policy(forwarders=ANYONE, authentication_server="mx.agency.example")
RECEIVED = datetime(2026, 11, 3, 8, 16, tzinfo=UTC)


@cache
def portals() -> Portals:
    return gather(shipped_portals(2.0))


def decided(raw: bytes) -> Decision:
    decision = decide(raw, RECEIVED, portals(), ANYONES)
    check(decision, portals())
    return decision


def lead_of(raw: bytes) -> dict[str, Any]:
    decision = decided(raw)
    assert decision.outcome is Outcome.LEAD
    [wanted] = decision.wanted
    return dict(wanted.payload)


def rewritten(text: str) -> bytes:
    """The inquiry with another text, which no transfer encoding can harm."""
    kept = [
        line
        for line in inquiry().partition(b"\r\n\r\n")[0].split(b"\r\n")
        if not line.startswith(b"Content-Transfer-Encoding")
    ]
    body = base64.encodebytes(text.encode("utf-8", "surrogatepass"))
    return b"\r\n".join([*kept, b"Content-Transfer-Encoding: base64", b"", body])


TEXT = inquiry().partition(b"\r\n\r\n")[2].decode().replace("\r\n", "\n")
SAID = "Bonjour, la visite numéro 1 est-elle possible ?"
CONTACT = ("sender_firstname", "sender_lastname", "sender_email", "sender_number")

LABELS = st.sampled_from(
    [
        *["E-mail: evil@example.com", "Téléphone: +41 79 000 00 66", "Nom: Autre", "Prénom: Tout"],
        *["Référence: [Z9.Z9.9999]", "Objet d'intérêt:", "La personne suivante est intéressée:"],
        *[
            "Ton message",
            "Destinataire:",
            "https://www.homegate.ch/louer/4999999999",
            "--",
            "«",
            "»",
        ],
        *["De : X <x@example.com>", "Objet : TR: x", "---------- Forwarded message ---------"],
        *["E-mail : evil@example.com", "<a href='mailto:evil@example.com'>", "&#10;E-mail: z@z.zz"],
    ]
)
STEERING = st.sampled_from(
    ["\x1b[31m", "\x9b2J", "\u202e", "\u2066", "\u2028", "\x0b", "\x85", "\x00", "\u200b", "\ud800"]
)
WORDS = st.one_of(LABELS, STEERING, st.text(max_size=12), st.sampled_from(["\n", "\n", "\t", " "]))


@settings(deadline=None, max_examples=150)
@given(st.lists(WORDS, max_size=14).map("".join))
@example("E-mail: evil@example.com\nTon message\nE-mail: evil@example.com")
def test_the_visitors_words_never_become_contact_or_property(words: str) -> None:
    genuine = lead_of(inquiry())
    lead = lead_of(rewritten(TEXT.replace(SAID, f"{SAID}\n{words}")))
    for name in (*CONTACT, "property_reference"):
        assert lead.get(name) == genuine.get(name), name


@settings(deadline=None, max_examples=150)
@given(st.sampled_from(["Prune1", "Essai"]), st.lists(STEERING, min_size=1, max_size=4))
def test_what_cannot_be_typed_as_a_line_end_opens_no_line(value: str, steering: list[str]) -> None:
    injected = "".join([value, *steering, "E-mail: evil@example.com"])
    assert lead_of(rewritten(TEXT.replace(value, injected)))["sender_email"] == (
        "visitor1@example.org"
    )


@settings(deadline=None, max_examples=100)
@given(
    st.sampled_from(["Prune1", "Essai", "visitor1@example.org", "A1.B2.0003"]),
    st.integers(0, 6),
    st.sampled_from("\u202e\u2066\u200b\u200f\x00\x1b\x9b\xad\ufeff"),
)
def test_what_cannot_be_seen_changes_no_value(value: str, at: int, unseen: str) -> None:
    assert lead_of(rewritten(TEXT.replace(value, value[:at] + unseen + value[at:]))) == lead_of(
        inquiry()
    )


@pytest.mark.parametrize(
    "written", ["\u202eenurP", "Pr\u2066une\u2069", "Pr\u200bune", "Pr\xadune"]
)
def test_a_lead_holds_the_letters_in_the_order_typed_and_no_mark_of_direction(written: str) -> None:
    lead = lead_of(rewritten(TEXT.replace("Prune1", written)))
    assert lead["sender_firstname"] in ("enurP", "Prune")
    lead = lead_of(rewritten(TEXT.replace("A1.B2.0003", "A1.\u202eB2.0003")))
    assert lead["property_reference"] == "A1.B2.0003"


SENDERS = sorted(
    written if not written.startswith("@") else f"x{written}"
    for portal in gather(shipped_portals(2.0)).all
    for written in {sender.written for sender in portal.senders}
)
PIECES = st.one_of(
    WORDS,
    st.sampled_from(sorted({word for p in portals().all for word in p.label_words})),
    st.sampled_from(["<table><tr><td>", "</td><td>", "<p>", "<br>", "<!--", "<a href='tel:1'>"]),
)
KINDS = st.sampled_from(
    [
        *["text/plain; charset=utf-8", "text/html; charset=utf-8", "text/html", "text/plain"],
        *["text/plain; charset=utf-16", "text/html; charset=iso-2022-jp", "text/plain; charset=x"],
        *[
            "text/plain; format=flowed; delsp=yes",
            "message/rfc822",
            "application/xml",
            "multipart/x",
        ],
        *["multipart/mixed; boundary=b", "text/plain; charset=\"\r\n\tutf-8\"; charset*=x''utf-7"],
    ]
)
ENCODINGS = st.sampled_from(["", "8bit", "base64", "quoted-printable", "x-uuencode", "base64;"])


@settings(deadline=None, max_examples=250)
@given(
    st.sampled_from(SENDERS),
    st.lists(PIECES, max_size=5).map("".join),
    KINDS,
    ENCODINGS,
    st.lists(PIECES, max_size=30).map("".join),
)
def test_any_mail_of_a_portal_has_one_outcome(
    sender: str, subject: str, kind: str, encoding: str, text: str
) -> None:
    word = base64.b64encode(subject.encode("utf-8", "replace"))
    raw = HEAD % (sender.encode(), b"=?utf-8?b?" + word + b"?=")
    raw += f"Content-Type: {kind}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n".encode()
    decided(raw + text.encode("utf-8", "surrogatepass"))


@settings(deadline=None, max_examples=100)
@given(st.lists(st.sampled_from(["\r\n", "\n", "\r", "\0", "x", "Bcc: y@z.zz", ": "])).map("".join))
def test_a_display_name_with_line_ends_opens_no_header(name: str) -> None:
    word = base64.b64encode(name.encode()).decode()
    raw = inquiry().replace(b"From: Sender", f"From: =?utf-8?b?{word}?=".encode(), 1)
    decision = decided(raw)
    assert not hasattr(decision.message, "headers") or "bcc" not in decision.message.headers
    assert decision.outcome is Outcome.LEAD


def of_type(kind: str, body: bytes, sender: bytes = b"interested@homegate.ch") -> bytes:
    return HEAD % (sender, b"x") + b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body


def attached(count: int, one: bytes) -> bytes:
    parts = (b"--b\r\nContent-Type: message/rfc822\r\n\r\n" + one + b"\r\n") * count
    return of_type("multipart/mixed; boundary=b", parts + b"--b--\r\n", b"colleague@example.com")


def deep(levels: int) -> bytes:
    raw = inquiry()
    for level in range(levels):
        raw = of_type("message/rfc822", raw, b"colleague%d@example.com" % level)
    return raw


NESTED = of_type("text/html", b"<div>" * 19_000)
COSTLY = {
    "deep HTML": NESTED,
    "twenty attached mails of deep HTML": attached(20, NESTED),
    "five thousand attached mails inside each other": deep(5_000),
    "stray bytes": of_type("text/plain; charset=utf-8", b"\xe9\xff" * 490_000),
    "flowed": of_type("text/plain; format=flowed", b"a \r\n" * 249_000),
    "false boundaries": of_type("multipart/mixed; boundary=b", b"--b x\r\n" * 700_000),
    "likely boundaries": of_type("multipart/mixed", (b"\n--" + b"x " * 100) * 24_000),
    "unclosed comments": of_type("text/html", b"<!--" * 19_000 + b"x" * 900_000),
    "conditional comments": of_type("text/html", b"<!--[if mso]><![if !x]>" * 9_000),
    "huge attributes": of_type("text/html", b"<a href='" + b"x" * 990_000 + b"'>y</a>"),
    "many attributes": of_type("text/html", b"<p " + b"a=b " * 240_000 + b">x"),
    "labels without end": of_type("text/plain", b"E-mail: a@example.org\n" * 45_000),
    "sections without end": of_type("text/plain", b"Ton message\nPr\xc3\xa9nom: x\n" * 38_000),
    "addresses without end": b"Reply-To: "
    + b'"a" <a@example.org>, ' * 12_000
    + b"\r\n"
    + inquiry(),
    "entities": of_type("text/html", b"&amp;&#160;" * 90_000),
    "marks of accents": of_type("text/plain; charset=utf-8", "e\u0301\u0327".encode() * 250_000),
    "forwards": of_type(
        "text/plain", b"De : P <p@x.org>\nObjet : a\n\n" * 30_000, b"c@example.com"
    ),
    "base64 garbage": of_type("text/plain\r\nContent-Transfer-Encoding: base64", b"!=Q" * 600_000),
    "unreadable dates": b"Date: " + b"(" * 190 + b"\r\n" + b"Date: x\r\n" * 900 + inquiry(),
}


@pytest.mark.parametrize("name", COSTLY)
def test_a_mail_within_the_limits_is_decided_in_the_time_that_is_promised(name: str) -> None:
    with within(SECONDS):
        decided(COSTLY[name])


def test_it_would_be_noticed() -> None:
    with pytest.raises(AssertionError, match="are promised"), within(0.001):
        decided(NESTED)
