"""Marking on real servers, and on scripted ones that can do less."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from mailbridge.errors import InboxRefused
from mailbridge.inbox.account import Account
from mailbridge.inbox.faults import UidValidityChanged
from mailbridge.inbox.imap import ImapInbox, connect
from mailbridge.inbox.marks import FOLDERS, Mark, Marked, Marking, Place, marks_of
from tests.inbox.mails import plain
from tests.servers.dovecot import Dovecot
from tests.servers.mailbox import Mailbox
from tests.servers.scripted import OPENED, running_script, talk

LocalAccount = Callable[..., Account]


def mark(
    inbox: ImapInbox,
    marks: dict[Mark, list[int]],
    marking: Marking,
    *,
    seen: bool = False,
) -> Marked:
    state = inbox.folder_state("INBOX")
    return inbox.mark("INBOX", state.uidvalidity, marks, marking, FOLDERS, seen=seen)


@pytest.mark.dovecot
def test_auto_takes_keywords_where_the_server_allows_them(account: Account) -> None:
    with connect(account) as inbox:
        able = inbox.capabilities("INBOX")
        assert (able.writable, able.keywords, able.folders, able.idle) == (True, True, True, True)
        assert "CONDSTORE" in able.capabilities
        assert inbox.resolve_marking("INBOX", Marking.AUTO) is Marking.KEYWORDS
        for wanted in (Marking.KEYWORDS, Marking.FOLDERS, Marking.LEDGER):
            assert inbox.resolve_marking("INBOX", wanted) is wanted


def test_auto_takes_folders_where_it_does_not(pymap_account: Account) -> None:
    with connect(pymap_account) as inbox:
        assert not inbox.capabilities("INBOX").keywords
        assert inbox.resolve_marking("INBOX", Marking.AUTO) is Marking.FOLDERS
        with pytest.raises(InboxRefused, match=r"allows no own keywords.*Set `marking: auto`"):
            inbox.resolve_marking("INBOX", Marking.KEYWORDS)


@pytest.mark.dovecot
def test_each_mail_gets_its_keyword_and_nothing_else(account: Account, mailbox: Mailbox) -> None:
    sent, review, ignored, other = (mailbox.append(plain(name)) for name in "abcd")
    with connect(account) as inbox:
        marks = {Mark.SENT: [sent], Mark.REVIEW: [review], Mark.IGNORED: [ignored]}
        done = mark(inbox, marks, Marking.KEYWORDS)
        assert done == Marked(done=frozenset({sent, review, ignored}))
        again = mark(inbox, marks, Marking.KEYWORDS)
        assert again == done
        found = list(inbox.fetch("INBOX", inbox.folder_state("INBOX").uidvalidity, [sent]))
    assert mailbox.flags() == {
        sent: {"MailbridgeSent"},
        review: {"MailbridgeReview"},
        ignored: {"MailbridgeIgnored"},
        other: set(),
    }
    assert marks_of(found[0].flags) is Mark.SENT  # type: ignore[union-attr]


@pytest.mark.dovecot
def test_a_new_mark_replaces_the_old_and_leaves_other_flags(
    account: Account, mailbox: Mailbox
) -> None:
    uid = mailbox.append(plain("a"), flags=[r"\Flagged", "Important", "MailbridgeIgnored"])
    with connect(account) as inbox:
        mark(inbox, {Mark.REVIEW: [uid]}, Marking.KEYWORDS)
        mark(inbox, {Mark.SENT: [uid]}, Marking.KEYWORDS)
    assert mailbox.flags() == {uid: {r"\Flagged", "Important", "MailbridgeSent"}}


@pytest.mark.parametrize("marking", [Marking.KEYWORDS, Marking.FOLDERS, Marking.LEDGER])
@pytest.mark.dovecot
def test_seen_is_only_set_where_asked_for(
    account: Account, mailbox: Mailbox, marking: Marking
) -> None:
    one, two = mailbox.append(plain("a")), mailbox.append(plain("b"))
    with connect(account) as inbox:
        assert mark(inbox, {Mark.SENT: [one]}, marking).done == {one}
        assert mark(inbox, {Mark.SENT: [two]}, marking, seen=True).done == {two}
    folder = "Leads/Sent" if marking is Marking.FOLDERS else "INBOX"
    assert [r"\Seen" in flags for flags in mailbox.flags(folder).values()] == [False, True]


def test_the_ledger_alone_changes_nothing(account: Account, mailbox: Mailbox) -> None:
    uid = mailbox.append(plain("a"))
    with connect(account) as inbox:
        done = mark(inbox, {Mark.SENT: [uid]}, Marking.LEDGER)
    assert done == Marked(done=frozenset({uid}))
    assert mailbox.flags() == {uid: set()}


def test_mails_are_moved_into_folders_that_are_made_and_subscribed(
    account: Account, mailbox: Mailbox
) -> None:
    sent, review, ignored = (mailbox.append(plain(name)) for name in "abc")
    with connect(account) as inbox:
        marks = {Mark.SENT: [sent], Mark.REVIEW: [review], Mark.IGNORED: [ignored]}
        done = mark(inbox, marks, Marking.FOLDERS)
        assert done.done == {sent, review, ignored}
        assert done.gone == frozenset()
        place = done.moved[sent]
        assert (place.folder, set(done.moved)) == ("Leads/Sent", {sent, review})
        (moved,) = inbox.fetch(place.folder, place.uidvalidity, [place.uid])
        assert moved.raw == plain("a")  # type: ignore[union-attr]
        again = mark(inbox, marks, Marking.FOLDERS)
        assert again.done == {ignored}
        assert again.gone == {sent, review}
    assert mailbox.subjects() == ["c"]
    assert mailbox.subjects("Leads/Review") == ["b"]
    assert {"Leads/Sent", "Leads/Review"} <= mailbox.subscribed()


def test_pymap_moves_too(pymap_account: Account, pymap_mailbox: Mailbox) -> None:
    sent, review = pymap_mailbox.append(plain("a")), pymap_mailbox.append(plain("b"))
    with connect(pymap_account) as inbox:
        done = mark(inbox, {Mark.SENT: [sent], Mark.REVIEW: [review]}, Marking.FOLDERS, seen=True)
    assert done.done == {sent, review}
    assert pymap_mailbox.subjects("Leads/Sent") == ["a"]
    assert pymap_mailbox.subjects("Leads/Review") == ["b"]
    assert list(pymap_mailbox.flags("Leads/Sent").values()) == [{r"\Seen"}]


def test_names_and_moves_on_a_server_with_dots_and_without_move(
    dotted_account: Account, dotted_mailbox: Mailbox
) -> None:
    """COPY, STORE \\Deleted and UID EXPUNGE of these alone."""
    one, two, doomed = (dotted_mailbox.append(plain(name)) for name in "abc")
    dotted_mailbox.add_flags([doomed], [r"\Deleted"])
    with connect(dotted_account) as inbox:
        assert not inbox.capabilities("INBOX").move
        done = mark(inbox, {Mark.SENT: [one, two]}, Marking.FOLDERS)
    assert {place.folder for place in done.moved.values()} == {"INBOX.Leads.Sent"}
    assert dotted_mailbox.flags() == {doomed: {r"\Deleted"}}
    assert dotted_mailbox.subjects("INBOX.Leads.Sent") == ["a", "b"]
    assert list(dotted_mailbox.flags("INBOX.Leads.Sent").values()) == [set(), set()]
    assert "INBOX.Leads.Sent" in dotted_mailbox.subscribed()


@pytest.mark.parametrize("name", ["INBOX/Leads", "INBOX.Leads", "Leads"])
def test_a_prefix_is_never_doubled(
    dotted_account: Account, dotted_mailbox: Mailbox, name: str
) -> None:
    uid = dotted_mailbox.append(plain("a"))
    with connect(dotted_account) as inbox:
        validity = inbox.folder_state("INBOX").uidvalidity
        folders = {Mark.SENT: name}
        inbox.mark("INBOX", validity, {Mark.SENT: [uid]}, Marking.FOLDERS, folders, seen=False)
    assert dotted_mailbox.folders() == {"INBOX", "INBOX.Leads"}


def test_a_mail_that_lies_where_it_should_stays(account: Account, mailbox: Mailbox) -> None:
    uid = mailbox.append(plain("a"))
    with connect(account) as inbox:
        validity = inbox.folder_state("INBOX").uidvalidity
        done = inbox.mark(
            "INBOX",
            validity,
            {Mark.SENT: [uid]},
            Marking.FOLDERS,
            {Mark.SENT: "INBOX"},
            seen=False,
        )
    assert done == Marked(done=frozenset({uid}))
    assert mailbox.subjects() == ["a"]


@pytest.mark.parametrize("marking", [Marking.KEYWORDS, Marking.FOLDERS])
@pytest.mark.dovecot
def test_a_mail_that_somebody_deleted_or_moved_is_gone(
    account: Account, mailbox: Mailbox, marking: Marking
) -> None:
    one, two, three = (mailbox.append(plain(name)) for name in "abc")
    with connect(account) as inbox:
        inbox.new_uids("INBOX", 1)
        mailbox.delete([one])
        mailbox.client.create_folder("Elsewhere")
        mailbox.move([two], "Elsewhere")
        done = mark(inbox, {Mark.SENT: [one, two, three, 99]}, marking)
    assert done.done == {three}
    assert done.gone == {one, two, 99}


@pytest.mark.dovecot
def test_many_mails_are_marked_in_sets(account: Account, mailbox: Mailbox) -> None:
    uids = [mailbox.append(plain("a")) for _ in range(230)]
    with connect(account) as inbox:
        marks = {Mark.SENT: [*uids, *range(10_000, 13_000)]}
        done = mark(inbox, marks, Marking.KEYWORDS)
        assert done.done == set(uids)
        assert len(done.gone) == 3_000
        moved = mark(inbox, {Mark.SENT: uids}, Marking.FOLDERS).moved
    assert set(moved) == set(uids)
    assert [moved[uid].uid for uid in uids] == list(range(1, 231))


def test_marks_are_never_set_in_a_folder_made_anew(account: Account, mailbox: Mailbox) -> None:
    mailbox.client.create_folder("Portals")
    with connect(account) as inbox:
        before = inbox.folder_state("Portals").uidvalidity
        mailbox.make_anew("Portals")
        uid = mailbox.append(plain("a"), "Portals")
        with pytest.raises(UidValidityChanged):
            inbox.mark("Portals", before, {Mark.SENT: [uid]}, Marking.KEYWORDS, seen=True)
    assert mailbox.flags("Portals") == {uid: set()}


@pytest.mark.dovecot
def test_a_delivered_mail_is_read_and_marked(
    account: Account, mailbox: Mailbox, dovecot: Dovecot
) -> None:
    dovecot.deliver(account.user, plain("a"))
    with connect(account) as inbox:
        (uid,) = inbox.new_uids("INBOX", 1)
        assert mark(inbox, {Mark.SENT: [uid]}, Marking.KEYWORDS).done == {uid}
    assert mailbox.flags() == {uid: {"MailbridgeSent"}}


READ_ONLY = OPENED + "TAG OK [READ-ONLY] only look\n"
NO_KEYWORDS = OPENED.replace(r" \*", "")


@pytest.mark.parametrize(
    ("opened", "capabilities", "auto", "refused"),
    [
        (NO_KEYWORDS, "IMAP4rev1 MOVE", Marking.FOLDERS, [Marking.KEYWORDS]),
        (NO_KEYWORDS, "IMAP4rev1 UIDPLUS", Marking.FOLDERS, [Marking.KEYWORDS]),
        (NO_KEYWORDS, "IMAP4rev1", Marking.LEDGER, [Marking.KEYWORDS, Marking.FOLDERS]),
        (OPENED, "IMAP4rev1", Marking.KEYWORDS, [Marking.FOLDERS]),
        (READ_ONLY, "IMAP4rev1 MOVE", Marking.LEDGER, [Marking.KEYWORDS, Marking.FOLDERS]),
    ],
)
def test_marking_follows_what_the_server_can_do(
    local_account: LocalAccount,
    opened: str,
    capabilities: str,
    auto: Marking,
    refused: list[Marking],
) -> None:
    script = talk({"SELECT": opened}, capabilities=capabilities)
    with running_script(script) as server, connect(local_account(server.port)) as inbox:
        assert inbox.resolve_marking("INBOX", Marking.AUTO) is auto
        for wanted in (Marking.KEYWORDS, Marking.FOLDERS):
            if wanted in refused:
                with pytest.raises(InboxRefused, match=f"`marking: {wanted}` cannot be done"):
                    inbox.resolve_marking("INBOX", wanted)
            else:
                assert inbox.resolve_marking("INBOX", wanted) is wanted
        assert inbox.resolve_marking("INBOX", Marking.LEDGER) is Marking.LEDGER
        assert not inbox.lost


def test_moves_without_copyuid_are_done_all_the_same(local_account: LocalAccount) -> None:
    answers = {"UID SEARCH": "* SEARCH 4 5\n", "UID MOVE": "* 1 EXPUNGE\n* 1 EXPUNGE\n"}
    script = talk(answers, capabilities="IMAP4rev1 MOVE")
    with running_script(script) as server, connect(local_account(server.port)) as inbox:
        done = inbox.mark("INBOX", 7, {Mark.SENT: [4, 5, 6]}, Marking.FOLDERS, seen=False)
    assert done == Marked(done=frozenset({4, 5}), gone=frozenset({6}))


@pytest.mark.parametrize(
    ("copyuid", "moved"),
    [
        ("COPYUID 9 4:5 21:22", {4: 21, 5: 22}),
        ("COPYUID 9 5,4 21,30", {5: 21, 4: 30}),
        ("COPYUID 9 5:4 22:21", {4: 21, 5: 22}),
        ("COPYUID 9 1:4294967295 1:4294967295", {}),
        ("COPYUID 9 4:5", {}),
        ("COPYUID x y z", {}),
        ("COPYUID 9 4:5:6 1", {}),
    ],
)
def test_copyuid_is_read_with_care(
    local_account: LocalAccount, copyuid: str, moved: dict[int, int]
) -> None:
    answers = {"UID SEARCH": "* SEARCH 4 5\n", "UID MOVE": f"* OK [{copyuid}] moved\n"}
    with running_script(talk(answers)) as server, connect(local_account(server.port)) as inbox:
        done = inbox.mark("INBOX", 7, {Mark.SENT: [4, 5]}, Marking.FOLDERS, seen=False)
    assert done.moved == {old: Place("Leads/Sent", 9, new) for old, new in moved.items()}


def test_a_keyword_that_the_server_will_not_take_is_a_refusal(local_account: LocalAccount) -> None:
    answers = {"UID SEARCH": "* SEARCH 4\n", "UID STORE": "TAG NO [CANNOT] no more keywords\n"}
    with running_script(talk(answers)) as server, connect(local_account(server.port)) as inbox:
        with pytest.raises(InboxRefused, match="refused marking mails: no more keywords"):
            inbox.mark("INBOX", 7, {Mark.SENT: [4]}, Marking.KEYWORDS, seen=False)
        assert not inbox.lost


def test_an_old_mark_is_removed_only_after_the_new_one_is_set(
    local_account: LocalAccount,
) -> None:
    """A crash between leaves two marks rather than none."""
    answers = {"UID SEARCH": "* SEARCH 4\n", "UID STORE": ""}
    with running_script(talk(answers)) as server, connect(local_account(server.port)) as inbox:
        inbox.mark("INBOX", 7, {Mark.REVIEW: [4]}, Marking.KEYWORDS, seen=False)
    stored = [line.split(" ", 1)[1] for line in server.heard if "STORE" in line]
    assert stored == [
        "UID STORE 4 +FLAGS.SILENT (MailbridgeReview)",
        "UID STORE 4 -FLAGS.SILENT (MailbridgeSent MailbridgeIgnored)",
    ]


def test_a_moved_mail_is_found_by_its_message_id(account: Account, mailbox: Mailbox) -> None:
    moved, other = (mailbox.append(plain(name)) for name in ("moved", "moved-too"))
    with connect(account) as inbox:
        received = datetime.now(UTC)
        assert inbox.trace("moved@example.org", received) == []  # no such folder yet
        done = mark(inbox, {Mark.SENT: [moved], Mark.REVIEW: [other]}, Marking.FOLDERS)
        assert inbox.trace("moved@example.org", received) == [done.moved[moved]]
        assert inbox.trace("moved@example.org", received + timedelta(days=3)) == []
        assert inbox.trace("elsewhere@example.org", received) == []


@pytest.mark.parametrize(
    "name", ['a"b@example.org', "a\\@example.org", "a\r\nb LOGOUT", "ü@x", "x" * 200_000]
)
def test_a_message_id_that_no_search_takes_is_not_asked_for(account: Account, name: str) -> None:
    with connect(account) as inbox:
        assert inbox.trace(name, datetime.now(UTC)) == []
        assert inbox.folder_state("INBOX").messages == 0
