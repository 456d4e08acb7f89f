"""Sessions of PostgreSQL that have ended: the server learns of it a moment later."""

import psycopg


def until_unclaimed(url: str) -> None:
    """Wait until whoever had claimed the ledger is gone for the server, with all that was his.

    Nothing to wait for on SQLite: there a claim dies with its process.
    """
    if not url.startswith("postgresql"):
        return
    with psycopg.connect(url, autocommit=True) as waiting:
        waiting.execute("SET lock_timeout = '60s'")
        waiting.execute("SELECT pg_advisory_lock(1835139073, hashtext(current_schema()))")
        # By word: were it left to the connection's end, we would be waited for in turn.
        waiting.execute("SELECT pg_advisory_unlock(1835139073, hashtext(current_schema()))")
