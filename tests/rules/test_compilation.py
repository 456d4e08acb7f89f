"""Every complaint about a rule file: where it stands, what is wrong, what to write instead."""

import pytest

from mailbridge.documents.located import parse
from mailbridge.errors import BadDocument
from mailbridge.problems import Problem
from mailbridge.rules.compilation import compile_portal
from tests.rules.making import HEAD, a_portal

WORDS = "sections: {words: {start: a, free_text: true}}"
# Three lines of head; what follows begins in line 4.
COMPLAINTS = [
    (
        "fields: {sender_name: {label: Name}}\nmatch2: x",
        (5, 1, "match2", "unknown-key"),
        "Did you mean 'match'?",
    ),
    (
        "fields: {sender_nam: {label: Name}}",
        (4, 10, "fields.sender_nam", "wrong-value"),
        "Did you mean 'sender_name'?",
    ),
    (
        "fields: {sender_name: {lable: Name}}",
        (4, 24, "fields.sender_name.lable", "unknown-key"),
        "Did you mean 'label'?",
    ),
    (
        "fields: {sender_name: {label: Name}}\nevidence: seen",
        (5, 1, "", "duplicate-key"),
        "Keep one of the two.",
    ),
    (
        "fields: {sender_name: {pattern: '('}}",
        (4, 33, "fields.sender_name.pattern", "bad-pattern"),
        "Write \\ before ( ) [ ] . * + ? | to mean the character itself.",
    ),
    (
        "fields: {sender_name: {pattern: ['(a)', 'b']}}",
        (4, 41, "fields.sender_name.pattern.1", "groups"),
        "Put ( ) around the value, and write (?: ) for any other group.",
    ),
    (
        "fields: {sender_name: {pattern: '(a)(b)'}}",
        (4, 33, "fields.sender_name.pattern", "groups"),
        "Put ( ) around the value, and write (?: ) for any other group.",
    ),
    (
        "fields: {sender_name: {}}",
        (4, 23, "fields.sender_name", "no-way"),
        "Give label:, pattern: or, for a whole section, take: section.",
    ),
    (
        "fields: {sender_name: {in: subject}}",
        (4, 23, "fields.sender_name", "no-way"),
        "Give label:, pattern: or, for a whole section, take: section.",
    ),
    (
        "fields: {sender_name: {in: subject, label: Name}}",
        (4, 44, "fields.sender_name.label", "label-outside-text"),
        "Use pattern: here.",
    ),
    (
        "fields: {sender_name: {take: section}}",
        (4, 30, "fields.sender_name.take", "take-without-section"),
        "Write in: and the name of one of the sections.",
    ),
    (
        "fields: {sender_name: {label: Name, take: address}}",
        (4, 43, "fields.sender_name.take", "take-without-address"),
        "Write in: from or in: reply_to, or leave take out.",
    ),
    (
        "fields: {sender_name: {in: contct, label: Name}}\nsections: {contact: {start: a}}",
        (4, 28, "fields.sender_name.in", "unknown-section"),
        "Did you mean contact?",
    ),
    (
        "fields: {sender_name: {in: zzz, label: Name}}\nsections: {contact: {start: a}}",
        (4, 28, "fields.sender_name.in", "unknown-section"),
        "There are: contact, subject, from, reply_to, link, header:NAME.",
    ),
    (
        "fields: {sender_name: [{label: A}, {in: words, label: B}]}\n" + WORDS,
        (4, 41, "fields.sender_name.1.in", "value-from-free-text"),
        "Read this value from another section.",
    ),
    (
        "fields: {sender_name: {in: words, by_portal: true, label: B}}\n" + WORDS,
        (4, 46, "fields.sender_name.by_portal", "by-portal-without-pattern"),
        "Write the portal's whole sentence as pattern:, with ( ) around the value.",
    ),
    (
        "fields: {sender_name: {label: Name}}\nsections: {subject: {start: a}}",
        (5, 21, "sections.subject", "reserved-name"),
        "Call it subject_lines, for example.",
    ),
    (
        "fields: {sender_name: {label: Name}}\nsections: {words: {start: 'a*'}}",
        (5, 27, "sections.words.start", "matches-nothing"),
        "Make at least one character of it compulsory.",
    ),
    (
        "fields: {sender_name: {label: Name}}\nfooter: ['a', 'b?']",
        (5, 15, "footer.1", "matches-nothing"),
        "Make at least one character of it compulsory.",
    ),
    (
        "fields: {sender_name: {label: Name}}\nignore: [{}]",
        (5, 10, "ignore.0", "empty-condition"),
        "Give at least one of from, subject, body, not_from, not_subject, not_body.",
    ),
    (
        "fields: {sender_name: {label: Name}}\nignore: [{from: portal.example}]",
        (5, 17, "ignore.0.from", "bad-sender"),
        "Write inquiries@portal.example or @portal.example.",
    ),
    (
        "fields: {sender_name: {label: Name}}\nrelay: [reply.portal.example, '@x.example']",
        (5, 31, "relay.1", "bad-domain"),
        "Write what stands behind the @, as reply.portal.example.",
    ),
    (
        "fields: {sender_name: {label: Name}}\nrequire: [sender_nme]",
        (5, 11, "require.0", "unknown-field"),
        "Did you mean sender_name?",
    ),
    (
        "fields: {sender_name: {label: Name}}\nrequire: [sender_name, [zzz]]",
        (5, 24, "require.1", "unknown-field"),
        "There are: sender_name.",
    ),
    (
        "region: Switzerland\nfields: {sender_name: {label: Name}}",
        (4, 9, "region", "wrong-value"),
        "Wanted: Country for national phone numbers",
    ),
]


def problems_of(rules: str) -> tuple[Problem, ...]:
    with pytest.raises(BadDocument) as caught:
        compile_portal(parse(rules, "rules.yaml"))
    return caught.value.problems


@pytest.mark.parametrize(
    ("rules", "place", "remedy"), COMPLAINTS, ids=lambda value: str(value)[:40]
)
def test_a_complaint(rules: str, place: tuple[int, int, str, str], remedy: str) -> None:
    (problem,) = problems_of(HEAD + rules)
    assert problem.file == "rules.yaml"
    assert (problem.line, problem.column, problem.key, problem.code) == place
    assert problem.text
    assert problem.remedy.startswith(remedy)


@pytest.mark.parametrize("key", ["evidence", "match", "fields"])
def test_what_a_portal_of_its_own_must_say(key: str) -> None:
    rules = {
        "portal": "portal.example",
        "evidence": "seen",
        "match": "{from: a@b.example}",
        "fields": "{sender_name: {label: Name}}",
    }
    del rules[key]
    (problem,) = problems_of("".join(f"{name}: {value}\n" for name, value in rules.items()))
    assert problem.code == "missing-key"
    assert problem.text == f"The key '{key}' is missing."
    assert problem.remedy.startswith(f"Add a line '{key}: …'.")


def test_every_problem_of_a_file_is_told_at_once() -> None:
    rules = """
portal: portal.example
evidence: seen
match: {from: nobody}
sections: {words: {start: '('}}
fields: {sender_name: {in: nowhere, label: Name}}
require: [sender_email]
"""
    assert [problem.code for problem in problems_of(rules)] == [
        "bad-sender",
        "bad-pattern",
        "unknown-section",
        "unknown-field",
    ]


def test_a_pattern_that_looks_ahead_may_say_what_is_not_there() -> None:
    rules = "ignore: [{subject: '\\A(?!.*contact)'}]\nfields: {sender_name: {label: Name}}"
    assert a_portal(rules).ignore[0].subject[0].where == "rules.yaml:4:20"


def test_one_stands_for_a_list_of_one() -> None:
    rules = "fields: {sender_name: {label: Name}, sender_email: [{label: Mail}]}"
    fields = a_portal(rules).fields
    assert fields["sender_name"][0].where == "rules.yaml:4:23"
    assert fields["sender_email"][0].where == "rules.yaml:4:53"


def test_the_time_of_a_pattern_is_the_settings() -> None:
    portal = compile_portal(parse(HEAD + "fields: {sender_name: {pattern: (a)}}", "r.yaml"), 1.5)
    assert portal.fields["sender_name"][0].patterns[0].seconds == 1.5
    assert portal.seconds == 1.5
