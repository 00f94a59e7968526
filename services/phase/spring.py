"""Spring: price dips below the support, finds no followers, and closes above it again; and lesser dips."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

from services.phase.event import Note, at_least, at_most, fact, ramp
from wyckoff.model.kinds import EventType

if TYPE_CHECKING:
    from services.phase.calm import Calm
    from services.phase.config import PhaseSettings
    from services.phase.scene import Frame, PhaseScene
    from wyckoff.model.evidence import Evidence

_SPRING, _UT = EventType.SPRING, EventType.UT
#: Units of rebound from which a deep dip begins to look like a spring, and at which it does so fully.
_REBOUND_UNITS: Final = (4.0, 5.5)
#: More than quickness and depth add together, however they are rounded.
_MOST_OF_THE_REST: Final = 0.2 + 0.2 + 1e-9


class Dip(NamedTuple):
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
        self._depth = settings.spring_depth * frame.height
        #: A low that is not below it is no dip, and lies above the low of every spring.
        self.line = frame.support - self._depth
        self._idle: Calm = (-math.inf, self.line, math.inf)
        #: Bars that neither open or recover a dip, nor make one a spring that has been recovered.
        self.calm = self._idle

    def step(self, i: int) -> Note | None:
        """The spring or the upthrust, at the close that recovers the support; a spring also on a strong follow-up."""
        scene, support, opened_at = self.scene, self.frame.support, self.opened_at
        if opened_at is None:
            if scene.low[i] >= support - max(self._depth, self.settings.spring_units * scene.unit[i]):
                return self._second_look(i)
            self.opened_at = opened_at = i
            self.calm = (-math.inf, -math.inf, support)
        if scene.close[i] <= support:
            return None
        self.opened_at, self.calm = None, self._idle
        if self.weak is not None:
            self._watch(self.weak)
        lows, closes = scene.low[opened_at : i + 1], scene.close[opened_at : i + 1]
        low = min(lows)
        low_index = opened_at + lows.index(low)
        # a deep shakeout needs its time to come back
        depth_units = (support - low) / scene.unit[low_index]
        if i - low_index > self.settings.recovery_max_bars + int(depth_units):
            return None
        # The bar that recovers often makes the very low on its way; the spring is the bar that closed lowest.
        dip = Dip(opened_at + closes.index(min(closes)), low, i)
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
        scene, frame, least, at = self.scene, self.frame, self.settings.min_spring_score, dip.bar_index
        unit = scene.unit[at]
        rebound = (scene.close[i] - dip.low) / unit
        ratio, effort = scene.volume_ratio[at], scene.effort(at, frame.climax_index)
        quiet = 0.45 * ramp(-ratio, -1.3, -0.6) + 0.25 * ramp(-effort, -0.7, -0.3)
        # A terminal shakeout is loud; what tells it from a breakdown is how far price is thrown back.
        lead = max(quiet, 0.6 * ramp(rebound, *_REBOUND_UNITS))
        if lead + _MOST_OF_THE_REST < least:
            return None
        score = lead + 0.2 * self._quickness(dip) + 0.2 * ramp((frame.support - dip.low) / unit, 0.3, 1.5)
        if score < least or not scene.shows_intent(at, frame):
            return None
        evidence = (*self._measures(dip), fact("rebound_units", rebound), at_least("score", score, least))
        confidence = max(0, min(100, round(45 + 55 * ramp(score, least, 0.95))))
        return Note(_SPRING, at, max(i, frame.known_at_index), dip.low, confidence, evidence)

    def _quickness(self, dip: Dip) -> float:
        """1 for a dip that was taken back on its bar, 0 for one that took too long."""
        bars = dip.recovered_index - dip.bar_index
        return ramp(-float(bars), -float(self.settings.recovery_max_bars + 1), 0.0)

    def _upthrust(self, dip: Dip) -> Note:
        """A look beyond the level that proves nothing: the upthrust of phase B, or its mirror."""
        depth = (self.frame.support - dip.low) / self.scene.unit[dip.bar_index]
        confidence = round(45 + 15 * self._quickness(dip) + 10 * ramp(depth, 0.3, 1.5))
        known = max(dip.recovered_index, self.frame.known_at_index)
        return Note(_UT, dip.bar_index, known, dip.low, confidence, self._measures(dip))

    def _measures(self, dip: Dip) -> tuple[Evidence, ...]:
        scene, settings, at = self.scene, self.settings, dip.bar_index
        depth = self.frame.support - dip.low
        return (
            at_most("volume_ratio", scene.volume_ratio[at], 0.7),
            at_most("volume_to_climax", scene.effort(at, self.frame.climax_index), 0.5),
            fact("penetration_log_pct", depth),
            at_least("penetration_units", depth / scene.unit[at], settings.spring_units),
            at_most("recovery_bars", float(dip.recovered_index - at), float(settings.recovery_max_bars)),
        )
