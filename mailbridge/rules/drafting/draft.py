"""What drafting takes and gives. Values only; the work is in `writing` and `mending`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from mailbridge.message.message import Message


class Sureness(StrEnum):
    """How far a drafted field can be trusted."""

    GIVEN = "given"
    """A person said the value, and the rule finds it."""
    SURE = "sure"
    """A label that can mean nothing else, or all examples agree."""
    LIKELY = "likely"
    """It fits, and another mail of the layout may show that it does not."""
    UNSURE = "unsure"
    """Not among the fields: at most a comment in the file. A person must say."""
    MISSING = "missing"
    """Nothing in the examples looks like it."""


@dataclass(frozen=True, slots=True)
class Example:
    """One mail of the portal, and what a person says of it."""

    message: Message
    given: Mapping[str, str] = field(default_factory=dict)
    """Field names of rule files (`sender_email`) to the values that this mail has."""


@dataclass(frozen=True, slots=True)
class Note:
    """What is said of one field of a draft, or of `match`, `ignore`, `sections`."""

    field: str
    sureness: Sureness
    why: str
    """A sentence for the person who drafts."""
    value: str = ""
    """What the draft reads in the first example, or would by the suggestion."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A drafted rule file, and how sure each part of it is."""

    rule: str
    """YAML; `rules check` accepts it."""
    notes: tuple[Note, ...]
