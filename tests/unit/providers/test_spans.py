"""When bars end, and which are closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from services.marketdata.providers.sessions import ALWAYS, FOREX, load_sessions
from services.marketdata.providers.spans import closed, iso, local_midnights, moment_in, period_ends
from tests.support.calendars import with_calendars
from tests.support.vendors import ms
from wyckoff.rpc.errors import InvalidArgumentError

if TYPE_CHECKING:
    from wyckoff.market.bars import IntArray

pytestmark = with_calendars


def times(*texts: str) -> IntArray:
    return np.array([ms(text) for text in texts], dtype=np.int64)


@pytest.mark.parametrize(
    ("timeframe", "start", "end"),
    [
        ("15m", "2024-03-10T06:45", "2024-03-10T07:00"),
        ("4h", "2024-03-10T20:00", "2024-03-11"),
        ("1d", "2024-02-28", "2024-02-29"),
        ("1w", "2024-02-26", "2024-03-04"),
        ("1M", "2024-02-01", "2024-03-01"),
        ("1M", "2023-12-01", "2024-01-01"),
        ("3M", "2024-11-01", "2025-02-01"),
    ],
)
def test_periods(timeframe: str, start: str, end: str) -> None:
    assert period_ends(times(start), timeframe).tolist() == [ms(end)]


@pytest.mark.parametrize(
    ("zone", "moment", "day"),
    [
        ("America/New_York", "2024-03-10T05:00", "2024-03-10"),
        ("America/New_York", "2024-03-11T04:00", "2024-03-11"),
        ("America/New_York", "2024-03-11T03:59", "2024-03-10"),
        ("America/New_York", "2024-11-03T04:00", "2024-11-03"),
        ("America/New_York", "2024-11-04T04:59", "2024-11-03"),
        ("Australia/Sydney", "2024-01-30T23:00", "2024-01-31"),
        ("Asia/Kolkata", "2024-01-30T18:30", "2024-01-31"),
    ],
)
def test_dates_of_a_zone(zone: str, moment: str, day: str) -> None:
    assert local_midnights(times(moment), zone).tolist() == [ms(day)]


def test_no_times_have_no_dates() -> None:
    assert local_midnights(times(), "America/New_York").tolist() == []


@pytest.mark.parametrize(
    ("day", "hour", "moment"),
    [
        ("2024-03-09", 0, "2024-03-09T05:00"),
        ("2024-03-10", 17, "2024-03-10T21:00"),
        ("2024-11-03", 17, "2024-11-03T22:00"),
    ],
)
def test_moments_of_a_zone(day: str, hour: int, moment: str) -> None:
    assert moment_in(ms(day), "America/New_York", hour) == ms(moment)


@pytest.mark.parametrize(
    ("timeframe", "opened", "before", "after"),
    [
        # the session ends at 20:00 UTC in summer, 21:00 in winter, 18:00 on a half day in winter
        ("1d", "2024-06-03", "2024-06-03T19:59", "2024-06-03T20:00"),
        ("1d", "2024-01-03", "2024-01-03T20:59", "2024-01-03T21:00"),
        ("1d", "2024-11-29", "2024-11-29T17:59", "2024-11-29T18:00"),
        ("1h", "2024-06-03T19:30", "2024-06-03T19:59", "2024-06-03T20:00"),
        ("1h", "2024-06-03T18:30", "2024-06-03T19:29", "2024-06-03T19:30"),
        ("1h", "2024-06-03T20:00", "2024-06-03T20:59", "2024-06-03T21:00"),
        # Good Friday: the week ends on Thursday
        ("1w", "2024-03-25", "2024-03-28T19:59", "2024-03-28T20:00"),
        ("1M", "2024-03-01", "2024-03-28T19:59", "2024-03-28T20:00"),
        # no session on that date
        ("1d", "2024-06-01", "2024-06-01T23:59", "2024-06-02"),
    ],
)
def test_a_bar_is_closed_with_its_last_session(timeframe: str, opened: str, before: str, after: str) -> None:
    sessions = load_sessions("XNYS", ms("2024-01-01"), ms("2024-12-31"))
    assert not closed(times(opened), timeframe, ms(before), sessions).any()
    assert closed(times(opened), timeframe, ms(after), sessions).all()


@pytest.mark.parametrize("timeframe", ["1d", "1h", "1w"])
def test_without_a_calendar_a_bar_is_closed_when_its_time_is_over(timeframe: str) -> None:
    opened = times("2024-06-03")
    end = int(period_ends(opened, timeframe)[0])
    for sessions in (None, load_sessions(ALWAYS, ms("2024-01-01"), ms("2024-12-31"))):
        assert not closed(opened, timeframe, end - 1, sessions).any()
        assert closed(opened, timeframe, end, sessions).all()


def test_a_day_of_currencies_ends_with_its_date() -> None:
    # at five in New York for some sources, at midnight in London or UTC for others
    sessions = load_sessions(FOREX, ms("2024-06-01"), ms("2024-06-30"))
    assert not closed(times("2024-06-04"), "1d", ms("2024-06-04T23:59"), sessions).any()
    assert closed(times("2024-06-04"), "1d", ms("2024-06-05"), sessions).all()
    assert closed(times("2024-06-04T20:30"), "1h", ms("2024-06-04T21:30"), sessions).all()


@pytest.mark.parametrize(
    ("calendar", "words"), [("XXXX", "XNYS or XLON"), ("", "no calendar"), ("../x", "no calendar")]
)
def test_a_calendar_that_there_is_not(calendar: str, words: str) -> None:
    with pytest.raises(InvalidArgumentError, match=words):
        load_sessions(calendar, ms("2024-01-01"), ms("2024-12-31"))


def test_a_calendar_that_ends_earlier_is_used_as_far_as_it_goes() -> None:
    # its holidays are known to 2026 by this version of the calendars, by a later one perhaps further
    sessions = load_sessions("XSHG", ms("2025-06-01"), ms("2027-01-31"))
    assert ms("2027-01-01") <= sessions.until_ms <= ms("2028-01-01")
    assert len(sessions.dates_ms) > 400


def test_a_calendar_that_begins_later() -> None:
    with pytest.raises(InvalidArgumentError, match="XTKS does not reach from 1960 to 2024"):
        load_sessions("XTKS", ms("1960-01-01"), ms("2024-12-31"))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2024-06-03", "2024-06-03"),
        ("2024-06-03T14:30", "2024-06-03T14:30Z"),
        ("2024-06-03T14:30:15", "2024-06-03T14:30:15Z"),
    ],
)
def test_times_in_reports(text: str, shown: str) -> None:
    assert iso(ms(text)) == shown
