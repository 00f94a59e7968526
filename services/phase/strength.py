"""Sign of strength: a close beyond the creek that effort stands behind."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from services.phase.event import Note, at_least, ramp
from wyckoff.model.kinds import EventType

if TYPE_CHECKING:
    from services.phase.calm import Calm
    from services.phase.config import PhaseSettings
    from services.phase.scene import Frame, PhaseScene

_SOS: Final = EventType.SOS
#: More than spread, close and distance add together, however they are rounded.
_MOST_OF_THE_REST: Final = 0.15 + 0.15 + 0.2 + 1e-9


class SignOfStrength:
    """Watches closes beyond the creek; the evidence may come on the first one or shortly after."""

    def __init__(self, frame: Frame, scene: PhaseScene, settings: PhaseSettings) -> None:
        self.frame, self.scene, self.settings = frame, scene, settings
        self.crossed_at: int | None = None
        self.line = frame.resistance + max(settings.breakout_pct, settings.breakout_height * frame.height)
        self._idle: Calm = (-math.inf, -math.inf, self.line)
        #: Bars that neither cross the creek, nor fall back below it, nor may be the sign.
        self.calm = self._idle

    def step(self, i: int) -> Note | None:
        """The sign of strength, at the close of its bar."""
        close, crossed_at = self.scene.close[i], self.crossed_at
        if close < self.line:
            if close <= self.frame.resistance:
                self.crossed_at, self.calm = None, self._idle
            return None
        if crossed_at is None:
            crossed_at = i
            self.crossed_at, self.calm = i, (self.frame.resistance, -math.inf, self.line)
        if i - crossed_at <= self.settings.strength_patience_bars:
            return self._note(i)
        # too late, until price has been back below the creek
        self.calm = (self.frame.resistance, -math.inf, math.inf)
        return None

    def _note(self, i: int) -> Note | None:
        """Volume, spread, close and distance, summed."""
        frame, scene, least = self.frame, self.scene, self.settings.min_strength_score
        ratio, z = scene.volume_ratio[i], scene.volume_z[i]
        loud = 0.5 * max(ramp(ratio, 0.9, 1.6), ramp(z, 0.2, 1.8))
        if loud + _MOST_OF_THE_REST < least:
            return None
        spread, position = scene.range_ratio[i], scene.close_position(i)
        close = scene.close[i]
        beyond = close - frame.resistance
        units = beyond / scene.unit[i]
        score = loud + 0.15 * ramp(spread, 0.7, 1.3)
        score += 0.15 * ramp(position, 0.3, 0.75) + 0.2 * ramp(units, 0.2, 1.5)
        if score < least or not scene.shows_intent(i, frame):
            return None
        evidence = (
            at_least("volume_ratio", ratio, 1.5),
            at_least("volume_z", z, 1.0),
            at_least("true_range_ratio", spread, 1.2),
            at_least("close_position", position, 0.7),
            at_least("breakout_log_pct", beyond, self.settings.breakout_pct),
            at_least("breakout_units", units, 0.5),
            at_least("score", score, least),
        )
        confidence = max(0, min(100, round(50 + 50 * ramp(score, least, 1.0))))
        return Note(_SOS, i, max(i, frame.known_at_index), close, confidence, evidence)
