"""`mailbridge login` and what follows, as people run it: processes, servers, a keyring."""

import http.client
import json
import os
import secrets
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from imapclient import IMAPClient

from mailbridge.daemon.daemon import Daemon
from mailbridge.sandbox.server import Sandbox
from tests.alerts.conftest import Webhook, webhook
from tests.alerts.test_end_to_end import run_daemon
from tests.cli.conftest import SECONDS, Cli
from tests.mails import inquiry
from tests.servers.authorisation import CLIENT, SECRET, Authorisation
from tests.servers.certificates import Certificates
from tests.servers.mailbox import Mailbox
from tests.servers.proxy import Proxy, before_dovecot
from tests.servers.ring import BACKEND, VARIABLE
from tests.signin.conftest import Office
from tests.signin.test_endpoints import consented

__all__ = ["webhook"]

START = "2000-01-01"
DEVICE = "flow: device, device_endpoint: {base}/device"
CONSENT = "flow: consent, authorization_endpoint: {base}/authorize"


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    return Cli(tmp_path)


@pytest.fixture
def api() -> Iterator[Sandbox]:
    with Sandbox(key="test-key") as server:
        yield server


def configure(
    cli: Cli, office: Office, api: Sandbox, way: str, *, ca: str = "", more: str = ""
) -> Path:
    """Write settings with an inbox of a new person's."""
    server, dovecot = office.authorisation, office.dovecot
    server.mailbox = f"u{secrets.token_hex(6)}@agency.example.net"
    server.interval = 0
    cli.environ |= {"REALFORCE_KEY": "test-key", "OAUTH_SECRET": SECRET}
    file = cli.folder / "config.yaml"
    file.write_text(
        f"inboxes:\n  - name: sales\n    host: {dovecot.host}\n    port: {dovecot.imaps}\n"
        f"    ca_file: {ca or dovecot.ca_file}\n    user: {server.mailbox}\n"
        f"    start: {START}\n    every: 5s\n    oauth: {{{way}}}\n{more}"
        f"destination:\n  url: {api.url}\n  key: {{env: REALFORCE_KEY}}\n"
        "ledger:\n  url: sqlite:///state/ledger.db\n"
    )
    (cli.folder / "state").mkdir(mode=0o700)
    return file


def other(office: Office, flow: str) -> str:
    base = office.authorisation.base
    return (
        f"provider: other, client_id: {CLIENT}, token_endpoint: {base}/token, "
        f"scopes: [mail.imap], {flow.format(base=base)}"
    )


def begin(cli: Cli, *words: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        cli.command("login", "sales", *words),
        cwd=cli.folder,
        env=cli.env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: "subprocess.Popen[str]", code: int = 0, said: str | None = None) -> str:
    out, err = process.communicate(said, timeout=SECONDS)
    assert process.returncode == code, out + err
    assert "Traceback" not in err
    return out + err


def log_in(cli: Cli, server: Authorisation, *words: str) -> str:
    """By device code."""
    known = len(server._devices)
    process = begin(cli, *words)
    with server.came:
        assert server.came.wait_for(lambda: len(server._devices) > known, 30)
    server.approve(server.user_code)
    return finish(process)


def put(office: Office, user: str, raw: bytes) -> None:
    """Put a mail into the inbox, as an administrator does; mailboxes have a password too."""
    server = office.dovecot
    with IMAPClient("127.0.0.1", server.imap, ssl=False, timeout=10.0) as client:
        client.login(user, server.password)
        Mailbox(client).append(raw)


def kept(cli: Cli) -> Path:
    return next((cli.folder / "state" / "tokens").glob("*.json"))


def shows_no_token(server: Authorisation, said: str) -> None:
    assert [token for token in server.issued if token in said] == []


def test_by_device_code_and_a_lead_goes_its_way(cli: Cli, office: Office, api: Sandbox) -> None:
    server = office.authorisation
    configure(cli, office, api, other(office, DEVICE))
    refused = cli("check", "--online", code=1)
    assert "nobody has signed in to it yet. Run `mailbridge login sales`." in refused
    said = log_in(cli, server)
    assert f"Open {server.base}/activate in a browser, on any machine." in said
    assert f"Type the code {server.user_code}" in said
    assert f"Signed in. The tokens are kept in {kept(cli)}." in said
    assert "The inbox sales can be opened." in said
    shows_no_token(server, said.replace(server.user_code, ""))
    assert stat.S_IMODE(kept(cli).stat().st_mode) == 0o600
    put(office, server.mailbox, inquiry())
    assert "1 mail: 1 sent." in cli("run", "--once")
    assert len(api.leads) == 1
    checked = cli("check", "--online")
    assert "Inbox sales: signed in since " in checked
    assert f"kept in {kept(cli)}" in checked
    shows_no_token(server, checked)


def until_address(process: "subprocess.Popen[str]", server: Authorisation) -> str:
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith(f"{server.base}/authorize?"):
            return line.strip()
    raise AssertionError("no address")


def test_a_consent_whose_address_is_pasted(cli: Cli, office: Office, api: Sandbox) -> None:
    server = office.authorisation
    configure(cli, office, api, other(office, CONSENT))
    process = begin(cli)
    led = consented(until_address(process, server))
    said = finish(process, said=f"what?\n\n{led}\n")
    assert "This is not the address of this sign-in; try again." in said
    assert "Signed in." in said
    shows_no_token(server, said)
    cli("run", "--once")


def test_a_consent_in_a_browser_on_this_machine(cli: Cli, office: Office, api: Sandbox) -> None:
    server = office.authorisation
    configure(cli, office, api, other(office, CONSENT))
    process = begin(cli)
    led = urlsplit(consented(until_address(process, server)))
    for path in ("/favicon.ico", f"/?code=x&state={'x' * 43}", f"{led.path}?{led.query}"):
        connection = http.client.HTTPConnection(led.netloc, timeout=10)
        connection.request("GET", path)
        answer = connection.getresponse()
        assert answer.status == 200
        assert b"mailbridge has the answer" in answer.read()
        connection.close()
    said = finish(process)
    assert "Signed in." in said
    shows_no_token(server, said)


def test_a_consent_that_is_refused(cli: Cli, office: Office, api: Sandbox) -> None:
    configure(cli, office, api, other(office, CONSENT))
    office.authorisation.refuse = "access_denied"
    process = begin(cli)
    led = consented(until_address(process, office.authorisation))
    said = finish(process, code=1, said=f"{led}\n")
    assert "Inbox sales: nobody was signed in: access_denied." in said
    assert not (cli.folder / "state" / "tokens").exists()


def test_without_a_refresh_token_it_is_no_sign_in(cli: Cli, office: Office, api: Sandbox) -> None:
    configure(cli, office, api, other(office, DEVICE))
    office.authorisation.gives_refresh = False
    process = begin(cli)
    office.authorisation.approve(office.authorisation.wait_for_device())
    assert "the provider gave no refresh token" in finish(process, code=1)


@pytest.fixture
def both_authorities(office: Office, certificates: Certificates, tmp_path: Path) -> str:
    file = tmp_path / "authorities.pem"
    file.write_text(Path(office.dovecot.ca_file).read_text() + certificates.ca.read_text())
    return str(file)


def like_entra(office: Office, entra: Authorisation) -> None:
    """Have Dovecot's own authorisation server know the tokens that the one over TLS gives."""
    own, entra.interval = office.authorisation, 0
    own._access = entra._access
    entra.mailbox = own.mailbox


def test_microsoft_by_device_code(
    cli: Cli, office: Office, entra: Authorisation, api: Sandbox, both_authorities: str
) -> None:
    way = (
        f"provider: microsoft, tenant: example.org, client_id: {CLIENT}, authority: '{entra.base}'"
    )
    configure(cli, office, api, way, ca=both_authorities)
    like_entra(office, entra)
    said = log_in(cli, entra)
    assert "The inbox sales can be opened." in said
    entra.forget_access()
    cli("run", "--once")
    assert entra.count("refresh_token") == 1


def test_microsoft_as_an_application(
    cli: Cli, office: Office, entra: Authorisation, api: Sandbox, both_authorities: str
) -> None:
    way = (
        "provider: microsoft, flow: application, tenant: example.org, client_id: app, "
        f"client_secret: {{env: OAUTH_SECRET}}, authority: '{entra.base}'"
    )
    configure(cli, office, api, way, ca=both_authorities)
    like_entra(office, entra)
    assert "by the application's own secret" in cli("login", "sales")
    assert "Inbox sales: by the application's own secret" in cli("check", "--online")
    assert not (cli.folder / "state" / "tokens").exists()
    cli.environ["OAUTH_SECRET"] = "another-secret"
    said = cli("check", "--online", code=1)
    assert "does not accept this application (invalid_client: no)" in said
    assert "another-secret" not in said


def in_a_ring(cli: Cli) -> Path:
    ring = cli.folder / "ring.json"
    cli.environ |= {"PYTHON_KEYRING_BACKEND": BACKEND, VARIABLE: str(ring)}
    return ring


def test_tokens_in_the_keyring(cli: Cli, office: Office, api: Sandbox) -> None:
    server = office.authorisation
    configure(cli, office, api, other(office, DEVICE))
    ring = in_a_ring(cli)
    assert "The tokens are kept in the keyring." in log_in(cli, server)
    assert "refresh-" in ring.read_text()
    assert json.loads(kept(cli).read_text()) == {"kept_in": "keyring"}
    server.forget_access()
    cli("run", "--once")
    assert server.count("refresh_token") == 1
    assert "kept in the keyring" in cli("check", "--online")
    # A service without the keyring says where they are.
    del cli.environ["PYTHON_KEYRING_BACKEND"]
    cli.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"
    said = cli("check", "--online", code=1)
    assert "Inbox sales: the tokens are in the keyring of whoever signed in. This user has" in said
    assert "--keep file" in said
    in_a_ring(cli)
    assert f"kept in {kept(cli)}" in log_in(cli, server, "--keep", "file")
    assert "refresh-" not in ring.read_text()


def test_a_locked_keyring(cli: Cli, office: Office, api: Sandbox) -> None:
    configure(cli, office, api, other(office, DEVICE))
    ring = in_a_ring(cli)
    log_in(cli, office.authorisation)
    ring.unlink()
    ring.mkdir()
    said = cli("check", "--online", code=1)
    assert "The keyring cannot be used (KeyringLocked). Unlock it" in said
    assert "hunter2" not in said


def with_password(cli: Cli, office: Office, api: Sandbox, password: str) -> None:
    config = configure(cli, office, api, other(office, DEVICE))
    text = config.read_text()
    at = text.index("    oauth:")
    rest = text[text.index("\n", at) :]
    config.write_text(f"{text[:at]}    password: {password}{rest}")


def test_a_password_in_the_keyring(cli: Cli, office: Office, api: Sandbox) -> None:
    with_password(cli, office, api, "{keyring: sales mailbox}")
    ring = in_a_ring(cli)
    said = cli("check", "--online", code=1)
    assert said.startswith("mailbridge: config.yaml:9:25: inboxes.0.password.keyring: ")
    assert "holds no entry 'sales mailbox'" in said
    said = finish(begin(cli), said=f"{office.dovecot.password}\n")
    assert "under the name sales mailbox" in said
    assert "The inbox sales can be opened." in said
    assert office.dovecot.password not in said
    assert office.dovecot.password in ring.read_text()
    assert office.dovecot.password not in cli("check", "--online")
    assert "No password was given" in finish(begin(cli), code=1, said="\n")
    cli.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"
    assert "This user has no keyring here" in cli("check", code=1)
    assert "no keyring here" in finish(begin(cli), code=1, said="x\n")


def test_there_is_nothing_to_sign_in_to(cli: Cli, office: Office, api: Sandbox) -> None:
    with_password(cli, office, api, "{env: MAIL_PASSWORD}")
    assert "there is nothing to sign in to" in cli("login", "sales")
    said = cli("login", "rent", code=1)
    assert "there is no inbox 'rent'. There are: sales." in said


def test_a_missing_client_secret_is_told_with_its_key(
    cli: Cli, office: Office, api: Sandbox
) -> None:
    way = (
        "provider: microsoft, flow: application, tenant: t, client_id: app, "
        "client_secret: {env: NOT_SET}"
    )
    configure(cli, office, api, way)
    said = cli("login", "sales", code=1)
    assert "inboxes.0.oauth.client_secret.env: The environment variable NOT_SET is not set" in said


def test_check_warns_of_what_others_can_read(cli: Cli, office: Office, api: Sandbox) -> None:
    configure(cli, office, api, other(office, DEVICE))
    log_in(cli, office.authorisation)
    kept(cli).chmod(0o644)
    said = cli("check")
    assert f"Others may read the tokens in '{kept(cli)}'. Run: chmod 600 {kept(cli)}" in said


@pytest.fixture
def proxy(office: Office) -> Iterator[Proxy]:
    """What ends connections to the office's server as that does, whatever we are just doing."""
    with before_dovecot(office.dovecot) as between:
        yield between


def test_a_withdrawn_consent_is_told_once_and_another_inbox_goes_on(
    cli: Cli,
    office: Office,
    api: Sandbox,
    webhook: Webhook,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    proxy: Proxy,
) -> None:
    server, dovecot = office.authorisation, office.dovecot
    rent = f"u{secrets.token_hex(6)}"
    more = (
        f"  - name: rent\n    host: {dovecot.host}\n    port: {dovecot.imaps}\n"
        f"    ca_file: {dovecot.ca_file}\n    user: {rent}\n    start: {START}\n"
        "    every: 5s\n    password: {env: MAIL_PASSWORD}\n"
    )
    config = configure(cli, office, api, other(office, DEVICE), more=more)
    text = config.read_text()
    config.write_text(text.replace(f"port: {dovecot.imaps}\n", f"port: {proxy.port}\n", 1))
    cli.environ |= {"MAIL_PASSWORD": dovecot.password, "ALERT_ADDRESS": webhook.url}
    with config.open("a") as file:
        file.write("alerts:\n  to: [{env: ALERT_ADDRESS}]\n  over_after: 0s\n")
    log_in(cli, server)
    for name, value in cli.environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("mailbridge.daemon.alerting.EVERY", 0.3)
    ended = "somebody must sign in to the inbox sales"
    back = "somebody has signed in to the inbox sales"

    def story(daemon: Daemon) -> None:
        put(office, server.mailbox, inquiry(1))
        assert api.wait_for(1, 60)
        server.revoke()
        proxy.cut_all()  # a server would end it, sooner or later
        assert webhook.wait_for(1, 60) == [ended]
        put(office, rent, inquiry(2))
        assert api.wait_for(2, 60)
        asked = server.count("refresh_token")
        put(office, server.mailbox, inquiry(3))
        log_in(cli, server)
        assert api.wait_for(3, 60)
        assert webhook.wait_for(2, 60) == [ended, back]
        assert server.count("refresh_token") == asked == 1
        daemon.stop()

    run_daemon(config, story)
    assert webhook.titles == [ended, back]
    assert "mailbridge login sales" in str(webhook.got)
    shows_no_token(server, str(webhook.got) + "".join(capfd.readouterr()))
    ledger = (cli.folder / "state" / "ledger.db").read_bytes()
    shows_no_token(server, ledger.decode("latin-1"))


@pytest.mark.parametrize("spoil", ["revoke", "forget", "away", "garbled", "wrong"])
def test_no_failure_shows_a_token(cli: Cli, office: Office, api: Sandbox, spoil: str) -> None:
    server = office.authorisation
    configure(cli, office, api, other(office, DEVICE))
    with (cli.folder / "config.yaml").open("a") as file:
        file.write("log: {level: debug}\n")
    log_in(cli, server)
    token = json.loads(kept(cli).read_text())["refresh"]
    server.forget_access()
    ways: dict[str, Callable[[], None]] = {
        "revoke": server.revoke,
        "forget": lambda: server._refresh.clear(),
        "away": lambda: server.failures.extend([(503, f"{{'{token}'}}")] * 3),
        "garbled": lambda: server.failures.extend([(200, f"<html>{token}")] * 3),
        "wrong": lambda: server.failures.extend(
            [(400, json.dumps({"error": token, "error_description": f"{token} for {SECRET}"}))] * 3
        ),
    }
    ways[spoil]()
    said = cli("check", "--online", code=1) + cli("run", "--once", code=1) + cli("status")
    assert "Inbox sales: the sign-in" in said or "does not accept this application" in said
    shows_no_token(server, said.replace(SECRET, "") if spoil == "wrong" else said)
    assert token not in said
    assert os.environ.get("OAUTH_SECRET") is None
