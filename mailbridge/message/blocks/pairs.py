"""One block for each property and each person who asks for it."""

from collections.abc import Iterable, Iterator

from mailbridge.message.blocks.block import Block, BlockKind
from mailbridge.message.blocks.disclosure import cut_self_disclosure
from mailbridge.message.blocks.tree import Element

Numbered = tuple[int, dict[str, str]]
"""An element's place among its like, from 1, and its values."""

_REPEATED = frozenset({"wunsch", "bevorzugt"})
"""Elements that may stand several times; of all others the first that says something counts."""


def collect_values(element: Element, names: Iterable[str]) -> dict[str, str]:
    """Return what the children of these names say, by `parent/child`.

    Full paths, because names such as `ort` stand under the property and the person.
    """
    values = {}
    for name in names:
        texts = [cut_self_disclosure(child.text).strip() for child in element.all(name)]
        said = [text for text in texts if text]
        if said:
            path = f"{element.name}/{name}"
            values[path] = ", ".join(said) if name in _REPEATED else said[0]
    return values


def collect_persons(parent: Element, names: Iterable[str]) -> list[Numbered]:
    """Return the `interessent` children of whom something is said: an empty one is nobody."""
    persons = [collect_values(person, names) for person in parent.all("interessent")]
    return [(place, values) for place, values in enumerate(persons, start=1) if values]


def make_blocks(
    kind: BlockKind, source: str, pairs: Iterable[tuple[Numbered, Numbered]]
) -> Iterator[Block]:
    """Make a block of each property with a person."""
    for (number, objekt), (place, person) in pairs:
        yield Block(kind=kind, source=source, values={**objekt, **person}, index=(number, place))
