"""What the settings say of one inbox: where it is, how its mails are decided and marked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from mailbridge.decision import Policy
from mailbridge.inbox.account import Account
from mailbridge.inbox.marks import FOLDERS, Mark, Marking
from mailbridge.recording import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """One inbox as the bridge sees it."""

    account: Account
    policy: Policy
    folders: tuple[str, ...] = ("INBOX",)
    marking: Marking = Marking.AUTO
    mark_folders: Mapping[Mark, str] = field(default_factory=lambda: FOLDERS)
    mark_seen: bool = False
    verify_dkim: bool = False
    """Whether signatures are verified here, where a rule demands an authenticated sender."""
    start: datetime | None = None
    """Mail received from here on counts at the first start; None: only what arrives after it."""
    duplicate_window: timedelta = timedelta(days=7)
    """How long after an inquiry the same one counts as its duplicate."""

    @property
    def origin(self) -> Origin:
        """What a record needs to know of this inbox."""
        return Origin(self.account.name, self.duplicate_window)
