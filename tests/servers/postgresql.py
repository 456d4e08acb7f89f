"""A real PostgreSQL on loopback: a random port, no root needed, nothing synced to the disk.

Started as root it works as nobody. One server serves a whole test session; each
test takes a schema of its own, so that nothing is shared but the process.
"""

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString

import psycopg

from tests.servers.ports import free_port

USER = "keeper"
PASSWORD = "secret-of-the-tests"
MISSING = (
    "PostgreSQL is not installed, and tests need it. Install it with: apt-get install postgresql"
)
_LOOPBACK = "127.0.0.1"
_START_SECONDS = 30.0
_STOP_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class PostgreSQL:
    """Where the server listens."""

    port: int

    def url(self, schema: str, *, password: str = PASSWORD, database: str = "postgres") -> str:
        """How a user would write it in `ledger.url`, for tables in that schema."""
        return (
            f"postgresql://{USER}:{password}@{_LOOPBACK}:{self.port}/{database}"
            f"?options=-csearch_path%3D{schema}"
        )

    def new_schema(self) -> str:
        """An empty schema that nobody has used."""
        name = f"s{secrets.token_hex(8)}"
        with self.connect() as connection:
            connection.execute(f'CREATE SCHEMA "{name}"'.encode())
        return name

    def connect(self, schema: str = "public") -> psycopg.Connection[tuple[Any, ...]]:
        """A session beside mailbridge's, for looking and meddling."""
        return psycopg.connect(
            host=_LOOPBACK,
            port=self.port,
            user=USER,
            password=PASSWORD,
            dbname="postgres",
            options=f"-csearch_path={schema}",
            autocommit=True,
        )

    def ask(self, query: LiteralString, schema: str = "public") -> list[tuple[Any, ...]]:
        """All rows of one query."""
        with self.connect(schema) as connection:
            return connection.execute(query).fetchall()


@contextmanager
def running_postgresql() -> Iterator[PostgreSQL]:
    """Run a server with an empty cluster until the block is left."""
    initdb, postgres = _find("initdb"), _find("postgres")
    # Not tmp_path: nobody may not enter that.
    folder = Path(tempfile.mkdtemp(prefix="mbpg-"))
    account = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    try:
        (folder / "password").write_text(PASSWORD, encoding="ascii")
        for path in (folder, folder / "password"):
            os.chown(path, account.pw_uid, account.pw_gid)
        who: dict[str, Any] = (
            {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
            if os.geteuid() == 0
            else {}
        )
        made = subprocess.run(
            [
                initdb,
                *("-D", folder / "data", "-U", USER, f"--pwfile={folder / 'password'}"),
                *("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"),
                *("--no-sync", "--no-instructions"),
            ],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            **who,
        )
        if made.returncode != 0:
            raise RuntimeError(f"initdb failed: {made.stderr}")
        server = PostgreSQL(free_port())
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [
                    postgres,
                    *("-D", folder / "data", "-p", str(server.port), "-h", _LOOPBACK),
                    *("-k", "", "-F", "-c", "max_connections=100", "-c", "shared_buffers=16MB"),
                ],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **who,
            )
        try:
            _wait_until_up(process, server, folder / "log")
            yield server
        finally:
            _stop(process)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _find(name: str) -> str:
    """Debian keeps the server's programs out of PATH; the newest version is taken."""
    debian = sorted(
        Path("/usr/lib/postgresql").glob(f"*/bin/{name}"),
        key=lambda path: [int(p) for p in path.parts[4].split(".") if p.isdigit()],
    )
    found = shutil.which(name) or (str(debian[-1]) if debian else None)
    if found is None:
        raise FileNotFoundError(MISSING)
    return found


def _wait_until_up(process: subprocess.Popen[bytes], server: PostgreSQL, log: Path) -> None:
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        with suppress(psycopg.OperationalError), server.connect():
            return
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.05)
    process.terminate()
    process.wait(_STOP_SECONDS)
    raise RuntimeError(f"PostgreSQL did not start: {log.read_text(errors='replace')}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGINT)  # fast shutdown: does not wait for clients
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGQUIT)
        process.wait()
