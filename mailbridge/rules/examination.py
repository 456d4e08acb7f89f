"""Look at one mail with one portal's rules and tell everything: what matched and what almost did.

For the people who write rules, and for the cases: what each pattern did. The decision
itself is made by `judgement`; nothing here is on its way.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mailbridge.message.message import Body, Message
from mailbridge.rules.extraction import Page, Reading, open_page
from mailbridge.rules.judgement import holds, parts_of, read, texts_of
from mailbridge.rules.portal import Condition, Pattern, Portal, Way, fold


@dataclass(frozen=True, slots=True)
class Tried:
    """One pattern of a condition, and whether the mail has it."""

    word: str
    """`subject`, `not_subject`, `body`, or `not_body`."""
    where: str
    written: str
    found: bool


@dataclass(frozen=True, slots=True)
class Miss:
    """What almost gave a field its value."""

    name: str
    where: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """What one portal's rules make of one mail."""

    portal: Portal
    named: bool
    """The sender is one of those in `match:`."""
    tried: tuple[Tried, ...]
    """The patterns in `match:`."""
    holds: bool
    """All of `match:` holds."""
    ignored: str = ""
    """Where the `ignore:` stands that says that this is no inquiry; empty where none does."""
    ignoring: tuple[Tried, ...] = ()
    """The patterns of that `ignore:`."""
    reading: Reading | None = None
    """What was read; None where the sender is not the portal's."""
    misses: tuple[Miss, ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class Rule:
    """One thing in a rule file that a case must exercise."""

    where: str
    what: str
    written: str


def examine(message: Message, portal: Portal) -> Examination:
    """Look at a mail with a portal's rules. Raises PatternTimeout."""
    match = portal.match or Condition()
    named = any(sender.matches(message.sender) for sender in portal.senders)
    ignore = next(
        (c for c in portal.ignore if (named or c.senders) and holds(c, message)),
        None,
    )
    reading = read(message, portal) if named else None
    return Examination(
        portal=portal,
        named=named,
        tried=tuple(_try(match, message)) if named else (),
        holds=holds(match, message),
        ignored=ignore.where if ignore else "",
        ignoring=tuple(_try(ignore, message)) if ignore else (),
        reading=reading,
        misses=tuple(_find_misses(portal, message, reading)) if reading else (),
    )


def exercised(examination: Examination) -> set[str]:
    """Name the places in rule files that did something for this mail."""
    places = {tried.where for tried in (*examination.tried, *examination.ignoring) if tried.found}
    if examination.ignored:
        return places | {examination.ignored}
    reading = examination.reading
    if reading and examination.holds:
        for stretch in reading.sections.values():
            places |= {stretch.head, stretch.foot}
        places |= {found.pattern for found in reading.fields.values()}
        if reading.footer:
            places.add(reading.footer[1])
    return places


def rules_of(portal: Portal) -> Iterator[Rule]:
    """Give everything in the portal's own file that a case must exercise."""
    for rule in _all_rules(portal):
        if rule.where.startswith(f"{portal.file}:"):
            yield rule


def _all_rules(portal: Portal) -> Iterator[Rule]:
    if portal.match:
        yield from _condition_rules("match", portal.match)
    for condition in portal.ignore:
        yield from _condition_rules("ignore", condition)
        if not (condition.subject or condition.body):
            yield Rule(condition.where, "ignore", "")
    for section in portal.sections:
        yield from _pattern_rules(f"sections.{section.name}.start", section.start)
        yield from _pattern_rules(f"sections.{section.name}.end", section.end)
    yield from _pattern_rules("footer", portal.footer)
    for use in portal.blocks:
        yield Rule(use.where, "blocks", use.kind.value)
    for name, ways in portal.fields.items():
        for way in ways:
            yield from _way_rules(f"fields.{name}", way)


def _condition_rules(what: str, condition: Condition) -> Iterator[Rule]:
    yield from _pattern_rules(f"{what}.subject", condition.subject)
    yield from _pattern_rules(f"{what}.body", condition.body)
    if what == "match":
        yield from _pattern_rules("match.not_subject", condition.not_subject)
        yield from _pattern_rules("match.not_body", condition.not_body)


def _way_rules(what: str, way: Way) -> Iterator[Rule]:
    for word, where in way.label.words.items() if way.label else ():
        yield Rule(where, f"{what}.label", word)
    yield from _pattern_rules(f"{what}.pattern", way.patterns)
    if not (way.label or way.patterns):
        yield Rule(way.where, what, f"in: {way.source}")


def _pattern_rules(what: str, patterns: Sequence[Pattern]) -> Iterator[Rule]:
    for pattern in patterns:
        yield Rule(pattern.where, what, pattern.compiled.pattern)


def _try(condition: Condition, message: Message) -> Iterator[Tried]:
    subject, texts = [fold(message.subject)], texts_of(message)
    for word, patterns, where in (
        ("subject", condition.subject, subject),
        ("not_subject", condition.not_subject, subject),
        ("body", condition.body, texts),
        ("not_body", condition.not_body, texts),
    ):
        for pattern in patterns:
            found = any(pattern.search(text) for text in where)
            yield Tried(word, pattern.where, pattern.compiled.pattern, found)


def _find_misses(portal: Portal, message: Message, reading: Reading) -> Iterator[Miss]:
    body = dict(parts_of(message, "auto")).get(reading.part, Body(""))
    page = open_page(portal, message, reading.part, body)
    for section in portal.sections:
        if section.name not in reading.sections:
            yield Miss(
                f"section {section.name}",
                section.start[0].where,
                f"its heading is not in the {reading.part} part",
            )
    for name, ways in portal.fields.items():
        if name not in reading.fields:
            for way in ways:
                yield from _misses_of(page, name, way)


def _misses_of(page: Page, name: str, way: Way) -> Iterator[Miss]:
    known = {section.name for section in page.portal.sections}
    if way.source in known and way.source not in page.cutting.sections:
        yield Miss(name, way.where, f"the section {way.source} is missing")
        return
    for labelled in page.labelled(way):
        if labelled.value is None:
            line = page.folded.count("\n", 0, labelled.at) + 1
            yield Miss(name, labelled.where, f"the label stands in line {line} without a value")
    for found in page.find(way):
        if found.value:
            why = f"found {found.value!r}, which does not fit {name}"
            if name == "sender_email" and page.portal.owns(found.value):
                why = f"found {found.value!r}, which is the portal's own"
            yield Miss(name, found.pattern, why)
