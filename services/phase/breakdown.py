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
        self.floor = min(frame.climax_low, frame.support - settings.spring_depth * frame.height)
        #: No close above it is too deep.
        self.deep = frame.support - settings.failure_height * frame.height
        #: First bar of the closes in a row below the floor; None when the last one was not.
        self.below_since: int | None = None
        self._above: Calm = (max(self.floor, self.deep), -math.inf, math.inf)
        self._below: Calm = (self.deep, -math.inf, self.floor)

    def calm(self) -> Calm:
        """Which bars neither break the structure at once nor begin or end a stay below the floor."""
        return self._above if self.below_since is None else self._below

    @property
    def due_at(self) -> int:
        """The bar at which price has stayed below for too long if it does not come back."""
        return sys.maxsize if self.below_since is None else self.below_since + self.settings.failure_bars - 1

    def step(self, i: int, *, out: bool) -> str:
        """Why the structure fails at the close of bar ``i``; empty while it holds. ``out``: it had broken out."""
        settings, close = self.settings, self.scene.close[i]
        if close < self.deep and close < self.frame.climax_low - settings.failure_units * self.scene.unit[i]:
            return "a close far below the support"
        if close >= self.floor:
            self.below_since = None
            return ""
        if self.below_since is None:
            self.below_since = i
        if i - self.below_since + 1 >= settings.failure_bars:
            return f"{settings.failure_bars} closes in a row below the climax"
        return "a close below the support after a breakout" if out else ""
