"""Tokens are renewed once, by one, and never lost; what was withdrawn is told and left alone."""

import os
import stat
import subprocess
import sys
import threading
from itertools import pairwise
from pathlib import Path

import pytest

from mailbridge.errors import InboxRefused, InboxUnreachable, MailbridgeError, SignInNeeded
from mailbridge.signin.application import ApplicationTokens
from mailbridge.signin.grants import Granted, Refused, Unavailable
from mailbridge.signin.keep import Keep
from mailbridge.signin.keeper import PersonTokens
from mailbridge.signin.record import Record
from mailbridge.signin.store import Store
from tests.servers.authorisation import CLIENT, Authorisation
from tests.signin.making import MADE_FOR, Told, sign_in, signed_in, tokens_on

TREE = str(Path(__file__).parents[2])


def test_nobody_has_signed_in(authorisation: Authorisation, folder: Path) -> None:
    tokens = tokens_on(authorisation, folder)
    with pytest.raises(SignInNeeded, match=r"nobody has signed in to it yet\."):
        tokens.current()
    assert tokens.wants_login
    assert tokens.login == ""
    assert tokens.describe() == "nobody has signed in"
    assert not folder.exists()


def test_two_processes_renew_once(authorisation: Authorisation, folder: Path) -> None:
    signed_in(authorisation, folder)
    authorisation.advance(authorisation.lasts)
    words = [authorisation.base, str(folder), CLIENT, MADE_FOR, str(authorisation.now)]
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.signin.renewer", *words],
            cwd=TREE,
            env={**os.environ, "PYTHONPATH": TREE},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    said = [process.communicate(timeout=60)[0].strip() for process in processes]
    assert len(set(said)) == 1
    assert said[0].startswith("access-")
    assert authorisation.count("refresh_token") == 1


def test_many_threads_renew_once(authorisation: Authorisation, folder: Path) -> None:
    tokens = signed_in(authorisation, folder)
    authorisation.advance(authorisation.lasts)
    got: list[str] = []
    threads = [threading.Thread(target=lambda: got.append(tokens.current())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(got) == 8
    assert len(set(got)) == 1
    assert authorisation.count("refresh_token") == 1


def test_the_next_refresh_token_is_on_the_disk_before_the_token_is_given(
    authorisation: Authorisation, folder: Path
) -> None:
    tokens = signed_in(authorisation, folder)
    for _ in range(3):
        authorisation.advance(authorisation.lasts)
        token = tokens.current()
        # Another process goes on with what it finds; used twice, the sign-in would end.
        assert tokens_on(authorisation, folder).current() == token
    assert authorisation.count("refresh_token") == 3


def test_a_full_disk_is_noticed_before_the_refresh_token_is_used(
    authorisation: Authorisation, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = signed_in(authorisation, folder)
    authorisation.advance(authorisation.lasts)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(InboxRefused, match="No space left on device"):
            tokens.current()
    assert authorisation.count("refresh_token") == 0
    assert [file.name for file in folder.iterdir() if ".new-" in file.name] == []
    assert tokens.current().startswith("access-")


class Failing(Store):
    """Fails at chosen writes."""

    fails: tuple[int, ...] = ()
    writes = 0

    def write(self, text: str, keep: Keep | None = None) -> None:
        self.writes += 1
        if self.writes in self.fails:
            raise MailbridgeError("the tokens' file cannot be used (full)")
        super().write(text, keep)


def test_a_disk_that_fills_just_then_loses_nothing(
    authorisation: Authorisation, folder: Path
) -> None:
    tokens = tokens_on(authorisation, folder)
    store = Failing(folder, "sales")
    tokens.store = store
    sign_in(tokens, authorisation)
    store.fails = (3, 4)  # after the renewal, and when it is tried again
    authorisation.advance(authorisation.lasts)
    token = tokens.current()
    assert tokens.current() == token
    assert store.writes == 4
    assert tokens.current() == token  # written at last
    assert tokens_on(authorisation, folder).current() == token
    authorisation.advance(authorisation.lasts)
    tokens_on(authorisation, folder).current()
    assert authorisation.count("refresh_token") == 2


def told(folder: Path, *answers: Granted | Refused | Unavailable) -> tuple[PersonTokens, Told]:
    provider = Told(list(answers))
    tokens = PersonTokens(
        "my inbox", provider, Store(folder, "my inbox"), MADE_FOR, lambda: TIME[0]
    )
    record = Record.of(Granted("first", 1000, "r1"), made_for=MADE_FOR, login="1", at=TIME[0])
    assert record is not None
    tokens.keep(record, None)
    return tokens, provider


TIME = [0.0]


def test_a_server_that_is_away_costs_nothing_while_the_token_lasts(folder: Path) -> None:
    away = Unavailable("login.example.org: no connection")
    tokens, _ = told(folder, away, away, Granted("second", 1000))
    TIME[0] += 900
    assert tokens.current() == "first"
    TIME[0] += 100
    with pytest.raises(InboxUnreachable, match=r"Inbox my inbox: .* login.example.org: no conn"):
        tokens.current()
    assert not tokens.wants_login
    assert tokens.current() == "second"


def test_a_refusal_is_left_alone_ever_longer(folder: Path) -> None:
    gone = Refused("invalid_grant", "AADSTS50173")
    tokens, provider = told(folder, *[gone] * 20)
    TIME[0] += 1000
    begin, asked = TIME[0], []
    for _ in range(500):
        before = len(provider.asked)
        with pytest.raises(SignInNeeded) as caught:
            tokens.current()
        assert str(caught.value) == (
            "Inbox my inbox: the sign-in has ended or was withdrawn (invalid_grant: AADSTS50173). "
            "Run `mailbridge login 'my inbox'`."
        )
        if len(provider.asked) > before:
            asked.append(TIME[0] - begin)
        TIME[0] += 30
    gaps = [later - earlier for earlier, later in pairwise(asked)]
    assert gaps[:8] == [60, 120, 240, 480, 960, 1920, 3600, 3600]


def test_an_application_that_is_not_accepted_needs_no_login(folder: Path) -> None:
    tokens, _ = told(folder, Refused("invalid_client", "AADSTS7000222: expired"))
    TIME[0] += 1000
    with pytest.raises(InboxRefused, match="does not accept this application") as caught:
        tokens.current()
    assert not isinstance(caught.value, SignInNeeded)
    assert not tokens.wants_login


def test_other_settings_do_not_get_the_tokens(authorisation: Authorisation, folder: Path) -> None:
    signed_in(authorisation, folder)
    tokens = tokens_on(authorisation, folder)
    tokens.made_for = "another registration"
    with pytest.raises(SignInNeeded, match="has changed since somebody signed in"):
        tokens.current()
    assert authorisation.asked == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"version": 2}',
        '{"version": 1}',
        "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
    ],
)
def test_a_damaged_file(authorisation: Authorisation, folder: Path, text: str) -> None:
    tokens = signed_in(authorisation, folder)
    tokens.store.file.write_text(text, "utf-8")
    with pytest.raises(SignInNeeded, match=r"are damaged\. Run `mailbridge login sales`"):
        tokens.current()
    sign_in(tokens, authorisation)
    tokens.current()


def test_the_file_is_for_this_user_alone(authorisation: Authorisation, folder: Path) -> None:
    tokens = signed_in(authorisation, folder)
    modes = {
        path.name.rpartition(".")[2]: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()
    }
    assert modes == {"json": 0o600, "lock": 0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert not tokens.store.exposed
    tokens.store.file.chmod(0o640)
    assert tokens.store.exposed


def test_the_server_owns_the_files_that_root_writes(
    authorisation: Authorisation, tmp_path: Path
) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give files away")
    state = tmp_path / "state"
    state.mkdir()
    os.chown(state, 65534, 65534)
    signed_in(authorisation, state / "tokens")
    for path in (state / "tokens", *(state / "tokens").iterdir()):
        assert path.stat().st_uid == 65534, path


def test_a_file_of_somebody_else(authorisation: Authorisation, folder: Path) -> None:
    tokens = signed_in(authorisation, folder)
    tokens.store.file.unlink()
    tokens.store.file.mkdir()
    with pytest.raises(InboxRefused, match="cannot be used"):
        tokens.current()


def test_an_application() -> None:
    now = [0.0]
    provider = Told(
        [
            Granted("one", 1000),
            Unavailable("away"),
            Unavailable("away"),
            Granted("two", 1000),
            Granted("three", 1000),
            Refused("invalid_client", "expired"),
        ]
    )
    tokens = ApplicationTokens("sales", provider, lambda: now[0])
    assert tokens.current() == tokens.current() == "one"
    now[0] = 850
    assert tokens.current() == "one"
    now[0] = 1000
    with pytest.raises(InboxUnreachable, match="Inbox sales: no token is had: away"):
        tokens.current()
    assert tokens.current() == "two"
    assert tokens.renewed("two") == "three"
    assert tokens.renewed("two") == "three"
    for _ in range(3):
        with pytest.raises(InboxRefused, match="day of expiry"):
            tokens.renewed("three")
    assert provider.answers == []
    assert len(provider.asked) == 6


def test_nothing_shows_a_token(authorisation: Authorisation, folder: Path) -> None:
    tokens = signed_in(authorisation, folder)
    record = Record.read(tokens.store.read() or "")
    shown = f"{tokens!r} {record!r} {tokens.describe()}"
    assert record is not None
    assert record.refresh not in shown
    assert record.access not in shown
