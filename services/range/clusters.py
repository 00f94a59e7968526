"""Ranges without a climax: price turned at least twice near one low and twice near one high."""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING

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
    lows, highs = _Turns(scene.pivots.lows, scene.low), _Turns(scene.pivots.highs, scene.high)
    free_from = resume_at = 0
    for bar in sorted({*scene.pivots.lows, *scene.pivots.highs}):
        k = bar + scene.pivots.lookback
        if k < resume_at:
            continue
        outline = _range_at(bar, k, max(free_from, k - settings.cluster_lookback_bars), (lows, highs), scene, settings)
        if outline is None or any(_in_the_way(outline, other, span) for other, span in taken):
            continue
        span = span_of(outline, scene, settings)
        found.append((outline, span))
        if span.over_index is None:
            break
        free_from, resume_at = span.end_index, span.over_index + 1
    return found


@dataclass(frozen=True, slots=True)
class _Turns:
    """Confirmed pivots of one kind, ascending, and the prices that they are of."""

    bars: tuple[int, ...]
    prices: list[float]

    def near(self, bar: int, first: int, tolerance: float) -> list[int]:
        """The pivots from ``first`` to ``bar`` whose log price lies within ``tolerance`` of that of ``bar``."""
        price, prices = self.prices[bar], self.prices
        lowest, highest = price - tolerance, price + tolerance
        start, stop = bisect_left(self.bars, first), bisect_left(self.bars, bar + 1)
        return [k for k in self.bars[start:stop] if lowest <= prices[k] <= highest]


def _in_the_way(outline: Outline, other: Outline, span: Span) -> bool:
    if other.known_at_index > outline.known_at_index or not outline.overlaps_prices(other):
        return False
    return span.over_index is None or outline.known_at_index < span.over_index


def _range_at(
    bar: int, k: int, first: int, turns: tuple[_Turns, _Turns], scene: RangeScene, settings: RangeSettings
) -> Outline | None:
    """The range that the pivot at ``bar``, confirmed at the close of ``k``, completes: of its own kind those near it,
    of the other kind those near one of the last, the better touched first.
    """
    tolerance = max(settings.touch_pct, settings.touch_units * scene.unit[k]) / 2.0
    for own, other in (turns, turns[::-1]):
        at = bisect_left(own.bars, bar)
        if at == len(own.bars) or own.bars[at] != bar:
            continue
        mine = own.near(bar, first, tolerance)
        if len(mine) < _MIN_TOUCHES:
            continue
        for theirs in _groups(other, first, bar, tolerance):
            low, high = (mine, theirs) if own is turns[0] else (theirs, mine)
            outline = _outline(low, high, k, scene, settings)
            if outline is not None:
                return outline
    return None


def _groups(turns: _Turns, first: int, last: int, tolerance: float) -> list[list[int]]:
    """Groups of pivots near one another up to ``last``, the best touched first, then the latest."""
    start, stop = bisect_left(turns.bars, first), bisect_left(turns.bars, last + 1)
    groups: list[list[int]] = []
    seen: set[int] = set()
    for bar in reversed(turns.bars[start:stop]):
        if bar in seen:
            continue
        group = turns.near(bar, first, tolerance)
        seen.update(group)
        if len(group) >= _MIN_TOUCHES:
            groups.append(group)
    groups.sort(key=lambda group: -len(group))
    return groups


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
