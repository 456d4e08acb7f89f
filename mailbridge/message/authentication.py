"""Whether the receiving server says that the sender's domain passed authentication.

Reads Authentication-Results (RFC 8601) and believes the topmost field of the one
server that the settings name: anybody can write such a field into a mail, but that
server removes those that bear its name (RFC 8601, section 5) and adds its own on top.
"""

from authres import AuthenticationResultsHeader
from authres.core import AuthResError

from mailbridge.message.message import Message


def authenticates(
    message: Message, server: str, signed: frozenset[str] = frozenset()
) -> bool | None:
    """Tell whether DMARC or an aligned DKIM signature passed; None where no server is named.

    `signed` are domains whose signature was verified here; one of them, aligned, will do.
    """
    if any(_aligned(domain, message.sender.domain) for domain in signed):
        return True
    if not server:
        return None
    for value in message.headers.get("authentication-results", ()):
        try:
            header = AuthenticationResultsHeader.parse_value(value)
        except AuthResError:
            continue  # not a field of a server that knows the RFC
        if (header.authserv_id or "").lower() == server.lower():
            return any(_passes(result, message.sender.domain) for result in header.results)
    return False


def _passes(result: object, domain: str) -> bool:
    method, wanted = getattr(result, "method", ""), {"dmarc": "from", "dkim": "d"}
    if method not in wanted or getattr(result, "result", "") != "pass":
        return False
    named = [p.value for p in getattr(result, "properties", ()) if p.name == wanted[method]]
    return any(_aligned(str(value).lower(), domain) for value in named)


def _aligned(signed: str, domain: str) -> bool:
    """Relaxed alignment (RFC 7489, section 3.1): the same domain, or one above the sender's."""
    return bool(signed) and (domain == signed or domain.endswith("." + signed))
