"""DKIM: which domains have signed a mail, as their own DNS says (RFC 6376).

For inboxes whose server adds no Authentication-Results. Looks keys up in DNS, so it
stands here and not in the message room; what follows from it is decided elsewhere.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import dkim

MOST = 5
"""Signatures of one mail that are looked at; each costs a look-up in DNS."""
SECONDS = 5
"""How long one look-up may take."""

Lookup = Callable[..., bytes | None]
"""Gives the TXT record of a DNS name."""


def signed_domains(raw: bytes, lookup: Lookup | None = None) -> frozenset[str]:
    """Give the domains with a valid signature over the whole mail; never raises.

    A key that cannot be had, a broken signature and one that does not cover the From
    field all count as none: the mail is then for review, and can be retried.
    `lookup` stands in for the system's DNS.
    """
    import dkim  # and dnspython: a tenth of a second that few installations need

    try:
        message = dkim.DKIM(raw, timeout=SECONDS)
        count = sum(name.lower() == b"dkim-signature" for name, _ in message.headers)
    except (dkim.DKIMException, IndexError):  # the latter on a header that begins with a blank
        return frozenset()
    ask = lookup or dkim.get_txt
    found = (_verify(message, index, ask) for index in range(min(count, MOST)))
    return frozenset(domain for domain in found if domain)


def _verify(message: "dkim.DKIM", index: int, lookup: Lookup) -> str:
    import dkim
    import dns.exception

    try:
        if message.verify(index, dnsfunc=lookup):
            return str(message.domain.decode("ascii")).lower()
    except (dkim.DKIMException, dns.exception.DNSException, ValueError, OSError):
        pass  # as the docstring says
    return ""
