"""Ranges without a climax: price turned at least twice near one low and twice near one high."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
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
    search = _Search(scene, settings)
    lookback, longest = scene.pivots.lookback, settings.cluster_lookback_bars
    free_from = resume_at = 0
    for bar in search.repeated(longest):
        k = bar + lookback
        if k < resume_at:
            continue
        outline = search.range_at(k, max(free_from, k - longest))
        if outline is None or _is_taken(outline, taken, settings):
            continue
        span = span_of(outline, scene, settings)
        found.append((outline, span))
        if span.over_index is None:
            break
        free_from, resume_at = span.end_index, span.over_index + 1
    return found


class _Search:
    """Looks for two levels while it moves forward from pivot to pivot."""

    def __init__(self, scene: RangeScene, settings: RangeSettings) -> None:
        self._close, self._settings, self._lookback = scene.close, settings, scene.pivots.lookback
        self._lows = _Turns(scene.pivots.lows, scene.low, are_lows=True)
        self._highs = _Turns(scene.pivots.highs, scene.high, are_lows=False)
        self._shortest = max(settings.active_bars, settings.min_cluster_bars)
        #: As of each bar, the distance of log prices within which two pivots are near each other.
        self._near: list[float] = (np.maximum(settings.touch_pct, settings.touch_units * scene.unit) / 2.0).tolist()
        #: As of each bar, the least height of a range.
        self._least = np.maximum(math.log1p(settings.min_width_pct), settings.min_cluster_units * scene.unit)

    def repeated(self, longest: int) -> list[int]:
        """The pivots that have another one near them in the time before: no other can complete a range."""
        lows = self._lows.repeated(self._near, self._lookback, longest)
        return sorted({*lows, *self._highs.repeated(self._near, self._lookback, longest)})

    def range_at(self, k: int, first: int) -> Outline | None:
        """The range of pivots from ``first`` on that is complete at the close of ``k``, which confirms the last one."""
        last = k - self._lookback
        is_low, is_high = self._lows.move_to(first, last), self._highs.move_to(first, last)
        outline = self._completed(k, self._lows, self._highs) if is_low else None
        if outline is None and is_high:
            outline = self._completed(k, self._highs, self._lows)
        return outline

    def _completed(self, k: int, own: _Turns, other: _Turns) -> Outline | None:
        """The range of the last pivot of ``own`` together with those near it, and a group of ``other``."""
        mine = own.near_last(self._near[k])
        if mine is None:
            return None
        latest, least = k - self._lookback + 1 - self._shortest, self._least.item(k)
        for theirs in other.groups(self._near[k]):
            start = min(mine[0], theirs[0])
            ice, creek = (mine[1], theirs[1]) if own.are_lows else (theirs[1], mine[1])
            if start > latest or creek - ice < least:
                continue
            if _contiguous(self._close[start : k + 1], ice, creek, self._settings):
                return Outline(Side.UNDETERMINED, start, k, ice, creek)
        return None


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
        for at, (bar, price) in enumerate(zip(bars, prices, strict=True)):
            while bars[start] < bar + lookback - longest:
                start += 1
            tolerance = near[bar + lookback]
            low, high = price - tolerance, price + tolerance
            for earlier in prices[start:at]:
                if low <= earlier <= high:
                    found.append(bar)
                    break
        return found

    def move_to(self, first: int, last: int) -> bool:
        """Let the window hold the pivots from ``first`` to ``last``; whether ``last`` is one."""
        stop = bisect_right(self._bars, last, self._stop)
        self._start, self._stop = bisect_left(self._bars, first, self._start), stop
        return stop > 0 and self._bars[stop - 1] == last

    def near_last(self, tolerance: float) -> _Level | None:
        """The pivots in the window whose log price lies within ``tolerance`` of that of the last one; None when there
        are too few.
        """
        start, last = self._start, self._prices[self._stop - 1]
        low, high = last - tolerance, last + tolerance
        window = enumerate(self._prices[start : self._stop], start)
        near = [(at, price) for at, price in window if low <= price <= high]
        if len(near) < _MIN_TOUCHES:
            return None
        return self._bars[near[0][0]], sum([price for _, price in near]) / len(near)

    def groups(self, tolerance: float) -> list[_Level]:
        """Groups of pivots near one another, the best touched first, then the latest; none is part of two."""
        bars, prices = self._bars[self._start : self._stop], self._prices[self._start : self._stop]
        ordered = sorted(prices)
        groups: list[tuple[int, int, float, float]] = []
        for bar, price in zip(bars, prices, strict=True):
            first, stop = bisect_left(ordered, price - tolerance), bisect_right(ordered, price + tolerance)
            if stop - first >= _MIN_TOUCHES:
                groups.append((stop - first, bar, ordered[first], ordered[stop - 1]))
        groups.sort(reverse=True)
        seen: set[int] = set()
        levels: list[_Level] = []
        for count, bar, lowest, highest in groups:
            if bar not in seen:
                group = [(own, price) for own, price in zip(bars, prices, strict=True) if lowest <= price <= highest]
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


def _contiguous(closes: list[float], ice: float, creek: float, settings: RangeSettings) -> bool:
    """Most closes lie between the levels, and never three in a row clearly outside."""
    ordered = sorted(closes)
    inside = bisect_right(ordered, creek) - bisect_left(ordered, ice)
    if inside < settings.min_inside_closes * len(closes):
        return False
    floor, ceiling = ice - settings.breakout_pct, creek + settings.breakout_pct
    if bisect_left(ordered, floor) + len(ordered) - bisect_right(ordered, ceiling) < _MAX_OUTSIDE_RUN:
        return True
    run = 0
    for close in closes:
        if floor <= close <= ceiling:
            run = 0
        else:
            run += 1
            if run == _MAX_OUTSIDE_RUN:
                return False
    return True
