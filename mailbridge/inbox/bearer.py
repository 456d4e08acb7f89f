"""Login with an access token: OAUTHBEARER (RFC 7628) or XOAUTH2, whichever the server offers.

XOAUTH2 is Google's, and Microsoft's only one
(https://developers.google.com/workspace/gmail/imap/xoauth2-protocol). A token is never
put into a message, and what the server says of it is quoted by its status alone.
"""

import base64
import binascii
import imaplib
import json
from collections.abc import Collection
from dataclasses import dataclass, field

from mailbridge.inbox import faults
from mailbridge.inbox.account import Account, Tokens
from mailbridge.inbox.faults import LoginRefused
from mailbridge.inbox.wire import Wire

_LONGEST_LINE = 8000
"""Octets of a command that every server takes (RFC 7162, section 4: 8192)."""


def sign_in(
    wire: Wire, offered: Collection[bytes], account: Account, tokens: Tokens, token: str
) -> None:
    """Log in; once more with a new token where the server refuses the first. Raises InboxError.

    `offered` are the server's capabilities before login.
    """
    for last in (False, True):
        refusal = _attempt(wire, offered, account, token)
        if refusal is None:
            return
        if last:
            raise refusal
        token = tokens.renewed(token)


@dataclass(slots=True)
class _Conversation:
    """What the client says in one mechanism."""

    first: bytes = field(repr=False)
    after_error: bytes
    """The answer to the challenge in which a server says why it refuses."""
    begun: bool
    status: str = ""

    def answer(self, challenge: bytes) -> bytes:
        """Answer in base64, as imaplib sends it."""
        if not self.begun:
            self.begun = True
            return base64.b64encode(self.first)
        self.status = self.status or _read_status(challenge)
        return base64.b64encode(self.after_error)


def _attempt(
    wire: Wire, offered: Collection[bytes], account: Account, token: str
) -> LoginRefused | None:
    """Log in; None where it went well. Raises InboxError where trying again may do."""
    mechanism, conversation = _begin(offered, account, token)
    words = [mechanism]
    initial = base64.b64encode(conversation.first).decode()
    if b"SASL-IR" in offered and len(initial) < _LONGEST_LINE:  # RFC 4959
        conversation.begun = True
        words.append(initial)
    # imaplib calls it for each challenge, as in its own `authenticate`.
    wire.literal = conversation.answer  # type: ignore[assignment]
    try:
        kind, lines = wire._simple_command("AUTHENTICATE", *words)  # noqa: SLF001 -- imaplib's
        said = lines[-1].decode("utf-8", "replace") if lines and lines[-1] else ""
        reply = faults.read_reply(said.replace(token, "…").replace(initial, "…"))
    except imaplib.IMAP4.abort:
        raise  # an error too, but the connection is lost
    except imaplib.IMAP4.error as error:  # BAD
        found = faults.refusal_in(error)
        if found is None:
            raise
        kind, reply = "BAD", found
    if kind == "OK":
        wire.state = "AUTH"
        return None
    if reply.passing:
        raise faults.declined(account, "the login", reply)
    status = f" (status {conversation.status})" if conversation.status else ""
    return LoginRefused(
        f"{account.place}: the server refused the login of {account.user} with a token that the "
        f"provider has just given: {reply.quoted}{status}. Check that `user` is a mailbox that "
        "whoever signed in may open, that IMAP is allowed for it, and the application's rights; or "
        f"run `mailbridge login {account.name}` as somebody else."
    )


def _begin(offered: Collection[bytes], account: Account, token: str) -> tuple[str, _Conversation]:
    if b"AUTH=OAUTHBEARER" in offered:
        # RFC 7628, section 3.1; the name is quoted as RFC 5801, section 4, wants it.
        name = account.user.replace("=", "=3D").replace(",", "=2C")
        place = f"host={account.host}\x01port={account.port}"
        first = f"n,a={name},\x01{place}\x01auth=Bearer {token}\x01\x01"
        return "OAUTHBEARER", _Conversation(first.encode(), b"\x01", begun=False)
    if b"AUTH=XOAUTH2" in offered:
        first = f"user={account.user}\x01auth=Bearer {token}\x01\x01"
        return "XOAUTH2", _Conversation(first.encode(), b"", begun=False)
    raise faults.refused(
        account,
        "the server takes no token (it offers neither OAUTHBEARER nor XOAUTH2). Check `host`, or "
        "write `password` in place of `oauth`.",
    )


def _read_status(challenge: bytes) -> str:
    """Give the status in a server's JSON, as `401` or `invalid_token`; empty without one."""
    try:
        found = json.loads(base64.b64decode(challenge, validate=True))
        status = found.get("status")
    except (binascii.Error, ValueError, AttributeError, RecursionError):
        return ""
    plain = isinstance(status, str) and status.isascii() and status.replace("_", "").isalnum()
    return status[:40] if plain else ""
