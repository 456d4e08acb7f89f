"""Mails in files, for a dry-run: `.eml`, mbox, Maildir, and folders of them.

Reads only: nothing is locked, moved or marked. A mail over the size limit comes
without its attachments, as it would from a server.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from mailbridge.errors import MailbridgeError
from mailbridge.inbox.reduction import reduce
from mailbridge.inbox.structure import Unbuildable, too_large

_PIECE = 64 * 1024
"""Octets of an endless line that are read at once."""


@dataclass(frozen=True, slots=True)
class FileMail:
    """One mail of a file."""

    source: str
    """The path as the user gave it, joined with what is below; `path:2` in an mbox."""
    raw: bytes = field(repr=False)
    fault: str = ""
    """Why it could not be read whole nor reduced: one sentence, and `raw` is empty."""


def mails_in(path: Path, size_limit: int) -> Iterator[FileMail]:
    """Give the mails of a file or folder, in the order of their paths.

    Those of more than `size_limit` octets come without their attachments. Raises
    MailbridgeError where the path cannot be read or holds no mail.
    """
    empty = True
    try:
        for mail in (_folder if path.is_dir() else _file)(path, size_limit):
            empty = False
            yield mail
    except OSError as exc:
        name = exc.filename or path
        raise MailbridgeError(f"{name}: cannot be read: {exc.strerror or exc}.") from exc
    if empty:
        raise MailbridgeError(
            f"{path}: holds no mail. Name an .eml file, an mbox file, a Maildir, or a folder"
            " of them."
        )


def _folder(path: Path, size_limit: int) -> Iterator[FileMail]:
    if all((path / name).is_dir() for name in ("cur", "new", "tmp")):
        yield from _maildir(path, size_limit)
        return
    for child in sorted(path.iterdir()):
        if child.is_dir():
            if not child.is_symlink():  # which may lead round in a circle
                yield from _folder(child, size_limit)
        elif child.suffix.lower() == ".eml":
            yield _whole(child, size_limit)
        elif child.is_file() and _is_mbox(child):
            yield from _mbox(child, size_limit)


def _maildir(path: Path, size_limit: int) -> Iterator[FileMail]:
    """Give the mails themselves (`tmp` holds unfinished ones), then folders inside."""
    for place in (path / "cur", path / "new"):
        for child in sorted(place.iterdir()):
            if child.is_file() and not child.name.startswith("."):
                yield _whole(child, size_limit)
    for child in sorted(path.iterdir()):  # Maildir++ names its folders `.Name`
        if child.is_dir() and child.name not in {"cur", "new", "tmp"}:
            yield from _folder(child, size_limit)


def _file(path: Path, size_limit: int) -> Iterator[FileMail]:
    if path.suffix.lower() != ".eml" and _is_mbox(path):
        yield from _mbox(path, size_limit)
        return
    mail = _whole(path, size_limit)
    if mail.fault or mail.raw.strip():
        yield mail


def _is_mbox(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(5) == b"From "


def _whole(path: Path, size_limit: int) -> FileMail:
    """Read a file that is one mail."""
    with path.open("rb") as file:
        if not path.is_file():  # a pipe has no size
            return FileMail(str(path), file.read())
        return _read(file, str(path), path.stat().st_size, size_limit)


def _mbox(path: Path, size_limit: int) -> Iterator[FileMail]:
    with path.open("rb") as file:
        for number, (start, end) in enumerate(_spans(file), 1):
            file.seek(start)
            yield _read(file, f"{path}:{number}", end, size_limit)


def _spans(file: BinaryIO) -> Iterator[tuple[int, int]]:
    """Give where each mail of an mbox begins, below its `From ` line, and where it ends."""
    start, position, begins, gap = -1, 0, True, 0
    while piece := file.readline(_PIECE):
        if begins and piece.startswith(b"From "):
            if start >= 0:
                yield start, max(start, position - gap)
                file.seek(position + len(piece))
            start = position + len(piece)
        # The empty line above the next mail is the mbox's, not the mail's.
        gap = len(piece) if begins and not piece.strip(b"\r\n") else 0
        begins = piece.endswith(b"\n")
        position += len(piece)
    if start >= 0:
        yield start, max(start, position - gap)


def _read(file: BinaryIO, source: str, end: int, size_limit: int) -> FileMail:
    """Read from where the file stands to `end`."""
    size = end - file.tell()
    try:
        return FileMail(source, file.read(size) if size <= size_limit else reduce(file, end))
    except Unbuildable as exc:
        return FileMail(source, b"", too_large(exc))
