"""google-auth against a server on loopback; Google's own addresses are untested."""

import json
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from mailbridge.signin.endpoints import make_proof
from mailbridge.signin.google import GoogleConsent, ServiceAccount
from mailbridge.signin.grants import Granted, Refused, Unavailable
from mailbridge.signin.redirect import Code, read_redirect
from mailbridge.signin.transport import Transport
from tests.servers.authorisation import SECRET, Authorisation
from tests.signin.test_endpoints import REDIRECT, consented

ROBOT = "robot@project.example.org"


@pytest.fixture
def google(authorisation: Authorisation) -> GoogleConsent:
    authorisation.rotates = False
    return GoogleConsent(
        transport=Transport(),
        client_id="app",
        client_secret=SECRET,
        authorization=f"{authorisation.base}/authorize",
        token=f"{authorisation.base}/token",
    )


@pytest.fixture(scope="module")
def pair() -> tuple[str, str]:
    """A private key and its public one (PEM)."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return (
        private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode(),
        private.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode(),
    )


@pytest.fixture
def robot(authorisation: Authorisation, pair: tuple[str, str]) -> ServiceAccount:
    authorisation.keys[ROBOT] = pair[1]
    key = {
        "type": "service_account",
        "client_email": ROBOT,
        "private_key": pair[0],
        "private_key_id": "1",
        "token_uri": "https://elsewhere.example.org/token",
    }
    return ServiceAccount(
        transport=Transport(),
        key=json.dumps(key, indent=2),
        user="a@example.org",
        token=f"{authorisation.base}/token",
    )


def test_a_consent(google: GoogleConsent) -> None:
    proof = make_proof()
    address = google.endpoints.consent_address(REDIRECT, proof)
    assert "access_type=offline&prompt=consent" in address
    code = read_redirect(consented(address), proof)
    assert isinstance(code, Code)
    granted = google.endpoints.exchange(code, REDIRECT, proof)
    assert isinstance(granted, Granted)
    assert granted.refresh
    renewed = google.renew(granted.refresh)
    assert isinstance(renewed, Granted)
    assert renewed.refresh is None  # Google's stays the same
    assert 3590 < renewed.lasts <= 3600


def test_a_refresh_token_that_changes(google: GoogleConsent, authorisation: Authorisation) -> None:
    authorisation.rotates = True
    renewed = google.renew(authorisation.issue()["refresh_token"])
    assert isinstance(renewed, Granted)
    assert renewed.refresh in authorisation.issued


def test_a_withdrawn_consent(google: GoogleConsent, authorisation: Authorisation) -> None:
    token = authorisation.issue()["refresh_token"]
    authorisation.revoke()
    answer = google.renew(token)
    assert isinstance(answer, Refused)
    assert answer.withdrawn


def test_a_wrong_secret(google: GoogleConsent, authorisation: Authorisation) -> None:
    token = authorisation.issue()["refresh_token"]
    assert replace(google, client_secret="x").renew(token) == Refused("invalid_client", "no")


@pytest.mark.parametrize(
    ("status", "body"), [(503, ""), (429, "{}"), (200, "{}"), (200, "<html>"), (400, "no JSON")]
)
def test_a_server_in_trouble_is_not_asked_again(
    google: GoogleConsent, authorisation: Authorisation, status: int, body: str
) -> None:
    token = authorisation.issue()["refresh_token"]
    authorisation.failures.append((status, body))
    answer = google.renew(token)
    assert isinstance(answer, Unavailable)
    assert len(authorisation.asked) == 1


def test_a_service_account_acts_for_a_user(
    robot: ServiceAccount, authorisation: Authorisation
) -> None:
    answer = robot.grant()
    assert isinstance(answer, Granted)
    assert answer.refresh is None
    assert authorisation._introspect(answer.access)["username"] == "a@example.org"


def test_a_key_that_was_deleted(robot: ServiceAccount, authorisation: Authorisation) -> None:
    authorisation.keys.clear()
    assert robot.grant() == Refused("invalid_grant", "Invalid JWT Signature")


@pytest.mark.parametrize(
    "key", ["", "{", "[]", "{}", '{"client_email": "a", "token_uri": "b", "private_key": "c"}']
)
def test_no_key(robot: ServiceAccount, key: str) -> None:
    answer = replace(robot, key=key).grant()
    assert answer == Refused("invalid_key", "this is no key of a service account (JSON)")


def test_nothing_goes_to_an_address_without_tls(robot: ServiceAccount) -> None:
    answer = replace(robot, token="http://login.example.org/token").grant()
    assert answer == Unavailable("login.example.org is not encrypted (no https)")


def test_nothing_shows_a_secret(google: GoogleConsent, robot: ServiceAccount) -> None:
    assert SECRET not in repr(google) + repr(google.endpoints)
    assert "PRIVATE" not in repr(robot)
