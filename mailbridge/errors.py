"""The errors that reach a person, and the exit code of each.

    MailbridgeError            exit 1: the user can mend it; one message, no traceback
    ├── BadDocument            settings or rule files are wrong: carries all Problems
    ├── InboxError             the mail server cannot be used
    │   ├── InboxUnreachable   network, TLS, timeout, BYE: tried again by the daemon
    │   └── InboxRefused       login refused, no such folder: somebody must act
    │       └── SignInNeeded   OAuth: nobody has signed in, or the consent was withdrawn
    └── LedgerError            locked, from a newer version, disk full, unreachable
        └── LedgerMissing      there is none yet: nothing was ever recorded

Anything else that escapes is a defect in mailbridge (exit 3). Expected results,
such as a refused lead, are values (`delivery.answer`), not exceptions.
"""

from collections.abc import Iterable

from mailbridge.problems import Problem


class MailbridgeError(Exception):
    """Something that the user can mend; `str()` is the whole message."""


class BadDocument(MailbridgeError):
    """Settings or rule files that cannot be used; every problem is told at once."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        """Keep the problems in the order of file and line."""
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(str(p) for p in self.problems))


class InboxError(MailbridgeError):
    """The mail server cannot be used; the message names inbox and host."""


class InboxUnreachable(InboxError):
    """Network, TLS, timeout, deadline or BYE: trying again later may do."""


class InboxRefused(InboxError):
    """The server refused (login, folder, right): trying again alone will not do."""


class SignInNeeded(InboxRefused):
    """A person must sign in (`mailbridge login`); tried again by the daemon, ever more seldom."""


class LedgerError(MailbridgeError):
    """The ledger cannot be opened or written."""


class LedgerMissing(LedgerError):
    """There is no ledger to read yet; the first run creates it."""
