"""Touches of one level and how strong they make it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_TOUCH_POINTS: Final = ((5, 40), (4, 30), (3, 20), (2, 10))
_WICK_POINTS: Final = ((0.7, 20), (0.5, 15), (0.3, 10))
_HOLD_POINTS: Final = ((30, 10), (20, 8), (10, 5))
_FALLING: Final = 0.85
_FLAT: Final = 1.15


@dataclass(frozen=True, slots=True)
class Touch:
    """A pivot on a level: its log price, volume ratio (NaN when unknown) and rejection.

    ``rejection`` is the part of the bar between its extreme at the level and its close, 0 to 1.
    """

    bar_index: int
    log_price: float
    volume_ratio: float
    rejection: float


def volume_trend(volumes: list[float]) -> float | None:
    """Mean of the later half over the mean of the earlier half, in time order.

    Unknown volumes (NaN) are left out; None when a half is empty or the earlier one is zero.
    """
    known = [v for v in volumes if v == v]
    half = len(known) // 2
    if half == 0:
        return None
    earlier = sum(known[:half]) / half
    later = sum(known[half:]) / (len(known) - half)
    return later / earlier if earlier > 0 else None


def trend_points(volumes: list[float], falling: int, flat: int) -> int:
    """``falling`` points for a falling volume, ``flat`` for a level or unknown one, else 0."""
    trend = volume_trend(volumes)
    if trend is None or _FALLING <= trend < _FLAT:
        return flat
    return falling if trend < _FALLING else 0


def level_strength(touches: list[Touch]) -> int:
    """Strength of a level, 0 to 100: number of touches, falling volume, rejection and time it has held."""
    if not touches:
        return 0
    rejection = sum(t.rejection for t in touches) / len(touches)
    hold_bars = touches[-1].bar_index - touches[0].bar_index
    return (
        _points(len(touches), _TOUCH_POINTS, 0)
        + trend_points([t.volume_ratio for t in touches], 30, 15)
        + _points(rejection, _WICK_POINTS, 5)
        + _points(hold_bars, _HOLD_POINTS, 2)
    )


def _points(value: float, steps: tuple[tuple[float, int], ...], otherwise: int) -> int:
    for limit, points in steps:
        if value >= limit:
            return points
    return otherwise
