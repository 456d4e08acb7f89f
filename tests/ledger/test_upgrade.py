"""Ledgers of every earlier schema come up to date with all that they hold, or stay as they were."""

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from mailbridge.errors import LedgerError
from mailbridge.ledger import migration
from mailbridge.ledger.answers import Requeued
from mailbridge.ledger.ledger import Ledger
from mailbridge.ledger.records import State
from mailbridge.ledger.tables import SCHEMA, metadata
from mailbridge.outcomes import Outcome
from tests.ledger.freeze import SCHEMAS
from tests.ledger.making import FOREVER, MINUTE, T0, cursor, lead, mail, outcome, place, settled
from tests.ledger.upgrading import Rows, bring_back, missing, next_config, revisions, rows

LATER = T0 + 100_000 * MINUTE


def test_every_schema_is_frozen() -> None:
    frozen = {path.stem for path in SCHEMAS.glob("*.sql")}
    assert frozen == set(revisions()), "write it with: python -m tests.ledger.freeze"


def use_everything(ledger: Ledger, before: Rows) -> None:
    """Every query of the room, on old rows: they are all found, and mail and leads go on."""
    ledger.claim_instance()
    mails = [ledger.mail(m.id) for m in ledger.mails(limit=1_000)]
    counts = ledger.summary().outcomes.values()
    assert len(mails) == len(before["mails"]) == sum(counts)
    found = {m.id: m for m in mails if m is not None}
    assert sorted(at.id for m in found.values() for at in m.leads) == [
        row["id"] for row in before["leads"]
    ]
    tried = [attempt for m in found.values() for at in m.leads for attempt in at.attempts]
    assert len(tried) == len(before["attempts"])
    assert {m.id for m in found.values() if m.raw} == {
        row["mail"] for row in before["mail_contents"] if row["raw"]
    }
    for one in found.values():
        assert one.id in {m.id for m in ledger.mails(search=one.message_id or str(one.id))}
        assert ledger.record([mail(0, place=one.place, identity=one.identity)], None, T0) == [
            one.id
        ]
    known = ledger.history(
        [m.identity for m in found.values()],
        [at.fingerprint for m in found.values() for at in m.leads],
        FOREVER,
    )
    assert set(known.mails) == {m.identity for m in found.values()}
    assert known.leads
    for row in before["cursors"]:
        there = ledger.cursor(row["inbox"], row["folder"])
        assert there is not None
        assert there.next_uid == row["next_uid"]
    assert {at.inbox for at in ledger.summary().inboxes} == {r["inbox"] for r in before["inboxes"]}
    # It goes on.
    sending = [row["id"] for row in before["leads"] if row["state"] == "sending"]
    assert ledger.recover(T0, LATER) == sending
    for number in ledger.to_decide_again("sales"):
        one = found[number]
        with ledger.writing() as book:
            assert book.redecide(one.id, mail(0, lead(900 + one.id), place=one.place))
    rejected = next(m.id for m in found.values() if m.outcome is Outcome.REJECTED)
    assert isinstance(ledger.retry(rejected, T0), Requeued)
    ledger.make_due(T0)
    assert ledger.next_due() is not None
    claimed = ledger.claim(LATER)
    while claimed is not None:
        claimed = ledger.settle_and_claim(settled(claimed, State.SENT), LATER)
    due = ledger.to_mark("sales", 1_000)
    ledger.marked({m.id: "sent" for m in due}, {}, {m.id: m.outcome for m in due})
    assert ledger.to_mark("sales", 1_000) == []
    assert ledger.relocate(due[0].id, place(7_000))
    [new] = ledger.record([mail(8_000, lead(8_000))], cursor(8_001), LATER)
    assert new == max(found) + 1  # no id is given twice
    assert outcome(ledger, new) is Outcome.DEFERRED


@pytest.mark.parametrize("revision", revisions())
def test_a_ledger_of_each_schema_comes_up_to_date(url: str, revision: str) -> None:
    before = bring_back(url, revision)
    assert {name for name, of_table in before.items() if not of_table} == set()
    if revision != SCHEMA:
        with pytest.raises(LedgerError, match="from an older mailbridge"):
            Ledger.read_only(url)
    Ledger.open(url).close()
    assert missing(before, rows(url)) == {}
    with Ledger.open(url, migrate=False) as ledger:
        with ledger._database.reading() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert context.get_current_revision() == SCHEMA
            assert compare_metadata(context, metadata) == []
        use_everything(ledger, before)


@pytest.mark.parametrize("revision", revisions())
def test_a_ledger_of_each_schema_takes_the_next_step_too(
    url: str, revision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that this test walks, even while there is but one schema."""
    before = bring_back(url, revision)
    monkeypatch.setattr(migration, "_config", next_config)
    monkeypatch.setattr(migration, "SCHEMA", "next")
    with pytest.raises(LedgerError, match="from an older mailbridge"):
        Ledger.read_only(url)
    Ledger.open(url).close()
    after = rows(url)
    for row in before["leads"]:
        row["failures"] += 1  # as the step says
    assert missing(before, after) == {}
    assert len(after["notes"]) == len(before["mails"])
    with Ledger.open(url) as ledger:
        use_everything(ledger, before)


def test_a_lost_row_would_be_noticed(sqlite_url: str) -> None:
    before = bring_back(sqlite_url, SCHEMA)
    with sqlite3.connect(sqlite_url.removeprefix("sqlite:///")) as database:
        database.execute("DELETE FROM attempts WHERE id = 1")
        database.execute("UPDATE leads SET remote_id = '' WHERE id = 1")
    database.close()
    lost = missing(before, rows(sqlite_url))
    assert {table: [row["id"] for row in of_table] for table, of_table in lost.items()} == {
        "attempts": [1],
        "leads": [1],
    }


# Interrupted


def test_killed_in_its_middle_it_leaves_the_old_ledger(url: str) -> None:
    before = bring_back(url, SCHEMA)
    with subprocess.Popen(
        [sys.executable, "-m", "tests.ledger.migrator", url],
        env={**os.environ, "MIGRATION_WAITS": "yes"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as migrator:
        assert migrator.stdout is not None
        assert migrator.stdout.readline() == "in the middle\n"
        if url.startswith("sqlite"):  # what is to be undone has left the process
            wal = Path(url.removeprefix("sqlite:///") + "-wal")
            assert wal.stat().st_size > 1_000_000
        migrator.send_signal(signal.SIGKILL)
        assert migrator.wait(30) == -signal.SIGKILL
    usable_as_before(url, before)


def usable_as_before(url: str, before: Rows) -> None:
    with Ledger.open(url) as ledger:
        assert ledger.summary().queued
    assert rows(url) == before
    done = subprocess.run(
        [sys.executable, "-m", "tests.ledger.migrator", url],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    with pytest.raises(LedgerError, match="newer"):
        Ledger.open(url)


def migrate_with(fault: str, url: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [
            # Not --seccomp-bpf: with that strace 6.1 sends no signal.
            *("strace", "-f", "-o", "/dev/null"),
            *("-e", "trace=pwrite64", "-e", f"inject=pwrite64:{fault}"),
            *(sys.executable, "-m", "tests.ledger.migrator", url),
        ],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.usefixtures("strace")
@pytest.mark.parametrize("write", [1, 40, 900])
def test_a_disk_that_fills_up_meanwhile_leaves_the_old_ledger(sqlite_url: str, write: int) -> None:
    before = bring_back(sqlite_url, SCHEMA)
    done = migrate_with(f"error=ENOSPC:when={write}+", sqlite_url)
    assert done.returncode == 1
    assert "The disk is full. Free some space; nothing recorded so far is lost." in done.stderr
    assert "Traceback" not in done.stderr
    usable_as_before(sqlite_url, before)


@pytest.mark.usefixtures("strace")
@pytest.mark.parametrize("write", [2, 900])
def test_killed_at_a_write_it_leaves_the_old_ledger(sqlite_url: str, write: int) -> None:
    before = bring_back(sqlite_url, SCHEMA)
    done = migrate_with(f"signal=SIGKILL:when={write}", sqlite_url)
    assert done.returncode == -signal.SIGKILL
    usable_as_before(sqlite_url, before)
