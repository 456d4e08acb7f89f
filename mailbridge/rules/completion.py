"""What makes a portal whole: put on the portal that it extends, its labels collected, checked.

Must not compile what people wrote; that is `compilation`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from difflib import get_close_matches

from mailbridge.errors import BadDocument
from mailbridge.problems import Problem
from mailbridge.rules.expressions import match_any_label, match_separator
from mailbridge.rules.portal import Portal, Way
from mailbridge.rules.sources import SOURCES

REPLY_TO = Way(source="reply_to", where="Reply-To")
"""Needs no rule: portals often put the visitor's address there (RFC 5322, 3.6.2)."""


def complete(portal: Portal) -> tuple[Portal, list[Problem]]:
    """Collect the labels of a portal that extends no other, and check it as a whole."""
    words, seconds = portal.label_words, portal.seconds
    email = portal.fields.get("sender_email", ())
    if email and REPLY_TO not in email:
        portal = replace(portal, fields={**portal.fields, "sender_email": (*email, REPLY_TO)})
    whole = replace(
        portal,
        labels=match_any_label(words, seconds),
        separators={
            section.name: match_separator(section.separator, words, seconds)
            for section in portal.sections
            if section.separator
        },
    )
    return whole, [*_check_ways(whole), *_check_require(whole)]


def unite(shipped: Sequence[Portal], own: Sequence[Portal]) -> tuple[Portal, ...]:
    """Put the user's portals over the shipped ones: where a name is in both, the user's wins.

    A file of the user's may extend the shipped one of its own name. Raises BadDocument
    where two files of one side have the same name, or one extends what cannot be.
    """
    problems = [
        Problem(
            file=portal.file,
            key="portal",
            code="same-portal",
            text=f"the portal {portal.name} stands in {first.file} too.",
            remedy="Rename one of them, or delete it.",
        )
        for side in (shipped, own)
        for first, portal in _twins(side)
    ]
    if problems:
        raise BadDocument(problems)
    below = {portal.name: portal for portal in resolve(shipped)}
    united = dict(below)
    for portal in own:
        if portal.extends == portal.name and portal.name in below:
            portal, found = _put_on(portal, below[portal.name])
            problems += found
        united[portal.name] = portal
    if problems:
        raise BadDocument(problems)
    return resolve(united[name] for name in sorted(united))


def resolve(portals: Iterable[Portal]) -> tuple[Portal, ...]:
    """Put every portal on the one that it extends. Raises BadDocument with all problems."""
    everyone = {portal.name: portal for portal in portals}
    whole: dict[str, Portal] = {}
    problems: list[Problem] = []
    for name in everyone:
        problems += _resolve(name, everyone, whole, ())
    if problems:
        raise BadDocument(problems)
    return tuple(whole[name] for name in everyone)


def _resolve(
    name: str, everyone: dict[str, Portal], whole: dict[str, Portal], behind: tuple[str, ...]
) -> list[Problem]:
    if name in whole:
        return []
    portal = everyone[name]
    if not portal.extends:
        whole[name] = portal
        return []
    whole[name] = portal  # what follows is wrong, or puts the whole one here
    if portal.extends not in everyone:
        near = get_close_matches(portal.extends, everyone, 1)
        return [
            _problem(
                portal.extends_where,
                "extend",
                "unknown-portal",
                f"there is no portal '{portal.extends}'.",
                f"Did you mean {near[0]}?" if near else f"There are: {', '.join(everyone)}.",
            )
        ]
    if portal.extends in (name, *behind):
        return [
            _problem(
                portal.extends_where,
                "extend",
                "circle",
                f"{portal.name} extends {portal.extends}, and so itself.",
                "Let one of them stand alone.",
            )
        ]
    problems = _resolve(portal.extends, everyone, whole, (*behind, name))
    if whole[portal.extends].extends:
        return problems  # told already
    whole[name], found = _put_on(portal, whole[portal.extends])
    return [*problems, *found]


def _put_on(portal: Portal, base: Portal) -> tuple[Portal, list[Problem]]:
    """Let the base's rules hold where the portal says nothing."""
    same = portal.name == base.name
    if portal.match is None and not same:
        return portal, [
            _problem(
                portal.extends_where,
                "extend",
                "missing-match",
                f"this portal would have the same mails as {base.name}.",
                "Add match: with this portal's own senders.",
            )
        ]
    sections = {section.name: section for section in (*base.sections, *portal.sections)}
    merged = replace(
        portal,
        extends="",
        evidence=portal.evidence or base.evidence,
        about=portal.about or base.about,
        region=portal.region or base.region,
        match=portal.match or base.match,
        authenticated=portal.authenticated if portal.match else base.authenticated,
        # Another site's newsletters stay that site's.
        ignore=(*portal.ignore, *(c for c in base.ignore if same or not c.senders)),
        part=portal.part or base.part,
        relay=(*portal.relay, *base.relay),
        blocks=portal.blocks or base.blocks,
        over_blocks=portal.over_blocks or base.over_blocks,
        sections=tuple(sections.values()),
        footer=(*portal.footer, *base.footer),
        fields={**base.fields, **portal.fields},
        label_words=(*portal.label_words, *base.label_words),
        require=portal.require or base.require,
        name_order=portal.name_order or base.name_order,
    )
    return complete(merged)


def _twins(portals: Sequence[Portal]) -> Iterator[tuple[Portal, Portal]]:
    first: dict[str, Portal] = {}
    for portal in portals:
        if portal.name in first:
            yield first[portal.name], portal
        else:
            first[portal.name] = portal


def _check_ways(portal: Portal) -> Iterator[Problem]:
    sections = {section.name: section for section in portal.sections}
    for name, ways in portal.fields.items():
        for number, way in enumerate(ways):
            key = f"fields.{name}" + (f".{number}" if len(ways) > 1 else "")
            section = sections.get(way.source)
            if section is None:
                yield from _check_source(way, key, sections)
            elif section.free_text and name != "sender_message" and not way.by_portal:
                yield _problem(
                    way.where,
                    f"{key}.in",
                    "value-from-free-text",
                    f"'{way.source}' is what the visitor wrote; only sender_message is read "
                    "from it.",
                    "Read this value from another section.",
                )


def _check_source(way: Way, key: str, sections: Iterable[str]) -> Iterator[Problem]:
    known = (*sections, *SOURCES)
    if not way.source or way.source in known or way.source.startswith("header:"):
        return
    near = get_close_matches(way.source, known, 1)
    yield _problem(
        way.where,
        f"{key}.in",
        "unknown-section",
        f"there is no section '{way.source}'.",
        f"Did you mean {near[0]}?" if near else f"There are: {', '.join(known)}, header:NAME.",
    )


def _check_require(portal: Portal) -> Iterator[Problem]:
    names = list(portal.fields)
    for number, required in enumerate(portal.require):
        for name in required.names:
            if name not in names:
                near = get_close_matches(name, names, 1)
                yield _problem(
                    required.where,
                    f"require.{number}",
                    "unknown-field",
                    f"no field '{name}' is defined.",
                    f"Did you mean {near[0]}?" if near else f"There are: {', '.join(names)}.",
                )


def _problem(where: str, key: str, code: str, text: str, remedy: str) -> Problem:
    file, line, column = where.rsplit(":", 2)
    return Problem(file, int(line), int(column), key, code, text, remedy)
