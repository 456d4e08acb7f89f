"""What is PostgreSQL's own: its refusals, the claim, a server that goes away and comes back."""

import socket

import pytest

from mailbridge.errors import LedgerError, LedgerMissing
from mailbridge.ledger.ledger import Ledger
from tests.ledger.making import T0, lead, mail
from tests.ledger.sessions import until_unclaimed
from tests.servers.postgresql import USER, PostgreSQL


def cut_sessions(postgresql: PostgreSQL, schema: str) -> None:
    """What a restart of the server does to one ledger's sessions."""
    postgresql.ask(
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
        " WHERE application_name LIKE 'mailbridge pid%' AND pid IN (SELECT l.pid FROM pg_locks l"
        " WHERE l.locktype = 'advisory' AND l.classid = 1835139073 AND l.objid ="
        " (hashtext(current_schema())::bigint & 4294967295)::oid)",
        schema,
    )


def test_a_wrong_password_is_told_but_not_shown(postgresql: PostgreSQL) -> None:
    with pytest.raises(LedgerError, match="password is refused") as caught:
        Ledger.open(postgresql.url("public", password="hush-hush"))
    assert "hush-hush" not in str(caught.value)
    assert f"postgres on 127.0.0.1:{postgresql.port}" in str(caught.value)
    assert USER not in str(caught.value)


def test_no_such_database(postgresql: PostgreSQL) -> None:
    with pytest.raises(LedgerError, match="no such database"):
        Ledger.open(postgresql.url("public", database="nowhere"))


def test_no_such_schema(postgresql: PostgreSQL) -> None:
    with pytest.raises(LedgerError, match="no schema"):
        Ledger.open(postgresql.url("nowhere"))


def test_nobody_listens() -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
        with pytest.raises(LedgerError, match="cannot be reached"):
            Ledger.open(f"postgresql://office@127.0.0.1:{port}/ledger")


def test_tables_of_another_program(postgresql: PostgreSQL) -> None:
    schema = postgresql.new_schema()
    with postgresql.connect(schema) as other:
        other.execute("CREATE TABLE leads (id int)")
    with pytest.raises(LedgerError, match="Use an empty database or schema"):
        Ledger.open(postgresql.url(schema))
    assert postgresql.ask("SELECT to_regclass('mails')::text", schema) == [(None,)]


def test_read_only_creates_and_writes_nothing(postgresql: PostgreSQL) -> None:
    schema = postgresql.new_schema()
    with pytest.raises(LedgerMissing):
        Ledger.read_only(postgresql.url(schema))
    assert postgresql.ask("SELECT to_regclass('alembic_version')::text", schema) == [(None,)]
    Ledger.open(postgresql.url(schema)).close()
    with (
        Ledger.read_only(postgresql.url(schema)) as reader,
        pytest.raises(LedgerError, match="read-only"),
    ):
        reader.record([mail(1)], None, T0)


def test_one_daemon_per_ledger(postgresql: PostgreSQL, postgresql_url: str) -> None:
    other = postgresql.url(postgresql.new_schema())
    with (
        Ledger.open(postgresql_url) as first,
        Ledger.open(postgresql_url) as second,
        Ledger.open(other) as elsewhere,
    ):
        first.claim_instance()
        elsewhere.claim_instance()
        with pytest.raises(LedgerError, match=r"another mailbridge is running .*\(pid \d+ on "):
            second.claim_instance()
        assert second.record([mail(1)], None, T0)  # a person's `retry` writes beside it
        first.close()
        until_unclaimed(postgresql_url)
        second.claim_instance()


def test_a_lost_connection_is_made_again_with_its_claim(postgresql: PostgreSQL) -> None:
    schema = postgresql.new_schema()
    url = postgresql.url(schema)
    with Ledger.open(url) as daemon, Ledger.open(url) as second:
        daemon.claim_instance()
        daemon.record([mail(1, lead(1))], None, T0)
        cut_sessions(postgresql, schema)
        assert daemon.claim(T0) is not None
        with pytest.raises(LedgerError, match="another mailbridge is running"):
            second.claim_instance()


def test_who_lost_the_claim_writes_no_more(postgresql: PostgreSQL) -> None:
    schema = postgresql.new_schema()
    url = postgresql.url(schema)
    with Ledger.open(url) as first, Ledger.open(url) as second:
        first.claim_instance()
        first.record([mail(1, lead(1))], None, T0)
        cut_sessions(postgresql, schema)
        second.claim_instance()
        for _ in range(2):
            with pytest.raises(LedgerError, match="another mailbridge is running"):
                first.claim(T0)
        assert second.claim(T0) is not None


def test_a_connection_lost_within_a_transaction_undoes_it(postgresql: PostgreSQL) -> None:
    schema = postgresql.new_schema()
    with Ledger.open(postgresql.url(schema)) as daemon:
        daemon.claim_instance()

        def record_over_a_cut() -> None:
            with daemon.writing() as book:
                book.record([mail(1)], None, T0)
                cut_sessions(postgresql, schema)
                book.record([mail(2)], None, T0)

        with pytest.raises(LedgerError, match="cannot be reached"):
            record_over_a_cut()
        assert daemon.mails() == []
        assert len(daemon.record([mail(1), mail(2)], None, T0)) == 2


@pytest.mark.parametrize("default", ["off", "local", "remote_write"])
def test_a_commit_is_on_the_disk_whatever_the_server_says(
    postgresql: PostgreSQL, default: str
) -> None:
    schema = postgresql.new_schema()
    url = postgresql.url(schema) + f"%20-csynchronous_commit%3D{default}"
    with postgresql.connect(schema) as meddler:
        meddler.execute(
            f"ALTER ROLE {USER} IN DATABASE postgres SET synchronous_commit = {default}".encode()
        )
        try:
            with Ledger.open(url) as ledger:
                for act in (ledger._database.writing, ledger._database.reading):
                    with act() as connection:
                        said = connection.exec_driver_sql("SHOW synchronous_commit").scalar()
                        assert said == "on"
                    cut_sessions(postgresql, schema)  # so is the next one's
        finally:
            meddler.execute(
                f"ALTER ROLE {USER} IN DATABASE postgres RESET synchronous_commit".encode()
            )


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ("53100", "The server's disk is full. Free some space; nothing recorded so far is lost."),
        ("58030", "The server's disk reported an error."),
        ("XX001", "It is damaged, says the server. Stop mailbridge and restore it"),
    ],
)
def test_what_the_servers_disk_does_undoes_the_transaction_and_no_more(
    postgresql: PostgreSQL, state: str, told: str
) -> None:
    """The server says so by a trigger: its disk cannot be filled from here."""
    schema = postgresql.new_schema()
    with (
        Ledger.open(postgresql.url(schema)) as ledger,
        postgresql.connect(schema) as meddler,
    ):
        [kept] = ledger.record([mail(1, lead(1))], None, T0)
        meddler.execute(
            "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS"
            f" 'BEGIN RAISE EXCEPTION USING ERRCODE = ''{state}''; END'".encode()
        )
        meddler.execute(
            "CREATE TRIGGER full_disk BEFORE INSERT ON lead_contents EXECUTE FUNCTION fail()"
        )
        with pytest.raises(LedgerError) as caught:
            ledger.record([mail(2, lead(2))], None, T0)
        assert told in str(caught.value)
        assert [m.id for m in ledger.mails()] == [kept]
        meddler.execute("DROP TRIGGER full_disk ON lead_contents")
        assert ledger.record([mail(2, lead(2))], None, T0)
