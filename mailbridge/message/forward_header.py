"""The header block that a mail program writes above a forwarded mail.

Reads labels and values from lines; what marks the start is `forward_marks`, and
whether the block is believed is for the caller: anybody can type one.
"""

import re
from dataclasses import dataclass, field

from mailbridge.message.forward_labels import KINDS, LANGUAGES, YAHOO, Kind, Labels
from mailbridge.message.message import Address

_MOST_LINES = 60
"""Lines that a block may have; long lists of recipients are wrapped."""
_LONGEST_LINE = 4_000
_MOST_RECIPIENTS = 50

_QUOTES = re.compile(r"(?:[ \t]{0,8}>){0,40}+[ \t]*+")
# Bold stays in text made from HTML as `*De :*`, `**De :**` or `*De* :`.
_LABEL = re.compile(r"[*_|]{0,3} {0,2}([^\W\d_][\w ()-]{0,18}?) {0,2}[*_]{0,3} {0,2}[:：][*_]{0,3}")
# Whole or not at all: half an address could be another one's.
_LETTER = r"[^\s<>()\[\]\",;:|«»@]"
_ADDRESS = rf"(?<!{_LETTER}){_LETTER}{{1,100}}+@{_LETTER}{{1,255}}+(?!@|{_LETTER})"
_BRACKETED = re.compile(rf"[<(\[] {{0,3}}(?:mailto:)?({_ADDRESS})", re.IGNORECASE)
_BARE = re.compile(_ADDRESS)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a text: its place, how deep it is quoted, and the rest of it."""

    start: int
    end: int
    depth: int
    content: str


def line_at(text: str, start: int) -> Line:
    """Read the line that begins at `start`."""
    end = text.find("\n", start)
    end = len(text) if end < 0 else end
    quotes = _QUOTES.match(text, start, end)
    begin = quotes.end() if quotes else start
    depth = text.count(">", start, begin)
    return Line(start, end, depth, text[begin : min(end, begin + _LONGEST_LINE)].strip())


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderBlock:
    """What a block says, and where the mail below it begins."""

    sender: Address
    """Always with an address."""
    date: str = ""
    """As written."""
    to: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    """Apple Mail and Thunderbird tell it where the original had one."""
    subject: str = ""
    language: str
    depth: int
    """How many quote marks stand before its lines."""
    end: int
    """Place in the text."""


def read_block(text: str, start: int) -> HeaderBlock | None:
    """Read the block whose first line begins at `start`; None where there is none.

    It must tell an address of the sender, and at least one of date, recipient and
    subject. It ends before the first line that belongs to no label.
    """
    reading = _Reading(_Lines(text, start))
    reading.follow()
    return reading.result()


def read_line_block(text: str, start: int) -> HeaderBlock | None:
    """Read a block that stands on one line, as in Yahoo's text part; `start` is inside it."""
    end = text.find("\n", start)
    end = len(text) if end < 0 else end
    line = text[start : min(end, start + _LONGEST_LINE)]
    for one in YAHOO:
        values = _split(line, one)
        sender = read_mailbox(values.get(Kind.SENDER, ""))
        if sender is not None:
            return HeaderBlock(
                sender=sender,
                date=values.get(Kind.DATE, ""),
                to=read_mailboxes(values.get(Kind.TO, "")),
                subject=values.get(Kind.SUBJECT, ""),
                language=one.language,
                depth=line_at(text, text.rfind("\n", 0, start) + 1).depth,
                end=end,
            )
    return None


def _split(line: str, labels: Labels) -> dict[Kind, str]:
    """Split at the labels in the order in which Yahoo writes them; empty where one lacks."""
    order = (
        (Kind.SENDER, labels.sender),
        (Kind.TO, labels.to),
        (Kind.OTHER, labels.cc),
        (Kind.DATE, labels.date),
        (Kind.SUBJECT, labels.subject),
    )
    values: dict[Kind, str] = {}
    kind, begin = None, 0
    for following, word in order:
        # The sender's name may hold a label's letters; the address ends it.
        search_from = max(begin, line.find(">", begin)) if following is Kind.TO else begin
        found = re.compile(rf"{re.escape(word)} ?:").search(line, search_from)
        if found is None and following is Kind.OTHER:
            continue
        if found is None or (kind is None and line[: found.start()].strip()):
            return {}
        if kind is not None:
            values[kind] = line[begin : found.start()].strip()
        kind, begin = following, found.end()
    return values | {Kind.SUBJECT: line[begin:].strip()}


def read_mailbox(written: str) -> Address | None:
    """Read name and address as programs write them; None where there is no address.

    `Name <a@b>`, `"Name" <a@b>`, `Name [mailto:a@b]`, `Name <a@b<mailto:a@b>>`,
    `[a@b](mailto:a@b)`, `Name a@b`. Where several stand the last one counts: a
    display name can look like an address, and stands before the real one.
    """
    bracketed = list(_BRACKETED.finditer(written))
    found = bracketed or list(_BARE.finditer(written))
    if not found:
        return None
    last = found[-1]
    address = last[1] if bracketed else last[0]
    local, _, domain = address.strip("'`*.").rpartition("@")
    if not local or not domain:
        return None
    name = written[: found[0].start()].strip(" \t\"'«»“”„*[]()<>")
    return Address(" ".join(name.split()), f"{local}@{domain.lower()}")


def read_mailboxes(written: str) -> tuple[Address, ...]:
    """Read the addresses of a list of recipients, each once; names are left out."""
    found = (read_mailbox(one[0]) for one in _BARE.finditer(written))
    addresses = dict.fromkeys(one.address for one in found if one is not None)
    return tuple(Address("", address) for address in list(addresses)[:_MOST_RECIPIENTS])


class _Lines:
    """The lines from a place on, each read when it is asked for."""

    def __init__(self, text: str, start: int) -> None:
        self._text = text
        self._next: int | None = start
        self._read: list[Line] = []

    def get(self, number: int) -> Line | None:
        """Return a line; None after the end of the text, and past the most that a block has."""
        while len(self._read) <= number < _MOST_LINES and self._next is not None:
            line = line_at(self._text, self._next)
            self._read.append(line)
            self._next = line.end + 1 if line.end < len(self._text) else None
        return self._read[number] if number < len(self._read) else None

    def filled_from(self, number: int, blanks: int) -> tuple[int, Line] | None:
        """Return the next line with text and its number, if at most `blanks` empty ones precede."""
        for at in range(number, number + blanks + 1):
            line = self.get(at)
            if line is not None and line.content:
                return at, line
        return None


def _read_label(line: Line) -> tuple[str, Kind, str] | None:
    """Return label, kind and value of a line that begins with a label."""
    found = _LABEL.match(line.content)
    if found is None:
        return None
    label = " ".join(found[1].casefold().split())
    kind = KINDS.get(label)
    return None if kind is None else (label, kind, line.content[found.end() :].strip())


@dataclass(slots=True)
class _Reading:
    """One pass over the lines of a block."""

    lines: _Lines
    values: dict[Kind, str] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    languages: tuple[str, ...] = ()
    last: Kind = Kind.OTHER
    below: bool = False
    """Whether values stand on the line below their label, as the first one does."""
    spaced: bool | None = None
    """Whether blank lines stand between the labels; None before the second label."""
    at: int = 0
    """Number of the first line that is not yet read."""

    def follow(self) -> None:
        """Read labels until a line belongs to none."""
        while (number := self._next_line()) is not None:
            line = self.lines.get(number)
            label = _read_label(line) if line else None
            if label and self._is_new(label[0], label[1]):
                self._take(number, *label)
            elif line and number == self.at and self.values and self._continues(line, number):
                self.values[self.last] += " " + line.content
                self.at = number + 1
            else:
                return

    def result(self) -> HeaderBlock | None:
        """Return the block; None where what must be there is not."""
        sender = read_mailbox(self.values.get(Kind.SENDER, ""))
        first, last = self.lines.get(0), self.lines.get(max(0, self.at - 1))
        told = self.values.keys() & {Kind.DATE, Kind.TO, Kind.SUBJECT}
        if sender is None or not told or first is None or last is None:
            return None
        return HeaderBlock(
            sender=sender,
            date=self.values.get(Kind.DATE, "").strip("* "),
            to=read_mailboxes(self.values.get(Kind.TO, "")),
            reply_to=read_mailboxes(self.values.get(Kind.REPLY_TO, "")),
            subject=" ".join(self.values.get(Kind.SUBJECT, "").split()),
            language=self.languages[0],
            depth=first.depth,
            end=last.end,
        )

    def _next_line(self) -> int | None:
        """Return the line to read now: the next, or one after blank lines where those divide."""
        first = self.lines.get(self.at)
        if first is None:
            return None
        if first.content:
            return self.at
        if self.spaced is False or not self.values:
            return None
        below = self.lines.filled_from(self.at, 2)
        return below[0] if below and _read_label(below[1]) else None

    def _is_new(self, label: str, kind: Kind) -> bool:
        # A second `Objet :` is the portal's own line.
        return label not in self.seen and (kind is Kind.OTHER or kind not in self.values)

    def _take(self, number: int, label: str, kind: Kind, value: str) -> None:
        if self.values and self.spaced is None:
            self.spaced = number > self.at
        self.at = number + 1
        if not self.values:
            self.below = not value
        if self.below and not value:
            self.at, value = self._value_below(number + 1)
        self.seen.add(label)
        self.values[kind] = value
        self.last = kind
        common = tuple(one for one in self.languages if one in LANGUAGES[label])
        self.languages = common or self.languages or LANGUAGES[label]

    def _value_below(self, number: int) -> tuple[int, str]:
        """Return the line after a value that stands below its label, and the value."""
        below = self.lines.filled_from(number, 1)
        if below is None or _read_label(below[1]):
            return number, ""
        return below[0] + 1, below[1].content

    def _continues(self, line: Line, number: int) -> bool:
        """Whether a line without a label is the rest of the value above it."""
        written = self.values[self.last]
        if self.last is Kind.SENDER:
            return "@" not in written and "@" in line.content
        if self.last in (Kind.TO, Kind.OTHER, Kind.REPLY_TO):
            return "@" in line.content and (written.endswith((",", ";")) or line.content[0] == "<")
        # A long subject or date that was wrapped: another label follows at once.
        if _LABEL.match(line.content):
            return False
        after = self.lines.get(number + 1)
        label = _read_label(after) if after else None
        return label is not None and "@" in label[2] and self._is_new(label[0], label[1])
