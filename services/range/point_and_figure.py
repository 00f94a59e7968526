"""Cause and effect: the horizontal count of a point-and-figure chart over the bars of a range.

The chart is one of three-box reversals over highs and lows, in log price: a rising column goes on while highs reach
the next box, and a fall of three boxes from its top starts a falling column one box below that; falling columns are the
mirror of it. The width of the congestion is the cause: the finished columns from the first to the last that cross the
count line, those between that do not cross it included, times the boxes of a reversal, times the box. The column under
way does not count: it may be the one that leaves the range. The count line is the middle between ice and creek, the
line across the congestion that has the fewest gaps as a rule and does not wander while the range grows. As taught in
the Wyckoff course, the count is projected from three places: from the far extreme of the range (low count), from the
count line (high count), and from the middle between both.

Three boxes throughout: on one-box charts every swing is a column, which counts the noise of daily bars as cause.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from wyckoff.model.ranges import CauseCount

if TYPE_CHECKING:
    from services.range.outline import Outline
    from services.range.scene import RangeScene
    from wyckoff.market.mirror import LogBars

REVERSAL_BOXES: Final = 3
#: A box, in units of volatility: a reversal is one and a half of them.
BOX_UNITS: Final = 0.5
#: Fewer columns are a swing, not a congestion.
MIN_COLUMNS: Final = 3


class PointAndFigure:
    """The chart of a range, drawn bar by bar as far as it is asked for.

    Boxes are numbered from ``origin``, the middle of the range in log price, so that neither the level of prices nor
    the side changes the chart; ``box`` is their size in log price. Of ``log`` at most ``longest`` bars are read.
    """

    def __init__(self, log: LogBars, start_index: int, longest: int, origin: float, box: float) -> None:
        part = slice(start_index, start_index + longest)
        # the highest box that each high has reached from below, the lowest that each low has reached from above
        tops: list[float] = np.floor((log.high[part] - origin) / box).tolist()
        negated_bottoms: list[float] = np.floor((origin - log.low[part]) / box).tolist()
        #: Boxes reached ahead and, with the other sign, behind. A falling column is a rising one with the signs of all
        #: boxes changed: there the two change places.
        self._ahead, self._behind = tops, negated_bottoms
        self._start, self._next = start_index, 1
        self.origin, self.box = origin, box
        self._box_fraction, self._count_line = math.expm1(box), math.exp(origin)
        #: Finished columns.
        self.columns = 0
        #: Lowest and highest box of them.
        self.lowest = self.highest = 0.0
        #: Numbers of the first and the last finished column that cross the count line, from 1; 0 for none.
        self._first_across = self._last_across = 0
        # of the column under way; there is none with sign 0
        self._sign = 0
        self._begun = self._end = 0.0
        close = (log.close.item(start_index) - origin) / box
        self._ceiling = float(math.floor(close))
        self._floor = float(math.ceil(close))
        #: What the finished columns say, None until it is asked for.
        self._counts: tuple[CauseCount | None, CauseCount | None] | None = None

    def draw(self, bar_index: int) -> None:
        """Draw the bars up to ``bar_index``."""
        stop = bar_index - self._start + 1
        first, self._next = self._next, max(self._next, stop)
        while self._sign == 0 and first < stop:
            self._begin(self._ahead[first], -self._behind[first])
            first += 1
        ahead, behind, end = self._ahead, self._behind, self._end
        turn = REVERSAL_BOXES - end
        for k in range(first, stop):
            if ahead[k] > end:
                end = ahead[k]
                turn = REVERSAL_BOXES - end
            elif behind[k] >= turn:
                self._finish(end)
                self._begun = 1.0 - end
                ahead, behind = behind, ahead
                end = ahead[k]
                turn = REVERSAL_BOXES - end
        self._ahead, self._behind, self._end = ahead, behind, end

    def counts(self) -> tuple[CauseCount | None, CauseCount | None]:
        """The counts upward and downward; None while there are too few columns."""
        if self._counts is None:
            columns = self._last_across - self._first_across + 1
            effect = columns * REVERSAL_BOXES
            enough = columns >= MIN_COLUMNS
            self._counts = (
                self._projected(self.lowest, effect, columns) if enough else None,
                self._projected(self.highest, -effect, columns) if enough else None,
            )
        return self._counts

    def _begin(self, top: float, bottom: float) -> None:
        """Begin the first column when price is three boxes from an extreme of the bars before."""
        rises = top - self._floor >= REVERSAL_BOXES
        falls = self._ceiling - bottom >= REVERSAL_BOXES
        if rises and not falls:
            self._sign, self._begun, self._end = 1, self._floor, top
        elif falls and not rises:
            self._sign, self._begun, self._end = -1, -self._ceiling, -bottom
            self._ahead, self._behind = self._behind, self._ahead
        # a bar that does both begins nothing: which came first is not known
        self._ceiling, self._floor = max(self._ceiling, top), min(self._floor, bottom)

    def _finish(self, end: float) -> None:
        """Take the column under way, which ends at ``end``, among the finished ones; the next goes the other way."""
        low, high = (self._begun, end) if self._sign > 0 else (-end, -self._begun)
        self._sign = -self._sign
        self.columns += 1
        if low < self.lowest:
            self.lowest = low
        if high > self.highest:
            self.highest = high
        if low <= 0 <= high:
            self._last_across = self.columns
            self._first_across = self._first_across or self.columns
        self._counts = None

    def _projected(self, extreme: float, effect: float, columns: int) -> CauseCount:
        """The count of so many boxes from an extreme box, from the count line, and from half-way between."""
        origin, box, exp = self.origin, self.box, math.exp
        low, middle = exp(origin + (extreme + effect) * box), exp(origin + (extreme / 2 + effect) * box)
        high = exp(origin + effect * box)
        return CauseCount(low, middle, high, self._count_line, columns, self._box_fraction)


def figure_of(outline: Outline, scene: RangeScene, longest: int) -> PointAndFigure:
    """The empty chart of a range of at most ``longest`` bars; its box is of the volatility when it became known."""
    box = BOX_UNITS * scene.unit.item(outline.known_at_index)
    return PointAndFigure(scene.log, outline.start_index, longest, (outline.ice + outline.creek) / 2, box)
