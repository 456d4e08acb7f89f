"""What a database driver's error means to a person: a LedgerError with its remedy, or a defect.

Names what is known to go wrong outside of mailbridge; everything else (a
violated constraint, wrong SQL) is ours and goes on as it is.
"""

import sqlite3

from sqlalchemy.exc import DBAPIError

from mailbridge.errors import LedgerError

DAMAGED = (
    "The file is damaged. Stop mailbridge and restore it from a backup; "
    "`sqlite3 FILE .recover` may save what is in it."
)

_FULL = "The disk is full. Free some space; nothing recorded so far is lost."

_SQLITE = {
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_BUSY: "Another program keeps it locked. Close that program, then try again.",
    sqlite3.SQLITE_LOCKED: "Another program keeps it locked. Close that program, then try again.",
    sqlite3.SQLITE_READONLY: "It cannot be written. Give this user the right to write the file "
    "and its folder.",
    sqlite3.SQLITE_PERM: "It cannot be used. Give this user the right to read and write the file.",
    sqlite3.SQLITE_CANTOPEN: "It cannot be opened. Give this user the right to read and write "
    "the file and its folder.",
    sqlite3.SQLITE_IOERR: "The disk reported an error, or this user's quota is used up. Check "
    "both; restore the file from a backup if it is damaged.",
    # The -shm file could not be made as long as it has to be: opened on a full disk.
    sqlite3.SQLITE_IOERR_SHMSIZE: _FULL,
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_NOTADB: "This is not a database. Name another file in `ledger.url`; if it was "
    "a ledger, restore it from a backup.",
}
"""By result code (https://www.sqlite.org/rescode.html), the primary one where no other is here."""

_POSTGRESQL = {
    "28P01": "The user name or the password is refused. Check both in `ledger.url`.",
    "28000": "The server refuses this user. Check pg_hba.conf and `ledger.url`.",
    "3D000": "There is no such database. Create it (`createdb NAME`) or correct `ledger.url`.",
    "42501": "This user lacks a right. Let the user own the database or its schema.",
    "3F000": "There is no schema to create tables in. Create it, or correct the search_path.",
    "42P07": "It already has a table of the same name, of another program. Use an empty database "
    "or schema.",
    "25006": "It is read-only (a standby?). Use the primary server.",
    "55P03": "Another program keeps it locked. Close that program, then try again.",
    "53100": "The server's disk is full. Free some space; nothing recorded so far is lost.",
    "58030": "The server's disk reported an error. Check the disk and the server's log.",
    "XX001": "It is damaged, says the server. Stop mailbridge and restore it from a backup.",
    "XX002": "An index is damaged, says the server. Stop mailbridge and run REINDEX.",
    "53300": "The server has no connection left. Raise max_connections or close other clients.",
}
"""By SQLSTATE (PostgreSQL documentation, appendix A)."""

_UNREACHABLE = "The server cannot be reached. Check that it runs and that `ledger.url` is right."


def explain(error: DBAPIError, where: str) -> LedgerError | None:
    """Say the error as a person can use it, or None where it is a defect of ours.

    `where` names the ledger. Neither SQL nor values are ever part of the text.
    """
    cause = error.orig
    if isinstance(cause, sqlite3.Error):
        code = getattr(cause, "sqlite_errorcode", None)
        if code is None and "Could not decode" in str(cause):
            remedy: str | None = DAMAGED  # Python's own complaint, which quotes what is stored
        else:
            remedy = None if code is None else _SQLITE.get(code, _SQLITE.get(code & 0xFF))
    else:
        remedy = _explain_postgresql(error)
    return None if remedy is None else LedgerError(f"{where}: {remedy}")


def _explain_postgresql(error: DBAPIError) -> str | None:
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:
        # Classes 08 and 57P: the connection broke, or the server is going down or coming up.
        return _POSTGRESQL.get(state, _UNREACHABLE if state[:3] in {"080", "57P"} else None)
    said = str(error.orig)
    # libpq gives no SQLSTATE for a refused connection, only the server's words.
    if "authentication failed" in said or "no password supplied" in said:
        return _POSTGRESQL["28P01"]
    if "no pg_hba.conf entry" in said:
        return _POSTGRESQL["28000"]
    if 'database "' in said and "does not exist" in said:
        return _POSTGRESQL["3D000"]
    if "too many" in said and ("clients" in said or "connections" in said):
        return _POSTGRESQL["53300"]
    if "certificate" in said or "SSL" in said:
        return "The TLS connection failed. Check sslmode and sslrootcert in `ledger.url`."
    if error.connection_invalidated or "onnection" in said:
        return _UNREACHABLE
    return None
