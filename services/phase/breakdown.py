"""Breakdown: price leaves through the side that the climax defended, and does not come back."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from services.phase.calm import Calm
    from services.phase.config import PhaseSettings
    from services.phase.scene import Frame, PhaseScene


class Breakdown:
    """Watches closes below the support: too deep at once, or too long below the climax."""

    def __init__(self, frame: Frame, scene: PhaseScene, settings: PhaseSettings) -> None:
        self.frame, self.scene, self.settings = frame, scene, settings
        support, height = frame.support, frame.height
        self.floor = min(frame.climax_low, support - settings.spring_depth * height)
        #: No close above it is too deep.
        self.deep = support - settings.failure_height * height
        #: First bar of the closes in a row below the floor; None when the last one was not.
        self.below_since: int | None = None
        self._above: Calm = (max(self.floor, self.deep), -math.inf, math.inf)
        #: Bars that neither break the structure at once nor begin or end a stay below the floor.
        self.calm = self._above
        #: The bar at which price has stayed below for too long if it does not come back.
        self.due_at = sys.maxsize

    def step(self, i: int, *, out: bool) -> str:
        """Why the structure fails at the close of bar ``i``; empty while it holds. ``out``: it had broken out."""
        close = self.scene.close[i]
        if close < self.deep and self._is_too_deep(i, close):
            return "a close far below the support"
        if close >= self.floor:
            self.below_since, self.due_at, self.calm = None, sys.maxsize, self._above
            return ""
        if self.below_since is None:
            self.below_since, self.due_at = i, i + self.settings.failure_bars - 1
            self.calm = (self.deep, -math.inf, self.floor)
        if i >= self.due_at:
            return f"{self.settings.failure_bars} closes in a row below the climax"
        return "a close below the support after a breakout" if out else ""

    def _is_too_deep(self, i: int, close: float) -> bool:
        return close < self.frame.climax_low - self.settings.failure_units * self.scene.unit[i]
