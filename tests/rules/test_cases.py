"""Every case of every shipped portal, by the decision itself; and every rule has its case."""

from functools import cache
from pathlib import Path

import pytest

from mailbridge.casebook import Difference, exercised_by, run_case, without_case
from mailbridge.decision import Policy
from mailbridge.documents.casefile import CaseFile
from mailbridge.documents.located import parse
from mailbridge.documents.shape import shape
from mailbridge.outcomes import Outcome
from mailbridge.rulefiles import shipped_portals
from mailbridge.rules.judgement import Portals, gather
from tests.rules.making import portals_of

FIXTURES = Path(__file__).parents[2] / "fixtures"


@cache
def portals() -> Portals:
    return gather(shipped_portals(5.0))


NAMES = portals().by_name
CASES = sorted(f"{name}/{mail.stem}" for name in NAMES for mail in (FIXTURES / name).glob("*.eml"))


def case_of(name: str) -> tuple[CaseFile, bytes]:
    file = FIXTURES / f"{name}.yaml"
    case = shape(parse(file.read_text("utf-8"), str(file)), CaseFile)
    return case, (FIXTURES / f"{name}.eml").read_bytes()


@pytest.mark.parametrize("name", CASES)
def test_a_case(name: str) -> None:
    _, differences = run_case(*case_of(name), portals(), Policy())
    assert not differences, "\n".join(str(one) for one in differences)


@pytest.mark.parametrize("name", NAMES)
def test_a_portal_has_leads_incomplete_ones_and_look_alikes(name: str) -> None:
    outcomes = {case_of(case)[0].outcome for case in CASES if case.startswith(f"{name}/")}
    assert {Outcome.LEAD, Outcome.INCOMPLETE, Outcome.UNMATCHED} <= outcomes | (
        {Outcome.LEAD} if name == "idealista.com" else set()  # its reference is not known
    )


def test_every_rule_has_a_case() -> None:
    exercised: set[str] = set()
    for name in CASES:
        decision, _ = run_case(*case_of(name), portals(), Policy())
        exercised |= exercised_by(decision, portals())
    assert [str(problem) for problem in without_case(portals().all, exercised)] == []


def test_every_mail_has_what_is_expected_of_it_and_crlf() -> None:
    for name in NAMES:
        mails = {path.stem for path in (FIXTURES / name).glob("*.eml")}
        assert mails == {path.stem for path in (FIXTURES / name).glob("*.yaml")}
    for name in CASES:
        raw = case_of(name)[1]
        assert raw.count(b"\n") == raw.count(b"\r\n"), name


RAW = b"From: leads@portal.example\r\nDate: Mon, 2 Nov 2026 10:00:00 +0100\r\n\r\nName: Ann\r\n"
RULES = """
portal: one
evidence: seen
match: {from: leads@portal.example}
fields: {sender_name: {label: [Name, Nom]}}
"""


def test_a_difference_is_told_on_one_line_or_as_a_small_diff() -> None:
    assert str(Difference("outcome", "lead", "incomplete")) == (
        "outcome: expected 'lead', found 'incomplete'"
    )
    assert str(Difference("sender_email", None, "a@example.org")) == (
        "sender_email: expected nothing, found 'a@example.org'"
    )
    assert str(Difference("sender_message", "a\nb\nc", "a\nx\nc")).splitlines() == [
        "sender_message: expected (-), found (+)",
        "      a",
        "    - b",
        "    + x",
        "      c",
    ]


def test_whatever_differs_is_told() -> None:
    case = CaseFile(
        about="",
        portal="other",
        outcome=Outcome.IGNORED,
        lead={"sender_firstname": "Bob", "sender_message": "hello"},  # type: ignore[arg-type]
    )
    decision, differences = run_case(case, RAW, portals_of(RULES), Policy())
    assert [one.what for one in differences] == [
        "outcome",
        "portal",
        "sender_firstname",
        "sender_message",
    ]
    assert exercised_by(decision, portals_of(RULES)) >= {"0.yaml:5:32"}


def test_a_mail_of_two_portals_is_told_even_where_they_agree() -> None:
    both = portals_of(RULES, RULES.replace("portal: one", "portal: two"))
    case = CaseFile(about="", portal="one", outcome=Outcome.INCOMPLETE, lead=None)
    _, differences = run_case(case, RAW, both, Policy())
    assert [str(one) for one in differences] == [
        "portals that match: expected 'one', found 'one, two'"
    ]


def test_a_rule_without_a_case_is_told_with_its_place() -> None:
    used = portals_of(RULES)
    decision, _ = run_case(
        CaseFile(about="", portal="one", outcome=Outcome.INCOMPLETE, lead=None), RAW, used, Policy()
    )
    (problem,) = without_case(used.all, exercised_by(decision, used))
    assert str(problem) == (
        "0.yaml:5:38: fields.sender_name.label: no case exercises 'nom'. "
        "Add a mail in which it counts, or remove it."
    )


def test_an_unreadable_mail_exercises_nothing() -> None:
    decision, differences = run_case(
        CaseFile(about="", portal=None, outcome=Outcome.UNREADABLE, lead=None),
        b"",
        portals(),
        Policy(),
    )
    assert not differences
    assert exercised_by(decision, portals()) == frozenset()
