"""Whose mail it is, and whether it is an inquiry."""

import pytest

from mailbridge.message.message import Address
from mailbridge.rules.judgement import (
    Contested,
    Distrusted,
    Inquired,
    Nobodys,
    NoInquiry,
    TooSlow,
    Verdict,
    gather,
    judge,
    read,
)
from mailbridge.rules.portal import Sender
from tests.rules.making import a_message, a_portal, portals_of, values

RULES = """
portal: portal.example
evidence: seen
region: CH
relay: reply.portal.example
name_order: family_first
match: {from: [leads@portal.example, '@mail.portal.example']}
ignore:
  - from: news@portal.example
  - subject: '(?i)newsletter'
fields:
  sender_name: {label: Name}
  property_reference: {label: Ref}
require: [property_reference, [sender_name]]
"""
PORTALS = portals_of(RULES)


def verdict_on(sender: str, subject: str = "", text: str = "Name: Ann Other") -> Verdict:
    return judge(a_message(text, sender=sender, subject=subject), PORTALS)


@pytest.mark.parametrize(
    "sender",
    [
        "leads@portal.example",
        "LEADS@portal.example",
        "x@mail.portal.example",
        "x@a.mail.portal.example",
    ],
)
def test_the_portals_senders(sender: str) -> None:
    assert isinstance(verdict_on(sender), Inquired)


@pytest.mark.parametrize(
    "sender",
    [
        "",
        "leads",
        "leads@portal.example.evil.example",
        "leads@notportal.example",
        "leads@sub.portal.example",
        "other@portal.example",
        "x@notmail.portal.example",
        "x@mail.portal.example.org",
        "leads@pоrtal.example",  # a Cyrillic o
        "leads@portal.example ",
    ],
)
def test_look_alikes_are_nobodys(sender: str) -> None:
    assert isinstance(verdict_on(sender), Nobodys)


def test_a_display_name_counts_for_nothing() -> None:
    message = a_message("Name: Ann", sender="eve@example.org", name="leads@portal.example")
    assert isinstance(judge(message, PORTALS), Nobodys)


def test_a_sender_is_compared_on_whole_labels() -> None:
    assert Sender("@portal.example").matches(Address("", "a@x.portal.example"))
    assert not Sender("@portal.example").matches(Address("", "a@xportal.example"))
    assert not Sender("@example").matches(Address("", "a@xexample"))


def test_the_inquiry_says_what_the_rule_says() -> None:
    verdict = verdict_on("leads@portal.example", text="Name: Ann Other\nRef: B-1")
    assert isinstance(verdict, Inquired)
    (inquiry,) = verdict.inquiries
    assert values(inquiry.fields) == {"sender_name": "Ann Other", "property_reference": "B-1"}
    assert inquiry.require == (("property_reference",), ("sender_name",))
    assert (inquiry.portal, inquiry.region) == ("portal.example", "CH")
    assert inquiry.name_order == "family_first"
    assert inquiry.relay_domains == ("reply.portal.example",)


def test_an_ignored_mail_is_told_by_its_rule() -> None:
    for sender, subject, line in (
        ("news@portal.example", "", 9),
        ("leads@portal.example", "Our Newsletter", 10),
    ):
        verdict = verdict_on(sender, subject)
        assert isinstance(verdict, NoInquiry)
        assert verdict.where == f"0.yaml:{line}:5"


def test_a_sender_named_in_ignore_alone_is_nobodys_where_the_rest_of_it_does_not_hold() -> None:
    rules = RULES.replace("from: news@portal.example", "{from: news@portal.example, subject: x}")
    message = a_message("", sender="news@portal.example", subject="y")
    assert isinstance(judge(message, portals_of(rules)), Nobodys)


@pytest.mark.parametrize(
    ("condition", "subject", "text", "applies"),
    [
        ("subject: [one, two]", "two", "", True),
        ("subject: [one, two]", "three", "", False),
        ("not_subject: one", "two", "", True),
        ("not_subject: one", "one", "", False),
        ("body: '^yes$'", "", "a\nyes\nb", True),
        ("body: '^yes$'", "", "a yes", False),
        ("not_body: '^yes$'", "", "no", True),
        ("not_body: '^yes$'", "", "no\nyes", False),
        ("body: a, not_body: b", "", "a b", False),
        ("subject: l'annonce", "l’annonce", "", True),
        ("not_from: leads@portal.example", "", "", False),
        ("not_from: '@other.example'", "", "", True),
    ],
)
def test_conditions(condition: str, subject: str, text: str, applies: bool) -> None:
    rules = RULES.replace("match: {from:", f"match: {{{condition}, from:")
    verdict = judge(a_message(text, subject=subject), portals_of(rules))
    assert isinstance(verdict, Inquired) is applies


def test_a_body_condition_looks_into_every_part() -> None:
    rules = RULES.replace("match: {from:", "match: {not_body: '^yes$', from:")
    assert isinstance(judge(a_message("no", html="<p>yes</p>"), portals_of(rules)), Nobodys)


@pytest.mark.parametrize(
    "subject",
    [
        "Réponse automatique : absent",
        "Automatische Antwort: Ferien",
        "Risposta automatica: x",
        "automatic reply: x",
        "Out of Office: x",
    ],
)
def test_automatic_replies_are_no_inquiries(subject: str) -> None:
    assert isinstance(verdict_on("leads@portal.example", subject), NoInquiry)


def test_nor_is_what_says_of_itself_that_it_is_one() -> None:
    message = a_message("", headers={"auto-submitted": ("auto-replied; x=y",)})
    assert isinstance(judge(message, PORTALS), NoInquiry)
    message = a_message("", headers={"auto-submitted": ("no",)})
    assert isinstance(judge(message, PORTALS), Inquired)


def test_authentication_is_demanded_only_where_the_rule_does() -> None:
    demanding = portals_of(RULES.replace("match: {from:", "match: {authenticated: required, from:"))
    message = a_message("Name: Ann")
    assert isinstance(judge(message, demanding), Distrusted)
    assert isinstance(judge(message, demanding, authenticated=False), Distrusted)
    assert isinstance(judge(message, demanding, authenticated=True), Inquired)
    assert isinstance(judge(message, PORTALS, authenticated=False), Inquired)


def two(first: str, second: str) -> Verdict:
    one = RULES.replace("portal: portal.example", "portal: one").replace("sender_name: {", first)
    other = RULES.replace("portal: portal.example", "portal: two").replace("sender_name: {", second)
    return judge(a_message("Name: Ann\nNom: Bob"), portals_of(one, other))


def test_two_portals_that_find_different_things_are_contested() -> None:
    verdict = two("sender_name: {", "sender_name: {label: Nom} # ")
    assert isinstance(verdict, Contested)
    assert [portal.name for portal in verdict.portals] == ["one", "two"]


def test_two_portals_that_find_the_same_are_not() -> None:
    verdict = two("sender_name: {", "sender_name: {")
    assert isinstance(verdict, Inquired)
    assert verdict.portal.name == "one"


def test_a_portal_that_ignores_the_mail_does_not_stand_against_one_that_reads_it() -> None:
    other = RULES.replace("portal: portal.example", "portal: two") + "  "
    other = other.replace("ignore:", "ignore:\n  - not_subject: zzz")
    verdict = judge(a_message("Name: Ann"), portals_of(RULES, other))
    assert isinstance(verdict, Inquired)
    assert verdict.portal.name == "portal.example"


SLOW = RULES.replace("{label: Ref}", "{pattern: '^((?:a|aa)+)$'}")


def test_a_pattern_that_runs_out_of_time_is_told_with_its_place() -> None:
    verdict = judge(a_message("a" * 5000 + "b"), portals_of(SLOW))
    assert isinstance(verdict, TooSlow)
    assert verdict.where == "0.yaml:13:33"


@pytest.mark.parametrize(
    "rules",
    [
        RULES.replace("subject: '(?i)newsletter'", "body: '^(?:a|aa)+$'"),
        RULES + "sections: {message: {start: '^x$', end: '^(?:a|aa)+$', free_text: true}}\n",
        RULES + "footer: '^(?:a|aa)+$'\n",
    ],
)
def test_wherever_it_stands(rules: str) -> None:
    assert isinstance(judge(a_message("x\n" + "a" * 5000 + "b"), portals_of(rules)), TooSlow)


PARTS = """
sections:
  contact: {start: '^Contact'}
fields:
  sender_name: {in: contact, label: Name}
  sender_number: {in: contact, label: Phone}
  property_reference: {in: contact, label: Ref}
require: [[sender_name]]
"""
HTML = "<p>Contact</p><p>Name: Ann</p><p>Phone: 079 000 00 01</p>"


def test_the_part_with_more_fields_is_read() -> None:
    reading = read(a_message("see HTML", html=HTML), a_portal(PARTS))
    assert (reading.part, len(reading.fields)) == ("html", 2)
    reading = read(a_message("see HTML"), a_portal(PARTS))
    assert (reading.part, reading.fields) == ("text", {})


def test_html_is_not_rendered_where_the_text_has_the_whole_layout() -> None:
    message = a_message("Contact\nName: Ann", html=HTML)
    assert read(message, a_portal(PARTS)).part == "text"
    assert "html" not in message.__dict__


def test_it_is_where_something_required_is_missing() -> None:
    message = a_message("Contact\nRef: B-1", html=HTML)
    assert read(message, a_portal(PARTS)).part == "html"


def test_a_rule_can_name_the_part() -> None:
    message = a_message("Contact\nName: Ann", html=HTML)
    assert read(message, a_portal("part: html" + PARTS)).part == "html"
    assert read(message, a_portal("part: text" + PARTS)).part == "text"
    nothing = read(a_message(None, html=HTML), a_portal("part: text" + PARTS))
    assert (nothing.part, nothing.text, nothing.fields) == ("text", "", {})


def test_portals_are_found_by_sender_alone() -> None:
    message = a_message("", sender="x@mail.portal.example")
    assert [portal.name for portal in PORTALS.of(message)] == ["portal.example"]
    assert PORTALS.of(a_message("", sender="x@elsewhere.example")) == ()
    assert PORTALS.by_name == ("portal.example",)
    assert gather([]).all == ()
