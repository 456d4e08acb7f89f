"""Alembic's entry point: migrates on the connection that the ledger hands over.

The caller holds the transaction, so that a migration that fails leaves nothing behind.
"""

from alembic import context

from mailbridge.ledger.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,  # SQLite can, since we begin the transactions ourselves
)
with context.begin_transaction():
    context.run_migrations()
