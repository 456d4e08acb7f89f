"""What holds in all examples: where the visitor's words end, by the lines that all share.

Must not look at one example alone; that is `framing`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import regex

from mailbridge.rules.drafting.claim import NAMES, Sighting
from mailbridge.rules.drafting.closings import is_closing, is_greeting
from mailbridge.rules.drafting.draft import Sureness
from mailbridge.rules.drafting.framing import Frame
from mailbridge.rules.drafting.pairs import Line, lines_of
from mailbridge.rules.drafting.sighting import claim_all
from mailbridge.rules.drafting.words import plain
from mailbridge.rules.labels import trim

_LONG_ENOUGH = 2
"""Characters of a line that can tell something by being in all examples."""


def agree(
    sightings: Sequence[Sighting], given: Sequence[Mapping[str, str]]
) -> tuple[Sighting, ...]:
    """Let all examples say together where the message ends, and look again."""
    framed = [s for s in sightings if s.frame and not s.frame.in_cell]
    if len(framed) < 2:
        return tuple(sightings)
    common = set.intersection(*(set(_keys(one).values()) for one in framed))
    asked = next((s for s in framed if s.frame and s.frame.sureness is Sureness.GIVEN), None)
    agreed = []
    for sighting, values in zip(sightings, given, strict=True):
        frame = sighting.frame
        if frame is None or frame.in_cell or frame.sureness is Sureness.GIVEN:
            agreed.append(sighting)
            continue
        foot = _asked_foot(sighting, asked) if asked else _common_foot(sighting, common)
        if foot is not None and text_at(sighting, frame) in "»”":
            foot = frame.foot
        if foot == frame.foot:
            agreed.append(sighting)
            continue
        end = len(sighting.text) if foot is None else foot
        span = trim(sighting.text, min(frame.span[0], end), end)
        why = f"{frame.why}, up to the lines that all examples share"
        moved = replace(frame, span=span, foot=foot, sureness=Sureness.SURE, why=why)
        agreed.append(claim_all(replace(sighting, frame=moved), values))
    return tuple(agreed)


def text_at(sighting: Sighting, frame: Frame) -> str:
    """Give the character at the foot of a frame; a blank where there is none."""
    return sighting.text[frame.foot] if frame.foot is not None else " "


def _lines_after(sighting: Sighting) -> list[Line]:
    assert sighting.frame is not None  # noqa: S101  (callers look)
    start = sighting.frame.span[0]
    return [line for line in lines_of(sighting.text) if line.start > start and not line.blank]


def _keys(sighting: Sighting) -> dict[int, str]:
    """Write each line after the message's first so that two mails' can be compared."""
    assert sighting.frame is not None  # noqa: S101  (callers look)
    labels = {pair.at: pair.label for pair in sighting.all_pairs}
    names = [
        sighting.value(claim)
        for name, claim in sighting.claims.items()
        if name in NAMES and claim.span[1] <= sighting.frame.head[1]
    ]
    keys = {}
    for line in _lines_after(sighting):
        labelled = line.start in labels
        words = " ".join((labels[line.start] if labelled else line.text).split())
        for name in names:
            words = regex.sub(rf"(?<!\w){regex.escape(name)}(?!\w)", "…", words)
        if labelled:
            keys[line.start] = f"label {plain(words)}"
        else:
            keys[line.start] = regex.sub(r"\d+", "0", words)
    return keys


def _common_foot(sighting: Sighting, common: set[str]) -> int | None:
    """Give where the last stretch of lines begins that all examples have."""
    assert sighting.frame is not None  # noqa: S101  (callers look)
    keys, foot = _keys(sighting), None
    lines = _lines_after(sighting)
    for line in reversed(lines):
        if keys[line.start] not in common or len(keys[line.start]) < _LONG_ENOUGH:
            break
        foot = line.start
    own = sighting.frame.foot
    if own is not None and keys.get(own) in common:
        return own if foot is None else _past_greetings(sighting, lines, min(own, foot), own)
    return foot if foot is not None else own if own is None or keys.get(own) else None


def _past_greetings(sighting: Sighting, lines: Sequence[Line], start: int, own: int) -> int:
    """Leave to the visitor the formulas above the portal's text that all visitors write."""
    for line in lines:
        if start <= line.start < own:
            if is_greeting(line.text) and not is_closing(line.text, sighting.brands):
                continue
            return line.start
    return own


def _asked_foot(sighting: Sighting, asked: Sighting) -> int | None:
    """Give where the line stands that follows the message in the example that a person gave."""
    assert asked.frame is not None  # noqa: S101  (callers look)
    assert sighting.frame is not None  # noqa: S101
    if asked.frame.foot is None:
        return None
    wanted = _keys(asked).get(asked.frame.foot)
    own = [at for at, key in _keys(sighting).items() if key == wanted]
    return own[-1] if own else sighting.frame.foot
