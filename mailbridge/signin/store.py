"""Where tokens are kept: in the keyring, or in a file for this user alone (0600).

A file says in either case where they are, so that a service without a desktop session
does not take a sign-in for missing that lies in somebody's keyring. What is written is
on the disk, whole, before `write` returns. Must not know what a record holds.
"""

import hashlib
import json
import os
import re
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from mailbridge.errors import MailbridgeError
from mailbridge.signin import ring
from mailbridge.signin.keep import Keep

PATIENCE = 90.0
"""Seconds to wait for another mailbridge that renews the same tokens."""
_IN_KEYRING = json.dumps({"kept_in": "keyring"})


class Busy(MailbridgeError):
    """Another mailbridge holds the tokens for too long."""


class Store:
    """One inbox's place for tokens."""

    def __init__(self, folder: Path, inbox: str) -> None:
        """`folder` is made when something is written."""
        plain = re.sub(r"[^a-z0-9]+", "-", inbox.lower()).strip("-")[:40]
        self.name = f"{plain}-{hashlib.sha256(inbox.encode()).hexdigest()[:12]}"
        self.file = folder / f"{self.name}.json"
        self._lock = folder / f"{self.name}.lock"

    def read(self) -> str | None:
        """Give what is kept; None where nothing is. Raises MailbridgeError."""
        text = self._read_file()
        if text != _IN_KEYRING:
            return text
        try:
            return ring.read(ring.TOKENS, self.name)
        except MailbridgeError as error:
            raise MailbridgeError(
                f"the tokens are in the keyring of whoever signed in. {error} Where mailbridge "
                "runs without one, sign in anew with `mailbridge login INBOX --keep file`."
            ) from None

    def write(self, text: str, keep: Keep | None = None) -> None:
        """Keep it where it was, or where `keep` says. Raises MailbridgeError."""
        if keep is None:
            keep = self.place
        if keep is Keep.FILE:
            moved = self._read_file() == _IN_KEYRING
            self._write_file(text)
            if moved:
                ring.forget(ring.TOKENS, self.name)
            return
        ring.write(ring.TOKENS, self.name, text)
        if self._read_file() != _IN_KEYRING:
            self._write_file(_IN_KEYRING)

    @property
    def place(self) -> Keep:
        """Where it is kept. Raises MailbridgeError."""
        return Keep.KEYRING if self._read_file() == _IN_KEYRING else Keep.FILE

    @property
    def exposed(self) -> bool:
        """Whether anybody but this user may read the file."""
        try:
            return bool(self.file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))
        except OSError:
            return False

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other threads and processes out. Raises Busy, or MailbridgeError."""
        try:
            self._make_folder()
            lock = FileLock(self._lock, timeout=PATIENCE, mode=0o600, thread_local=False)
            lock.acquire()
            _hand_over(self._lock)
        except Timeout:
            raise Busy("another mailbridge has been renewing the tokens for too long") from None
        except OSError as error:
            raise self._unusable(self._lock, error) from None
        try:
            yield
        finally:
            lock.release()

    def _read_file(self) -> str | None:
        try:
            return self.file.read_text("utf-8")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise self._unusable(self.file, error) from None

    def _write_file(self, text: str) -> None:
        try:
            self._make_folder()
            handle, name = tempfile.mkstemp(prefix=f"{self.name}.new-", dir=self.file.parent)
        except OSError as error:
            raise self._unusable(self.file, error) from None
        try:
            _hand_over(Path(name))  # mkstemp made it 0600
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(self.file)
        except OSError as error:
            raise self._unusable(self.file, error) from None
        finally:
            Path(name).unlink(missing_ok=True)
        _sync_folder(self.file.parent)

    def _make_folder(self) -> None:
        folder = self.file.parent
        if not folder.is_dir():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _hand_over(folder)

    @staticmethod
    def _unusable(path: Path, error: Exception) -> MailbridgeError:
        reason = error.strerror if isinstance(error, OSError) else "it is damaged"
        return MailbridgeError(
            f"the tokens' file {path} cannot be used ({reason}); it must belong to the user under "
            "whom mailbridge runs"
        )


def _hand_over(path: Path) -> None:
    """Give what root made to whom the folder belongs: the service must be able to read it."""
    if os.geteuid() == 0:
        owner = path.parent.stat()
        os.chown(path, owner.st_uid, owner.st_gid)


def _sync_folder(folder: Path) -> None:
    with suppress(OSError):  # where a folder cannot be synced there is nothing better to do
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
