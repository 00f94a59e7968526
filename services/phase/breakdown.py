"""Breakdown: price leaves through the side that the climax defended, and does not come back."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from services.phase.config import PhaseSettings
    from services.phase.scene import Frame, PhaseScene


class Breakdown:
    """Watches closes below the support: too deep at once, or too long below the climax."""

    def __init__(self, frame: Frame, scene: PhaseScene, settings: PhaseSettings) -> None:
        self.frame, self.scene, self.settings = frame, scene, settings
        self.floor = min(frame.climax_low, frame.support - settings.spring_depth * frame.height)
        self.bars_below = 0

    def step(self, i: int, *, out: bool) -> str:
        """Why the structure fails at the close of bar ``i``; empty while it holds. ``out``: it had broken out."""
        frame, settings, close = self.frame, self.settings, self.scene.close[i]
        line = min(
            frame.support - settings.failure_height * frame.height,
            frame.climax_low - settings.failure_units * self.scene.unit[i],
        )
        if close < line:
            return "a close far below the support"
        self.bars_below = self.bars_below + 1 if close < self.floor else 0
        if self.bars_below >= settings.failure_bars:
            return f"{settings.failure_bars} closes in a row below the climax"
        return "a close below the support after a breakout" if out and close < self.floor else ""
