"""Cause and effect: the horizontal count of a point-and-figure chart over the bars of a range.

The chart is one of three-box reversals over highs and lows, in log price: a rising column goes on while highs reach the
next box, and a fall of three boxes from its top starts a falling column one box below that; the mirror holds for falling
columns. Wyckoff's count takes the width of the congestion as the cause: columns along the count line, times the boxes of
a reversal, times the box. The count line is the row with the most marks, of equals the one nearest to where the count
starts. The count is projected three ways, as the Wyckoff course and Pruden's "The Three Skills of Top Trading" do: from
the far extreme of the range (low count), from the count line (high count), and from the middle between both.

Three boxes throughout: of one-box charts every swing is a column, which on daily bars counts noise as cause.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wyckoff.model.ranges import CauseCount

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.range.outline import Outline
    from services.range.scene import RangeScene

REVERSAL_BOXES: Final = 3
#: A box, in units of volatility: a reversal is one and a half of them.
BOX_UNITS: Final = 0.5
#: Fewer columns are a swing, not a congestion.
MIN_COLUMNS: Final = 3


@dataclass(slots=True)
class _Row:
    """Marks of one box: how many columns have one, and the first and the last of these columns."""

    marks: int
    first_column: int
    last_column: int


class PointAndFigure:
    """The chart of a range, drawn bar by bar as far as it is asked for.

    ``high``, ``low`` and ``close`` are log prices, one value a bar. Boxes are numbered from ``origin``, the middle of
    the range, so that neither the level of prices nor the side changes the chart; ``box`` is their size in log price.
    """

    def __init__(
        self,
        high: Sequence[float],
        low: Sequence[float],
        close: Sequence[float],
        start_index: int,
        origin: float,
        box: float,
    ) -> None:
        self._high, self._low, self._close = high, low, close
        self._next = start_index + 1
        self.origin, self.box = origin, box
        #: Rows by box.
        self.rows: dict[int, _Row] = {}
        #: Columns so far, the one under way included.
        self.columns = 0
        # the first column begins with the first three boxes away from here
        self._first_close = self._highest = self._lowest = close[start_index]
        self._rising = False
        self._end = 0

    def draw(self, bar_index: int) -> None:
        """Draw the bars up to ``bar_index``."""
        high, low = self._high, self._low
        first, self._next = self._next, max(self._next, bar_index + 1)
        continues, reverses = self._thresholds()
        for k in range(first, bar_index + 1):
            if self.columns == 0:
                self._begin(k)
            elif self._rising:
                if not (high[k] >= continues or low[k] <= reverses):
                    continue
                self._extend(k)
            elif low[k] <= continues or high[k] >= reverses:
                self._extend(k)
            else:
                continue
            continues, reverses = self._thresholds()

    def count(self, *, up: bool) -> CauseCount | None:
        """The count in one direction; None while there are too few columns."""
        sign = 1 if up else -1
        if self.columns < MIN_COLUMNS:
            return None
        line, row = max(self.rows.items(), key=lambda item: (item[1].marks, -sign * item[0]))
        columns = row.last_column - row.first_column + 1
        if columns < MIN_COLUMNS:
            return None
        extreme = min(self.rows) if up else max(self.rows)
        effect = sign * columns * REVERSAL_BOXES
        low, high = extreme + effect, line + effect
        return CauseCount(
            low=self._price(low),
            middle=self._price((low + high) / 2),
            high=self._price(high),
            count_line=self._price(line),
            columns=columns,
            box_fraction=math.expm1(self.box),
        )

    def _price(self, boxes: float) -> float:
        return math.exp(self._level(boxes))

    def _level(self, boxes: float) -> float:
        return self.origin + boxes * self.box

    def _thresholds(self) -> tuple[float, float]:
        """Log prices that extend the column under way and that turn it around."""
        step = 1 if self._rising else -1
        return self._level(self._end + step), self._level(self._end - step * REVERSAL_BOXES)

    def _begin(self, k: int) -> None:
        self._highest, self._lowest = max(self._highest, self._high[k]), min(self._lowest, self._low[k])
        top, bottom = self._box_below(self._high[k]), self._box_above(self._low[k])
        rises = top - self._box_above(self._lowest) >= REVERSAL_BOXES
        falls = self._box_below(self._highest) - bottom >= REVERSAL_BOXES
        if rises and falls:
            # a bar that does both is taken as it closed
            rises, falls = self._close[k] > self._first_close, self._close[k] < self._first_close
        if rises:
            self._add_column(self._box_above(self._lowest), top, rising=True)
        elif falls:
            self._add_column(self._box_below(self._highest), bottom, rising=False)

    def _extend(self, k: int) -> None:
        """Let bar ``k``, which reaches a threshold, go on with the column or turn it around."""
        step = 1 if self._rising else -1
        reached = self._box_below(self._high[k]) if self._rising else self._box_above(self._low[k])
        if (reached - self._end) * step > 0:
            self._mark(self._end + step, reached)
            return
        opposite = self._box_above(self._low[k]) if self._rising else self._box_below(self._high[k])
        self._add_column(self._end - step, opposite, rising=not self._rising)

    def _add_column(self, start: int, end: int, *, rising: bool) -> None:
        self.columns += 1
        self._rising = rising
        self._mark(start, end)

    def _mark(self, start: int, end: int) -> None:
        """Mark the boxes from ``start`` to ``end`` in the last column."""
        self._end, column = end, self.columns
        for box in range(min(start, end), max(start, end) + 1):
            row = self.rows.get(box)
            if row is None:
                self.rows[box] = _Row(1, column, column)
            else:
                row.marks += 1
                row.last_column = column

    def _box_below(self, level: float) -> int:
        """The highest box that ``level`` has reached from below."""
        boxes = math.floor((level - self.origin) / self.box)
        # the same comparison as with a threshold, so that rounding cannot part the two
        return boxes + 1 if level >= self._level(boxes + 1) else boxes if level >= self._level(boxes) else boxes - 1

    def _box_above(self, level: float) -> int:
        """The lowest box that ``level`` has reached from above."""
        boxes = math.ceil((level - self.origin) / self.box)
        return boxes - 1 if level <= self._level(boxes - 1) else boxes if level <= self._level(boxes) else boxes + 1


def figure_of(outline: Outline, scene: RangeScene) -> PointAndFigure:
    """The empty chart of a range; its box is that of the volatility when the range became known."""
    box = BOX_UNITS * scene.unit[outline.known_at_index]
    middle = (outline.ice + outline.creek) / 2
    return PointAndFigure(scene.high, scene.low, scene.close, outline.start_index, middle, box)
