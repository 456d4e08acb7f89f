"""Servers that can less than others, or do what the standard forbids; and people who meddle.

A real Dovecot stands behind a proxy that takes away what such a server lacks.
"""

import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest

from mailbridge.errors import InboxError
from mailbridge.inbox.account import Account
from mailbridge.inbox.marks import Marking
from mailbridge.ledger.ledger import Ledger
from mailbridge.sandbox.plan import parse_plan
from tests.bridge.conftest import Builder, Rig
from tests.conftest import account_on, mailbox_on
from tests.mails import inquiry, newsletter
from tests.servers.dovecot import Dovecot
from tests.servers.mailbox import Mailbox
from tests.servers.proxy import Call, Proxy, Replace, Reply, Side, before_dovecot

Odd = Callable[..., Rig]
looking = contextmanager(mailbox_on)


def refuse(command: bytes) -> bytes:
    tag, _, rest = command.partition(b" ")
    return tag + b" BAD " + rest.split()[0] + b" takes no such argument\r\n"


def without(*words: bytes) -> Replace:
    """Take these words out of the server's list of capabilities."""
    lost = re.compile(rb" (?:" + rb"|".join(words) + rb")(?=[ \]\r])")
    return Replace(lambda piece: lost.sub(b"", piece))


def lacking(proxy: Proxy, *capabilities: bytes, keywords: bool = True) -> None:
    """Take away capabilities, what they would do, and own keywords."""
    if capabilities:
        proxy.rule(Side.SERVER, rb"CAPABILITY ", without(*capabilities), times=None)
    for capability, commands in {
        b"MOVE": rb" UID MOVE ",
        b"UIDPLUS": rb" UID EXPUNGE ",
        b"IDLE": rb" IDLE\r",
        b"UNSELECT": rb" UNSELECT\r",
        b"NAMESPACE": rb" NAMESPACE\r",
    }.items():
        if capability in capabilities:
            proxy.rule(Side.CLIENT, commands, Reply(refuse), times=None)
    if b"UIDPLUS" in capabilities:
        copied = re.compile(rb"\[(?:COPYUID|APPENDUID)[^\]]*\] ")
        proxy.rule(
            Side.SERVER, copied.pattern, Replace(lambda piece: copied.sub(b"", piece)), times=None
        )
    if not keywords:
        for bad in (rb"SEARCH .*KEYWORD", rb"STORE .*Mailbridge"):
            proxy.rule(Side.CLIENT, bad, Reply(refuse), times=None)
        proxy.rule(
            Side.SERVER,
            rb"PERMANENTFLAGS",
            Replace(lambda piece: piece.replace(rb" \*)", b")")),
            times=None,
        )


@pytest.fixture
def proxy(dovecot: Dovecot) -> Iterator[Proxy]:
    with before_dovecot(dovecot) as between:
        yield between


@pytest.fixture
def odd(build: Builder, proxy: Proxy, account: Account, mailbox: Mailbox) -> Odd:
    """Builds a bridge behind the proxy, which has seen the folders once."""

    def make(**options: object) -> Rig:
        rig = build(replace(account, port=proxy.port), mailbox, **options)  # type: ignore[arg-type]
        rig.pass_once()
        return rig

    return make


def first_names(rig: Rig) -> list[str]:
    return [lead.lead["sender_firstname"] for lead in rig.api.leads]


# Servers that lack something ------------------------------------------------------


@pytest.mark.dovecot
def test_a_server_like_microsoft_365(odd: Odd, proxy: Proxy, tmp_path: object) -> None:
    """No own keywords, BAD on SEARCH KEYWORD: mails are moved, and a lost ledger doubles none."""
    lacking(proxy, keywords=False)
    rig = odd()
    for raw in (inquiry(1), inquiry(2, email=None), newsletter()):
        rig.mailbox.append(raw)
    rig.pass_once()
    rig.pass_once()
    assert first_names(rig) == ["Prune1"]
    assert rig.outcomes == ["sent", "incomplete", "ignored"]
    assert rig.mailbox.subjects("Leads/Sent") == ["Nouvelle demande"]
    assert rig.mailbox.subjects("Leads/Review") == ["Nouvelle demande"]
    assert rig.mailbox.subjects() == ["Newsletter"]
    assert proxy.count(Side.CLIENT, rb"(?i)keyword|Mailbridge") == 0
    with Ledger.open(f"sqlite:///{tmp_path}/new.db") as empty:
        rig.start_anew(empty, start=datetime(2000, 1, 1, tzinfo=UTC))
        rig.pass_once()
    assert first_names(rig) == ["Prune1"]


@pytest.mark.parametrize(
    ("missing", "keywords", "place"),
    [
        ((b"IDLE",), True, "keyword"),
        ((b"MOVE", b"UIDPLUS", b"IDLE"), True, "keyword"),
        ((b"MOVE",), False, "folder"),
        ((b"UIDPLUS",), False, "folder"),
        ((b"NAMESPACE", b"UNSELECT"), False, "folder"),
        ((b"MOVE", b"UIDPLUS", b"IDLE"), False, "nowhere"),
        ((b"MOVE", b"UIDPLUS", b"IDLE", b"NAMESPACE", b"UNSELECT", b"CONDSTORE"), False, "nowhere"),
    ],
    ids=str,
)
@pytest.mark.dovecot
def test_whatever_a_server_lacks_each_inquiry_is_one_lead(
    odd: Odd, proxy: Proxy, missing: tuple[bytes, ...], keywords: bool, place: str
) -> None:
    lacking(proxy, *missing, keywords=keywords)
    rig = odd()
    for number in (1, 2):
        rig.mailbox.append(inquiry(number))
        rig.pass_once()
        rig.pass_once()
    assert first_names(rig) == ["Prune1", "Prune2"]
    assert rig.outcomes == ["sent", "sent"]
    assert rig.ledger.to_mark("sales", 10) == []
    shown = list(rig.mailbox.flags().values())
    match place:
        case "keyword":
            assert shown == [{"MailbridgeSent"}] * 2
        case "folder":
            assert shown == []
            assert len(rig.mailbox.subjects("Leads/Sent")) == 2
        case _:
            assert shown == [set(), set()]
            assert rig.mailbox.folders() == {"INBOX"}


def test_a_mail_whose_new_place_was_not_told_is_retried_all_the_same(
    odd: Odd, proxy: Proxy
) -> None:
    """Without COPYUID nobody says where a moved mail lies: it is looked for when it matters."""
    lacking(proxy, b"UIDPLUS", keywords=False)
    rig = odd()
    rig.api.plan = parse_plan("422")
    rig.mailbox.append(inquiry())
    rig.pass_once()
    assert rig.mailbox.subjects("Leads/Review") == ["Nouvelle demande"]
    rig.ledger.retry(1, datetime.now(UTC))
    settle(rig)
    assert rig.outcomes == ["sent"]
    assert rig.mailbox.subjects("Leads/Review") == []
    assert rig.mailbox.subjects("Leads/Sent") == ["Nouvelle demande"]


# UIDs that change their meaning ---------------------------------------------------


def test_a_new_uidvalidity_at_each_connection(odd: Odd, proxy: Proxy) -> None:
    """Some servers keep no UIDVALIDITY: everything is read again, and nothing sent again."""
    number = re.compile(rb"UIDVALIDITY (\d+)")

    def count_up(piece: bytes) -> bytes:
        return number.sub(
            lambda found: b"UIDVALIDITY %d" % (int(found[1]) + proxy.connections), piece
        )

    proxy.rule(Side.SERVER, number.pattern, Replace(count_up), times=None)
    rig = odd()
    places = set()
    for round_ in range(1, 5):
        rig.mailbox.append(inquiry(round_))
        rig.bridge.close()
        rig.pass_once()
        places.add(rig.mails[0].place.uidvalidity)
    assert first_names(rig) == ["Prune1", "Prune2", "Prune3", "Prune4"]
    assert rig.outcomes == ["sent"] * 4
    assert len(places) == 4
    assert list(rig.mailbox.flags().values()) == [{"MailbridgeSent"}] * 4


def settle(rig: Rig) -> None:
    """Let the daemon's passes follow one another until all is well; a few will do."""
    for _ in range(3):
        with suppress(InboxError):
            rig.bridge.poll()
        rig.dispatch.deliver(lambda: False)
        with suppress(InboxError):
            rig.bridge.mark()
    assert rig.ledger.to_mark("sales", 10) == []


@pytest.mark.parametrize(
    "command", [rb" EXAMINE ", rb"UID SEARCH", rb"UID FETCH.*SIZE", rb"UID FETCH.*BODY", rb"STORE"]
)
def test_a_folder_made_anew_in_the_middle_of_a_poll(
    odd: Odd, proxy: Proxy, dovecot: Dovecot, account: Account, mailbox: Mailbox, command: bytes
) -> None:
    """Just before the command. The next polls read what is there now."""
    mailbox.client.create_folder("Portals")
    rig = odd(folders=("Portals",))

    def make_anew(_: bytes) -> None:
        mailbox.make_anew("Portals")
        for number in (1, 2):
            mailbox.append(inquiry(number), "Portals")

    mailbox.append(inquiry(1), "Portals")
    rule = proxy.rule(Side.CLIENT, command, Call(make_anew))
    settle(rig)
    assert rule.done == 1
    assert sorted(first_names(rig)) == ["Prune1", "Prune2"]
    assert set(rig.outcomes) == {"sent"}
    with looking(dovecot, account) as afresh:  # Dovecot is confused in the session that did it
        assert list(afresh.flags("Portals").values()) == [{"MailbridgeSent"}] * 2


@pytest.mark.dovecot
def test_a_mailbox_restored_from_a_backup_gives_its_uids_a_second_time(
    build: Builder, account: Account, dovecot: Dovecot
) -> None:
    """UIDVALIDITY stays, UIDNEXT goes back: what arrives then lies where others are recorded."""
    maildir = dovecot.maildir(account.user)
    backup = maildir.with_name("backup")
    with looking(dovecot, account) as mailbox:
        rig = build(account, mailbox)
        rig.pass_once()
        mailbox.append(inquiry(1))
        rig.pass_once()
    rig.bridge.close()
    shutil.copytree(maildir, backup)
    with looking(dovecot, account) as mailbox:
        for number in (2, 3, 4):
            mailbox.append(inquiry(number))
        rig.pass_once()
    rig.bridge.close()
    assert len(rig.api.leads) == 4
    before = [mail.place for mail in rig.mails]
    shutil.rmtree(maildir)
    shutil.copytree(backup, maildir)
    for path in [maildir, *maildir.rglob("*")]:
        shutil.chown(path, *owner(dovecot))
    with looking(dovecot, account) as mailbox:
        for number in (5, 3):
            mailbox.append(inquiry(number))
        rig.mailbox = mailbox
        settle(rig)
        flags = mailbox.flags()
    assert first_names(rig) == ["Prune1", "Prune2", "Prune3", "Prune4", "Prune5"]
    assert rig.outcomes[:4] == ["sent"] * 4
    assert rig.mails[4].place == before[1], "the test gives no UID a second time"
    assert list(flags.values()) == [{"MailbridgeSent"}] * 3


def owner(dovecot: Dovecot) -> tuple[int, int]:
    found = (dovecot.folder / "home").stat()
    return found.st_uid, found.st_gid


def test_a_uidnext_that_comes_late_is_no_backup(odd: Odd, proxy: Proxy) -> None:
    """Nothing is read again because STATUS answers from a cache."""
    rig = odd()
    rig.mailbox.append(inquiry(1))
    uid = rig.mailbox.append(inquiry(2))
    rig.pass_once()
    late = re.compile(rb"UIDNEXT %d" % (uid + 1))
    proxy.rule(
        Side.SERVER,
        rb"STATUS .*UIDNEXT",
        Replace(lambda p: late.sub(b"UIDNEXT %d" % uid, p)),
        times=None,
    )
    fetched = proxy.count(Side.CLIENT, rb"UID FETCH")
    rig.pass_once()
    rig.pass_once()
    assert proxy.count(Side.CLIENT, rb"UID FETCH") == fetched
    rig.mailbox.append(inquiry(3))
    rig.pass_once()
    assert first_names(rig) == ["Prune1", "Prune2", "Prune3"]


# People who meddle ----------------------------------------------------------------

MOMENTS = [
    rb" EXAMINE ",
    rb"UID SEARCH",
    rb"UID FETCH.*SIZE",
    rb"UID FETCH.*BODY",
    rb" SELECT ",
    rb"UID (STORE|MOVE)",
]


@pytest.mark.parametrize("marking", [Marking.KEYWORDS, Marking.FOLDERS])
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_mail_deleted_at_any_moment_stops_no_other(
    odd: Odd, proxy: Proxy, mailbox: Mailbox, moment: bytes, marking: Marking
) -> None:
    rig = odd(marking=marking)
    doomed, kept = mailbox.append(inquiry(1)), mailbox.append(inquiry(2))
    rule = proxy.rule(Side.CLIENT, moment, Call(lambda _: mailbox.delete([doomed])))
    settle(rig)
    assert rule.done == 1
    assert rig.outcomes == ["sent"] * len(rig.api.leads)  # the doomed one too, if it was read
    assert sorted({"Prune2", *first_names(rig)}) == first_names(rig)
    if marking is Marking.KEYWORDS:
        assert mailbox.flags() == {kept: {"MailbridgeSent"}}
    else:
        assert len(mailbox.subjects("Leads/Sent")) == 1


@pytest.mark.parametrize("target", ["Elsewhere", "Watched"])
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_mail_moved_at_any_moment_is_sent_once(
    odd: Odd, proxy: Proxy, mailbox: Mailbox, moment: bytes, target: str
) -> None:
    """Into a folder that is read as well it is read there; elsewhere it is its mover's."""
    for folder in ("Elsewhere", "Watched"):
        mailbox.client.create_folder(folder)
    rig = odd(folders=("INBOX", "Watched"))
    moved, stays = mailbox.append(inquiry(1)), mailbox.append(inquiry(2))
    rule = proxy.rule(Side.CLIENT, moment, Call(lambda _: mailbox.move([moved], target)))
    settle(rig)
    assert rule.done == 1
    sent = {"Prune2", "Prune1"} if target == "Watched" else {"Prune2", *first_names(rig)}
    assert sorted(first_names(rig)) == sorted(sent)
    assert Counter(rig.outcomes)["sent"] == len(sent)
    assert set(rig.outcomes) <= {"sent", "duplicate"}
    assert mailbox.flags() == {stays: {"MailbridgeSent"}}
    if target == "Watched":
        assert list(mailbox.flags("Watched").values()) == [{"MailbridgeSent"}]


@pytest.mark.parametrize("plan", ["", "401"])
@pytest.mark.dovecot
def test_the_same_mail_in_two_folders_and_under_a_new_uid_is_sent_once(
    build: Builder, account: Account, mailbox: Mailbox, plan: str
) -> None:
    """Copied, moved away and back: before its lead is accepted and after."""
    mailbox.client.create_folder("Portals")
    rig = build(account, mailbox, folders=("INBOX", "Portals"))
    rig.pass_once()
    rig.api.plan = parse_plan(plan)
    uid = mailbox.append(inquiry(1))
    mailbox.append(inquiry(1), "Portals")
    rig.pass_once()
    mailbox.move([uid], "Portals")
    rig.pass_once()
    mailbox.move([2], "INBOX", "Portals")
    rig.pass_once()
    clock = rig.dispatch.clock
    rig.dispatch.clock = lambda: clock() + timedelta(hours=2)
    settle(rig)
    assert first_names(rig) == ["Prune1"]
    assert sorted(rig.outcomes) == ["duplicate"] * 3 + ["sent"]
    for folder in ("INBOX", "Portals"):
        assert list(mailbox.flags(folder).values()) == [{"MailbridgeSent"}]


@pytest.mark.dovecot
def test_two_inboxes_that_receive_the_same_inquiries_at_once(
    build: Builder, account: Account, mailbox: Mailbox, dovecot: Dovecot
) -> None:
    """Read by two threads: each inquiry is one lead, and each mail has its mark."""
    other = replace(account_on(dovecot), name="second", batch=3)
    first = build(replace(account, batch=2), mailbox)
    with looking(dovecot, other) as theirs:
        second = build(other, theirs)
        for rig in (first, second):
            rig.pass_once()
        for number in range(20):
            mailbox.append(inquiry(number))
            theirs.append(inquiry(number).replace(b"<inquiry-", b"<copy-"))
        start = Barrier(2)

        def poll(rig: Rig) -> None:
            start.wait()
            rig.bridge.poll()

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(poll, (first, second)))
        for rig in (first, second):
            rig.pass_once()
        assert sorted(first_names(first)) == sorted(f"Prune{n}" for n in range(20))
        assert Counter(first.outcomes) == {"sent": 20, "duplicate": 20}
        for box in (mailbox, theirs):
            assert list(box.flags().values()) == [{"MailbridgeSent"}] * 20
