"""The deciding process: what it says is what `decide` says, and one mail can only harm itself."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from select import select

import pytest
from structlog.testing import capture_logs

from mailbridge.decider import Case, Decider
from mailbridge.decision import Decision, Policy, decide
from mailbridge.outcomes import Outcome
from mailbridge.rules.judgement import Portals, gather
from tests.bridge.trap import Trap
from tests.mails import WHEN, inquiry, mail, newsletter, private


def case(raw: bytes) -> Case:
    return Case(raw, WHEN)


def harm(subject: str) -> Case:
    return case(mail("interested@homegate.ch", subject, "Bonjour", "harm"))


@pytest.fixture
def trap(portals: Portals) -> Iterator[Decider]:
    with Decider(Trap(portals.by_sender, portals.all), patience=20) as process:
        yield process


def test_it_says_what_decide_says(decider: Decider, portals: Portals) -> None:
    raws = [inquiry(1), newsletter(), private(), inquiry(2, email=None), b""]
    asked = decider.ask([case(raw) for raw in raws], Policy()).result()
    for raw, carried in zip(raws, asked, strict=True):
        decision = decide(raw, WHEN, portals, Policy())
        assert carried.outcome is decision.outcome
        assert carried.identity == decision.identity
        assert carried.wanted == decision.wanted
        assert carried.problems == decision.problems
        assert carried.message.subject == decision.message.subject
        assert carried.message.message_id == decision.message.message_id
        if decision.reading:
            assert carried.reading
            assert carried.reading.text == decision.reading.text


def test_nothing_asked_nothing_said(decider: Decider) -> None:
    assert decider.ask([], Policy()).result() == []


@pytest.mark.parametrize("subject", ["die", "hoard"])
def test_a_mail_that_ends_the_process_is_kept_and_the_others_go_on(
    trap: Decider, subject: str
) -> None:
    cases = [case(inquiry(1)), harm(subject), case(inquiry(2))]
    first, second, third = trap.ask(cases, Policy()).result()
    assert (first.outcome, third.outcome) == (Outcome.LEAD, Outcome.LEAD)
    assert second.outcome is Outcome.UNREADABLE
    [problem] = second.problems
    assert "ended the process" in problem.text


class Hasty(Decider):
    """Has no patience with what hangs, and all that a busy machine wants with the others."""

    def _exchange(self, cases: Sequence[Case], policy: Policy) -> list[Decision]:
        self._patience = 2 if any(b"hang" in one.raw for one in cases) else 30
        return super()._exchange(cases, policy)


def test_a_mail_that_takes_too_long_is_kept(portals: Portals) -> None:
    with Hasty(Trap(portals.by_sender, portals.all)) as process:
        slow, fine = process.ask([harm("hang"), case(inquiry())], Policy()).result()
    assert slow.outcome is Outcome.UNREADABLE
    assert "more than 2 s" in slow.problems[0].text
    assert fine.outcome is Outcome.LEAD


def test_rules_are_renewed_between_two_questions(portals: Portals, trap: Decider) -> None:
    """What was asked before, and what was prepared for the rules before, is decided by them."""
    mails, none = [case(inquiry(number)) for number in range(3)], gather([])
    with Decider(portals) as process:
        before = process.ask(mails, Policy())
        process.renew(none)
        after = process.ask(mails, Policy())
        prepared = process.ask(mails, Policy(), portals)
        last = process.ask(mails, Policy())
        told = [{d.outcome for d in asked.result()} for asked in (before, after, prepared, last)]
    lead, nobodys = {Outcome.LEAD}, {Outcome.UNMATCHED}
    assert told == [lead, nobodys, lead, nobodys]
    # The batch whose process is lost goes on by the rules that it began with.
    lost = trap.ask([harm("die"), case(inquiry())], Policy())
    trap.renew(none)
    assert lost.result()[1].outcome is Outcome.LEAD
    assert trap.ask([case(inquiry())], Policy()).result()[0].outcome is Outcome.UNMATCHED


def test_a_process_that_dies_by_chance_costs_no_mail(trap: Decider, tmp_path: Path) -> None:
    [decision] = trap.ask([harm(f"once {tmp_path / 'died'}")], Policy()).result()
    assert decision.outcome is Outcome.INCOMPLETE  # as it would have been the first time


def test_a_defect_keeps_its_mail_and_names_the_place_not_the_value(trap: Decider) -> None:
    with capture_logs() as said:
        broken, fine = trap.ask(
            [harm("defect visitor@example.org"), case(inquiry())], Policy()
        ).result()
    assert (broken.outcome, fine.outcome) == (Outcome.UNREADABLE, Outcome.LEAD)
    [event] = said
    assert event["event"] == "a defect in mailbridge"
    assert "trap.py" in event["trace"]
    assert "visitor@example.org" not in event["trace"]


def test_the_process_ends_with_the_one_that_asks() -> None:
    # Even by SIGKILL, which leaves no time to tidy up.
    code = """
import os, signal
from mailbridge.rulefiles import shipped_portals
from mailbridge.decider import Decider
from mailbridge.rules.judgement import gather
decider = Decider(gather(shipped_portals(1.0)))
print(decider._process._process.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    asker = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, check=False)
    with suppress(ProcessLookupError):
        descriptor = os.pidfd_open(int(asker.stdout))
        ended, _, _ = select([descriptor], [], [], 30)
        os.close(descriptor)
        assert ended, "the process is still there"
