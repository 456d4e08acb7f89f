"""msal against a server on loopback that speaks as Entra does, as far as the RFCs go."""

import json
import logging
from collections.abc import Callable
from dataclasses import replace

import pytest

from mailbridge.signin.device import wait_for_consent
from mailbridge.signin.endpoints import DeviceCode
from mailbridge.signin.grants import Granted, Refused, Unavailable
from mailbridge.signin.microsoft import AUTHORITY, Microsoft
from mailbridge.signin.transport import Transport
from tests.servers.authorisation import CLIENT, SECRET, Authorisation
from tests.servers.certificates import Certificates


@pytest.fixture
def microsoft(entra: Authorisation, certificates: Certificates) -> Microsoft:
    return Microsoft(
        transport=Transport(str(certificates.ca)),
        tenant="example.org",
        client_id=CLIENT,
        authority=entra.base,
    )


@pytest.fixture
def application(microsoft: Microsoft) -> Microsoft:
    return replace(microsoft, client_id="app", client_secret=SECRET)


def test_a_person_by_device_code(microsoft: Microsoft, entra: Authorisation) -> None:
    code = microsoft.begin()
    assert isinstance(code, DeviceCode)
    assert code.user_code == entra.user_code
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        entra.advance(seconds)
        if len(slept) == 2:
            entra.interval = 9
        if len(slept) == 4:
            entra.approve(code.user_code)

    answer = wait_for_consent(code, microsoft.ask, lambda: entra.now, sleep)
    assert isinstance(answer, Granted)
    assert answer.refresh
    assert slept == [5, 5, 10, 10]
    asked = next(form for path, form in entra.asked if path.endswith("/devicecode"))
    assert set(asked["scope"].split()) == {
        "https://outlook.office.com/IMAP.AccessAsUser.All",
        "offline_access",
        "openid",
        "profile",
    }


def test_nobody_types_the_code(microsoft: Microsoft, entra: Authorisation) -> None:
    code = microsoft.begin()
    assert isinstance(code, DeviceCode)
    answer = wait_for_consent(code, microsoft.ask, lambda: entra.now, entra.advance)
    assert isinstance(answer, Refused)
    assert answer.code == "expired_token"


def test_renewal_gives_the_next_refresh_token(microsoft: Microsoft, entra: Authorisation) -> None:
    first = entra.issue()["refresh_token"]
    answer = microsoft.renew(first)
    assert isinstance(answer, Granted)
    assert answer.refresh not in (None, first)
    assert isinstance(microsoft.renew(answer.refresh or ""), Granted)


def test_a_withdrawn_consent(microsoft: Microsoft, entra: Authorisation) -> None:
    token = entra.issue()["refresh_token"]
    entra.revoke()
    for _ in range(2):
        answer = microsoft.renew(token)
        assert answer == Refused("invalid_grant", "AADSTS50173: The grant ended")
    assert entra.count("refresh_token") == 2  # msal's own throttle is not ours


def test_an_application(application: Microsoft, entra: Authorisation) -> None:
    answer = application.grant()
    assert isinstance(answer, Granted)
    assert answer.refresh is None
    assert entra.asked[-1][1]["scope"] == "https://outlook.office365.com/.default"
    assert application.grant() != answer  # nothing is kept between two


def test_a_wrong_secret(application: Microsoft) -> None:
    answer = replace(application, client_secret="another").grant()
    assert answer == Refused("invalid_client", "no")
    assert not answer.withdrawn


def test_a_directory_that_there_is_not(microsoft: Microsoft, entra: Authorisation) -> None:
    answer = replace(microsoft, tenant="nowhere.example.org").renew("x")
    assert isinstance(answer, Refused)
    assert answer.code == "invalid_tenant"
    assert "nowhere.example.org" in answer.words


@pytest.mark.parametrize(
    ("status", "body"), [(503, "{}"), (429, "{}"), (200, "<html>access-7"), (200, "{}")]
)
def test_a_server_in_trouble(
    application: Microsoft,
    entra: Authorisation,
    status: int,
    body: str,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    calls: tuple[Callable[[], object], ...] = (
        application.grant,
        lambda: application.renew("refresh-7"),
    )
    caplog.set_level(logging.DEBUG)
    for call in calls:
        entra.failures.append((status, body))
        assert isinstance(call(), Unavailable)
    said = caplog.text + "".join(capfd.readouterr())
    assert "access-7" not in said
    assert "refresh-7" not in said


def test_a_server_that_is_away(certificates: Certificates) -> None:
    away = Microsoft(
        transport=Transport(str(certificates.ca)),
        tenant="example.org",
        client_id=CLIENT,
        authority="https://localhost:1",
    )
    assert away.renew("x") == Unavailable("localhost: no connection")
    assert away.begin() == Unavailable("localhost: no connection")


def test_a_certificate_that_nobody_knows(microsoft: Microsoft) -> None:
    answer = replace(microsoft, transport=Transport()).renew("x")
    assert isinstance(answer, Unavailable)
    assert "not trusted" in str(answer)


def test_a_token_endpoint_without_tls_gets_nothing(
    microsoft: Microsoft, entra: Authorisation
) -> None:
    entra.base = "http://login.example.org"  # what the discovery names
    assert not isinstance(microsoft.renew("x"), Granted)
    assert entra.count("refresh_token") == 0


def test_microsofts_own_addresses() -> None:
    # Facts of the vendor's; see docs/sign-in.md for where they stand.
    assert AUTHORITY == "https://login.microsoftonline.com"


def test_an_error_of_the_device_endpoint(microsoft: Microsoft, entra: Authorisation) -> None:
    entra.clients.clear()
    assert microsoft.begin() == Refused("invalid_client", "no")
    assert json.dumps(repr(microsoft)).count(SECRET) == 0
