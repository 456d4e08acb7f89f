"""Reads what people write from disk; the only module of this room that touches files."""

from pathlib import Path

from mailbridge.errors import BadDocument
from mailbridge.problems import Problem

BYTE_LIMIT = 4_000_000
"""No file that a person writes is larger; also the end of /dev/zero."""


def read_text(path: Path) -> str:
    """Read a UTF-8 file, with or without byte order mark.

    Raises BadDocument: missing, a folder, not permitted, too large, not UTF-8.
    """
    return decode(read_bytes(path), str(path))


def read_bytes(path: Path) -> bytes:
    """Read a small file; raises BadDocument as `read_text` does."""
    try:
        with path.open("rb") as file:
            content = file.read(BYTE_LIMIT + 1)
    except FileNotFoundError:
        raise _refuse(path, "no-such-file", "There is no such file.", "Check the path.") from None
    except IsADirectoryError:
        text = "This is a folder, and a file is wanted."
        raise _refuse(path, "not-a-file", text, "Name the file in it.") from None
    except PermissionError:
        text = "The file may not be read by the user under whom mailbridge runs."
        raise _refuse(path, "not-permitted", text, "Give that user the right to read it.") from None
    except (OSError, ValueError) as error:
        text = f"The file cannot be read: {error}."
        raise _refuse(path, "unreadable-file", text, "Check the path and the disk.") from None
    if len(content) > BYTE_LIMIT:
        text = f"The file is larger than {BYTE_LIMIT:,} bytes."
        raise _refuse(path, "too-large", text, "Check that this is the right file.")
    return content


def decode(content: bytes, file: str) -> str:
    """Decode UTF-8; raises BadDocument with the place of the first byte that is none."""
    remedy = "Save the file as UTF-8 (in most editors: Save as, Encoding)."
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = "The file is saved as UTF-16, and UTF-8 is wanted."
        raise BadDocument([Problem(file, 1, 1, "", "not-utf8", text, remedy)])
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # Counted in `error.object`: there the byte order mark is already gone.
        before = error.object[: error.start]
    line = before.count(b"\n") + 1
    column = len(before.rpartition(b"\n")[2].decode()) + 1
    text = "The file is not UTF-8: this character is saved in another encoding."
    raise BadDocument([Problem(file, line, column, "", "not-utf8", text, remedy)])


def exists(path: Path) -> bool:
    """Whether a file or folder is there, as far as may be seen."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def is_read_by_others(path: Path) -> bool:
    """Whether users beyond its own and its group may read a file: it and the folders above."""
    try:
        whole = path.resolve()
        return bool(whole.stat().st_mode & 0o004) and all(
            folder.stat().st_mode & 0o001 for folder in whole.parents
        )
    except OSError:
        return False


def is_folder(path: Path) -> bool:
    """Whether a folder is there."""
    return path.is_dir()


def _refuse(path: Path, code: str, text: str, remedy: str) -> BadDocument:
    return BadDocument([Problem(str(path), code=code, text=text, remedy=remedy)])
