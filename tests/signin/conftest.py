"""What this room's tests share: authorisation servers, and a Dovecot that asks one of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from mailbridge.signin.endpoints import Endpoints
from mailbridge.signin.transport import Transport
from tests.conftest import needs_dovecot
from tests.servers.authorisation import CLIENT, Authorisation, running_authorisation
from tests.servers.certificates import Certificates, write_certificates
from tests.servers.dovecot import Dovecot, running_dovecot


@pytest.fixture
def authorisation() -> Iterator[Authorisation]:
    with running_authorisation() as server:
        yield server


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return write_certificates(tmp_path_factory.mktemp("ca"))


@pytest.fixture
def entra(certificates: Certificates) -> Iterator[Authorisation]:
    """Over TLS: msal speaks nothing else."""
    with running_authorisation(certificates) as server:
        yield server


@pytest.fixture
def endpoints(authorisation: Authorisation) -> Endpoints:
    return Endpoints(
        transport=Transport(),
        client_id=CLIENT,
        scopes=("mail.imap", "offline_access"),
        token=f"{authorisation.base}/token",
        authorization=f"{authorisation.base}/authorize",
        device=f"{authorisation.base}/device",
    )


@dataclass(frozen=True)
class Office:
    """A mail server that takes tokens, and who issues them."""

    dovecot: Dovecot
    authorisation: Authorisation


def _office(mechanisms: str) -> Iterator[Office]:
    try:
        with (
            running_authorisation() as server,
            running_dovecot(
                introspection=f"{server.base}/introspect", mechanisms=f"plain login {mechanisms}"
            ) as dovecot,
        ):
            yield Office(dovecot, server)
    except FileNotFoundError as exc:
        needs_dovecot(exc)


@pytest.fixture(scope="session")
def _both() -> Iterator[Office]:
    yield from _office("xoauth2 oauthbearer")


@pytest.fixture(scope="session")
def _xoauth2_alone() -> Iterator[Office]:
    yield from _office("xoauth2")


@pytest.fixture
def office(_both: Office) -> Office:
    """A Dovecot that offers OAUTHBEARER and XOAUTH2."""
    _both.authorisation.reset()
    return _both


@pytest.fixture
def like_microsoft(_xoauth2_alone: Office) -> Office:
    """A Dovecot that offers XOAUTH2 alone."""
    _xoauth2_alone.authorisation.reset()
    return _xoauth2_alone


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state" / "tokens"
