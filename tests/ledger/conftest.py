"""The ledgers that this room's tests run on: a SQLite file and a schema on PostgreSQL alike."""

import shutil
import subprocess
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


@pytest.fixture(scope="session")
def strace() -> None:
    """Faults and crash points are made from outside, by strace."""
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed. Install it with: apt-get install strace")
    tried = subprocess.run(
        ["strace", "-f", "--seccomp-bpf", "-o", "/dev/null", "true"],  # noqa: S607
        capture_output=True,
        check=False,
    )
    if tried.returncode != 0:
        pytest.skip("strace may not trace here (ptrace is forbidden).")
