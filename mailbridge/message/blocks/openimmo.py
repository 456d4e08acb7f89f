"""OpenImmo feedback: the XML by which German portals pass inquiries on.

Old files have the namespace `http://www.openimmo.de`, newer ones none; only local
names are compared. Elements are those of the published schema that say something of
the property or the person; `user_defined_extend` is left out, as nobody knows what
a portal puts there.
"""

from collections.abc import Iterator

from mailbridge.message.blocks.block import Block, BlockKind
from mailbridge.message.blocks.pairs import collect_persons, collect_values, make_blocks
from mailbridge.message.blocks.tree import Element

ROOT = "openimmo_feedback"

_OBJEKT = ("oobj_id", "portal_obj_id", "expose_url")
_INTERESSENT = (
    *("anrede", "vorname", "nachname", "firma", "strasse", "postfach", "plz", "ort"),
    *("tel", "mobil", "email", "bevorzugt", "wunsch", "anfrage"),
)


def read_feedback(root: Element, source: str) -> Iterator[Block]:
    """Give one block for each `objekt` and each `interessent` in it."""
    for number, objekt in enumerate(root.all("objekt"), start=1):
        asked = (number, collect_values(objekt, _OBJEKT))
        persons = collect_persons(objekt, _INTERESSENT)
        yield from make_blocks(BlockKind.OPENIMMO, source, ((asked, one) for one in persons))


def is_upload_report(root: Element) -> bool:
    """Whether it tells of an upload's errors or states; to ask where it speaks of no person."""
    return bool(root.all("fehlerliste") or root.all("status"))
