"""Structured blocks: what portals put into a mail for machines beside its text.

`finding.find_blocks` is the way in. Everything here reads what strangers sent.
"""
