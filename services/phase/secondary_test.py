"""Secondary test: price comes back to where the climax stopped it, on less effort, and turns."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from services.phase.calm import ANY_PRICE
from services.phase.event import Note, at_least, at_most, ramp
from wyckoff.model.kinds import EventType

if TYPE_CHECKING:
    from services.phase.calm import Calm
    from services.phase.config import PhaseSettings
    from services.phase.scene import Frame, PhaseScene


class SecondaryTest:
    """Follows the low after the automatic reaction until a rebound confirms it, and counts later visits when asked."""

    def __init__(self, frame: Frame, scene: PhaseScene, settings: PhaseSettings) -> None:
        self.frame, self.scene, self.settings = frame, scene, settings
        self.low_index = frame.reaction_index + 1
        self._retests = 0
        self._is_armed = True
        #: The last bar that has been looked at for retests; None before the secondary test.
        self._counted_to: int | None = None

    def step(self, i: int) -> Note | None:
        """The secondary test once bar ``i`` has confirmed it."""
        scene = self.scene
        if i == self.low_index or scene.low[i] < scene.low[self.low_index]:
            self.low_index = i
            return None
        if i - self.frame.reaction_index > self.settings.secondary_test_max_bars:
            return None
        low = scene.low[self.low_index]
        if self.frame.place(low) > self.settings.secondary_test_zone or not self._rebounded(i, low):
            return None
        return self._note(i)

    def calm(self, i: int) -> Calm | None:
        """Which bars from ``i`` on neither make a new low nor confirm the one there is; None before the first."""
        if i <= self.low_index:
            return None
        if i - self.frame.reaction_index > self.settings.secondary_test_max_bars:
            return ANY_PRICE
        low = self.scene.low[self.low_index]
        if self.frame.place(low) > self.settings.secondary_test_zone:
            return (-math.inf, low, math.inf)
        return (-math.inf, low, low + self.settings.secondary_test_rebound * self.frame.height)

    def retests(self, i: int) -> int:
        """Visits to the climax area after the test, up to bar ``i``: into its lowest quarter from above its middle."""
        if self._counted_to is None:
            return 0
        for k in range(self._counted_to + 1, i + 1):
            place = self.frame.place(self.scene.low[k])
            if place > 0.5:
                self._is_armed = True
            elif self._is_armed and -self.settings.secondary_test_zone < place <= 0.25:
                self._is_armed = False
                self._retests += 1
        self._counted_to = max(self._counted_to, i)
        return self._retests

    def _rebounded(self, i: int, low: float) -> bool:
        settings = self.settings
        units = settings.secondary_test_turn_units * self.scene.unit[i]
        return self.scene.close[i] >= low + max(settings.secondary_test_rebound * self.frame.height, units)

    def _note(self, i: int) -> Note:
        frame, scene, at = self.frame, self.scene, self.low_index
        self._is_armed, self._counted_to = False, i
        effort = scene.effort(at, frame.climax_index)
        place = frame.place(scene.low[at])
        spread = scene.range_ratio[at]
        points = 40 * ramp(-effort, -1.0, -0.4) + 30 * ramp(-abs(place), -0.4, 0.0) + 15 * ramp(-spread, -2.0, -0.8)
        evidence = (
            at_most("volume_to_climax", effort, 0.8),
            at_most("place_in_range", place, self.settings.secondary_test_zone),
            at_least("penetration_units", (scene.low[at] - frame.climax_low) / scene.unit[at], 0.0),
        )
        confidence = max(0, min(100, round(15 + points)))
        known = max(i, frame.known_at_index)
        return Note(EventType.ST, at, known, scene.low[at], confidence, evidence)
