"""Reading from real servers: what is new, and the mails themselves."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import cast

import pytest

from mailbridge.errors import InboxRefused, InboxUnreachable
from mailbridge.inbox import reading
from mailbridge.inbox.account import Account
from mailbridge.inbox.faults import UidValidityChanged
from mailbridge.inbox.imap import ImapInbox, connect
from mailbridge.inbox.mail import Broken, FolderState, Mail
from mailbridge.inbox.marks import Mark, Marking
from tests.conftest import account_on, mailbox_on, needs_dovecot
from tests.inbox.mails import plain, with_attachments
from tests.servers.dovecot import Dovecot, running_dovecot
from tests.servers.mailbox import Mailbox

Server = tuple[Account, Mailbox]


@pytest.fixture(params=["dovecot", "dotted_dovecot", "pymap"])
def server(request: pytest.FixtureRequest) -> Server:
    """The same behaviour is asked of every server."""
    names = {
        "dovecot": ("account", "mailbox"),
        "dotted_dovecot": ("dotted_account", "dotted_mailbox"),
        "pymap": ("pymap_account", "pymap_mailbox"),
    }[request.param]
    account, mailbox = (request.getfixturevalue(name) for name in names)
    return account, mailbox


@pytest.fixture
def inbox(account: Account) -> Iterator[ImapInbox]:
    with connect(account) as inbox:
        yield inbox


def mails(found: Iterator[Mail | Broken]) -> list[Mail]:
    taken = list(found)
    assert all(isinstance(one, Mail) for one in taken), taken
    return cast("list[Mail]", taken)


def fetch(inbox: ImapInbox, uids: Sequence[int], folder: str = "INBOX") -> list[Mail]:
    return mails(inbox.fetch(folder, inbox.folder_state(folder).uidvalidity, uids))


def test_what_arrives_is_found_once_and_whole(server: Server) -> None:
    account, mailbox = server
    with connect(account) as inbox:
        before = inbox.folder_state("INBOX")
        assert inbox.new_uids("INBOX", before.uidnext) == []
        raws = [plain("one"), plain("two", "Grüezi\n")]
        uids = [mailbox.append(raw) for raw in raws]
        after = inbox.folder_state("INBOX")
        assert after == FolderState(before.uidvalidity, uids[-1] + 1, 2)
        assert inbox.new_uids("INBOX", before.uidnext) == uids
        assert inbox.new_uids("INBOX", uids[1]) == uids[1:]
        assert inbox.new_uids("INBOX", 1, below=uids[1]) == uids[:1]
        assert inbox.new_uids("INBOX", after.uidnext) == []  # `n:*` gives the last one anyway
        found = mails(inbox.fetch("INBOX", after.uidvalidity, uids))
    assert [mail.raw for mail in found] == raws
    assert [mail.uid for mail in found] == uids
    assert [mail.size for mail in found] == [len(raw) for raw in raws]
    assert not any(mail.cut for mail in found)


def test_reading_changes_nothing(server: Server) -> None:
    account, mailbox = server
    uid = mailbox.append(plain("one"), flags=[r"\Flagged"])
    before = mailbox.flags()
    with connect(replace(account, size_limit=10)) as inbox:
        inbox.new_uids("INBOX", 1, since=datetime(2020, 1, 1, tzinfo=UTC))
        (mail,) = fetch(inbox, [uid])
    assert mailbox.flags() == before == {uid: {r"\Flagged"}}
    assert r"\Flagged" in mail.flags


def test_the_date_of_arrival_keeps_its_zone(server: Server) -> None:
    account, mailbox = server
    when = datetime(2026, 3, 1, 0, 30, 5, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    uid = mailbox.append(plain("one"), received=when)
    with connect(account) as inbox:
        (mail,) = fetch(inbox, [uid])
    assert mail.received == when
    assert mail.received.tzinfo is UTC


def test_since_is_exact_to_the_second(server: Server) -> None:
    account, mailbox = server
    moment = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
    offsets = (-90_000, -1, 0, 1, 90_000)
    zone = timezone(timedelta(hours=-9))
    uids = [
        mailbox.append(plain("x"), received=(moment + timedelta(seconds=s)).astimezone(zone))
        for s in offsets
    ]
    with connect(account) as inbox:
        assert inbox.new_uids("INBOX", 1, since=moment) == uids[2:]
        assert inbox.new_uids("INBOX", uids[3], since=moment) == uids[3:]
        other = moment.astimezone(timezone(timedelta(hours=14)))
        assert inbox.new_uids("INBOX", 1, below=uids[4], since=other) == uids[2:4]


@pytest.mark.parametrize("first", [1, 4, 7, 10, 11])
@pytest.mark.parametrize("window", [1, 3, 10, 11])
def test_a_large_folder_is_searched_in_windows(
    monkeypatch: pytest.MonkeyPatch, account: Account, mailbox: Mailbox, first: int, window: int
) -> None:
    monkeypatch.setattr(reading, "SEARCH_WINDOW", window)
    uids = [mailbox.append(plain("x")) for _ in range(10)]
    mailbox.delete([uids[4]])  # sequence numbers and UIDs differ from here on
    expected = [uid for uid in uids if uid >= first and uid != uids[4]]
    with connect(account) as inbox:
        assert inbox.new_uids("INBOX", first) == expected
        assert inbox.new_uids("INBOX", first, since=datetime(2020, 1, 1, tzinfo=UTC)) == expected


def test_many_uids_never_make_too_long_a_line(inbox: ImapInbox, mailbox: Mailbox) -> None:
    uid = mailbox.append(plain("x"))
    found = fetch(inbox, [uid, *range(4_000_000_000, 4_000_005_000)])
    assert [mail.uid for mail in found] == [uid]


def test_batches_are_bounded_by_octets_too(
    monkeypatch: pytest.MonkeyPatch, inbox: ImapInbox, mailbox: Mailbox
) -> None:
    monkeypatch.setattr(reading, "BATCH_OCTETS", 700)
    raws = [plain(f"n{i}", "x" * (300 * (i % 3))) for i in range(8)]
    uids = [mailbox.append(raw) for raw in raws]
    assert [mail.raw for mail in fetch(inbox, uids)] == raws


def test_mails_come_in_the_order_asked_for(account: Account, mailbox: Mailbox) -> None:
    large = with_attachments("large", octets=30_000)
    raws = [plain("a"), large, plain("b"), large, plain("c")]
    uids = [mailbox.append(raw) for raw in raws]
    with connect(replace(account, size_limit=20_000)) as inbox:
        found = fetch(inbox, uids[::-1])
    assert [mail.uid for mail in found] == uids[::-1]
    assert [mail.cut for mail in found] == [False, True, False, True, False]


def _content(part: EmailMessage) -> bytes:
    content = part.get_payload(decode=True)
    return content.rstrip() if isinstance(content, bytes) else b""


@pytest.mark.parametrize("octets", [30_000, 600_000])
def test_a_large_mail_comes_without_its_attachments(server: Server, octets: int) -> None:
    account, mailbox = server
    raw = with_attachments("large", octets=octets)
    uid = mailbox.append(raw)
    with connect(replace(account, size_limit=20_000)) as inbox:
        (mail,) = fetch(inbox, [uid])
    assert mail.cut
    assert mail.size == len(raw)
    assert len(mail.raw) < 5_000
    whole, cut = (message_from_bytes(data, policy=policy.default) for data in (raw, mail.raw))
    assert cut.defects == []
    assert cut.items() == whole.items()
    kept = [part for part in whole.walk() if part.get_content_type() != "image/jpeg"]
    assert [p.items() for p in cut.walk()] == [p.items() for p in kept]
    # pymap counts the line break before a boundary to the part.
    assert [_content(p) for p in cut.walk()] == [_content(p) for p in kept]


def test_text_is_never_cut(account: Account, mailbox: Mailbox) -> None:
    raw = plain("long", "line\n" * 5_000)
    uid = mailbox.append(raw)
    with connect(replace(account, size_limit=1_000)) as inbox:
        (mail,) = fetch(inbox, [uid])
    assert mail.raw == raw


@pytest.mark.parametrize("large", [b"", b"X: "], ids=["text", "header"])
def test_a_mail_that_is_large_by_more_than_attachments_is_refused(
    account: Account, mailbox: Mailbox, large: bytes
) -> None:
    head, tail = plain("long").split(b"\r\n\r\n")
    parts = (large + b"y" * 5_000_000, head) if large else (head, b"", b"y\r\n" * 1_700_000)
    uids = [mailbox.append(b"\r\n".join([*parts, b"", tail])), mailbox.append(plain("next"))]
    with connect(replace(account, size_limit=1_000_000)) as inbox:
        refused, following = inbox.fetch("INBOX", inbox.folder_state("INBOX").uidvalidity, uids)
    assert isinstance(refused, Broken)
    assert "raise limits.mail_size" in refused.reason
    assert isinstance(following, Mail)


def test_a_large_attached_mail_comes_without_its_attachments(server: Server) -> None:
    account, mailbox = server
    outer = EmailMessage(policy=policy.SMTP)
    outer["Subject"] = "Fwd: large"
    outer.set_content("see below\n")
    outer.add_attachment(
        message_from_bytes(with_attachments("inner", octets=600_000), policy=policy.default)
    )
    uid = mailbox.append(outer.as_bytes())
    with connect(replace(account, size_limit=20_000)) as inbox:
        (mail,) = fetch(inbox, [uid])
    assert mail.cut
    assert len(mail.raw) < 5_000
    read = message_from_bytes(mail.raw, policy=policy.default)
    kinds = [part.get_content_type() for part in read.walk()]
    assert "message/rfc822" in kinds
    assert "image/jpeg" not in kinds
    assert [_content(p) for p in read.walk() if p.get_content_type() == "text/html"] == [
        "<p>HTML: Élodie</p>".encode()
    ]


def test_a_large_attachment_that_is_the_whole_mail_is_left_out(
    account: Account, mailbox: Mailbox
) -> None:
    raw = b"Subject: x\r\nContent-Type: application/pdf\r\n\r\n" + b"JVBE\r\n" * 1_000
    uid = mailbox.append(raw)
    with connect(replace(account, size_limit=1_000)) as inbox:
        (mail,) = fetch(inbox, [uid])
    assert mail.raw == b"Subject: x\r\nContent-Type: application/pdf\r\n\r\n"


def test_a_mail_that_is_expunged_is_left_out(account: Account, mailbox: Mailbox) -> None:
    raws = [plain(name) for name in "abcd"]
    uids = [mailbox.append(raw) for raw in raws]
    with connect(replace(account, batch=2)) as inbox:
        found = inbox.fetch("INBOX", inbox.folder_state("INBOX").uidvalidity, uids)
        first = next(found)
        mailbox.delete(uids[2:3])
        assert [first.uid, *(mail.uid for mail in found)] == [uids[0], uids[1], uids[3]]


def test_a_mail_that_is_expunged_between_size_and_body_is_left_out(
    account: Account, mailbox: Mailbox
) -> None:
    large = with_attachments("large", octets=30_000)
    uids = [mailbox.append(raw) for raw in (large, plain("b"), large, plain("d"))]
    with connect(replace(account, size_limit=20_000)) as inbox:
        found = inbox.fetch("INBOX", inbox.folder_state("INBOX").uidvalidity, uids)
        first = next(found)  # by now the sizes of all four are known
        mailbox.delete(uids[1:3])
        assert [first.uid, *(mail.uid for mail in found)] == [uids[0], uids[3]]


def test_a_mail_that_the_server_cannot_read_does_not_stop_the_others(
    inbox: ImapInbox, mailbox: Mailbox, account: Account, dovecot: Dovecot
) -> None:
    uids = [mailbox.append(plain(name)) for name in "abc"]
    mailbox.flags()
    (broken,) = (p for p in dovecot.maildir(account.user).rglob("*M*") if b"<b@" in _read(p))
    broken.chmod(0)
    found = list(inbox.fetch("INBOX", inbox.folder_state("INBOX").uidvalidity, uids))
    assert [type(one) for one in found] == [Mail, Broken, Mail]
    assert [one.uid for one in found] == uids
    assert isinstance(found[1], Broken)
    assert found[1].reason == "The server ends the connection whenever it is asked for this mail."
    assert not inbox.lost


def test_a_server_that_can_read_nothing_breaks_no_mail(
    inbox: ImapInbox, mailbox: Mailbox, account: Account, dovecot: Dovecot
) -> None:
    uids = [mailbox.append(plain(name)) for name in "abcd"]
    mailbox.flags()
    for path in dovecot.maildir(account.user).rglob("*M*"):
        if b"@example.org>" in _read(path):
            path.chmod(0)
    with pytest.raises(InboxUnreachable, match="for one mail after another"):
        list(inbox.fetch("INBOX", inbox.folder_state("INBOX").uidvalidity, uids))


def _read(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""


def test_a_folder_made_anew_is_noticed(inbox: ImapInbox, mailbox: Mailbox) -> None:
    mailbox.client.create_folder("Portals")
    mailbox.append(plain("old"), "Portals")
    before = inbox.folder_state("Portals")
    mailbox.make_anew("Portals")
    uid = mailbox.append(plain("new"), "Portals")
    assert inbox.folder_state("Portals").uidvalidity != before.uidvalidity
    with pytest.raises(UidValidityChanged, match="folder Portals was made anew"):
        list(inbox.fetch("Portals", before.uidvalidity, [uid]))


def test_marking_another_folder_while_reading_does_not_mix_them(
    account: Account, mailbox: Mailbox
) -> None:
    uids = [mailbox.append(plain(f"inbox{i}")) for i in range(4)]
    mailbox.client.create_folder("Portals")
    for i in range(4):
        mailbox.append(plain(f"portals{i}"), "Portals")  # the same UIDs
    with connect(replace(account, batch=1)) as inbox:
        subjects = []
        for mail in fetch_lazily(inbox, uids):
            subjects.append(message_from_bytes(mail.raw)["Subject"])
            inbox.capabilities("Portals")
            inbox.folder_state("INBOX")
    assert subjects == ["inbox0", "inbox1", "inbox2", "inbox3"]


def fetch_lazily(inbox: ImapInbox, uids: Sequence[int]) -> Iterator[Mail]:
    for one in inbox.fetch("INBOX", inbox.folder_state("INBOX").uidvalidity, uids):
        assert isinstance(one, Mail)
        yield one


@pytest.mark.parametrize(
    ("folder", "said"),
    [
        ("Portal", "there is no folder Portal. Did you mean Portals?"),
        ("inbox/portals", "Did you mean Portals?"),
        ("xyz", "There are: "),
        ("A\r\nB", "holds a line break"),
        ("Büro", "there is no folder Büro"),
        ('a"b\\c*%', "there is no folder"),
        ("", "there is no folder"),
    ],
)
def test_a_folder_that_does_not_exist_names_the_nearest(
    inbox: ImapInbox, mailbox: Mailbox, folder: str, said: str
) -> None:
    mailbox.client.create_folder("Portals")
    for ask in (
        lambda: inbox.folder_state(folder),
        lambda: inbox.new_uids(folder, 1),
        lambda: list(inbox.fetch(folder, 1, [1])),
        lambda: inbox.capabilities(folder),
    ):
        with pytest.raises(InboxRefused) as caught:
            ask()
        assert said in str(caught.value)
    assert not inbox.lost


def test_state_is_told_of_the_selected_folder_too(server: Server) -> None:
    account, mailbox = server
    with connect(account) as inbox:
        assert inbox.new_uids("INBOX", 1) == []  # leaves INBOX selected
        mailbox.append(plain("x"))
        assert inbox.folder_state("INBOX").messages == 1
        assert inbox.folder_state("INBOX").messages == 1


def test_folders_beyond_ascii(inbox: ImapInbox, mailbox: Mailbox) -> None:
    mailbox.client.create_folder("Büro/Anfragen & Co")
    uid = mailbox.append(plain("x"), "Büro/Anfragen & Co")
    assert [mail.uid for mail in fetch(inbox, [uid], "Büro/Anfragen & Co")] == [uid]


def test_a_folder_is_found_by_its_use_on_a_server_of_that_standard() -> None:
    """RFC 6154; Microsoft 365, which has not, is in tests/bridge/test_microsoft365.py."""
    extra = (
        "namespace inbox {\n  mailbox Pourriel {\n    special_use = \\Junk\n"
        "    auto = create\n  }\n}"
    )
    try:
        with running_dovecot(extra=extra) as own:
            account = account_on(own)
            for mailbox in mailbox_on(own, account):
                uid = mailbox.append(plain("one"), "Pourriel")
            with connect(account) as inbox:
                assert "SPECIAL-USE" in inbox.capabilities("INBOX").capabilities
                assert inbox.spelt("\\Junk") == "Pourriel"
                assert inbox.folder_state("\\junk").uidnext == uid + 1
                assert [mail.folder for mail in fetch(inbox, [uid], "\\Junk")] == ["\\Junk"]
                marks = {Mark.SENT: [uid]}
                state = inbox.folder_state("\\Junk")
                moved = inbox.mark(
                    "\\Junk", state.uidvalidity, marks, Marking.FOLDERS, seen=False
                ).moved
                assert moved[uid].folder == "Leads/Sent"
                with pytest.raises(InboxRefused, match="no folder for the use"):
                    inbox.folder_state("\\Archive")
    except FileNotFoundError as error:
        needs_dovecot(error)
