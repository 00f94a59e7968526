"""Last point of support: the pullback after a sign of strength ends near the creek, and price turns up again."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from services.phase.calm import ANY_PRICE
from services.phase.event import Note, at_most, fact, ramp
from wyckoff.model.kinds import EventType

if TYPE_CHECKING:
    from services.phase.calm import Calm
    from services.phase.config import PhaseSettings
    from services.phase.scene import Frame, PhaseScene


class LastPoint:
    """Follows high and low after a sign of strength until a turn confirms the low."""

    def __init__(self, strength: Note, frame: Frame, scene: PhaseScene, settings: PhaseSettings) -> None:
        self.strength, self.frame, self.scene, self.settings = strength, frame, scene, settings
        self.high_index = self.low_index = strength.bar_index

    def is_over(self, i: int) -> bool:
        """Whether the time for the pullback is up."""
        return i - self.strength.bar_index > self.settings.last_point_max_bars

    def calm(self, i: int, said: Note | None) -> Calm | None:
        """Which bars from ``i`` on do not break the last point that was ``said``; None while it is looked for."""
        if self.is_over(i):
            return ANY_PRICE
        return None if said is None else (-math.inf, said.log_price, math.inf)

    def is_broken(self, i: int, said: Note) -> bool:
        """Whether price falls clearly below the last point while the pullback may still be under way."""
        line = said.log_price - self.settings.last_point_break_units * self.scene.unit[i]
        return self.scene.low[i] < line and not self.is_over(i)

    def step(self, i: int) -> Note | None:
        """The last point, at the close that turns up from it."""
        scene, settings, height = self.scene, self.settings, self.frame.height
        if self.is_over(i):
            return None
        if scene.high[i] >= scene.high[self.high_index]:
            self.high_index = self.low_index = i
            return None
        if self.low_index == self.high_index or scene.low[i] <= scene.low[self.low_index]:
            self.low_index = i
            return None
        if self.low_index - self.strength.bar_index < settings.last_point_min_bars:
            return None
        low, high = scene.low[self.low_index], scene.high[self.high_index]
        above = (1.0 - settings.last_point_retrace) * (high - self.frame.resistance)
        if low > self.frame.resistance + max(settings.last_point_above * height, above):
            return None
        if high - low < settings.last_point_pullback * height:
            return None
        turned = scene.close[i] >= low + settings.last_point_turn_units * scene.unit[i]
        return self._note(i) if turned or i - self.low_index >= settings.last_point_hold_bars else None

    def _note(self, i: int) -> Note:
        frame, scene, at = self.frame, self.scene, self.low_index
        ratio, place = scene.volume_ratio[at], frame.place(scene.low[at])
        effort = scene.volume[at] / scene.volume[self.strength.bar_index]
        points = 40 + 25 * ramp(-ratio, -1.4, -0.7) + 20 * ramp(-effort, -1.0, -0.4)
        points += 15 * ramp(-abs(place - 1.0), -0.4, 0.0)
        evidence = (
            at_most("volume_ratio", ratio, 1.0),
            at_most("volume_to_breakout", effort, 0.6),
            fact("distance_to_creek_log_pct", scene.low[at] - frame.resistance),
            fact("bars_after_breakout", float(at - self.strength.bar_index)),
        )
        known = max(i, frame.known_at_index)
        return Note(EventType.LPS, at, known, scene.low[at], max(0, min(100, round(points))), evidence)
