"""What an authorisation server says: a token, a refusal, or nothing. Values; no I/O.

Refusals are values, since a withdrawn consent is no surprise. Nothing here shows a token.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

LASTS = 3600.0
"""Seconds, where the server does not say how long a token lasts (RFC 6749, section 5.1)."""
_SHOWN = 200
_TOKEN = re.compile(r"[!-~]{1,16384}", re.ASCII)
_CODE = re.compile(r"[\w.:/-]{1,80}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Granted:
    """Tokens."""

    access: str = field(repr=False)
    lasts: float
    """Seconds from now."""
    refresh: str | None = field(default=None, repr=False)
    """The next refresh token; the one before may be worth nothing from now on."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A refusal: trying again alone will not do."""

    code: str
    """The error's code (RFC 6749, section 5.2; RFC 8628, section 3.5)."""
    words: str = ""

    @property
    def withdrawn(self) -> bool:
        """Whether a person must sign in anew; else the registration is not right."""
        return self.code in _WITHDRAWN

    def __str__(self) -> str:
        return f"{self.code}: {self.words}" if self.words else self.code


@dataclass(frozen=True, slots=True)
class Unavailable:
    """No answer that can be used: trying again later may do."""

    reason: str

    def __str__(self) -> str:
        return self.reason


Answer: TypeAlias = Granted | Refused | Unavailable

# The last three are OpenID Connect's (section 3.1.2.6), which Microsoft uses.
_WITHDRAWN = {"invalid_grant", "interaction_required", "login_required", "consent_required"}
_PASSING = {"temporarily_unavailable", "server_error"}


def read_body(status: int, body: bytes, hidden: Iterable[str] = ()) -> Answer:
    """Read a token endpoint's answer; `hidden` is what must not be quoted from it."""
    fields = read_fields(body)
    if status == 429 or status >= 500 or fields is None:
        return Unavailable(f"the server answers with status {status}")
    return read_answer(fields, hidden)


def read_fields(body: bytes) -> Mapping[str, Any] | None:
    """Read a JSON object; None where it is none."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def read_answer(fields: Mapping[str, Any], hidden: Iterable[str] = ()) -> Answer:
    """Read the fields of a token endpoint's answer."""
    if "error" in fields:
        return read_refusal(fields, hidden)
    access, refresh = fields.get("access_token"), fields.get("refresh_token")
    if not isinstance(access, str) or not _TOKEN.fullmatch(access):
        return Unavailable("the server's answer holds no token that can be used")
    # The type decides how it is used; ours is in RFC 6750 (RFC 6749, section 7.1).
    if str(fields.get("token_type", "bearer")).lower() != "bearer":
        return Unavailable("the server's token is not of the type Bearer")
    usable = isinstance(refresh, str) and _TOKEN.fullmatch(refresh)
    return Granted(access, _seconds(fields.get("expires_in")), refresh if usable else None)


def read_refusal(fields: Mapping[str, Any], hidden: Iterable[str] = ()) -> Refused | Unavailable:
    """Read an error; its words are one short line without anything `hidden`."""
    code, words = str(fields["error"]), str(fields.get("error_description") or "")
    for secret in hidden:
        if secret:
            code, words = code.replace(secret, "…"), words.replace(secret, "…")
    line = "".join(c for c in " ".join(words.split()) if c.isprintable())[:_SHOWN].rstrip(". ")
    if code in _PASSING:
        return Unavailable(f"the server says {code}")
    return Refused(code if _CODE.fullmatch(code) else "an error without a name", line)


def _seconds(written: object) -> float:
    try:
        seconds = float(written) if isinstance(written, (int, float, str)) else LASTS
    except ValueError:
        return LASTS
    return seconds if 0 < seconds <= 10 * 365 * 86400 else LASTS
