"""DKIM: signatures made here with a key of our own, looked up in a DNS of our own."""

import base64

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import example, given
from hypothesis import strategies as st

from mailbridge.decision import Policy, decide
from mailbridge.inbox.signatures import signed_domains
from mailbridge.outcomes import Outcome
from mailbridge.rulefiles import own_portals
from mailbridge.rules.judgement import gather
from tests.mails import inquiry

RULE = """
portal: homegate.ch
evidence: seen
match: {from: interested@homegate.ch, authenticated: required}
fields:
  sender_email: {label: E-mail}
  property_reference: {pattern: '(\\[[^\\]]+\\])', clean: idx_triple}
require: [property_reference, sender_email]
"""


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def signed(raw: bytes, key: rsa.RSAPrivateKey, domain: bytes = b"homegate.ch") -> bytes:
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    return dkim.sign(raw, b"s1", domain, pem) + raw


class Dns:
    """Gives one key for every name, and remembers what was asked."""

    def __init__(self, key: rsa.RSAPrivateKey) -> None:
        der = key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        self.record = b"v=DKIM1; k=rsa; p=" + base64.b64encode(der)
        self.asked: list[bytes] = []

    def __call__(self, name: bytes, **_: object) -> bytes:
        self.asked.append(name)
        return self.record


def test_a_valid_signature_names_its_domain(key: rsa.RSAPrivateKey) -> None:
    dns = Dns(key)
    assert signed_domains(signed(inquiry(), key), dns) == {"homegate.ch"}
    assert dns.asked == [b"s1._domainkey.homegate.ch."]


def test_a_changed_mail_is_signed_by_nobody(key: rsa.RSAPrivateKey) -> None:
    raw = signed(inquiry(), key).replace(b"A1.B2", b"Z1.B2")
    assert b"Z1.B2" in raw
    assert signed_domains(raw, Dns(key)) == set()


def test_a_mail_without_signature_asks_no_dns(key: rsa.RSAPrivateKey) -> None:
    dns = Dns(key)
    assert signed_domains(inquiry(), dns) == set()
    assert dns.asked == []


def test_dns_that_fails_and_junk_raise_nothing(key: rsa.RSAPrivateKey) -> None:
    def fail(*_: object, **__: object) -> bytes:
        raise OSError("no network")

    assert signed_domains(signed(inquiry(), key), fail) == set()
    for junk in (b"", b"DKIM-Signature: v=9\r\n\r\n", b"\xff\x00", b"DKIM-Signature:" * 9):
        assert signed_domains(junk, fail) == set()


PIECES = st.sampled_from(
    [
        *[
            b"DKIM-Signature: ",
            b"v=1; a=rsa-sha256; d=x.org; s=k; bh=aa; b=bb; h=from",
            b"From: a@x.org",
        ],
        *[
            b"h=from:from;",
            b"l=5;",
            b"t=99999999999999999999;",
            b"c=relaxed/simple;",
            b"c=a/b/c",
            b"=",
        ],
        *[
            b"\r\n",
            b"\r\n ",
            b"\n",
            b" ",
            b"\x00",
            b"\xff",
            b";",
            b"d=\xff.org;",
            b"i=@y",
            b"b=",
            b": ",
        ],
    ]
)


@given(st.lists(PIECES, max_size=20).map(b"".join), st.sampled_from([b"p=", b"\xff", None]))
@example(b" begins with a blank: x\r\n\r\n", None)
def test_whatever_the_mail_and_the_dns_nothing_is_raised(raw: bytes, answer: bytes | None) -> None:
    assert signed_domains(raw, lambda *_, **__: answer) == frozenset()


def test_no_more_than_a_few_signatures_are_looked_at(key: rsa.RSAPrivateKey) -> None:
    raw = inquiry()
    for number in range(9):
        raw = signed(raw, key, f"d{number}.example.org".encode())
    dns = Dns(key)
    assert len(signed_domains(raw, dns)) == 5
    assert len(dns.asked) == 5


def test_a_rule_that_demands_it_takes_an_aligned_signature_only(
    key: rsa.RSAPrivateKey, tmp_path: object
) -> None:
    from pathlib import Path

    file = Path(str(tmp_path)) / "homegate.ch.yaml"
    file.write_text(RULE)
    portals = gather(own_portals(file, 1.0))
    raw = inquiry()
    said = {
        domains: decide(raw, None, portals, Policy(), frozenset(domains)).outcome
        for domains in ((), ("homegate.ch",), ("evil.example",))
    }
    assert said[()] is Outcome.UNTRUSTED
    assert said["homegate.ch",] is Outcome.LEAD
    assert said["evil.example",] is Outcome.UNTRUSTED
