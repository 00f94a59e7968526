"""Supply and demand zones: narrow bars on high volume, where one side absorbed the other."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

from wyckoff.model.kinds import ZoneStatus, ZoneType
from wyckoff.model.ranges import Zone

if TYPE_CHECKING:
    from services.range.config import RangeSettings
    from services.range.outline import Outline
    from services.range.scene import SeriesScene

_FRESH_POINTS = 40
_NEAR_POINTS = 30
_EXHAUSTING_TOUCHES = 3


def zone_bars(scene: SeriesScene, settings: RangeSettings) -> list[int]:
    """Indices of all bars that make a zone; unknown volume never does."""
    loud = scene.volume.volume_ratio >= settings.zone_volume_ratio
    bars: list[int] = (loud & (scene.volume.spread_ratio <= settings.zone_spread_ratio)).nonzero()[0].tolist()
    return bars


def find_zones(
    outline: Outline, end_index: int, makers: list[int], scene: SeriesScene, settings: RangeSettings
) -> tuple[Zone, ...]:
    """Zones of the bars of one range, most significant first. ``makers`` are the bars of :func:`zone_bars`."""
    inside = makers[bisect_left(makers, outline.start_index) : bisect_right(makers, end_index)]
    zones = [_zone(i, outline, end_index, scene, settings) for i in inside]
    return tuple(sorted(zones, key=lambda zone: (-zone.significance, zone.bar_index)))


def _zone(i: int, outline: Outline, end_index: int, scene: SeriesScene, settings: RangeSettings) -> Zone:
    demand = scene.volume.close_position.item(i) >= 0.5
    middle = (scene.low[i] + scene.high[i]) / 2.0
    near = abs(middle - (outline.ice if demand else outline.creek)) <= math.log1p(settings.zone_near_pct)
    ratios = scene.volume
    touches, broken = _revisits(i, end_index, scene, settings, demand=demand)
    return Zone(
        type=ZoneType.DEMAND if demand else ZoneType.SUPPLY,
        bar_index=i,
        known_at_index=max(i, outline.known_at_index),
        low=float(scene.bars.low[i]),
        high=float(scene.bars.high[i]),
        significance=_significance(ratios.volume_ratio.item(i), ratios.spread_ratio.item(i), settings, near=near),
        near_level=near,
        touch_count=touches,
        status=_status(touches, broken=broken),
    )


def _significance(volume: float, spread: float, settings: RangeSettings, *, near: bool) -> int:
    """0 to 100, as of the bar that made the zone: fresh, near its level, loud and narrow."""
    loud = min((volume - settings.zone_volume_ratio) / 2.0 * 15.0, 15.0)
    narrow = (settings.zone_spread_ratio - spread) / settings.zone_spread_ratio * 15.0
    return _FRESH_POINTS + (_NEAR_POINTS if near else 0) + int(loud) + int(narrow)


def _revisits(i: int, end_index: int, scene: SeriesScene, settings: RangeSettings, *, demand: bool) -> tuple[int, bool]:
    """Visits after price had left the zone, and whether a close on volume went through it."""
    low, high = scene.low[i], scene.high[i]
    lows, highs, closes = scene.low, scene.high, scene.close
    touches, inside = 0, True
    for k in range(i + 1, end_index + 1):
        overlaps = lows[k] <= high and highs[k] >= low
        if overlaps and not inside:
            touches += 1
        inside = overlaps
        through = closes[k] < low if demand else closes[k] > high
        if through and scene.volume.volume_ratio.item(k) >= settings.zone_break_volume_ratio:
            return touches, True
    return touches, False


def _status(touches: int, *, broken: bool) -> ZoneStatus:
    if broken:
        return ZoneStatus.INVALIDATED
    if touches >= _EXHAUSTING_TOUCHES:
        return ZoneStatus.EXHAUSTED
    return ZoneStatus.TESTED if touches else ZoneStatus.FRESH
