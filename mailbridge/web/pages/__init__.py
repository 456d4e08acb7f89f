"""The pages, one module each: what it reads of the ledger, and which template shows it."""
