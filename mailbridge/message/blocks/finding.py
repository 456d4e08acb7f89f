"""Message → its structured blocks.

A file is known by its root element: names and MIME types vary and are not believed.
"""

import re
from itertools import islice

from mailbridge.message.blocks import objektanfrage, openimmo
from mailbridge.message.blocks.block import MOST_BLOCKS, Block, Blocks
from mailbridge.message.blocks.lead_metadata import read_metadata
from mailbridge.message.blocks.tree import BYTE_ORDER_MARKS, LATIN, Element, encodings_of, parse_xml
from mailbridge.message.message import Attachment, Message
from mailbridge.message.textform import tidy_line
from mailbridge.problems import Problem

_ROOT = re.compile(
    rb"<(?:[A-Za-z_][\w.-]{0,40}:)?(openimmo_feedback|objektanfrage)(?=[\s/>])", re.ASCII
)
# Byte order marks and blanks, where nothing else may stand before the markup.
_BEFORE = b"\xef\xbb\xbf\xff\xfe \t\r\n"
_BEGINNING = 64 * 1024
"""Bytes in which a root element must begin."""
_LONGEST_NAME = 100

_WITHOUT_PERSON = Problem(
    code="block-without-person",
    text="An attached XML file names no person who asks; the mail's text was read instead.",
)
_TOO_MANY = Problem(
    code="block-refused",
    text=f"The mail's attachments hold more than {MOST_BLOCKS} inquiries; none of them was read.",
    remedy="Look at the mail; no portal is known to send so many at once.",
)


def find_blocks(message: Message) -> Blocks:
    """Read all blocks of a message; what cannot be read becomes a problem."""
    blocks: list[Block] = []
    reports: list[str] = []
    problems: dict[Problem, None] = {}
    for attachment in message.attachments:
        root = _open(attachment)
        if isinstance(root, Problem):
            problems[root] = None
            continue
        if root is None:
            continue
        name = tidy_line(attachment.name)[:_LONGEST_NAME]
        if root.name == openimmo.ROOT:
            stream = openimmo.read_feedback(root, name)
        else:
            stream = objektanfrage.read_objektanfrage(root, name)
        found = list(islice(stream, MOST_BLOCKS + 1))
        blocks += found
        if len(blocks) > MOST_BLOCKS:
            return Blocks(problems=(*problems, _TOO_MANY))
        if not found and root.name == openimmo.ROOT and openimmo.is_upload_report(root):
            reports.append(name)
        elif not found:
            problems[_WITHOUT_PERSON] = None
    blocks += read_metadata(message.html_source or "")
    return Blocks(tuple(blocks), tuple(reports), tuple(problems))


def _open(attachment: Attachment) -> Element | Problem | None:
    """Return the root element where it is one of ours."""
    kind = attachment.content_type.lower()
    if kind in ("text/plain", "text/html") or kind.startswith("image/"):
        return None
    content = attachment.content.lstrip()
    # UTF-16 has a NUL beside each of these letters.
    beginning = content[:_BEGINNING].replace(b"\x00", b"")
    if not beginning.lstrip(_BEFORE).startswith(b"<"):
        return None
    named = _ROOT.search(beginning)
    if named is None:
        return None
    encodings = encodings_of(content)
    # A byte order mark is no claim but a fact.
    marked = content.startswith(BYTE_ORDER_MARKS)
    if named[1].decode() == objektanfrage.ROOT and not marked:
        encodings = (LATIN,)
    root = parse_xml(content, encodings)
    if isinstance(root, Element) and root.name not in (openimmo.ROOT, objektanfrage.ROOT):
        return None
    return root
