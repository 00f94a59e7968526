"""What the market around a bar is like: busy or quiet, and how many take part."""

from __future__ import annotations

import math
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from wyckoff.market.activity import Activity
    from wyckoff.market.bars import FloatArray

#: Bars of the past that participation is measured over.
PARTICIPATION_BARS: Final = 40
#: Bars whose median volatility is the usual one.
USUAL_BARS: Final = 500


class MarketContext:
    """Means of the z-scores of volume and true range over the bars up to a bar, and volatility against its usual level.

    What is unknown counts as ordinary (0): it speaks for nothing. The same for bars and their mirror.
    """

    def __init__(self, activity: Activity) -> None:
        self._activity = activity

    @cached_property
    def _volume(self) -> FloatArray:
        return _running(self._activity.volume_z)

    @cached_property
    def _range(self) -> FloatArray:
        return _running(self._activity.range_z)

    def volume_z(self, bar_index: int, bars: int) -> float:
        """Mean volume z of the last ``bars`` bars up to ``bar_index``."""
        return _mean(self._volume, bar_index, bars)

    def range_z(self, bar_index: int, bars: int) -> float:
        """Mean true range z of the last ``bars`` bars up to ``bar_index``."""
        return _mean(self._range, bar_index, bars)

    def volatility(self, bar_index: int) -> float:
        """Log of the volatility unit over its median of the last 500 bars: below 0 in a quiet market."""
        unit = self._activity.unit
        usual = _median(unit[max(0, bar_index - USUAL_BARS) : bar_index + 1])
        return math.log(unit[bar_index] / usual)

    def is_absorbing(self, bar_index: int) -> bool:
        """Whether much is traded and price does not go far: a quiet market in which one side takes all it is given."""
        return (
            self.volume_z(bar_index, PARTICIPATION_BARS) >= _MIN_PARTICIPATION
            and self.volatility(bar_index) <= _MAX_QUIET_VOLATILITY
        )


#: Measured on index bars up to 2010-07 against the same bars in shuffled blocks; see docs/detection.md.
_MIN_PARTICIPATION: Final = 0.4
_MAX_QUIET_VOLATILITY: Final = -0.08


def _running(z: FloatArray) -> FloatArray:
    """Running totals, from 0: one more than values."""
    running = np.zeros(len(z) + 1)
    np.where(np.isnan(z), 0.0, z).cumsum(out=running[1:])
    return running


def _mean(running: FloatArray, bar_index: int, bars: int) -> float:
    first = max(0, bar_index + 1 - bars)
    return float(running[bar_index + 1] - running[first]) / (bar_index + 1 - first)


def _median(values: FloatArray) -> float:
    """The median of values without NaN; what np.median checks takes longer than the median itself."""
    middle, is_odd = divmod(len(values), 2)
    ordered = values.copy()
    if is_odd:
        ordered.partition(middle)
        return float(ordered[middle])
    ordered.partition((middle - 1, middle))
    return float(ordered[middle - 1] + ordered[middle]) / 2.0
