"""Tokens for an inbox that a person's consent gives: kept, and renewed in time.

A refresh token is used by one process at a time, and the next one is on the disk before the
access token is given. Errors are those of the inbox; none holds a token.
"""

import shlex
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Lock
from typing import Protocol

from mailbridge.errors import (
    InboxError,
    InboxRefused,
    InboxUnreachable,
    MailbridgeError,
    SignInNeeded,
)
from mailbridge.signin.grants import Answer, Granted, Refused, Unavailable
from mailbridge.signin.keep import Keep
from mailbridge.signin.record import Record
from mailbridge.signin.rest import Rest, explain_refusal, show_time
from mailbridge.signin.store import Busy, Store


class Renewing(Protocol):
    """A provider at which persons sign in."""

    def renew(self, refresh: str) -> Answer:
        """Use a refresh token."""


@dataclass(slots=True)
class PersonTokens:
    """What a person's consent gives."""

    inbox: str
    provider: Renewing
    store: Store
    made_for: str
    clock: Callable[[], float]
    """Seconds since 1970."""
    wants_login: bool = field(default=False, init=False)
    """Whether a person must sign in, as far as was seen."""
    _unsaved: Record | None = field(default=None, init=False)
    """Renewed, but the disk took it not: not to be lost, and to be written later."""
    _rest: Rest = field(init=False)
    _lock: Lock = field(default_factory=Lock, init=False)

    def __post_init__(self) -> None:
        """Prepare; nothing is read yet."""
        self._rest = Rest(self.clock)

    @property
    def login(self) -> str:
        """See `inbox.account.Tokens`."""
        try:
            record = self._read()
        except InboxRefused:
            return ""
        return record.login if record else ""

    def current(self) -> str:
        """See `inbox.account.Tokens`."""
        return self._give(refused="")

    def renewed(self, refused: str) -> str:
        """See `inbox.account.Tokens`."""
        return self._give(refused)

    def keep(self, record: Record, keep: Keep | None) -> None:
        """Keep the tokens of a new sign-in. Raises MailbridgeError."""
        with self._lock, self.store.locked():
            self._unsaved = None
            self.store.write(record.write(), keep)

    def describe(self) -> str:
        """Say how the sign-in stands; nothing is renewed. Raises InboxRefused."""
        record = self._read()
        if record is None:
            return "nobody has signed in"
        return (
            f"signed in since {show_time(record.since)}, the token lasts until "
            f"{show_time(record.ends)}; kept in {self.where}"
        )

    @property
    def where(self) -> str:
        """Name the place where the tokens are kept. Raises MailbridgeError."""
        keyring = self.store.place is Keep.KEYRING
        return "the keyring" if keyring else str(self.store.file)

    @property
    def _remedy(self) -> str:
        return f"Run `mailbridge login {shlex.quote(self.inbox)}`."

    def _give(self, refused: str) -> str:
        with self._lock:
            record = self._known()
            self._rest.check(record.access)
            if self._is_good(record, refused):
                self._save_late()
                return self._well(record)
            try:
                with self.store.locked():
                    return self._renew(refused)
            except Busy as busy:
                raise InboxUnreachable(f"Inbox {self.inbox}: {busy}.") from None
            except InboxError:
                raise
            except MailbridgeError as error:
                raise InboxRefused(f"Inbox {self.inbox}: {error}.") from None

    def _renew(self, refused: str) -> str:
        """Renew under the lock, unless another process has done so meanwhile."""
        record = self._known()
        self._rest.check(record.access)
        if self._is_good(record, refused):
            return self._well(record)
        # Written once more, so that a full disk is noticed while the refresh token is good.
        self.store.write(record.write())
        self._unsaved = None
        answer = self.provider.renew(record.refresh)
        now = self.clock()
        match answer:
            case Granted():
                self._save(fresh := record.renewed(answer, now))
                return self._well(fresh)
            case Refused():
                self.wants_login = answer.withdrawn
                raise self._rest.begin(record.access, self._explain(answer))
            case Unavailable():
                if record.access != refused and now < record.ends:
                    return record.access  # it is renewed before its end, so there is time
                raise InboxUnreachable(
                    f"Inbox {self.inbox}: the sign-in cannot be renewed: {answer}."
                )

    def _save(self, record: Record) -> None:
        """Have it on the disk; where that fails it is kept here, and tried again at each use."""
        self._unsaved = record
        with suppress(MailbridgeError):
            self.store.write(record.write())
            self._unsaved = None

    def _save_late(self) -> None:
        if self._unsaved is None:
            return
        with suppress(MailbridgeError), self.store.locked():
            record = self._known()
            if record is self._unsaved:  # else somebody has signed in anew
                self._save(record)

    def _known(self) -> Record:
        record, unsaved = self._read(), self._unsaved
        if record and unsaved and record.login == unsaved.login and record.begun <= unsaved.begun:
            record = unsaved
        else:
            self._unsaved = None  # somebody has signed in anew, or another process has renewed
        if record is None:
            self.wants_login = True
            raise SignInNeeded(
                f"Inbox {self.inbox}: nobody has signed in to it yet. {self._remedy}"
            )
        if record.made_for != self.made_for:
            self.wants_login = True
            raise SignInNeeded(
                f"Inbox {self.inbox}: `oauth` or `user` has changed since somebody signed in. "
                f"{self._remedy}"
            )
        return record

    def _read(self) -> Record | None:
        try:
            text = self.store.read()
        except MailbridgeError as error:
            raise InboxRefused(f"Inbox {self.inbox}: {str(error).rstrip('.')}.") from None
        if text is None:
            return None
        record = Record.read(text)
        if record is None:
            self.wants_login = True
            raise SignInNeeded(
                f"Inbox {self.inbox}: the tokens in {self.where} are damaged. {self._remedy}"
            )
        return record

    def _is_good(self, record: Record, refused: str) -> bool:
        # Where a renewal was refused, what is left of the last one is not trusted either.
        sound = record.access != refused and self._rest.refusal is None
        return sound and record.is_fresh(self.clock())

    def _well(self, record: Record) -> str:
        self.wants_login = False
        self._rest.end()
        return record.access

    def _explain(self, refusal: Refused) -> InboxRefused:
        if refusal.withdrawn:
            return SignInNeeded(
                f"Inbox {self.inbox}: the sign-in has ended or was withdrawn ({refusal}). "
                f"{self._remedy}"
            )
        return explain_refusal(self.inbox, refusal)
