"""What can go wrong on a connection, and the message for each.

    InboxUnreachable
    ├── Throttled          the server wants to be left alone for a while
    │   └── NotLetIn       the connection is logged in and good for nothing
    ├── BrokenOff          the server ended the connection, with a BYE or without a word
    └── Garbled            the answer cannot be understood; the connection still stands
    InboxRefused
    ├── LoginRefused       user or password; asked too often, servers lock the account
    └── Declined           the server said NO or BAD; the connection still stands
    UidValidityChanged     the folder was made anew: every UID known of it is void

Nothing of imaplib, imapclient, ssl or socket passes beyond `session`.
"""

import re
import ssl
from dataclasses import dataclass

from mailbridge.errors import InboxError, InboxRefused, InboxUnreachable
from mailbridge.inbox.account import Account, Tls


class UidValidityChanged(InboxError):
    """The folder's UIDs mean other mails than before (RFC 3501, section 2.3.1.1)."""


class LoginRefused(InboxRefused):
    """The server did not accept user and password."""


class Declined(InboxRefused):
    """The server answered NO or BAD to one command; `code` is its response code."""

    def __init__(self, message: str, *, code: str, text: str) -> None:
        """Keep what the server said beside the whole message."""
        super().__init__(message)
        self.code = code
        self.text = text


class Throttled(InboxUnreachable):
    """The server answered that too much was asked of it; the connection may still stand."""

    def __init__(self, message: str, seconds: float | None) -> None:
        """Keep for how long it wants to be left alone; None where it does not say."""
        super().__init__(message)
        self.seconds = seconds


class NotLetIn(Throttled):
    """The server took the login and gives no mailbox; on this connection it never will."""


class BrokenOff(InboxUnreachable):
    """The server ended the connection instead of answering."""


class Garbled(InboxUnreachable):
    """An answer came to its end, but says nothing that IMAP knows."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The server's words in a NO or BAD: response code (RFC 5530) and text."""

    code: str
    text: str

    @property
    def passing(self) -> bool:
        """Whether the server says itself that it is a passing trouble."""
        return self.code in {"UNAVAILABLE", "INUSE", "LIMIT"}

    @property
    def throttled(self) -> bool:
        """Whether it says, in one of Microsoft 365's two ways, that too much was asked of it."""
        return _THROTTLED.search(self.text) is not None or _NOT_CONNECTED in self.text

    @property
    def seconds(self) -> float | None:
        """For how long it wants to be left alone; None where it does not say."""
        told = _BACK_OFF.search(self.text)
        return int(told[1]) / 1000 if told else None

    @property
    def quoted(self) -> str:
        """For the end of a message, without final full stop."""
        return self.text.rstrip(". ") or "no reason given"


_NO = re.compile(r"^\w+ failed: (?P<said>.*)$", re.DOTALL)
_BAD = re.compile(r"command error: BAD \[b?['\"](?P<said>.*)['\"]\]$", re.DOTALL)
_CODE = re.compile(r"^\[(?P<code>[A-Z-]+)[^\]]*\]\s*")
_SHOWN = 300
_THROTTLED = re.compile(r"\bthrottled\b", re.IGNORECASE)
_BACK_OFF = re.compile(r"Suggested Backoff Time: (\d{1,9}) milliseconds", re.IGNORECASE)
_NOT_CONNECTED = "User is authenticated but not connected"


def read_reply(said: str) -> Reply:
    """Split `[CODE …] text`; the text is kept to one line of bounded length."""
    code = _CODE.match(said)
    text = said[code.end() :] if code else said
    shown = "".join(c for c in " ".join(text.split()) if c.isprintable())[:_SHOWN]
    return Reply(code["code"] if code else "", shown)


def refusal_in(error: Exception) -> Reply | None:
    """Find what the server said, where imaplib's error carries a NO or BAD; else None.

    imaplib has one class for a refusal, for a line that is too long and for a
    command in the wrong state, so that only its wording tells them apart.
    """
    words = str(error)
    found = _NO.search(words) or _BAD.search(words)
    return read_reply(found["said"]) if found else None


def unreachable(account: Account, what: str) -> InboxUnreachable:
    """Build an error that trying again later may mend."""
    return InboxUnreachable(f"{account.place}: {what}")


def refused(account: Account, what: str) -> InboxRefused:
    """Build an error that somebody must mend."""
    return InboxRefused(f"{account.place}: {what}")


def check_folder_name(account: Account, folder: str) -> None:
    """Refuse line breaks and the like: servers repeat the name in their answers."""
    if not folder.isprintable():
        raise refused(account, "a folder's name holds a line break or another control sign.")


def declined(account: Account, doing: str, reply: Reply) -> InboxError:
    """Build the error for a NO or BAD while `doing` something, as `opening folder X`."""
    message = f"{account.place}: the server refused {doing}: {reply.quoted}."
    if _NOT_CONNECTED in reply.text:
        return NotLetIn(
            f"{message} Microsoft 365 says so after too many logins, of a mailbox that this user"
            " may not open, and of a wrong password; it is tried again later.",
            None,
        )
    if reply.throttled:
        return Throttled(f"{message} It is left alone as long as it asks for.", reply.seconds)
    if reply.passing:
        return InboxUnreachable(f"{message} It says that this will pass; it is tried again.")
    return Declined(message, code=reply.code, text=reply.text)


_NAME_MISMATCH = {62, 64}  # X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH
_EXPIRED = 10  # X509_V_ERR_CERT_HAS_EXPIRED


def untrusted(account: Account, error: ssl.SSLCertVerificationError) -> InboxRefused:
    """Build the error for a certificate that is not trusted, with the remedy for its reason."""
    if error.verify_code in _NAME_MISMATCH:
        remedy = (
            f"It is for another name than {account.host}: set `host` to the name that it is for."
        )
    elif error.verify_code == _EXPIRED:
        remedy = "It has expired: ask whoever runs the server to renew it."
    elif account.ca_file:
        remedy = f"Neither the system nor `ca_file` ({account.ca_file}) knows who signed it."
    else:
        remedy = "If an own certificate authority signed it, name that one's file in `ca_file`."
    return refused(
        account,
        f"the server's certificate is not trusted ({error.verify_message}). {remedy}",
    )


def broken_tls(account: Account, error: ssl.SSLError) -> InboxUnreachable:
    """Build the error for a handshake that fails for another reason than trust."""
    reason = (error.reason or str(error)).lower().replace("_", " ")
    other = Tls.STARTTLS if account.tls is Tls.IMPLICIT else Tls.IMPLICIT
    return unreachable(
        account,
        f"no TLS connection ({reason}). Check `port`, and whether `tls: {other}` is meant.",
    )
