"""The room of the mail itself: bytes in, values out; no I/O and no clock."""
