"""Stopping action: a climax ends a trend, and its automatic reaction gives the range its height.

Written for the selling climax; on mirrored bars the same code finds the buying climax.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

if TYPE_CHECKING:
    from services.range.config import RangeSettings
    from wyckoff.market.activity import Activity
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


def climax_scores(activity: Activity) -> FloatArray:
    """Effort around each bar, shape ``(bars,)``: a sum of partial evidence, no single part is a condition.

    Volume and range of the best of the last three bars, and their mean over the last ten: climaxes come in busy
    weeks. Each z-score of 2 counts in full, more up to one and a half times. Where volume is unknown the range
    speaks for it. The same for both sides and on all scales.
    """
    range_z = np.where(np.isnan(activity.range_z), 0.0, activity.range_z)
    volume_z = np.where(np.isnan(activity.volume_z), range_z, activity.volume_z)
    score = 0.35 * _share(_best_of(volume_z, 3)) + 0.35 * _share(_best_of(range_z, 3))
    score += 0.15 * _share(2.0 * _mean_of(volume_z, 10)) + 0.15 * _share(2.0 * _mean_of(range_z, 10))
    return score


def in_unrest(scores: FloatArray, activity: Activity, min_unrest: float) -> FloatArray:
    """The scores, 0 where the mean z-score of true range over ten bars is below ``min_unrest``."""
    unrest = _mean_of(np.where(np.isnan(activity.range_z), 0.0, activity.range_z), 10)
    return np.where(unrest >= min_unrest, scores, 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class SideBars:
    """One side of the bars as lists of log prices, and the lows as an array: one value a bar each."""

    high: list[float]
    low: list[float]
    close: list[float]
    lows: FloatArray


def side_bars(log: LogBars) -> SideBars:
    """Lists of one side."""
    return SideBars(log.high.tolist(), log.low.tolist(), log.close.tolist(), log.low)


def find_stopping_actions(
    side: SideBars,
    scores: FloatArray,
    unit: FloatArray,
    settings: RangeSettings,
) -> list[StoppingAction]:
    """All climaxes with their automatic reactions, by ``known_at_index``; never two alive at once.

    ``scores`` are those of :func:`climax_scores`, ``unit`` the volatility unit, shape ``(bars,)`` each.
    """
    machine = _Machine(side, scores, unit, settings)
    machine.run()
    return [replace(action, failed_at_index=machine.failed_at.get(action.climax_index)) for action in machine.found]


class _Machine:
    """One pass over the bars: look for a climax, follow its reaction, then wait until the range is left."""

    def __init__(self, side: SideBars, scores: FloatArray, unit: FloatArray, settings: RangeSettings) -> None:
        self.high, self.low, self.close = side.high, side.low, side.close
        self.unit: list[float] = unit.tolist()
        self.score: list[float] = scores.tolist()
        self.settings = settings
        self.extremes = self._extremes(side.lows, scores, unit)
        self.found: list[StoppingAction] = []
        self.failed_at: dict[int, int] = {}
        self.candidate = -1
        self.first_candidate = -1
        self.reaction = -1
        self.effort = self.trend_units = 0.0
        self.alive: StoppingAction | None = None
        self.outside_bars = 0

    def _extremes(self, lows: FloatArray, scores: FloatArray, unit: FloatArray) -> list[int]:
        """Bars loud enough for a climax and near the lowest of the bars before them, from the second bar on."""
        window = self.settings.climax_extreme_bars
        if len(lows) < 2:
            return []
        padded = np.concatenate((np.full(window, np.inf), lows[:-1]))
        lowest = sliding_window_view(padded, window).min(axis=1)
        near = lows <= lowest + self.settings.climax_slack_units * unit
        loud = scores >= self.settings.min_climax_score
        return [i for i in np.flatnonzero(near & loud).tolist() if i > 0]

    def run(self) -> None:
        """Visit the bars on which something can happen: all while a range or a candidate lives, else the extremes."""
        last = len(self.close) - 1
        i = 0
        while True:
            i += 1
            if self.alive is None and self.candidate < 0:
                at = bisect_left(self.extremes, i)
                if at == len(self.extremes):
                    return
                i = self.extremes[at]
            if i > last:
                return
            self.step(i)

    def step(self, i: int) -> None:
        if self.alive is not None:
            self._watch(i, self.alive)
        if self.candidate >= 0:
            self._follow(i)
        if self._is_climax(i):
            self.first_candidate, self.effort, self.trend_units = i, 0.0, 0.0
            self._move_to(i)

    def _is_climax(self, i: int) -> bool:
        at = bisect_left(self.extremes, i)
        if at == len(self.extremes) or self.extremes[at] != i:
            return False
        if self.candidate >= 0 and not self._outdone(i):
            return False
        if self.alive is not None and self.close[i] > self.low[self.alive.climax_index]:
            return False
        trend, bars = self._trend(i)
        return trend >= self.settings.min_trend_units and bars >= self.settings.min_trend_bars

    def _trend(self, i: int) -> tuple[float, int]:
        """Length of the decline into bar ``i``, in units, and in bars from its high."""
        before = self.high[max(0, i - self.settings.trend_lookback_bars) : i]
        top = max(before)
        return (top - self.low[i]) / self.unit[i], before[::-1].index(top) + 1

    def _move_to(self, i: int) -> None:
        """The climax is at bar ``i``; its effort is the best of its zone."""
        self.candidate = self.reaction = i
        self.effort = max(self.effort, self.score[i])
        self.trend_units = max(self.trend_units, self._trend(i)[0])

    def _outdone(self, i: int) -> bool:
        """Whether a climax of its own, louder than the candidate, has come."""
        return i - self.first_candidate > self.settings.climax_zone_bars and self.score[i] > self.effort

    def _follow(self, i: int) -> None:
        """Follow the reaction of the candidate up to the close that gives part of it back."""
        settings, start = self.settings, self.candidate
        if self.low[i] < self.low[start]:
            if i - self.first_candidate > settings.climax_zone_bars:
                self.candidate = -1
            else:
                self._move_to(i)
            return
        if self.high[i] > self.high[self.reaction] or self.reaction == start:
            self.reaction = i
        if i - start > settings.reaction_max_bars:
            self.candidate = -1
            return
        top = self.high[self.reaction]
        height = top - self.low[start]
        if height < max(settings.min_reaction_units * self.unit[start], settings.min_reaction_pct):
            return
        retrace = max(settings.reaction_retrace * height, settings.min_retrace_units * self.unit[start])
        if i > self.reaction and self.close[i] <= top - retrace and self._convinces(height):
            self._state(i)

    def _convinces(self, height: float) -> bool:
        """Effort at the climax, length of the trend and of the reaction, summed: each may make up for another."""
        settings = self.settings
        reaction_units = height / self.unit[self.candidate]
        evidence = self.effort
        evidence += 0.06 * min(8.0, max(0.0, self.trend_units - settings.min_trend_units))
        evidence += 0.10 * min(4.0, max(0.0, reaction_units - settings.min_reaction_units))
        return evidence >= settings.min_stopping_evidence

    def _state(self, i: int) -> None:
        start, share = self.candidate, self.settings.creek_between_close_and_extreme
        top_close = max(self.close[self.reaction - 1 : self.reaction + 1])
        resistance = top_close + share * (self.high[self.reaction] - top_close)
        support = min(self.close[max(0, start - 1) : start + 2])
        self.candidate = -1
        if resistance - support < math.log1p(self.settings.min_width_pct):
            return
        self.alive = StoppingAction(start, self.reaction, i, support, resistance, self.low[start])
        self.outside_bars = 0
        self.found.append(self.alive)

    def _failure_line(self, i: int, action: StoppingAction) -> float:
        height = action.resistance - action.support
        below_climax = action.extreme - self.settings.failure_units * self.unit[i]
        return min(action.support - self.settings.failure_height * height, below_climax)

    def _watch(self, i: int, action: StoppingAction) -> None:
        """Let go of the range once price has left it upward for good, fallen through, or time is up."""
        settings, close = self.settings, self.close[i]
        if close > action.resistance + settings.breakout_pct or close < self.low[action.climax_index]:
            self.outside_bars += 1
        else:
            self.outside_bars = 0
        failed = close < self._failure_line(i, action)
        if failed:
            self.failed_at[action.climax_index] = i
        if (
            failed
            or self.outside_bars > 2 * settings.breakout_bars
            or i - action.climax_index > settings.max_range_bars
        ):
            self.alive = None


def _share(z: FloatArray) -> FloatArray:
    return np.clip(z / 2.0, 0.0, 1.5)


def _best_of(values: FloatArray, window: int) -> FloatArray:
    best = values.copy()
    for shift in range(1, window):
        np.maximum(best[shift:], values[:-shift], out=best[shift:])
    return best


def _mean_of(values: FloatArray, window: int) -> FloatArray:
    total = values.copy()
    for shift in range(1, window):
        total[shift:] += values[:-shift]
    return total / window
