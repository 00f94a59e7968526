"""Ranges without a climax: price turned at least twice near one low and twice near one high."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from services.range.outline import Outline
from services.range.span import Span, span_of
from wyckoff.model.kinds import Side

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.range.config import RangeSettings
    from services.range.scene import RangeScene

_MIN_TOUCHES = 2
_MAX_OUTSIDE_RUN = 3


def find_cluster_ranges(
    scene: RangeScene, taken: Sequence[tuple[Outline, Span]], settings: RangeSettings
) -> list[tuple[Outline, Span]]:
    """Ranges of pivots alone, by ``known_at_index``, looked for as each pivot is confirmed.

    Only one lives at a time, none where a range of ``taken`` lives in the same bars and prices, and none that
    uses pivots of the one before.
    """
    found: list[tuple[Outline, Span]] = []
    lookback, longest = scene.pivots.lookback, settings.cluster_lookback_bars
    # distance of log prices within which two pivots are near each other, as of each bar
    near: list[float] = (np.maximum(settings.touch_pct, settings.touch_units * scene.units) / 2.0).tolist()
    lows = _Turns(scene.pivots.lows, scene.low, are_lows=True)
    highs = _Turns(scene.pivots.highs, scene.high, are_lows=False)
    free_from = resume_at = 0
    turns = {*lows.repeated(near, lookback, longest), *highs.repeated(near, lookback, longest)}
    for bar in sorted(turns):
        k = bar + lookback
        if k < resume_at:
            continue
        first = max(free_from, k - longest)
        is_low, is_high = lows.move_to(first, bar), highs.move_to(first, bar)
        outline = _range_at(k, lows, highs, near[k], scene, settings) if is_low else None
        if outline is None and is_high:
            outline = _range_at(k, highs, lows, near[k], scene, settings)
        if outline is None or _is_taken(outline, taken, settings):
            continue
        span = span_of(outline, scene, settings)
        found.append((outline, span))
        if span.over_index is None:
            break
        free_from, resume_at = span.end_index, span.over_index + 1
    return found


#: The first of the bars of some pivots near one another, and the mean of their log prices.
_Level = tuple[int, float]


class _Turns:
    """A window that moves forward over the confirmed pivots of one kind."""

    def __init__(self, bars: tuple[int, ...], column: list[float], *, are_lows: bool) -> None:
        self.are_lows = are_lows
        self._bars, self._prices = bars, [column[bar] for bar in bars]
        self._start = self._stop = 0

    def repeated(self, near: list[float], lookback: int, longest: int) -> list[int]:
        """The pivots that have another one near them in the time before: no other can complete a range."""
        found: list[int] = []
        bars, prices, start = self._bars, self._prices, 0
        for at, bar in enumerate(bars):
            first = bar + lookback - longest
            while bars[start] < first:
                start += 1
            low, high = prices[at] - near[bar + lookback], prices[at] + near[bar + lookback]
            for price in prices[start:at]:
                if low <= price <= high:
                    found.append(bar)
                    break
        return found

    def move_to(self, first: int, last: int) -> bool:
        """Let the window hold the pivots from ``first`` to ``last``; whether ``last`` is one."""
        bars, stop = self._bars, self._stop
        while stop < len(bars) and bars[stop] <= last:
            stop += 1
        while self._start < stop and bars[self._start] < first:
            self._start += 1
        self._stop = stop
        return stop > 0 and bars[stop - 1] == last

    def near_last(self, tolerance: float) -> _Level | None:
        """The pivots in the window whose log price lies within ``tolerance`` of that of the last one; None when there
        are too few.
        """
        prices = self._prices
        low, high = prices[self._stop - 1] - tolerance, prices[self._stop - 1] + tolerance
        near = [at for at in range(self._start, self._stop) if low <= prices[at] <= high]
        if len(near) < _MIN_TOUCHES:
            return None
        return self._bars[near[0]], sum([prices[at] for at in near]) / len(near)

    def groups(self, tolerance: float) -> list[_Level]:
        """Groups of pivots near one another, the best touched first, then the latest; none is part of two."""
        window = slice(self._start, self._stop)
        by_price = sorted(zip(self._prices[window], self._bars[window], strict=True))
        groups: list[tuple[int, int, int, int]] = []
        first = stop = 0
        for price, bar in by_price:
            while by_price[first][0] < price - tolerance:
                first += 1
            while stop < len(by_price) and by_price[stop][0] <= price + tolerance:
                stop += 1
            if stop - first >= _MIN_TOUCHES:
                groups.append((stop - first, bar, first, stop))
        groups.sort(reverse=True)
        seen: set[int] = set()
        levels: list[_Level] = []
        for count, bar, first, stop in groups:
            if bar not in seen:
                group = sorted([(own, price) for price, own in by_price[first:stop]])
                seen.update([own for own, _ in group])
                levels.append((group[0][0], sum([price for _, price in group]) / count))
        return levels


def _is_taken(outline: Outline, taken: Sequence[tuple[Outline, Span]], settings: RangeSettings) -> bool:
    """Whether one of ``taken``, by ``known_at_index``, lives in the same bars and prices."""
    known = outline.known_at_index
    for other, span in reversed(taken):
        if other.known_at_index < known - 2 * settings.max_range_bars:
            return False
        lives = other.known_at_index <= known and (span.over_index is None or known < span.over_index)
        if lives and outline.overlaps_prices(other):
            return True
    return False


def _range_at(
    k: int, own: _Turns, other: _Turns, tolerance: float, scene: RangeScene, settings: RangeSettings
) -> Outline | None:
    """The range that the last pivot of ``own``, confirmed at the close of ``k``, completes together with those near it
    and a group of ``other``.
    """
    mine = own.near_last(tolerance)
    if mine is None:
        return None
    least = max(math.log1p(settings.min_width_pct), settings.min_cluster_units * scene.unit[k])
    latest = k - scene.pivots.lookback + 1 - max(settings.active_bars, settings.min_cluster_bars)
    for theirs in other.groups(tolerance):
        start = min(mine[0], theirs[0])
        (ice, creek) = (mine[1], theirs[1]) if own.are_lows else (theirs[1], mine[1])
        if start > latest or creek - ice < least:
            continue
        if _contiguous(scene.close[start : k + 1], ice, creek, settings):
            return Outline(Side.UNDETERMINED, start, k, ice, creek)
    return None


def _contiguous(closes: list[float], ice: float, creek: float, settings: RangeSettings) -> bool:
    """Most closes lie between the levels, and never three in a row clearly outside."""
    outside = [close for close in closes if close < ice or close > creek]
    if len(closes) - len(outside) < settings.min_inside_closes * len(closes):
        return False
    if len(outside) < _MAX_OUTSIDE_RUN:
        return True
    floor, ceiling = ice - settings.breakout_pct, creek + settings.breakout_pct
    run = 0
    for close in closes:
        run = run + 1 if close < floor or close > ceiling else 0
        if run == _MAX_OUTSIDE_RUN:
            return False
    return True
