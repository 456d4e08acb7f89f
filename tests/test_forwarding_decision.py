"""Whose forwards are opened, and what becomes of the mail inside: by the decision itself."""

from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from functools import cache
from pathlib import Path

import pytest

from mailbridge.app import App
from mailbridge.decision import Decision, Policy, decide
from mailbridge.documents.settings import InboxSettings, Settings
from mailbridge.message.message import Address
from mailbridge.outcomes import Outcome
from mailbridge.rulefiles import shipped_portals
from mailbridge.rules.forwarding import ANYONE, Forwarders, name_forwarders
from mailbridge.rules.judgement import Portals, gather
from tests.mails import inquiry, mail

AGENCY = "agency.example"
COLLEAGUES = Policy(forwarders=name_forwarders([f"@{AGENCY}", "partner@example.com"]))
BLOCK = """De : Homegate <interested@homegate.ch>
Envoyé : mardi 3 novembre 2026 08:00
À : accueil@agency.example
Objet : Nouvelle demande

"""


@cache
def portals() -> Portals:
    return gather(shipped_portals(2.0))


def body(number: int = 1, email: str | None = "") -> str:
    return inquiry(number, email=email).decode().partition("\r\n\r\n")[2].replace("\r\n", "\n")


def forwarded(sender: str, *, text: str = "", subject: str = "TR: Nouvelle demande") -> bytes:
    return mail(sender, subject, text or f"Pour toi, 021 000 00 40\n\n{BLOCK}{body()}", "outer")


def decided(raw: bytes, policy: Policy = COLLEAGUES) -> Decision:
    return decide(raw, datetime(2026, 11, 4, tzinfo=UTC), portals(), policy)


def codes(decision: Decision) -> list[str]:
    return [problem.code for problem in decision.problems]


@pytest.mark.parametrize("sender", [f"rahel@{AGENCY}", f"r@branch.{AGENCY}", "Partner@example.com"])
def test_a_colleagues_forward_is_opened(sender: str) -> None:
    decision = decided(forwarded(sender))
    assert (decision.outcome, decision.portal) == (Outcome.LEAD, "homegate.ch")
    assert codes(decision) == ["forwarded"]
    assert decision.inside is not None
    assert decision.inside.sender.address == "interested@homegate.ch"
    lead = decision.wanted[0].prepared.lead
    assert lead.sender_email == "visitor1@example.org"
    assert lead.sender_number == ""
    assert lead.date == datetime(2026, 11, 3, 8, 0, tzinfo=UTC).timestamp()


def test_the_mail_received_stays_the_one_that_is_recorded() -> None:
    decision = decided(forwarded(f"rahel@{AGENCY}"))
    assert decision.message.message_id == "outer@test.example"
    direct = decided(inquiry())
    assert decision.identity != direct.identity
    assert decision.wanted[0].prepared.fingerprint == direct.wanted[0].prepared.fingerprint
    assert direct.inside is None


@pytest.mark.parametrize(
    "sender",
    ["who@evil.example", f"x@{AGENCY}.evil.example", f"x@not{AGENCY}", "p@example.com"],
)
def test_a_strangers_forward_is_not_sent_and_said(sender: str) -> None:
    decision = decided(forwarded(sender))
    assert decision.outcome is Outcome.UNTRUSTED
    assert codes(decision) == ["forwarder-not-allowed"]
    assert decision.wanted == ()


def test_a_strangers_mail_without_a_portals_inquiry_is_nobodys() -> None:
    other = BLOCK.replace("interested@homegate.ch", "who@example.org") + "Salut"
    assert codes(decided(forwarded("who@evil.example", text=other))) == []
    decision = decided(forwarded("who@evil.example", text=f"{BLOCK}x", subject="TR: ..."))
    assert decision.outcome in (Outcome.UNTRUSTED, Outcome.UNMATCHED)


def test_everybodys_forwards_are_opened_where_no_settings_say_whose() -> None:
    decision = decided(forwarded("who@evil.example"), Policy(forwarders=ANYONE))
    assert decision.outcome is Outcome.LEAD
    assert "not checked" in decision.problems[0].text
    assert decided(forwarded("who@evil.example"), Policy()).outcome is Outcome.UNTRUSTED


def test_a_forward_in_which_no_portal_is_found_is_said_to_be_one() -> None:
    text = BLOCK.replace("interested@homegate.ch", f"patrick@{AGENCY}") + body()
    decision = decided(forwarded(f"rahel@{AGENCY}", text=text))
    assert (decision.outcome, codes(decision)) == (Outcome.UNMATCHED, ["forwarded-unknown"])


def test_everybody_on_the_way_must_be_allowed() -> None:
    inside = BLOCK.replace("Objet : ", "Objet : Fwd: ") + BLOCK + body()
    for first, outcome in (("patrick@agency.example", Outcome.LEAD), ("x@y.example", "untrusted")):
        text = inside.replace("interested@homegate.ch", first, 1)
        decision = decided(forwarded(f"rahel@{AGENCY}", text=text, subject="TR: Fwd: x"))
        assert decision.outcome == outcome


def test_a_reply_that_quotes_an_inquiry_is_none() -> None:
    decision = decided(forwarded(f"rahel@{AGENCY}", subject="RE: Nouvelle demande"))
    assert (decision.outcome, codes(decision)) == (Outcome.UNMATCHED, [])


def test_a_portals_own_mail_is_never_opened() -> None:
    text = BLOCK.replace("interested@homegate.ch", "mail@immobilier.ch") + "x\n" + body()
    decision = decided(mail("interested@homegate.ch", "TR: x", text, "x"))
    assert decision.portal != "immobilier.ch"
    assert decision.inside is None


@pytest.mark.parametrize(
    ("sender", "email", "outcome"),
    [
        (f"rahel@{AGENCY}", f"other@{AGENCY}", Outcome.INCOMPLETE),
        ("partner@example.com", "someone@example.com", Outcome.INCOMPLETE),
        ("agence.x@gmail.com", "Agence.X@gmail.com", Outcome.INCOMPLETE),
        ("agence.x@gmail.com", "visitor@gmail.com", Outcome.LEAD),
    ],
)
def test_the_forwarder_never_becomes_the_enquirer(sender: str, email: str, outcome: str) -> None:
    text = BLOCK + body(email=email)
    decision = decided(forwarded(sender, text=text), Policy(forwarders=ANYONE))
    assert decision.outcome == outcome
    assert ("own-email" in codes(decision)) == (outcome == Outcome.INCOMPLETE)


def with_attached(*originals: bytes) -> bytes:
    message = EmailMessage()
    message["From"] = f"rahel@{AGENCY}"
    message["Subject"] = "deux"
    message["Date"] = "Tue, 03 Nov 2026 09:00:00 +0100"
    message.set_content("Voir ci-joint.")
    for original in originals:
        message.add_attachment(
            original, maintype="application", subtype="octet-stream", filename="a.eml"
        )
    return message.as_bytes()


def test_an_attached_inquiry_is_read() -> None:
    decision = decided(with_attached(inquiry()))
    assert (decision.outcome, codes(decision)) == (Outcome.LEAD, ["forwarded"])
    assert "attachment" in decision.problems[0].text


def test_several_attached_inquiries_are_for_a_person() -> None:
    decision = decided(with_attached(inquiry(1), inquiry(2)))
    assert decision.outcome is Outcome.INCOMPLETE
    assert codes(decision) == ["forwarded", "several-forwarded"]
    newsletter = mail("news@email.homegate.ch", "Newsletter", "x", "n")
    decision = decided(with_attached(newsletter, mail("a@example.org", "x", "y", "z"), inquiry(2)))
    assert decision.outcome is Outcome.LEAD
    assert decision.wanted[0].prepared.lead.sender_firstname == "Prune2"


def test_a_forwarded_newsletter_is_ignored() -> None:
    text = BLOCK.replace("interested@homegate.ch", "news@email.homegate.ch") + "Les prix"
    decision = decided(forwarded(f"rahel@{AGENCY}", text=text))
    assert (decision.outcome, decision.portal) == (Outcome.IGNORED, "homegate.ch")
    assert decision.inside is not None


def test_nobodys_forwards_are_opened_unless_said() -> None:
    assert not Forwarders().allow(Address("", f"rahel@{AGENCY}"))
    assert ANYONE.allow(Address("", ""))


def inbox(**settings: object) -> InboxSettings:
    written = {"name": "main", "host": "imap.example.org", "password": "p"}
    return InboxSettings.model_validate({**written, "user": f"leads@{AGENCY}", **settings})


@pytest.mark.parametrize(
    ("settings", "written"),
    [
        ({}, [f"@{AGENCY}"]),
        ({"user": "agence.x@gmail.com"}, ["agence.x@gmail.com"]),
        ({"user": "leads"}, []),
        ({"forwarders": []}, []),
        ({"forwarders": ["@Example.com", "a@example.org"]}, ["@example.com", "a@example.org"]),
    ],
)
def test_the_inboxs_settings_say_whose_forwards_count(
    settings: dict[str, object], written: list[str]
) -> None:
    one = inbox(**settings)
    app = App(settings=Settings(inboxes=(one,)), file=Path("config.yaml"))
    assert app.policy(one).forwarders == name_forwarders(written)
    assert app.policy().forwarders == name_forwarders(written)


def test_without_inboxes_anyones_forwards_count() -> None:
    assert App().policy().forwarders == ANYONE


def test_a_providers_domain_is_not_the_agencys_own() -> None:
    assert App().policy(inbox()).own_domains == {AGENCY}
    assert App().policy(inbox(user="agence.x@gmail.com")).own_domains == frozenset()


def test_a_rule_that_wants_its_sender_authenticated_believes_the_forwarders_server() -> None:
    strict = gather([replace(one, authenticated=True) for one in portals().all])
    policy = replace(COLLEAGUES, authentication_server="mx.agency.example")
    raw = forwarded(f"rahel@{AGENCY}")
    assert decide(raw, None, strict, policy).outcome is Outcome.UNTRUSTED
    passed = f"Authentication-Results: mx.agency.example; dmarc=pass header.from={AGENCY}\r\n"
    assert decide(passed.encode() + raw, None, strict, policy).outcome is Outcome.LEAD
