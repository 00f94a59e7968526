"""What is missing, and what should not be there."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.marketdata.providers.gaps import find_gaps
from services.marketdata.providers.sessions import ALWAYS, FOREX, Sessions, load_sessions
from tests.support.calendars import with_calendars
from tests.support.vendors import DAY_MS, ms, new_york_ms, weekdays

if TYPE_CHECKING:
    from wyckoff.market.bars import IntArray
    from wyckoff.market.provider import GapReport

pytestmark = with_calendars

HOLIDAYS = ("2024-11-28", "2024-12-25", "2025-01-01")
#: Thanksgiving and the half day after it lie within.
DAYS = weekdays("2024-11-18", 20, HOLIDAYS)


def gaps(times: IntArray, timeframe: str, sessions: Sessions, until: str | None = None) -> GapReport:
    """The report at ``until``, or when the last bar opens."""
    return find_gaps(times, timeframe, sessions, int(times[-1]) if until is None else ms(until))


@pytest.fixture(scope="module")
def new_york() -> Sessions:
    return load_sessions("XNYS", ms("2024-01-01"), ms("2024-12-31"))


def dates(days: list[date]) -> IntArray:
    return np.array([ms(day.isoformat()) for day in days], dtype=np.int64)


def half_hours(days: list[date]) -> list[int]:
    """The regular session; the day after Thanksgiving ends at one."""
    return [
        new_york_ms(day, 9, 30) + place * 1_800_000
        for day in days
        for place in range(7 if day == date(2024, 11, 29) else 13)
    ]


def test_whole_days(new_york: Sessions) -> None:
    report = gaps(dates(DAYS), "1d", new_york)
    assert report.complete
    assert (report.session_count, report.half_day_count) == (20, 1)


def test_a_missing_session_and_a_bar_on_a_holiday(new_york: Sessions) -> None:
    days = [day for day in DAYS if day.isoformat() not in {"2024-11-29", "2024-12-02"}]
    report = gaps(np.sort(np.append(dates(days), ms("2024-11-28"))), "1d", new_york)
    assert not report.complete
    assert (report.missing_session_count, report.missing_sessions) == (2, ("2024-11-29", "2024-12-02"))
    assert (report.unexpected_bar_count, report.unexpected_bars) == (1, ("2024-11-28",))
    assert report.missing_bar_count == 0


def test_lists_name_the_first_few(new_york: Sessions) -> None:
    report = gaps(dates([DAYS[0], DAYS[-1]]), "1d", new_york)
    assert report.missing_session_count == 18
    assert report.missing_sessions == tuple(day.isoformat() for day in DAYS[1:6])


def test_half_hours_with_a_half_day(new_york: Sessions) -> None:
    report = gaps(np.array(half_hours(DAYS)), "30m", new_york)
    assert report.complete
    assert (report.session_count, report.half_day_count) == (20, 1)


def test_missing_bars_within_a_session_and_a_whole_one(new_york: Sessions) -> None:
    gone = {new_york_ms(DAYS[2], 10, 30), new_york_ms(DAYS[2], 11)}
    opens = [time for time in half_hours([day for day in DAYS if day != DAYS[4]]) if time not in gone]
    report = gaps(np.array(opens), "30m", new_york)
    assert report.missing_bars == ("2024-11-20T15:30Z", "2024-11-20T16:00Z")
    assert (report.missing_bar_count, report.missing_sessions) == (2, (DAYS[4].isoformat(),))


def test_hours_of_the_clock_with_extended_trading(new_york: Sessions) -> None:
    opens = [new_york_ms(day, hour) for day in DAYS for hour in range(4, 20 if day != date(2024, 11, 29) else 17)]
    assert gaps(np.array(opens), "1h", new_york).complete


def test_the_change_of_the_clocks_is_no_gap() -> None:
    sessions = load_sessions("XNYS", ms("2024-01-01"), ms("2024-12-31"))
    for first in ("2024-03-04", "2024-10-28"):
        assert gaps(np.array(half_hours(weekdays(first, 10))), "30m", sessions).complete


def test_intraday_bars_on_a_holiday(new_york: Sessions) -> None:
    opens = sorted([*half_hours(DAYS), new_york_ms(date(2024, 11, 28), 10)])
    report = gaps(np.array(opens), "30m", new_york)
    assert report.unexpected_bars == ("2024-11-28T15:00Z",)
    assert report.missing_bar_count == report.missing_session_count == 0


def test_a_lunch_break_is_no_gap() -> None:
    sessions = load_sessions("XTKS", ms("2024-01-01"), ms("2024-12-31"))
    # 9:00 to 11:30 and 12:30 to 15:00 are 0:00 to 2:30 and 3:30 to 6:00 in UTC
    opens = [ms(day.isoformat()) + place * 1_800_000 for day in weekdays("2024-06-03", 5) for place in range(12)]
    kept = np.array([time for time in opens if time % DAY_MS // 1_800_000 not in {5, 6}])
    assert gaps(kept, "30m", sessions).complete
    assert gaps(kept[kept != kept[3]], "30m", sessions).missing_bars == ("2024-06-03T01:30Z",)


def test_around_the_clock() -> None:
    sessions = load_sessions(ALWAYS, ms("2024-01-01"), ms("2024-12-31"))
    hours = ms("2024-06-01") + np.arange(24 * 7) * 3_600_000
    assert gaps(hours, "1h", sessions).complete
    assert gaps(np.delete(hours, [30, 31, 100]), "1h", sessions).missing_bar_count == 3
    days = ms("2024-06-01") + np.arange(20) * DAY_MS
    assert gaps(days, "1d", sessions).complete
    assert gaps(np.delete(days, 7), "1d", sessions).missing_sessions == ("2024-06-08",)


def test_the_week_of_currencies() -> None:
    sessions = load_sessions(FOREX, ms("2024-01-01"), ms("2024-12-31"))
    # Sunday 21:00 to Friday 21:00 UTC in summer, over the end of a week
    week = ms("2024-06-02T21:00") + np.arange(24 * 5) * 3_600_000
    hours = np.concatenate([week, week + 7 * DAY_MS])
    assert gaps(hours, "1h", sessions).complete
    saturday = np.sort(np.append(hours, ms("2024-06-08T12:00")))
    assert gaps(saturday, "1h", sessions).unexpected_bars == ("2024-06-08T12:00Z",)
    days = dates(weekdays("2024-06-03", 15))
    assert gaps(days, "1d", sessions).complete
    sunday = np.sort(np.append(days, ms("2024-06-09")))
    assert gaps(sunday, "1d", sessions).complete
    assert gaps(np.sort(np.append(days, ms("2024-06-08"))), "1d", sessions).unexpected_bar_count == 1


@pytest.mark.parametrize("first", ["2024-06-03", "2024-06-02"], ids=["monday", "sunday"])
def test_weeks(new_york: Sessions, first: str) -> None:
    weeks = ms(first) + np.arange(10) * 7 * DAY_MS
    assert gaps(weeks, "1w", new_york).complete
    assert gaps(np.delete(weeks, 4), "1w", new_york).missing_sessions == ("2024-07-01",)


def test_what_a_calendar_does_not_know_is_neither_missed_nor_out_of_place() -> None:
    sessions = load_sessions("XNYS", ms("2023-01-01"), ms("2023-12-31"))
    assert sessions.until_ms == ms("2024-01-01")
    assert gaps(dates(weekdays("2023-12-26", 10, ("2024-01-01",))), "1d", sessions).complete
    later = dates(weekdays("2024-01-01", 5))
    assert gaps(later, "1d", sessions).complete
    assert gaps(later, "1h", sessions).session_count == 0


def test_months(new_york: Sessions) -> None:
    months = np.array([ms(f"2024-{month:02d}-01") for month in range(1, 10)])
    assert gaps(months, "1M", new_york).complete
    assert gaps(np.delete(months, 5), "1M", new_york).missing_sessions == ("2024-06-03",)


@given(gone=st.sets(st.integers(1, 18), max_size=18))
def test_whatever_is_taken_away_is_missed(gone: set[int]) -> None:
    sessions = load_sessions("XNYS", ms("2024-01-01"), ms("2024-12-31"))
    kept = [day for place, day in enumerate(DAYS) if place not in gone]
    report = gaps(dates(kept), "1d", sessions)
    assert report.missing_session_count == len(gone)
    assert report.missing_sessions == tuple(DAYS[place].isoformat() for place in sorted(gone))[:5]


def test_bars_that_end_too_early_are_missed(new_york: Sessions) -> None:
    days = dates(DAYS[:10])
    assert DAYS[10] == date(2024, 12, 3)
    assert gaps(days, "1d", new_york, "2024-12-03T20:59").complete
    assert gaps(days, "1d", new_york, "2024-12-03T21:00").missing_sessions == ("2024-12-03",)
    opens = np.array(half_hours(DAYS[:10]))
    assert gaps(opens, "30m", new_york, "2024-12-03T14:59").complete
    report = gaps(opens[:-1], "30m", new_york, "2024-12-03T15:00")
    assert (report.missing_bars, report.missing_sessions) == (("2024-12-02T20:30Z",), ("2024-12-03",))
    weeks = ms("2024-06-03") + np.arange(3) * 7 * DAY_MS
    assert gaps(weeks, "1w", new_york, "2024-06-28T23:00").complete
    assert gaps(weeks, "1w", new_york, "2024-07-03").missing_sessions == ("2024-06-24",)
