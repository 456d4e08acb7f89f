"""Where a field's value can stand, beside the sections of the text."""

ADDRESSES = ("from", "reply_to")
"""Sources that are addresses: their display name or the address itself is taken."""
SOURCES = ("subject", *ADDRESSES, "link")
"""And `header:NAME` for any header field."""
