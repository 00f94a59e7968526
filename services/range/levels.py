"""Touches of one level and how strong they make it."""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_TOUCH_POINTS: Final = ((5, 40), (4, 30), (3, 20), (2, 10))
_WICK_POINTS: Final = ((0.7, 20), (0.5, 15), (0.3, 10))
_HOLD_POINTS: Final = ((30, 10), (20, 8), (10, 5))
_FALLING: Final = 0.85
_FLAT: Final = 1.15


@dataclass(frozen=True, slots=True)
class Touch:
    """A pivot on a level: its log price, volume ratio (NaN when unknown) and rejection.

    ``rejection`` is the part of the bar between its extreme at the level and its close, 0 to 1.
    """

    bar_index: int
    log_price: float
    volume_ratio: float
    rejection: float


def volume_trend(volumes: list[float]) -> float | None:
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

    def __init__(self, bars: Iterable[int], volumes: Iterable[float]) -> None:
        known = [(bar, volume) for bar, volume in zip(bars, volumes, strict=True) if volume == volume]
        self._bars = [bar for bar, _ in known]
        self._sums = [0.0, *accumulate(volume for _, volume in known)]

    def count(self, last_bar: int) -> int:
        """How many of the bars up to ``last_bar`` have a known volume."""
        return bisect_right(self._bars, last_bar)

    def trend(self, last_bar: int) -> float | None:
        """Mean of the later half of the bars up to ``last_bar`` over that of the earlier half; None when unknown."""
        count = self.count(last_bar)
        half = count // 2
        if half == 0 or self._sums[half] <= 0:
            return None
        later = (self._sums[count] - self._sums[half]) / (count - half)
        return later / (self._sums[half] / half)


def trend_points(trend: float | None, falling: int, flat: int) -> int:
    """``falling`` points for a falling volume, ``flat`` for a level or unknown one, else 0."""
    if trend is None or _FALLING <= trend < _FLAT:
        return flat
    return falling if trend < _FALLING else 0


class Level:
    """A level with its touches in time order; what they say of it is worked out when it is asked for."""

    def __init__(self, touches: Iterable[Touch] = ()) -> None:
        self._touches = list(touches)
        self._strength: int | None = None
        self._deviation: float | None = None

    @property
    def touch_count(self) -> int:
        return len(self._touches)

    @property
    def strength(self) -> int:
        """0 to 100."""
        if self._strength is None:
            self._strength = _strength(self._touches) if self._touches else 0
        return self._strength

    @property
    def deviation(self) -> float | None:
        """Sample standard deviation of the log prices; None with fewer than two touches."""
        count = len(self._touches)
        if self._deviation is None and count > 1:
            mean = sum([touch.log_price for touch in self._touches]) / count
            self._deviation = math.sqrt(sum([(touch.log_price - mean) ** 2 for touch in self._touches]) / (count - 1))
        return self._deviation

    def add(self, touch: Touch) -> None:
        """One more touch."""
        self._touches.append(touch)
        self._strength = self._deviation = None


def _strength(touches: list[Touch]) -> int:
    """Number of touches, falling volume, rejection and time that the level has held."""
    rejection = sum([t.rejection for t in touches]) / len(touches)
    hold_bars = touches[-1].bar_index - touches[0].bar_index
    return (
        _points(len(touches), _TOUCH_POINTS, 0)
        + trend_points(volume_trend([t.volume_ratio for t in touches]), 30, 15)
        + _points(rejection, _WICK_POINTS, 5)
        + _points(hold_bars, _HOLD_POINTS, 2)
    )


def _points(value: float, steps: tuple[tuple[float, int], ...], otherwise: int) -> int:
    for limit, points in steps:
        if value >= limit:
            return points
    return otherwise
