"""`objektanfrage`: Immowelt's own XML. Always ISO-8859-1, whatever it says of itself."""

from collections.abc import Iterator
from itertools import product

from mailbridge.message.blocks.block import Block, BlockKind
from mailbridge.message.blocks.pairs import collect_persons, collect_values, make_blocks
from mailbridge.message.blocks.tree import Element

ROOT = "objektanfrage"

_OBJEKT = ("o_refnr", "o_link")
_INTERESSENT = (
    *("i_anrede", "i_vorname", "i_name", "i_firma", "i_strasse", "i_plz", "i_ort"),
    *("i_tel", "i_mobil", "i_email", "i_info"),
)
_NONE = Element("objekt", ())


def read_objektanfrage(root: Element, source: str) -> Iterator[Block]:
    """Give one block for each `objekt` and each `interessent`, which stand side by side."""
    objekte = root.all("objekt") or (_NONE,)
    asked = [(n, collect_values(one, _OBJEKT)) for n, one in enumerate(objekte, start=1)]
    persons = collect_persons(root, _INTERESSENT)
    yield from make_blocks(BlockKind.OBJEKTANFRAGE, source, product(asked, persons))
