"""Ranges without a climax: price turned at least twice near one low and twice near one high."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from services.range.outline import Outline
from services.range.span import Span, span_of
from wyckoff.model.kinds import Side

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from services.range.config import RangeSettings
    from services.range.scene import RangeScene

_MIN_TOUCHES = 2
_MAX_OUTSIDE_RUN = 3
#: What a difference of log prices may be off by.
_ROUNDING = 1e-9


def find_cluster_ranges(
    scene: RangeScene, taken: Sequence[tuple[Outline, Span]], settings: RangeSettings
) -> list[tuple[Outline, Span]]:
    """Ranges of pivots alone, by ``known_at_index``, looked for as each pivot is confirmed.

    Only one lives at a time, none where a range of ``taken`` lives in the same bars and prices, and none that
    uses pivots of the one before.
    """
    found: list[tuple[Outline, Span]] = []
    lows, highs = _Turns(scene.pivots.lows, scene.low), _Turns(scene.pivots.highs, scene.high)
    free_from = resume_at = 0
    for bar in sorted({*lows.repeated(scene, settings), *highs.repeated(scene, settings)}):
        k = bar + scene.pivots.lookback
        if k < resume_at:
            continue
        first = max(free_from, k - settings.cluster_lookback_bars)
        is_low, is_high = lows.move_to(first, bar), highs.move_to(first, bar)
        outline = _range_at(k, lows, highs, scene, settings, lows_first=True) if is_low else None
        if outline is None and is_high:
            outline = _range_at(k, highs, lows, scene, settings, lows_first=False)
        if outline is None or _is_taken(outline, taken, settings):
            continue
        span = span_of(outline, scene, settings)
        found.append((outline, span))
        if span.over_index is None:
            break
        free_from, resume_at = span.end_index, span.over_index + 1
    return found


class _Turns:
    """A window that moves forward over the confirmed pivots of one kind."""

    def __init__(self, bars: tuple[int, ...], column: list[float]) -> None:
        self._bars, self._prices = bars, [column[bar] for bar in bars]
        self._start = self._stop = 0

    def repeated(self, scene: RangeScene, settings: RangeSettings) -> list[int]:
        """The pivots that have another one near them in the time before: no other can complete a range."""
        found: list[int] = []
        for at, (bar, price) in enumerate(zip(self._bars, self._prices, strict=True)):
            known = bar + scene.pivots.lookback
            tolerance, first = _tolerance(known, scene, settings), known - settings.cluster_lookback_bars
            for earlier in range(at - 1, -1, -1):
                if self._bars[earlier] < first:
                    break
                if abs(self._prices[earlier] - price) <= tolerance + _ROUNDING:
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

    def near_last(self, tolerance: float) -> list[int]:
        """The pivots in the window whose log price lies within ``tolerance`` of that of the last one."""
        return self._near(self._prices[self._stop - 1], tolerance)

    def groups(self, tolerance: float) -> Iterator[list[int]]:
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
        for _, bar, first, stop in groups:
            if bar not in seen:
                group = sorted([own for _, own in by_price[first:stop]])
                seen.update(group)
                yield group

    def _near(self, price: float, tolerance: float) -> list[int]:
        low, high = price - tolerance, price + tolerance
        window = slice(self._start, self._stop)
        pairs = zip(self._bars[window], self._prices[window], strict=True)
        return [bar for bar, other in pairs if low <= other <= high]


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
    k: int, own: _Turns, other: _Turns, scene: RangeScene, settings: RangeSettings, *, lows_first: bool
) -> Outline | None:
    """The range that the last pivot of ``own``, confirmed at the close of ``k``, completes together with those near it
    and a group of ``other``.
    """
    tolerance = _tolerance(k, scene, settings)
    mine = own.near_last(tolerance)
    if len(mine) < _MIN_TOUCHES:
        return None
    for theirs in other.groups(tolerance):
        low, high = (mine, theirs) if lows_first else (theirs, mine)
        outline = _outline(low, high, k, scene, settings)
        if outline is not None:
            return outline
    return None


def _tolerance(k: int, scene: RangeScene, settings: RangeSettings) -> float:
    """Distance of log prices within which two pivots are near each other, as of bar ``k``."""
    return max(settings.touch_pct, settings.touch_units * scene.unit[k]) / 2.0


def _outline(low: list[int], high: list[int], k: int, scene: RangeScene, settings: RangeSettings) -> Outline | None:
    start = min(low[0], high[0])
    if max(low[-1], high[-1]) - start + 1 < max(settings.active_bars, settings.min_cluster_bars):
        return None
    ice = sum([scene.low[p] for p in low]) / len(low)
    creek = sum([scene.high[p] for p in high]) / len(high)
    least = max(math.log1p(settings.min_width_pct), settings.min_cluster_units * scene.unit[k])
    if creek - ice < least or not _contiguous(scene.close[start : k + 1], ice, creek, settings):
        return None
    return Outline(Side.UNDETERMINED, start, k, ice, creek)


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
