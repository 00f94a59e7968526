"""Upthrust in phase B: price looks over the creek and closes back inside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.phase.event import Note, at_most, fact
from wyckoff.model.kinds import EventType

if TYPE_CHECKING:
    from services.phase.config import PhaseSettings
    from services.phase.scene import Frame, PhaseScene

_RETURN_BARS = 5
_BASE_CONFIDENCE = 60


class Upthrust:
    """Follows each look over the creek until a close returns below it."""

    def __init__(self, frame: Frame, scene: PhaseScene, settings: PhaseSettings) -> None:
        self.frame, self.scene, self.settings = frame, scene, settings
        self.high_index: int | None = None

    def step(self, i: int) -> Note | None:
        """The upthrust, at the close that returns below the creek."""
        scene, frame = self.scene, self.frame
        high = scene.high[i]
        if self.high_index is None:
            if high <= frame.resistance + self.settings.spring_depth * frame.height:
                return None
            self.high_index = i
        elif high > scene.high[self.high_index]:
            self.high_index = i
        if scene.close[i] >= frame.resistance:
            return None
        at, self.high_index = self.high_index, None
        if i - at > _RETURN_BARS:
            return None
        beyond = scene.high[at] - frame.resistance
        evidence = (
            fact("beyond_creek_log_pct", beyond),
            at_most("return_bars", i - at, _RETURN_BARS),
            fact("volume_ratio", scene.volume_ratio[at]),
        )
        confidence = min(90, _BASE_CONFIDENCE + 5 * (_RETURN_BARS - (i - at)))
        return Note(EventType.UT, at, max(i, frame.known_at_index), scene.high[at], confidence, evidence)
