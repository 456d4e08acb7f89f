"""Where `init` keeps secrets, and how it writes: all files or none, and none that is there.

Must not show a secret.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from mailbridge.cli.answers import IN_ENVIRONMENT, Pointers, Secrets
from mailbridge.cli.asking import choose
from mailbridge.cli.output import complain, say
from mailbridge.documents.template import quote
from mailbridge.errors import MailbridgeError
from mailbridge.signin import ring
from mailbridge.signin.keep import Keep

_FOLDER = "secrets"
_PLACES = {
    "file": "file: a file each, for this user alone.",
    "env": "env: you set environment variables.",
    "keyring": "keyring: in this user's keyring; a service that runs as another user has none.",
}


@dataclass(frozen=True, slots=True)
class Keeping:
    """Where secrets go."""

    pointers: Pointers
    files: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Names below the folder of the secrets, and what is written."""
    entries: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Of the keyring."""
    tokens: Keep | None = None
    """Where a sign-in is kept; None: as `mailbridge login` chooses."""


def check_place(file: Path) -> None:
    """Raise MailbridgeError where settings are already, or cannot be written."""
    if os.path.lexists(file):
        raise MailbridgeError(
            f"{file} is there already, and is never overwritten. Name another file with "
            "--config, or see whether it works: mailbridge check --online."
        )
    above = next(folder for folder in file.absolute().parents if os.path.lexists(folder))
    if not above.is_dir() or not os.access(above, os.W_OK | os.X_OK):
        reason = "this user may not write there" if above.is_dir() else "it is no folder"
        raise MailbridgeError(
            f"{file} cannot be written below {above}: {reason}. Name another place with --config."
        )


def ask_keeping(file: Path, secrets: Secrets) -> Keeping:
    """Ask where the secrets are kept, until that is a place where none is yet."""
    places = ("file", "env", *(("keyring",) if ring.is_there() else ()))
    say(" ".join(_PLACES[place] for place in places))
    while True:
        place = choose("Where are they kept", places, "file")
        try:
            if place == "file":
                return _in_files(file, secrets)
            if place == "keyring":
                return _in_keyring(secrets)
        except MailbridgeError as error:
            complain(str(error))
            continue
        names = [kept.variable for kept in secrets]
        told = " and ".join((", ".join(names[:-1]), names[-1]) if names[1:] else names)
        say(f"Set {told} before mailbridge starts.")
        return Keeping(IN_ENVIRONMENT)


def write(file: Path, text: str, keeping: Keeping) -> None:
    """Write secrets, then settings; where that fails, nothing stays. Raises MailbridgeError."""
    with _all_or_nothing(file) as written:
        for name, secret in keeping.entries.items():
            written.entries.append(name)
            ring.write(ring.SERVICE, name, secret)
        folder = file.absolute().parent / _FOLDER
        for name, secret in keeping.files.items():
            written.write(folder / name, f"{secret}\n", 0o600)
        written.write(file, text, 0o644)


def _in_files(file: Path, secrets: Secrets) -> Keeping:
    folder = file.absolute().parent / _FOLDER
    for kept in secrets:
        if os.path.lexists(folder / kept.name):
            raise MailbridgeError(
                f"{folder / kept.name} is there already, and is never overwritten. Move it away, "
                "or choose another place."
            )
    return Keeping(
        {kept: f"{{file: {quote(f'{_FOLDER}/{kept.name}')}}}" for kept in IN_ENVIRONMENT},
        files={kept.name: secret for kept, secret in secrets.items()},
        tokens=Keep.FILE,
    )


def _in_keyring(secrets: Secrets) -> Keeping:
    for kept in secrets:
        if ring.read(ring.SERVICE, kept.name) is not None:
            raise MailbridgeError(
                f"The keyring has an entry {kept.name} of {ring.SERVICE} already, and it is never "
                "overwritten. Remove it, or choose another place."
            )
    return Keeping(
        {kept: f"{{keyring: {kept.name}}}" for kept in IN_ENVIRONMENT},
        entries={kept.name: secret for kept, secret in secrets.items()},
        tokens=Keep.KEYRING,
    )


@dataclass(slots=True)
class _Written:
    """What was made so far."""

    paths: list[Path] = field(default_factory=list)
    entries: list[str] = field(default_factory=list)

    def write(self, path: Path, text: str, mode: int) -> None:
        """Write a file that is not there yet. Raises OSError."""
        missing = [folder for folder in path.absolute().parents if not folder.exists()]
        for folder in reversed(missing):
            folder.mkdir(mode=0o700)
            self.paths.append(folder)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        self.paths.append(path)
        with open(handle, "w", encoding="utf-8") as opened:  # noqa: PTH123  (a descriptor)
            opened.write(text)
            opened.flush()
            os.fsync(opened.fileno())

    def undo(self) -> None:
        """Remove it, as far as that can be done."""
        for path in reversed(self.paths):
            with suppress(OSError):
                path.rmdir() if path.is_dir() else path.unlink()
        for name in self.entries:
            ring.forget(ring.SERVICE, name)


@contextmanager
def _all_or_nothing(file: Path) -> Iterator[_Written]:
    written = _Written()
    try:
        yield written
    except OSError as error:
        written.undo()
        raise MailbridgeError(
            f"{error.filename or file} cannot be written ({error.strerror}). Name another place "
            "with --config."
        ) from None
    except BaseException:  # Ctrl-C too
        written.undo()
        raise
