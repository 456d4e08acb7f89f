"""Dates as mail programs write them: each language, and those that nobody should guess."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbridge.message.forward_dates import names_zone, read_date

HERE = timezone(timedelta(hours=1))
WHEN = datetime(2026, 11, 3, 8, 15, tzinfo=HERE)


@pytest.mark.parametrize(
    "written",
    [
        "mardi 3 novembre 2026 08:15",  # Outlook FR
        "mardi, 3 novembre 2026 à 08:15",  # Outlook for the Mac FR
        "mar. 3 nov. 2026 à 08:15",  # Gmail FR
        "mardi 3 novembre 2026 08 h 15",  # Outlook FR, Canada
        "Dienstag, 3. November 2026 08:15",  # Outlook DE
        "Di., 3. Nov. 2026 um 08:15 Uhr",  # Gmail DE
        "martedì 3 novembre 2026 08:15",  # Outlook IT
        "mar 3 nov 2026 alle ore 08:15",  # Gmail IT
        "Tuesday, November 3, 2026 8:15 AM",  # Outlook EN, US
        "Tue, Nov 3, 2026 at 8:15 AM",  # Gmail EN
        "Tue, 3 Nov 2026 at 08:15",  # Gmail EN, UK
        "03 November 2026 08:15",  # Outlook EN, UK
        "On Tuesday, November 3rd, 2026 at 8:15 am",  # Proton
        "martes, 3 de noviembre de 2026 8:15",  # Outlook ES
        "03/11/2026 08:15",  # Outlook 2019 for the Mac FR
        "03/11/2026, 08:15",  # Outlook 2019 for the Mac DE
        "3.11.26 08:15",
        "2026-11-03 08:15",
    ],
)
def test_a_date_without_a_zone_counts_where_the_forwarder_is(written: str) -> None:
    assert read_date(written, HERE) == WHEN
    assert not names_zone(written)


@pytest.mark.parametrize(
    ("written", "hours"),
    [
        ("Tue, 3 Nov 2026 08:15:22 +0100", 1),  # Thunderbird
        ("Tue, 3 Nov 2026 08:15:22 -0530", -5.5),
        ("mardi 3 novembre 2026, 08:15:22 UTC+1", 1),  # Yahoo FR
        ("martedì 3 novembre 2026, 08:15:22 CET", 1),  # Yahoo IT
        ("3 novembre 2026 à 08:15:22 UTC+2", 2),  # Apple Mail FR
        ("3. November 2026 um 08:15:22 MEZ", 1),  # Apple Mail DE
        ("3. November 2026 um 08:15:22 MESZ", 2),
        ("3 novembre 2026 alle ore 08:15:22 CET", 1),  # Apple Mail IT
        ("November 3, 2026 at 8:15:22 AM GMT+1", 1),  # Apple Mail EN
        ("3 November 2026 at 08:15:22 GMT", 0),
        ("2026-11-03T08:15:22Z", 0),
    ],
)
def test_a_zone_that_is_named_counts(written: str, hours: float) -> None:
    assert names_zone(written)
    zone = timezone(timedelta(hours=hours))
    assert read_date(written, HERE) == datetime(2026, 11, 3, 8, 15, 22, tzinfo=zone)


@pytest.mark.parametrize(
    ("written", "month"),
    [
        *[("3 janv. 2026", 1), ("3. Jänner 2026", 1), ("3 gen 2026", 1), ("3 ene 2026", 1)],
        *[("3 févr. 2026", 2), ("3 mars 2026", 3), ("3. März 2026", 3), ("3. Mrz 2026", 3)],
        *[("3 avr. 2026", 4), ("3 mai 2026", 5), ("3 mag 2026", 5), ("3 juin 2026", 6)],
        *[("3 giu 2026", 6), ("3 juil. 2026", 7), ("3 lug 2026", 7), ("3 août 2026", 8)],
        *[("3 ago 2026", 8), ("3 sept. 2026", 9), ("3 set 2026", 9), ("3. Okt. 2026", 10)],
        *[("3 ott 2026", 10), ("3 déc. 2026", 12), ("3. Dez. 2026", 12), ("3 dic 2026", 12)],
    ],
)
def test_months_are_known_by_their_beginnings(written: str, month: int) -> None:
    assert read_date(f"{written} 08:15", UTC) == datetime(2026, month, 3, 8, 15, tzinfo=UTC)


def test_noon_and_midnight() -> None:
    assert read_date("Nov 3, 2026 12:05 AM", UTC) == datetime(2026, 11, 3, 0, 5, tzinfo=UTC)
    assert read_date("Nov 3, 2026 12:05 PM", UTC) == datetime(2026, 11, 3, 12, 5, tzinfo=UTC)


def test_month_and_day_in_american_order_where_they_cannot_be_mistaken() -> None:
    assert read_date("11/23/26, 8:15 AM", UTC) == datetime(2026, 11, 23, 8, 15, tzinfo=UTC)
    assert read_date("23/11/2026 8:15 AM", UTC) == datetime(2026, 11, 23, 8, 15, tzinfo=UTC)
    assert read_date("11/11/2026 8:15 AM", UTC) == datetime(2026, 11, 11, 8, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    [
        *["", "yesterday", "08:15", "3 novembre 2026", "3 jui 2026 08:15", "3 foo 2026 08:15"],
        *["11/03/2026 8:15 AM", "31 février 2026 08:15", "3 nov. 2026 25:15"],
        *["3 nov. 2026 13:15 PM", "x" * 200 + " 3 nov. 2026 08:15"],
    ],
)  # fmt: skip
def test_what_cannot_be_read_surely_is_none(written: str) -> None:
    assert read_date(written, UTC) is None


def test_an_impossible_offset_is_none_at_all() -> None:
    assert read_date("3 Nov 2026 08:15 +9900", HERE) == WHEN


@given(st.text(alphabet="0123456789:/.-+ ,novmarUTCGMapmh\u0661é", max_size=60))
def test_whatever_is_written_nothing_is_raised(written: str) -> None:
    date = read_date(written, UTC)
    assert date is None or date.tzinfo is not None
    names_zone(written)
