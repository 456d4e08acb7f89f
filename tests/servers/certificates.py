"""A certificate authority of the tests' own, and the server certificate that it signed."""

from dataclasses import dataclass
from pathlib import Path

import trustme

HOST = "localhost"
"""The only name that the certificate is for; connecting to 127.0.0.1 is a mismatch."""


@dataclass(frozen=True, slots=True)
class Certificates:
    """PEM files."""

    ca: Path
    chain: Path
    key: Path


def write_certificates(folder: Path) -> Certificates:
    """Make an authority and a certificate for `localhost`."""
    authority = trustme.CA()
    issued = authority.issue_cert(HOST)
    found = Certificates(folder / "ca.pem", folder / "server.pem", folder / "server.key")
    authority.cert_pem.write_to_path(found.ca)
    for i, pem in enumerate(issued.cert_chain_pems):
        pem.write_to_path(found.chain, append=i > 0)
    issued.private_key_pem.write_to_path(found.key)
    return found
