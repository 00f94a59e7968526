"""Stopping action: a climax ends a trend, and its automatic reaction gives the range its height.

Written for the selling climax; on mirrored bars the same code finds the buying climax.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from services.range.climax import climax_bars
from services.range.windows import LeastBefore
from wyckoff.model.quick import quickly_made

if TYPE_CHECKING:
    from services.range.config import RangeSettings
    from wyckoff.market.bars import FloatArray
    from wyckoff.market.mirror import LogBars


@quickly_made
@dataclass(frozen=True, slots=True)
class StoppingAction:
    """A climax and its automatic reaction, complete at the close of ``known_at_index``.

    Log prices on bars of the side, ``extreme`` <= ``support`` < ``resistance``. ``failed_at_index`` is the bar
    that closed far beyond the climax, None as long as none did.
    """

    climax_index: int
    reaction_index: int
    known_at_index: int
    support: float
    resistance: float
    extreme: float
    failed_at_index: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class SideBars:
    """One side of the bars as lists of log prices, one value a bar.

    ``least`` has its lows in the row ``lows_row``, and its highs, negated, in the other one of two.
    """

    high: list[float]
    low: list[float]
    close: list[float]
    least: LeastBefore
    lows_row: int


def side_bars(log: LogBars) -> SideBars:
    """Lists of one side."""
    least = LeastBefore(np.array((log.low, -log.high)))
    return SideBars(log.high.tolist(), log.low.tolist(), log.close.tolist(), least, 0)


def reflected(side: SideBars, mirrored: LogBars) -> SideBars:
    """The other side. Its lows are the highs of ``side``, negated."""
    lists = (mirrored.high.tolist(), mirrored.low.tolist(), mirrored.close.tolist())
    return SideBars(*lists, side.least, 1 - side.lows_row)


def find_stopping_actions(
    side: SideBars, scores: FloatArray, unit: FloatArray, settings: RangeSettings
) -> list[StoppingAction]:
    """All climaxes with their automatic reactions, by ``known_at_index``; never two alive at once.

    ``scores`` are those of :class:`services.range.climax.Effort`, ``unit`` the volatility unit, shape
    ``(bars,)`` each.
    """
    search = Search(side, scores, unit, settings)
    search.run()
    return search.found


class Search:
    """From climax to climax: find one, follow its reaction, and remember how long the range that it opens lives."""

    def __init__(self, side: SideBars, scores: FloatArray, unit: FloatArray, settings: RangeSettings) -> None:
        self.high, self.low, self.close = side.high, side.low, side.close
        self.settings = settings
        self.unit, self.score = unit, scores
        self.climaxes, self.trends = climax_bars(side, scores, unit, settings)
        self.found: list[StoppingAction] = []
        self.start = self.first = self.reaction = -1
        self.effort = self.trend_units = self.start_unit = 0.0
        #: Low of the climax whose range lives, and the bar at whose close it is over.
        self.alive_low = -math.inf
        self.alive_until = -1

    def run(self) -> None:
        i = 0
        while True:
            following = self._next_climax(i)
            if following is None:
                return
            i = self._follow(following)

    def _next_climax(self, i: int) -> int | None:
        """The first bar from ``i`` on that is a climax, now the candidate."""
        for at in range(bisect_left(self.climaxes, i), len(self.climaxes)):
            following = self.climaxes[at]
            if self._is_new(following):
                self._begin(following)
                return following
        return None

    def _is_new(self, i: int) -> bool:
        """Whether a climax is not part of a living range: then it has to go below its climax."""
        return i >= self.alive_until or self.close[i] <= self.alive_low

    def _begin(self, i: int) -> None:
        self.first, self.effort, self.trend_units = i, 0.0, 0.0
        self._move_to(i)

    def _move_to(self, i: int) -> None:
        """The climax is at bar ``i``; its effort is the best of its zone."""
        self.start = self.reaction = i
        self.start_unit = self.unit.item(i)
        score, trend_units = self.score.item(i), self.trends.item(i)
        if score > self.effort:
            self.effort = score
        if trend_units > self.trend_units:
            self.trend_units = trend_units

    def _follow(self, candidate: int) -> int:
        """Follow the reaction of the candidate up to the close that gives part of it back, or until it is none.

        Returns the bar from which on the next climax may come.
        """
        zone, patience = self.settings.climax_zone_bars, self.settings.reaction_max_bars
        high, low, close = self.high, self.low, self.close
        loud = iter(self.climaxes[bisect_left(self.climaxes, candidate + 1) :])
        next_loud = next(loud, -1)
        latest, bottom, top, confirming = candidate + patience, low[candidate], -math.inf, None
        i = candidate
        for i in range(candidate + 1, len(low)):
            if low[i] < bottom:
                if i - self.first > zone:
                    return i
                self._move_to(i)
                latest, bottom, top = i + patience, low[i], -math.inf
            elif high[i] > top:
                self.reaction, top, confirming = i, high[i], None
                if i > latest:
                    return i
            elif i > latest:
                return i
            else:
                if confirming is None:
                    confirming = self._confirming()
                if close[i] <= confirming:
                    self._state(i)
                    return i
            if i == next_loud:
                next_loud = next(loud, -1)
                # a climax of its own, louder than the candidate
                if i - self.first > zone and self.score.item(i) > self.effort and self._is_new(i):
                    self._begin(i)
                    latest, bottom, top = i + patience, low[i], -math.inf
        return i + 1

    def _confirming(self) -> float:
        """The close up to which the reaction is given back far enough; minus infinity while it does not convince."""
        settings, unit, top = self.settings, self.start_unit, self.high[self.reaction]
        height = top - self.low[self.start]
        if height < settings.min_reaction_units * unit or height < settings.min_reaction_pct:
            return -math.inf
        if not self._convinces(height):
            return -math.inf
        return top - max(settings.reaction_retrace * height, settings.min_retrace_units * unit)

    def _convinces(self, height: float) -> bool:
        """Effort at the climax, length of the trend and of the reaction, summed: each may make up for another."""
        settings = self.settings
        reaction_units = height / self.start_unit
        evidence = self.effort
        evidence += 0.06 * min(8.0, max(0.0, self.trend_units - settings.min_trend_units))
        evidence += 0.10 * min(4.0, max(0.0, reaction_units - settings.min_reaction_units))
        return evidence >= settings.min_stopping_evidence

    def _state(self, i: int) -> None:
        start, share = self.start, self.settings.creek_between_close_and_extreme
        top_close = max(self.close[self.reaction - 1 : self.reaction + 1])
        resistance = top_close + share * (self.high[self.reaction] - top_close)
        # the lowest close around the climax: its own bar often closes far off the low
        support = min(self.close[max(0, start - 1) : start + 2])
        if resistance - support < math.log1p(self.settings.min_width_pct):
            return
        if self.found and i < self.alive_until:
            # the range before is replaced: how it would have ended is not known any more
            self.found[-1] = replace(self.found[-1], failed_at_index=None)
        self.alive_low = self.low[start]
        self.alive_until, failed = self._lives_until(i, support, resistance)
        failed_at_index = self.alive_until if failed else None
        self.found.append(StoppingAction(start, self.reaction, i, support, resistance, self.alive_low, failed_at_index))

    def _lives_until(self, known_at_index: int, support: float, resistance: float) -> tuple[int, bool]:
        """The close at which price has left the range upward for good, fallen through, or time is up; and whether it
        fell through. One bar beyond the last when none of it has happened.
        """
        settings, close = self.settings, self.close
        ceiling, floor = resistance + settings.breakout_pct, self.alive_low
        fall = support - settings.failure_height * (resistance - support)
        oldest, patience = self.start + settings.max_range_bars, 2 * settings.breakout_bars
        outside = 0
        for i in range(known_at_index + 1, len(close)):
            price = close[i]
            if floor <= price <= ceiling:
                outside = 0
            elif price < fall and price < floor - settings.failure_units * self.unit.item(i):
                return i, True
            else:
                outside += 1
            if outside > patience or i > oldest:
                return i, outside > patience and price < floor
        return len(close), False
