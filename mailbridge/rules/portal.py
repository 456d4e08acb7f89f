"""A portal as the rules use it: a rule file with its patterns compiled. Values only."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import regex

from mailbridge.message.blocks.block import BlockKind
from mailbridge.message.message import Address


class PatternTimeout(Exception):
    """A pattern ran out of its time; `where` is its `file:line:column`."""

    def __init__(self, where: str) -> None:
        """Keep where the pattern stands."""
        super().__init__(where)
        self.where = where


# One apostrophe, whichever way it is written: portals change between them, and
# so do visitors' keyboards. One character for one, so spans stay true.
_APOSTROPHES = "\u2019\u2018\u02bc\u00b4`"


def fold(text: str) -> str:
    """Write every apostrophe as `'`; every other character keeps its place."""
    for written in _APOSTROPHES:  # ten times as fast as str.translate
        text = text.replace(written, "'")
    return text


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled regular expression, where it stands, and how long it may run."""

    compiled: regex.Pattern[str]
    where: str
    """`file:line:column`."""
    seconds: float

    def search(self, text: str, start: int = 0) -> "regex.Match[str] | None":
        """Find the first match from `start` on; `^` and `$` hold at line ends.

        Raises PatternTimeout when the pattern runs out of its time.
        """
        try:
            return self.compiled.search(text, start, timeout=self.seconds)
        except TimeoutError:
            raise PatternTimeout(self.where) from None

    def find_all(self, text: str, start: int = 0) -> Iterator["regex.Match[str]"]:
        """Find every match in order. Raises PatternTimeout."""
        try:
            yield from self.compiled.finditer(text, start, timeout=self.seconds)
        except TimeoutError:
            raise PatternTimeout(self.where) from None

    def search_last(self, text: str, start: int) -> "regex.Match[str] | None":
        """Find the last match from `start` on. Raises PatternTimeout."""
        last = None
        for last in self.find_all(text, start):  # noqa: B007  (its last value is wanted)
            pass
        return last


@dataclass(frozen=True, slots=True)
class Label:
    """The words of one way's label, any of which may stand before a value."""

    pattern: Pattern
    """Has the groups `label`, and `value` for the rest of the line."""
    words: Mapping[str, str]
    """Each word as `plain_label` writes it, and where it stands: `file:line:column`."""
    repeated: tuple[tuple[str, str], ...] = ()
    """Words that stand there twice, and where again."""

    def where(self, match: "regex.Match[str]") -> str:
        """Say where the word stands that was found."""
        return self.words.get(plain_label(match["label"]), self.pattern.where)


def plain_label(written: str) -> str:
    """Write a label in one way: apostrophes, blanks and case alike, no colon."""
    return " ".join(fold(written).lower().strip().rstrip(":").split())


@dataclass(frozen=True, slots=True)
class Sender:
    """A sender that a rule names: one address, or a domain and what is below it."""

    written: str

    @property
    def domain(self) -> str:
        """The domain that it names, lower case."""
        return self.written.rpartition("@")[2].lower()

    def matches(self, address: Address) -> bool:
        """Compare the address itself, on whole labels; the display name never counts."""
        if not address.address.isascii():
            return False  # look-alike letters; real portals' domains come as ASCII (RFC 5890)
        wanted, given = self.written.lower(), address.address.lower()
        if not wanted.startswith("@"):
            return given == wanted
        return lies_in(given.rpartition("@")[2], wanted[1:])


def lies_in(domain: str, above: str) -> bool:
    """Tell whether a domain is `above` or below it, on whole labels; both lower case."""
    return domain == above or domain.endswith("." + above)


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What a mail must look like; an empty part of it always holds."""

    senders: tuple[Sender, ...] = ()
    not_senders: tuple[Sender, ...] = ()
    subject: tuple[Pattern, ...] = ()
    not_subject: tuple[Pattern, ...] = ()
    body: tuple[Pattern, ...] = ()
    not_body: tuple[Pattern, ...] = ()
    where: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One stretch of the text."""

    name: str
    start: tuple[Pattern, ...]
    end: tuple[Pattern, ...] = ()
    free_text: bool = False
    separator: str = ""
    """Parts the values of a section that stands on one line; empty: each has its line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way to find a value."""

    source: str
    """A section's name, `subject`, `from`, `reply_to`, `link`, `header:<name>`, or empty."""
    label: Label | None = None
    patterns: tuple[Pattern, ...] = ()
    take: str = ""
    after: str = ""
    """The value is what follows this text, where the text is in it."""
    before: str = ""
    """The value is what stands before this text, where the text is in it."""
    clean: str = ""
    by_portal: bool = False
    """Read from free text on purpose: the portal itself writes the sentence there."""
    where: str = ""
    """`file:line:column` of what it says in `in:`, or of itself."""


@dataclass(frozen=True, slots=True)
class Required:
    """Fields of which at least one must be found, and where that is said."""

    names: tuple[str, ...]
    where: str


@dataclass(frozen=True, slots=True)
class BlockUse:
    """A kind of structured block that the portal sends, and where that is said."""

    kind: BlockKind
    where: str
    """`file:line:column`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Portal:
    """A site that sends inquiries."""

    name: str
    evidence: str = ""
    about: str = ""
    extends: str = ""
    """The portal whose rules hold where this one says nothing; empty once they are put in."""
    extends_where: str = ""
    region: str = ""
    match: Condition | None = None
    """None only while the portal that it extends is still to be put in."""
    authenticated: bool = False
    ignore: tuple[Condition, ...] = ()
    part: str = ""
    """`text`, `html`, or `auto`; empty as `auto`."""
    relay: tuple[str, ...] = ()
    """Domains whose addresses the portal passes on to the visitor, lower case."""
    blocks: tuple[BlockUse, ...] = ()
    """The blocks that win over the text, the preferred kind first."""
    over_blocks: tuple[str, ...] = ()
    """Fields of which the text, or the subject, is believed more than the block."""
    sections: tuple[Section, ...] = ()
    footer: tuple[Pattern, ...] = ()
    """Where the portal's own closing begins; nothing below is read."""
    fields: Mapping[str, tuple[Way, ...]] = field(default_factory=dict)
    label_words: tuple[str, ...] = ()
    """Labels that it has and no field reads, and all those of its fields."""
    labels: Pattern | None = None
    """Matches a line that begins with any label of this portal."""
    separators: Mapping[str, Pattern] = field(default_factory=dict)
    """For each section with a separator: where the separator parts two values."""
    require: tuple[Required, ...] = ()
    name_order: str = ""
    """`given_first` or `family_first`; empty as `given_first`."""
    seconds: float = 0.2
    """How long one pattern may run over one text."""
    file: str = ""

    @property
    def senders(self) -> tuple[Sender, ...]:
        """Who sends its inquiries."""
        return self.match.senders if self.match else ()

    def owns(self, address: str) -> bool:
        """Tell whether an address is the portal's own, at which no visitor is reached."""
        domain = address.rpartition("@")[2].lower()
        if any(lies_in(domain, relay) for relay in self.relay):
            return False
        return any(lies_in(domain, sender.domain) for sender in self.senders)
