"""Two decisions of one mail, made by two rule sets that are written here."""

from dataclasses import replace

import pytest

from mailbridge.changes import Comparison, FieldChange, Kind, PartChange, compare
from mailbridge.decision import Decision, Policy, decide
from mailbridge.outcomes import Outcome
from tests.mails import inquiry, mail
from tests.rules.making import portals_of

RULE = """
portal: homegate.ch
evidence: seen
match: {from: interested@homegate.ch}
fields:
  sender_lastname: {label: Nom}
  sender_email: {label: E-mail}
  property_reference: {pattern: '(\\[[^\\]]+\\])', clean: idx_triple}
  sender_message: {pattern: 'Ton message\\n(.+)'}
require: [property_reference, sender_email]
"""
OTHER = RULE.replace("homegate.ch\n", "homegate2\n", 1)


def by(rules: str, raw: bytes | None = None) -> Decision:
    return decide(raw or inquiry(), None, portals_of(rules), Policy())


def compared(before: str, after: str, raw: bytes | None = None) -> Comparison:
    return compare(by(before, raw), by(after, raw))


def test_the_same_rules_change_nothing() -> None:
    told = compared(RULE, RULE)
    assert told.outcome == (Outcome.LEAD, Outcome.LEAD)
    assert (told.kind, told.same, told.broke, told.parts, told.problems) == (
        *(Kind.SAME, True, False),
        *((), ()),
    )


def test_another_pattern_with_the_same_value_is_no_change() -> None:
    assert compared(RULE, RULE.replace("{label: Nom}", r"{pattern: '^Nom: (.+)$'}")).same


@pytest.mark.parametrize(
    ("line", "other", "field"),
    [
        (
            "{label: Nom}",
            "{label: Prénom}",
            FieldChange(name="sender_lastname", before="Essai", after="Prune1"),
        ),
        (
            "  sender_lastname: {label: Nom}\n",
            "",
            FieldChange(name="sender_lastname", before="Essai", after=""),
        ),
        (
            "  sender_lastname: {label: Nom}\n",
            "  sender_lastname: {label: Nom}\n  listing_number: {pattern: 'louer/(\\d+)'}\n",
            FieldChange(name="listing_number", before="", after="4000000001"),
        ),
        (
            "message\\n(.+)'",
            "message\\n(\\w+)'",
            FieldChange(
                name="sender_message",
                before="Bonjour, la visite numéro 1 est-elle possible ?",
                after="Bonjour",
            ),
        ),
    ],
)
def test_one_value_that_changes(line: str, other: str, field: FieldChange) -> None:
    told = compared(RULE, RULE.replace(line, other))
    assert told.parts == (PartChange(before=1, after=1, fields=(field,)),)
    assert (told.kind, told.broke) == (Kind.CHANGED, False)
    assert field.kind is (
        Kind.APPEARED if not field.before else Kind.CHANGED if field.after else Kind.VANISHED
    )


def test_what_was_complete_and_lacks_something_broke_and_says_why() -> None:
    told = compared(RULE, RULE.replace("{label: E-mail}", "{label: Courriel}"))
    assert told.outcome == (Outcome.LEAD, Outcome.INCOMPLETE)
    assert (told.kind, told.broke) == (Kind.VANISHED, True)
    (part,) = told.parts
    assert [one.name for one in part.fields] == ["sender_email"]
    assert "missing-contact" in {problem.code for problem in told.problems}


def test_what_becomes_complete_appeared() -> None:
    told = compared(RULE.replace("{label: E-mail}", "{label: Courriel}"), RULE)
    assert (told.kind, told.broke, told.problems) == (Kind.APPEARED, False, ())


def test_a_mail_that_no_rule_claims_any_more_broke() -> None:
    told = compared(RULE, RULE.replace("interested@", "other@"))
    assert told.outcome == (Outcome.LEAD, Outcome.UNMATCHED)
    assert told.portal == ("homegate.ch", "")
    assert (told.kind, told.broke) == (Kind.VANISHED, True)
    assert told.parts[0].after is None


def test_an_incomplete_inquiry_that_is_not_claimed_any_more_did_not_break() -> None:
    lame = RULE.replace("{label: E-mail}", "{label: Courriel}")
    told = compared(lame, lame.replace("interested@", "other@"))
    assert (told.kind, told.broke) == (Kind.CHANGED, False)


def test_another_portal_is_a_change() -> None:
    told = compared(RULE, OTHER)
    assert (told.same, told.kind, told.portal) == (
        *(False, Kind.CHANGED),
        ("homegate.ch", "homegate2"),
    )


def test_mails_without_inquiries_are_compared_by_outcome() -> None:
    raw = mail("interested@homegate.ch", "Newsletter", "Les prix", "n")
    ignoring = RULE + "ignore: [{subject: Newsletter}]\n"
    told = compared(RULE, ignoring, raw)
    assert told.outcome == (Outcome.INCOMPLETE, Outcome.IGNORED)
    assert (told.same, told.broke) == (False, False)


def several(*numbers: int) -> Decision:
    """A decision that holds these visitors' inquiries as its parts."""
    decisions = [by(RULE, inquiry(number)) for number in numbers]
    wanted = [replace(one.wanted[0], part=part) for part, one in enumerate(decisions, start=1)]
    return replace(decisions[0], wanted=tuple(wanted))


def test_inquiries_are_paired_by_what_they_say_and_not_by_number() -> None:
    told = compare(several(1, 2, 3), several(2, 3))
    assert [(part.before, part.after) for part in told.parts] == [(1, None)]
    assert (told.kind, told.broke) == (Kind.CHANGED, True)
    told = compare(several(2, 3), several(1, 2, 3))
    assert [(part.before, part.after) for part in told.parts] == [(None, 1)]
    assert not told.broke
    assert compare(several(1, 2), several(2, 1)).same


def test_an_inquiry_that_changed_is_paired_with_what_is_most_like_it() -> None:
    told = compare(several(1, 2), several(2, 3))
    assert [(part.before, part.after) for part in told.parts] == [(1, 2)]
    assert [one.name for one in told.parts[0].fields] == ["sender_email", "sender_message"]


def test_inquiries_that_appear_keep_their_order() -> None:
    told = compare(several(1), several(*range(12, 20), 1))
    assert [part.after for part in told.parts] == [1, 2, 3, 4, 5, 6, 7, 8]
