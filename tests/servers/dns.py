"""A DNS server on loopback: answers MX and SRV questions from a zone of literals."""

import socketserver
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

Zone = Mapping[tuple[str, str], list[str]]
"""Name (with the dot at its end) and type → records as in a zone file."""


@contextmanager
def running_dns(zone: Zone) -> Iterator[tuple[str, int]]:
    """Give address and port of a server that knows the zone and nothing else."""

    class Answer(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            data, sock = self.request
            query = dns.message.from_wire(data)
            question = query.question[0]
            response = dns.message.make_response(query)
            response.flags |= dns.flags.RA | dns.flags.AA
            kind = dns.rdatatype.to_text(question.rdtype)
            records = zone.get((str(question.name).lower(), kind), [])
            if records:
                response.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *records))
            else:
                response.set_rcode(dns.rcode.NXDOMAIN)
            sock.sendto(response.to_wire(), self.client_address)

    with socketserver.UDPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield ("127.0.0.1", server.server_address[1])
        finally:
            server.shutdown()
            thread.join(10)
