"""A block: what a portal says of one property and one person, for machines. Values only."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from mailbridge.problems import Problem

MOST_BLOCKS = 100
"""In one mail; each is a lead, and a mail with more of them is not sent by a portal."""


class BlockKind(StrEnum):
    """The formats that are read."""

    OPENIMMO = "openimmo"
    """Feedback XML of OpenImmo (root `openimmo_feedback`), attached."""
    OBJEKTANFRAGE = "objektanfrage"
    """Immowelt's own XML (root `objektanfrage`), attached."""
    LEAD_METADATA = "lead_metadata"
    """Lead Metadata 1.0: meta tags in the HTML part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One person's interest in one property; a file with several holds several blocks."""

    kind: BlockKind
    source: str
    """The attachment's name, for showing only, or `html`."""
    values: Mapping[str, str]
    """By path, as `objekt/oobj_id` or `lead_email`; canonical text, none of them empty,
    and without the person's self-disclosure (`disclosure`)."""
    index: tuple[int, int] = (1, 1)
    """Which property and which person of it in the source, each from 1."""


@dataclass(frozen=True, slots=True)
class Blocks:
    """All blocks of one message, in the order in which they stand."""

    blocks: tuple[Block, ...] = ()
    upload_reports: tuple[str, ...] = ()
    """Attachments that report on an upload and speak of no person: such a mail is no inquiry."""
    problems: tuple[Problem, ...] = ()
    """What could not be read; never holds a value of the mail."""
