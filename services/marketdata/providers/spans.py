"""How long a bar lasts, and when it is closed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import numpy as np

from wyckoff.market.timeframes import timeframe_ms

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from services.marketdata.providers.sessions import Sessions
    from wyckoff.market.bars import IntArray

DAY_MS: Final = 86_400_000
HOUR_MS: Final = 3_600_000
#: 1970-01-05 was a Monday.
MONDAY_MS: Final = 4 * DAY_MS


def is_intraday(timeframe: str) -> bool:
    """Whether bars are shorter than a day, by their unit."""
    return timeframe[-1] in "mh"


def period_ends(open_time_ms: IntArray, timeframe: str) -> IntArray:
    """When each bar ends by the clock and the calendar of months."""
    if timeframe[-1] != "M":
        return open_time_ms + timeframe_ms(timeframe)
    months = open_time_ms.astype("datetime64[ms]").astype("datetime64[M]") + int(timeframe[:-1])
    return months.astype("datetime64[ms]").astype(np.int64)


def local_midnights(times_ms: IntArray, zone: str) -> IntArray:
    """Midnight UTC of the date that it is in ``zone`` at each time."""
    hours, places = np.unique(times_ms // HOUR_MS, return_inverse=True)
    info = ZoneInfo(zone)
    shifts = [_offset_ms(int(hour) * HOUR_MS, info) for hour in hours]
    local = times_ms + np.array(shifts, dtype=np.int64)[places] if len(shifts) else times_ms
    return local - local % DAY_MS


def _offset_ms(time_ms: int, zone: ZoneInfo) -> int:
    offset = datetime.fromtimestamp(time_ms / 1000, tz=UTC).astimezone(zone).utcoffset()
    return 0 if offset is None else round(offset.total_seconds() * 1000)


def moment_in(date_ms: int, zone: str, hour: int = 0) -> int:
    """When it is ``hour`` o'clock in ``zone`` on the date with midnight UTC ``date_ms``."""
    naive = datetime.fromtimestamp(date_ms / 1000, tz=UTC).replace(tzinfo=None, hour=hour)
    return round(naive.replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


def week_starts(dates_ms: IntArray) -> IntArray:
    """Midnight of the Monday of each date."""
    return dates_ms - (dates_ms - MONDAY_MS) % (7 * DAY_MS)


def month_starts(dates_ms: IntArray) -> IntArray:
    """Midnight of the first of the month of each date."""
    months = dates_ms.astype("datetime64[ms]").astype("datetime64[M]")
    return months.astype("datetime64[ms]").astype(np.int64)


def closed(open_time_ms: IntArray, timeframe: str, until_ms: int, sessions: Sessions | None) -> NDArray[np.bool_]:
    """Which bars had ended at ``until_ms``: at the close of their last session, or where their period ends.

    Sources do not agree when a day of a market around the clock ends, so that there the end of the date counts.
    """
    ends = period_ends(open_time_ms, timeframe)
    by_session = is_intraday(timeframe) or (sessions is not None and not sessions.continuous)
    if sessions is not None and len(sessions.dates_ms) and by_session:
        ends = _session_ends(open_time_ms, ends, timeframe, sessions)
    return ends <= until_ms


def _session_ends(starts: IntArray, ends: IntArray, timeframe: str, sessions: Sessions) -> IntArray:
    if is_intraday(timeframe):
        place = np.maximum(np.searchsorted(sessions.open_ms, starts, side="right") - 1, 0)
        inside = (starts >= sessions.open_ms[place]) & (starts < sessions.close_ms[place])
        return np.where(inside, np.minimum(ends, sessions.close_ms[place]), ends)
    last = np.searchsorted(sessions.dates_ms, ends, side="left") - 1
    has_session = (last >= 0) & (sessions.dates_ms[np.maximum(last, 0)] >= starts)
    # a calendar that ends before the period does cannot say which session is its last
    known = sessions.until_ms >= ends
    return np.where(has_session & known, sessions.close_ms[np.maximum(last, 0)], ends)


def iso(time_ms: int) -> str:
    """ISO time in UTC, or the date alone at midnight."""
    moment = datetime.fromtimestamp(time_ms / 1000, tz=UTC)
    if time_ms % DAY_MS == 0:
        return moment.date().isoformat()
    return moment.isoformat(timespec="minutes" if time_ms % 60_000 == 0 else "auto").replace("+00:00", "Z")
