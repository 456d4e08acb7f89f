"""A regular expression taken apart, as far as advice about it needs.

Knows what compiles; whether it does is not asked here. Must not run any pattern.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

UNLIMITED = -1


@dataclass(slots=True)
class Item:
    """One character, class, anchor or group, and how often it may stand."""

    text: str
    """As written, without quantifier; of a group its opening."""
    branches: list[list["Item"]] | None = None
    """The alternatives of a group; None where it is none."""
    most: int = 1
    """How often at most; UNLIMITED for * and +."""
    least: int = 1
    greedy: bool = True
    """False for lazy and possessive ones, which do not go back and forth in this way."""

    @property
    def captures(self) -> bool:
        """It is the group that takes the value."""
        return self.text in {"("} or (
            self.text.startswith(("(?P<", "(?<")) and (not self.text.startswith(("(?<=", "(?<!")))
        )

    @property
    def looks(self) -> bool:
        """It looks ahead or back and takes nothing."""
        return self.text.startswith(("(?=", "(?!", "(?<=", "(?<!"))

    @property
    def repeats(self) -> bool:
        """It may stand any number of times, and gives back what it took."""
        return self.most == UNLIMITED and self.greedy


@dataclass(slots=True)
class _Scanner:
    text: str
    at: int = 0
    items: list[Item] = field(default_factory=list)

    def branches(self) -> list[list[Item]]:
        """Read alternatives up to the closing bracket or the end."""
        found: list[list[Item]] = [[]]
        while self.at < len(self.text) and self.text[self.at] != ")":
            if self.text[self.at] == "|":
                self.at += 1
                found.append([])
                continue
            item = self.item()
            self.quantify(item)
            found[-1].append(item)
        return found

    def item(self) -> Item:
        start, char = self.at, self.text[self.at]
        if char == "\\":
            self.at += 2
            if self.text[start + 1 : start + 2] in {"p", "P", "N"} and self._next() == "{":
                self.at = self._find("}", self.at) + 1
        elif char == "[":
            self.at = self._end_of_class() + 1
        elif char == "(":
            return self.group()
        else:
            self.at += 1
        return Item(self.text[start : self.at])

    def group(self) -> Item:
        start = self.at
        self.at += 1
        if self._next() == "?":
            openings = ("(?P<", "(?<=", "(?<!", "(?<")
            opening = next((o for o in openings if self.text.startswith(o, start)), "")
            if opening in {"(?P<", "(?<"}:
                self.at = self._find(">", self.at) + 1
            elif opening:
                self.at = start + 4
            else:
                while self.at < len(self.text) and self.text[self.at] not in ":=!>)":
                    self.at += 1
                if self._next() != ")":
                    self.at += 1
        item = Item(self.text[start : self.at])
        item.branches = self.branches()
        self.at += 1
        return item

    def quantify(self, item: Item) -> None:
        char = self._next()
        if char in {"*", "+", "?"}:
            item.least = 1 if char == "+" else 0
            item.most = 1 if char == "?" else UNLIMITED
            self.at += 1
        elif char == "{":
            inside = self.text[self.at + 1 : self._find("}", self.at)]
            low, comma, high = inside.partition(",")
            if not (low or high).isdecimal():
                return
            item.least = int(low) if low.isdecimal() else 0
            item.most = int(high) if high.isdecimal() else UNLIMITED if comma else item.least
            self.at = self._find("}", self.at) + 1
        else:
            return
        if self._next() in {"?", "+"}:
            item.greedy = False
            self.at += 1

    def _next(self) -> str:
        return self.text[self.at : self.at + 1]

    def _find(self, char: str, start: int) -> int:
        at = self.text.find(char, start)
        return len(self.text) if at < 0 else at

    def _end_of_class(self) -> int:
        at = self.at + 1
        at += self.text.startswith("^", at)
        at += self.text.startswith("]", at)
        while at < len(self.text) and self.text[at] != "]":
            at += 2 if self.text[at] == "\\" else 1
        return at


def take_apart(pattern: str) -> list[list[Item]]:
    """Give the alternatives of a pattern, each as a list of items. Never raises."""
    scanner = _Scanner(pattern)
    found = scanner.branches()
    while scanner.at < len(pattern):  # a bracket too many: it did not compile
        scanner.at += 1
        found += scanner.branches()
    return found


def walk(branches: list[list[Item]]) -> Iterator[list[Item]]:
    """Give every sequence of items, those inside groups too."""
    for sequence in branches:
        yield sequence
        for item in sequence:
            if item.branches:
                yield from walk(item.branches)


def write(sequence: list[Item]) -> str | None:
    """Write a sequence that is plain text as that text; None where it is more."""
    if any(item.branches is not None or item.most != 1 or item.least != 1 for item in sequence):
        return None
    written = [
        item.text[1:] if item.text[0] == "\\" and not item.text[1:].isalnum() else item.text
        for item in sequence
    ]
    plain = all(len(char) == 1 and char not in ".^$" for char in written)
    return "".join(written) if plain else None
