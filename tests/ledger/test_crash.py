"""A bridge killed in the middle (SIGKILL): nothing promised is lost, nothing is sent twice."""

import signal
import subprocess
import sys

import pytest

from mailbridge.errors import LedgerError
from mailbridge.ledger.ledger import Ledger
from mailbridge.ledger.records import State
from tests.ledger.making import T0, settled
from tests.ledger.sessions import until_unclaimed


def run_and_kill(url: str, first: int, lines: int) -> list[list[str]]:
    """What a worker said until it was killed, which was at some point after that many lines."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.ledger.worker", url, str(first)],
        stdout=subprocess.PIPE,
        text=True,
    ) as worker:
        assert worker.stdout is not None
        said = [worker.stdout.readline() for _ in range(lines)]
        worker.send_signal(signal.SIGKILL)
        said += worker.stdout.readlines()
        assert worker.wait(30) == -signal.SIGKILL
    until_unclaimed(url)
    return [line.split() for line in said if line.endswith("\n")]


def test_a_killed_bridge_loses_nothing_and_sends_nothing_twice(url: str) -> None:
    posted: list[int] = []
    recorded: list[int] = []
    doubted: set[int] = set()
    for lines in (4, 9, 16, 27):
        for word, *rest in run_and_kill(url, len(recorded) + 1, lines):
            numbers = [int(number) for number in rest]
            if word == "posted":
                posted += numbers
            elif word == "recorded":
                recorded += numbers
            else:
                doubted |= set(numbers)
        with Ledger.open(url) as ledger:
            at = ledger.cursor("sales", "INBOX")
            assert at is not None
            # A mail may be recorded that was not yet said to be; its cursor came with it.
            assert at.next_uid - 1 - len(recorded) in {0, 1}
            recorded = list(range(1, at.next_uid))
            assert len(ledger.mails(limit=100_000)) == len(recorded)
    assert len(posted) == len(set(posted))
    with Ledger.open(url) as ledger:
        ledger.claim_instance()  # the dead one's claim is gone
        doubted |= set(ledger.recover(T0, None))
        states = {
            at.id: at.state
            for m in ledger.mails(limit=100_000)
            for found in [ledger.mail(m.id)]
            if found is not None
            for at in found.leads
        }
        for number in posted:  # whatever was posted is known to have been, perhaps
            assert states[number] in {State.SENT, State.IN_DOUBT}
        assert {n for n, state in states.items() if state is State.IN_DOUBT} == doubted
        assert 1 <= len(doubted) <= 4
        rest_sent = 0
        claimed = ledger.claim(T0)
        while claimed is not None:
            assert claimed.lead not in posted
            rest_sent += 1
            claimed = ledger.settle_and_claim(settled(claimed, State.SENT), T0)
        assert rest_sent == sum(state is State.QUEUED for state in states.values())


def test_a_living_bridge_keeps_its_claim(url: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.ledger.worker", url, "1"], stdout=subprocess.PIPE, text=True
    ) as worker:
        assert worker.stdout is not None
        worker.stdout.readline()
        try:
            with (
                Ledger.open(url) as ledger,
                pytest.raises(LedgerError, match=rf"\(pid {worker.pid}\b"),
            ):
                ledger.claim_instance()
        finally:
            worker.kill()
            worker.communicate()
