"""Stretches of bars on which nothing can happen to a structure, so that nobody has to look at each of them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from services.phase.scene import PhaseScene

#: Log prices ``(floor, low, ceiling)`` within which a bar changes nothing: its low is not below ``low``, its close
#: between ``floor`` and ``ceiling``. They may be too narrow, never too wide: a bar that is read in vain costs a little
#: time, one that is passed over wrongly costs an event. A plain tuple, because very many are made.
Calm = tuple[float, float, float]

ANY_PRICE: Final[Calm] = (-math.inf, -math.inf, math.inf)


def together(one: Calm, other: Calm) -> Calm:
    """What changes nothing for either of two that watch the same bars."""
    return (
        one[0] if one[0] > other[0] else other[0],
        one[1] if one[1] > other[1] else other[1],
        one[2] if one[2] < other[2] else other[2],
    )


def calm_until(one: Calm, other: Calm, scene: PhaseScene, first: int, end: int) -> int:
    """The first bar from ``first`` on that is not calm for both; ``end`` when it is not among those before."""
    floor, line, ceiling = one
    other_floor, other_line, other_ceiling = other
    if other_floor > floor:
        floor = other_floor
    if other_line > line:
        line = other_line
    if other_ceiling < ceiling:
        ceiling = other_ceiling
    lows, closes = scene.low, scene.close
    for i in range(first, end):
        if lows[i] < line or not floor < closes[i] < ceiling:
            return i
    return max(first, end)
