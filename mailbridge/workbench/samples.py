"""What lies on the bench: mails, cases, and the rules around the edited one. Values only."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from mailbridge.decision import Policy
from mailbridge.leads.catalogue import Catalogue
from mailbridge.rules.portal import Portal
from mailbridge.targets import OnUnknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One chosen mail."""

    key: str
    """Names it on this bench, as `m3`."""
    name: str
    """What people call it: a file's name, or inbox/folder/uid. For showing only."""
    raw: bytes
    policy: Policy
    """Of the inbox that it came from; that of files where it came from none."""
    received: datetime | None = None


class People(StrEnum):
    """What becomes of the people in a mail that is kept as a case."""

    REPLACED = "replaced"
    KEPT = "kept"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseText:
    """One case of the portal: a mail, and the text that says what is expected of it."""

    name: str
    """The file's name without its ending."""
    raw: bytes
    expected: str
    """YAML as `documents.casefile` wants it."""
    file: str = ""
    """Where that text stands, as messages name it; empty while it is not saved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """The rules that the edited one stands among."""

    shipped: tuple[Portal, ...]
    own: tuple[Portal, ...]
    """Those of the settings' folder; the edited file's text takes the place of its namesake."""
    further: tuple[tuple[Portal, ...], ...] = ()
    """Those named on the command line, each of which wins over all before it."""
    file: str
    """The rule file that is edited, as messages name it."""
    seconds: float
    """How long one pattern may run over one text: the settings' limits.pattern_time."""
    policy: Policy
    """How cases are decided."""
    catalogue: Catalogue | None = None
    """The CRM's lists as they were when the rule was opened, which mails' references are held
    against; not cases': they must not change with the lists."""
    unknown: OnUnknown = OnUnknown.WARN
    cases: tuple[CaseText, ...] = field(default=())
