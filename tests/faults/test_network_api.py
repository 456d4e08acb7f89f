"""The lead API is down, for up to a day of simulated time, in every way in which it can be.

Order: leads go out in the order of their mails, and those that waited go before younger
ones. Two things are let pass, as designed: the one lead with which a failing API is tried
(an answer 5xx may be that lead's own fault, so that another is tried next) may arrive
before older ones, and a lead in doubt waits for its second attempt or for a person while
younger ones pass.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from mailbridge.delivery.exchange import Way
from mailbridge.delivery.realforce import Realforce
from mailbridge.delivery.retry import OnDoubt, Policy
from mailbridge.inbox.account import Account
from mailbridge.sandbox.plan import parse_plan
from mailbridge.sandbox.server import Sandbox
from tests.bridge.conftest import Builder, Rig, api, build, decider, portals
from tests.mails import inquiry
from tests.servers.mailbox import Mailbox
from tests.servers.proxy import HOLE, Act, Cut, Drip, Proxy, Reply, Side, before_sandbox

__all__ = ["api", "build", "decider", "portals"]

SECONDS = 30.0
"""Enough for any exchange on a busy machine."""
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


class Clock:
    """Simulated time; it goes on only when it is told to."""

    def __init__(self) -> None:
        self.start = self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now

    @property
    def passed(self) -> timedelta:
        return self.now - self.start


@dataclass(slots=True)
class Office:
    """A bridge whose time is simulated, before an API that can be broken."""

    rig: Rig
    http: Proxy
    clock: Clock
    mailed: int = 0

    def mail(self) -> None:
        """A visitor writes."""
        self.mailed += 1
        self.rig.mailbox.append(inquiry(self.mailed))
        self.rig.bridge.poll()

    def live(self, duration: timedelta, *, every: timedelta) -> None:
        """Do what the daemon does in that time, while a mail comes now and then."""
        end, next_mail = self.clock() + duration, self.clock()
        for _ in range(20_000):
            if self.clock() >= next_mail:
                self.mail()
                next_mail += every
            self.rig.dispatch.deliver(lambda: False)
            due = self.rig.dispatch.next_due()
            # The delivery thread sleeps until something is due; at the least it looks up
            # after a twentieth of a second, which must not be what keeps it awake.
            moments = [next_mail, end, *([due] if due else [])]
            self.clock.now = max(min(moments), self.clock() + timedelta(seconds=0.05))
            if self.clock() >= end:
                return
        raise AssertionError("the dispatch spins")

    def reach(self, *, deadline: float) -> None:
        """Send through the proxy, with this patience in seconds."""
        self.rig.dispatch.destination.close()  # type: ignore[attr-defined]
        way = Way(url=self.http.url, timeouts=(deadline, deadline), deadline=deadline)
        self.rig.dispatch.destination = Realforce(way, "test-key")

    @property
    def posts(self) -> int:
        """Requests with a lead that have left so far."""
        return self.http.count(Side.CLIENT, rb"^POST")

    @property
    def names(self) -> list[str]:
        return [lead.lead["sender_firstname"] for lead in self.rig.api.leads]

    @property
    def expected(self) -> list[str]:
        return [f"Prune{number}" for number in range(1, self.mailed + 1)]


@pytest.fixture
def office(build: Builder, account: Account, mailbox: Mailbox, api: Sandbox) -> Iterator[Office]:
    with before_sandbox(api) as http:
        rig = build(account, mailbox)
        clock = Clock()
        rig.bridge.clock = rig.dispatch.clock = clock
        rig.pass_once()
        rig.dispatch.policy = Policy(doubt=OnDoubt.HOLD)
        made = Office(rig, http, clock)
        made.reach(deadline=SECONDS)
        yield made


def status(line: str, body: str = "", header: str = "") -> Reply:
    """What stands before the API answers in its place."""
    head = f"HTTP/1.1 {line}\r\nContent-Length: {len(body)}\r\n{header}\r\n"
    return Reply(lambda _: (head + body).encode())


PAGE = "<!doctype html><html><body><h1>We are working on it</h1></body></html>"


def busy_until(moment: Callable[[], datetime]) -> Reply:
    def answer(_: bytes) -> bytes:
        date = format_datetime(moment(), usegmt=True)
        return f"HTTP/1.1 429 Too Many\r\nContent-Length: 0\r\nRetry-After: {date}\r\n\r\n".encode()

    return Reply(answer)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """How every exchange ends, for how long, and how many leads may leave in vain meanwhile."""

    act: Act | None
    """On each request; None for a closed door."""
    side: Side = Side.CLIENT
    lasts: timedelta = 24 * HOUR
    posts: int
    deadline: float = SECONDS
    scouts: int = 0
    """Leads that may arrive before older ones."""
    doubted: int = 0
    """Leads that may be left in doubt."""

    def begin(self, http: Proxy) -> None:
        if self.act is None:
            http.close_door()
            http.cut_all()
        else:
            http.rule(self.side, b"", self.act, times=None)


OUTAGES = {
    "refused": Outage(act=None, posts=0),
    "401": Outage(act=status("401 Unauthorized"), posts=30),
    "403 in HTML": Outage(act=status("403 Forbidden", PAGE), posts=30),
    "408": Outage(act=status("408 Request Timeout"), lasts=3 * HOUR, posts=25),
    "429": Outage(act=status("429 Too Many Requests"), posts=150),
    "429 with seconds": Outage(
        act=status("429 Too Many Requests", "", "Retry-After: 3600\r\n"), posts=24
    ),
    "429 with a date": Outage(act=busy_until(lambda: datetime.now(UTC) + HOUR), posts=25),
    "500": Outage(act=status("500 Internal Server Error"), lasts=6 * HOUR, posts=370, scouts=1),
    "502 in HTML": Outage(act=status("502 Bad Gateway", PAGE), lasts=3 * HOUR, posts=190, scouts=1),
    "503 with seconds": Outage(
        act=status("503 Service Unavailable", PAGE, "Retry-After: 1800\r\n"), posts=48, scouts=1
    ),
    "no HTTP": Outage(
        act=Reply(lambda _: b"* OK IMAP4rev1 at your service\r\n"), posts=1, doubted=1
    ),
    "cut before it is read": Outage(act=Cut(reset=True), posts=1, doubted=1),
    "cut before the answer": Outage(act=Cut(), side=Side.SERVER, posts=1, doubted=1),
    "silent": Outage(act=HOLE, lasts=HOUR / 2, posts=1, deadline=0.7, doubted=1),
    "too slow": Outage(
        act=Drip(1, 0.05), side=Side.SERVER, lasts=HOUR / 2, posts=1, deadline=0.7, doubted=1
    ),
}


@pytest.mark.parametrize("name", OUTAGES)
def test_an_api_that_was_down_gets_every_lead_once_and_in_order(office: Office, name: str) -> None:
    """Mail goes on being read meanwhile, and few leads are tried in vain."""
    outage = OUTAGES[name]
    office.mail()
    office.rig.dispatch.deliver(lambda: False)
    assert office.names == ["Prune1"]
    office.reach(deadline=outage.deadline)
    posts = office.posts
    outage.begin(office.http)
    office.live(outage.lasts, every=outage.lasts / 12)
    assert office.mailed == 13
    assert len(office.rig.mails) == 13, "mail was not read while the API was down"
    assert office.posts - posts <= outage.posts
    assert office.rig.dispatch.trouble
    office.http.clear()
    office.http.open_door()
    office.reach(deadline=SECONDS)
    office.live(HOUR + 15 * MINUTE, every=2 * HOUR)
    assert office.rig.dispatch.trouble == ""
    assert len(office.names) == len(set(office.names)), "a lead was sent twice"
    outcomes = [mail.outcome.value for mail in office.rig.mails]
    doubted = {name for name, how in zip(office.expected, outcomes, strict=True) if how != "sent"}
    assert set(outcomes) <= {"sent", "in_doubt"}
    assert len(doubted) <= outage.doubted
    arrived = [name for name in office.names if name not in doubted]
    scouts = arrived[1 : 1 + outage.scouts]
    assert in_order([name for name in arrived if name not in scouts])
    assert {*arrived, *doubted} == set(office.expected)


def in_order(names: list[str]) -> bool:
    numbers = [int(name.removeprefix("Prune")) for name in names]
    return numbers == sorted(numbers)


def test_a_lead_that_breaks_the_server_is_left_to_a_person_and_holds_up_no_other(
    office: Office,
) -> None:
    """Its own 5xx, while others get through: when a dozen did, it is `rejected`."""
    office.http.rule(
        Side.CLIENT, rb"Prune3\b", status("500 Internal Server Error", PAGE), times=None
    )
    office.live(24 * HOUR, every=HOUR)
    assert office.names == [name for name in office.expected if name != "Prune3"]
    bad = office.rig.mails[2]
    assert bad.outcome.value == "rejected"
    assert bad.answer == "the server failed: We are working on it"
    whole = office.rig.ledger.mail(bad.id)
    assert whole is not None
    times = [attempt.started - office.clock.start for attempt in whole.leads[0].attempts]
    assert 11 * HOUR < times[-1] - times[0] < 13 * HOUR, "a dozen others have got through"


def test_a_lone_lead_that_fails_for_days_is_not_given_up(office: Office) -> None:
    """Nothing tells it from a server that is down."""
    down = Policy(doubt=OnDoubt.HOLD, longest_wait=3600)
    office.rig.dispatch.policy = down
    office.http.rule(Side.CLIENT, b"", status("500 Internal Server Error"), times=None)
    office.live(60 * HOUR, every=100 * HOUR)
    assert [mail.outcome.value for mail in office.rig.mails] == ["deferred"]
    office.http.clear()
    office.live(2 * HOUR, every=100 * HOUR)
    assert sorted(office.names) == office.expected


def test_a_refused_lead_shows_too_that_the_api_is_back(office: Office) -> None:
    """Those behind it leave at once, in order."""
    office.http.rule(Side.CLIENT, b"", status("500 Internal Server Error"), times=None)
    office.live(2 * HOUR, every=HOUR / 3)
    office.http.clear()
    office.rig.api.plan = parse_plan("422")
    office.clock.now = office.rig.dispatch.next_due() or office.clock.now
    office.rig.dispatch.deliver(lambda: False)
    assert len(office.names) == office.mailed - 1
    assert in_order(office.names)


def test_a_silent_api_gets_the_doubted_lead_first_when_it_answers_again(office: Office) -> None:
    """With `on_doubt: resend`: no other lead was risked, and none passes it."""
    office.rig.dispatch.policy = Policy(doubt=OnDoubt.RESEND, doubt_wait=600)
    outage = OUTAGES["silent"]
    office.reach(deadline=outage.deadline)
    outage.begin(office.http)
    office.live(HOUR / 4, every=HOUR / 12)
    office.http.clear()
    office.http.cut_all()
    office.reach(deadline=SECONDS)
    office.live(HOUR, every=2 * HOUR)
    assert office.names == office.expected
    assert {mail.outcome.value for mail in office.rig.mails} == {"sent"}
