"""Advice on rules: what it warns of, and what it lets pass."""

import pytest

from mailbridge.rules.advice import advise
from mailbridge.rules.grammar import take_apart
from tests.rules.making import a_portal

FIELD = "fields: {sender_name: {pattern: '%s'}}"
START = "sections: {words: {start: '%s'}}\nfields: {sender_name: {label: Name}}"


def codes(rules: str) -> list[str]:
    return [problem.code for problem in advise(a_portal(rules))]


@pytest.mark.parametrize(
    ("pattern", "code"),
    [
        (r"Nom: *(.+)", "unanchored-label"),
        (r"Nom ?: *(.+)", "unanchored-label"),
        (r"^x (.+)|Nom: *(?:.+)", "unanchored-label"),
        (r"^.*(\d+)$", "greedy-before-value"),
        (r"^Nom:.+(\w+)$", "greedy-before-value"),
        (r"^(?:\w+)+x(a)$", "nested-quantifiers"),
        (r"^(?:a*b|c+)*x(a)$", "nested-quantifiers"),
        (r"^(?:(?:a+)b?)*x(a)$", "nested-quantifiers"),
        (r"^(?:\s*\w+)*x(a)$", "nested-quantifiers"),
        (r"^(?:\d{2,})+x(a)$", "nested-quantifiers"),
        (r"^(?:.*x)+(a)$", "nested-quantifiers"),
        (r"^((?:Nom|Nom complet))", "unreachable"),
        (r"^(a|b|a)", "unreachable"),
    ],
)
def test_what_it_warns_of(pattern: str, code: str) -> None:
    assert codes(FIELD % pattern) == [code]


@pytest.mark.parametrize(
    "pattern",
    [
        r"^Nom: *(.+)",
        r"\bNom: *(.+)",
        r"\ANom: *(.+)",
        r"[\w ]+: *(.+)",
        r"(Nom: .+)",
        r"https://(.+)",
        r": *(.+)",
        r"Nom *(.+)",
        r"^.*?(\d+)$",
        r"^.* (\d+)$",
        r"^[^\n]*(x)$",
        r"^(?:\w+ ){2}(a)$",
        r"^(?:\w++)+x(a)$",
        r"^(?:a?b)+x(a)$",
        r"^(?:a+)?(b)$",
        r"^(?:x+y)+(?=(?:n|m))(b)$",
        r"^(?:(?:a+)b)*x(a)$",
        r"^((?:Nom|Nom complet):)",
        r"^((?:Nom complet|Nom))",
        r"^((?:N.m|Nom))",
        r"^(a(?=b|bc))",
    ],
)
def test_what_it_lets_pass(pattern: str) -> None:
    assert codes(FIELD % pattern) == []


def test_headings_and_conditions_are_looked_at_too() -> None:
    assert codes(START % "^(?:a+)+$") == ["nested-quantifiers"]
    assert codes("ignore: [{subject: '(a+)+b'}]\n" + START % "^a") == ["nested-quantifiers"]
    assert codes("footer: [b, b]\n" + START % "^a") == ["unreachable"]
    assert codes(START % "Contact: ") == []


def test_a_label_word_twice() -> None:
    (problem,) = advise(a_portal("fields: {sender_email: {label: [E-mail, Mail, 'E-Mail:']}}"))
    assert (problem.line, problem.column, problem.code) == (4, 47, "unreachable")


def test_sources_beside_the_text_need_no_anchor() -> None:
    rules = "fields: {sender_name: {in: subject, pattern: 'from: (.+)'}}"
    assert codes(rules) == []


def test_a_warning_says_where_and_what_to_write() -> None:
    (problem,) = advise(a_portal(FIELD % "Nom: (.+)"))
    assert str(problem) == (
        "rules.yaml:4:33: fields.sender_name: 'Nom:' is found inside longer words and sentences "
        "too. Begin with ^, or write label: Nom."
    )


@pytest.mark.parametrize(
    "pattern",
    ["(?P<a>x)", "(?<a>x)", "(?i:x)", "(?:x)", "(?>x)", "(?=x)", "(?!x)", "(?<=x)", "(?<!x)"],
)
def test_a_group_is_taken_apart(pattern: str) -> None:
    ((item,),) = take_apart(pattern)
    assert item.branches is not None
    assert [inner.text for inner in item.branches[0]] == ["x"]
    assert item.captures is pattern.startswith(("(?P", "(?<a"))
    assert item.looks is pattern.startswith(("(?=", "(?!", "(?<=", "(?<!"))


def test_quantifiers_and_classes_are_taken_apart() -> None:
    ((*items,),) = take_apart(r"a{2}b{2,}c{,3}d*?e++[]x\]]f{g\p{L}(?i)\.")
    assert [item.text for item in items] == [
        *"abcde",
        r"[]x\]]",
        *"f{g",
        r"\p{L}",
        "(?i",
        r"\.",
    ]
    assert [(item.least, item.most) for item in items[:5]] == [
        (2, 2),
        (2, -1),
        (0, 3),
        (0, -1),
        (1, -1),
    ]
    assert [item.greedy for item in items[:5]] == [True, True, True, False, False]
