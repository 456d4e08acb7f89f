"""One daemon per ledger: the claim that a second one is refused.

The claim dies with its process (an flock, or a PostgreSQL session's advisory
lock): nothing has to be cleared away after a crash.
"""

import os
import platform
from pathlib import Path

from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from mailbridge.errors import LedgerError

_PATIENCE = "SET LOCAL lock_timeout = '1s'"
"""The server may take a moment to notice that the last daemon's session has ended."""
_CLAIM = "SELECT pg_advisory_lock(1835139073, hashtext(current_schema()))"
_LOCK_NOT_AVAILABLE = "55P03"
_HOLDER = """
SELECT a.application_name FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
WHERE l.locktype = 'advisory' AND l.granted AND l.classid = 1835139073
AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
AND l.objid = (hashtext(current_schema())::bigint & 4294967295)::oid
"""


class FileClaim:
    """The claim on a SQLite ledger: a lock file beside it, which holds the pid for the message."""

    def __init__(self, ledger: Path) -> None:
        """Claim, or raise LedgerError when another process has."""
        from filelock import FileLock, Timeout  # 0.1 s to import; status and show never need it

        path = ledger.with_name(ledger.name + ".lock")
        # Without flock a file would stay behind after a crash and lock the ledger for ever.
        self._lock = FileLock(
            path, timeout=0, mode=0o600, fallback_to_soft=False, preserve_lock_file=True
        )
        try:
            self._lock.acquire()
        except Timeout:
            raise _taken(f"Ledger {ledger}", f"pid {_read_pid(path)}") from None
        except OSError as error:
            raise LedgerError(
                f"Ledger {ledger}: {path.name} beside it cannot be locked ({error.strerror}). "
                "Keep the ledger on a local disk, in a folder that this user may write."
            ) from None
        path.write_text(f"{os.getpid()}\n", encoding="ascii")

    def release(self) -> None:
        """Let the next process claim; the file stays, which is harmless."""
        self._lock.release()


def claim_session(connection: Connection, where: str) -> None:
    """Claim a PostgreSQL ledger for as long as this connection lives, or raise LedgerError."""
    connection.exec_driver_sql(_PATIENCE)
    try:
        connection.exec_driver_sql(_CLAIM)
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != _LOCK_NOT_AVAILABLE:
            raise
        connection.rollback()
        holder = connection.exec_driver_sql(_HOLDER).scalar()
        raise _taken(where, str(holder or "pid unknown").removeprefix("mailbridge ")) from None
    connection.commit()  # the claim belongs to the session, not to this transaction


def session_name() -> str:
    """How our sessions are called in pg_stat_activity; at most 63 bytes."""
    return f"mailbridge pid {os.getpid()} on {platform.node()}"[:63]


def _read_pid(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip() or "unknown"
    except (OSError, UnicodeDecodeError):
        return "unknown"


def _taken(where: str, who: str) -> LedgerError:
    return LedgerError(
        f"{where}: another mailbridge is running on this ledger ({who}). "
        "Stop that one first, or give this one a ledger of its own in `ledger.url`."
    )
