"""The ledgers that this room's tests run on: a SQLite file and a schema on PostgreSQL alike."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailbridge.ledger.ledger import Ledger
from tests.servers.postgresql import PostgreSQL, running_postgresql


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """A real PostgreSQL, started when the first test asks for it."""
    try:
        with running_postgresql() as server:
            yield server
    except FileNotFoundError as error:
        pytest.skip(str(error))


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A SQLite ledger that does not exist yet."""
    return f"sqlite:///{tmp_path}/state/ledger.db"


@pytest.fixture
def postgresql_url(postgresql: PostgreSQL) -> str:
    """A PostgreSQL ledger without any table yet."""
    return postgresql.url(postgresql.new_schema())


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """The same is asked of both databases."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    """An empty ledger."""
    with Ledger.open(url) as opened:
        yield opened
