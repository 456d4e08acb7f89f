"""The file of a SQLite ledger: it appears whole or not at all, and is known again while in use.

An empty file, or a WAL without its database, is what is left of a ledger and never
taken for a new one: whoever starts afresh by mistake forgets what was sent. Knows no
SQL. Must not open the database file itself: POSIX drops all of a process's locks on
a file when any of its handles is closed, SQLite's too
(https://www.sqlite.org/howtocorrupt.html, section 2.2).
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mailbridge.errors import LedgerError

BESIDE = ("-wal", "-shm")
"""Ends of the files that SQLite keeps beside a database in WAL mode."""


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """Give a file to build a ledger in; it gets its name when the block is left.

    Where another process was quicker that one's stays. When this returns, no loss
    of power can take the file away again.
    """
    try:
        made = _make_folder(path.parent)
        # Mails and leads are personal data: for this user alone (0600) from the first byte on.
        # SQLite gives its -wal and -shm files the mode of the database.
        handle, name = tempfile.mkstemp(prefix=f"{path.name}.new-", dir=path.parent)
        os.close(handle)
    except OSError as error:
        raise _not_writable(path, error.strerror) from None
    building = Path(name)
    try:
        yield building
        # Not rename: that would replace a ledger which another process made meanwhile.
        with suppress(FileExistsError):
            path.hardlink_to(building)
    except OSError as error:
        raise LedgerError(
            f"Ledger {path}: it cannot be created here ({error.strerror}). "
            "Keep the ledger on a local disk with a file system of this machine's own."
        ) from None
    finally:
        for end in ("", *BESIDE):
            Path(name + end).unlink(missing_ok=True)
    for folder in made:
        _sync_folder(folder)


def require_usable(path: Path) -> None:
    """Refuse a file or folder that this user may not write. Raises LedgerError."""
    # SQLite would open such a file for reading, and complain of the first lead only.
    if not os.access(path, os.R_OK | os.W_OK) or not os.access(path.parent, os.W_OK | os.X_OK):
        raise _not_writable(path, "no right to write")


def require_wholeness(path: Path) -> bool:
    """Tell whether there is a ledger; raise LedgerError where only a part of one is left."""
    try:
        size = path.stat().st_size
    except (FileNotFoundError, NotADirectoryError):
        if Path(f"{path}-wal").exists():
            raise LedgerError(
                f"Ledger {path}: the file is gone, and {path.name}-wal, which belongs to it, is "
                f"still there. Put it back or restore a backup; to begin a new ledger remove "
                f"{path.name}-wal too."
            ) from None
        return False
    except OSError as error:
        raise LedgerError(
            f"Ledger {path}: it cannot be read ({error.strerror}). "
            "Give this user the right to read the file and its folder."
        ) from None
    if path.is_dir():
        raise LedgerError(f"Ledger {path}: this is a folder. Name a file in `ledger.url`.")
    if size == 0:
        raise hollow(f"Ledger {path}")
    return True


def hollow(where: str) -> LedgerError:
    """Say that a file is there with nothing in it."""
    return LedgerError(
        f"{where}: the file is empty: it holds no ledger. Restore it from a backup. If there was "
        "never anything in it, remove it; `mailbridge run` then makes a new one."
    )


class Identity:
    """Which file a name stood for when it was opened."""

    def __init__(self, path: Path) -> None:
        """Remember the file that is there now."""
        self._path = path
        self._number = _number(path)

    def check(self) -> None:
        """Raise LedgerError where the name stands for another file now, or for none.

        SQLite goes on writing into a file that was removed, and all of it is lost
        when the process ends (it asks the same, SQLITE_FCNTL_HAS_MOVED, but not in
        WAL mode).
        """
        if self._number is not None and self._number == _number(self._path):
            return
        raise LedgerError(
            f"Ledger {self._path}: the file was removed or replaced while mailbridge was running, "
            "so nothing more is written. Stop every mailbridge, put the file back or restore a "
            "backup, then start again."
        )


def _number(path: Path) -> tuple[int, int] | None:
    """Device and inode; None where nothing is left of the file."""
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if found.st_size else None


def _make_folder(folder: Path) -> list[Path]:
    """Make a folder with those above it; the folders whose entries have to reach the disk."""
    made = [folder]
    while not folder.exists():
        folder = folder.parent
        made.append(folder)
    made[0].mkdir(mode=0o700, parents=True, exist_ok=True)
    return made


def _sync_folder(folder: Path) -> None:
    # Where a folder cannot be synced SQLite goes on too: there is nothing better to do.
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _not_writable(path: Path, why: str | None) -> LedgerError:
    return LedgerError(
        f"Ledger {path}: it cannot be opened for writing ({why}). "
        "Give this user the right to write the file and its folder, "
        "or name another place in `ledger.url`."
    )
