"""Longer bars made of shorter ones, each with the bar at whose close it is complete."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from wyckoff.market.bars import Bars, make_bars
from wyckoff.market.timeframes import HOUR_MS, timeframe_ms

if TYPE_CHECKING:
    from wyckoff.market.bars import IntArray

_DAY_MS: Final = 24 * HOUR_MS
#: 1970-01-05, the first Monday of the epoch: weeks begin on Monday, at midnight UTC.
_FIRST_MONDAY_MS: Final = 4 * _DAY_MS
#: Markets open up to so long before the UTC day that their daily bar counts to: New York closes the forex day at
#: 21:00 or 22:00 UTC, Sydney opens at 23:00.
_EARLY_OPEN_MS: Final = 4 * HOUR_MS


@dataclass(frozen=True, slots=True, eq=False)
class Resampled:
    """Complete longer bars. ``known_at_index[k]`` is the shorter bar at whose close bar ``k`` is complete."""

    bars: Bars
    known_at_index: IntArray


def resample(bars: Bars, timeframe: str) -> Resampled:
    """``bars`` put together to bars of ``timeframe``: weeks from Monday, days and months by UTC.

    A longer bar is complete with the shorter bar that reaches its end, or with the first one behind it; until then
    it is not there, because nobody can know whether another shorter bar comes. The first one is left out unless the
    series begins with it. Its volume is unknown (0) when that of any part is. O(n) in the number of bars.

    Raises ValueError when ``timeframe`` is no bar length or not longer than that of ``bars``.
    """
    if timeframe_ms(timeframe) <= timeframe_ms(bars.timeframe):
        raise ValueError(f"{timeframe} is not longer than {bars.timeframe}, of which it would be made")
    if not len(bars):
        return Resampled(_empty(bars, timeframe), np.empty(0, np.int64))
    period = _periods(_counted_at(bars), timeframe)
    first = np.flatnonzero(np.diff(period, prepend=period[0] - 1))
    last = np.append(first[1:], len(bars)) - 1
    ends_ms = _starts_ms(period[first] + 1, timeframe)
    reached = _ends_ms(bars)[last] >= ends_ms
    known_at = np.where(reached, last, last + 1)
    whole = known_at < len(bars)
    whole[0] &= bars.open_time_ms[0] <= _starts_ms(period[:1], timeframe)[0]
    volume = np.add.reduceat(bars.volume, first)
    volume[np.add.reduceat((bars.volume <= 0).astype(np.int64), first) > 0] = 0.0
    made = make_bars(
        bars.symbol,
        timeframe,
        bars.open_time_ms[first][whole],
        bars.open[first][whole],
        np.maximum.reduceat(bars.high, first)[whole],
        np.minimum.reduceat(bars.low, first)[whole],
        bars.close[last][whole],
        volume[whole],
    )
    return Resampled(made, known_at[whole])


def bars_per(timeframe: str, longer: str) -> int:
    """How many bars of ``timeframe`` one of ``longer`` has at most, rounded up."""
    return -(-timeframe_ms(longer) // timeframe_ms(timeframe))


def _empty(bars: Bars, timeframe: str) -> Bars:
    return make_bars(bars.symbol, timeframe, [], [], [], [], [], [])


def _counted_at(bars: Bars) -> IntArray:
    """A moment of each bar that lies in the period it counts to."""
    early_ms = _EARLY_OPEN_MS if timeframe_ms(bars.timeframe) >= _DAY_MS else 0
    return bars.open_time_ms + early_ms


def _periods(times_ms: IntArray, timeframe: str) -> IntArray:
    """The number of the period that each moment lies in; it ascends with time."""
    if timeframe.endswith("M"):
        return _months(times_ms) // int(timeframe[:-1])
    return (times_ms - _origin_ms(timeframe)) // timeframe_ms(timeframe)


def _starts_ms(period: IntArray, timeframe: str) -> IntArray:
    if timeframe.endswith("M"):
        months = (period * int(timeframe[:-1])).astype("datetime64[M]")
        return months.astype("datetime64[ms]").astype(np.int64)
    return period * timeframe_ms(timeframe) + _origin_ms(timeframe)


def _ends_ms(bars: Bars) -> IntArray:
    if bars.timeframe.endswith("M"):
        return _starts_ms(_periods(_counted_at(bars), bars.timeframe) + 1, bars.timeframe)
    return bars.open_time_ms + timeframe_ms(bars.timeframe)


def _months(times_ms: IntArray) -> IntArray:
    return times_ms.astype("datetime64[ms]").astype("datetime64[M]").astype(np.int64)


def _origin_ms(timeframe: str) -> int:
    return _FIRST_MONDAY_MS if timeframe.endswith("w") else 0
