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
    from wyckoff.market.bars import FloatArray
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
        tops, bottoms = np.floor((log.high[part] - origin) / box), np.ceil((log.low[part] - origin) / box)
        #: Boxes reached ahead and behind in a rising column, by 1, and in a falling one, by -1, which is a rising one
        #: with the sign of its boxes changed.
        self._reached = {1: (_boxes(tops), _boxes(bottoms)), -1: (_boxes(-bottoms), _boxes(-tops))}
        self._start, self._next = start_index, 1
        self.origin, self.box = origin, box
        self._box_fraction = math.expm1(box)
        #: Finished columns.
        self.columns = 0
        #: Lowest and highest box of them.
        self.lowest = self.highest = 0
        #: Numbers of the first and the last finished column that cross the count line, from 1; 0 for none.
        self._first_across = self._last_across = 0
        # of the column under way; there is none with sign 0
        self._sign = self._begun = self._end = 0
        close = (log.close[start_index] - origin) / box
        self._ceiling, self._floor = math.floor(close), math.ceil(close)
        self._counts: dict[int, CauseCount | None] = {}

    def draw(self, bar_index: int) -> None:
        """Draw the bars up to ``bar_index``."""
        stop = bar_index - self._start + 1
        first, self._next = self._next, max(self._next, stop)
        while self._sign == 0 and first < stop:
            self._begin(self._reached[1][0][first], self._reached[1][1][first])
            first += 1
        if first >= stop:
            return
        ahead, behind = self._reached[self._sign]
        end = self._end
        turn = end - REVERSAL_BOXES
        for k in range(first, stop):
            if ahead[k] > end:
                end = ahead[k]
                turn = end - REVERSAL_BOXES
            elif behind[k] <= turn:
                self._finish(end)
                self._sign, self._begun = -self._sign, 1 - end
                ahead, behind = self._reached[self._sign]
                end = ahead[k]
                turn = end - REVERSAL_BOXES
        self._end = end

    def count(self, *, up: bool) -> CauseCount | None:
        """The count in one direction; None while there are too few columns."""
        sign = 1 if up else -1
        if sign not in self._counts:
            self._counts[sign] = self._count(sign)
        return self._counts[sign]

    def _begin(self, top: int, bottom: int) -> None:
        """Begin the first column when price is three boxes from an extreme of the bars before."""
        rises = top - self._floor >= REVERSAL_BOXES
        falls = self._ceiling - bottom >= REVERSAL_BOXES
        if rises != falls:
            # a bar that does both begins nothing: which came first is not known
            self._sign = 1 if rises else -1
            self._begun, self._end = (self._floor, top) if rises else (-self._ceiling, -bottom)
        self._ceiling, self._floor = max(self._ceiling, top), min(self._floor, bottom)

    def _finish(self, end: int) -> None:
        """Take the column under way, which ends at ``end``, among the finished ones."""
        low, high = (self._begun, end) if self._sign > 0 else (-end, -self._begun)
        self.columns += 1
        self.lowest, self.highest = min(self.lowest, low), max(self.highest, high)
        if low <= 0 <= high:
            self._last_across = self.columns
            self._first_across = self._first_across or self.columns
        self._counts.clear()

    def _count(self, sign: int) -> CauseCount | None:
        columns = self._last_across - self._first_across + 1
        if columns < MIN_COLUMNS:
            return None
        extreme = self.lowest if sign > 0 else self.highest
        effect = sign * columns * REVERSAL_BOXES
        return CauseCount(
            low=self._price(extreme + effect),
            middle=self._price(extreme / 2 + effect),
            high=self._price(effect),
            count_line=self._price(0),
            columns=columns,
            box_fraction=self._box_fraction,
        )

    def _price(self, boxes: float) -> float:
        return math.exp(self.origin + boxes * self.box)


def figure_of(outline: Outline, scene: RangeScene, longest: int) -> PointAndFigure:
    """The empty chart of a range of at most ``longest`` bars; its box is of the volatility when it became known."""
    box = BOX_UNITS * scene.unit[outline.known_at_index]
    return PointAndFigure(scene.log, outline.start_index, longest, (outline.ice + outline.creek) / 2, box)


def _boxes(values: FloatArray) -> list[int]:
    numbers: list[int] = values.astype(np.int64).tolist()
    return numbers
