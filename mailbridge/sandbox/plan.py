"""The plan: how the sandbox is told to fail, step by step.

    503x3, 429 retry-after=2, hang, ok, drop-after

Each POST of a lead takes one step; after the last one all is well again.

    ok            as without a plan
    200 to 599    that status; only 2xx stores the lead
    html          stores, answers 200 with an HTML page
    empty         stores, answers 200 with nothing
    text          stores, answers 200 with plain text
    list          stores, answers 200 with a JSON list
    success-false does not store, answers 200 with `"success": false`
    redirect      does not store, answers 307 to another address
    slow=0.5      stores, answers after that many seconds
    hang          does not store, never answers
    drop-before   does not store, closes the connection without an answer
    drop-after    stores, closes the connection without an answer

`x3` repeats a step three times; `retry-after=2` adds that header to a status.
"""

import re
from dataclasses import dataclass

from mailbridge.errors import MailbridgeError

KINDS = (
    "ok",
    "html",
    "empty",
    "text",
    "list",
    "success-false",
    "redirect",
    "slow",
    "hang",
    "drop-before",
    "drop-after",
)

_MOST_STEPS = 100_000
_STEP = re.compile(
    r"(?P<kind>[a-z-]+?|[0-9]+?)"
    r"(?:=(?P<seconds>[0-9]{1,5}(?:\.[0-9]{1,3})?))?"
    r"(?:x(?P<times>[0-9]{1,6}))?"
    r"(?:\s+retry-after=(?P<after>[0-9]{1,6}))?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What happens to one POST."""

    kind: str
    """One of `KINDS`, or `status`."""
    status: int = 200
    seconds: float = 0.0
    """How long `slow` takes."""
    retry_after: int | None = None
    """Seconds told in the header; None for no header."""


Plan = tuple[Step, ...]

WELL = Step(kind="ok")


def parse_plan(text: str) -> Plan:
    """Read a plan; steps stand between commas, semicolons or line ends.

    Raises MailbridgeError that names the step and what could stand there.
    """
    steps: list[Step] = []
    for number, item in enumerate(filter(str.strip, re.split(r"[,;\n]", text)), start=1):
        step, times = _parse_step(item.strip().lower(), number)
        if len(steps) + times > _MOST_STEPS:
            raise MailbridgeError(f"Plan, step {number}: more than {_MOST_STEPS:,} steps.")
        steps.extend([step] * times)
    return tuple(steps)


def _parse_step(item: str, number: int) -> tuple[Step, int]:
    where = f"Plan, step {number} ({item[:40]!r})"
    found = _STEP.fullmatch(item)
    kind = found["kind"] if found else ""
    if not found or not (kind in KINDS or kind.isdigit()):
        raise MailbridgeError(
            f"{where}: not understood. A step is a status such as 503, or one of "
            f"{', '.join(KINDS)}; x3 behind it repeats it, retry-after=2 adds that header."
        )
    times = int(found["times"] or 1)
    if times < 1:
        raise MailbridgeError(f"{where}: a step is repeated at least once.")
    if (kind == "slow") != (found["seconds"] is not None):
        raise MailbridgeError(f"{where}: slow, and nothing else, takes seconds: slow=0.5.")
    if found["after"] and not kind.isdigit():
        raise MailbridgeError(f"{where}: retry-after goes with a status: 429 retry-after=2.")
    if not kind.isdigit():
        return Step(kind=kind, seconds=float(found["seconds"] or 0)), times
    if not 200 <= int(kind) <= 599:
        raise MailbridgeError(f"{where}: a status is from 200 to 599.")
    after = int(found["after"]) if found["after"] else None
    return Step(kind="status", status=int(kind), retry_after=after), times
