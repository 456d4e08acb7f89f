"""When the visitor asked: the date of a lead, out of the two dates that a mail has.

The clock is never looked at: the two dates are compared with each other only.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from mailbridge.problems import Problem

_OLDEST = datetime(2000, 1, 1, tzinfo=UTC)
_AHEAD = timedelta(days=2)
"""A mail may be dated after it was received by a clock that is wrong or in another zone."""

NO_DATE = Problem(
    code="no-date",
    text="The mail has no usable date, and it is not known when the mailbox received it.",
)
IMPLAUSIBLE_DATE = Problem(
    code="implausible-date",
    text="The date written in the mail cannot be right; the time of receipt is used where known.",
)


@dataclass(frozen=True, slots=True)
class Dating:
    """The date of a lead and what was wrong with the dates of its mail."""

    seconds: int | None
    """Unix time; None where the mail has no date at all."""
    problems: tuple[Problem, ...] = ()


def choose_date(written: datetime | None, received: datetime | None) -> Dating:
    """Take the Date header (`written`), unless it cannot be right; else the time of receipt.

    A date cannot be right that lies before 2000 or more than two days after the
    receipt. An old date is right: people forward old mails. A datetime without
    a zone counts as UTC.
    """
    written, received = _aware(written), _aware(received)
    if received is not None and received < _OLDEST:
        received = None
    problems: tuple[Problem, ...] = ()
    if written is not None:
        late = received is not None and written - received > _AHEAD
        if written >= _OLDEST and not late:
            return Dating(int(written.timestamp()))
        problems = (IMPLAUSIBLE_DATE,)
    if received is not None:
        return Dating(int(received.timestamp()), problems)
    return Dating(None, (*problems, NO_DATE))


def _aware(moment: datetime | None) -> datetime | None:
    if moment is not None and moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    return moment
