"""Spring: price dips below the support, finds no followers, and closes above it again; and lesser dips."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from services.phase.event import Note, at_least, at_most, fact, ramp
from wyckoff.model.kinds import EventType

if TYPE_CHECKING:
    from services.phase.calm import Calm
    from services.phase.config import PhaseSettings
    from services.phase.scene import Frame, PhaseScene
    from wyckoff.model.evidence import Evidence


#: Units of rebound from which a deep dip begins to look like a spring, and at which it does so fully.
_REBOUND_UNITS: Final = (4.0, 5.5)


@dataclass(frozen=True, slots=True)
class Dip:
    """A recovered dip: the bar that closed lowest, the log price of its low, and the bar that recovered."""

    bar_index: int
    low: float
    recovered_index: int


class Spring:
    """Follows each dip below the support from its first low to the close that takes it back, and a little further."""

    def __init__(self, frame: Frame, scene: PhaseScene, settings: PhaseSettings) -> None:
        self.frame, self.scene, self.settings = frame, scene, settings
        self.opened_at: int | None = None
        self.weak: Dip | None = None
        #: A low that is not below it is no dip, and lies above the low of every spring.
        self.line = frame.support - settings.spring_depth * frame.height
        self._idle: Calm = (-math.inf, self.line, math.inf)
        #: Bars that neither open or recover a dip, nor make one a spring that has been recovered.
        self.calm = self._idle

    def step(self, i: int) -> Note | None:
        """The spring or the upthrust, at the close that recovers the support; a spring also on a strong follow-up."""
        scene, frame = self.scene, self.frame
        if self.opened_at is None:
            depth = max(self.settings.spring_depth * frame.height, self.settings.spring_units * scene.unit[i])
            if scene.low[i] >= frame.support - depth:
                return self._second_look(i)
            self.opened_at = i
            self.calm = (-math.inf, -math.inf, frame.support)
        if scene.close[i] <= frame.support:
            return None
        bars, self.opened_at, self.calm = range(self.opened_at, i + 1), None, self._idle
        if self.weak is not None:
            self._watch(self.weak)
        low_index = min(bars, key=scene.low.__getitem__)
        # a deep shakeout needs its time to come back
        depth_units = (frame.support - scene.low[low_index]) / scene.unit[low_index]
        if i - low_index > self.settings.recovery_max_bars + int(depth_units):
            return None
        # The bar that recovers often makes the very low on its way; the spring is the bar that closed lowest.
        dip = Dip(min(bars, key=scene.close.__getitem__), scene.low[low_index], i)
        spring = self._spring(dip, i)
        self._watch(dip if spring is None else None)
        return spring or self._upthrust(dip)

    def _watch(self, dip: Dip | None) -> None:
        """Give a recovered dip a second chance, or none any longer."""
        self.weak, self.calm = dip, self._idle
        if dip is not None:
            # without a rebound its score stays what it was; a hair less, because this is rounded in another way
            rebound = (1.0 - 1e-9) * _REBOUND_UNITS[0] * self.scene.unit[dip.bar_index]
            self.calm = (self.frame.support, self.line, dip.low + rebound)

    def _second_look(self, i: int) -> Note | None:
        """The spring that a recovered dip turns out to be when price is thrown far back within a few bars."""
        dip = self.weak
        if dip is None:
            return None
        if i - dip.recovered_index > self.settings.rebound_bars or self.scene.close[i] <= self.frame.support:
            self._watch(None)
            return None
        spring = self._spring(dip, i)
        if spring is not None:
            self._watch(None)
        return spring

    def _spring(self, dip: Dip, i: int) -> Note | None:
        """Three roads: little volume, less than at the climax, or a deep dip from which price is thrown back."""
        scene, settings, at = self.scene, self.settings, dip.bar_index
        ratio, effort = scene.volume_ratio[at], scene.effort(at, self.frame.climax_index)
        units, bars = (self.frame.support - dip.low) / scene.unit[at], dip.recovered_index - at
        quick = ramp(-bars, -float(settings.recovery_max_bars + 1), 0.0)
        rebound = (scene.close[i] - dip.low) / scene.unit[at]
        quiet = 0.45 * ramp(-ratio, -1.3, -0.6) + 0.25 * ramp(-effort, -0.7, -0.3)
        # A terminal shakeout is loud; what tells it from a breakdown is how far price is thrown back.
        score = max(quiet, 0.6 * ramp(rebound, *_REBOUND_UNITS)) + 0.2 * quick + 0.2 * ramp(units, 0.3, 1.5)
        if score < settings.min_spring_score or not scene.shows_intent(at, self.frame):
            return None
        evidence = (*self._measures(dip), fact("rebound_units", rebound))
        evidence = (*evidence, at_least("score", score, settings.min_spring_score))
        confidence = max(0, min(100, round(45 + 55 * ramp(score, settings.min_spring_score, 0.95))))
        return Note(EventType.SPRING, at, max(i, self.frame.known_at_index), dip.low, confidence, evidence)

    def _upthrust(self, dip: Dip) -> Note:
        """A look beyond the level that proves nothing: the upthrust of phase B, or its mirror."""
        depth = (self.frame.support - dip.low) / self.scene.unit[dip.bar_index]
        quick = ramp(-float(dip.recovered_index - dip.bar_index), -float(self.settings.recovery_max_bars + 1), 0.0)
        confidence = round(45 + 15 * quick + 10 * ramp(depth, 0.3, 1.5))
        known = max(dip.recovered_index, self.frame.known_at_index)
        return Note(EventType.UT, dip.bar_index, known, dip.low, confidence, self._measures(dip))

    def _measures(self, dip: Dip) -> tuple[Evidence, ...]:
        scene, settings, at = self.scene, self.settings, dip.bar_index
        depth = self.frame.support - dip.low
        return (
            at_most("volume_ratio", scene.volume_ratio[at], 0.7),
            at_most("volume_to_climax", scene.effort(at, self.frame.climax_index), 0.5),
            fact("penetration_log_pct", depth),
            at_least("penetration_units", depth / scene.unit[at], settings.spring_units),
            at_most("recovery_bars", dip.recovered_index - at, settings.recovery_max_bars),
        )
