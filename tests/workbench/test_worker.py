"""The bench's process: what it says is what the bench says, and it gives up in time."""

from concurrent.futures import ThreadPoolExecutor
from time import monotonic

import pytest
from structlog.testing import capture_logs

from mailbridge.errors import BadDocument
from mailbridge.outcomes import Outcome
from mailbridge.workbench.bench import Bench
from mailbridge.workbench.samples import People
from mailbridge.workbench.worker import LostError, Worker
from tests.mails import inquiry, mail, private
from tests.workbench.benches import SHIPPED, Trap, cases, ground, sample

LONG = 60.0
"""Seconds for what does no harm: a machine that pauses is not a mail that hangs."""


def test_it_says_what_the_bench_says() -> None:
    bench = Bench(ground())
    with Worker(ground(), budget=LONG, patience=LONG) as worker:
        for each in (bench, worker):
            each.take(sample("one", inquiry()))
            each.take(sample("two", private()))
            for case in cases()[:3]:
                each.take_case(case)
        assert worker.study(SHIPPED) == bench.study(SHIPPED)
        assert worker.view("one", SHIPPED) == bench.view("one", SHIPPED)
        assert worker.view("nobody", SHIPPED) is None
        asked = (SHIPPED, "one", "kept", People.KEPT)
        assert worker.make_case(*asked) == bench.make_case(*asked)
        with pytest.raises(BadDocument, match="mtach"):
            worker.make_case(SHIPPED.replace("match:", "mtach:"), *asked[1:])
        worker.drop("one")
        study = worker.study(SHIPPED)
        assert study
        assert [one.key for one in study.mails] == ["two"]


@pytest.mark.parametrize("word", ["KILL", "HOARD"])
def test_a_mail_that_ends_the_process_is_told_and_the_others_are_tried(word: str) -> None:
    with Worker(ground(), kind=Trap, budget=LONG, patience=LONG) as worker, capture_logs():
        worker.take(sample("one", inquiry(1)))
        worker.take(sample("bad", mail("interested@homegate.ch", word, "x", "bad")))
        worker.take(sample("two", inquiry(2)))
        study = worker.study(SHIPPED)
        assert study
        assert [(m.key, m.outcome) for m in study.mails] == [
            ("one", Outcome.LEAD),
            ("two", Outcome.LEAD),
        ]
        [(key, problem)] = study.unread
        assert (key, problem.code) == ("bad", "undecided")


def test_a_text_that_hangs_is_given_up_and_the_next_one_is_answered() -> None:
    with Worker(ground(), kind=Trap, budget=LONG, patience=LONG) as worker, capture_logs():
        worker.take(sample("one", inquiry(1)))
        assert worker.study(SHIPPED)
        worker._patience = 2.0
        study = worker.study(SHIPPED + "# hang\n")
        worker._patience = LONG
        assert study
        assert [problem.code for problem in study.problems] == ["overrun"]
        assert not study.may_be_saved
        again = worker.study(SHIPPED)
        assert again
        assert [m.outcome for m in again.mails] == [Outcome.LEAD]


def test_a_newer_text_ends_an_older_one() -> None:
    with (
        Worker(ground(), kind=Trap, budget=LONG, patience=100) as worker,
        ThreadPoolExecutor(1) as pool,
    ):
        worker.take(sample("one", inquiry(1)))
        assert worker.study(SHIPPED)
        older = pool.submit(worker.study, SHIPPED + "# hang\n")
        while not worker.busy:
            assert not older.done()
        begin = monotonic()
        newer = worker.study(SHIPPED)
        assert newer
        assert newer.mails
        assert monotonic() - begin < 60
        assert older.result(timeout=30) is None


def test_a_defect_names_the_place_not_the_value() -> None:
    with Worker(ground(), kind=Trap, budget=LONG, patience=LONG) as worker, capture_logs() as said:
        study = worker.study(SHIPPED + "# defect visitor@example.org\n")
        assert study
        assert "defect" in study.problems[0].text
    [event] = said
    assert "benches.py" in event["trace"]
    assert "visitor@example.org" not in event["trace"]


def test_the_time_of_a_study_is_bounded_and_the_line_is_named() -> None:
    with Worker(ground(), budget=1, patience=60) as worker:
        for number in range(30):
            text = "a" * 200_000 + str(number)
            worker.take(
                sample(f"m{number}", mail("interested@homegate.ch", "x", text, f"{number}"))
            )
        rule = SHIPPED.replace("{in: contact, label: [E-mail, Email]}", "{pattern: '(.)'}")
        study = worker.study(rule)
        assert study
        assert study.untried > 0
        [problem] = study.slow
        assert "pattern: '(.)'" in rule.splitlines()[problem.line - 1]


def test_a_process_that_cannot_begin_is_told() -> None:
    with Worker(ground(), kind=int) as worker, capture_logs(), pytest.raises(LostError):  # type: ignore[arg-type]
        worker.view("one", SHIPPED)
