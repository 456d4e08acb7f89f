"""Patience that ends once a connection stands: a busy machine logs in as slowly as it will."""

from dataclasses import replace

from mailbridge.inbox.imap import ImapInbox


def lose_patience(
    inbox: ImapInbox, *, timeout: float | None = None, deadline: float | None = None
) -> None:
    """Let what is asked from now on, and a connection made anew, have these seconds."""
    session = inbox._session
    if timeout is not None:
        session.account = replace(session.account, timeout=timeout)
        session.sock.settimeout(timeout)
    if deadline is not None:
        session.account = replace(session.account, deadline=deadline)
        session._watchdog.seconds = deadline
