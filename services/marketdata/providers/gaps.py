"""Where bars are missing, and where there are some that should not be. Nothing is filled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from services.marketdata.providers.spans import (
    closed,
    is_intraday,
    iso,
    local_midnights,
    month_starts,
    period_ends,
)
from wyckoff.market.provider import GapReport
from wyckoff.market.timeframes import timeframe_ms

if TYPE_CHECKING:
    from services.marketdata.providers.sessions import Sessions
    from wyckoff.market.bars import IntArray

#: How many times a list of a report names.
SHOWN: Final = 5

_NOTHING: Final = np.empty(0, dtype=np.int64)


def find_gaps(open_time_ms: IntArray, timeframe: str, sessions: Sessions, until_ms: int) -> GapReport:
    """What the bars from the first on lack of the sessions that ended by ``until_ms``, or have beside them."""
    open_time_ms = open_time_ms[open_time_ms < sessions.until_ms]
    if not len(open_time_ms):
        return _report(sessions.calendar, 0, 0, _NOTHING, _NOTHING, _NOTHING)
    first, last = int(open_time_ms[0]), int(open_time_ms[-1])
    if is_intraday(timeframe):
        return _intraday(open_time_ms, timeframe, sessions, first, max(last, until_ms - timeframe_ms(timeframe)))
    end = int(period_ends(open_time_ms[-1:], timeframe)[0])
    if timeframe == "1d":
        over = closed(sessions.dates_ms, timeframe, until_ms, sessions)
    else:
        # the last week or month may be missing as long as it goes on
        over = period_ends(sessions.dates_ms, timeframe) <= until_ms
    inside = (sessions.dates_ms >= first) & ((sessions.dates_ms < end) | over)
    dates = sessions.dates_ms[inside]
    half_days = int(sessions.half_days[inside].sum())
    if timeframe == "1d":
        missing = np.setdiff1d(dates, open_time_ms)
        unexpected = np.setdiff1d(open_time_ms, np.union1d(dates, sessions.optional_dates_ms))
    else:
        missing, unexpected = _long(open_time_ms, timeframe, dates)
    return _report(sessions.calendar, len(dates), half_days, missing, _NOTHING, unexpected)


def _long(times: IntArray, timeframe: str, dates: IntArray) -> tuple[IntArray, IntArray]:
    """Weeks and months with a session but no bar, by their first session; bars of periods without a session."""
    if timeframe[-1] == "M":
        keys, own = month_starts(dates), month_starts(times)
        if timeframe != "1M":
            return _NOTHING, _NOTHING
    else:
        # weeks begin where the bars say: on Monday or on Sunday
        length = timeframe_ms(timeframe)
        keys, own = (dates - times[0]) // length, (times - times[0]) // length
    lacking = ~np.isin(keys, own)
    _, firsts = np.unique(keys[lacking], return_index=True)
    return dates[lacking][firsts], times[~np.isin(own, keys)]


def _intraday(times: IntArray, timeframe: str, sessions: Sessions, first: int, last: int) -> GapReport:
    step = timeframe_ms(timeframe)
    inside = (sessions.close_ms > first) & (sessions.open_ms <= last)
    opens, closes = sessions.open_ms[inside], sessions.close_ms[inside]
    breaks = sessions.break_start_ms[inside], sessions.break_end_ms[inside]
    if not len(opens):
        return _report(sessions.calendar, 0, 0, _NOTHING, _NOTHING, times)
    session_of = np.searchsorted(opens, times + step - 1, side="right") - 1
    in_session = (session_of >= 0) & (times < closes[np.maximum(session_of, 0)])
    held = np.zeros(len(opens), dtype=np.bool_)
    held[session_of[in_session]] = True
    phase = _phase(times[in_session] - opens[session_of[in_session]], step)
    expected = [
        _slots(int(opens[place]), int(closes[place]), (int(breaks[0][place]), int(breaks[1][place])), step, phase)
        for place in np.flatnonzero(held)
    ]
    slots = np.concatenate(expected) if expected else _NOTHING
    missing = np.setdiff1d(slots[(slots >= first) & (slots <= last)], times)
    return _report(
        sessions.calendar,
        len(opens),
        int(sessions.half_days[inside].sum()),
        sessions.dates_ms[inside][~held],
        missing,
        _out_of_session(times[~in_session], sessions),
    )


def _phase(offsets: IntArray, step: int) -> int:
    """Where most bars begin, counted from the open of their session: hours begin at 9:30 or at 9:00."""
    if not len(offsets):
        return 0
    phases, counts = np.unique(offsets % step, return_counts=True)
    return int(phases[counts.argmax()])


def _slots(opened: int, closed: int, pause: tuple[int, int], step: int, phase: int) -> IntArray:
    """Bars that overlap the session and are not wholly within its break."""
    begin = opened + phase - (step if phase else 0)
    slots = np.arange(begin, closed, step, dtype=np.int64)
    in_pause = (slots >= pause[0]) & (slots + step <= pause[1])
    return slots[~in_pause]


def _out_of_session(times: IntArray, sessions: Sessions) -> IntArray:
    """Bars on dates without any session; those before the open and after the close are ordinary."""
    if not len(times) or sessions.continuous:
        return times
    dates = local_midnights(times, sessions.zone)
    known = np.union1d(sessions.dates_ms, sessions.optional_dates_ms)
    return times[~np.isin(dates, known)]


def _report(
    calendar: str, sessions: int, half_days: int, dates: IntArray, bars: IntArray, unexpected: IntArray
) -> GapReport:
    return GapReport(
        calendar=calendar,
        session_count=sessions,
        half_day_count=half_days,
        missing_session_count=len(dates),
        missing_sessions=_shown(dates),
        missing_bar_count=len(bars),
        missing_bars=_shown(bars),
        unexpected_bar_count=len(unexpected),
        unexpected_bars=_shown(unexpected),
    )


def _shown(times: IntArray) -> tuple[str, ...]:
    return tuple(iso(int(time)) for time in times[:SHOWN])
