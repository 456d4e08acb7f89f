"""Findings: what does not agree, and how much was looked at. Values only."""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

MOST_SHOWN = 1000
"""Findings of one folder that are kept: where a ledger was lost, every mail is one."""


class Count(StrEnum):
    """What an audit found of one mail or lead."""

    AGREES = "agrees"
    OLD = "old"
    """It lay there before the first start (or the `start:` of the settings): not looked at."""
    UNREAD = "unread"
    """The next poll will read it."""
    MARK_DUE = "mark_due"
    """Its mark is still to be placed."""
    IN_DOUBT = "in_doubt"
    """A lead that may or may not have been accepted."""
    DISAGREES = "disagrees"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing on which mailbox, ledger and destination do not agree."""

    code: str
    """Stable name in kebab case, as `not-recorded`."""
    where: str
    """`inbox/folder/uid`, `lead 5`, or file and line of a journal."""
    mail: int | None = None
    """The mail's number in the ledger, where it has one."""
    text: str
    """What does not agree, in one sentence; holds no personal value."""
    remedy: str

    def __str__(self) -> str:
        """One line for people."""
        mail = f" (mail {self.mail})" if self.mail is not None else ""
        return f"{self.where}{mail}: {self.text} {self.remedy}"


@dataclass(slots=True)
class Report:
    """What was found in one folder, or of all leads."""

    counts: Counter[Count] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    """The first thousand."""

    def note(self, result: "Finding | Count") -> None:
        """Count one mail or lead, with what is wrong with it."""
        if isinstance(result, Count):
            self.counts[result] += 1
            return
        self.counts[Count.DISAGREES] += 1
        if len(self.findings) < MOST_SHOWN:
            self.findings.append(result)

    @property
    def more(self) -> int:
        """How many findings were counted and not kept."""
        return self.counts[Count.DISAGREES] - len(self.findings)
