"""What imapclient and imaplib do with answers that no server here gives.

Each test is a trap that was found by falling into it.
"""

from collections.abc import Callable

import pytest

from mailbridge.errors import InboxRefused, InboxUnreachable
from mailbridge.inbox.account import Account
from mailbridge.inbox.faults import UidValidityChanged
from mailbridge.inbox.imap import connect
from mailbridge.inbox.mail import Broken, Mail
from mailbridge.inbox.marks import Mark, Marked, Marking
from tests.inbox.mails import plain
from tests.inbox.patience import lose_patience
from tests.servers.scripted import OPENED, literal, running_script, talk

LocalAccount = Callable[..., Account]

DATE = 'INTERNALDATE "01-Mar-2026 12:00:00 +0100"'


def facts(uid: int, *, seq: int = 1, size: int = 50) -> str:
    return f"* {seq} FETCH (UID {uid} RFC822.SIZE {size} {DATE} FLAGS (\\Seen))\n"


def body(uid: int, raw: bytes, *, seq: int = 1) -> str:
    return f"* {seq} FETCH (UID {uid} BODY[] {literal(raw)})\n"


def read(
    local_account: LocalAccount, uids: list[int], answers: dict[str, str | list[str]]
) -> list[Mail | Broken]:
    with running_script(talk(answers)) as server, connect(local_account(server.port)) as inbox:
        found = list(inbox.fetch("INBOX", 7, uids))
        assert not inbox.lost
    return found


@pytest.mark.parametrize(
    ("answer", "uids"),
    [
        ("* SEARCH 4 5\n* SEARCH 9\n", [4, 5, 9]),
        ("* SEARCH 9 4 4 (MODSEQ 917162500)\n", [4, 9]),
        ("* SEARCH\n", []),
        ("", []),
        ("* SEARCH\n* 3 EXISTS\n* SEARCH 4\n", [4]),
        ("* SEARCH 3\n", []),
    ],
)
def test_search_answers_of_every_shape(
    local_account: LocalAccount, answer: str, uids: list[int]
) -> None:
    """imapclient raises ValueError on two lines."""
    with (
        running_script(talk({"UID SEARCH": answer})) as server,
        connect(local_account(server.port)) as inbox,
    ):
        assert inbox.new_uids("INBOX", 4) == uids


@pytest.mark.parametrize("answer", ["* SEARCH 4 x\n", "TAG BAD what\n", "TAG NO never\n"])
def test_a_search_that_fails_is_an_inbox_error(local_account: LocalAccount, answer: str) -> None:
    with (
        running_script(talk({"UID SEARCH": answer})) as server,
        connect(local_account(server.port)) as inbox,
        pytest.raises((InboxUnreachable, InboxRefused), match="a search"),
    ):
        inbox.new_uids("INBOX", 4)


def test_without_uidnext_the_server_is_asked(local_account: LocalAccount) -> None:
    opened = OPENED.replace("* OK [UIDNEXT 30] ok\n", "")
    answers = {"EXAMINE": opened, "UID SEARCH": "* SEARCH 12\n"}
    with running_script(talk(answers)) as server, connect(local_account(server.port)) as inbox:
        assert inbox.new_uids("INBOX", 13) == []
        assert inbox.new_uids("INBOX", 12) == [12]


def test_a_folder_without_uidvalidity_is_refused(local_account: LocalAccount) -> None:
    opened = OPENED.replace("* OK [UIDVALIDITY 7] ok\n", "")
    with (
        running_script(talk({"EXAMINE": opened})) as server,
        connect(local_account(server.port)) as inbox,
        pytest.raises(InboxRefused, match="no UIDVALIDITY"),
    ):
        inbox.new_uids("INBOX", 1)


def test_a_body_of_nil_is_a_mail_that_is_gone(local_account: LocalAccount) -> None:
    found = read(
        local_account,
        [4, 5],
        {
            "UID FETCH 4,5 (RFC822.SIZE": facts(4) + facts(5, seq=2),
            "UID FETCH 4,5 (BODY": "* 1 FETCH (UID 4 BODY[] NIL)\n"
            + body(5, b"Subject: x\r\n\r\n"),
        },
    )
    assert [(type(one), one.uid) for one in found] == [(Mail, 5)]


def test_a_mail_without_a_body_in_the_answer_is_gone(local_account: LocalAccount) -> None:
    found = read(
        local_account,
        [4, 5],
        {"UID FETCH 4,5 (RFC822.SIZE": facts(4) + facts(5), "UID FETCH 4,5 (BODY": ""},
    )
    assert found == []


def test_one_no_does_not_spoil_the_batch(local_account: LocalAccount) -> None:
    raw = plain("good")
    found = read(
        local_account,
        [4, 5, 6],
        {
            "UID FETCH 4,5,6 (RFC822.SIZE": facts(4) + facts(5) + facts(6),
            # What comes before the NO stays in imaplib's memory, and must not be used later.
            "UID FETCH 4,5,6 (BODY": body(4, plain("wrong")) + "TAG NO [SERVERBUG] cannot\n",
            "UID SEARCH": "* SEARCH 4 5 6\n",
            "UID FETCH 4 (BODY": body(4, raw),
            "UID FETCH 5 (BODY": "TAG NO [SERVERBUG] cannot read it.\n",
            "UID FETCH 6 (BODY": body(6, raw),
        },
    )
    assert [one.uid for one in found] == [4, 5, 6]
    assert [getattr(one, "raw", None) for one in found] == [raw, None, raw]
    assert isinstance(found[1], Broken)
    assert found[1].reason == "The server does not hand this mail over: cannot read it."


def test_one_mail_expunged_meanwhile_does_not_spoil_the_batch(local_account: LocalAccount) -> None:
    found = read(
        local_account,
        [4, 5],
        {
            "UID FETCH 4,5 (RFC822.SIZE": facts(4) + facts(5),
            "UID FETCH 4,5 (BODY": "TAG NO [EXPUNGEISSUED] some are gone\n",
            "UID SEARCH": ["* SEARCH 4 5\n", "* SEARCH 5\n"],
            "UID FETCH 4 (BODY": "TAG NO [EXPUNGEISSUED] gone\n",
            "UID FETCH 5 (BODY": body(5, b"x"),
        },
    )
    assert [(type(one), one.uid) for one in found] == [(Mail, 5)]


@pytest.mark.parametrize(
    "answer",
    [
        "* 1 FETCH (UID 4 RFC822.SIZE\n",
        "* 1 FETCH (UID four)\n",
        "* 1 FETCH 7\n",
        '* 1 FETCH (UID 4 FLAGS "open)\n',
        "* 1 FETCH " + "(" * 5_000 + "\n",
    ],
)
def test_an_answer_that_cannot_be_parsed_costs_one_mail(
    local_account: LocalAccount, answer: str
) -> None:
    found = read(
        local_account,
        [4, 5],
        {
            "UID FETCH 4,5 (RFC822.SIZE": answer,
            "UID SEARCH": "* SEARCH 4 5\n",
            "UID FETCH 4 (RFC822.SIZE": answer,
            "UID FETCH 5 (RFC822.SIZE": facts(5),
            "UID FETCH 5 (BODY": body(5, b"x"),
        },
    )
    assert [(type(one), one.uid) for one in found] == [(Broken, 4), (Mail, 5)]


def test_facts_that_are_missing_are_said(local_account: LocalAccount) -> None:
    answer = f"* 1 FETCH (UID 4 RFC822.SIZE 5 FLAGS ())\n* 2 FETCH (UID 5 {DATE} FLAGS ())\n"
    found = read(local_account, [4, 5], {"UID FETCH 4,5 (RFC822.SIZE": answer})
    assert [type(one) for one in found] == [Broken, Broken]


def test_a_mail_of_digits_is_a_mail(local_account: LocalAccount) -> None:
    found = read(
        local_account,
        [4],
        {"UID FETCH 4 (RFC822": facts(4), "UID FETCH 4 (BODY": '* 1 FETCH (UID 4 BODY[] "12")\n'},
    )
    assert [getattr(one, "raw", None) for one in found] == [b"12"]


def test_a_body_that_is_no_string_is_broken(local_account: LocalAccount) -> None:
    found = read(
        local_account,
        [4],
        {"UID FETCH 4 (RFC822": facts(4), "UID FETCH 4 (BODY": "* 1 FETCH (UID 4 BODY[] (1))\n"},
    )
    assert isinstance(found[0], Broken)


def test_untagged_lines_of_others_are_left_aside(local_account: LocalAccount) -> None:
    raw = plain("good")
    found = read(
        local_account,
        [4],
        {
            "UID FETCH 4 (RFC822": "* 3 EXISTS\n* OK still here\n" + facts(4) + facts(9, seq=2),
            "UID FETCH 4 (BODY": "* 2 FETCH (UID 9 FLAGS (\\Deleted))\n" + body(4, raw),
        },
    )
    assert [getattr(one, "raw", None) for one in found] == [raw]


def test_a_connection_that_ends_once_is_made_anew(local_account: LocalAccount) -> None:
    raw = plain("good")
    breaking = talk({"UID FETCH": "* BYE restarting\n"})
    whole: dict[str, str | list[str]] = {
        "UID SEARCH": "* SEARCH 4 5\n",
        "UID FETCH 4 (RFC822": facts(4),
        "UID FETCH 5 (RFC822": facts(5),
        "UID FETCH 4,5 (BODY": body(4, raw) + body(5, raw),
    }
    with (
        running_script(breaking, talk(whole)) as server,
        connect(local_account(server.port)) as inbox,
    ):
        assert [one.uid for one in inbox.fetch("INBOX", 7, [4, 5])] == [4, 5]
        assert not inbox.lost


def test_a_server_that_went_away_breaks_no_mail(local_account: LocalAccount) -> None:
    with (
        running_script(talk({"UID FETCH": "EOF"})) as server,
        connect(local_account(server.port)) as inbox,
    ):
        lose_patience(inbox, timeout=0.5)  # nobody takes the second connection
        with pytest.raises(InboxUnreachable):
            list(inbox.fetch("INBOX", 7, [4, 5]))
        assert inbox.lost


def test_a_folder_made_anew_while_the_connection_was_lost(local_account: LocalAccount) -> None:
    anew = OPENED.replace("UIDVALIDITY 7", "UIDVALIDITY 8")
    with (
        running_script(talk({"UID FETCH": "EOF"}), talk({"EXAMINE": anew})) as server,
        connect(local_account(server.port)) as inbox,
        pytest.raises(UidValidityChanged),
    ):
        list(inbox.fetch("INBOX", 7, [4, 5]))


STRUCTURES = [
    ("* 1 FETCH (UID 4 BODYSTRUCTURE NIL)\n", [Broken]),
    ("* 1 FETCH (UID 4 BODYSTRUCTURE 7)\n", [Broken]),
    ("* 1 FETCH (UID 4 BODYSTRUCTURE ())\n", [Broken]),
    ('* 1 FETCH (UID 4 BODYSTRUCTURE (("text" "plain" NIL NIL NIL "7bit" 5 1) NIL))\n', [Broken]),
    ("", []),
]


@pytest.mark.parametrize(("structure", "kinds"), STRUCTURES)
def test_structures_of_every_shape(
    local_account: LocalAccount, structure: str, kinds: list[type]
) -> None:
    found = read(
        local_account,
        [4],
        {
            "UID FETCH 4 (RFC822": facts(4, size=99_999_999),
            "UID FETCH 4 (BODYSTRUCTURE": structure,
            "UID SEARCH": "* SEARCH 4\n",
            "UID FETCH 4 (BODY.PEEK": "",
        },
    )
    assert [type(one) for one in found] == kinds


def test_a_multipart_without_boundary_is_broken(local_account: LocalAccount) -> None:
    found = read(
        local_account,
        [4],
        {
            "UID FETCH 4 (RFC822": facts(4, size=99_999_999),
            "UID FETCH 4 (BODYSTRUCTURE": '* 1 FETCH (UID 4 BODYSTRUCTURE (("text" "plain" NIL NIL'
            ' NIL "7bit" 5 1) "mixed"))\n',
            "UID FETCH 4 (BODY.PEEK": "* 1 FETCH (UID 4 BODY[HEADER] "
            + literal(b"Subject: x\r\n\r\n")
            + ' BODY[1.MIME] "" BODY[1]<0> "hello")\n',
        },
    )
    assert isinstance(found[0], Broken)
    assert "its header no boundary" in found[0].reason


def test_a_store_answered_with_modseq_only(local_account: LocalAccount) -> None:
    """imapclient raises KeyError FLAGS unless it is silent."""
    answers = {"UID SEARCH": "* SEARCH 4\n", "UID STORE": "* 1 FETCH (UID 4 MODSEQ (12))\n"}
    with running_script(talk(answers)) as server, connect(local_account(server.port)) as inbox:
        done = inbox.mark("INBOX", 7, {Mark.SENT: [4]}, Marking.KEYWORDS, seen=False)
    assert done == Marked(done=frozenset({4}))


def test_a_separator_of_nil_leaves_names_alone(local_account: LocalAccount) -> None:
    answers = {
        "NAMESPACE": '* NAMESPACE (("" NIL)) NIL NIL\n',
        "LIST": "",
        "UID SEARCH": "* SEARCH 4\n",
        "UID MOVE": "* 1 EXPUNGE\n",
    }
    with running_script(talk(answers)) as server, connect(local_account(server.port)) as inbox:
        inbox.mark("INBOX", 7, {Mark.SENT: [4]}, Marking.FOLDERS, seen=False)
    assert any(line.endswith('CREATE "Leads/Sent"') for line in server.heard)


def test_the_separator_comes_from_list_without_namespace(local_account: LocalAccount) -> None:
    answers = {
        "LIST": '* LIST (\\Noselect) "." ""\n',
        "UID SEARCH": "* SEARCH 4\n",
        "UID MOVE": "* 1 EXPUNGE\n",
    }
    script = talk(answers, capabilities="IMAP4rev1 MOVE")
    with running_script(script) as server, connect(local_account(server.port)) as inbox:
        inbox.mark("INBOX", 7, {Mark.SENT: [4]}, Marking.FOLDERS, seen=False)
    assert any(line.endswith('CREATE "Leads.Sent"') for line in server.heard)


def test_without_unselect_a_selected_folder_is_opened_anew(local_account: LocalAccount) -> None:
    """STATUS is not for it, and CLOSE would expunge."""
    script = talk({"UID SEARCH": "* SEARCH 4\n"}, capabilities="IMAP4rev1")
    with running_script(script) as server, connect(local_account(server.port)) as inbox:
        inbox.capabilities("INBOX")
        assert inbox.folder_state("INBOX").uidnext == 30
    verbs = [line.split()[1] for line in server.heard]
    assert verbs[-3:] == ["SELECT", "EXAMINE", "LOGOUT"]
