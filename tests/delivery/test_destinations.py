"""The private endpoint and the webhook over real HTTP: against the sandbox, strict about both."""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from mailbridge.delivery.agency import Agency
from mailbridge.delivery.answer import (
    Accepted,
    Busy,
    Failed,
    InDoubt,
    Rejected,
    Unauthorised,
    Unreachable,
)
from mailbridge.delivery.exchange import Way
from mailbridge.delivery.webhook import Webhook, sign
from mailbridge.errors import MailbridgeError
from mailbridge.sandbox.plan import parse_plan
from mailbridge.sandbox.server import Sandbox
from tests.delivery.conftest import KEY

SECRET = "sandbox-webhook-secret"
TO_AGENCY: dict[str, Any] = {
    "date": "2026-03-01T08:00:00+00:00",
    "agency_id": 42,
    "message": "Bonjour, je souhaite visiter l’appartement.",
    "gateway": {"type": "portal", "id": 7},
    "object": {"type": "property", "reference": "AA1-5"},
    "requester": {
        "title": "ms",
        "firstname": "Anne",
        "lastname": "Muster",
        "address": {"street_line1": "Musterweg 1", "npa": "8000", "city": "Zürich"},
        "phones": {"mobile": "+41790000012"},
        "email": "anne@example.org",
    },
}
TO_HOOK: dict[str, Any] = {
    "version": 1,
    "id": "ab" * 32 + "-1",
    "date": "2026-03-01T08:00:00+00:00",
    "portal": "portal.example",
    "property": {"reference": "AA1-5"},
    "requester": {"firstname": "Anne", "lastname": "Muster", "email": "anne@example.org"},
    "message": "Grüezi",
    "mail": {"message_id": "m1@portal.example", "subject": "Anfrage"},
}


@pytest.fixture
def agency(sandbox: Sandbox) -> Iterator[Agency]:
    made = Agency(Way(url=sandbox.private_url, timeouts=(30, 30), deadline=30), KEY)
    yield made
    made.close()


@pytest.fixture
def hook(sandbox: Sandbox) -> Iterator[Webhook]:
    made = Webhook(Way(url=sandbox.hook_url, timeouts=(30, 30), deadline=30), SECRET)
    yield made
    made.close()


def test_the_private_endpoint_accepts_and_names_no_id(sandbox: Sandbox, agency: Agency) -> None:
    assert agency.deliver(TO_AGENCY) == Accepted(status=200, remote_id=None)
    [received] = sandbox.leads
    assert (received.path, received.lead) == ("/api/leads/create", TO_AGENCY)


def test_the_webhook_accepts_what_it_can_verify(sandbox: Sandbox, hook: Webhook) -> None:
    assert hook.deliver(TO_HOOK) == Accepted(status=200, remote_id="sandbox-1")
    [received] = sandbox.leads
    assert (received.path, received.lead) == ("/webhook", TO_HOOK)


def test_a_repeat_is_known_by_its_key(sandbox: Sandbox, hook: Webhook) -> None:
    sandbox.plan = parse_plan("drop-after")
    assert isinstance(hook.deliver(TO_HOOK), InDoubt)
    assert len(sandbox.leads) == 1
    assert hook.deliver(TO_HOOK) == Accepted(status=200, remote_id="sandbox-1")
    assert len(sandbox.leads) == 1
    assert hook.deliver({**TO_HOOK, "id": "cd" * 32 + "-1"}) == Accepted(
        status=200, remote_id="sandbox-2"
    )


def test_what_is_signed_can_be_verified_by_anybody(
    raw_server: Callable[..., Any],
) -> None:
    def script(talk: Any) -> None:
        while talk.read_request():
            talk.answer(b"", "204 No Content")

    server = raw_server(script)
    hook = Webhook(
        Way(url=server.url, timeouts=(30, 30), deadline=30), SECRET, clock=lambda: 1_772_352_000.9
    )
    # No body at all: accepted, and no id is expected.
    assert hook.deliver(TO_HOOK) == Accepted(status=204, remote_id=None)
    hook.close()
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    told = hmac.new(SECRET.encode(), b"1772352000." + body, hashlib.sha256).hexdigest()
    assert headers["Mailbridge-Signature"] == f"t=1772352000,v1={told}"
    assert headers["Idempotency-Key"] == TO_HOOK["id"]
    assert json.loads(body) == TO_HOOK
    assert "X-API-KEY" not in headers


def test_the_signature_by_literal() -> None:
    """As docs/destinations.md shows it."""
    assert sign("0123456789abcdef", 1772352000, b'{"version":1}') == (
        "t=1772352000,v1=06ff62540f76c158e339bc67d04bf78845ec3ce75a3cafa15052f144754d8f61"
    )


@pytest.mark.parametrize(
    ("plan", "kind"),
    [
        ("503", Failed),
        ("429 retry-after=2", Busy),
        ("400", Rejected),
        ("409", Rejected),
        ("403", Unauthorised),
        ("redirect", Rejected),
        ("success-false", Rejected),
        ("drop-before", InDoubt),
        ("empty", Accepted),
        ("html", Accepted),
    ],
)
@pytest.mark.parametrize("which", ["agency", "hook"])
def test_answers_mean_the_same_everywhere(
    sandbox: Sandbox, agency: Agency, hook: Webhook, which: str, plan: str, kind: type
) -> None:
    sandbox.plan = parse_plan(plan)
    answer = agency.deliver(TO_AGENCY) if which == "agency" else hook.deliver(TO_HOOK)
    assert isinstance(answer, kind)


def test_a_wrong_key_or_secret_is_told(sandbox: Sandbox) -> None:
    agency = Agency(Way(url=sandbox.private_url, timeouts=(30, 30), deadline=30), "another")
    hook = Webhook(Way(url=sandbox.hook_url, timeouts=(30, 30), deadline=30), "another-secret-17")
    assert isinstance(agency.deliver(TO_AGENCY), Unauthorised)
    answer = hook.deliver(TO_HOOK)
    assert isinstance(answer, Unauthorised)
    assert answer.excerpt == "The signature does not fit the body."
    assert sandbox.leads == ()
    agency.close()
    hook.close()


def test_an_old_signature_is_not_believed(sandbox: Sandbox) -> None:
    way = Way(url=sandbox.hook_url, timeouts=(30, 30), deadline=30)
    hook = Webhook(way, SECRET, clock=lambda: 1_000_000_000.0)
    assert isinstance(hook.deliver(TO_HOOK), Unauthorised)
    hook.close()


def test_what_a_server_quotes_shows_no_value_and_no_key(raw_server: Callable[..., Any]) -> None:
    def script(talk: Any) -> None:
        request = talk.read_request()
        talk.answer(request.replace(b"\r\n", b" ")[:4000], "400 Bad Request")

    for make, secret, lead in (
        (Agency, "private-key-0001", TO_AGENCY),
        (Webhook, "webhook-secret-0001", TO_HOOK),
    ):
        server = raw_server(script)
        client = make(Way(url=server.url, timeouts=(30, 30), deadline=30), secret)
        answer = client.deliver(lead)
        client.close()
        assert isinstance(answer, Rejected)
        for value in (secret, "anne@example.org", "Muster", "+41790000012"):
            assert value not in answer.excerpt


def test_reach_needs_no_lead(sandbox: Sandbox, agency: Agency, hook: Webhook) -> None:
    assert agency.reach() is None
    assert hook.reach() is None
    gone = Webhook(Way(url="http://127.0.0.1:1/", timeouts=(1, 1), deadline=1), SECRET)
    assert isinstance(gone.reach(), Unreachable)
    assert isinstance(gone.deliver(TO_HOOK), Unreachable)
    gone.close()
    assert sandbox.leads == ()


def test_a_useless_key_or_secret_is_told_at_once() -> None:
    way = Way(url="https://crm.example.org/", timeouts=(1, 1), deadline=1)
    with pytest.raises(MailbridgeError, match="secret is empty"):
        Webhook(way, "")
    with pytest.raises(MailbridgeError, match="API key"):
        Agency(way, "two words")
