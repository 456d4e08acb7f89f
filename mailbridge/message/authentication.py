"""Whether the receiving server says that the sender's domain passed authentication.

Reads Authentication-Results (RFC 8601) and believes the topmost field of the one
server that the settings name: anybody can write such a field into a mail, but that
server removes those that bear its name (RFC 8601, section 5) and adds its own on top.
"""

from collections.abc import Sequence

from authres import AuthenticationResultsHeader
from authres.core import AuthenticationResult, AuthResError

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
    results = _results(message, server) or ()
    return any(_passes(result, message.sender.domain) for result in results)


def tell(message: Message, server: str) -> str:
    """Say in a few words what the server found, as `dkim=fail, dmarc=none`."""
    results = _results(message, server)
    if results is None:
        return f"the mail has no Authentication-Results of {server}"
    told = [f"{result.method}={result.result}" for result in results]
    return ", ".join(told) or f"{server} checked nothing"


def _results(message: Message, server: str) -> Sequence[AuthenticationResult] | None:
    """Give what the server's topmost field says; None where it wrote none."""
    for value in message.headers.get("authentication-results", ()):
        try:
            header = AuthenticationResultsHeader.parse_value(value)
        except AuthResError:
            continue  # not a field of a server that knows the RFC
        if (header.authserv_id or "").lower() == server.lower():
            found: Sequence[AuthenticationResult] = header.results
            return found
    return None


_NAMED_BY = {"dmarc": "from", "dkim": "d"}
"""The property of each method that names the domain which passed."""


def _passes(result: AuthenticationResult, domain: str) -> bool:
    if result.method not in _NAMED_BY or result.result != "pass":
        return False
    named = [p.value for p in result.properties if p.name == _NAMED_BY[result.method]]
    return any(_aligned(str(value).lower(), domain) for value in named)


def _aligned(signed: str, domain: str) -> bool:
    """Relaxed alignment (RFC 7489, section 3.1): the same domain, or one above the sender's."""
    return bool(signed) and (domain == signed or domain.endswith("." + signed))
