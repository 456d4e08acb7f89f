"""The queue against a model of it in plain Python: any order of steps, crashes at any of them."""

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from mailbridge.errors import LedgerError
from mailbridge.ledger.answers import Requeued, Resolved
from mailbridge.ledger.ledger import Ledger
from mailbridge.ledger.outcome import outcome_of
from mailbridge.ledger.records import Settlement, State, Word
from mailbridge.outcomes import Outcome
from tests.ledger.making import MINUTE, T0, lead, mail
from tests.ledger.sessions import until_unclaimed
from tests.servers.postgresql import PostgreSQL

ENDS = [State.SENT, State.REJECTED, State.DEFERRED, State.IN_DOUBT, State.QUEUED]


@dataclass
class Modelled:
    mail: int
    state: State = State.QUEUED
    due: datetime | None = None
    failures: int = 0
    resent: bool = False

    def is_due(self, now: datetime) -> bool:
        if self.state is State.QUEUED:
            return True
        if self.state is State.DEFERRED:
            return self.due is None or self.due <= now
        return self.state is State.IN_DOUBT and self.due is not None and self.due <= now


class Killed(BaseException):
    """The process ends here."""


class Storage:
    """Where the model's ledger is: on SQLite each crash leaves copies of the files, no more."""

    def __init__(self, postgresql: PostgreSQL | None) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.postgresql = postgresql
        self.schema = postgresql.new_schema() if postgresql else ""
        self.lives = 0

    @property
    def url(self) -> str:
        if self.postgresql:
            return self.postgresql.url(self.schema)
        return f"sqlite:///{self.folder.name}/{self.lives}/ledger.db"

    def cut_off(self) -> None:
        """What SIGKILL leaves: the files as they are, sessions that end in their middle."""
        if self.postgresql:
            self.postgresql.ask(CUT_SESSIONS, self.schema)
        else:
            before, self.lives = Path(self.folder.name) / str(self.lives), self.lives + 1
            after = Path(self.folder.name) / str(self.lives)
            after.mkdir()
            for path in before.iterdir():
                if not path.name.endswith((".lock", "-shm")):
                    shutil.copyfile(path, after / path.name)


CUT_SESSIONS = """
SELECT pg_terminate_backend(l.pid, 10000) FROM pg_locks l WHERE l.locktype = 'advisory'
AND l.classid = 1835139073
AND l.objid = (hashtext(current_schema())::bigint & 4294967295)::oid
"""


class QueueMachine(RuleBasedStateMachine):
    def __init__(self, postgresql: PostgreSQL | None = None) -> None:
        super().__init__()
        self.storage = Storage(postgresql)

    @initialize()
    def open(self) -> None:
        self.ledger = Ledger.open(self.storage.url)
        self.ledger.claim_instance()
        self.now = T0
        self.leads: dict[int, Modelled] = {}
        self.uid = 0

    def teardown(self) -> None:
        if hasattr(self, "ledger"):
            self.ledger.close()
        self.storage.folder.cleanup()

    @rule(parts=st.integers(1, 3))
    def record(self, parts: int) -> None:
        self.uid += 1
        new = mail(self.uid, *(lead(self.uid, part=part) for part in range(1, parts + 1)))
        [number] = self.ledger.record([new], None, self.now)
        found = self.ledger.mail(number)
        assert found is not None
        self.leads |= {at.id: Modelled(number) for at in found.leads}

    @rule()
    def claim(self) -> None:
        expected = min((n for n, at in self.leads.items() if at.is_due(self.now)), default=None)
        claimed = self.ledger.claim(self.now)
        assert (claimed and claimed.lead) == expected
        if claimed is not None:
            at = self.leads[claimed.lead]
            at.resent |= at.state is State.IN_DOUBT
            at.state, at.due = State.SENDING, None
            assert (claimed.mail, claimed.failures, claimed.resent) == (
                at.mail,
                at.failures,
                at.resent,
            )

    @rule(
        pick=st.integers(0, 99),
        state=st.sampled_from(ENDS),
        wait=st.none() | st.integers(0, 9),
        failed=st.booleans(),
    )
    def settle(self, pick: int, state: State, wait: int | None, failed: bool) -> None:
        sending = [n for n, at in self.leads.items() if at.state is State.SENDING]
        if not sending:
            return
        number = sending[pick % len(sending)]
        due = None if wait is None else self.now + wait * MINUTE
        at = self.leads[number]
        self.ledger.settle(
            Settlement(
                lead=number,
                mail=at.mail,
                state=state,
                at=self.now,
                next_attempt=due,
                failed=failed,
            )
        )
        at.state, at.due, at.failures = state, due, at.failures + failed

    @rule(minutes=st.integers(1, 9))
    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(wait=st.none() | st.integers(0, 9))
    def stop_and_start(self, wait: int | None) -> None:
        self.start_again(wait)

    @rule(wait=st.none() | st.integers(0, 9))
    def crash(self, wait: int | None) -> None:
        self.storage.cut_off()
        self.start_again(wait)

    @rule(
        step=st.sampled_from(["record", "claim", "settle", "recover", "retry", "mark", "due"]),
        wait=st.none() | st.integers(0, 9),
    )
    def crash_before_the_commit(self, step: str, wait: int | None) -> None:
        """The step has written everything, and nothing of it may be there afterwards."""
        database = self.ledger._database
        with pytest.MonkeyPatch.context() as patch:
            commit: Callable[..., Any] = database.engine.dialect.do_commit

            def kill(connection: Any) -> None:
                self.storage.cut_off()
                if not self.storage.postgresql:
                    raise Killed
                commit(connection)  # the session is gone, and says so

            patch.setattr(database.engine.dialect, "do_commit", kill)
            try:
                self.take(step)
            except (Killed, LedgerError):
                pass
            else:
                return  # there was nothing to do
        self.start_again(wait)

    def take(self, step: str) -> None:
        sending = [n for n, at in self.leads.items() if at.state is State.SENDING]
        match step:
            case "record":
                self.ledger.record([mail(self.uid + 1, lead(self.uid + 1))], None, self.now)
            case "claim":
                self.ledger.claim(self.now)
            case "settle" if sending:
                at = self.leads[sending[0]]
                self.ledger.settle(
                    Settlement(lead=sending[0], mail=at.mail, state=State.SENT, at=self.now)
                )
            case "recover":
                self.ledger.recover(self.now, None)
            case "retry" if self.leads:
                self.ledger.retry(min(self.leads.values(), key=lambda at: at.mail).mail, self.now)
            case "mark":
                due = self.ledger.to_mark("sales", 100)
                self.ledger.marked({m.id: m.outcome for m in due}, {})
            case "due":
                self.ledger.make_due(self.now)
            case _:
                return  # nothing is being sent, or nothing was recorded yet

    def start_again(self, wait: int | None) -> None:
        due = None if wait is None else self.now + wait * MINUTE
        self.ledger.close()
        until_unclaimed(self.storage.url)
        self.ledger = Ledger.open(self.storage.url)
        self.ledger.claim_instance()
        sending = [n for n, at in self.leads.items() if at.state is State.SENDING]
        assert self.ledger.recover(self.now, due) == sorted(sending)
        for number in sending:
            at = self.leads[number]
            at.state, at.due = State.IN_DOUBT, None if at.resent else due

    @rule()
    def destination_is_back(self) -> None:
        self.ledger.make_due(self.now)
        for at in self.leads.values():
            if at.state is State.DEFERRED and at.due is not None:
                at.due = min(at.due, self.now)

    @rule(pick=st.integers(0, 99))
    def retry(self, pick: int) -> None:
        if not self.leads:
            return
        number = sorted({at.mail for at in self.leads.values()})[pick % self.uid]
        retried = {State.REJECTED, State.DEFERRED, State.IN_DOUBT, State.DROPPED}
        of_mail = {n: at for n, at in self.leads.items() if at.mail == number}
        again = [n for n, at in of_mail.items() if at.state in retried]
        if State.SENDING in {at.state for at in of_mail.values()}:
            again = []
        answer = self.ledger.retry(number, self.now)
        assert isinstance(answer, Requeued) is bool(again)
        for n in again:
            at = self.leads[n]
            at.resent |= at.state is State.IN_DOUBT
            at.state, at.due, at.failures = State.QUEUED, self.now, 0

    @rule(pick=st.integers(0, 99), word=st.sampled_from(Word))
    def resolve(self, pick: int, word: Word) -> None:
        """Whatever was said, in whatever order: nothing accepted is sent, nothing is lost."""
        if not self.leads:
            return
        number = sorted({at.mail for at in self.leads.values()})[pick % self.uid]
        before = {n: at.state for n, at in self.leads.items() if at.mail == number}
        answer = self.ledger.resolve(number, word, self.now)
        found = self.ledger.mail(number)
        assert found is not None
        for at in found.leads:
            known = self.leads[at.id]
            if at.state is known.state:
                continue
            assert isinstance(answer, Resolved)
            assert known.state not in {State.SENT, State.SENDING, State.DUPLICATE}
            assert (at.id in answer.queued) is (at.state is State.QUEUED)
            assert (at.id in answer.closed) is (at.state in {State.BY_HAND, State.DROPPED})
            assert at.state is not State.DROPPED or word is Word.NOT_SENT
            assert at.state is not State.BY_HAND or word is Word.SENT
            known.resent |= known.state is State.IN_DOUBT
            known.state = at.state
            known.due, known.failures = (self.now if at.id in answer.queued else None), 0
        doubted = [n for n, state in before.items() if state is State.IN_DOUBT]
        if doubted and State.SENDING not in before.values():
            assert isinstance(answer, Resolved)
            assert sorted((*answer.queued, *answer.closed)) == doubted
        same = self.ledger.resolve(number, word, self.now)
        assert isinstance(same, Resolved) is False or found.outcome.for_review

    @rule()
    def mark(self) -> None:
        due = self.ledger.to_mark("sales", 100)
        self.ledger.marked({m.id: m.outcome for m in due}, {}, {m.id: m.outcome for m in due})
        for m in self.ledger.mails(limit=1_000):
            assert m.outcome is Outcome.DEFERRED or m.marked == m.outcome

    @invariant()
    def the_ledger_is_as_the_model(self) -> None:
        if not hasattr(self, "leads"):
            return
        states: dict[int, list[State]] = {}
        for at in self.leads.values():
            states.setdefault(at.mail, []).append(at.state)
        expected = {n: outcome_of(Outcome.LEAD, of_mail) for n, of_mail in states.items()}
        assert {m.id: m.outcome for m in self.ledger.mails(limit=1_000)} == expected
        some = any(at.is_due(datetime.max.replace(tzinfo=T0.tzinfo)) for at in self.leads.values())
        assert (self.ledger.next_due() is not None) is some


def test_the_queue_on_sqlite() -> None:
    run_state_machine_as_test(
        QueueMachine, settings=settings(max_examples=25, stateful_step_count=30, deadline=None)
    )


def test_the_queue_on_postgresql(postgresql: PostgreSQL) -> None:
    run_state_machine_as_test(
        lambda: QueueMachine(postgresql),  # type: ignore[arg-type]
        settings=settings(max_examples=8, stateful_step_count=25, deadline=None),
    )
