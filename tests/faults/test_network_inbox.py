"""The mail server is down, slow, silent or hostile: the daemon recovers by itself.

Each fault ends in a fresh connection; none makes a lead lost or doubled, holds the daemon
past its deadlines, or has it try more often than it polls.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailbridge.decider import Decider
from mailbridge.errors import InboxRefused, InboxUnreachable
from mailbridge.inbox.account import Account
from tests.bridge.conftest import Builder, api, build, decider, portals
from tests.conftest import mailbox_on
from tests.faults.watching import DEADLINE, EVERY, PATIENCE, TIMEOUT, Watching, watching
from tests.mails import inquiry
from tests.servers.certificates import write_certificates
from tests.servers.dovecot import Dovecot, restarted_dovecot, running_dovecot, stop_dovecot
from tests.servers.mailbox import Mailbox
from tests.servers.proxy import (
    HOLE,
    Act,
    Cut,
    Drip,
    Forward,
    Replace,
    Reply,
    Side,
    before_dovecot,
)

__all__ = ["api", "build", "decider", "portals"]


@pytest.fixture
def office(tmp_path: Path, decider: Decider, dovecot: Dovecot) -> Iterator[Watching]:
    """A daemon that watches one inbox."""
    with watching(tmp_path, decider, [dovecot]) as made:
        yield made


@pytest.fixture
def patient(tmp_path: Path, decider: Decider, dovecot: Dovecot) -> Iterator[Watching]:
    """The same, for what is not about patience: a busy machine is no server that is away."""
    with watching(tmp_path, decider, [dovecot], timeout=PATIENCE, deadline=2 * PATIENCE) as made:
        yield made


def tries(since: float, slack: int = 3) -> float:
    """How many connections a daemon may make that does not spin: two for each poll at most."""
    return 2 * (time.monotonic() - since) / EVERY + slack


# Stopped --------------------------------------------------------------------------


def test_a_server_that_is_stopped_for_a_while(tmp_path: Path, decider: Decider) -> None:
    """It is asked at each poll and no more, which costs no work to speak of."""
    long = PATIENCE
    with (
        running_dovecot() as server,
        watching(tmp_path, decider, [server], timeout=long, deadline=2 * long) as office,
    ):

        def scenario() -> None:
            office.mail(count=2)
            office.wait_for_all()
            office.inboxes[0].mailbox.client.logout()
            stop_dovecot(server)
            office.imap.cut_all()
            office.wait_until(office.error, "an error")
            start, before = time.monotonic(), office.imap.connections
            worked = time.process_time()
            time.sleep(2)  # an outage is a time in which nothing happens
            office.wait_until(lambda: office.imap.connections >= before + 2, "two tries")
            assert office.imap.connections - before <= tries(start)
            assert time.process_time() - worked < 0.5 * (time.monotonic() - start)
            reopened = contextmanager(mailbox_on)(server, office.inboxes[0].account)
            with restarted_dovecot(server), reopened as mailbox:
                office.inboxes[0].mailbox = mailbox
                office.mail(count=3)
                office.wait_for_all()
                office.wait_for_health()
                office.check()
                office.daemon.stop()

        office.run(scenario)


# Broken in each phase -------------------------------------------------------------

PHASES: list[tuple[Side, bytes]] = [
    (Side.SERVER, rb"^\* OK "),  # the greeting
    (Side.CLIENT, rb" LOGIN "),
    (Side.SERVER, rb" OK .*Logged in"),
    (Side.CLIENT, rb" STATUS "),
    (Side.SERVER, rb"\* STATUS"),
    (Side.CLIENT, rb" EXAMINE "),
    (Side.CLIENT, rb"UID FETCH.*SIZE"),
    (Side.CLIENT, rb"UID FETCH.*BODY"),
    (Side.SERVER, rb"FETCH .*BODY"),
    (Side.CLIENT, rb" SELECT "),
    (Side.CLIENT, rb"UID STORE .*\+FLAGS"),
    (Side.SERVER, rb" OK .*Store completed"),
]
FAULTS: dict[str, tuple[Act, ...]] = {
    "cut": (Cut(),),
    "reset": (Cut(reset=True),),
    "half": (Forward(20), Cut()),
    "silent": (HOLE,),
}


@pytest.mark.parametrize("fault", [*FAULTS, "bye"])
def test_a_connection_that_breaks_in_each_phase(request: pytest.FixtureRequest, fault: str) -> None:
    office: Watching = request.getfixturevalue("office" if fault == "silent" else "patient")

    def scenario() -> None:
        office.mail()
        office.wait_for_all()
        acted = 0
        for side, pattern in PHASES:
            acts = FAULTS.get(fault) or bye(side)
            start, before = time.monotonic(), office.imap.connections
            times = 2 if fault in {"cut", "bye"} else 1
            rule = office.imap.rule(side, pattern, *acts, times=times)
            if (side is Side.SERVER and b"OK" in pattern) or b"LOGIN" in pattern:
                office.imap.cut_all()  # it is connected: have it connect anew
            office.mail()
            office.wait_for_all()
            office.wait_for_health()
            assert office.imap.connections - before <= tries(start), pattern
            acted += rule.done > 0
            office.imap.clear()
        assert acted >= len(PHASES) - 4, "the phases are no more what they were"

    office.run(scenario)
    office.check()


def bye(side: Side) -> tuple[Act, ...]:
    said = b"* BYE Restarting, come back later\r\n"
    if side is Side.CLIENT:
        return Reply(lambda _: said), Cut()
    return Replace(lambda _: said), Forward(), Cut()


def test_a_line_on_which_every_fetch_breaks_costs_no_mail(patient: Watching) -> None:
    """However often: only a mail that breaks it while others can be had is at fault."""
    office = patient

    def scenario() -> None:
        office.mail()
        office.wait_for_all()
        rule = office.imap.rule(Side.SERVER, rb"FETCH .*BODY", Forward(60), Cut(), times=20)
        office.mail(count=4)
        rule.wait(PATIENCE, times=20)
        office.wait_for_all()

    office.run(scenario)
    office.check()


def test_a_mail_that_breaks_the_line_stops_no_other(patient: Watching) -> None:
    office = patient

    def scenario() -> None:
        office.mail()
        office.wait_for_all()
        office.imap.rule(Side.SERVER, rb"FETCH .*BODY.*Prune2", Cut(), times=None)
        office.mail(count=4)
        office.api.wait_for(4, PATIENCE)

    office.run(scenario)
    assert office.names == ["Prune1", "Prune3", "Prune4", "Prune5"]
    outcomes = [mail.outcome.value for mail in reversed(office.ledger.mails())]
    assert outcomes == ["sent", "unreadable", "sent", "sent", "sent"]


# Slow and silent ------------------------------------------------------------------


def test_a_server_that_answers_a_byte_at_a_time_is_left_at_the_deadline(office: Watching) -> None:
    def scenario() -> None:
        office.mail()
        office.wait_for_all()
        office.imap.rule(Side.SERVER, b"FETCH", Drip(1, 0.05), times=None)
        start = time.monotonic()
        office.mail()
        office.wait_for_error("not complete within 1.5 seconds")
        assert time.monotonic() - start < DEADLINE + PATIENCE / 2
        office.imap.clear()
        office.wait_for_all()
        office.wait_for_health()

    office.run(scenario)
    office.check()


def test_a_network_that_swallows_everything(office: Watching) -> None:
    """No answer to anything, not even to TLS; then all is well again."""

    def scenario() -> None:
        office.mail()
        office.wait_for_all()
        start, before = time.monotonic(), office.imap.connections
        office.imap.silence()
        office.mail()
        office.wait_for_error("no answer within 0.6 seconds")
        office.wait_until(lambda: office.imap.connections > before + 1, "another try")
        assert office.imap.connections - before <= 2 * (time.monotonic() - start) / TIMEOUT + 3
        office.imap.speak()
        office.wait_for_all()
        office.wait_for_health()

    office.run(scenario)
    office.check()


def test_an_inbox_that_hangs_holds_up_no_other(
    tmp_path: Path, decider: Decider, dovecot: Dovecot
) -> None:
    # They hang for longer than anybody waits here for the third.
    long = 3 * PATIENCE
    servers = [dovecot, dovecot, dovecot]
    with watching(tmp_path, decider, servers, timeout=long, deadline=long) as office:

        def scenario() -> None:
            for inbox in range(3):
                office.mail(inbox)
            office.wait_for_all()
            office.inboxes[0].proxy.silence()
            office.inboxes[1].proxy.rule(Side.SERVER, b"", Drip(1, 0.2), times=None)
            office.mail(0)
            for _ in range(4):
                office.mail(2)
                office.api.wait_for(office.mailed - 1, PATIENCE)
            office.inboxes[0].proxy.speak()
            office.inboxes[1].proxy.clear()
            office.inboxes[1].proxy.cut_all()
            office.wait_for_all()

        office.run(scenario)
    assert sorted(office.names) == sorted(office.expected)


# Refused --------------------------------------------------------------------------


def test_a_certificate_that_changed_is_named_and_heals_at_the_next_poll(
    patient: Watching, tmp_path: Path, dovecot: Dovecot
) -> None:
    """No login is tried meanwhile, so that the server is not left alone for longer either."""
    office = patient
    (tmp_path / "other").mkdir()
    other = write_certificates(tmp_path / "other")

    def scenario() -> None:
        office.mail()
        office.wait_for_all()
        context = office.imap.context
        assert context is not None
        logins = office.imap.count(Side.CLIENT, b" LOGIN ")
        context.load_cert_chain(other.chain, other.key)
        start, before = time.monotonic(), office.imap.connections
        office.imap.cut_all()
        office.mail()
        office.wait_for_error("the server's certificate is not trusted")
        assert "`ca_file`" in office.error()
        office.wait_until(lambda: office.imap.connections >= before + 4, "more tries")
        assert office.imap.connections - before <= tries(start)
        assert office.imap.count(Side.CLIENT, b" LOGIN ") == logins
        context.load_cert_chain(dovecot.folder / "server.pem", dovecot.folder / "server.key")
        office.wait_for_all()
        office.wait_for_health()

    office.run(scenario)
    office.check()


def refusing(code: bytes) -> Reply:
    return Reply(lambda said: said.partition(b" ")[0] + b" NO " + code + b" Not now.\r\n")


def test_a_refused_login_is_tried_ever_more_seldom_and_succeeds_in_the_end(
    build: Builder, account: Account, mailbox: Mailbox, dovecot: Dovecot
) -> None:
    """Six hours of polls and marks, each minute, in simulated time: servers lock accounts."""
    with before_dovecot(dovecot) as proxy:
        rig = build(replace(account, port=proxy.port), mailbox)
        start = datetime.now(UTC)
        rig.bridge.clock = lambda: start
        rig.pass_once()
        rig.mailbox.append(inquiry(1))
        rig.bridge.poll()
        rig.dispatch.deliver(lambda: False)  # its mark is due: that would log in as well
        rig.bridge.close()
        refusal = proxy.rule(
            Side.CLIENT, b" LOGIN ", refusing(b"[AUTHENTICATIONFAILED]"), times=None
        )
        logins = []
        for minute in range(360):
            rig.bridge.clock = lambda m=minute: start + timedelta(minutes=m)  # type: ignore[misc]
            before = refusal.matched
            for attempt in (rig.bridge.poll, rig.bridge.mark):
                with pytest.raises(InboxRefused, match="refused the login"):
                    attempt()
            logins += [minute] * (refusal.matched - before)
        assert logins == [0, 1, 3, 7, 15, 31, 63, 123, 183, 243, 303]
        proxy.clear()
        mailbox.append(inquiry(2))
        rig.bridge.clock = lambda: start + timedelta(hours=6, minutes=4)
        rig.pass_once()
        assert rig.outcomes == ["sent", "sent"]


def test_a_login_that_is_refused_for_now_is_tried_at_each_poll(
    build: Builder, account: Account, mailbox: Mailbox, dovecot: Dovecot
) -> None:
    """The server says itself that user and password are not at fault."""
    with before_dovecot(dovecot) as proxy:
        rig = build(replace(account, port=proxy.port), mailbox)
        refusal = proxy.rule(Side.CLIENT, b" LOGIN ", refusing(b"[UNAVAILABLE]"), times=3)
        for _ in range(3):
            with pytest.raises(InboxUnreachable, match="this will pass"):
                rig.bridge.poll()
        assert refusal.matched == 3
        rig.pass_once()


# Both at once ---------------------------------------------------------------------


def test_mail_is_read_while_the_api_is_down_and_leads_leave_while_the_inbox_is(
    patient: Watching,
) -> None:
    """Neither waits for the other, and order is kept."""
    office = patient

    def scenario() -> None:
        office.mail()
        office.wait_for_all()
        office.http.close_door()
        office.http.cut_all()
        start, before = time.monotonic(), office.http.connections
        office.mail(count=5)
        office.wait_until(lambda: len(office.ledger.mails()) == 6, "mails read")
        worked = time.process_time()
        time.sleep(1)  # an outage is a time in which nothing happens
        assert time.process_time() - worked < 0.5 * (time.monotonic() - start)
        assert office.http.connections == before
        assert office.names == ["Prune1"]
        office.imap.silence()
        office.http.open_door()
        office.api.wait_for(6, PATIENCE)
        office.imap.speak()
        office.wait_for_all()

    office.run(scenario)
    office.check()
