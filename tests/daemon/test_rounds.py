"""New mail without waiting for the interval, which is an hour in all of these."""

import re
import threading
import time
from dataclasses import replace

import pytest

from mailbridge.daemon import push
from mailbridge.daemon.rounds import THREADS
from mailbridge.inbox.account import Account
from tests.bridge.conftest import Builder, Rig
from tests.conftest import account_on
from tests.daemon.conftest import SECONDS, attending
from tests.mails import inquiry
from tests.servers.dovecot import Dovecot
from tests.servers.mailbox import Mailbox
from tests.servers.microsoft365 import running_microsoft365
from tests.servers.proxy import FORWARD, Act, Call, Cut, Proxy, Side

WAITS = rb"^\+ "
"""How Dovecot says that it will tell what arrives."""


def wait_until_marked(proxy: Proxy, count: int = 1) -> None:
    proxy.wait_for(Side.CLIENT, rb"UID STORE .*\+FLAGS", count=count, timeout=SECONDS)


def test_what_arrives_is_sent_and_marked_at_once(rig: Rig, proxy: Proxy) -> None:
    with attending([rig]):
        for number in range(1, 4):
            proxy.wait_for(Side.SERVER, WAITS, count=number)
            uid = rig.mailbox.append(inquiry(number))
            rig.api.wait_for(number, SECONDS)
            wait_until_marked(proxy, number)
        proxy.wait_for(Side.SERVER, WAITS, count=4)
    assert rig.mailbox.flags()[uid] == {"MailbridgeSent"}
    assert rig.outcomes == ["sent"] * 3
    assert proxy.connections == 1, "one login"
    assert proxy.count(Side.CLIENT, b"LOGOUT") == 0


def test_no_round_trip_too_many_lies_between_the_call_and_the_lead(rig: Rig, proxy: Proxy) -> None:
    with attending([rig]):
        proxy.wait_for(Side.SERVER, WAITS)
        before = len(proxy.passed)
        rig.mailbox.append(inquiry())
        rig.api.wait_for(1, SECONDS)
        wait_until_marked(proxy)
    said = [p.data for p in proxy.passed[before:] if p.side is Side.CLIENT]
    verbs = [re.sub(rb"^\w+ (?=\w)", b"", line).split(b" (")[0].strip() for line in said]
    assert verbs[:4] == [b"DONE", b'EXAMINE "INBOX"', b"UID FETCH 1", b"UID FETCH 1"]
    assert verbs[4].startswith(b"SELECT"), "to mark: the lead was sent before"


@pytest.mark.parametrize("at", [rb" IDLE", rb" EXAMINE"])
def test_what_comes_between_the_last_look_and_idle_is_not_slept_over(
    rig: Rig, proxy: Proxy, at: bytes
) -> None:
    """Dovecot tells of it after its `+`; or by the folder's state alone, and then never again."""
    proxy.rule(Side.CLIENT, at, Call(lambda _: rig.mailbox.append(inquiry())), FORWARD)
    with attending([rig]):
        rig.api.wait_for(1, SECONDS)


def test_twenty_inboxes_take_one_login_each_and_few_threads(
    build: Builder, dovecot: Dovecot, proxy: Proxy, mailbox: Mailbox
) -> None:
    rigs = []
    for number in range(20):
        account = replace(account_on(dovecot), name=f"inbox-{number}", port=proxy.port)
        rigs.append(build(account, mailbox))
    before = threading.active_count()
    with attending(rigs):
        proxy.wait_for(Side.SERVER, WAITS, count=20, timeout=60)
        for number, rig in enumerate(rigs, 1):
            dovecot.deliver(rig.bridge.watch.account.user, inquiry(number))
        leads = rigs[0].api.wait_for(20, 60)
        proxy.wait_for(Side.SERVER, WAITS, count=40, timeout=60)
        names = [thread.name for thread in threading.enumerate()]
        assert sum(name.startswith("inbox") for name in names) <= THREADS < 20
        assert sum(name == "push" for name in names) == 1
        assert proxy.connections == 20
    assert len({lead.lead["sender_email"] for lead in leads}) == 20
    assert threading.active_count() <= before + 20  # the sandbox's, one for each connection


def test_a_server_without_idle_is_polled(
    build: Builder, dotted_account: Account, dotted_mailbox: Mailbox
) -> None:
    rig = build(replace(dotted_account, name="sales"), dotted_mailbox)
    with attending([rig]) as rounds:
        end = time.monotonic() + SECONDS
        while rig.ledger.summary().inboxes == () or rounds._pushed == {}:
            assert time.monotonic() < end
        assert rounds._pushed == {"sales": False}
        dotted_mailbox.append(inquiry())
        rounds.poll("sales")  # as the interval does
        rig.api.wait_for(1, SECONDS)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(push, "FIRST_PAUSE", 0.2)


@pytest.mark.parametrize("reset", [False, True])
@pytest.mark.usefixtures("impatient")
def test_a_cut_connection_is_made_anew_and_what_came_meanwhile_is_found(
    rig: Rig, proxy: Proxy, reset: bool
) -> None:
    with attending([rig]):
        proxy.wait_for(Side.SERVER, WAITS)
        proxy.close_door()
        proxy.cut_all(reset=reset)
        rig.mailbox.append(inquiry(1))
        end = time.monotonic() + SECONDS
        while not rig.ledger.summary().inboxes[0].error:
            assert time.monotonic() < end
        proxy.open_door()
        rig.api.wait_for(1, SECONDS)
        proxy.wait_for(Side.SERVER, WAITS, count=2)
        rig.mailbox.append(inquiry(2))
        rig.api.wait_for(2, SECONDS)
    assert rig.ledger.summary().inboxes[0].error == ""


@pytest.mark.usefixtures("impatient")
def test_a_black_hole_is_noticed_at_the_renewal(
    build: Builder, proxied: Account, mailbox: Mailbox, proxy: Proxy
) -> None:
    rig = build(replace(proxied, timeout=2.0), mailbox)
    with attending([rig], renewal=1.0):
        proxy.wait_for(Side.SERVER, WAITS)
        proxy.silence()
        rig.mailbox.append(inquiry(1))
        end = time.monotonic() + SECONDS
        while "no answer within 2 seconds" not in rig.ledger.summary().inboxes[0].error:
            assert time.monotonic() < end
        assert rig.api.leads == ()
        proxy.speak()
        rig.api.wait_for(1, SECONDS)


def test_idle_is_renewed_with_a_look_at_the_folder(rig: Rig, proxy: Proxy) -> None:
    with attending([rig], renewal=0.2):
        proxy.wait_for(Side.SERVER, WAITS, count=4)
    assert proxy.count(Side.CLIENT, rb"^DONE") >= 3
    assert proxy.count(Side.CLIENT, rb"EXAMINE") >= 3
    assert proxy.connections == 1


@pytest.mark.parametrize("acts", [(Cut(),), (FORWARD, Cut())])
@pytest.mark.usefixtures("impatient")
def test_a_server_that_ends_each_idle_is_not_stormed(
    rig: Rig, proxy: Proxy, acts: tuple[Act, ...]
) -> None:
    proxy.rule(Side.SERVER, WAITS, *acts, times=None)
    start = time.monotonic()
    with attending([rig]):
        proxy.wait_for(Side.SERVER, WAITS, count=5)
        # The first two at once, then pauses of 0.2, 0.4, 0.8 seconds.
        assert time.monotonic() - start > 1.3
        proxy.clear()
        proxy.wait_for(Side.SERVER, WAITS, count=6)
        rig.mailbox.append(inquiry())
        rig.api.wait_for(1, SECONDS)


@pytest.mark.usefixtures("impatient")
def test_a_server_that_refuses_the_login_is_not_stormed(
    build: Builder, proxied: Account, mailbox: Mailbox, proxy: Proxy
) -> None:
    rig = build(replace(proxied, password="wrong"), mailbox)
    with attending([rig]) as rounds:
        proxy.wait_for(Side.CLIENT, b"LOGIN")
        end = time.monotonic() + SECONDS
        while rounds._push._of("sales").faults.seconds < 1.0:  # several wishes by now
            assert time.monotonic() < end
    assert proxy.count(Side.CLIENT, b"LOGIN") == 1


def wait_until_silent(proxy: Proxy) -> None:
    """Wait until nothing is said any more but that the server will tell what arrives."""
    end = time.monotonic() + SECONDS
    while not re.match(WAITS, proxy.passed[-1].data):
        assert time.monotonic() < end
        threading.Event().wait(0.02)


def test_microsoft_365_drops_silent_connections_and_each_inquiry_is_one_lead(
    build: Builder, account: Account, mailbox: Mailbox, dovecot: Dovecot
) -> None:
    """A login for each connection that it ended, and none besides."""
    with running_microsoft365(dovecot) as service:
        rig = build(replace(account, port=service.port), mailbox)
        with attending([rig]):
            for number in (1, 2, 3):
                service.proxy.wait_for(Side.SERVER, WAITS, count=number)
                wait_until_silent(service.proxy)
                service.drop_idle()
                mailbox.append(inquiry(number))
                rig.api.wait_for(number, SECONDS)
                service.proxy.wait_for(Side.CLIENT, b" UID MOVE ", count=number)
            wait_until_silent(service.proxy)
        assert mailbox.marks() == {f"inquiry-{number}": "sent" for number in (1, 2, 3)}
        assert len(rig.api.leads) == 3
        assert service.logins == 4


def test_microsoft_365_is_left_alone_as_long_as_it_asks_for(
    build: Builder, account: Account, mailbox: Mailbox, dovecot: Dovecot
) -> None:
    with running_microsoft365(dovecot) as service:
        rig = build(replace(account, port=service.port), mailbox)
        with attending([rig]):
            service.proxy.wait_for(Side.SERVER, WAITS)
            wait_until_silent(service.proxy)
            asked: list[float] = []
            moment = Call(lambda _: asked.append(time.monotonic()))
            service.proxy.rule(Side.CLIENT, rb"UID FETCH", moment)
            service.throttle(rb"UID FETCH", 3000)
            mailbox.append(inquiry())
            rig.api.wait_for(1, SECONDS)
            assert time.monotonic() - asked[0] > 2.9
        assert mailbox.marks() == {"inquiry-1": "sent"}
        assert service.logins == 1
