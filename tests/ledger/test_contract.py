"""The contract as a whole: every public method is asked on both databases, in these modules."""

import ast
import inspect
from pathlib import Path

from mailbridge.ledger.ledger import Book, Ledger
from mailbridge.outcomes import Outcome
from tests.ledger.freeze import represent
from tests.ledger.making import FOREVER, MINUTE, T0, cursor, lead, mail

ON_BOTH = ("contract", "concurrency", "crash", "upgrade", "migration")


def test_every_public_method_is_asked_on_both_databases() -> None:
    public = {
        name
        for of in (Ledger, Book)
        for name, _ in inspect.getmembers(of, callable)
        if not name.startswith("_")
    }
    asked: set[str] = set()
    for path in Path(__file__).parent.glob("test_*.py"):
        if not any(word in path.stem for word in ON_BOTH):
            continue
        for function in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(function, ast.FunctionDef):
                asked |= {n.attr for n in ast.walk(function) if isinstance(n, ast.Attribute)}
    assert public - asked == set()


def everything(ledger: Ledger) -> list[object]:
    numbers = [m.id for m in ledger.mails(limit=1_000)]
    found = [ledger.mail(number) for number in numbers]
    return [
        *found,
        ledger.mails(limit=1_000),
        ledger.summary(),
        ledger.next_due(),
        ledger.cursor("sales", "INBOX"),
        ledger.to_mark("sales", 100),
        ledger.to_decide_again("sales"),
        ledger.history([m.identity for m in found if m], ["fingerprint-1"], FOREVER),
    ]


def test_who_only_reads_sees_what_the_writer_sees(url: str, ledger: Ledger) -> None:
    represent(ledger)
    with Ledger.read_only(url) as reader, Ledger.open(url, migrate=False) as second:
        assert everything(reader) == everything(ledger) == everything(second)


def test_a_reading_is_one_moment_however_many_queries_it_takes(ledger: Ledger) -> None:
    ledger.record([mail(1, lead(1))], cursor(2), T0)
    with ledger._database.reading() as connection:
        count = "SELECT count(*) FROM mails"
        before = connection.exec_driver_sql(count).scalar()
        ledger.record([mail(2, lead(2))], cursor(3), T0)
        assert connection.exec_driver_sql(count).scalar() == before == 1
    assert len(ledger.mails()) == 2


def test_both_databases_hold_the_same(sqlite_url: str, postgresql_url: str) -> None:
    with Ledger.open(sqlite_url) as one, Ledger.open(postgresql_url) as other:
        for ledger in (one, other):
            represent(ledger)
        assert everything(one) == everything(other)
        assert {m.outcome for m in one.mails()} == set(Outcome) - {Outcome.LEAD}
        assert one.claim(T0 + MINUTE) == other.claim(T0 + MINUTE)
