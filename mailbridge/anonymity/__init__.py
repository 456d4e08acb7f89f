"""Mails without the people in them: same layout, other names. Pure: no I/O, no clock."""
