"""`init` where no password is taken: asked, written, signed in and shown, in one go."""

import json
import os
import secrets
import signal
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from mailbridge.documents.settings import load_settings
from mailbridge.sandbox.server import Sandbox
from tests.cli.conftest import SECONDS, Cli
from tests.mails import inquiry
from tests.servers.authorisation import CLIENT, SECRET, Authorisation
from tests.servers.ring import BACKEND, VARIABLE
from tests.signin.conftest import Office
from tests.signin.test_endpoints import consented
from tests.signin.test_login import finish, put, shows_no_token, until_address

LOGIN = "mailbridge login main --config made/config.yaml"


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    return Cli(tmp_path)


@pytest.fixture
def api() -> Iterator[Sandbox]:
    with Sandbox(key="test-key") as server:
        yield server


@pytest.fixture
def server(office: Office) -> Authorisation:
    """Who signs in opens a mailbox that nobody has used."""
    office.authorisation.interval = 0
    office.authorisation.mailbox = f"u{secrets.token_hex(6)}@localhost.invalid"
    return office.authorisation


def begin(cli: Cli, answers: Sequence[str]) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        cli.command("init", "--config", "made/config.yaml"),
        cwd=cli.folder,
        env=cli.env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    process.stdin.write("".join(f"{line}\n" for line in answers))
    process.stdin.flush()
    return process


def to_the_block(office: Office) -> list[str]:
    dovecot = office.dovecot
    return [
        *(office.authorisation.mailbox, dovecot.host, "implicit", str(dovecot.imaps)),
        *("", "", "yes", dovecot.ca_file),  # no password: OAuth 2
    ]


def by_device(office: Office, api: Sandbox, keep: str = "file", now: str = "yes") -> list[str]:
    base = office.authorisation.base
    block = ["other", "device", CLIENT, f"{base}/device", f"{base}/token", "mail.imap offline", ""]
    return [*to_the_block(office), *block, api.url, "test-key", keep, now]


def settings_of(cli: Cli) -> str:
    return (cli.folder / "made" / "config.yaml").read_text()


def tokens_of(cli: Cli) -> list[Path]:
    return list((cli.folder / "home").rglob("tokens/*.json"))


def test_by_device_code_to_the_first_dry_run(
    cli: Cli, office: Office, server: Authorisation, api: Sandbox
) -> None:
    put(office, server.mailbox, inquiry())
    process = begin(cli, by_device(office, api))
    server.approve(server.wait_for_device())
    said = finish(process)
    assert f"Type the code {server.user_code}" in said
    assert "Inbox main: signed in since " in said
    assert "main/INBOX\t1\tkeywords" in said
    assert "main/INBOX/1\tlead\thomegate.ch" in said
    assert LOGIN not in said  # it is done
    assert "test-key" not in said
    shows_no_token(server, said.replace(server.user_code, ""))
    text = settings_of(cli)
    assert "    #password: null\n" in text
    assert (
        "    oauth:\n      provider: other\n      flow: device\n"
        f"      client_id: {CLIENT}\n" in text
    )
    assert '      scopes: ["mail.imap", "offline"]\n    # The password:' in text
    [kept] = tokens_of(cli)
    assert "refresh-" in kept.read_text()
    assert "signed in since" in cli("check", "--online", "--config", "made/config.yaml")
    assert not api.leads


def test_a_consent_whose_address_is_pasted_and_a_secret(
    cli: Cli, office: Office, server: Authorisation, api: Sandbox
) -> None:
    base = server.base
    block = ["other", "consent", "app", f"{base}/authorize", f"{base}/token", "mail.imap", SECRET]
    answers = [*to_the_block(office), *block, api.url, "test-key", "file", ""]
    process = begin(cli, answers)
    led = consented(until_address(process, server))
    said = finish(process, said=f"what?\n{led}\n")
    assert "This is not the address of this sign-in; try again." in said
    assert "MAIL\tOUTCOME" in said
    shows_no_token(server, said)
    assert "client_secret: {file: secrets/main-oauth-secret}\n" in settings_of(cli)
    assert (cli.folder / "made/secrets/main-oauth-secret").read_text() == f"{SECRET}\n"
    assert not (cli.folder / "made/secrets/main-password").exists()


def test_later_is_an_answer(cli: Cli, office: Office, server: Authorisation, api: Sandbox) -> None:
    said = finish(begin(cli, by_device(office, api, now="later")))
    assert LOGIN in said
    assert not tokens_of(cli)
    login = subprocess.Popen(
        cli.command("login", "main", "--config", "made/config.yaml"),
        cwd=cli.folder,
        env=cli.env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    server.approve(server.wait_for_device())
    assert "The inbox main can be opened." in finish(login)


@pytest.mark.parametrize("ends", ["deny", "away", "no token", "another mailbox"])
def test_a_failed_sign_in_keeps_the_settings_and_says_how_to_go_on(
    cli: Cli, office: Office, server: Authorisation, api: Sandbox, ends: str
) -> None:
    answers = by_device(office, api)
    told = {
        "deny": "nobody was signed in: access_denied",
        "away": "nobody was signed in",
        "no token": "the provider gave no refresh token",
        "another mailbox": "with a token that the provider has just given",
    }[ends]
    server.gives_refresh = ends != "no token"
    if ends == "away":
        answers[-8] = "http://127.0.0.1:9/device"
    if ends == "another mailbox":
        server.mailbox = "somebody.else@localhost.invalid"
    process = begin(cli, answers)
    if ends != "away":
        code = server.wait_for_device()
        server.deny(code) if ends == "deny" else server.approve(code)
    said = finish(process, code=1)
    assert told in said
    assert "made/config.yaml stays as it is written." in said
    assert LOGIN in said
    assert "MAIL\tOUTCOME" not in said
    cli("check", "--config", "made/config.yaml")


def test_ctrl_c_while_the_person_is_awaited(
    cli: Cli, office: Office, server: Authorisation, api: Sandbox
) -> None:
    process = begin(cli, by_device(office, api))
    server.wait_for_device()
    while server.count("urn:ietf:params:oauth:grant-type:device_code") == 0:
        with server.came:
            assert server.came.wait(30)
    process.send_signal(signal.SIGINT)
    said = finish(process, code=130)
    assert "Stopped." in said
    assert LOGIN in said
    assert "flow: device\n" in settings_of(cli)


def test_answers_that_end_at_the_sign_in(
    cli: Cli, office: Office, server: Authorisation, api: Sandbox
) -> None:
    said = finish(begin(cli, by_device(office, api)[:-1]), code=1)
    assert "The answers ended at the question 'Sign in now" in said
    assert "Nothing was written" not in said.partition("config.yaml is written.")[2]
    assert LOGIN in said


def test_wrong_answers_in_the_block_are_asked_again(
    cli: Cli, office: Office, server: Authorisation, api: Sandbox
) -> None:
    base = server.base
    block = [
        *("nobody", "other", "sideways", "device", CLIENT, "login.example.org"),
        *("http://login.example.org/device", f"{base}/token", 'mail"imap', ""),  # no https
        *("", "", f"{base}/device", "", 'mail"imap', ""),  # no scope
        *("", "", "", "", "mail.imap", ""),
    ]
    process = begin(cli, [*to_the_block(office), *block, api.url, "test-key", "file", "later"])
    said = finish(process)
    assert "Write one of: microsoft, google, other." in said
    assert "Write one of: consent, device." in said
    assert "An address begins with https://." in said
    assert "inboxes.0.oauth.device_endpoint: " in said
    assert "is no scope." in said
    assert "config.yaml:" not in said  # there is none yet
    assert 'scopes: ["mail.imap"]\n' in settings_of(cli)


def test_secrets_and_tokens_in_the_keyring(
    cli: Cli, office: Office, server: Authorisation, api: Sandbox
) -> None:
    ring = cli.folder / "ring.json"
    cli.environ |= {"PYTHON_KEYRING_BACKEND": BACKEND, VARIABLE: str(ring)}
    ring.write_text(json.dumps({"mailbridge/realforce-key": "mine"}))
    process = begin(cli, [*by_device(office, api, keep="keyring")[:-1], "keyring", "env", "later"])
    said = finish(process)
    assert "The keyring has an entry realforce-key of mailbridge already" in said
    assert "Set REALFORCE_KEY before mailbridge starts." in said
    assert json.loads(ring.read_text()) == {"mailbridge/realforce-key": "mine"}
    (cli.folder / "made" / "config.yaml").unlink()
    ring.unlink()
    process = begin(cli, by_device(office, api, keep="keyring"))
    server.approve(server.wait_for_device())
    said = finish(process)
    assert "kept in the keyring" in said
    assert "refresh-" in ring.read_text()
    assert json.loads(ring.read_text())["mailbridge/realforce-key"] == "test-key"
    assert "key: {keyring: realforce-key}\n" in settings_of(cli)
    assert not (cli.folder / "made" / "secrets").exists()
    cli("check", "--online", "--config", "made/config.yaml")


def test_environment_names_the_secrets_that_there_are(
    cli: Cli, office: Office, server: Authorisation, api: Sandbox
) -> None:
    base = server.base
    block = ["other", "device", "app", f"{base}/device", f"{base}/token", "mail.imap", SECRET]
    process = begin(cli, [*to_the_block(office), *block, api.url, "test-key", "env", "yes"])
    server.approve(server.wait_for_device())
    said = finish(process)
    assert "Set OAUTH_SECRET and REALFORCE_KEY before mailbridge starts." in said
    assert "client_secret: {env: OAUTH_SECRET}\n" in settings_of(cli)


@pytest.mark.parametrize(
    ("address", "answers", "block"),
    [
        (
            "leads@outlook.com",
            ["", "agency.example.org", "0-0-0"],
            {"provider": "microsoft", "flow": "device", "tenant": "agency.example.org"},
        ),
        (
            "leads@outlook.com",
            [
                "application",
                "bad tenant",
                "0-0-0",
                "s3cret",
                "",
                "agency.example.org",
                "",
                "s3cret",
            ],
            {"provider": "microsoft", "flow": "application", "tenant": "agency.example.org"},
        ),
        (
            "leads@gmail.com",
            ["login", "consent", "0-0-0", "s3cret"],
            {"provider": "google", "flow": "consent", "client_id": "0-0-0"},
        ),
        (
            "leads@gmail.com",
            ["login", "service_account", "nowhere.json", "key.json"],
            {"provider": "google", "flow": "service_account"},
        ),
    ],
)
def test_the_providers_that_take_no_password(
    cli: Cli, api: Sandbox, address: str, answers: list[str], block: dict[str, str]
) -> None:
    """Nobody is asked at theirs: the sign-in waits until later."""
    (cli.folder / "key.json").write_text('{"type": "service_account"}')
    process = begin(cli, [address, *answers, api.url, "test-key", "file", "later"])
    said = finish(process)
    assert LOGIN in said
    assert "s3cret" not in said
    file = cli.folder / "made" / "config.yaml"
    [inbox] = load_settings(file, os.environ).inboxes
    assert inbox.password is None
    assert inbox.oauth is not None
    assert block.items() <= inbox.oauth.model_dump().items()


def test_a_missing_library_is_told_before_anything_is_asked_of_it(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "hidden").mkdir()
    (tmp_path / "hidden" / "msal.py").write_text(
        "raise ModuleNotFoundError('no msal', name='msal')\n"
    )
    env = {**cli.env, "PYTHONPATH": f"{tmp_path / 'hidden'}:{cli.env['PYTHONPATH']}"}
    done = subprocess.run(
        cli.command("init", "--config", "made/config.yaml"),
        cwd=cli.folder,
        env=env,
        input="leads@outlook.com\n",
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 1
    assert "pip install 'mailbridge[oauth]'`. Nothing was written." in done.stderr
    assert not (cli.folder / "made").exists()
