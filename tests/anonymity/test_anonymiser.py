"""Nobody is left in an anonymised mail, and the rules find the same in it.

Looked at by the standard library's parser, which is not the one that anonymised.
"""

import email
import email.policy
import re
from email.message import EmailMessage
from functools import cache
from html import escape, unescape
from pathlib import Path
from urllib.parse import quote, unquote

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from mailbridge.anonymity.anonymiser import Anonymised, Anonymiser, Refused
from mailbridge.decision import Decision, Policy, decide
from mailbridge.outcomes import Outcome
from mailbridge.rulefiles import shipped_portals
from mailbridge.rules.forwarding import ANYONE
from mailbridge.rules.judgement import Portals, gather
from tests.mails import inquiry, mail
from tests.rules.making import portals_of

FIXTURES = Path(__file__).parents[2] / "fixtures"
CASES = sorted(str(path.relative_to(FIXTURES)) for path in FIXTURES.glob("*/*.eml"))
POLICY = Policy(forwarders=ANYONE)

PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
"""Without shrinking: a mail costs milliseconds, thousands of them the patience of CI."""

RULE = """
portal: homes.example
evidence: seen
match: {from: inquiries@homes.example}
region: CH
fields:
  sender_name: {label: Name}
  sender_email: {label: E-Mail}
  sender_number: {label: Telefon}
  address: {label: Adresse}
  property_reference: {label: Referenz}
  sender_message: {pattern: '(?s)Nachricht\\n(.+?)\\nEnde'}
require: [property_reference, sender_email]
"""


@cache
def shipped() -> Portals:
    return gather(shipped_portals(5.0))


def decided(raw: bytes, portals: Portals) -> Decision:
    return decide(raw, None, portals, POLICY)


def anonymised(raw: bytes, portals: Portals) -> bytes:
    made = Anonymiser(portals).anonymise(raw, None, POLICY)
    assert isinstance(made, Anonymised), made
    return made.raw


def all_texts(raw: bytes) -> str:
    """Everything that the mail says, by the standard library, in each form that links have."""
    parsed = email.message_from_bytes(raw, policy=email.policy.default)
    said = []
    for part in parsed.walk():
        said += [f"{name}: {value}" for name, value in part.items()]
        if not part.is_multipart():
            data = part.get_payload(decode=True)
            assert isinstance(data, bytes)
            charset = part.get_content_charset() or "utf-8"
            said.append(data.decode(charset if charset != "unknown-8bit" else "utf-8", "replace"))
    whole = "\n".join(said)
    return "\n".join((whole, unescape(whole), unquote(unescape(whole))))


def digits(text: str) -> str:
    return re.sub(r"\D", "", text)


@pytest.mark.parametrize("name", CASES)
def test_every_shipped_case_can_be_anonymised(name: str) -> None:
    raw = (FIXTURES / name).read_bytes()
    before = decided(raw, shipped())
    made = anonymised(raw, shipped())
    after = decided(made, shipped())
    assert (after.outcome, after.portal) == (before.outcome, before.portal)
    said = all_texts(made)
    for one, other in zip(before.wanted, after.wanted, strict=True):
        for field, found in one.inquiry.fields.items():
            now = other.inquiry.fields[field]
            assert (now.pattern, field) == (found.pattern, field)
            if field in {"sender_email", "sender_firstname", "sender_lastname", "sender_name"}:
                assert now.value != found.value
        lead = one.prepared.lead
        for value in (lead.sender_email, lead.sender_firstname, lead.sender_lastname):
            if len(value) > 3 or "@" in value:
                assert not re.search(rf"(?i)(?<![\w.@-]){re.escape(value)}(?![\w@-])", said)
        assert other.prepared.lead.property_reference == lead.property_reference
        if lead.sender_number:
            assert lead.sender_number[-8:] not in digits(said)


LETTERS = st.sampled_from("abcdefgilmnorstuzéèüöäñçß")
WORD = st.text(LETTERS, min_size=4, max_size=9).map(str.capitalize)
NAMES = st.lists(WORD, min_size=2, max_size=3, unique=True).map(" ".join) | st.tuples(
    WORD, WORD, WORD
).map(lambda w: f"{w[0]} {w[1]}-{w[2]}")
LOCAL = st.from_regex(r"[a-z]{3,8}([._+-][a-z0-9]{2,6})?", fullmatch=True)
ADDRESSES = st.builds(
    "{}@{}".format,
    LOCAL,
    st.sampled_from(["gmail.com", "bluewin.ch", "kanzlei-x.example", "mail.firm.example.com"]),
)
SEVEN = st.integers(2_111_111, 9_888_888).filter(lambda n: n % 10_000_000 > 1000)
NUMBERS = st.builds(
    lambda n, form: form.format(*(lambda s: (s[:3], s[3:5], s[5:]))(str(n))),
    SEVEN,
    st.sampled_from(
        [
            "+41 79 {} {} {}",
            "0041 (0)79 {}.{}.{}",
            "079/{} {} {}",
            "079{}{}{}",
            "+41-79-{}-{}-{}",
            "+33 6 1{} {} {}",
            "+49 171 {}{}{}",
        ]
    ),
)
ENCODINGS = st.sampled_from(["quoted-printable", "base64", "8bit"])
CHARSETS = st.sampled_from(["utf-8", "iso-8859-1", "windows-1252"])


def entities(text: str) -> str:
    return "".join(f"&#{ord(c)};" if ord(c) > 126 or c in "@+" else escape(c) for c in text)


def a_mail(name: str, address: str, number: str, other: str, encoding: str, charset: str) -> bytes:
    first, _, last = name.partition(" ")
    lines = [
        "Referenz: K12.H2.0307",
        "Fr. 1'890.-, frei ab 01.04.2026, Inserat 4012266180",
        f"Name: {name}",
        f"E-Mail: {address}",
        f"Telefon: {number}",
        "Adresse: Lindenallee 17, 8000 Zürich",
        "Nachricht",
        f"Guten Tag, ich bin {first}. Rufen Sie {number} an oder {other}, oder {address.upper()}.",
        f"Gruss, {first} {last.upper()}",
        "Ende",
    ]
    html = "<html><body>" + "".join(f"<p>{entities(line)}</p>" for line in lines)
    html += f'<a href="mailto:{quote(address)}?subject={quote(name)}">antworten</a>'
    html += f'<a href="tel:{quote(digits(number))}">anrufen</a></body></html>'
    message = EmailMessage()
    message["From"] = f"{name} via Homes <inquiries@homes.example>"
    message["To"] = "Petra Sonderbar <petra@agentur-sonderbar.example>"
    message["Reply-To"] = f"{name} <{address}>"
    message["Subject"] = f"Anfrage von {name}"
    message["Message-ID"] = "<1@homes.example>"
    message["Date"] = "Tue, 03 Nov 2026 08:15:22 +0000"
    message["Received"] = f"from a.example for <{address}>; Tue, 03 Nov 2026 08:15:22 +0000"
    message["X-Original-Sender"] = address
    message.set_content("\n".join(lines), charset=charset, cte=encoding)
    message.add_alternative(html, subtype="html", charset=charset, cte=encoding)
    message.add_attachment(
        name.encode(), maintype="application", subtype="pdf", filename=f"{name}.pdf"
    )
    return message.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


@given(NAMES, ADDRESSES, NUMBERS, ADDRESSES, ENCODINGS, CHARSETS)
@settings(max_examples=40, deadline=None, phases=PHASES)
def test_nobody_is_left_however_the_mail_is_written(
    name: str, address: str, number: str, other: str, encoding: str, charset: str
) -> None:
    portals = portals_of(RULE)
    raw = a_mail(name, address, number, other, encoding, charset)
    before = decided(raw, portals)
    assert before.outcome is Outcome.LEAD
    made = Anonymiser(portals).anonymise(raw, None, POLICY)
    if isinstance(made, Refused):  # a name may be a word of the layout, as `Name`
        layout = {"referenz", "name", "mail", "telefon", "adresse", "nachricht", "ende", "inserat"}
        assert any(word in " ".join(layout) for word in re.findall(r"\w+", name.lower()))
        return
    after = decided(made.raw, portals)
    assert (after.outcome, after.portal) == (Outcome.LEAD, "homes.example")
    assert list(after.wanted[0].inquiry.fields) == list(before.wanted[0].inquiry.fields)
    said = all_texts(made.raw)
    for value in (address, other, "petra@agentur-sonderbar.example", "agentur-sonderbar"):
        assert value.lower() not in said.lower()
    for word in [*re.findall(r"\w+", name), "Sonderbar", "Lindenallee"]:
        assert not re.search(rf"(?<!\w){word}(?!\w)", said, re.I)
    assert digits(number)[-8:] not in digits(said)
    for kept in ("K12.H2.0307", "Fr. 1'890.-, frei ab 01.04.2026, Inserat 4012266180"):
        assert kept in said
    assert after.wanted[0].prepared.lead.sender_number.startswith("+")


def test_the_layout_stays_line_by_line() -> None:
    portals = portals_of(RULE)
    raw = a_mail(
        "Anna Beispiel", "anna@bluewin.ch", "+41 79 123 45 67", "b@c.example", "8bit", "utf-8"
    )
    made = anonymised(raw, portals)
    old, new = (
        email.message_from_bytes(one, policy=email.policy.default).get_body(("plain",))
        for one in (raw, made)
    )
    before, after = (one.get_content().splitlines() for one in (old, new))  # type: ignore[union-attr]
    assert len(before) == len(after)
    assert [line.partition(":")[0] for line in before[:6]] == [
        line.partition(":")[0] for line in after[:6]
    ]
    assert re.fullmatch(r"Telefon: \+41 79 000 00 \d\d", after[4])
    assert re.fullmatch(r"E-Mail: person\d+@mail\d+\.example\.org", after[3])
    assert re.fullmatch(r"Name: [A-Z][a-z]+ [A-Z][a-z]+", after[2])
    assert made.count(b"\r\n") > 0
    assert b"\n" not in made.replace(b"\r\n", b"")


def test_one_person_is_one_person_throughout_a_run() -> None:
    portals = portals_of(RULE)
    anonymiser = Anonymiser(portals)
    seen = []
    for reference in ("A", "B"):
        raw = a_mail(
            "Anna Beispiel", "anna@bluewin.ch", "079 123 45 67", "b@c.example", "8bit", "utf-8"
        )
        made = anonymiser.anonymise(raw.replace(b"K12", reference.encode()), None, POLICY)
        assert isinstance(made, Anonymised)
        lead = decided(made.raw, portals).wanted[0].prepared.lead
        seen.append((lead.sender_firstname, lead.sender_email, lead.sender_number))
    assert seen[0] == seen[1]


def test_the_same_number_written_otherwise_is_the_same_number() -> None:
    text = "Telefon: 079 123 45 67\nNachricht\nOder +41791234567, 0041 79 123 45 67\nEnde"
    raw = mail("inquiries@homes.example", "x", f"Referenz: A\nE-Mail: a@b.example\n{text}", "n")
    said = all_texts(anonymised(raw, portals_of(RULE)))
    assert "Telefon: 079 000 00 01" in said
    assert "Oder +41790000001, 0041 79 000 00 01" in said


def test_what_looks_like_an_address_or_number_goes_even_where_no_rule_applies() -> None:
    raw = mail("joe@friends.example", "Lunch", "Call 044 123 45 67 or jim@friends.example", "n")
    said = all_texts(anonymised(raw, portals_of(RULE)))
    assert "friends" not in said
    assert "123 45 67" not in said
    assert "Lunch" in said


def test_who_stands_in_a_mail_that_no_rule_reads_is_recognised() -> None:
    # Spanish numbers have no leading 0, and the rules' country is another one.
    text = "NOMBRE: Itziar\nAPELLIDOS: Etxeberria Ruiz\nTELÉFONO: 612 000 041\nPRECIO: 310 euros"
    raw = mail("avisos@pisos.example", "Interesado", text, "n")
    said = all_texts(anonymised(raw, portals_of(RULE)))
    for gone in ("Itziar", "Etxeberria", "Ruiz", "612 000 041"):
        assert gone not in said
    assert "PRECIO: 310 euros" in said
    assert "NOMBRE: " in said


def test_a_mail_that_cannot_be_read_is_refused() -> None:
    made = Anonymiser(shipped()).anonymise(b"", None, POLICY)
    assert isinstance(made, Refused)


def test_a_name_that_is_a_label_of_the_layout_is_refused() -> None:
    raw = inquiry().replace(b"Nom: Essai", b"Nom: Destinataire Prenom Nom")
    made = Anonymiser(shipped()).anonymise(raw, None, POLICY)
    assert isinstance(made, Refused)


@given(st.binary(max_size=300) | st.binary(max_size=200).map(lambda b: inquiry() + b))
@settings(max_examples=40, deadline=None, phases=PHASES)
def test_whatever_the_bytes_it_gives_a_mail_or_a_reason(raw: bytes) -> None:
    made = Anonymiser(shipped()).anonymise(raw, None, POLICY)
    assert isinstance(made, Anonymised | Refused)
