"""A portal as the rules use it: a rule file with its patterns compiled. Values only."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import regex

from mailbridge.message.message import Address


class PatternTimeout(Exception):
    """A pattern ran out of its time; `where` is its `file:line`."""

    def __init__(self, where: str) -> None:
        """Keep where the pattern stands."""
        super().__init__(where)
        self.where = where


# One apostrophe, whichever way it is written: portals change between them, and
# so do visitors' keyboards. One character for one, so spans stay true.
_FOLD = str.maketrans(dict.fromkeys("\u2019\u2018\u02bc\u00b4\u0060", "'"))


def fold(text: str) -> str:
    """Write every apostrophe as `'`; every other character keeps its place."""
    return text.translate(_FOLD)


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled regular expression, where it stands, and how long it may run."""

    compiled: regex.Pattern[str]
    where: str
    """`file:line`."""
    seconds: float

    def search(
        self, text: str, start: int = 0, end: int | None = None
    ) -> "regex.Match[str] | None":
        """Find the first match in `text[start:end]`; `^` and `$` hold at line ends.

        Raises PatternTimeout when the pattern runs out of its time.
        """
        try:
            return self.compiled.search(text, start, end, timeout=self.seconds)
        except TimeoutError:
            raise PatternTimeout(self.where) from None

    def find_all(self, text: str) -> Iterator["regex.Match[str]"]:
        """Find every match in order. Raises PatternTimeout."""
        try:
            yield from self.compiled.finditer(text, timeout=self.seconds)
        except TimeoutError:
            raise PatternTimeout(self.where) from None

    def search_last(self, text: str, start: int) -> "regex.Match[str] | None":
        """Find the last match from `start` on. Raises PatternTimeout."""
        last = None
        try:
            for match in self.compiled.finditer(text, start, timeout=self.seconds):
                last = match
        except TimeoutError:
            raise PatternTimeout(self.where) from None
        return last


@dataclass(frozen=True, slots=True)
class Sender:
    """A sender that a rule names: one address, or a domain and what is below it."""

    written: str

    def matches(self, address: Address) -> bool:
        """Compare the address itself, on whole labels; the display name never counts."""
        if not address.address.isascii():
            return False  # look-alike letters; real portals' domains come as ASCII (RFC 5890)
        wanted, given = self.written.lower(), address.address.lower()
        if not wanted.startswith("@"):
            return given == wanted
        domain = given.rpartition("@")[2]
        return domain == wanted[1:] or domain.endswith("." + wanted[1:])


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What a mail must look like; an empty part of it always holds."""

    senders: tuple[Sender, ...] = ()
    subject: tuple[Pattern, ...] = ()
    body: tuple[Pattern, ...] = ()
    where: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One stretch of the text."""

    name: str
    start: tuple[Pattern, ...]
    end: tuple[Pattern, ...] = ()
    free_text: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way to find a value."""

    source: str
    """A section's name, `subject`, `from`, `reply_to`, `link`, `header:<name>`, or empty."""
    label: Pattern | None = None
    """Matches a label at a line's start, any of its words."""
    patterns: tuple[Pattern, ...] = ()
    take: str = ""
    clean: str = ""
    where: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Portal:
    """A site that sends inquiries."""

    name: str
    evidence: str
    about: str = ""
    region: str = ""
    match: Condition
    authenticated: bool = False
    ignore: tuple[Condition, ...] = ()
    part: str = "auto"
    sections: tuple[Section, ...] = ()
    fields: Mapping[str, tuple[Way, ...]]
    labels: Pattern | None = None
    """Matches a line that begins with any label of this portal."""
    require: tuple[tuple[str, ...], ...] = ()
    name_order: str = "given_first"
    """Or `family_first`: how a full name stands in `sender_name`."""
    file: str = ""
