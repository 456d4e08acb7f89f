"""The bench: what it says of mails and cases is what the daemon and `rules test` say."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from mailbridge.changes import Kind
from mailbridge.documents.casefile import CaseFile
from mailbridge.documents.located import parse
from mailbridge.documents.shape import shape
from mailbridge.errors import BadDocument
from mailbridge.leads.catalogue import Catalogue, Listing
from mailbridge.outcomes import Outcome
from mailbridge.rules.compilation import compile_portal
from mailbridge.targets import OnUnknown
from mailbridge.workbench.bench import Bench, OverrunError
from mailbridge.workbench.samples import CaseText, People
from tests.mails import inquiry, mail, newsletter, private, visitor
from tests.workbench.benches import FILE, SHIPPED, cases, ground, sample


@pytest.fixture
def bench() -> Bench:
    bench = Bench(ground())
    bench.take(sample("one", inquiry(1)))
    bench.take(sample("two", inquiry(2)))
    bench.take(sample("none", private()))
    bench.take(sample("news", newsletter()))
    for case in cases():
        bench.take_case(case)
    return bench


def test_the_saved_rule_changes_nothing_and_passes_its_cases(bench: Bench) -> None:
    study = bench.study(SHIPPED)
    assert study.portal == "homegate.ch"
    assert [one.outcome for one in study.mails] == [
        Outcome.LEAD,
        Outcome.LEAD,
        Outcome.UNMATCHED,
        Outcome.IGNORED,
    ]
    assert all(one.change.kind is Kind.SAME for one in study.mails)
    assert study.may_be_saved
    assert len(study.cases) == len(cases())


def test_each_value_is_told_with_its_place_and_its_rule(bench: Bench) -> None:
    [one, *_] = bench.study(SHIPPED).mails
    view = bench.view("one", SHIPPED)
    assert view
    text = view.parts[0].text
    found = {field.name: field for field in one.fields}
    assert found["sender_firstname"].value == "Prune1"
    span = found["sender_firstname"].span
    assert span
    assert text[slice(*span)] == "Prune1"
    file, line, _ = found["sender_firstname"].where.rsplit(":", 2)
    assert file == FILE
    assert "sender_firstname" in "".join(SHIPPED.splitlines()[int(line) - 3 : int(line)])


def test_what_breaks_is_told_for_mails_and_cases(bench: Bench) -> None:
    study = bench.study(SHIPPED.replace("[E-mail, Email]", "[Courriel]"))
    one, two, none, news = study.mails
    assert one.change.broke
    assert two.change.broke
    assert not none.change.broke
    assert not news.change.broke
    assert not study.may_be_saved
    broken = next(case for case in study.cases if case.name == "french")
    assert "sender_email" in {difference.what for difference in broken.differences}


def test_a_text_that_is_no_rule_is_told_with_its_line(bench: Bench) -> None:
    study = bench.study(SHIPPED.replace("match:", "mtach:"))
    [problem] = study.problems[:1]
    assert problem.line == SHIPPED.splitlines().index("match:") + 1
    assert problem.code == "unknown-key"
    assert not study.mails
    assert not study.may_be_saved
    assert bench.study("fields: [").problems[0].line == 1


def test_a_rule_that_no_case_exercises_is_told(bench: Bench) -> None:
    study = bench.study(SHIPPED + "  # none\n")
    more = bench.study(SHIPPED.replace("(?i)newsletter|", "(?i)nobody-writes-this|"))
    assert {p.key for p in more.uncovered} - {p.key for p in study.uncovered} <= {"ignore.subject"}
    added = bench.study(SHIPPED.replace("fields:", "fields:\n  salutation: {label: Xyzzy}", 1))
    assert "Xyzzy".lower() in " ".join(p.text for p in added.uncovered)


def test_another_name_makes_another_portal(bench: Bench) -> None:
    text = SHIPPED.replace("portal: homegate.ch", "portal: other.example")
    study = bench.study(text)
    assert study.portal == "other.example"
    # Both say the same of it, so nothing is contested; the cases say that two match.
    assert [one.change.broke for one in study.mails[:2]] == [False, False]
    assert not study.may_be_saved


def test_portals_that_extend_the_edited_one_follow_it() -> None:
    text = "portal: child.example\nextend: homegate.ch\nmatch: {from: '@child.example'}\n"
    own = compile_portal(parse(text, "rules/child.example.yaml"))
    bench = Bench(replace(ground(), own=(own,)))
    raw = inquiry(1).replace(b"interested@homegate.ch", b"interested@child.example")
    bench.take(sample("child", raw))
    [before] = bench.study(SHIPPED).mails
    [after] = bench.study(SHIPPED.replace("[E-mail, Email]", "[Courriel]")).mails
    assert (before.portal, after.portal) == ("child.example", "child.example")
    assert not before.change.broke
    assert after.change.broke


def test_a_mail_that_cannot_be_read_is_told(bench: Bench) -> None:
    bench.take(sample("empty", b""))
    study = bench.study(SHIPPED)
    assert [(key, problem.code) for key, problem in study.unread] == [("empty", "mail-empty")]
    with pytest.raises(BadDocument, match="empty"):
        bench.make_case(SHIPPED, "empty", "empty", People.KEPT)
    bench.drop("empty")
    assert not bench.study(SHIPPED).unread


@pytest.mark.parametrize("people", People)
def test_a_case_made_of_a_mail_passes(bench: Bench, people: People) -> None:
    raws = {"one": inquiry(1), "none": private(), "news": newsletter()}
    for key, raw in raws.items():
        case = bench.make_case(SHIPPED, key, key, people)
        assert shape(parse(case.expected, "x"), CaseFile).portal in ("homegate.ch", None)
        assert (case.raw == raw) is (people is People.KEPT)
        bench.take_case(case)
    study = bench.study(SHIPPED)
    assert study.may_be_saved
    assert [c.name for c in study.cases if not c.saved] == ["one", "none", "news"]


def test_a_case_without_people_names_nobody(bench: Bench) -> None:
    bench.take(sample("visitor", visitor(4)))
    case = bench.make_case(SHIPPED, "visitor", "someone", People.REPLACED)
    for text in (case.raw.decode(), case.expected):
        assert "A1.B2.0003" in text
        for person in ("Jonas", "jonas", "Beispiel", "beispiel"):
            assert person not in text
    expected = shape(parse(case.expected, "x"), CaseFile)
    assert expected.lead
    assert expected.lead.sender_email
    assert expected.lead.sender_email in case.raw.decode()


def test_a_mail_whose_people_stay_becomes_no_case(bench: Bench) -> None:
    # The rule goes by a word that is a person's name, which is another afterwards.
    rule = SHIPPED.replace(
        "label: [Prénom, Vorname, First name, Nome]", "pattern: '^Prénom: (Prune1)$'"
    )
    assert rule != SHIPPED
    with pytest.raises(BadDocument, match="could not be replaced"):
        bench.make_case(rule, "one", "one", People.REPLACED)
    assert bench.make_case(rule, "one", "one", People.KEPT).raw == inquiry(1)


def test_a_case_that_cannot_be_read_keeps_it_from_being_saved(bench: Bench) -> None:
    bench.take_case(CaseText(name="odd", raw=inquiry(), expected="portal: x\n"))
    study = bench.study(SHIPPED)
    odd = next(case for case in study.cases if case.name == "odd")
    assert [problem.code for problem in odd.problems] == ["missing-key"]
    assert not study.may_be_saved


def test_a_hungry_pattern_is_named_and_the_rest_left(bench: Bench) -> None:
    slow = "a" * 5000 + "b"
    text = SHIPPED.replace("(?i)newsletter|", "^(a|aa)+$|")
    for number in range(20):
        bench.take(sample(f"slow{number}", mail("interested@homegate.ch", slow, "x", f"s{number}")))
    study = bench.study(text)
    [problem] = study.slow
    assert (problem.file, problem.code) == (FILE, "pattern-timeout")
    assert "newsletter" in SHIPPED.splitlines()[problem.line - 1]
    assert study.untried >= 17
    assert not study.may_be_saved


def test_when_the_time_is_over_the_rule_at_work_is_named() -> None:
    bench = Bench(ground())
    bench.take(sample("long", mail("interested@homegate.ch", "x", "a" * 50_000, "long")))
    text = SHIPPED.replace("{in: contact, label: [E-mail, Email]}", "{pattern: '(.)'}")
    calls: Iterator[int] = iter(range(1_000_000))

    def overrun(*_: object) -> None:
        if next(calls) == 20_000:
            raise OverrunError

    sys.setprofile(overrun)
    try:
        study = bench.study(text)
    finally:
        sys.setprofile(None)
    assert study.untried == 1
    [problem] = study.slow
    assert "pattern: '(.)'" in text.splitlines()[problem.line - 1]


def test_references_are_held_against_the_crms_lists_and_cases_are_not() -> None:
    taken = datetime(2026, 11, 23, 4, tzinfo=UTC)
    known = Catalogue(listings=(Listing(id="l1", reference="a1-b2-0003"),), taken=taken)
    other = Catalogue(listings=(Listing(id="l1", reference="Z"),), taken=taken)
    for catalogue, unknown, outcome, code in (
        (known, OnUnknown.HOLD, Outcome.LEAD, "reference-respelt"),
        (other, OnUnknown.WARN, Outcome.LEAD, "unknown_reference"),
        (other, OnUnknown.HOLD, Outcome.INCOMPLETE, "unknown_reference"),
    ):
        bench = Bench(replace(ground(), catalogue=catalogue, unknown=unknown))
        bench.take(sample("one", inquiry(1)))
        for case in cases():
            bench.take_case(case)
        for text in (SHIPPED, SHIPPED.replace("sender_message:", "sender_message: ", 1)):
            study = bench.study(text)
            assert study.mails[0].outcome is outcome
            assert code in [problem.code for problem in study.mails[0].problems]
            assert study.mails[0].change.kind is Kind.SAME
            assert study.may_be_saved
