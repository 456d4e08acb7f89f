"""Alembic migrations of the ledger; `versions/` holds one file per change of the tables."""
