"""`rules diff`: two rule sets over the same mails, and what becomes otherwise of each."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import takewhile
from pathlib import Path
from typing import Any

from mailbridge.app import App
from mailbridge.changes import Comparison, Kind, compare
from mailbridge.cli.gathering import Gathered, gather_mails, open_ledger
from mailbridge.cli.output import complain, console, progress, say, say_json, table
from mailbridge.decision import decide
from mailbridge.rules.judgement import Portals

CONTEXT = 20
"""Characters of a long value that are shown before the first that differs."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One mail under both rule sets."""

    source: str
    """The path as given, or account/folder/uid."""
    message_id: str
    comparison: Comparison


def diff_rules(
    config: Path | None,
    old: Path,
    new: Path,
    paths: Sequence[Path],
    *,
    since: datetime | None,
    jsonl: bool,
) -> int:
    """Show which leads change; exit code 1 where something complete is not any more."""
    app = App.load(config, secrets=not paths, rules=[old])
    before, after = app.portals, replace(app, rules=(new,)).portals
    counts, broken, changed = Counter[Kind](), 0, []
    with nullcontext() if paths else open_ledger(app) as ledger:
        for mail in progress(gather_mails(app, paths, since, ledger), "Comparing"):
            if mail.fault:
                complain(f"{mail.source}: not compared: {mail.fault}")
                continue
            one = _compare(mail, before, after)
            counts[one.comparison.kind] += 1
            broken += one.comparison.broke
            if one.comparison.same:
                continue
            if jsonl:
                say_json(as_json(one))
            else:
                changed.append(one)
    if not jsonl:
        _show(changed)
        if console.is_terminal:
            say()
            say(_sum_up(counts))
    if broken:
        what = "1 mail was" if broken == 1 else f"{broken} mails were"
        complain(f"{what} complete under {old} and not under {new}.")
    return 1 if broken else 0


def as_json(compared: Compared) -> dict[str, Any]:
    """Give one object for a mail; what is not there is null."""
    found = compared.comparison
    return {
        "source": compared.source,
        "message_id": compared.message_id,
        "change": found.kind.value,
        "broke": found.broke,
        "outcome": _pair(*(outcome.value for outcome in found.outcome)),
        "portal": _pair(*found.portal),
        "parts": [
            {
                "part": {"before": part.before, "after": part.after},
                "fields": {one.name: _pair(one.before, one.after) for one in part.fields},
            }
            for part in found.parts
        ],
        "problems": [{"code": p.code, "text": str(p)} for p in found.problems],
    }


def _pair(before: str, after: str) -> dict[str, str | None]:
    return {"before": before or None, "after": after or None}


def _compare(mail: Gathered, before: Portals, after: Portals) -> Compared:
    # Without ledger and marks: the question is what the rules find, sent or not.
    first, second = (
        decide(mail.raw, mail.received, portals, mail.policy) for portals in (before, after)
    )
    return Compared(mail.source, second.message.message_id, compare(first, second))


def _show(changed: Sequence[Compared]) -> None:
    table(
        ("MAIL", "CHANGE", "PART", "FIELD", "BEFORE", "AFTER"),
        [row for one in changed for row in _rows(one)],
    )


def _rows(compared: Compared) -> Iterator[tuple[object, ...]]:
    found = compared.comparison
    head = (compared.source, "broke" if found.broke else found.kind.value)
    if found.outcome[0] is not found.outcome[1]:
        yield (*head, "", "outcome", *found.outcome)
    if found.portal[0] != found.portal[1]:
        yield (*head, "", "portal", *found.portal)
    for part in found.parts:
        for one in part.fields:
            values = _differing(one.before, one.after)
            yield (*head, part.after or part.before, one.name, *values)


def _differing(before: str, after: str) -> tuple[str, str]:
    """Cut on a terminal what two long values have in common; a pipe gets them whole."""
    common = takewhile(lambda pair: pair[0] == pair[1], zip(before, after, strict=False))
    skipped = sum(1 for _ in common) - CONTEXT
    if not console.is_terminal or skipped <= CONTEXT:
        return before, after
    return f"…{before[skipped:]}", f"…{after[skipped:]}"


def _sum_up(counts: Counter[Kind]) -> str:
    total = counts.total()
    told = ", ".join(f"{counts[kind]} {kind}" for kind in Kind if counts[kind])
    return f"{total} {'mail' if total == 1 else 'mails'} compared{f': {told}' if told else ''}."
