"""Portals that extend others, and the user's portals over the shipped ones."""

import pytest

from mailbridge.errors import BadDocument
from mailbridge.problems import Problem
from mailbridge.rules.completion import resolve, unite
from mailbridge.rules.judgement import Inquired, gather, judge
from mailbridge.rules.portal import Portal
from tests.rules.making import a_message, a_portal, read_with, values

BASE = """
portal: base
evidence: partial
about: the layout
region: CH
part: text
relay: reply.base.example
name_order: family_first
match: {from: leads@base.example}
ignore:
  - {from: news@base.example}
  - {subject: newsletter}
sections:
  contact: {start: '^Contact'}
  message: {start: '^Message', free_text: true}
footer: '^Bye'
labels: Remark
fields:
  sender_name: {in: contact, label: Name}
  property_reference: {in: contact, label: Ref, before: '-'}
require: [property_reference]
"""
SITE = "portal: site\nextend: base\nmatch: {from: leads@site.example}\n"


def named(portals: tuple[Portal, ...]) -> dict[str, Portal]:
    return {portal.name: portal for portal in portals}


def problem_of(*portals: Portal) -> Problem:
    with pytest.raises(BadDocument) as caught:
        resolve(portals)
    (problem,) = caught.value.problems
    return problem


def test_the_rules_of_the_base_hold_where_the_portal_says_nothing() -> None:
    site = named(resolve([a_portal(SITE, "site.yaml"), a_portal(BASE, "base.yaml")]))["site"]
    assert site.extends == ""
    assert [sender.written for sender in site.senders] == ["leads@site.example"]
    assert (site.evidence, site.about, site.region, site.part) == (
        "partial",
        "the layout",
        "CH",
        "text",
    )
    assert (site.relay, site.name_order) == (("reply.base.example",), "family_first")
    assert [section.name for section in site.sections] == ["contact", "message"]
    assert site.footer[0].where.startswith("base.yaml:")
    verdict = judge(
        a_message(
            "Contact\nName: Ann\nRemark\nRef: 7-1\nBye\nName: x", sender="leads@site.example"
        ),
        gather([site]),
    )
    assert isinstance(verdict, Inquired)
    assert values(verdict.inquiries[0].fields) == {"sender_name": "Ann", "property_reference": "7"}
    assert verdict.inquiries[0].require == (("property_reference",),)


def test_another_sites_newsletters_stay_that_sites() -> None:
    site = named(resolve([a_portal(SITE), a_portal(BASE)]))["site"]
    assert [bool(condition.subject) for condition in site.ignore] == [True]


def test_what_the_portal_says_wins() -> None:
    rules = SITE + (
        "evidence: seen\nabout: mine\nregion: DE\npart: html\nname_order: given_first\n"
        "labels: Note\nrelay: reply.site.example\nrequire: [sender_name]\n"
        "ignore: [{from: news@site.example}]\n"
        "sections: {contact: {start: '^Kontakt'}}\n"
        "fields: {property_reference: {in: contact, label: Nummer}}\n"
    )
    site = named(resolve([a_portal(rules), a_portal(BASE)]))["site"]
    assert (site.evidence, site.about, site.region, site.part, site.name_order) == (
        "seen",
        "mine",
        "DE",
        "html",
        "given_first",
    )
    assert site.relay == ("reply.site.example", "reply.base.example")
    assert len(site.ignore) == 2
    assert [required.names for required in site.require] == [("sender_name",)]
    html = "<p>Kontakt<p>Name:<p>Note: x<p>Nummer: 9"
    message = a_message("Kontakt\nNummer: 8", html=html, sender="leads@site.example")
    verdict = judge(message, gather([site]))
    assert isinstance(verdict, Inquired)
    assert values(verdict.inquiries[0].fields) == {"property_reference": "9"}


def test_extensions_of_extensions() -> None:
    third = a_portal("portal: third\nextend: site\nmatch: {from: leads@third.example}\n")
    whole = named(resolve([third, a_portal(SITE), a_portal(BASE)]))["third"]
    assert set(whole.fields) == {"sender_name", "property_reference"}


def test_extending_nothing_names_the_nearest() -> None:
    problem = problem_of(a_portal(SITE.replace("extend: base", "extend: bsae")), a_portal(BASE))
    assert (problem.line, problem.column, problem.key) == (2, 9, "extend")
    assert (problem.code, problem.remedy) == ("unknown-portal", "Did you mean base?")
    problem = problem_of(a_portal(SITE.replace("extend: base", "extend: zzz")), a_portal(BASE))
    assert problem.remedy == "There are: site, base."


def test_extending_in_a_circle() -> None:
    one = a_portal("portal: one\nextend: two\nmatch: {from: a@one.example}\n", "one.yaml")
    two = a_portal("portal: two\nextend: one\nmatch: {from: a@two.example}\n", "two.yaml")
    problem = problem_of(one, two)
    assert (problem.file, problem.code) == ("two.yaml", "circle")
    assert problem_of(a_portal(SITE.replace("base", "site"))).code == "circle"


def test_extending_without_senders_would_be_the_same_mails() -> None:
    problem = problem_of(a_portal("portal: site\nextend: base\n"), a_portal(BASE))
    assert (problem.code, problem.line) == ("missing-match", 2)


def test_what_does_not_go_together_is_told_with_its_place() -> None:
    rules = SITE + "fields: {sender_name: {in: contct, label: Name}}\nrequire: [sender_nme]\n"
    with pytest.raises(BadDocument) as caught:
        resolve([a_portal(rules, "site.yaml"), a_portal(BASE, "base.yaml")])
    told = [(p.file, p.line, p.column, p.code) for p in caught.value.problems]
    assert told == [("site.yaml", 4, 28, "unknown-section"), ("site.yaml", 5, 11, "unknown-field")]


def test_the_users_portal_wins_over_the_shipped_one() -> None:
    own = BASE.replace("the layout", "mine")
    united = unite(
        [a_portal(BASE), a_portal(BASE.replace("portal: base", "portal: a"))], [a_portal(own)]
    )
    assert [(portal.name, portal.about) for portal in united] == [
        ("a", "the layout"),
        ("base", "mine"),
    ]


def test_the_users_portal_may_extend_the_shipped_one_of_its_name() -> None:
    own = "portal: base\nextend: base\nfields: {property_reference: {in: contact, label: Ref}}\n"
    shipped = [a_portal(BASE, "shipped.yaml"), a_portal(SITE, "site.yaml")]
    united = named(unite(shipped, [a_portal(own, "own.yaml")]))
    message = a_message("Contact\nRef: 7-1", sender="leads@base.example")
    verdict = judge(message, gather(united.values()))
    assert isinstance(verdict, Inquired)
    assert values(verdict.inquiries[0].fields) == {"property_reference": "7-1"}
    assert len(united["base"].ignore) == 2
    # The other site's layout is the shipped one still.
    assert united["site"].fields["property_reference"][0].before == "-"


def test_two_files_of_one_name_on_one_side() -> None:
    with pytest.raises(BadDocument) as caught:
        unite([], [a_portal(BASE, "one.yaml"), a_portal(BASE, "two.yaml")])
    (problem,) = caught.value.problems
    assert (problem.file, problem.code) == ("two.yaml", "same-portal")
    assert "one.yaml" in problem.text


def test_an_own_extension_that_cannot_be_is_told() -> None:
    own = "portal: base\nextend: base\nfields: {sender_name: {in: nowhere, label: Name}}\n"
    with pytest.raises(BadDocument) as caught:
        unite([a_portal(BASE)], [a_portal(own)])
    assert [problem.code for problem in caught.value.problems] == ["unknown-section"]


def test_a_portal_with_its_own_fields_needs_no_base() -> None:
    assert values(read_with(BASE, a_message("Contact\nName: Ann")).fields) == {"sender_name": "Ann"}
