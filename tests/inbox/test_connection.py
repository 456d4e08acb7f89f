"""Connecting: TLS, login, and the message for each way in which it fails."""

import logging
import re
import socket
import ssl
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import trustme
from imapclient import IMAPClient

from mailbridge.errors import InboxRefused, InboxUnreachable
from mailbridge.inbox import connection
from mailbridge.inbox.account import Account, Tls
from mailbridge.inbox.imap import connect
from mailbridge.inbox.session import Session
from tests.servers.certificates import HOST, write_certificates
from tests.servers.dovecot import Dovecot
from tests.servers.mailbox import Mailbox
from tests.servers.scripted import Wire, running_script, talk

LocalAccount = Callable[..., Account]


def test_implicit_tls(account: Account) -> None:
    with connect(account) as inbox:
        assert inbox.folder_state("INBOX").messages == 0


def test_starttls(account: Account, dovecot: Dovecot) -> None:
    with connect(replace(account, tls=Tls.STARTTLS, port=dovecot.imap)) as inbox:
        assert inbox.folder_state("INBOX").messages == 0


@pytest.mark.parametrize("tls", [Tls.IMPLICIT, Tls.STARTTLS])
def test_a_certificate_of_an_unknown_authority_is_refused(
    account: Account, dovecot: Dovecot, tls: Tls
) -> None:
    port = dovecot.imaps if tls is Tls.IMPLICIT else dovecot.imap
    with pytest.raises(InboxRefused) as caught:
        connect(replace(account, ca_file=None, tls=tls, port=port))
    said = str(caught.value)
    assert said.startswith(f"Inbox sales (localhost:{port}): ")
    assert "certificate is not trusted" in said
    assert "`ca_file`" in said


def test_an_authority_that_did_not_sign_is_named(account: Account, tmp_path: Path) -> None:
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(other)
    with pytest.raises(InboxRefused, match=r"Neither the system nor `ca_file` \(.*other\.pem\)"):
        connect(replace(account, ca_file=str(other)))


def test_a_certificate_for_another_name_is_refused(account: Account) -> None:
    with pytest.raises(InboxRefused, match=r"another name than 127\.0\.0\.1: set `host`"):
        connect(replace(account, host="127.0.0.1"))


def test_a_ca_file_that_is_missing_is_named(account: Account, tmp_path: Path) -> None:
    with pytest.raises(InboxRefused, match=r"`ca_file` .*none\.pem cannot be used: No such file"):
        connect(replace(account, ca_file=str(tmp_path / "none.pem")))


def test_a_ca_file_without_a_certificate_is_named(account: Account, tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("nothing")
    with pytest.raises(InboxRefused, match="no certificate in PEM form"):
        connect(replace(account, ca_file=str(tmp_path / "empty.pem")))


def test_tls_on_a_port_without_tls_names_the_settings(account: Account, dovecot: Dovecot) -> None:
    with pytest.raises(InboxUnreachable, match="Check `port`, and whether `tls: starttls`"):
        connect(replace(account, port=dovecot.imap))


def test_no_tls_beyond_this_machine_is_refused(account: Account) -> None:
    with pytest.raises(InboxRefused, match="`tls: none` would send the password readable"):
        connect(replace(account, host="imap.example.org", tls=Tls.NONE))


def test_a_server_without_starttls_never_sees_the_password(local_account: LocalAccount) -> None:
    with running_script(talk({})) as server, pytest.raises(InboxRefused, match="no STARTTLS"):
        connect(replace(local_account(server.port), tls=Tls.STARTTLS))
    assert [line.split()[1] for line in server.heard] == ["CAPABILITY"]


def test_preauth_is_no_way_round_starttls(local_account: LocalAccount) -> None:
    script = talk({}, greeting="* PREAUTH come in\n", capabilities="IMAP4rev1 STARTTLS")
    with running_script(script) as server, pytest.raises(InboxUnreachable):
        connect(replace(local_account(server.port), tls=Tls.STARTTLS))
    assert not any("LOGIN" in line for line in server.heard)


def test_a_wrong_password_is_refused(account: Account) -> None:
    with pytest.raises(InboxRefused) as caught:
        connect(replace(account, password="wrong-password"))
    said = str(caught.value)
    assert f"refused the login of {account.user}: " in said
    assert re.search(r": (Authentication|LOGIN) failed\. Check user", said)
    assert "wrong-password" not in said


def test_letters_beyond_ascii_log_in(account: Account, dovecot: Dovecot) -> None:
    user, password = dovecot.umlauts
    with connect(replace(account, user=user, password=password)) as inbox:
        assert inbox.folder_state("INBOX").uidvalidity > 0


def test_quotes_and_blanks_in_user_and_password_stay_what_they_are(
    local_account: LocalAccount,
) -> None:
    with running_script(talk({})) as server:
        account = local_account(server.port)
        connect(replace(account, user='a "b" \\c', password='d "e" \\f')).close()
    sent = next(line for line in server.heard if " LOGIN " in line)
    assert sent.endswith(r'LOGIN "a \"b\" \\c" "d \"e\" \\f"')


@pytest.mark.parametrize("field", ["user", "password"])
@pytest.mark.parametrize("sign", ["\r", "\n", "\0"])
def test_line_breaks_in_credentials_never_reach_the_wire(
    local_account: LocalAccount, field: str, sign: str
) -> None:
    account = local_account(1)
    odd = f"a{sign}b"
    account = replace(account, user=odd) if field == "user" else replace(account, password=odd)
    with pytest.raises(InboxRefused, match=f"the {field} holds a line break"):
        connect(account)


def test_login_disabled_is_said(local_account: LocalAccount) -> None:
    with (
        running_script(talk({}, capabilities="IMAP4rev1 LOGINDISABLED")) as server,
        pytest.raises(InboxRefused, match=r"LOGINDISABLED.*Set `tls: starttls`"),
    ):
        connect(local_account(server.port))
    assert not any("LOGIN" in line.split()[1:2] for line in server.heard)


def test_login_disabled_leaves_plain(local_account: LocalAccount) -> None:
    def authenticate(wire: Wire) -> None:
        wire.say("* OK [CAPABILITY IMAP4rev1 LOGINDISABLED AUTH=PLAIN] hello\n")
        tag, _ = wire.hear()
        wire.say(f"* CAPABILITY IMAP4rev1 LOGINDISABLED AUTH=PLAIN\n{tag} OK done\n")
        tag, rest = wire.hear()
        assert rest == "AUTHENTICATE PLAIN"
        wire.say("+ \n")
        wire.hear()
        wire.say(f"{tag} OK [CAPABILITY IMAP4rev1] in\n")
        tag, rest = wire.hear()
        wire.say(f"* BYE\n{tag} OK done\n")

    with running_script(authenticate) as server:
        connect(local_account(server.port)).close()
    assert "AG9mZmljZQBodXNo" in server.heard  # base64 of NUL office NUL hush


def test_a_server_that_takes_no_other_letters_is_named(local_account: LocalAccount) -> None:
    with (
        running_script(talk({})) as server,
        pytest.raises(InboxRefused, match="letters beyond ASCII"),
    ):
        connect(replace(local_account(server.port), password="pässwörd"))


def test_a_connection_lost_at_login_is_no_refusal(local_account: LocalAccount) -> None:
    """imapclient makes a LoginError of it."""
    with running_script(talk({"LOGIN": "EOF"})) as server, pytest.raises(InboxUnreachable):
        connect(local_account(server.port))


def test_a_login_refused_for_now_is_tried_again(local_account: LocalAccount) -> None:
    answer = "TAG NO [UNAVAILABLE] the directory is down\n"
    with (
        running_script(talk({"LOGIN": answer})) as server,
        pytest.raises(InboxUnreachable, match="the directory is down"),
    ):
        connect(local_account(server.port))


@pytest.mark.parametrize(
    ("greeting", "said"),
    [
        ("* BYE too many connections\n", "too many connections"),
        ("HTTP/1.1 400 Bad Request\n", "HTTP/1.1 400 Bad Request"),
        ("", "EOF"),
    ],
)
def test_a_server_that_does_not_welcome_us(
    local_account: LocalAccount, greeting: str, said: str
) -> None:
    with (
        running_script(lambda wire: wire.say(greeting)) as server,
        pytest.raises(InboxUnreachable, match=said),
    ):
        connect(local_account(server.port))


def test_capabilities_that_are_no_ascii(local_account: LocalAccount) -> None:
    with (
        running_script(talk({}, capabilities="IMAP4rev1 \xc9")) as server,
        pytest.raises(InboxUnreachable, match="no IMAP conversation begins"),
    ):
        connect(local_account(server.port))


def test_nobody_listening(local_account: LocalAccount) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and nobody listens
        with pytest.raises(
            InboxUnreachable,
            match=r"no connection \(Connection refused\)\. Check `host` and `port`",
        ):
            connect(local_account(taken.getsockname()[1]))


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a..b.example.org"])
def test_a_host_that_does_not_exist(account: Account, host: str) -> None:
    with pytest.raises((InboxUnreachable, InboxRefused), match="Check `host`"):
        connect(replace(account, host=host))


def test_imapclient_still_has_the_attribute_that_we_set(account: Account) -> None:
    """imapclient sets imaplib's debug to 5, which costs most of a fetch's time."""
    context = ssl.create_default_context(cafile=account.ca_file)
    with IMAPClient(account.host, account.port, ssl_context=context, timeout=30) as plain:
        assert connection.beneath(plain).debug == 5, "no longer needed: remove the line?"
    session = Session(account)
    assert connection.beneath(session._client).debug == 0
    session.close()


def test_logs_hold_neither_password_nor_mail(
    account: Account, mailbox: Mailbox, caplog: pytest.LogCaptureFixture
) -> None:
    uid = mailbox.append(b"Subject: confidential\r\n\r\nconfidential\r\n")
    caplog.set_level(logging.DEBUG)
    caplog.clear()
    with connect(account) as inbox:
        state = inbox.folder_state("INBOX")
        assert len(list(inbox.fetch("INBOX", state.uidvalidity, [uid]))) == 1
    assert account.password not in caplog.text
    assert "confidential" not in caplog.text


def test_closing_twice_and_after_a_loss_is_safe(local_account: LocalAccount) -> None:
    with running_script(talk({"STATUS": "EOF"})) as server:
        inbox = connect(local_account(server.port))
        with pytest.raises(InboxUnreachable):
            inbox.folder_state("INBOX")
        assert inbox.lost
        inbox.close()
        inbox.close()


def test_what_was_said_before_tls_began_is_not_heard(
    local_account: LocalAccount, tmp_path: Path
) -> None:
    """Whoever stands on the way could say it, to be taken for the server inside TLS."""
    pem = write_certificates(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem.chain, pem.key)
    usual = talk({}, capabilities="IMAP4rev1 STARTTLS", greeting="")

    def script(wire: Wire) -> None:
        wire.say("* OK [CAPABILITY IMAP4rev1 STARTTLS] hello\n")
        for _ in range(2):
            tag, rest = wire.hear()
            if rest == "STARTTLS":
                wire.say(f"{tag} OK go\n* BYE said by somebody else\n")
                break
            wire.say(f"* CAPABILITY IMAP4rev1 STARTTLS\n{tag} OK done\n")
        with context.wrap_socket(wire.sock, server_side=True) as inside:
            usual(Wire(inside, wire.heard))

    with running_script(script) as server:
        account = local_account(server.port)
        account = replace(account, tls=Tls.STARTTLS, host=HOST, ca_file=str(pem.ca))
        with connect(account) as inbox:
            inbox.capabilities("INBOX")
