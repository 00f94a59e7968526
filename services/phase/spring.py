"""Spring: price dips below the support, finds no followers, and closes above it again; and lesser dips."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.phase.event import Note, at_least, at_most, fact, ramp
from wyckoff.model.kinds import EventType

if TYPE_CHECKING:
    from services.phase.config import PhaseSettings
    from services.phase.scene import Frame, PhaseScene


class Spring:
    """Follows each dip below the support from its first low to the close that takes it back."""

    def __init__(self, frame: Frame, scene: PhaseScene, settings: PhaseSettings) -> None:
        self.frame, self.scene, self.settings = frame, scene, settings
        self.low_index: int | None = None
        self.close_index = -1

    def step(self, i: int) -> Note | None:
        """The spring or the upthrust, at the close that recovers the support."""
        scene, frame = self.scene, self.frame
        low = scene.low[i]
        if self.low_index is None:
            depth = max(self.settings.spring_depth * frame.height, self.settings.spring_units * scene.unit[i])
            if low >= frame.support - depth:
                return None
            self.low_index = self.close_index = i
        elif low < scene.low[self.low_index]:
            self.low_index = i
        if scene.close[i] < scene.close[self.close_index]:
            self.close_index = i
        if scene.close[i] <= frame.support:
            return None
        low_index, self.low_index = self.low_index, None
        if i - low_index > self.settings.recovery_max_bars:
            return None
        # The bar that recovers often makes the very low on its way; the spring is the bar that closed lowest.
        return self._note(self.close_index, scene.low[low_index], i)

    def _note(self, at: int, low: float, i: int) -> Note:
        """Three roads: little volume, less than at the climax, or a deep dip from which price is thrown back.

        What takes none of them is a look beyond the level that proves nothing: the upthrust of phase B, or its mirror.
        """
        frame, scene, settings = self.frame, self.scene, self.settings
        ratio, effort = scene.volume_ratio[at], scene.effort(at, frame.climax_index)
        depth = frame.support - low
        units, bars = depth / scene.unit[at], i - at
        quick = ramp(-bars, -float(settings.recovery_max_bars + 1), 0.0)
        rebound = (scene.close[i] - low) / scene.unit[at]
        quiet = 0.45 * ramp(-ratio, -1.3, -0.6) + 0.25 * ramp(-effort, -0.7, -0.3)
        # A terminal shakeout is loud; what tells it from a breakdown is how far price is thrown back.
        score = max(quiet, 0.6 * ramp(rebound, 4.0, 5.5)) + 0.2 * quick + 0.2 * ramp(units, 0.3, 1.5)
        evidence = (
            at_most("volume_ratio", ratio, 0.7),
            at_most("volume_to_climax", effort, 0.5),
            fact("penetration_log_pct", depth),
            at_least("penetration_units", units, settings.spring_units),
            at_most("recovery_bars", bars, settings.recovery_max_bars),
            fact("rebound_units", rebound),
            at_least("score", score, settings.min_spring_score),
        )
        if score < settings.min_spring_score or not scene.shows_intent(at, frame):
            weak = round(40 + 30 * ramp(min(score, settings.min_spring_score), 0.0, settings.min_spring_score))
            return Note(EventType.UT, at, max(i, frame.known_at_index), low, weak, evidence)
        confidence = max(0, min(100, round(45 + 55 * ramp(score, settings.min_spring_score, 0.95))))
        return Note(EventType.SPRING, at, max(i, frame.known_at_index), low, confidence, evidence)
