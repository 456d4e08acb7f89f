"""Every mail in fixtures/forwarded gives the lead that lies beside it, by the decision itself."""

from functools import cache
from pathlib import Path

import pytest

from mailbridge.casebook import run_case
from mailbridge.decision import Policy
from mailbridge.documents.casefile import CaseFile
from mailbridge.documents.located import parse
from mailbridge.documents.shape import shape
from mailbridge.rulefiles import shipped_portals
from mailbridge.rules.judgement import Portals, gather

FOLDER = Path(__file__).parents[1] / "fixtures" / "forwarded"
CASES = sorted(path.stem for path in FOLDER.glob("*.yaml"))


@cache
def portals() -> Portals:
    return gather(shipped_portals(2.0))


def test_there_are_cases() -> None:
    assert len(CASES) >= 100
    assert sorted(path.stem for path in FOLDER.glob("*.eml")) == CASES


@pytest.mark.parametrize("name", CASES)
def test_the_lead_is_that_of_the_mail_inside(name: str) -> None:
    file = FOLDER / f"{name}.yaml"
    case = shape(parse(file.read_text("utf-8"), str(file)), CaseFile)
    raw = (FOLDER / f"{name}.eml").read_bytes()
    decision, differences = run_case(case, raw, portals(), Policy())
    assert not differences, [str(one) for one in differences] + [p.code for p in decision.problems]
    codes = [problem.code for problem in decision.problems]
    assert ("forwarded" in codes) == (case.portal is not None)
