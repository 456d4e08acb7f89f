"""What the bench says of a rule text, of each mail and of each case. Values only."""

from dataclasses import dataclass, field

from mailbridge.casebook import Difference
from mailbridge.changes import Comparison
from mailbridge.outcomes import Outcome
from mailbridge.problems import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldFound:
    """One value that the rule found in a mail."""

    name: str
    value: str
    """Cut after VALUE_LENGTH characters: a hostile mail's must not fill the page."""
    source: str
    """As `rules.inquiry.Found.source`."""
    span: tuple[int, int] | None
    """Characters in the source's text."""
    where: str
    """`file:line:column` of the pattern or label."""
    part: int
    """Number of the inquiry in the mail, from 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailFinding:
    """One mail under the edited rule, and against the saved one."""

    key: str
    outcome: Outcome
    portal: str
    fields: tuple[FieldFound, ...]
    problems: tuple[Problem, ...]
    change: Comparison
    """From the rules as they are saved to the edited one."""
    forwarded: bool
    """The portal's mail lay inside; the spans are in that one's texts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFinding:
    """One case of the portal under the edited rule."""

    name: str
    differences: tuple[Difference, ...]
    """Empty: it passes."""
    problems: tuple[Problem, ...] = ()
    """Why it could not be run at all."""
    saved: bool = True
    """Whether it lies in the portal's folder already."""

    @property
    def passed(self) -> bool:
        """Whether it is as expected."""
        return not self.differences and not self.problems


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """All that is said of one rule text."""

    portal: str = ""
    """The name that the text gives; empty where it cannot be read."""
    problems: tuple[Problem, ...] = ()
    """What keeps the text from being a rule; then there are no findings."""
    advice: tuple[Problem, ...] = ()
    mails: tuple[MailFinding, ...] = ()
    cases: tuple[CaseFinding, ...] = ()
    uncovered: tuple[Problem, ...] = ()
    """Patterns, labels and conditions that no case exercises."""
    slow: tuple[Problem, ...] = ()
    """Patterns that ran out of time, with their lines; what was left then was not tried."""
    untried: int = 0
    """Mails and cases that were not tried for that reason."""
    unread: tuple[tuple[str, Problem], ...] = field(default=())
    """Mails that are on the bench and cannot be read, by key."""

    @property
    def may_be_saved(self) -> bool:
        """Whether it is a rule, has a case, and every case passes."""
        finished = not (self.problems or self.slow or self.untried)
        return finished and bool(self.cases) and all(case.passed for case in self.cases)


@dataclass(frozen=True, slots=True, kw_only=True)
class PartView:
    """One text of a mail, as rules see it."""

    part: str
    """`text`, `html`, or `subject`."""
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MailView:
    """One mail to look at: that which the portal sent, where it was forwarded."""

    key: str
    subject: str
    sender: str
    parts: tuple[PartView, ...]
    html: bool
    """Whether the mail as received has HTML that `message.picture` may paint."""
    forwarded: bool
