"""Quality score of a range: how long, how often tested, how tightly, and on what volume."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from services.range.levels import points, trend_points
from wyckoff.model.ranges import QualityComponents

if TYPE_CHECKING:
    from services.range.levels import Level

#: Ascending limits, and the points below the first one and from each of them on.
_DURATION_POINTS: Final = ((10, 15, 25, 40), (0, 10, 15, 20, 30))
_TOUCH_POINTS: Final = ((4, 6, 8), (5, 15, 25, 30))
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
        points(duration_bars, _DURATION_POINTS),
        _touch_points(ice.touch_count, creek.touch_count),
        _tightness_points(ice, creek, unit),
        _volume_points(test_trends[0]) + _volume_points(test_trends[1]),
    )


def _touch_points(ice: int, creek: int) -> int:
    plain = points(ice + creek, _TOUCH_POINTS)
    fewer, more = (ice, creek) if ice <= creek else (creek, ice)
    return min(30, plain + 5) if more > 0 and fewer / more >= _BALANCED else plain


def _tightness_points(ice: Level, creek: Level, unit: float) -> int:
    """Mean of the relative deviations of both sides; the standard deviation of log price is relative already."""
    of_ice, of_creek = ice.deviation, creek.deviation
    if of_ice is None or of_creek is None:
        return 0
    deviation = (of_ice + of_creek) / 2.0
    scale = max(1.0, unit / _CALM_UNIT)
    for limit, tightness in _TIGHTNESS_POINTS:
        if deviation < limit * scale:
            return tightness
    return 0


def _volume_points(trend: float | None) -> int:
    return 0 if trend != trend else trend_points(trend, 10, 5)
