"""Marking a text in a mail: the rule finds it, and the rest of its file is as it was."""

import pytest

from mailbridge.message.message import Message
from mailbridge.rules.drafting.draft import Draft, Sureness
from mailbridge.rules.drafting.mending import Part, mark
from mailbridge.rules.drafting.surgery import Inoperable, add_item, add_key
from mailbridge.rules.judgement import read
from tests.rules.making import a_message, a_portal

TEXT = """\
Inquiry
Name: Ann Other
Mobile: 079 000 00 41

Comments
Is it free?
E-mail: other@example.com

Property
Our number B-12
"""
RULE = """\
# Homes: written by hand.
portal: homes.example
evidence: seen
match: {from: leads@homes.example}
sections:
  message: {start: '^Comments$', end: '^Property$', free_text: true}
fields:
  sender_name: {label: Name}    # the whole name
  sender_number:
    # since 2026
    - {label: Phone}
  sender_message: {in: message, take: section}
# the end
"""


def message(text: str = TEXT, subject: str = "") -> Message:
    return a_message(text.strip(), sender="leads@homes.example", subject=subject)


def marked(rule: str, field: str, value: str, mail: Message | None = None) -> Draft:
    mail = mail or message()
    assert mail.text
    start = mail.text.text.index(value)
    return mark(rule, mail, "text", field, start, start + len(value), "homes.example")


def value_of(rule: str, field: str, mail: Message | None = None) -> str:
    found = read(mail or message(), a_portal(rule)).fields.get(field)
    return found.value if found else ""


def test_a_missing_field_is_added_and_all_else_stays() -> None:
    made = marked(RULE, "property_reference", "B-12")
    assert value_of(made.rule, "property_reference") == "B-12"
    added = "  property_reference: {pattern: '^Our number (\\S[^\\n]*)$'}\n"
    assert made.rule == RULE.replace("take: section}\n", f"take: section}}\n{added}")
    assert made.notes[0].sureness is Sureness.LIKELY


def test_a_changed_label_is_added_to_the_field() -> None:
    made = marked(RULE, "sender_number", "079 000 00 41")
    assert made.rule == RULE.replace("{label: Phone}\n", "{label: Phone}\n    - {label: Mobile}\n")
    assert value_of(made.rule, "sender_number") == "079 000 00 41"


def test_a_single_way_becomes_a_list_and_keeps_its_comment() -> None:
    text = TEXT.replace("Name: Ann Other", "Client: Ann Other")
    made = marked(RULE, "sender_name", "Ann Other", message(text))
    assert (
        "  sender_name:\n    - {label: Name}    # the whole name\n    - {label: Client}\n"
        in made.rule
    )


def test_a_wrong_value_gives_way() -> None:
    text = TEXT.replace("Mobile", "Phone: 000 111 22 33\nMobile")
    made = marked(RULE, "sender_number", "079 000 00 41", message(text))
    assert value_of(made.rule, "sender_number", message(text)) == "079 000 00 41"


def test_what_is_found_already_changes_nothing() -> None:
    made = marked(RULE, "sender_name", "Ann Other")
    assert made.rule == RULE
    assert made.notes[0].why == "The rule finds it already."


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("sender_email", "other@example.com", "visitor's own words"),
        ("sender_firstname", "Ann", "other half of the name"),
        ("sender_lastname", "Other", "other half of the name"),
    ],
)
def test_what_cannot_be_is_refused_with_a_reason(field: str, value: str, why: str) -> None:
    made = marked(RULE, field, value)
    assert made.rule == RULE
    assert made.notes[0].sureness is Sureness.UNSURE
    assert why in made.notes[0].why


def test_a_value_without_any_words_near_it_is_refused() -> None:
    mail = message("Ann Other")
    made = marked(RULE, "sender_name", "Ann Other", mail)
    assert made.rule == RULE
    assert "No label and no fixed words" in made.notes[0].why


def test_a_new_heading_is_added_to_the_messages_section() -> None:
    text = TEXT.replace("Comments", "Remarks:")
    words = "Is it free?\nE-mail: other@example.com"
    made = marked(RULE, "sender_message", words, message(text))
    assert value_of(made.rule, "sender_message", message(text)) == words
    assert value_of(made.rule, "sender_message") == words
    assert made.rule.startswith("# Homes: written by hand.\n")
    assert made.rule.endswith("# the end\n")


def test_a_section_is_made_where_there_is_none() -> None:
    rule = """\
portal: homes.example
evidence: seen
match: {from: leads@homes.example}
# what is found
fields:
  sender_name: {label: Name}
"""
    words = "Is it free?\nE-mail: other@example.com"
    made = marked(rule, "sender_message", words)
    assert value_of(made.rule, "sender_message") == words
    assert "free_text: true\n# what is found\nfields:" in made.rule


def test_a_rule_is_begun() -> None:
    made = marked("", "sender_number", "079 000 00 41")
    assert a_portal(made.rule).name == "homes.example"
    assert value_of(made.rule, "sender_number") == "079 000 00 41"


def test_the_subject() -> None:
    mail = message(subject="Inquiry for number B-12")
    made = mark(RULE, mail, "subject", "property_reference", 19, 23)
    assert value_of(made.rule, "property_reference", mail) == "B-12"
    begun = mark("", mail, "subject", "property_reference", 19, 23, "homes.example")
    assert value_of(begun.rule, "property_reference", mail) == "B-12"


def test_a_rule_that_extends_is_tried_with_its_base() -> None:
    rule = "portal: homes.example\nextend: homes.example\nfields:\n  company: {label: Company}\n"
    mail = message()
    assert mail.text
    start = mail.text.text.index("B-12")
    arguments = (rule, mail, "text", "property_reference", start, start + 4, "x")
    made = mark(*arguments, bases=[a_portal(RULE)])  # type: ignore[arg-type]
    assert "property_reference" in made.rule
    assert mark(*arguments).rule == rule  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rule", "part", "field", "why"),
    [
        ("portal: [", "text", "sender_name", "The rule has a problem"),
        (
            RULE.replace("match:", "part: html\nmatch:"),
            "text",
            "company",
            "reads the html part only",
        ),
        (RULE, "text", "nonsense", "There is no such field."),
        (RULE, "html", "company", "Nothing is marked."),
    ],
)
def test_wrong_questions(rule: str, part: Part, field: str, why: str) -> None:
    made = mark(rule, message(), part, field, 0, 7)
    assert made.rule == rule
    assert why in made.notes[0].why


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a:\n  b: 'x'  # why\n", "a:\n  b: ['x', new]  # why\n"),
        ("a:\n  b: x  # why\n", "a:\n  b: [x, new]  # why\n"),
        ('a:\n  b: ["x, ]", y]\n', 'a:\n  b: ["x, ]", y, new]\n'),
        (
            "a:\n  b:\n    - x  # why\n    - y\n# end\n",
            "a:\n  b:\n    - x  # why\n    - y\n    - new\n# end\n",
        ),
        ("a:\n  b:\n  - x\n  c: d", "a:\n  b:\n  - x\n  - new\n  c: d"),
    ],
)
def test_an_item_is_added(before: str, after: str) -> None:
    assert add_item(before, ("a", "b"), "new", first=False) == after


def test_a_mapping_of_several_lines_becomes_an_item() -> None:
    before = "a:\n  b:\n    label: x  # why\n    in: y\n  c: d\n"
    after = "a:\n  b:\n    - label: x  # why\n      in: y\n    - {label: z}\n  c: d\n"
    assert add_item(before, ("a", "b"), "{label: z}", first=False) == after


@pytest.mark.parametrize("rule", ["a: {b: |\n x}", "a:\n  b: >\n    x\n", "a: {c: d}", "a: ["])
def test_what_cannot_be_added_to_is_refused(rule: str) -> None:
    with pytest.raises(Inoperable):
        add_item(rule, ("a", "b"), "new", first=False)


def test_a_key_is_added_below_the_last_one() -> None:
    before = "a:\n  b: x\n\n# of c\nc: y\n"
    assert add_key(before, ("a",), "d", ["d: z"]) == "a:\n  b: x\n  d: z\n\n# of c\nc: y\n"
    with pytest.raises(Inoperable):
        add_key("a: {b: x}\n", ("a",), "d", ["d: z"])
