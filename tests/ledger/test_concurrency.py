"""Threads and processes at once: no lead is claimed twice, no decision is taken on stale facts."""

from collections.abc import Callable
from threading import Barrier, Thread

from mailbridge.ledger.ledger import Ledger
from mailbridge.ledger.records import State
from mailbridge.outcomes import Outcome
from tests.ledger.making import FOREVER, T0, lead, mail, place, settled


def run_all(works: list[Callable[[], None]]) -> None:
    """Run each in a thread of its own, all beginning at once; the first failure is raised."""
    barrier = Barrier(len(works))
    failures: list[BaseException] = []

    def run(work: Callable[[], None]) -> None:
        barrier.wait()
        try:
            work()
        except BaseException as error:  # noqa: BLE001 -- raised by the main thread
            failures.append(error)

    threads = [Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(90)
    if failures:
        raise failures[0]


def test_nobody_gets_the_lead_of_another(url: str, ledger: Ledger) -> None:
    """Two threads share a ledger, a third has a connection of its own, as another process has."""
    ledger.record([mail(n, lead(n)) for n in range(60)], None, T0)
    claimed: list[int] = []

    def send_all(book: Ledger) -> None:
        mine = book.claim(T0)
        while mine is not None:
            claimed.append(mine.lead)
            mine = book.settle_and_claim(settled(mine, State.SENT), T0)

    with Ledger.open(url) as other:
        run_all([lambda: send_all(ledger), lambda: send_all(ledger), lambda: send_all(other)])
    assert len(claimed) == len(set(claimed)) == 60
    assert ledger.summary().outcomes == {Outcome.SENT: 60}


def test_the_same_inquiry_in_two_inboxes_becomes_one_lead(ledger: Ledger) -> None:
    def decide_and_record(inbox: str) -> None:
        for number in range(25):
            with ledger.writing() as book:
                known = book.history([], [f"fingerprint-{number}"], FOREVER)
                first = known.leads.get(f"fingerprint-{number}")
                new = lead(number, duplicate_of=None if first is None else first.id)
                where = place(number, inbox=inbox)
                book.record([mail(number, new, place=where)], None, T0)

    run_all([lambda: decide_and_record("sales"), lambda: decide_and_record("rent")])
    assert ledger.summary().outcomes == {Outcome.DEFERRED: 25, Outcome.DUPLICATE: 25}


def test_mails_are_recorded_and_read_while_leads_are_sent(ledger: Ledger) -> None:
    def record(inbox: str) -> None:
        for number in range(20):
            where = place(number, inbox=inbox)
            ledger.record([mail(number, lead(number), place=where)], None, T0)
            assert ledger.summary().inboxes == ()

    def send() -> None:
        sent = 0
        claimed = None
        while sent < 40:
            claimed = claimed or ledger.claim(T0)
            if claimed is not None:
                claimed = ledger.settle_and_claim(settled(claimed, State.SENT), T0)
                sent += 1

    run_all([lambda: record("sales"), lambda: record("rent"), send])
    assert ledger.summary().outcomes == {Outcome.SENT: 40}
    assert len(ledger.to_mark("sales", 99)) == len(ledger.to_mark("rent", 99)) == 20
