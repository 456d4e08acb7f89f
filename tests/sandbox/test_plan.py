"""Plans: what they say, and what is told about those that say nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbridge.errors import MailbridgeError
from mailbridge.sandbox.plan import KINDS, Step, parse_plan


@pytest.mark.parametrize(
    ("text", "plan"),
    [
        ("", ()),
        (" , ;\n", ()),
        ("503", (Step(kind="status", status=503),)),
        ("503x3", (Step(kind="status", status=503),) * 3),
        ("429 retry-after=2", (Step(kind="status", status=429, retry_after=2),)),
        ("503x2 retry-after=0", (Step(kind="status", status=503, retry_after=0),) * 2),
        ("slow=0.5x2", (Step(kind="slow", seconds=0.5),) * 2),
        ("drop-afterx2", (Step(kind="drop-after"),) * 2),
        ("TEXTx1, Hang", (Step(kind="text"), Step(kind="hang"))),
        ("ok; 204\nempty", (Step(kind="ok"), Step(kind="status", status=204), Step(kind="empty"))),
    ],
)
def test_a_plan_is_read(text, plan):
    assert parse_plan(text) == plan


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "slow"])
def test_every_kind_is_understood(kind):
    assert parse_plan(kind) == (Step(kind=kind),)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("503, boom", "Plan, step 2 ('boom'): not understood. A step is a status such as 503"),
        ("503 retry=2", "not understood"),
        ("503x", "not understood"),
        ("-", "not understood"),
        ("status", "not understood"),
        ("50", "a status is from 200 to 599"),
        ("100", "a status is from 200 to 599"),
        ("600", "a status is from 200 to 599"),
        ("hangx0", "at least once"),
        ("slow", "slow=0.5"),
        ("hang=3", "slow=0.5"),
        ("hang retry-after=3", "429 retry-after=2"),
        ("okx99999, okx2", "step 2: more than 100,000 steps"),
    ],
)
def test_a_wrong_plan_is_told(text, told):
    with pytest.raises(MailbridgeError) as caught:
        parse_plan(text)
    assert told in str(caught.value)


@given(st.text(alphabet="ok503slowx=.,;- retry-after\n2", max_size=30))
def test_no_text_breaks_it(text):
    try:
        plan = parse_plan(text)
    except MailbridgeError:
        return
    assert all(step.kind in (*KINDS, "status") for step in plan)
