"""Secrets: named in the settings, looked up once, never shown.

A secret is `{env: NAME}`, `{file: PATH}` or, with a warning from `check`, the text
itself. Must not put a secret, or what may be one, into a message or a `repr`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, TypeAlias

from pydantic import Field, GetCoreSchemaHandler, ValidationInfo
from pydantic_core import CoreSchema, core_schema

from mailbridge.documents.shape import Shape
from mailbridge.documents.source import read_text
from mailbridge.documents.values import Surroundings
from mailbridge.documents.wording import UnfitError
from mailbridge.errors import BadDocument

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


class FromEnvironment(Shape):
    """A secret in an environment variable."""

    env: str = Field(description="Name of the environment variable.", examples=["MAIL_PASSWORD"])


class FromFile(Shape):
    """A secret in a file, as container platforms provide it."""

    file: str = Field(
        description="Path of the file; its one trailing line break does not count.",
        examples=["/run/secrets/mail_password"],
    )


Source: TypeAlias = str | FromEnvironment | FromFile
"""The ways in which a secret is written."""


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """A password or key; `reveal` gives it, nothing else does."""

    written_as: ClassVar[Any] = Source
    """What its place in the file may hold; asked by `keys`."""

    _text: str | None
    plain: bool
    """Whether it stands in the settings file itself."""

    def reveal(self) -> str:
        """Return the secret; a defect if it was never looked up."""
        if self._text is None:
            raise RuntimeError("this secret was loaded without an environment to look it up in")
        return self._text

    @property
    def known(self) -> bool:
        """Whether it has been looked up."""
        return self._text is not None

    def __repr__(self) -> str:
        return "Secret(…)"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Validate as one of the three ways to write a secret, then look it up."""
        del source
        return core_schema.with_info_after_validator_function(
            _look_up,
            handler.generate_schema(Source),
            serialization=core_schema.plain_serializer_function_ser_schema(lambda _: "…"),
        )


def resolve(secret: Source, environ: Mapping[str, str], base: Path) -> str:
    """Look a secret up; files are relative to `base`, one trailing line break is dropped.

    Raises UnfitError: variable not set, file missing or unreadable, empty, or
    holding control characters (they would reach the wire).
    """
    match secret:
        case FromEnvironment():
            return _check(_from_environment(secret.env, environ), ("env",))
        case FromFile():
            return _check(_from_file(secret.file, base), ("file",))
        case _:
            return _check(secret, ())


def _look_up(written: Source, info: ValidationInfo) -> Secret:
    plain = isinstance(written, str)
    if not isinstance(info.context, Surroundings):
        return Secret(written if isinstance(written, str) else None, plain)
    if info.context.environ is None:
        return Secret(None, plain)
    return Secret(resolve(written, info.context.environ, info.context.base), plain)


def _from_environment(name: str, environ: Mapping[str, str]) -> str:
    if not _VARIABLE.fullmatch(name):
        # Not quoted: people put the secret itself here.
        raise UnfitError(
            "This is no name of an environment variable.",
            "Write the variable's name, as MAIL_PASSWORD, and put the secret into the variable.",
            at=("env",),
        )
    if name not in environ:
        raise UnfitError(
            f"The environment variable {name} is not set.",
            "Set it before mailbridge starts, or name a file: {file: PATH}.",
            code="missing-variable",
            at=("env",),
        )
    return environ[name]


def _from_file(name: str, base: Path) -> str:
    try:
        text = read_text(base / name)
    except BadDocument as error:
        problem = error.problems[0]
        raise UnfitError(
            f"The secret's file {name!r} cannot be used. {problem.text}",
            problem.remedy,
            code=problem.code,
            at=("file",),
        ) from None
    return text.removesuffix("\n").removesuffix("\r")


def _check(text: str, at: tuple[str, ...]) -> str:
    if not text:
        raise UnfitError("The secret is empty.", "Put the secret there.", at=at)
    if any(ord(c) < 32 or ord(c) == 127 for c in text):
        raise UnfitError(
            "The secret holds a line break or another control character.",
            "Write it on one line, without anything after it.",
            at=at,
        )
    return text
