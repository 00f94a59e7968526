"""Stretches of bars on which nothing can happen to a structure, so that nobody has to look at each of them."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from services.phase.scene import PhaseScene


class Calm(NamedTuple):
    """Log prices within which a bar changes nothing: no low below ``low``, a close between ``floor`` and ``ceiling``.

    Bar ``until`` has to be read in any case. The bounds may be too narrow, never too wide: a bar that is read in vain
    costs a little time, one that is passed over wrongly costs an event.
    """

    floor: float = -math.inf
    low: float = -math.inf
    ceiling: float = math.inf
    until: int = sys.maxsize

    def together(self, other: Calm) -> Calm:
        """What changes nothing for either of two that watch the same bars."""
        return Calm(
            self.floor if self.floor > other.floor else other.floor,
            self.low if self.low > other.low else other.low,
            self.ceiling if self.ceiling < other.ceiling else other.ceiling,
            self.until if self.until < other.until else other.until,
        )

    def ends(self, scene: PhaseScene, first: int, end: int) -> int:
        """The first bar from ``first`` on that has to be read; ``end`` when it is not among those before."""
        floor, line, ceiling, until = self
        end = max(first, min(end, until))
        lows, closes = scene.low, scene.close
        for i in range(first, end):
            if lows[i] < line or not floor < closes[i] < ceiling:
                return i
        return end
