"""Mails in files, for a dry-run: `.eml`, mbox, Maildir, and folders of them.

Reads only: nothing is locked, moved or marked.
"""

import mailbox
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from mailbridge.errors import MailbridgeError


@dataclass(frozen=True, slots=True)
class FileMail:
    """One mail of a file."""

    source: str
    """The path as the user gave it, joined with what is below; `path:2` in an mbox."""
    raw: bytes = field(repr=False)


def mails_in(path: Path) -> Iterator[FileMail]:
    """Give the mails of a file or folder, in the order of their paths.

    Raises MailbridgeError where the path cannot be read or holds no mail.
    """
    empty = True
    try:
        for mail in _folder(path) if path.is_dir() else _file(path):
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


def _folder(path: Path) -> Iterator[FileMail]:
    if all((path / name).is_dir() for name in ("cur", "new", "tmp")):
        yield from _maildir(path)
        return
    for child in sorted(path.iterdir()):
        if child.is_dir():
            if not child.is_symlink():  # which may lead round in a circle
                yield from _folder(child)
        elif child.suffix.lower() == ".eml":
            yield FileMail(str(child), child.read_bytes())
        elif child.is_file() and _is_mbox(child):
            yield from _mbox(child)


def _maildir(path: Path) -> Iterator[FileMail]:
    """Give the mails themselves (`tmp` holds unfinished ones), then folders inside."""
    for place in (path / "cur", path / "new"):
        for child in sorted(place.iterdir()):
            if child.is_file() and not child.name.startswith("."):
                yield FileMail(str(child), child.read_bytes())
    for child in sorted(path.iterdir()):  # Maildir++ names its folders `.Name`
        if child.is_dir() and child.name not in {"cur", "new", "tmp"}:
            yield from _folder(child)


def _file(path: Path) -> Iterator[FileMail]:
    if path.suffix.lower() != ".eml" and _is_mbox(path):
        yield from _mbox(path)
        return
    raw = path.read_bytes()
    if raw.strip():
        yield FileMail(str(path), raw)


def _is_mbox(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(5) == b"From "


def _mbox(path: Path) -> Iterator[FileMail]:
    box = mailbox.mbox(path, create=False)
    try:
        for number, key in enumerate(box.iterkeys(), 1):
            yield FileMail(f"{path}:{number}", box.get_bytes(key))
    finally:
        box.close()
