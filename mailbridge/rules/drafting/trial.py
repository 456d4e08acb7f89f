"""Try drafted rules on the examples: what is not found there is not proposed.

The one judge is the rule engine itself.
"""

from collections.abc import Sequence
from dataclasses import replace

from mailbridge.documents.located import parse
from mailbridge.errors import BadDocument
from mailbridge.rules.compilation import compile_portal
from mailbridge.rules.drafting.claim import Claim, Sighting
from mailbridge.rules.drafting.draft import Sureness
from mailbridge.rules.drafting.outline import Outline, SectionDraft, WayDraft
from mailbridge.rules.examination import examine, exercised, rules_of
from mailbridge.rules.extraction import Reading, open_page, read_page
from mailbridge.rules.judgement import parts_of
from mailbridge.rules.portal import PatternTimeout, Portal, fold, plain_label

FILE = "draft.yaml"


def compile_outline(outline: Outline) -> Portal | None:
    """Compile a drafted rule; None where it is none."""
    return compile_rule(outline.write())


def compile_rule(rule: str) -> Portal | None:
    """Compile a rule file's text; None where it has a problem."""
    try:
        return compile_portal(parse(rule, FILE))
    except BadDocument:
        return None


def read_part(outline: Outline, sighting: Sighting) -> Reading | None:
    """Read one example's part with a drafted rule; None where that cannot be."""
    portal = compile_outline(outline)
    if portal is None:
        return None
    body = dict(parts_of(sighting.message, "auto"))[sighting.part]
    try:
        return read_page(open_page(portal, sighting.message, sighting.part, body))
    except PatternTimeout:
        return None


def finds(reading: Reading | None, sighting: Sighting, claim: Claim) -> bool:
    """Tell whether a reading has a claim's value."""
    found = reading.fields.get(claim.field) if reading else None
    if found is None:
        return False
    value = sighting.value(claim).strip()
    return fold(found.value) == value or fold(found.raw) == value


def choose_ways(
    outline: Outline,
    name: str,
    candidates: Sequence[WayDraft],
    sightings: Sequence[Sighting],
) -> tuple[tuple[WayDraft, ...], list[Sighting]]:
    """Choose the fewest ways that find a field in the examples; give those left without.

    The way that is right in most examples comes first, of equal ones the more stable:
    the candidates come in that order. None is taken that reads something wrong, but where
    most examples overrule one of which less is known: where the visitor's words could not
    be told apart, what was recognised may be what the visitor wrote.
    """
    claimed = [s for s in sightings if name in s.claims]
    results: list[tuple[WayDraft, list[Sighting]]] = []
    overruling: tuple[list[Sighting], list[Sighting]] = ([], [])
    for way in candidates:
        alone = replace(outline, fields={name: (way,)})
        right: list[Sighting] = []
        wrong: list[Sighting] = []
        for sighting in claimed:
            reading = read_part(alone, sighting)
            if finds(reading, sighting, sighting.claims[name]):
                right.append(sighting)
            elif reading and name in reading.fields:
                wrong.append(sighting)
        if right and not wrong:
            results.append((way, right))
        elif len(right) > max(len(wrong), len(overruling[0])) and _may_overrule(name, right, wrong):
            overruling = right, wrong
    right, wrong = overruling
    if len(right) > max((len(found) for _, found in results), default=0):
        kept = [s for s in sightings if s not in wrong]
        agreed, without = choose_ways(outline, name, candidates, kept)
        return agreed, [*without, *wrong]
    results.sort(key=lambda result: -len(result[1]))
    chosen: tuple[WayDraft, ...] = ()
    left = claimed
    for way, right in results:
        if not any(sighting in right for sighting in left):
            continue
        both = replace(outline, fields={name: merge(chosen, way)})
        still = [s for s in claimed if not finds(read_part(both, s), s, s.claims[name])]
        if len(still) < len(left):
            chosen, left = merge(chosen, way), still
    return chosen, left


def _may_overrule(name: str, many: Sequence[Sighting], few: Sequence[Sighting]) -> bool:
    """Tell whether what most examples agree on is better known than what others say."""
    weak = {Sureness.LIKELY, Sureness.UNSURE}
    surer = all(one.claims[name].sureness not in weak for one in many)
    return all(
        one.claims[name].sureness is not Sureness.GIVEN
        and (one.frame is None or (surer and one.claims[name].sureness in weak))
        for one in few
    )


def merge(ways: tuple[WayDraft, ...], way: WayDraft) -> tuple[WayDraft, ...]:
    """Add a way; label words of one source come together."""
    for number, one in enumerate(ways):
        if one.label and way.label and one.source == way.source:
            words = tuple(dict.fromkeys((*one.label, *way.label)))
            return (*ways[:number], replace(one, label=words), *ways[number + 1 :])
    return (*ways, way)


def prune(outline: Outline, sightings: Sequence[Sighting]) -> Outline:
    """Take out what no example exercises: `rules test` wants a case for everything."""
    for _ in range(_ROUNDS):
        portal = compile_outline(outline)
        if portal is None:
            return outline
        done: set[str] = set()
        for sighting in sightings:
            try:
                done |= exercised(examine(sighting.message, portal))
            except PatternTimeout:
                continue
        idle = [(rule.what, rule.written) for rule in rules_of(portal) if rule.where not in done]
        if not idle:
            return outline
        slimmer = _without(outline, idle)
        if slimmer == outline:
            return outline
        outline = slimmer
    return outline


_ROUNDS = 4


def _without(outline: Outline, idle: Sequence[tuple[str, str]]) -> Outline:
    gone = {(what, fold(written)) for what, written in idle}

    def kept(what: str, patterns: Sequence[str]) -> tuple[str, ...]:
        return tuple(p for p in patterns if (what, fold(p)) not in gone)

    fields: dict[str, tuple[WayDraft, ...]] = {}
    for name, ways in outline.fields.items():
        slim = []
        for way in ways:
            label = tuple(
                word
                for word in way.label
                if (f"fields.{name}.label", plain_label(word)) not in gone
            )
            pattern = kept(f"fields.{name}.pattern", way.pattern)
            idle_source = (f"fields.{name}", f"in: {way.source}") in gone
            if (label, pattern) == (way.label, way.pattern) and not idle_source:
                slim.append(way)
            elif label or pattern:
                slim.append(replace(way, label=label, pattern=pattern))
        if slim:
            fields[name] = tuple(slim)
    sections: dict[str, SectionDraft] = {}
    for name, section in outline.sections.items():
        start = kept(f"sections.{name}.start", section.start)
        if start:
            end = kept(f"sections.{name}.end", section.end)
            sections[name] = replace(section, start=start, end=end)
        else:
            fields = {
                key: left
                for key, ways in fields.items()
                if (left := tuple(way for way in ways if way.source != name))
            }
    return replace(
        outline,
        fields=fields or outline.fields,
        sections=sections,
        footer=kept("footer", outline.footer),
        body=kept("match.body", outline.body),
    )
