"""Microsoft 365's ways: throttled commands and logins, dropped connections, names in French.

What holds on every server stands in the other modules, which run on this one too.
"""

import re
import select
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from imapclient import IMAPClient

from mailbridge.errors import InboxError, InboxRefused, InboxUnreachable
from mailbridge.inbox.account import Account
from mailbridge.inbox.faults import Declined, LoginRefused, NotLetIn, Throttled
from mailbridge.inbox.imap import connect
from mailbridge.inbox.marks import Mark, Marking
from mailbridge.ledger.ledger import Ledger
from tests.bridge.conftest import Builder, Rig
from tests.mails import inquiry, newsletter
from tests.servers.dovecot import Dovecot
from tests.servers.mailbox import Mailbox
from tests.servers.microsoft365 import SPECIAL_USE, Microsoft365, running_microsoft365
from tests.servers.proxy import Side

pytestmark = pytest.mark.dovecot  # the service here is each test's own

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
SOON = timedelta(seconds=1)


@pytest.fixture
def service(dovecot: Dovecot) -> Iterator[Microsoft365]:
    """The service, for this test alone."""
    with running_microsoft365(dovecot) as running:
        yield running


@pytest.fixture
def office(service: Microsoft365, account: Account, mailbox: Mailbox) -> Account:
    """An account there, with the folders of a mailbox in French."""
    for folder in SPECIAL_USE:
        mailbox.client.create_folder(folder)
    return replace(account, port=service.port)


@pytest.fixture
def rig(build: Builder, office: Account, mailbox: Mailbox) -> Rig:
    made = build(office, mailbox)
    made.pass_once()
    return made


class Clock:
    """The bridge's clock; it goes on only when the test says so."""

    def __init__(self) -> None:
        self.begin = datetime.now(UTC)
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return self.begin + self.ahead


@pytest.fixture
def clock(rig: Rig) -> Clock:
    made = Clock()
    rig.bridge.clock = made
    return made


def first_names(rig: Rig) -> list[str]:
    return [lead.lead["sender_firstname"] for lead in rig.api.leads]


# What it is ----------------------------------------------------------------------


def test_it_takes_no_own_keywords_and_says_so(office: Account, service: Microsoft365) -> None:
    with connect(office) as inbox:
        able = inbox.capabilities("INBOX")
        assert (able.writable, able.keywords, able.move, able.idle) == (True, False, True, True)
        assert "SPECIAL-USE" not in able.capabilities
        assert "CLIENTACCESSRULES" in able.capabilities
        assert inbox.resolve_marking("INBOX", Marking.AUTO) is Marking.FOLDERS
        with pytest.raises(InboxRefused, match="allows no own keywords"):
            inbox.resolve_marking("INBOX", Marking.KEYWORDS)


def test_what_others_have_seen_it_answer(office: Account, mailbox: Mailbox) -> None:
    """The server of these tests itself: else the suite would run on another Dovecot."""
    mailbox.append(inquiry(), flags=["\\Flagged", "MailbridgeSent"])
    with IMAPClient(office.host, office.port, ssl_context=trusting(office)) as client:
        assert b"Microsoft Exchange IMAP4 service" in client.welcome
        client.login(office.user, office.password)
        opened = client.select_folder("INBOX")
        system = (rb"\Seen", rb"\Answered", rb"\Flagged", rb"\Deleted", rb"\Draft", b"$MDNSent")
        assert opened[b"FLAGS"] == opened[b"PERMANENTFLAGS"] == system
        assert set(client.get_flags([1])[1]) - {rb"\Recent"} == {rb"\Flagged"}
        for refused in (
            lambda: client.search(["KEYWORD", "MailbridgeSent"]),
            lambda: client.search(["UNKEYWORD", "MailbridgeSent"]),
            lambda: client.add_flags([1], ["MailbridgeSent"]),
            lambda: client.add_flags([1], ["\\Seen", "MailbridgeSent"], silent=True),
        ):
            with pytest.raises(client.Error, match=r"Command Argument Error\. 11"):
                refused()
        client.add_flags([1], ["\\Seen"])
        uses = {name: flags[0] for flags, _, name in client.list_folders() if name != "INBOX"}
        assert uses == SPECIAL_USE
        assert client.namespace().personal == (("", "/"),)


def trusting(account: Account) -> object:
    import ssl

    return ssl.create_default_context(cafile=account.ca_file)


def test_a_shared_mailbox_is_opened_by_its_name_behind_a_backslash(
    service: Microsoft365, office: Account, mailbox: Mailbox, build: Builder
) -> None:
    shared = replace(office, user=f"office@example.org\\{office.user}")
    rig = build(shared, mailbox)
    rig.pass_once()
    mailbox.append(inquiry())
    rig.pass_once()
    assert first_names(rig) == ["Prune1"]
    assert mailbox.marks() == {"inquiry-1": "sent"}
    [login] = [p.data for p in service.proxy.passed if b" LOGIN " in p.data]
    assert b'LOGIN "office@example.org\\\\' in login


def test_folders_have_names_in_the_mailboxs_language(
    office: Account, mailbox: Mailbox, build: Builder
) -> None:
    rig = build(office, mailbox, folders=("INBOX", "Courrier indésirable"))
    targets = {Mark.SENT: "Demandes/Traitées", Mark.REVIEW: "Demandes/À vérifier"}
    rig.start_anew(mark_folders=targets)
    rig.pass_once()
    mailbox.append(inquiry(1), "Courrier indésirable")
    mailbox.append(inquiry(2))
    mailbox.append(inquiry(3, email=None))
    rig.pass_once()
    assert sorted(first_names(rig)) == ["Prune1", "Prune2"]
    assert len(mailbox.subjects("Demandes/Traitées")) == 2
    assert len(mailbox.subjects("Demandes/À vérifier")) == 1
    assert mailbox.subjects() == mailbox.subjects("Courrier indésirable") == []
    places = [mail.place.folder for mail in rig.mails]
    assert sorted(places) == ["Demandes/Traitées", "Demandes/Traitées", "Demandes/À vérifier"]


def test_the_error_for_a_missing_folder_shows_names_as_people_read_them(
    office: Account,
) -> None:
    with connect(office) as inbox, pytest.raises(InboxRefused) as caught:
        inbox.folder_state("Elements envoyes")
    assert "Did you mean Éléments envoyés?" in str(caught.value)


def test_a_lost_ledger_sends_nothing_that_was_moved(rig: Rig, tmp_path: object) -> None:
    for raw in (inquiry(1), inquiry(2, email=None), newsletter()):
        rig.mailbox.append(raw)
    rig.pass_once()
    with Ledger.open(f"sqlite:///{tmp_path}/new.db") as empty:
        rig.start_anew(empty, start=datetime(2000, 1, 1, tzinfo=UTC))
        rig.pass_once()
    assert first_names(rig) == ["Prune1"]


# Few logins ----------------------------------------------------------------------


def test_one_login_serves_reading_marking_and_waiting(rig: Rig, service: Microsoft365) -> None:
    for number in range(1, 4):
        rig.mailbox.append(inquiry(number))
        rig.pass_once()
        assert rig.bridge.wait() is not None
    assert len(first_names(rig)) == 3
    assert service.logins == 1


def test_a_folder_that_is_missing_costs_no_login(
    office: Account, mailbox: Mailbox, build: Builder, service: Microsoft365
) -> None:
    rig = build(office, mailbox, folders=("Missing", "INBOX"))
    for number in (1, 2, 3):
        with pytest.raises(InboxRefused, match="there is no folder Missing"):
            rig.bridge.poll()
        mailbox.append(inquiry(number))
    assert service.logins == 1
    assert [mail.outcome for mail in rig.mails] == ["deferred", "deferred"]


@pytest.mark.parametrize("command", [b"EXAMINE", b"STATUS", b"UID FETCH", b"NOOP"])
def test_who_wants_to_be_left_alone_is_and_keeps_the_connection(
    rig: Rig, service: Microsoft365, clock: Clock, command: bytes
) -> None:
    rig.mailbox.append(inquiry())
    service.throttle(command, 299_609)
    with pytest.raises(Throttled, match=r"throttled\. Suggested Backoff Time: 299609"):
        rig.bridge.poll()
    asked = len(service.proxy.passed)
    for ahead in (SOON, timedelta(seconds=298)):
        clock.ahead = ahead
        with pytest.raises(Throttled):
            rig.bridge.poll()
        with pytest.raises(Throttled):
            rig.bridge.line.inbox()
    assert len(service.proxy.passed) == asked  # not a word meanwhile
    clock.ahead = timedelta(seconds=301)
    rig.pass_once()
    assert first_names(rig) == ["Prune1"]
    assert service.logins == 1


def test_who_ends_the_connection_too_gets_one_login_afterwards(
    rig: Rig, service: Microsoft365, clock: Clock
) -> None:
    rig.mailbox.append(inquiry())
    service.throttle(rb"(?:EXAMINE|STATUS)", 89_117, bye=True)
    with pytest.raises(Throttled):
        rig.bridge.poll()
    clock.ahead = timedelta(seconds=88)
    with pytest.raises(Throttled):
        rig.bridge.poll()
    assert service.logins == 1
    clock.ahead = timedelta(seconds=91)
    rig.pass_once()
    assert first_names(rig) == ["Prune1"]
    assert service.logins == 2


def test_throttled_at_each_fetch_no_mail_is_given_up(
    rig: Rig, service: Microsoft365, clock: Clock
) -> None:
    """Who breaks the connection at one mail is suspected; who asks for patience is not."""
    rig.mailbox.append(inquiry(1), received=datetime.now(UTC))
    rig.bridge.poll()  # so that there is another mail, which it hands over
    rig.mailbox.append(inquiry(2))
    service.throttle(rb"UID FETCH 2 .*BODY", 1000, times=6)
    for number in range(6):
        clock.ahead = timedelta(seconds=3 * number)
        with pytest.raises(Throttled):
            rig.bridge.poll()
    clock.ahead = timedelta(minutes=1)
    rig.pass_once()
    assert first_names(rig) == ["Prune1", "Prune2"]
    assert rig.outcomes == ["sent", "sent"]


def test_throttled_at_the_mark_the_lead_is_sent_once_and_the_mark_placed_later(
    rig: Rig, service: Microsoft365, clock: Clock
) -> None:
    rig.mailbox.append(inquiry())
    rig.bridge.poll()
    rig.dispatch.deliver(lambda: False)
    service.throttle(b"UID MOVE", 60_000)
    with pytest.raises(Throttled):
        rig.bridge.mark()
    with pytest.raises(Throttled):
        rig.bridge.mark()
    clock.ahead = timedelta(seconds=61)
    rig.bridge.mark()
    assert rig.mailbox.marks() == {"inquiry-1": "sent"}
    assert first_names(rig) == ["Prune1"]
    assert service.logins == 1


def logins_by_the_minute(
    rig: Rig,
    clock: Clock,
    service: Microsoft365,
    minutes: int,
    error: type[InboxError],
    said: str,
) -> list[int]:
    """Poll every half minute; give the minutes at which somebody logged in."""
    found, before = [], service.logins
    for half in range(2 * minutes):
        clock.ahead = timedelta(seconds=30 * half + 1)
        with pytest.raises(error, match=re.escape(said)):
            rig.bridge.poll()
        if service.logins != before:
            found.append(half // 2)
            before = service.logins
    return found


@pytest.mark.parametrize(
    ("ill", "error", "said", "logins"),
    [
        (
            Microsoft365.refuse_mailbox,
            NotLetIn,
            "a mailbox that this user may not open",
            [0, 1, 3, 7, 15],
        ),
        # Two seconds, four …: the first pauses are shorter than the time between two polls.
        (
            Microsoft365.refuse_logins,
            Throttled,
            "ended the connection at the login: Connection closed. 14",
            [0, 0, 1, 1, 2, 3, 4, 7, 11],
        ),
        (
            lambda service: service.throttle(b"LOGIN", 240_000, times=None),
            Throttled,
            "the server refused the login: Request is throttled",
            [0, 4, 8, 12],
        ),
    ],
    ids=["not connected", "bye", "throttled"],
)
def test_logins_that_lead_nowhere_become_seldom(
    rig: Rig,
    service: Microsoft365,
    clock: Clock,
    ill: Callable[[Microsoft365], object],
    error: type[InboxError],
    said: str,
    logins: list[int],
) -> None:
    rig.bridge.close()
    ill(service)
    assert logins_by_the_minute(rig, clock, service, 16, error, said) == logins
    service.proxy.clear()


def test_after_a_poll_that_went_well_patience_begins_anew(
    rig: Rig, service: Microsoft365, clock: Clock
) -> None:
    rig.bridge.close()
    rule = service.refuse_logins(times=2)
    for ahead in (timedelta(), timedelta(seconds=61)):
        clock.ahead = ahead
        with pytest.raises(Throttled):
            rig.bridge.poll()
    rule.wait(times=2)
    assert rig.bridge.line.rest == timedelta(seconds=4)
    clock.ahead = timedelta(seconds=183)
    rig.mailbox.append(inquiry())
    rig.pass_once()
    assert first_names(rig) == ["Prune1"]
    assert rig.bridge.line.rest == timedelta()


def test_a_wrong_password_stays_a_refusal(office: Account) -> None:
    with pytest.raises(LoginRefused, match=r"LOGIN failed\. Check user and password"):
        connect(replace(office, password="wrong"))


def test_a_refused_command_is_none_that_wants_patience(rig: Rig, service: Microsoft365) -> None:
    with connect(rig.bridge.watch.account) as inbox:
        inbox._session.examine("INBOX")
        with pytest.raises(Declined):
            inbox._session.search("KEYWORD", "MailbridgeSent")


# Connections that end --------------------------------------------------------------


def test_a_connection_that_was_silent_for_too_long_is_made_anew(
    rig: Rig, service: Microsoft365
) -> None:
    sock = rig.bridge.wait()
    assert sock is not None
    rig.mailbox.append(inquiry(1))
    service.drop_idle()
    rig.mailbox.append(inquiry(2))
    assert select.select([sock], [], [], 30)[0]
    assert rig.bridge.line.news()
    rig.pass_once()
    assert sorted(first_names(rig)) == ["Prune1", "Prune2"]
    assert service.logins == 2
    assert rig.bridge.wait() is not None
    rig.pass_once()
    assert len(first_names(rig)) == 2


@pytest.mark.parametrize("command", [b"UID MOVE", rb"UID FETCH .*BODY", b"EXAMINE", b"IDLE"])
def test_a_connection_that_ends_at_any_command_loses_and_doubles_nothing(
    rig: Rig, service: Microsoft365, command: bytes
) -> None:
    from tests.servers.microsoft365 import BYE_IDLE
    from tests.servers.proxy import Cut, Reply

    rig.mailbox.append(inquiry(1))
    rule = service.proxy.rule(Side.CLIENT, rb"\A\w+ " + command, Reply(lambda _: BYE_IDLE), Cut())
    try:
        rig.pass_once()
        rig.bridge.wait()
    except InboxUnreachable:
        pass
    rule.wait()
    rig.pass_once()
    assert first_names(rig) == ["Prune1"]
    assert rig.mailbox.marks() == {"inquiry-1": "sent"}


def test_a_slow_status_is_waited_for(rig: Rig, service: Microsoft365) -> None:
    service.slow_status(0.3)
    rig.mailbox.append(inquiry())
    rig.pass_once()
    assert first_names(rig) == ["Prune1"]


def test_a_folder_is_read_by_its_use_whatever_the_mailbox_calls_it(
    service: Microsoft365, office: Account, mailbox: Mailbox, build: Builder
) -> None:
    rig = build(office, mailbox, folders=("INBOX", "\\Junk"))
    rig.pass_once()
    mailbox.append(inquiry(), "Courrier indésirable")
    rig.pass_once()
    rig.pass_once()
    assert first_names(rig) == ["Prune1"]
    assert mailbox.subjects("Courrier indésirable") == []
    [mail] = rig.mails
    assert mail.place.folder == "Leads/Sent"
    listings = [p.data for p in service.proxy.passed if b" LIST " in p.data]
    assert len([line for line in listings if b'"*"' in line or b" *" in line]) <= 1


def test_a_use_that_the_server_does_not_name_is_told(
    office: Account, mailbox: Mailbox, build: Builder
) -> None:
    rig = build(office, mailbox, folders=("\\Archive", "INBOX"))
    with pytest.raises(InboxRefused, match=r"names no folder for the use \\Archive\. Write the"):
        rig.pass_once()
    mailbox.append(inquiry())
    with pytest.raises(InboxRefused):
        rig.pass_once()
    assert [mail.place.folder for mail in rig.mails] == ["INBOX"]  # the others are read
