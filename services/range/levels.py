"""Touches of one level and how strong they make it."""

from __future__ import annotations

import math
from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: Ascending limits, and the points below the first one and from each of them on.
_TOUCH_POINTS: Final = ((2, 3, 4, 5), (0, 10, 20, 30, 40))
_WICK_POINTS: Final = ((0.3, 0.5, 0.7), (5, 10, 15, 20))
_HOLD_POINTS: Final = ((10, 20, 30), (2, 5, 8, 10))
_FALLING: Final = 0.85
_FLAT: Final = 1.15


class Touch(NamedTuple):
    """A pivot on a level: its log price, volume ratio (NaN when unknown) and rejection.

    ``rejection`` is the part of the bar between its extreme at the level and its close, 0 to 1.
    """

    bar_index: int
    log_price: float
    volume_ratio: float
    rejection: float


def volume_trend(volumes: Iterable[float]) -> float | None:
    """Mean of the later half over the mean of the earlier half, in time order.

    Unknown volumes (NaN) are left out; None when a half is empty or the earlier one is zero.
    """
    known = [volume for volume in volumes if volume == volume]
    half = len(known) // 2
    earlier = sum(known[:half])
    if half == 0 or earlier <= 0:
        return None
    return sum(known[half:]) / (len(known) - half) / (earlier / half)


class Volumes:
    """Known volumes of some bars in time order, summed up so that any first part of them has its trend at once."""

    def __init__(self, bars: list[int], volumes: list[float]) -> None:
        self._bars = bars
        self._sums = [0.0, *accumulate(volumes)]

    def trend(self, last_bar: int, fewest: int = 0) -> float | None:
        """Mean of the later half of the bars up to ``last_bar`` over that of the earlier half.

        None when there is none, NaN when there are fewer than ``fewest`` such bars.
        """
        count = bisect_right(self._bars, last_bar)
        if count < fewest:
            return math.nan
        half = count // 2
        earlier = self._sums[half]
        if half == 0 or earlier <= 0:
            return None
        return (self._sums[count] - earlier) / (count - half) / (earlier / half)


def trend_points(trend: float | None, falling: int, flat: int) -> int:
    """``falling`` points for a falling volume, ``flat`` for a level or unknown one, else 0."""
    if trend is None or _FALLING <= trend < _FLAT:
        return flat
    return falling if trend < _FALLING else 0


class Level:
    """A level with its touches in time order, and what they say of it: ``strength`` is 0 to 100, ``deviation`` the
    sample standard deviation of their log prices, None with fewer than two.
    """

    def __init__(self, touches: Sequence[Touch] = ()) -> None:
        self.touch_count = self.strength = 0
        self.deviation: float | None = None
        if touches:
            self._know(touches)

    def take(self, touches: Sequence[Touch], last_bar: int) -> None:
        """Know those of all its ``touches`` that came up to ``last_bar``, which never goes back."""
        count = self.touch_count
        while count < len(touches) and touches[count].bar_index <= last_bar:
            count += 1
        if count > self.touch_count:
            self._know(touches[:count])

    def _know(self, touches: Sequence[Touch]) -> None:
        """Number of touches, falling volume, rejection and time that the level has held make it strong."""
        count = self.touch_count = len(touches)
        bars, prices, volumes, rejections = zip(*touches, strict=True)
        self.strength = (
            points(count, _TOUCH_POINTS)
            + trend_points(volume_trend(volumes), 30, 15)
            + points(sum(rejections) / count, _WICK_POINTS)
            + points(bars[-1] - bars[0], _HOLD_POINTS)
        )
        if count > 1:
            mean = sum(prices) / count
            self.deviation = math.sqrt(sum([(price - mean) ** 2 for price in prices]) / (count - 1))


def points(value: float, steps: tuple[tuple[float, ...], tuple[int, ...]]) -> int:
    """Points of a value by ascending limits: as many as it reaches are left behind."""
    limits, of_step = steps
    return of_step[bisect_right(limits, value)]
