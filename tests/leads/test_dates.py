"""The date of a lead: written, received, or none; never the clock's."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from mailbridge.leads.dates import choose_date

MARCH = datetime(2026, 3, 10, 12, tzinfo=UTC)
SECONDS = 1773144000
SUMMER = timezone(timedelta(hours=2))


@pytest.mark.parametrize(
    ("written", "received", "seconds", "codes"),
    [
        (MARCH, None, SECONDS, []),
        (MARCH, MARCH + timedelta(days=400), SECONDS, []),
        (MARCH, MARCH - timedelta(days=2), SECONDS, []),
        (MARCH, MARCH - timedelta(days=2, seconds=1), SECONDS - 172801, ["implausible-date"]),
        (datetime(2026, 3, 10, 14, tzinfo=SUMMER), None, SECONDS, []),
        (datetime(2026, 3, 10, 12), None, SECONDS, []),  # noqa: DTZ001 - a naive one is the case
        (MARCH + timedelta(microseconds=999_999), None, SECONDS, []),
        (None, MARCH, SECONDS, []),
        (datetime(1999, 12, 31, tzinfo=UTC), MARCH, SECONDS, ["implausible-date"]),
        (datetime(1970, 1, 1, tzinfo=UTC), None, None, ["implausible-date", "no-date"]),
        (datetime(2000, 1, 1, tzinfo=UTC), None, 946684800, []),
        (MARCH, datetime(1970, 1, 1, tzinfo=UTC), SECONDS, []),
        (None, datetime(1970, 1, 1, tzinfo=UTC), None, ["no-date"]),
        (None, None, None, ["no-date"]),
        (datetime.max.replace(tzinfo=UTC), MARCH, SECONDS, ["implausible-date"]),
        (datetime.min.replace(tzinfo=SUMMER), MARCH, SECONDS, ["implausible-date"]),
    ],
)
def test_the_written_date_counts_unless_it_cannot_be_right(
    written: datetime | None, received: datetime | None, seconds: int | None, codes: list[str]
) -> None:
    dating = choose_date(written, received)
    assert dating.seconds == seconds
    assert [p.code for p in dating.problems] == codes
