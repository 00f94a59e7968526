"""Quality score of a range: how long, how often tested, how tightly, and on what volume."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from services.range.levels import trend_points
from wyckoff.model.ranges import QualityComponents

if TYPE_CHECKING:
    from services.range.levels import Level

_DURATION_POINTS: Final = ((40, 30), (25, 20), (15, 15), (10, 10))
_TOUCH_POINTS: Final = ((8, 30), (6, 25), (4, 15))
_TIGHTNESS_POINTS: Final = ((0.01, 20), (0.015, 15), (0.02, 10))
_BALANCED: Final = 0.8
#: Volatility up to which the limits of tightness hold as they are: 1.5 % a bar.
_CALM_UNIT: Final = 0.015


def range_quality(
    duration_bars: int,
    ice: Level,
    creek: Level,
    test_trends: tuple[float | None, float | None],
    unit: float,
) -> QualityComponents:
    """The four components as of now.

    ``test_trends`` are the volume trends of the bars at the ice and at the creek, NaN with fewer than two known ones,
    None when there is no trend; ``unit`` is the volatility of the instrument in log price: a wild one is tight on
    other terms than a calm one.
    """
    return QualityComponents(
        duration=next((points for limit, points in _DURATION_POINTS if duration_bars >= limit), 0),
        touches=_touch_points(ice.touch_count, creek.touch_count),
        tightness=_tightness_points(ice, creek, unit),
        volume=_volume_points(test_trends[0]) + _volume_points(test_trends[1]),
    )


def _touch_points(ice: int, creek: int) -> int:
    points = next((points for limit, points in _TOUCH_POINTS if ice + creek >= limit), 5)
    fewer, more = (ice, creek) if ice <= creek else (creek, ice)
    return min(30, points + 5) if more > 0 and fewer / more >= _BALANCED else points


def _tightness_points(ice: Level, creek: Level, unit: float) -> int:
    """Mean of the relative deviations of both sides; the standard deviation of log price is relative already."""
    if ice.deviation is None or creek.deviation is None:
        return 0
    deviation = (ice.deviation + creek.deviation) / 2.0
    scale = max(1.0, unit / _CALM_UNIT)
    return next((points for limit, points in _TIGHTNESS_POINTS if deviation < limit * scale), 0)


def _volume_points(trend: float | None) -> int:
    return 0 if trend is not None and math.isnan(trend) else trend_points(trend, 10, 5)
