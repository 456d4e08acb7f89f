"""SIGKILL at each point of a mail's way, then another start: exactly one lead.

Only between `sending` in the ledger and the record of the answer nobody can know
whether the lead was stored: there `on_doubt` says what happens, and `show` tells.
"""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from mailbridge.ledger.ledger import Ledger
from mailbridge.outcomes import Outcome
from tests.faults.conftest import Install
from tests.faults.installation import SECONDS, Doom, Installation, Setup, installed
from tests.faults.reckoning import Letter, Sort, Window, filings, reckon
from tests.servers.dovecot import Dovecot
from tests.servers.postgresql import PostgreSQL
from tests.servers.proxy import FORWARD, SWALLOW, Act, Call, Cut, Proxy, Replace, Side

ONE = Letter(Sort.INQUIRY, 1)
LETTERS = (
    ONE,
    Letter(Sort.PRIVATE, 1),
    Letter(Sort.INQUIRY, 2),
    Letter(Sort.REPEATED, 2),
    Letter(Sort.INCOMPLETE, 3),
)

BODY = rb"\A\* \d+ FETCH .*BODY\[\]"
FETCH_BODY = rb" UID FETCH .*BODY\.PEEK\[\]\)"
FETCHED = rb"\A\w+ OK Fetch"
POST = rb"\APOST "
ANSWER = rb"\AHTTP/1.1 200"
ADD = rb" UID STORE .*\+FLAGS"
REMOVE = rb" UID STORE .*-FLAGS"
STORED = rb"\A\w+ OK Store"
MOVE = rb" UID MOVE "
MOVED = rb"\A\w+ OK .*Move"
COPYUID = rb"\A\* OK \[COPYUID"


def put(here: Installation, *letters: Letter) -> None:
    for letter in letters:
        here.mailbox.append(letter.raw)


def settle_down(here: Installation, *letters: Letter, window: Window | None = None) -> None:
    """Start again, let it finish, and compare everything."""
    for proxy in (here.imap, here.http, here.postgresql):
        if proxy is not None:
            proxy.clear()
    here.once()
    found = reckon(here, letters or LETTERS, window or Window())
    assert not found.faults, found.faults


def killed_at(
    here: Installation, proxy: Proxy, side: Side, pattern: bytes, *acts: Act, skip: int = 0
) -> None:
    """Run the daemon until the piece passes, and kill it: where `acts` say KILL, else before."""
    doom = Doom()
    kill = Call(doom.kill)
    told = tuple(kill if act is KILL else act for act in acts) or (kill, Cut())
    rule = proxy.rule(side, pattern, *told, skip=skip)
    with here.start() as running:
        doom.of(running)
        rule.wait(SECONDS)
        assert running.killed, running.said


KILL = Call(lambda _: None)
"""Stands for the kill in a list of acts."""


@pytest.mark.parametrize(
    ("side", "pattern"),
    [
        pytest.param(Side.SERVER, rb"\A\* OK .*ready", id="greeted"),
        pytest.param(Side.CLIENT, rb" EXAMINE ", id="opening the folder"),
        pytest.param(Side.CLIENT, FETCH_BODY, id="before the fetch"),
        pytest.param(Side.SERVER, BODY, id="while mails arrive"),
        pytest.param(Side.CLIENT, rb" SELECT ", id="recorded, before the marking"),
        pytest.param(Side.CLIENT, ADD, id="before the mark"),
        pytest.param(Side.SERVER, STORED, id="mark placed, not recorded"),
        pytest.param(Side.CLIENT, REMOVE, id="between adding and removing marks"),
    ],
)
def test_killed_at_the_inbox(install: Install, side: Side, pattern: bytes) -> None:
    here = install(Setup())
    put(here, *LETTERS)
    killed_at(here, here.imap, side, pattern)
    doubtful = here.sending()
    assert len(doubtful) <= 1
    settle_down(here, window=Window(claimed=frozenset(doubtful)))


def test_killed_between_fetch_and_record(install: Install) -> None:
    here = install(Setup())
    put(here, *LETTERS)
    here.once()
    late = [Letter(Sort.INQUIRY, n) for n in range(10, 15)]
    put(here, *late)
    with here.writing_forbidden() as lock:
        here.imap.rule(Side.CLIENT, FETCH_BODY, Call(lock.take))
        killed_at(here, here.imap, Side.SERVER, FETCHED, FORWARD, KILL, skip=1)
    assert len(here.mails()) == len(LETTERS)
    settle_down(here, *LETTERS, *late)


@pytest.mark.parametrize("on_doubt", ["hold", "resend"])
@pytest.mark.parametrize(
    ("side", "pattern", "acts", "times"),
    [
        pytest.param(Side.CLIENT, POST, (), 0, id="before the request reached the server"),
        pytest.param(Side.SERVER, ANSWER, (), 1, id="stored, before the answer came"),
    ],
)
def test_killed_in_the_exchange(
    install: Install, on_doubt: str, side: Side, pattern: bytes, acts: tuple[Act, ...], times: int
) -> None:
    """The one window. `times` is how often the lead was stored before the kill."""
    here = install(Setup(on_doubt=on_doubt))
    put(here, *LETTERS)
    killed_at(here, here.http, side, pattern, *acts)
    assert here.sending() == {ONE.message_id}
    assert len(here.api.leads) == times
    window = Window(claimed=frozenset({ONE.message_id}), posted=frozenset({ONE.message_id}))
    settle_down(here, window=window)
    check_doubt(here, on_doubt, times)


def check_doubt(here: Installation, on_doubt: str, times: int) -> None:
    """The lead of ONE was doubted, handled as the settings say, and is shown so."""
    of_one = [lead for lead in here.api.leads if lead.lead["sender_email"] == ONE.email]
    told = here.tell("show", "1")
    assert "mailbridge was stopped before the answer came" in told
    if on_doubt == "hold":
        assert len(of_one) == times
        assert "in_doubt" in here.tell("mails", "--review")
    else:
        assert len(of_one) == times + 1
        assert told.count("\tin_doubt\t") == 1
        assert "\tsent\t200\taccepted" in told
        assert "in_doubt" not in here.tell("mails", "--review")


def test_killed_after_the_answer_before_it_is_recorded(install: Install) -> None:
    here = install(Setup())
    put(here, *LETTERS)
    with here.writing_forbidden() as lock:
        here.http.rule(Side.SERVER, ANSWER, Call(lock.take), FORWARD)
        with here.start() as running:
            running.wait_for("lead sent")
            running.kill()
    assert here.sending() == {ONE.message_id}
    settle_down(here, window=Window(claimed=frozenset({ONE.message_id})))
    check_doubt(here, "hold", 1)


def test_killed_in_both_exchanges_it_is_left_to_a_person(install: Install) -> None:
    here = install(Setup(on_doubt="resend"))
    put(here, *LETTERS)
    for _ in range(2):
        killed_at(here, here.http, Side.SERVER, ANSWER)
        assert here.sending() == {ONE.message_id}
        here.http.clear()
    name = frozenset({ONE.message_id})
    settle_down(here, window=Window(claimed=name, posted=name))
    assert next(mail.outcome for mail in here.mails()) is Outcome.IN_DOUBT
    assert len([lead for lead in here.api.leads if lead.lead["sender_email"] == ONE.email]) == 2


def test_killed_after_each_of_many_leads_only_those_in_flight_are_doubted(
    install: Install,
) -> None:
    """The answer of one lead is on record before the request of the next leaves."""
    here = install(Setup())
    put(here, *LETTERS)
    killed_at(here, here.http, Side.CLIENT, POST, skip=1)
    second = frozenset({LETTERS[2].message_id})
    assert here.sending() == second
    settle_down(here, window=Window(claimed=second))
    assert len(here.api.leads) == 1


def half(piece: bytes) -> bytes:
    """The same command for the first half of its mails: as far as the server had come."""
    words = piece.split(b" ")
    uids = words[3].split(b",")
    if len(uids) == 1:
        low, _, high = words[3].partition(b":")
        uids = [b"%d" % uid for uid in range(int(low), int(high) + 1)]
    assert len(uids) > 2
    words[3] = b",".join(uids[: len(uids) // 2])
    return b" ".join(words)


MANY = tuple(Letter(Sort.INQUIRY, n) for n in range(1, 131))
"""More than a set of marks holds."""


@pytest.mark.parametrize(
    ("marking", "begin", "acts", "end"),
    [
        pytest.param("keywords", ADD, (Replace(half), FORWARD), STORED, id="keywords"),
        pytest.param("folders", MOVE, (Replace(half), FORWARD), MOVED, id="folders"),
        pytest.param("keywords", ADD, (), None, id="keywords, between two sets"),
        pytest.param("folders", MOVE, (), None, id="folders, between two sets"),
        pytest.param("folders", MOVE, (FORWARD,), COPYUID, id="folders, all moved, nobody knows"),
    ],
)
def test_killed_in_the_middle_of_a_batch_of_marks(
    install: Install, marking: str, begin: bytes, acts: tuple[Act, ...], end: bytes | None
) -> None:
    here = install(Setup(marking=marking))
    put(here, *MANY)
    # First all leads and no mark, so that the marks come as one batch at the next start.
    killed_at(here, here.imap, Side.CLIENT, rb" SELECT ", Call(all_sent(here)), KILL, Cut())
    assert not here.sending()
    doom = Doom()
    kill = Call(doom.kill)
    here.imap.rule(Side.CLIENT, begin, *acts or (kill, Cut()), skip=0 if acts else 1)
    if end:
        here.imap.rule(Side.SERVER, end, kill, SWALLOW)
    with here.start() as running:
        doom.of(running)
        assert running.end() != 0
        assert running.killed, running.said
    marked = sum(folder != "INBOX" or bool(marks) for folder, _, marks in filings(here.mailbox))
    assert marked == {None: 100, STORED: 50, MOVED: 50, COPYUID: 100}[end]
    settle_down(here, *MANY)
    assert len(here.api.leads) == len(MANY)


def all_sent(here: Installation) -> Callable[[bytes], None]:
    """Wait until every lead is sent and recorded as such."""

    def wait(_: bytes) -> None:
        here.api.wait_for(len(MANY), SECONDS)
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            with Ledger.read_only(here.ledger_url) as ledger:
                if ledger.summary().outcomes.get(Outcome.SENT) == len(MANY):
                    return
        raise TimeoutError("not every lead was recorded")

    return wait


def test_a_mail_moved_for_review_before_the_crash_is_found_and_moved_again(
    install: Install,
) -> None:
    """Killed before the ledger knows where the doubtful mail went; then its lead is sent."""
    here = install(Setup(marking="folders", on_doubt="hold"))
    put(here, *LETTERS)
    killed_at(here, here.http, Side.SERVER, ANSWER)
    here.http.clear()
    killed_at(here, here.imap, Side.SERVER, COPYUID)
    here.imap.clear()
    assert {f for f, name, _ in filings(here.mailbox) if name == ONE.message_id} == {"Leads/Review"}
    here.tell("retry", "1")
    name = frozenset({ONE.message_id})
    settle_down(here, window=Window(claimed=name, posted=name))
    [record] = [mail for mail in here.mails() if mail.message_id == ONE.message_id]
    assert (record.outcome, record.place.folder) == (Outcome.SENT, "Leads/Sent")


def test_killed_between_copy_and_expunge_where_the_server_cannot_move(
    tmp_path: Path, dotted_dovecot: Dovecot
) -> None:
    """A second copy in the folder of sent mail is all that may come of it."""
    with installed(tmp_path, dotted_dovecot, Setup(marking="folders")) as here:
        put(here, *LETTERS)
        killed_at(here, here.imap, Side.CLIENT, rb" UID EXPUNGE ")
        assert not here.sending()
        here.imap.clear()
        here.once()
        assert len(here.api.leads) == 2
        filed = {(folder, name) for folder, name, _ in filings(here.mailbox)}
        targets = ("Sent", None, "Sent", "Sent", "Review")
        assert filed == {
            (f"INBOX.Leads.{target}" if target else "INBOX", letter.message_id)
            for letter, target in zip(LETTERS, targets, strict=True)
        }


@pytest.mark.parametrize("committed", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    "write",
    [
        pytest.param(b"INSERT INTO cursors", id="where to read from"),
        pytest.param(b"INSERT INTO mails", id="mails, leads and cursor"),
        pytest.param(b"INSERT INTO attempts", id="sending"),
        pytest.param(b"UPDATE attempts", id="the answer"),
        pytest.param(b"UPDATE mails SET marked", id="the marks"),
    ],
)
def test_killed_before_and_after_each_write_of_the_ledger(
    tmp_path: Path,
    dovecot: Dovecot,
    postgresql: PostgreSQL,
    write: bytes,
    committed: bool,
) -> None:
    """On PostgreSQL, whose COMMIT passes the proxy: it came to the server, or it did not."""
    with installed(tmp_path, dovecot, Setup(), postgresql) as here:
        assert here.postgresql is not None
        put(here, *LETTERS)
        doom = Doom()
        kill_at_commit(here.postgresql, write, doom, committed=committed)
        with here.start() as running:
            doom.of(running)
            assert running.end() != 0
            assert running.killed, running.said
        claimed = write == b"INSERT INTO attempts" and committed
        # The first answer is recorded together with the second lead's `sending`.
        answered = write == b"UPDATE attempts"
        expected = [LETTERS[2 if committed else 0]] if answered else [ONE] if claimed else []
        doubtful = frozenset(letter.message_id for letter in expected)
        assert here.sending() == doubtful
        settle_down(here, window=Window(claimed=doubtful))
        stored = [lead.lead["sender_email"] for lead in here.api.leads]
        unsent = claimed or (answered and committed)  # and held, since nobody knows that
        assert len(stored) == len(set(stored)) == 2 - unsent


def kill_at_commit(proxy: Proxy, write: bytes, doom: Doom, *, committed: bool) -> None:
    """Kill at the end of the first transaction that holds this statement."""
    kill = Call(doom.kill)

    def follow(_: bytes) -> None:
        here = proxy.acting_on
        if committed:
            proxy.rule(Side.SERVER, rb"\AC.{4}COMMIT\0", kill, SWALLOW, connection=here)
        else:
            proxy.rule(Side.CLIENT, rb"\AQ.{4}COMMIT\0", kill, Cut(), connection=here)

    proxy.rule(Side.CLIENT, write, Call(follow))
