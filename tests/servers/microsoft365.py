r"""Microsoft 365's IMAP service as far as it is known: Dovecot, seen through its peculiarities.

A proxy (see `proxy`) rewrites what passes, so that mailboxes, UIDs and MOVE stay real.
Seen in protocol logs that others published (all of outlook.office365.com):

- greeting and capabilities, no SPECIAL-USE, ESEARCH or CONDSTORE among them: MailKit #1494
  (https://github.com/jstedfast/MailKit/issues/1494), SwiftMail #109
- no own keywords: `PERMANENTFLAGS (\Seen \Answered \Flagged \Deleted \Draft $MDNSent)`, no `\*`:
  https://github.com/MailCore/mailcore2/issues/780
- `BAD Command Argument Error. 11` to SEARCH KEYWORD: https://github.com/mscdex/node-imap/issues/214,
  https://github.com/ikvk/imap_tools/issues/181; to STORE with one: node-imap #602
- `NAMESPACE (("" "/")) NIL NIL`: node-imap #602, MailKit #702
- LIST gives `\Sent`, `\Trash`, `\Drafts`, `\Junk` unasked: MailKit #1282; names in the mailbox's
  language (`Éléments envoyés`): https://github.com/nikolausm/imap-mcp-server/pull/83
- `NO Request is throttled. Suggested Backoff Time: 299609 milliseconds`, the connection going on:
  https://github.com/imapsync/imapsync/issues/198; as BAD, and then `* BYE Connection closed. 14`:
  https://github.com/simonrob/email-oauth2-proxy/issues/191
- a login that is accepted, and then `BAD User is authenticated but not connected.` to every
  command, after too many logins or where the right to the mailbox is missing:
  https://github.com/mscdex/node-imap/issues/523 and #689
- `* BYE Connection is closed. 13` to one that was silent: https://github.com/mscdex/node-imap/issues/561
- `user@example.org\shared` as login name opens the shared mailbox: node-imap #689, MailKit #1486
- only US-ASCII is searched: https://github.com/lasselindqvist/robotframework-imaplibrary2/issues/34

Assumed: that a throttled LOGIN itself is answered NO with the same words, the words of the BYE
at a login, and that STATUS may take seconds.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.servers.dovecot import Dovecot
from tests.servers.proxy import Act, Cut, Delay, Proxy, Replace, Reply, Rule, Side, before_dovecot

CAPABILITIES = (
    b"IMAP4 IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 SASL-IR UIDPLUS MOVE ID UNSELECT "
    b"CHILDREN IDLE NAMESPACE LITERAL+"
)
AFTER_LOGIN = (
    b"CLIENTACCESSRULES CLIENTNETWORKPRESENCELOCATION BACKENDAUTHENTICATE CHILDREN IDLE "
    b"NAMESPACE LITERAL+"
)
FLAGS = rb"\Seen \Answered \Flagged \Deleted \Draft $MDNSent"
SPECIAL_USE = {
    "Éléments envoyés": rb"\Sent",
    "Éléments supprimés": rb"\Trash",
    "Brouillons": rb"\Drafts",
    "Courrier indésirable": rb"\Junk",
}
"""Folders of a mailbox in French, and what the server says of them."""
_WIRE_NAMES = {
    b"&AMk-l&AOk-ments envoy&AOk-s": rb"\Sent",
    b"&AMk-l&AOk-ments supprim&AOk-s": rb"\Trash",
    b"Brouillons": rb"\Drafts",
    b"Courrier ind&AOk-sirable": rb"\Junk",
}
"""The same in modified UTF-7 (RFC 3501, section 5.1.3)."""

THROTTLED = b"Request is throttled. Suggested Backoff Time: %d milliseconds"
NOT_CONNECTED = b"User is authenticated but not connected."
BYE_IDLE = b"* BYE Connection is closed. 13\r\n"
BYE = b"* BYE Connection closed. 14\r\n"

_COMMAND = rb"\A(?P<tag>[A-Za-z0-9]+) "


@dataclass(frozen=True, slots=True)
class Microsoft365:
    """The service on `port`, and what a test can have it do."""

    proxy: Proxy

    @property
    def port(self) -> int:
        return self.proxy.port

    @property
    def logins(self) -> int:
        """How often somebody tried to log in."""
        return self.proxy.count(Side.CLIENT, _COMMAND + rb"(?:LOGIN|AUTHENTICATE) ")

    def throttle(
        self,
        command: bytes,
        milliseconds: int = 299_609,
        *,
        times: int | None = 1,
        bye: bool = False,
    ) -> Rule:
        """Refuse commands that begin so; with `bye` the connection ends as well."""
        said = b" BAD " if bye else b" NO "
        rest = b"\r\n" + (BYE if bye else b"")
        acts: list[Act] = [Reply(lambda line: tag(line) + said + THROTTLED % milliseconds + rest)]
        if bye:
            acts.append(Cut())
        return self.proxy.rule(Side.CLIENT, _COMMAND + command, *acts, times=times)

    def refuse_mailbox(self, *, times: int | None = None) -> Rule:
        """Take each login, and nothing after it but CAPABILITY and LOGOUT."""
        pattern = _COMMAND + rb"(?!LOGIN|AUTHENTICATE|CAPABILITY|LOGOUT)[A-Z]+"
        answer = Reply(lambda line: tag(line) + b" BAD " + NOT_CONNECTED + b"\r\n")
        return self.proxy.rule(Side.CLIENT, pattern, answer, times=times)

    def refuse_logins(self, *, times: int | None = None) -> Rule:
        """End each connection at its login."""
        return self.proxy.rule(
            Side.CLIENT, _COMMAND + b"LOGIN ", Reply(lambda _: BYE), Cut(), times=times
        )

    def drop_idle(self) -> None:
        """End every connection as it is done to those that are silent for too long."""
        self.proxy.tell(BYE_IDLE)
        self.proxy.cut_all()

    def slow_status(self, seconds: float) -> Rule:
        """Take so long for each STATUS."""
        return self.proxy.rule(Side.CLIENT, _COMMAND + b"STATUS ", Delay(seconds), times=None)


@contextmanager
def running_microsoft365(dovecot: Dovecot) -> Iterator[Microsoft365]:
    """Run the service on a mailbox server's mailboxes."""
    with before_dovecot(dovecot) as proxy:
        behave(proxy)
        yield Microsoft365(proxy)


def behave(proxy: Proxy) -> None:
    """Give the proxy the service's peculiarities."""

    def always(side: Side, pattern: bytes, act: Act) -> None:
        proxy.rule(side, pattern, act, times=None)

    refusal = Reply(lambda line: tag(line) + b" BAD Command Argument Error. 11\r\n")
    always(Side.CLIENT, _COMMAND + rb"(?i:UID )?SEARCH .*\b(?:UN)?KEYWORD\b", refusal)
    always(
        Side.CLIENT,
        _COMMAND
        + rb"(?i:UID )?STORE \S+ [+-]?FLAGS(?:\.SILENT)? \([^)]*(?<=[( ])(?!\$MDNSent)[\w$]",
        refusal,
    )
    always(
        Side.CLIENT,
        _COMMAND + rb"(?i:UID )?SEARCH CHARSET (?!US-ASCII)",
        Reply(lambda line: tag(line) + b" NO [BADCHARSET (US-ASCII)] Not supported.\r\n"),
    )
    always(Side.CLIENT, _COMMAND + rb'LOGIN "[^"]*\\\\', Replace(_open_shared))
    always(Side.SERVER, rb"\A\* OK \[CAPABILITY", Replace(lambda _: _GREETING))
    always(Side.SERVER, rb"\A\* CAPABILITY ", Replace(_give_capabilities))
    always(Side.SERVER, _COMMAND + rb"OK \[CAPABILITY [^\]]*\] ", Replace(_accept_login))
    always(Side.SERVER, _COMMAND + rb"NO \[AUTHENTICATIONFAILED\]", Replace(_refuse_login))
    always(Side.SERVER, rb"\A\* FLAGS \(|\A\* OK \[PERMANENTFLAGS \(", Replace(_give_flags))
    always(Side.SERVER, rb"\A\* \d+ FETCH \(", Replace(_hide_keywords))
    always(Side.SERVER, rb"\A\* LIST \(", Replace(_give_use))


_GREETING = b"* OK The Microsoft Exchange IMAP4 service is ready. [RQBYAEEATQBQAEwARQA=]\r\n"


def tag(line: bytes) -> bytes:
    return line.split(b" ", 1)[0]


def _open_shared(line: bytes) -> bytes:
    """Log in as the shared mailbox whose name stands behind the backslash."""
    return re.sub(rb'(LOGIN )"(?:[^"\\]|\\[^\\])*\\\\', rb'\1"', line)


def _give_capabilities(line: bytes) -> bytes:
    logged_in = b"STARTTLS" not in line and b"AUTH=" not in line
    return b"* CAPABILITY " + CAPABILITIES + (b" " + AFTER_LOGIN if logged_in else b"") + b"\r\n"


def _accept_login(line: bytes) -> bytes:
    return tag(line) + b" OK LOGIN completed.\r\n"


def _refuse_login(line: bytes) -> bytes:
    return tag(line) + b" NO LOGIN failed.\r\n"


def _give_flags(line: bytes) -> bytes:
    return re.sub(rb"FLAGS \([^)]*\)", lambda _: b"FLAGS (" + FLAGS + b")", line, count=1)


def _hide_keywords(response: bytes) -> bytes:
    """Show system flags alone; what stands in a mail, behind its literal's size, stays."""
    head, brace, rest = response.partition(b"{")

    def keep(found: re.Match[bytes]) -> bytes:
        kept = [flag for flag in found[1].split() if flag[:1] == b"\\"]
        return b"FLAGS (" + b" ".join(kept) + b")"

    return re.sub(rb"FLAGS \(([^)]*)\)", keep, head, count=1) + brace + rest


def _give_use(line: bytes) -> bytes:
    name = line.rstrip(b"\r\n").rpartition(b'"/" ')[2].strip(b'"')
    use = _WIRE_NAMES.get(name)
    return line.replace(b"(", b"(" + use + b" ", 1) if use else line
