"""Where an address' mail is read, as DNS says: MX and SRV records (RFC 6186).

An answer of DNS is no proof: the certificate is, later. Nothing that is found here
leads to a connection without TLS.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from mailbridge.inbox.account import Tls
from mailbridge.inbox.providers import Provider, Server, domain_of, find_provider

_SERVICES = (("_imaps._tcp", Tls.IMPLICIT), ("_imap._tcp", Tls.STARTTLS))
"""RFC 6186, section 3.3; the second speaks in the clear first, so STARTTLS it must be."""
_SECONDS = 5.0
"""For one question, however many servers are asked."""


class Dns(Protocol):
    """What is asked of DNS; no answer and no network are both an empty list."""

    def exchangers(self, domain: str) -> list[str]:
        """Give the names in a domain's MX records, without the dot at their end."""

    def services(self, name: str) -> list[tuple[str, int]]:
        """Give host and port of SRV records, the preferred first; an empty host: not offered."""


class SystemDns:
    """The DNS of this machine, or one server at an address."""

    def __init__(self, server: tuple[str, int] | None = None) -> None:
        """Ask the system's servers, or `server` (address, port) alone."""
        self._server = server

    def exchangers(self, domain: str) -> list[str]:
        """See Dns."""
        return [str(record.exchange).rstrip(".") for record in self._ask(domain, "MX")]

    def services(self, name: str) -> list[tuple[str, int]]:
        """See Dns."""
        records = sorted(self._ask(name, "SRV"), key=lambda one: (one.priority, -one.weight))
        return [(str(record.target).rstrip("."), int(record.port)) for record in records]

    def _ask(self, name: str, kind: str) -> list["_Record"]:
        import dns.exception  # a tenth of a second that few commands need
        import dns.resolver

        try:
            resolver = dns.resolver.Resolver(configure=self._server is None)
            if self._server:
                resolver.nameservers, resolver.port = [self._server[0]], self._server[1]
            return list(resolver.resolve(name, kind, lifetime=_SECONDS))
        except (dns.exception.DNSException, UnicodeError, OSError):
            return []


class _Record(Protocol):
    """What is used of dnspython's records."""

    exchange: object
    target: object
    port: int
    priority: int
    weight: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery:
    """Where mail is read, and how that is known."""

    server: Server
    provider: Provider | None
    """None: DNS alone says so."""
    foreign: bool
    """DNS names a host that lies in another domain than the address: a person must confirm it,
    since whoever can forge an answer could name any (RFC 6186, section 6)."""


def discover(address: str, dns: Dns) -> Discovery | None:
    """Find the server of an address: by its domain, its MX, then its SRV records."""
    domain = domain_of(address)
    if not domain:
        return None
    provider = find_provider(domain) or find_provider(domain, dns.exchangers(domain))
    if provider:
        return Discovery(server=provider.server, provider=provider, foreign=False)
    server = next(_offered(domain, dns), None)
    if server is None:
        return None
    inside = server.host.lower() == domain or server.host.lower().endswith(f".{domain}")
    return Discovery(server=server, provider=None, foreign=not inside)


def _offered(domain: str, dns: Dns) -> Iterator[Server]:
    for service, tls in _SERVICES:
        for host, port in dns.services(f"{service}.{domain}"):
            if host and port:
                yield Server(host, port, tls)
