"""SIGKILL and outages with two destinations: what is promised of one holds for each.

Inquiries of homegate.ch go to a webhook, those of immobilier.ch to the lead API, each
behind a proxy of its own.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from mailbridge.ledger.records import State
from mailbridge.outcomes import Outcome
from mailbridge.sandbox.book import SECRET
from mailbridge.sandbox.plan import parse_plan
from mailbridge.sandbox.server import Sandbox
from tests.faults.conftest import Install
from tests.faults.installation import SECONDS, Doom, Installation, Running, Setup
from tests.mails import inquiry
from tests.servers.proxy import SWALLOW, Call, Cut, Kind, Proxy, Side

OTHER = (Path(__file__).parents[2] / "fixtures" / "immobilier.ch" / "phone.eml").read_bytes()
POST = rb"\APOST "
ANSWER = rb"\AHTTP/1.1 200"


@dataclass
class Office:
    """An installation whose leads part ways."""

    here: Installation
    crm: Sandbox
    hook: Proxy

    def start(self) -> Running:
        return self.here.start()

    def once(self) -> None:
        self.here.http.clear()
        self.hook.clear()
        self.here.once()

    @property
    def stored(self) -> tuple[list[str], list[str]]:
        """Who asked, as the webhook and the lead API have it, in order."""
        return (
            [lead.lead["requester"]["firstname"] for lead in self.crm.leads],
            [lead.lead["sender_firstname"] for lead in self.here.api.leads],
        )

    @property
    def outcomes(self) -> list[Outcome]:
        return [mail.outcome for mail in self.here.mails()]


def settings(hook: Proxy, on_doubt: str) -> str:
    return (
        "destinations:\n  - name: crm\n    kind: webhook\n"
        f"    url: {hook.url}\n    secret: {SECRET}\n    on_doubt: {on_doubt}\n    doubt_wait: 0s\n"
        "portal_destinations:\n  homegate.ch: crm\n"
    )


@pytest.fixture
def office(install: Install, request: pytest.FixtureRequest) -> Iterator[Office]:
    on_doubt = getattr(request, "param", "hold")
    with ExitStack() as stack:
        here = install(Setup(on_doubt=on_doubt))
        crm = stack.enter_context(Sandbox(key="unused"))
        parts = urlsplit(crm.hook_url)
        hook = stack.enter_context(
            Proxy(Kind.HTTP, ("127.0.0.1", parts.port or 80), path=parts.path)
        )
        config = here.folder / "config.yaml"
        config.write_text(config.read_text() + settings(hook, on_doubt))
        yield Office(here, crm, hook)


def put(office: Office, *mails: bytes) -> None:
    for mail in mails:
        office.here.mailbox.append(mail)


@pytest.mark.parametrize("office", ["hold", "resend"], indirect=True)
@pytest.mark.parametrize("stored", [False, True], ids=["before it was stored", "stored"])
def test_killed_in_the_exchange_with_the_webhook(
    office: Office, stored: bool, request: pytest.FixtureRequest
) -> None:
    """In doubt, as anywhere; but a repeat is known by its key, so that nothing is doubled."""
    resend = "resend" in request.node.name
    put(office, inquiry(1), OTHER)
    doom = Doom()
    side, piece = (Side.SERVER, ANSWER) if stored else (Side.CLIENT, POST)
    rule = office.hook.rule(side, piece, Call(doom.kill), Cut())
    with office.start() as running:
        doom.of(running)
        rule.wait(SECONDS)
        assert running.killed, running.said
    assert len(office.crm.leads) == stored
    doubtful = office.here.sending()
    assert "inquiry-1@test.example" in doubtful
    office.once()
    at_crm, at_api = office.stored
    assert at_crm == (["Prune1"] if stored or resend else [])
    assert office.outcomes[0] is (Outcome.SENT if resend else Outcome.IN_DOUBT)
    # The other's lead: sent once, or in doubt itself where it was in the air at that moment.
    assert len(at_api) <= 1 + (len(doubtful) == 2 and resend)
    if len(doubtful) == 1:
        assert at_api == ["Mélisande"]
        assert office.outcomes[1] is Outcome.SENT


def test_killed_with_a_lead_in_the_air_to_each(office: Office) -> None:
    """Both are in doubt afterwards, and nothing that came behind them."""
    put(office, inquiry(1), OTHER, inquiry(2))
    # The lead API's answer is held back until the webhook's request is on its way.
    office.here.http.rule(Side.SERVER, ANSWER, SWALLOW)
    office.hook.rule(Side.SERVER, ANSWER, SWALLOW)
    with office.start() as running:
        office.here.api.wait_for(1, SECONDS)
        office.crm.wait_for(1, SECONDS)
        running.kill()
    assert len(office.here.sending()) == 2
    office.once()
    assert office.stored == (["Prune1", "Prune2"], ["Mélisande"])
    assert office.outcomes == [Outcome.IN_DOUBT, Outcome.IN_DOUBT, Outcome.SENT]


def test_one_in_doubt_stops_its_own_queue_alone(office: Office) -> None:
    """No other lead leaves for the webhook before it answers to a HEAD; the lead API goes on."""
    put(office, inquiry(1))
    office.crm.plan = parse_plan("drop-before")
    office.hook.rule(Side.CLIENT, rb"\AHEAD ", Cut(), times=1)
    with office.start() as running:
        office.crm.wait_for_requests(1, SECONDS)
        running.wait_for("lead in doubt")
        put(office, inquiry(2), OTHER)
        office.here.api.wait_for(1, SECONDS)
        office.crm.wait_for(1, SECONDS)
    heads = [p for p in office.hook.passed if p.data.startswith(b"HEAD")]
    posts = [p for p in office.hook.passed if p.data.startswith(b"POST")]
    assert len(heads) >= 2  # one that was cut, and the one that was answered
    assert len(posts) == 2
    order = [p.data[:4] for p in office.hook.passed if p.side is Side.CLIENT]
    assert order.index(b"HEAD") < len(order) - 1 - order[::-1].index(b"POST")
    assert office.stored == (["Prune2"], ["Mélisande"])


def test_a_crash_on_the_way_to_a_destination_that_is_gone_since(office: Office) -> None:
    """Its lead is held for a person, whatever the settings said of doubt; it goes nowhere else."""
    put(office, inquiry(1))
    doom = Doom()
    rule = office.hook.rule(Side.SERVER, ANSWER, Call(doom.kill), Cut())
    with office.start() as running:
        doom.of(running)
        rule.wait(SECONDS)
        assert running.killed
    office.here.configure()  # without the webhook
    office.once()
    assert office.outcomes == [Outcome.IN_DOUBT]
    assert office.stored == (["Prune1"], [])
    [mail] = office.here.mails()
    assert (mail.leads[0].state, mail.leads[0].next_attempt) == (State.IN_DOUBT, None)


def test_a_day_of_one_being_down_costs_the_other_nothing(office: Office) -> None:
    """Fails at every request, then works again: order is kept, nothing is lost or doubled."""
    office.crm.plan = parse_plan("503x3")
    put(office, *(inquiry(n) for n in range(1, 6)), OTHER)
    with office.start() as running:
        assert len(office.here.api.wait_for(1, SECONDS)) == 1
        assert len(office.crm.wait_for(5, SECONDS)) == 5
        running.wait_for("lead deferred")
    at_crm, at_api = office.stored
    assert sorted(at_crm) == [f"Prune{n}" for n in range(1, 6)]
    assert at_api == ["Mélisande"]
