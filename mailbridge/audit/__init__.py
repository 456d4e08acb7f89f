"""Audit: whether mailbox, ledger and destination say the same. Reads only, and judges."""
