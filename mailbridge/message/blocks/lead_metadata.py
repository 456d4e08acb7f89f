"""Lead Metadata 1.0: meta tags in a mail's HTML that hold the lead.

Source: the published specification. Names are matched exactly: custom fields such
as `lead_assigned_agent_email` begin alike and are other people's.
"""

import re
from collections.abc import Iterator
from html import unescape

from mailbridge.message.blocks.block import Block, BlockKind
from mailbridge.message.blocks.disclosure import cut_self_disclosure
from mailbridge.message.textform import tidy

VERSION = "lead_information_version"
NAMES = frozenset(
    {"lead_type", "lead_name", "lead_email", "lead_phone", "lead_mls", "lead_message"}
)
"""Those of which a lead's values are made."""

# Comments, and elements whose text is no markup, run to their end or the document's;
# every other tag with its attributes, as the HTML standard reads it (13.2.5).
_PIECE = re.compile(
    r"""<!--.*?(?:-->|\Z)
    |<(?P<closed>script|style|textarea|title|xmp|template)(?=[\s/>])
      .*?(?:</(?P=closed)(?=[\s/>])|\Z)
    |<(?P<name>[a-z][^\s/>]*+)(?P<attributes>(?:[\s/]++|[^\s/>][^\s/>=]*+
      (?:\s*+=\s*+(?:"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z)|[^\s>]*+))?+)*+)(?:>|\Z)""",
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
_ATTRIBUTE = re.compile(
    r"""([^\s/>=][^\s/>=]*+)(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s>"']*+)))?+""",
    re.DOTALL,
)


def read_metadata(html: str) -> Iterator[Block]:
    """Give the block of the document's meta tags, or none where they are not of version 1.0."""
    if VERSION not in html:
        return
    versions: list[str] = []
    values: dict[str, str] = {}
    for name, content in _metas(html):
        if name == VERSION:
            versions.append(content.strip())
        elif name in NAMES:
            value = cut_self_disclosure(tidy(content)).strip()
            if value:
                values.setdefault(name, value)
    if set(versions) == {"1.0"} and values:
        yield Block(kind=BlockKind.LEAD_METADATA, source="html", values=values)


def _metas(html: str) -> Iterator[tuple[str, str]]:
    for piece in _PIECE.finditer(html):
        if (piece["name"] or "").lower() != "meta":
            continue
        attributes: dict[str, str] = {}
        for name, double, single, bare in _ATTRIBUTE.findall(piece["attributes"]):
            attributes.setdefault(name.lower(), unescape(double or single or bare))
        if "name" in attributes:
            yield attributes["name"].strip().lower(), attributes.get("content", "")
