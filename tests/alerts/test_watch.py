"""The round: from a ledger to channels, and nothing told twice, whatever restarts or fails."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest

from mailbridge.alerts.messages import Message
from mailbridge.alerts.watch import Alerts
from mailbridge.ledger.ledger import Ledger
from mailbridge.ledger.records import NewMail, State
from mailbridge.outcomes import Outcome
from tests.alerts.making import HOUR, MINUTE
from tests.ledger.making import T0, mail, sent_mail, settled

PORTAL = "portal.example.org"


@dataclass
class Pigeon:
    """A channel that arrives or fails, as told."""

    name: str = "1"
    fails: bool = False
    tried: int = 0
    titles: list[str] = field(default_factory=list)

    def send(self, message: Message) -> bool:
        self.tried += 1
        if not self.fails:
            self.titles.append(message.title.removeprefix("mailbridge: "))
        return not self.fails


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/ledger.db"


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    with Ledger.open(url) as opened:
        yield opened


def polled(ledger: Ledger, at: datetime, error: str = "") -> None:
    ledger.poll_started("sales", at)
    ledger.poll_ended("sales", at, error)


def refuse(ledger: Ledger) -> None:
    sent_mail(ledger, 1, State.DEFERRED, status=401, next_attempt=T0)


def accept(ledger: Ledger) -> None:
    ledger.settle(settled(ledger.claim(T0), State.SENT, status=200))


def test_a_key_refused_and_mended(ledger: Ledger) -> None:
    pigeon = Pigeon()
    alerts = Alerts(ledger, ["sales"], [pigeon])
    assert alerts.tell(T0) == 0
    refuse(ledger)
    for minutes in range(20):
        alerts.tell(T0 + minutes * MINUTE)
    assert pigeon.titles == ["the API key is refused"]
    accept(ledger)
    for minutes in range(20, 60):
        alerts.tell(T0 + minutes * MINUTE)
    assert pigeon.titles == ["the API key is refused", "the API key is accepted"]


def test_a_restart_tells_nothing_twice(url: str) -> None:
    pigeon = Pigeon()
    with Ledger.open(url) as ledger:
        refuse(ledger)
        Alerts(ledger, ["sales"], [pigeon]).tell(T0)
    with Ledger.open(url) as ledger:
        Alerts(ledger, ["sales"], [pigeon]).tell(T0 + MINUTE)
        accept(ledger)
        Alerts(ledger, ["sales"], [pigeon]).tell(T0 + 2 * MINUTE)
    with Ledger.open(url) as ledger:
        Alerts(ledger, ["sales"], [pigeon]).tell(T0 + HOUR)
        Alerts(ledger, ["sales"], [pigeon]).tell(T0 + 2 * HOUR)
    assert pigeon.titles == ["the API key is refused", "the API key is accepted"]


def test_a_channel_that_fails_rests_ever_longer_and_holds_up_no_other(ledger: Ledger) -> None:
    good, bad = Pigeon("2"), Pigeon("1", fails=True)
    alerts = Alerts(ledger, ["sales"], [bad, good])
    refuse(ledger)
    ledger.record([mail(2, outcome=Outcome.INCOMPLETE)], None, T0)
    for minutes in range(6 * 60):
        alerts.tell(T0 + minutes * MINUTE)
    # A message that fails ends the round there: 1, 2, 4 … 32 minutes, then each hour.
    assert bad.tried == 1 + 6 + 4
    assert sorted(good.titles) == ["1 mail waits for review", "the API key is refused"]
    bad.fails = False
    for minutes in range(6 * 60, 8 * 60):
        alerts.tell(T0 + minutes * MINUTE)
    assert sorted(bad.titles) == sorted(good.titles)


def test_nothing_is_sent_once_the_end_is_asked_for(ledger: Ledger) -> None:
    pigeon = Pigeon()
    refuse(ledger)
    assert Alerts(ledger, ["sales"], [pigeon]).tell(T0, lambda: True) == 0
    assert pigeon.tried == 0


def test_an_inbox_that_is_gone_for_some_minutes(ledger: Ledger) -> None:
    pigeon = Pigeon()
    alerts = Alerts(ledger, ["sales"], [pigeon])
    polled(ledger, T0)
    for minutes in range(30):
        polled(ledger, T0 + minutes * MINUTE, "no answer")
        alerts.tell(T0 + minutes * MINUTE)
        assert len(pigeon.titles) == (1 if minutes >= 10 else 0)
    for minutes in range(30, 60):
        polled(ledger, T0 + minutes * MINUTE)
        alerts.tell(T0 + minutes * MINUTE)
    assert pigeon.titles == ["the inbox sales cannot be read", "the inbox sales is read again"]


def test_an_inbox_that_is_no_longer_in_the_settings_is_no_trouble(ledger: Ledger) -> None:
    pigeon = Pigeon()
    polled(ledger, T0, "no answer")
    for minutes in range(30):
        Alerts(ledger, ["rent"], [pigeon]).tell(T0 + minutes * MINUTE)
    assert pigeon.titles == []


def test_a_portal_goes_silent_and_sends_again(ledger: Ledger) -> None:
    pigeon = Pigeon()
    alerts = Alerts(ledger, ["sales"], [pigeon])
    each_hour = [T0 + hour * HOUR for hour in range(8 * 7 * 24)]
    ledger.record([arrived(uid, at) for uid, at in enumerate(each_hour, start=1)], None, T0)
    last = each_hour[-1]
    for hours in range(60):
        polled(ledger, last + hours * HOUR)
        alerts.tell(last + hours * HOUR)
        if not pigeon.titles:
            heard = hours
    assert pigeon.titles == [f"{PORTAL} is silent"]
    assert 12 <= heard <= 30
    back = last + 60 * HOUR
    ledger.record([arrived(5_000, back)], None, T0)
    for minutes in range(0, 40, 5):
        polled(ledger, back + minutes * MINUTE)
        alerts.tell(back + minutes * MINUTE)
    assert pigeon.titles == [f"{PORTAL} is silent", f"{PORTAL} sends again"]


def test_while_an_inbox_cannot_be_read_no_portal_is_silent(ledger: Ledger) -> None:
    pigeon = Pigeon()
    alerts = Alerts(ledger, ["sales"], [pigeon])
    each_hour = [T0 + hour * HOUR for hour in range(8 * 7 * 24)]
    ledger.record([arrived(uid, at) for uid, at in enumerate(each_hour, start=1)], None, T0)
    last = each_hour[-1]
    polled(ledger, last)
    for hours in range(10 * 24):
        polled(ledger, last + hours * HOUR, "no answer")
        alerts.tell(last + hours * HOUR)
    assert pigeon.titles == ["the inbox sales cannot be read"]


def test_a_layout_changes_and_its_rule_is_mended(ledger: Ledger) -> None:
    pigeon = Pigeon()
    alerts = Alerts(ledger, ["sales"], [pigeon])
    ledger.record([arrived(uid, T0 + uid * MINUTE) for uid in range(1, 61)], None, T0)
    heard = []
    for uid in range(61, 71):
        ledger.record([broken(uid, T0 + uid * MINUTE)], None, T0)
        alerts.tell(T0 + uid * MINUTE)
        heard += [uid - 60] if f"inquiries of {PORTAL} are incomplete" in pigeon.titles else []
    assert heard[0] <= 5
    with ledger.writing() as book:
        for one in ledger.mails(outcomes={Outcome.INCOMPLETE}):
            book.redecide(one.id, arrived(one.place.uid, one.received))
    for hours in range(2, 5):
        alerts.tell(T0 + hours * HOUR)
    # Two visitors who left something out, on the same day: no layout.
    ledger.record([broken(71, T0 + 5 * HOUR), broken(72, T0 + 5 * HOUR)], None, T0)
    for hours in range(5, 9):
        alerts.tell(T0 + hours * HOUR)
    layout = [title for title in pigeon.titles if PORTAL in title]
    assert layout == [
        f"inquiries of {PORTAL} are incomplete",
        f"inquiries of {PORTAL} are complete again",
    ]


def arrived(uid: int, at: datetime) -> NewMail:
    """A complete inquiry; a duplicate, so that nothing is to be sent."""
    return mail(uid, portal=PORTAL, outcome=Outcome.DUPLICATE, received=at)


def broken(uid: int, at: datetime) -> NewMail:
    return mail(uid, portal=PORTAL, outcome=Outcome.INCOMPLETE, received=at)
