"""Target: any bytes as a mail, decided by the shipped rules within the default limits.

Two bytes that no text holds, REPEAT, mark a stretch that is written again and again:
so a short input reaches what only large mails cost.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from fuzz.promises import SECONDS, check, within
from mailbridge.decision import Policy, decide
from mailbridge.rulefiles import shipped_portals
from mailbridge.rules.forwarding import ANYONE
from mailbridge.rules.judgement import Portals, gather

REPEAT = b"\xf7\xf7"
LARGEST = 300_000
"""Bytes to which a repeated stretch is blown up."""

_RECEIVED = datetime(2026, 11, 3, 8, 15, 22, tzinfo=UTC)
_POLICY = Policy(forwarders=ANYONE, authentication_server="mx.agency.example")


@cache
def _portals() -> Portals:
    return gather(shipped_portals(0.2))


def run(data: bytes, seconds: float = SECONDS) -> None:
    """Decide on the mail; raise where a promise is broken."""
    raw = blow_up(data)
    with within(seconds):
        decision = decide(raw, _RECEIVED, _portals(), _POLICY)
    check(decision, _portals())


def blow_up(data: bytes) -> bytes:
    """Repeat what stands between two marks."""
    before, _, rest = data.partition(REPEAT)
    unit, marked, after = rest.partition(REPEAT)
    if not marked:
        return data
    return before + unit * (LARGEST // max(1, len(unit))) + after


def seeds() -> Iterator[bytes]:
    """Give the mails of the fixtures, and some with a stretch to repeat."""
    fixtures = Path(__file__).parents[1] / "fixtures"
    for number, file in enumerate(sorted(fixtures.rglob("*.eml"))):
        raw = file.read_bytes()
        yield raw
        if number % 7 == 0:
            middle = len(raw) // 2
            yield raw[:middle] + REPEAT + raw[middle : middle + 40] + REPEAT + raw[middle + 40 :]
