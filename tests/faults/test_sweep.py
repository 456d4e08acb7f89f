"""The sweep in small: forty kills. The long one is `python -m tests.faults.sweep`.

SWEEP_SEED repeats a run whose seed was printed, SWEEP_KILLS sets how many.
"""

import os
import random
from pathlib import Path

import pytest

from tests.faults.sweep import COURSES, Course, sweep
from tests.servers.dovecot import Dovecot

KILLS = int(os.environ.get("SWEEP_KILLS", "40"))
SEED = os.environ.get("SWEEP_SEED") or str(random.SystemRandom().randrange(10**6))


@pytest.mark.timeout(600)  # a dozen starts of the program in each
@pytest.mark.parametrize("course", COURSES, ids=str)
def test_random_kills_lose_nothing_and_double_nothing(
    tmp_path: Path, dovecot: Dovecot, course: Course, request: pytest.FixtureRequest
) -> None:
    needs = course.ledger == "postgresql"
    postgresql = request.getfixturevalue("postgresql") if needs else None
    found, kills = sweep(course, KILLS // len(COURSES), SEED, tmp_path, dovecot, postgresql)
    told = f"SWEEP_SEED={SEED}: {kills.total()} kills {dict(kills)}; {found}"
    print(told)  # noqa: T201  (shown when it fails)
    assert not found.faults, [told, *found.faults]
    assert kills.total() == KILLS // len(COURSES)
    assert found.inquiries
