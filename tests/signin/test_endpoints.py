"""OAuth 2 by endpoints, against a server over HTTP: consent, device code, renewal."""

import http.client
import json
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest

from mailbridge.signin.device import wait_for_consent
from mailbridge.signin.endpoints import ClientProof, DeviceCode, Endpoints, make_proof
from mailbridge.signin.grants import Granted, Refused, Unavailable
from mailbridge.signin.redirect import Code, read_redirect
from tests.servers.authorisation import SECRET, Authorisation

REDIRECT = "http://127.0.0.1:1/"


def consented(address: str) -> str:
    """What the browser's address bar shows in the end."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.netloc, timeout=10)
    connection.request("GET", f"{parts.path}?{parts.query}")
    location = connection.getresponse().headers["Location"]
    connection.close()
    return location


def test_a_consent_gives_tokens(endpoints: Endpoints, authorisation: Authorisation) -> None:
    proof = make_proof()
    code = read_redirect(consented(endpoints.consent_address(REDIRECT, proof)), proof)
    assert isinstance(code, Code)
    granted = endpoints.exchange(code, REDIRECT, proof)
    assert isinstance(granted, Granted)
    assert granted.refresh
    assert granted.lasts == 3600
    assert authorisation.asked[-1][1]["client_id"] == endpoints.client_id


def test_a_code_is_worth_nothing_without_its_verifier(endpoints: Endpoints) -> None:
    proof = make_proof()
    code = read_redirect(consented(endpoints.consent_address(REDIRECT, proof)), proof)
    assert isinstance(code, Code)
    answer = endpoints.exchange(code, REDIRECT, make_proof())
    assert isinstance(answer, Refused)
    assert answer.withdrawn


def test_a_consent_that_was_refused(endpoints: Endpoints, authorisation: Authorisation) -> None:
    authorisation.refuse = "access_denied"
    proof = make_proof()
    found = read_redirect(consented(endpoints.consent_address(REDIRECT, proof)), proof)
    assert found == Refused("access_denied")


def test_another_consents_redirect_is_none() -> None:
    proof, other = make_proof(), make_proof()
    assert read_redirect(f"{REDIRECT}?code=x&state={other.state}", proof) is None
    assert read_redirect(f"{REDIRECT}?code=x", proof) is None
    assert read_redirect("", proof) is None
    assert read_redirect("/favicon.ico", proof) is None
    assert read_redirect("http://[", proof) is None
    assert read_redirect("?" + "&".join(f"a{n}=1" for n in range(99)), proof) is None


def test_what_is_pasted_may_begin_anywhere() -> None:
    proof = make_proof()
    for pasted in ("http://127.0.0.1:1/?", " http://127.0.0.1:1/?scope=a&", "?", ""):
        assert read_redirect(f"{pasted}state={proof.state}&code=abc \n", proof) == "abc"


def test_the_address_holds_what_the_rfcs_want(endpoints: Endpoints) -> None:
    more = replace(endpoints, extras={"prompt": "consent"}, authorization="https://a.example/x?y=1")
    parts = urlsplit(more.consent_address(REDIRECT, make_proof()))
    fields = parse_qs(parts.query)
    assert fields["y"] == ["1"]
    assert fields["prompt"] == ["consent"]
    assert fields["scope"] == ["mail.imap offline_access"]
    assert len(fields["code_challenge"][0]) == 43


def test_rotation(endpoints: Endpoints, authorisation: Authorisation) -> None:
    first = authorisation.issue()["refresh_token"]
    second = endpoints.renew(first)
    assert isinstance(second, Granted)
    assert second.refresh not in (None, first)
    assert isinstance(endpoints.renew(second.refresh or ""), Granted)
    # Used twice: the server ends the sign-in, so that nobody may use one twice.
    assert isinstance(endpoints.renew(first), Refused)
    assert isinstance(endpoints.renew(second.refresh or ""), Refused)


@pytest.mark.parametrize("proof", list(ClientProof))
def test_an_application_proves_itself(
    endpoints: Endpoints, authorisation: Authorisation, proof: ClientProof
) -> None:
    authorisation.clients["a pp"] = "s:e c&ret%"
    mine = replace(endpoints, client_id="a pp", client_secret="s:e c&ret%", client_proof=proof)
    token = authorisation.issue()["refresh_token"]
    assert isinstance(mine.renew(token), Granted)
    wrong = replace(mine, client_secret=SECRET)
    assert wrong.renew(token) == Refused("invalid_client", "no")


def begun(endpoints: Endpoints) -> DeviceCode:
    code = endpoints.begin()
    assert isinstance(code, DeviceCode)
    return code


def test_a_device_code(endpoints: Endpoints, authorisation: Authorisation) -> None:
    code = begun(endpoints)
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        authorisation.advance(seconds)
        if len(slept) == 3:
            authorisation.approve(code.user_code)

    answer = wait_for_consent(code, endpoints.ask, lambda: authorisation.now, sleep)
    assert isinstance(answer, Granted)
    assert slept == [5, 5, 5]


def test_slow_down_adds_five_seconds(endpoints: Endpoints, authorisation: Authorisation) -> None:
    code = begun(endpoints)
    authorisation.interval = 8  # the server wants more than it has said
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        authorisation.advance(seconds)
        if len(slept) == 4:
            authorisation.approve(code.user_code)

    answer = wait_for_consent(code, endpoints.ask, lambda: authorisation.now, sleep)
    assert isinstance(answer, Granted)
    assert slept == [5, 5, 10, 10]


def test_a_server_that_is_away_is_asked_more_seldom(
    endpoints: Endpoints, authorisation: Authorisation
) -> None:
    code = begun(endpoints)
    authorisation.failures.extend([(503, ""), (500, "<html>")])
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        authorisation.advance(seconds)
        authorisation.approve(code.user_code)

    answer = wait_for_consent(code, endpoints.ask, lambda: authorisation.now, sleep)
    assert isinstance(answer, Granted)
    assert slept == [5, 10, 20]


def test_nobody_types_the_code(endpoints: Endpoints, authorisation: Authorisation) -> None:
    code = begun(endpoints)
    begin = authorisation.now
    answer = wait_for_consent(code, endpoints.ask, lambda: authorisation.now, authorisation.advance)
    assert answer == Refused("expired_token", "the code was not used in time")
    assert authorisation.now - begin <= authorisation.code_lasts


def test_the_person_says_no(endpoints: Endpoints, authorisation: Authorisation) -> None:
    code = begun(endpoints)
    authorisation.deny(code.user_code)
    answer = wait_for_consent(code, endpoints.ask, lambda: authorisation.now, authorisation.advance)
    assert answer == Refused("access_denied")


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (503, "", "status 503"),
        (429, '{"error": "invalid_grant"}', "status 429"),
        (200, "<html>", "status 200"),
        (200, "[]", "status 200"),
        (200, "{}", "no token"),
        (200, '{"access_token": ""}', "no token"),
        (200, '{"access_token": "a b"}', "no token"),
        (200, '{"access_token": "a\\u0001b"}', "no token"),
        (200, '{"access_token": 7}', "no token"),
        (200, '{"access_token": "a", "token_type": "mac"}', "Bearer"),
        (400, '{"error": "temporarily_unavailable"}', "temporarily_unavailable"),
        (302, "", "status 302"),
    ],
)
def test_answers_that_are_worth_another_try(
    endpoints: Endpoints, authorisation: Authorisation, status: int, body: str, expected: str
) -> None:
    authorisation.failures.append((status, body))
    answer = endpoints.renew("refresh")
    assert isinstance(answer, Unavailable)
    assert expected in str(answer)


def test_a_refusal_quotes_no_secret(endpoints: Endpoints, authorisation: Authorisation) -> None:
    said = {"error": "invalid_grant", "error_description": "bad token refresh-7\r\n\x1b[2J for x"}
    authorisation.failures.append((400, json.dumps(said)))
    assert endpoints.renew("refresh-7") == Refused("invalid_grant", "bad token … [2J for x")
    authorisation.failures.append((400, '{"error": "refresh-7"}'))
    assert "refresh-7" not in str(endpoints.renew("refresh-7"))


def test_a_token_without_a_length_lasts_an_hour(
    endpoints: Endpoints, authorisation: Authorisation
) -> None:
    for lasts, expected in (
        ("", 3600),
        (', "expires_in": "600"', 600),
        (', "expires_in": -1', 3600),
    ):
        authorisation.failures.append((200, f'{{"access_token": "a"{lasts}}}'))
        assert endpoints.renew("r") == Granted("a", expected)
