"""The connection: TCP, TLS and login, so that a `session` can begin.

TLS is always verified; nothing here can turn that off. imapclient and imaplib
are set up in this one place.
"""

import imaplib
import re
import socket
import ssl

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientAbortError, LoginError

from mailbridge.errors import InboxError
from mailbridge.inbox import faults
from mailbridge.inbox.account import Account, Tls, is_loopback
from mailbridge.inbox.bearer import sign_in
from mailbridge.inbox.watchdog import Watchdog
from mailbridge.inbox.wire import Wire

_SOCKET = re.compile("socket error|unexpected response", re.IGNORECASE)
"""In imaplib's words for a connection that ended; without them they are the server's own, a BYE."""


def open_connection(account: Account, watchdog: Watchdog) -> IMAPClient:
    """Connect, protect the connection and log in, all within one deadline.

    A token is had before: whoever has none does not trouble the server.
    """
    _check(account)
    token = account.tokens.current() if account.tokens else ""
    context = None if account.tls is Tls.NONE else _trust(account)
    if context is not None:
        watchdog.watch_handshakes(context)
    with watchdog.armed():
        client: _Client | None = None
        try:
            client = _Client(account, context, watchdog)
            if account.tls is Tls.STARTTLS:
                _switch_to_tls(client, account, context)
            if account.tokens:
                offered = client.capabilities()
                sign_in(beneath(client), offered, account, account.tokens, token)
            else:
                _log_in(client, account)
        except (InboxError, OSError, imaplib.IMAP4.error, ValueError, LookupError) as exc:
            if client is not None:
                close(client)
            raise _explain(account, exc, watchdog) from exc
    return client


def close(client: IMAPClient) -> None:
    """Close the socket without a word to the server."""
    try:
        client.shutdown()
    except (OSError, ValueError):  # closed already, or its buffered file is
        return


def beneath(client: IMAPClient) -> Wire:
    """Imaplib's connection: for what imapclient reads wrongly or hides."""
    inner: Wire = client._imap  # noqa: SLF001 -- the one place; a test notices its end
    return inner


class _Client(IMAPClient):  # type: ignore[misc, unused-ignore]
    """imapclient on a socket that the watchdog knows from its first octet on."""

    def __init__(
        self, account: Account, context: ssl.SSLContext | None, watchdog: Watchdog
    ) -> None:
        self._watchdog = watchdog
        implicit = account.tls is Tls.IMPLICIT
        super().__init__(
            account.host,
            account.port,
            ssl=implicit,
            ssl_context=context if implicit else None,
            timeout=account.timeout,
        )
        # imapclient sets it to 5, which makes repr() of every literal, logged or not.
        beneath(self).debug = 0
        # Otherwise INTERNALDATE is naive and in this machine's time zone.
        self.normalise_times = False

    def _create_IMAP4(self) -> Wire:  # noqa: N802 -- imapclient's
        return Wire(self.host, self.port, self.ssl_context, self._timeout.connect, self._watchdog)


def _check(account: Account) -> None:
    if account.tls is Tls.NONE and not is_loopback(account.host):
        raise faults.refused(
            account,
            "`tls: none` would send the password readable to all; it is only for a server"
            " on this machine. Set `tls: implicit` or `tls: starttls`.",
        )
    for what, value in (("user", account.user), ("password", account.password)):
        if any(c in value for c in "\r\n\0\x01"):
            raise faults.refused(
                account,
                f"the {what} holds a line break or another control character. Check where it is"
                " read from: a file with more than one line?",
            )


def _trust(account: Account) -> ssl.SSLContext:
    """Trust the system's certificate authorities, and the account's own besides."""
    context = ssl.create_default_context()
    if account.ca_file is not None:
        try:
            context.load_verify_locations(cafile=account.ca_file)
        except OSError as exc:  # ssl.SSLError is one
            empty = isinstance(exc, ssl.SSLError)
            reason = "it holds no certificate in PEM form" if empty else exc.strerror
            raise faults.refused(
                account, f"`ca_file` {account.ca_file} cannot be used: {reason}."
            ) from exc
    return context


def _switch_to_tls(client: IMAPClient, account: Account, context: ssl.SSLContext | None) -> None:
    if not client.has_capability("STARTTLS"):
        raise faults.refused(
            account,
            "the server offers no STARTTLS here, and without it the password would be readable"
            " to all. Use its TLS port with `tls: implicit` (usually 993).",
        )
    client.starttls(context)


def _log_in(client: IMAPClient, account: Account) -> None:
    capabilities = client.capabilities()
    plain = b"AUTH=PLAIN" in capabilities
    ascii_only = account.user.isascii() and account.password.isascii()
    login = b"LOGINDISABLED" not in capabilities
    try:
        if login and ascii_only:
            # imaplib quotes the password, but not the user.
            quoted = account.user.replace("\\", "\\\\").replace('"', '\\"')
            client.login(f'"{quoted}"', account.password)
        elif plain:
            client.plain_login(account.user, account.password)
        elif not login:
            raise faults.refused(account, _no_password_login(account))
        else:
            raise faults.refused(
                account,
                "user or password holds letters beyond ASCII, which this server cannot take"
                " (no AUTH=PLAIN). Set a password of plain letters, digits and signs.",
            )
    except LoginError as exc:
        raise _explain_login(account, exc) from exc


def _no_password_login(account: Account) -> str:
    text = "the server allows no login with a password here (LOGINDISABLED)."
    if account.tls is Tls.NONE:
        return f"{text} Set `tls: starttls` or `tls: implicit`."
    return f"{text} Ask whoever runs it to allow that, or for an app password."


def _explain_login(account: Account, error: Exception) -> Exception:
    """Tell a refusal from a lost connection, which imapclient dresses up as one."""
    cause = error.__context__
    if isinstance(cause, IMAPClientAbortError) and not _SOCKET.search(str(cause)):
        reply = faults.read_reply(str(cause).partition(" => ")[2] or str(cause))
        return faults.Throttled(
            f"{account.place}: the server ended the connection at the login: {reply.quoted}."
            " It is left alone for a while.",
            reply.seconds,
        )
    if not isinstance(cause, Exception) or isinstance(cause, IMAPClientAbortError):
        return cause if isinstance(cause, Exception) else error
    said = cause.args[0] if cause.args else ""
    words = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    reply = faults.refusal_in(cause) or faults.read_reply(words)
    if reply.passing or reply.throttled:
        return faults.declined(account, "the login", reply)
    return faults.LoginRefused(
        f"{account.place}: the server refused the login of {account.user}: {reply.quoted}."
        " Check user and password; some providers want an app password."
    )


def _explain(account: Account, error: Exception, watchdog: Watchdog) -> InboxError:
    """Build the error for whatever ended the attempt to connect."""
    if isinstance(error, InboxError):
        return error
    if watchdog.expired:
        return faults.unreachable(
            account, f"no connection and login within {watchdog.seconds:g} seconds."
        )
    if isinstance(error, ssl.SSLCertVerificationError):
        return faults.untrusted(account, error)
    if isinstance(error, ssl.SSLError):
        return faults.broken_tls(account, error)
    if isinstance(error, socket.gaierror):
        return faults.unreachable(
            account, f"the host's name is not known ({error.strerror}). Check `host`."
        )
    if isinstance(error, UnicodeError) and not isinstance(error, UnicodeDecodeError):
        return faults.refused(account, "this is no name of a host. Check `host`.")
    if isinstance(error, TimeoutError):
        return faults.unreachable(
            account, f"no answer within {account.timeout:g} seconds. Check `host` and `port`."
        )
    if isinstance(error, OSError):
        return faults.unreachable(
            account, f"no connection ({error.strerror or error}). Check `host` and `port`."
        )
    return faults.unreachable(account, f"no IMAP conversation begins: {said_by(error)}.")


def said_by(error: Exception) -> str:
    """Give the words of imaplib's error, which are bytes at times, on one short line."""
    said = error.args[0] if error.args else error
    words = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    return faults.read_reply(words.removeprefix("* BYE ")).quoted
