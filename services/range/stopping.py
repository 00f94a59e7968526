"""Stopping action: a climax ends a trend, and its automatic reaction gives the range its height.

Written for the selling climax; on mirrored bars the same code finds the buying climax.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from services.range.climax import climax_bars

if TYPE_CHECKING:
    from services.range.config import RangeSettings
    from wyckoff.market.bars import FloatArray
    from wyckoff.market.mirror import LogBars


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
    """One side of the bars as lists of log prices, and lows and highs as arrays: one value a bar each."""

    high: list[float]
    low: list[float]
    close: list[float]
    lows: FloatArray
    highs: FloatArray


def side_bars(log: LogBars) -> SideBars:
    """Lists of one side."""
    return SideBars(log.high.tolist(), log.low.tolist(), log.close.tolist(), log.low, log.high)


def find_stopping_actions(
    side: SideBars, scores: FloatArray, unit: FloatArray, settings: RangeSettings
) -> list[StoppingAction]:
    """All climaxes with their automatic reactions, by ``known_at_index``; never two alive at once.

    ``scores`` are those of :func:`services.range.climax.climax_scores`, ``unit`` the volatility unit, shape
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
        self.climaxes = climax_bars(side.lows, side.highs, scores, unit, settings)
        self.unit: list[float] = unit.tolist() if self.climaxes else []
        self.score: list[float] = scores.tolist() if self.climaxes else []
        self.found: list[StoppingAction] = []
        self.start = self.first = self.reaction = -1
        self.effort = self.trend_units = 0.0
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
        at = bisect_left(self.climaxes, i)
        following = next((k for k in self.climaxes[at:] if self._is_new(k)), None)
        if following is not None:
            self._begin(following)
        return following

    def _is_new(self, i: int) -> bool:
        """Whether a climax is not part of a living range: then it has to go below its climax."""
        return i >= self.alive_until or self.close[i] <= self.alive_low

    def _begin(self, i: int) -> None:
        self.first, self.effort, self.trend_units = i, 0.0, 0.0
        self._move_to(i)

    def _move_to(self, i: int) -> None:
        """The climax is at bar ``i``; its effort is the best of its zone."""
        self.start = self.reaction = i
        self.effort = max(self.effort, self.score[i])
        top = max(self.high[max(0, i - self.settings.trend_lookback_bars) : i])
        self.trend_units = max(self.trend_units, (top - self.low[i]) / self.unit[i])

    def _follow(self, candidate: int) -> int:
        """Follow the reaction of the candidate up to the close that gives part of it back, or until it is none.

        Returns the bar from which on the next climax may come.
        """
        zone, patience = self.settings.climax_zone_bars, self.settings.reaction_max_bars
        high, low = self.high, self.low
        loud = iter(self.climaxes[bisect_left(self.climaxes, candidate + 1) :])
        next_loud = next(loud, -1)
        i = candidate
        for i in range(candidate + 1, len(low)):
            start = self.start
            if low[i] < low[start]:
                if i - self.first > zone:
                    return i
                self._move_to(i)
            elif high[i] > high[self.reaction] or self.reaction == start:
                self.reaction = i
                if i - start > patience:
                    return i
            elif i - start > patience or self._gives_back(i):
                return i
            if i == next_loud:
                next_loud = next(loud, -1)
                # a climax of its own, louder than the candidate
                if i - self.first > zone and self.score[i] > self.effort and self._is_new(i):
                    self._begin(i)
        return i + 1

    def _gives_back(self, i: int) -> bool:
        """Whether the close of bar ``i`` confirms the reaction; the stopping action is then stated."""
        settings, start = self.settings, self.start
        top, unit = self.high[self.reaction], self.unit[start]
        height = top - self.low[start]
        if height < settings.min_reaction_units * unit or height < settings.min_reaction_pct:
            return False
        retrace = max(settings.reaction_retrace * height, settings.min_retrace_units * unit)
        if self.close[i] > top - retrace or not self._convinces(height):
            return False
        self._state(i)
        return True

    def _convinces(self, height: float) -> bool:
        """Effort at the climax, length of the trend and of the reaction, summed: each may make up for another."""
        settings = self.settings
        reaction_units = height / self.unit[self.start]
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
        action = StoppingAction(start, self.reaction, i, support, resistance, self.low[start])
        self.alive_low = action.extreme
        self.alive_until, failed = self._lives_until(action)
        self.found.append(replace(action, failed_at_index=self.alive_until) if failed else action)

    def _lives_until(self, action: StoppingAction) -> tuple[int, bool]:
        """The close at which price has left the range upward for good, fallen through, or time is up; and whether it
        fell through. One bar beyond the last when none of it has happened.
        """
        settings, close, unit = self.settings, self.close, self.unit
        ceiling, floor = action.resistance + settings.breakout_pct, action.extreme
        fall = action.support - settings.failure_height * (action.resistance - action.support)
        oldest, patience = action.climax_index + settings.max_range_bars, 2 * settings.breakout_bars
        outside = 0
        for i in range(action.known_at_index + 1, len(close)):
            price = close[i]
            if price < fall and price < floor - settings.failure_units * unit[i]:
                return i, True
            outside = outside + 1 if price > ceiling or price < floor else 0
            if outside > patience or i > oldest:
                return i, outside > patience and price < floor
        return len(close), False
