"""The kinds of values that people write in settings: durations, sizes, hosts, paths.

Each is read from the text as written and complains in words for people. Must not
read files; whether a path exists is asked of `source`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import SplitResult, urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ValidationInfo,
    WithJsonSchema,
)

from mailbridge.documents import source
from mailbridge.documents.wording import UnfitError, quote, show_written

_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,3})?) ?(ms|s|m|h|d)?", re.ASCII)
_BYTES = {"B": 1, "KB": 1_000, "MB": 1_000_000, "GB": 1_000_000_000}
_SIZE = re.compile(r"(\d{1,12}(?:\.\d{1,3})?) ?(B|KB|MB|GB)?", re.ASCII | re.IGNORECASE)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_HOST = re.compile(r"[\w-]+(\.[\w-]+)*\.?")
_LISTEN = re.compile(r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<host>[^\s:\[\]]+)):(?P<port>\d{1,5})")
_LONGEST = timedelta(days=36500)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a value may depend on beyond its own file; the context of `shape`."""

    base: Path
    """The folder that relative paths start from: the one of the file."""
    environ: Mapping[str, str] | None
    """Where secrets are looked up; None leaves every secret unresolved."""
    keyring: Callable[[str], str | None] | None = None
    """Gives an entry of the user's keyring, None where there is none. Raises MailbridgeError."""


def parse_duration(text: str) -> timedelta:
    """Read `90s`, `5m`, `2h`, `7d`, `200ms`, or plain seconds."""
    found = _DURATION.fullmatch(text.strip())
    length = _LONGEST + timedelta(1)
    if found:
        length = timedelta(seconds=float(found[1]) * _UNITS[found[2] or "s"])
    if length > _LONGEST:
        raise UnfitError(f"{quote(text)} is no duration.", "Write for example 90s, 5m, 2h or 7d.")
    return length


def show_duration(length: timedelta) -> str:
    """Write a duration as people do, in the largest unit that divides it."""
    milliseconds = round(length.total_seconds() * 1000)
    for unit in ("d", "h", "m", "s"):
        step = round(_UNITS[unit] * 1000)
        if milliseconds and milliseconds % step == 0:
            return f"{milliseconds // step}{unit}"
    return f"{milliseconds}ms" if milliseconds else "0s"


def parse_size(text: str) -> int:
    """Read `25 MB`, `300 KB` or plain bytes; a KB is 1,000 bytes."""
    found = _SIZE.fullmatch(text.strip())
    if not found:
        raise UnfitError(f"{quote(text)} is no size.", "Write for example 25 MB or 300 KB.")
    return round(float(found[1]) * _BYTES[(found[2] or "B").upper()])


def show_size(size: int) -> str:
    """Write a size as people do, in the largest unit that divides it."""
    for unit in ("GB", "MB", "KB"):
        if size and size % _BYTES[unit] == 0:
            return f"{size // _BYTES[unit]} {unit}"
    return f"{size} B"


def parse_day(text: str) -> date:
    """Read `2026-11-22`."""
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise UnfitError(
        f"{quote(text)} is no day of the calendar.", "Write year, month, day, as 2026-11-22."
    )


def is_loopback(host: str) -> bool:
    """Whether a host is this very machine, so that nothing is sent over a network."""
    name = host.rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def at_least(least: str) -> Callable[[timedelta], timedelta]:
    """Make the check that a duration is not shorter than `least`."""

    def check(length: timedelta) -> timedelta:
        if length < parse_duration(least):
            raise UnfitError(f"{show_duration(length)} is too short.", f"The least is {least}.")
        return length

    return check


def _from_text(parse: Callable[[str], Any], what: str) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        if isinstance(value, (list, dict)) or value is None:
            text = f"{show_written(value)} stands where {what} is wanted."
            raise UnfitError(text, f"Write {what}.", code="wrong-type")
        return parse(value) if isinstance(value, str) else value

    return read


def _check_line(text: str) -> str:
    # CR and LF would reach the wire and start a command of their own (RFC 9051, section 4.3).
    if any(ord(c) < 32 or ord(c) == 127 for c in text):
        raise UnfitError(
            "The text holds a line break or another control character.",
            "Write it on one line, without \\n, \\r or \\0.",
        )
    return text


def _check_filled(text: str) -> str:
    if not text.strip():
        raise UnfitError("The text is empty.", "Write the value between the quotes.")
    return text


def _check_sender(sender: str) -> str:
    local, at, domain = sender.rpartition("@")
    if not at or not _HOST.fullmatch(domain) or re.search(r"[\s<>,;@]", local):
        raise UnfitError(
            f"{quote(sender)} is neither an address nor a domain.",
            "Write name@example.org, or @example.org for everybody there.",
        )
    return sender.lower()


def _check_host(host: str) -> str:
    try:
        ip_address(host)
    except ValueError:
        if not _HOST.fullmatch(host):
            raise UnfitError(
                f"{quote(host)} is no name of a server.",
                "Write the bare name, as imap.example.org, without imap://, port or blanks.",
            ) from None
    return host


def split_address(url: str) -> SplitResult | None:
    """Split an http or https URL; None where it is none."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        return None
    return parts if usable and not re.search(r"[\s\x00-\x1f\x7f]", url) else None


def _check_address(url: str) -> str:
    # Never quoted: a URL may hold a password.
    parts = split_address(url)
    if parts is None:
        raise UnfitError("This is no web address.", "Write for example https://www.example.org/.")
    if parts.username is not None or parts.password is not None:
        raise UnfitError(
            "The address holds a user or a password.", "Remove what stands before the @."
        )
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise UnfitError(
            "The address is not encrypted: http:// is for this machine (localhost) only.",
            "Write https://.",
        )
    return url


@dataclass(frozen=True, slots=True)
class ListenAddress:
    """Where this machine alone can reach us."""

    host: str
    port: int

    def __str__(self) -> str:
        """Write it as in a URL."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_listen(text: str) -> ListenAddress:
    """Read `127.0.0.1:9108` or `[::1]:9108`."""
    found = _LISTEN.fullmatch(text.strip())
    port = int(found["port"]) if found else 0
    if found is None or not 1 <= port <= 65535:
        raise UnfitError(
            f"{quote(text)} is no address to listen on.",
            "Write host and port, as 127.0.0.1:9108.",
        )
    host = found["six"] or found["host"]
    if not is_loopback(host):
        raise UnfitError(
            f"{quote(text)} could be reached from other machines, and nobody has to log in there.",
            f"Write 127.0.0.1:{port}; a web server or an SSH tunnel may pass it on.",
        )
    return ListenAddress("127.0.0.1" if host.rstrip(".").lower() == "localhost" else host, port)


def _check_proxy(url: str) -> str:
    if split_address(url) is None:
        raise UnfitError("This is no address of a proxy.", "Write http://proxy.example.org:3128.")
    return url


def _resolve_path(path: Path, info: ValidationInfo) -> Path:
    if isinstance(info.context, Surroundings):
        try:
            return info.context.base / path.expanduser()
        except RuntimeError:
            raise UnfitError("'~' names no known home folder.", "Write the whole path.") from None
    return path


def _check_present(path: Path, info: ValidationInfo) -> Path:
    if isinstance(info.context, Surroundings) and not source.exists(path):
        raise UnfitError(
            f"There is no file or folder {str(path)!r}.",
            "Correct the path; one that is not absolute starts at the folder of this file.",
            code="no-such-file",
        )
    return path


Duration = Annotated[
    timedelta,
    BeforeValidator(_from_text(parse_duration, "a duration such as 90s or 5m")),
    WithJsonSchema({"type": ["string", "number"], "pattern": r"^[0-9.]+ ?(ms|s|m|h|d)?$"}),
]
Size = Annotated[
    int,
    BeforeValidator(_from_text(parse_size, "a size such as 25 MB")),
    WithJsonSchema({"type": ["string", "integer"], "pattern": r"^[0-9.]+ ?([KMGkmg]?[Bb])?$"}),
]
Day = Annotated[date, BeforeValidator(_from_text(parse_day, "a day such as 2026-11-22"))]
Listen = Annotated[
    ListenAddress,
    BeforeValidator(_from_text(parse_listen, "an address such as 127.0.0.1:9108")),
    WithJsonSchema({"type": "string"}),
]
Line = Annotated[str, AfterValidator(_check_line), AfterValidator(_check_filled)]
"""A text on one line, not empty."""
SenderName = Annotated[Line, AfterValidator(_check_sender)]
"""An address, or `@domain`."""
Host = Annotated[Line, AfterValidator(_check_host)]
WebAddress = Annotated[Line, AfterValidator(_check_address)]
ProxyAddress = Annotated[Line, AfterValidator(_check_proxy)]
"""May hold user and password."""
LocalPath = Annotated[Path, AfterValidator(_resolve_path)]
"""A path that need not exist yet, absolute when there are Surroundings."""
PresentPath = Annotated[LocalPath, AfterValidator(_check_present)]
"""A path that must exist."""
