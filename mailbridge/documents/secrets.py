"""Secrets: named in the settings, looked up once, never shown.

A secret is `{env: NAME}`, `{file: PATH}`, `{credential: NAME}` (systemd's), `{keyring:
NAME}` or, with a warning from `check`, the text itself. Must not put a secret, or what
may be one, into a message or a `repr`, nor know a keyring: who reads one is among the
Surroundings.
"""

import re
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Self, TypeAlias

from pydantic import Field, GetCoreSchemaHandler, ValidationInfo
from pydantic_core import CoreSchema, core_schema

from mailbridge.documents.shape import Shape
from mailbridge.documents.source import is_read_by_others, read_text
from mailbridge.documents.values import Surroundings
from mailbridge.documents.wording import UnfitError
from mailbridge.errors import BadDocument, MailbridgeError

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_CREDENTIAL = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9_.@:-]{1,255}", re.ASCII)
_ENTRY = re.compile(r"[A-Za-z0-9_.@ -]{1,100}", re.ASCII)

WAYS = (
    "{env: NAME}, {file: PATH}, {credential: NAME} (systemd), {keyring: NAME}, or the text itself"
)
"""How a secret is written, for the description of each."""

CREDENTIALS = "CREDENTIALS_DIRECTORY"
"""The variable by which systemd names the folder of a service's credentials (systemd.exec(5))."""


class FromEnvironment(Shape):
    """A secret in an environment variable."""

    env: str = Field(description="Name of the environment variable.", examples=["MAIL_PASSWORD"])


class FromFile(Shape):
    """A secret in a file, as container platforms provide it."""

    file: str = Field(
        description="Path of the file; its one trailing line break does not count.",
        examples=["/run/secrets/mail_password"],
    )


class FromCredential(Shape):
    """A secret that systemd hands to the service (LoadCredential=, SetCredentialEncrypted=)."""

    credential: str = Field(
        description="Name of the credential, as in LoadCredential=NAME:PATH.",
        examples=["mail_password"],
    )


class FromKeyring(Shape):
    """A secret in the keyring of the user under whom mailbridge runs."""

    keyring: str = Field(
        description="Name of the entry, which `mailbridge login INBOX` writes.",
        examples=["mail_password"],
    )


Source: TypeAlias = str | FromEnvironment | FromFile | FromCredential | FromKeyring
"""The ways in which a secret is written."""


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """A password or key; `reveal` gives it, nothing else does."""

    written_as: ClassVar[Any] = Source
    """What its place in the file may hold; asked by `keys`."""
    one_line: ClassVar[bool] = True
    """Whether a line break in it is a mistake."""

    _text: str | None
    _source: Source

    def reveal(self) -> str:
        """Return the secret; a defect if it was never looked up."""
        if self._text is None:
            raise RuntimeError("this secret was loaded without an environment to look it up in")
        return self._text

    @property
    def known(self) -> bool:
        """Whether it has been looked up."""
        return self._text is not None

    @property
    def plain(self) -> bool:
        """Whether it stands in the settings file itself."""
        return isinstance(self._source, str)

    @property
    def entry(self) -> str | None:
        """The name of the keyring's entry; None where it is kept elsewhere."""
        return self._source.keyring if isinstance(self._source, FromKeyring) else None

    def exposed_file(self, base: Path) -> Path | None:
        """Give its file where other users of this machine may read it; else None."""
        if not isinstance(self._source, FromFile):
            return None
        path = base / self._source.file
        return path if is_read_by_others(path) else None

    def looked_up(self, around: Surroundings) -> Self:
        """Give it looked up, for a command that needs this one only. Raises UnfitError."""
        text = resolve(self._source, around, one_line=self.one_line)
        return type(self)(text, self._source)

    def __repr__(self) -> str:
        return "Secret(…)"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Validate as one of the ways to write a secret, then look it up."""
        del source
        return core_schema.with_info_after_validator_function(
            partial(_look_up, cls),
            handler.generate_schema(Source),
            serialization=core_schema.plain_serializer_function_ser_schema(lambda _: "…"),
        )


class SecretText(Secret):
    """A secret of several lines, as a key file in JSON."""

    __slots__ = ()
    one_line = False


def resolve(secret: Source, around: Surroundings, *, one_line: bool = True) -> str:
    """Look a secret up; files are relative to the base, one trailing line break is dropped.

    Raises UnfitError: variable not set, file, credential or entry missing or unreadable,
    empty, or holding control characters (they would reach the wire).
    """
    check = _check_line if one_line else _check_filled
    match secret:
        case FromEnvironment():
            return check(_from_environment(secret.env, around), ("env",))
        case FromFile():
            return check(_from_file(secret.file, around.base / secret.file, "file"), ("file",))
        case FromCredential():
            return check(_from_credential(secret.credential, around), ("credential",))
        case FromKeyring():
            return check(_from_keyring(secret.keyring, around), ("keyring",))
        case _:
            return check(secret, ())


def _look_up(kind: type[Secret], written: Source, info: ValidationInfo) -> Secret:
    around = info.context
    if not isinstance(around, Surroundings):
        return kind(written if isinstance(written, str) else None, written)
    secret = kind(None, written)
    return secret if around.environ is None else secret.looked_up(around)


def _from_environment(name: str, around: Surroundings) -> str:
    if not _VARIABLE.fullmatch(name):
        # Not quoted: people put the secret itself here.
        raise UnfitError(
            "This is no name of an environment variable.",
            "Write the variable's name, as MAIL_PASSWORD, and put the secret into the variable.",
            at=("env",),
        )
    environ = around.environ or {}
    if name not in environ:
        raise UnfitError(
            f"The environment variable {name} is not set.",
            "Set it before mailbridge starts, or name a file: {file: PATH}.",
            code="missing-variable",
            at=("env",),
        )
    return environ[name]


def _from_credential(name: str, around: Surroundings) -> str:
    if not _CREDENTIAL.fullmatch(name):
        raise UnfitError(
            "This is no name of a credential.",
            "Write the name alone, as in LoadCredential=NAME:PATH of the service, without '/'.",
            at=("credential",),
        )
    folder = (around.environ or {}).get(CREDENTIALS)
    if not folder:
        raise UnfitError(
            f"systemd hands over no credential here: ${CREDENTIALS} is not set.",
            f"Add LoadCredential={name}:PATH below [Service] in the unit and start it anew. For a "
            f"command by hand: systemd-run --pty -p LoadCredential={name}:PATH mailbridge …",
            code="missing-credential",
            at=("credential",),
        )
    path = Path(folder) / name
    try:
        return _from_file(name, path, "credential")
    except UnfitError as error:
        raise UnfitError(
            f"systemd hands over no credential {name!r} that can be used. {error.text}",
            f"Add LoadCredential={name}:PATH below [Service] in the unit and start it anew.",
            code="missing-credential",
            at=("credential",),
        ) from None


def _from_keyring(name: str, around: Surroundings) -> str:
    if not _ENTRY.fullmatch(name):
        # Not quoted: people put the secret itself here.
        raise UnfitError(
            "This is no name of an entry in the keyring.",
            "Write a name of letters and digits, as mail_password; `mailbridge login INBOX` asks "
            "for an inbox's password and puts it there.",
            at=("keyring",),
        )
    if around.keyring is None:
        raise UnfitError("There is no keyring to be asked here.", at=("keyring",))
    try:
        found = around.keyring(name)
    except MailbridgeError as error:
        raise UnfitError(
            str(error),
            "Or name another place for the secret, as {file: PATH}.",
            code="no-keyring",
            at=("keyring",),
        ) from None
    if found is None:
        raise UnfitError(
            f"The keyring of this user holds no entry {name!r} of mailbridge.",
            "Put the secret there: `mailbridge login INBOX` asks for an inbox's password, "
            f"`keyring set mailbridge '{name}'` for any other.",
            code="missing-entry",
            at=("keyring",),
        )
    return found


def _from_file(name: str, path: Path, key: str) -> str:
    try:
        text = read_text(path)
    except BadDocument as error:
        problem = error.problems[0]
        raise UnfitError(
            f"The secret's file {name!r} cannot be used. {problem.text}",
            problem.remedy,
            code=problem.code,
            at=(key,),
        ) from None
    return text.removesuffix("\n").removesuffix("\r")


def _check_filled(text: str, at: tuple[str, ...]) -> str:
    if not text:
        raise UnfitError("The secret is empty.", "Put the secret there.", at=at)
    return text


def _check_line(text: str, at: tuple[str, ...]) -> str:
    if any(ord(c) < 32 or ord(c) == 127 for c in _check_filled(text, at)):
        raise UnfitError(
            "The secret holds a line break or another control character.",
            "Write it on one line, without anything after it.",
            at=at,
        )
    return text
