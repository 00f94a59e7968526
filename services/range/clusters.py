"""Ranges without a climax: price turned at least twice near one low and twice near one high."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
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


def find_cluster_ranges(
    scene: RangeScene, taken: Sequence[tuple[Outline, Span]], settings: RangeSettings
) -> list[tuple[Outline, Span]]:
    """Ranges of pivots alone, by ``known_at_index``, looked for as each pivot is confirmed.

    Only one lives at a time, none where a range of ``taken`` lives in the same bars and prices, and none that
    uses pivots of the one before.
    """
    found: list[tuple[Outline, Span]] = []
    free_from = 0
    lookback = scene.pivots.lookback
    for k in sorted({p + lookback for p in (*scene.pivots.lows, *scene.pivots.highs)}):
        if found and (found[-1][1].over_index is None or k <= found[-1][1].over_index):
            continue
        outline = _range_at(k, max(free_from, k - settings.cluster_lookback_bars), scene, settings)
        if outline is None or any(_in_the_way(outline, other, span) for other, span in taken):
            continue
        span = span_of(outline, scene, settings)
        found.append((outline, span))
        free_from = span.end_index
    return found


def _in_the_way(outline: Outline, other: Outline, span: Span) -> bool:
    if other.known_at_index > outline.known_at_index or not outline.overlaps_prices(other):
        return False
    return span.over_index is None or outline.known_at_index < span.over_index


def _range_at(k: int, first: int, scene: RangeScene, settings: RangeSettings) -> Outline | None:
    """The best-touched range of the pivots from ``first`` on that are confirmed by bar ``k``."""
    last = k - scene.pivots.lookback
    tolerance = max(settings.touch_pct, settings.touch_units * scene.unit[k]) / 2.0
    lows = list(_clusters(_between(scene.pivots.lows, first, last), scene.low, tolerance))
    highs = list(_clusters(_between(scene.pivots.highs, first, last), scene.high, tolerance, sign=-1.0))
    pairs = sorted(
        ((low, high) for low in lows for high in highs), key=lambda pair: (-len(pair[0]) - len(pair[1]), sorted(pair))
    )
    for low, high in pairs:
        outline = _outline(low, high, k, scene, settings)
        if outline is not None:
            return outline
    return None


def _clusters(pivots: list[int], prices: list[float], tolerance: float, sign: float = 1.0) -> Iterator[list[int]]:
    """Pivots within ``tolerance`` of the running mean of their log price, at least two together, in time order."""
    group: list[int] = []
    mean = 0.0
    for bar in sorted(pivots, key=lambda p: (sign * prices[p], p)):
        price = sign * prices[bar]
        if group and price - mean > tolerance:
            if len(group) >= _MIN_TOUCHES:
                yield sorted(group)
            group = []
        mean = (mean * len(group) + price) / (len(group) + 1)
        group.append(bar)
    if len(group) >= _MIN_TOUCHES:
        yield sorted(group)


def _outline(low: list[int], high: list[int], k: int, scene: RangeScene, settings: RangeSettings) -> Outline | None:
    ice = sum(scene.low[p] for p in low) / len(low)
    creek = sum(scene.high[p] for p in high) / len(high)
    start = min(low[0], high[0])
    least = max(math.log1p(settings.min_width_pct), settings.min_cluster_units * scene.unit[k])
    if creek - ice < least or max(low[-1], high[-1]) - start + 1 < max(settings.active_bars, settings.min_cluster_bars):
        return None
    if not _contiguous(scene.close[start : k + 1], ice, creek, settings):
        return None
    return Outline(Side.UNDETERMINED, start, k, ice, creek)


def _contiguous(closes: list[float], ice: float, creek: float, settings: RangeSettings) -> bool:
    """Most closes lie between the levels, and never three in a row clearly outside."""
    inside = sum(ice <= close <= creek for close in closes)
    if inside < settings.min_inside_closes * len(closes):
        return False
    run = 0
    for close in closes:
        outside = close < ice - settings.breakout_pct or close > creek + settings.breakout_pct
        run = run + 1 if outside else 0
        if run == _MAX_OUTSIDE_RUN:
            return False
    return True


def _between(indices: tuple[int, ...], first: int, last: int) -> list[int]:
    return list(indices[bisect_left(indices, first) : bisect_right(indices, last)])
