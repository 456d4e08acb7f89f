"""Advice on rules that work and may still not do what their author thinks.

Warnings, not errors: each names what may go wrong, and what to write instead.
"""

from collections.abc import Iterator
from itertools import pairwise

from mailbridge.problems import Problem
from mailbridge.rules.grammar import Item, take_apart, walk, write
from mailbridge.rules.portal import Condition, Label, Pattern, Portal

_ANCHORS = ("^", r"\A", r"\b", r"\G")


def advise(portal: Portal) -> tuple[Problem, ...]:
    """Give the advice on one portal's own file, in the order of its lines."""
    own = {problem for problem in _all_advice(portal) if problem.file == portal.file}
    return tuple(sorted(own))


def _all_advice(portal: Portal) -> Iterator[Problem]:
    for condition in (portal.match, *portal.ignore):
        yield from _advise_condition(condition or Condition())
    for section in portal.sections:
        yield from _advise_list(f"sections.{section.name}.start", section.start)
        yield from _advise_list(f"sections.{section.name}.end", section.end)
    yield from _advise_list("footer", portal.footer)
    sections = {section.name for section in portal.sections}
    for name, ways in portal.fields.items():
        for way in ways:
            in_text = not way.source or way.source in sections
            yield from _advise_list(f"fields.{name}", way.patterns)
            for pattern in way.patterns:
                branches = take_apart(pattern.compiled.pattern)
                yield from _advise_capture(f"fields.{name}", pattern, branches)
                if in_text and not way.by_portal:
                    yield from _advise_anchor(f"fields.{name}", pattern, branches)
            if way.label:
                yield from _advise_label(f"fields.{name}", way.label)


def _advise_condition(condition: Condition) -> Iterator[Problem]:
    yield from _advise_list("subject", condition.subject)
    yield from _advise_list("not_subject", condition.not_subject)
    yield from _advise_list("body", condition.body)
    yield from _advise_list("not_body", condition.not_body)


def _advise_list(key: str, patterns: tuple[Pattern, ...]) -> Iterator[Problem]:
    seen: set[str] = set()
    for pattern in patterns:
        written = pattern.compiled.pattern
        if written in seen:
            yield _problem(
                pattern.where,
                key,
                "unreachable",
                "the same pattern stands before it.",
                "Remove one of them.",
            )
        seen.add(written)
        branches = take_apart(written)
        yield from _advise_nesting(key, pattern, branches)
        yield from _advise_branches(key, pattern, branches)


def _advise_nesting(key: str, pattern: Pattern, branches: list[list[Item]]) -> Iterator[Problem]:
    for sequence in walk(branches):
        for item in sequence:
            if item.repeats and any(_shares(inner) for inner in item.branches or []):
                yield _problem(
                    pattern.where,
                    key,
                    "nested-quantifiers",
                    "a repetition stands in a repetition, so a text that does not match can "
                    "take very long.",
                    "Repeat only one of them, or make the inner one possessive: write ++ for +.",
                )
                return


def _shares(sequence: list[Item]) -> bool:
    """Whether a branch can be a repetition and nothing else, or one of everything.

    Then the outer and the inner repetition can share a text in ever so many ways.
    """
    for item in sequence:
        inner = item.most == 1 and any(_shares(branch) for branch in item.branches or [])
        others_may_lack = all(
            other.least == 0 or other.looks for other in sequence if other is not item
        )
        if (item.repeats and (others_may_lack or item.text == ".")) or (inner and others_may_lack):
            return True
    return False


def _advise_branches(key: str, pattern: Pattern, branches: list[list[Item]]) -> Iterator[Problem]:
    """Look for an alternative that an earlier one leaves nothing to, at the pattern's end."""
    last = branches
    while last:
        written = [write(sequence) for sequence in last]
        for number, later in enumerate(written):
            before = [early for early in written[:number] if early is not None]
            if later is not None and any(later.startswith(early) for early in before):
                yield _problem(
                    pattern.where,
                    key,
                    "unreachable",
                    f"the alternative '{later}' is never tried: an earlier one matches where "
                    "it does.",
                    "Put the longer one first.",
                )
        ending = [sequence[-1] for sequence in last if sequence]
        groups = [item.branches for item in ending if item.branches and not item.looks]
        last = groups[0] if len(last) == 1 and groups else []


def _advise_capture(key: str, pattern: Pattern, branches: list[list[Item]]) -> Iterator[Problem]:
    for sequence in walk(branches):
        for before, item in pairwise(sequence):
            if item.captures and before.repeats and before.text in {".", r"[\s\S]", r"\S", r"\w"}:
                yield _problem(
                    pattern.where,
                    key,
                    "greedy-before-value",
                    f"'{before.text}' before the value takes as much of it as it can.",
                    f"Write {before.text}*? (as little as possible), or name what stands there.",
                )


def _advise_anchor(key: str, pattern: Pattern, branches: list[list[Item]]) -> Iterator[Problem]:
    for sequence in branches:
        word = ""
        for item in sequence:
            if item.branches is not None or item.text.startswith(("\\", "[", ".")):
                break
            if item.most != 1 or item.least != 1:
                continue  # a blank that may be missing
            word += item.text
        if sequence and sequence[0].text in _ANCHORS:
            continue
        label, colon, rest = word.partition(":")
        label = label.strip()
        if colon and label[:1].isalpha() and not rest.startswith("//"):
            yield _problem(
                pattern.where,
                key,
                "unanchored-label",
                f"'{label}:' is found inside longer words and sentences too.",
                f"Begin with ^, or write label: {label}.",
            )


def _advise_label(key: str, label: Label) -> Iterator[Problem]:
    for word, where in label.repeated:
        yield _problem(
            where,
            key,
            "unreachable",
            f"'{word}' is there already: case and blanks do not count in a label.",
            "Remove one of them.",
        )


def _problem(where: str, key: str, code: str, text: str, remedy: str) -> Problem:
    file, line, column = where.rsplit(":", 2)
    return Problem(file, int(line), int(column), key, code, text, remedy)
