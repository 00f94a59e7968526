"""Events by fixed multiples, the same for every instrument: no evidence is summed up, each part is a condition.

What is unknown meets no condition. Fractions of price are log distances, so that both sides have the same ones.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from services.phase.event import Note, at_least
from services.phase.last_point import LastPoint
from services.phase.phase_c_test import SpringTest, test_note
from services.phase.scene import SAME_PRICE
from services.phase.secondary_test import SecondaryTest
from services.phase.spring import Dip, Spring
from services.phase.strength import SignOfStrength
from wyckoff.model.kinds import EventType

if TYPE_CHECKING:
    from services.phase.calm import Calm
    from services.phase.config import PhaseSettings
    from services.phase.scene import Frame, PhaseScene

#: Lengths that stand in place of settings.
THRESHOLDS: Final = {
    "secondary_test_max_bars": 40,
    "recovery_max_bars": 5,
    "test_first_bar": 3,
    "test_last_bar": 15,
    "test_confirmation_bars": 2,
    "last_point_max_bars": 10,
}
#: Every bar is read: the rules look at more than a few prices.
_NEVER: Final[Calm] = (math.inf, math.inf, -math.inf)
_TEST_DISTANCE: Final = math.log1p(0.02)
_TEST_EFFORT: Final = 0.8
_SPRING_DEPTH: Final = -math.log1p(-0.05)
_SPRING_VOLUME: Final = 0.7
_UPTHRUST_VOLUME: Final = 1.5
_SPRING_TEST_DISTANCE: Final = math.log1p(0.03)
_BREAKOUT: Final = math.log1p(0.01)
_BREAKOUT_VOLUME: Final = 1.5
_BREAKOUT_SPREAD: Final = 1.2
_BREAKOUT_CLOSE: Final = 0.7
_LAST_POINT_ABOVE: Final = math.log1p(0.03)
_LAST_POINT_BELOW: Final = -math.log1p(-0.02)
_BOUNCE: Final = math.log1p(0.01)
_BOUNCE_BARS: Final = 3


class ClassicSecondaryTest(SecondaryTest):
    """A low within 2 % of the climax on a fifth less volume, at the next higher close."""

    def step(self, i: int) -> Note | None:
        """The secondary test, one bar after it."""
        frame, scene, at = self.frame, self.scene, self.low_index
        self.low_index = i
        if at == i or i - frame.reaction_index > self.settings.secondary_test_max_bars:
            return None
        near = abs(scene.low[at] - frame.climax_low) <= _TEST_DISTANCE
        quiet = scene.effort(at, frame.climax_index) <= _TEST_EFFORT
        if not (near and quiet and scene.close[i] > scene.close[at]):
            return None
        self.low_index = at
        return self._note(i)

    def calm(self, i: int) -> Calm | None:
        """Every bar is read."""
        return None


class ClassicSpring(Spring):
    """A dip of up to 5 % on less than 0.7 of the usual volume, taken back within five bars.

    Its mirror, the upthrust after distribution, may be loud too: on 1.5 times the usual volume.
    """

    def __init__(self, frame: Frame, scene: PhaseScene, settings: PhaseSettings) -> None:
        super().__init__(frame, scene, settings)
        self.calm = _NEVER

    def step(self, i: int) -> Note | None:
        """The spring or the upthrust, at the close that recovers the support."""
        scene, frame = self.scene, self.frame
        if self.opened_at is None:
            if frame.support - scene.low[i] <= 2.0 * SAME_PRICE:
                return None
            self.opened_at = i
        if scene.close[i] <= frame.support:
            return None
        bars, self.opened_at = range(self.opened_at, i + 1), None
        at = min(bars, key=scene.low.__getitem__)
        depth = frame.support - scene.low[at]
        if i - at > self.settings.recovery_max_bars or depth > _SPRING_DEPTH:
            return None
        dip = Dip(at, scene.low[at], i)
        ratio = scene.volume_ratio[at]
        if ratio < _SPRING_VOLUME or (scene.log.mirrored and ratio >= _UPTHRUST_VOLUME):
            return Note(
                EventType.SPRING,
                at,
                max(i, frame.known_at_index),
                dip.low,
                _spring_points(ratio, depth, i - at),
                self._measures(dip),
            )
        least = max(self.settings.spring_depth * frame.height, self.settings.spring_units * scene.unit[at])
        return self._upthrust(dip) if depth >= least else None


class ClassicSpringTest(SpringTest):
    """A low up to 3 % above that of the spring, on less volume, confirmed by a close above its high."""

    def step(self, i: int) -> Note | None:
        """The test, at the close above its high."""
        scene, settings, spring, at = self.scene, self.settings, self.spring, self.low_index
        if at is not None and i - at <= settings.test_confirmation_bars and scene.close[i] > scene.high[at]:
            self.low_index = None
            return test_note(at, i, self.frame, scene, spring)
        if not settings.test_first_bar <= i - spring.bar_index <= settings.test_last_bar:
            return None
        above = scene.low[i] - spring.log_price
        if 0.0 <= above <= _SPRING_TEST_DISTANCE and scene.volume[i] < scene.volume[spring.bar_index]:
            self.low_index = i
        return None


class ClassicStrength(SignOfStrength):
    """The first close 1 % beyond the creek, wide, near its high, on 1.5 times the usual volume."""

    def __init__(self, frame: Frame, scene: PhaseScene, settings: PhaseSettings) -> None:
        super().__init__(frame, scene, settings)
        self.line, self.calm = frame.resistance + _BREAKOUT, _NEVER

    def step(self, i: int) -> Note | None:
        """The sign of strength, at the close of its bar."""
        frame, scene = self.frame, self.scene
        close = scene.close[i]
        if close < self.line or scene.close[i - 1] >= self.line:
            return None
        ratio, spread, position = scene.volume_ratio[i], scene.range_ratio[i], scene.close_position(i)
        if not (ratio >= _BREAKOUT_VOLUME and spread >= _BREAKOUT_SPREAD and position >= _BREAKOUT_CLOSE):
            return None
        evidence = (
            at_least("volume_ratio", ratio, _BREAKOUT_VOLUME),
            at_least("true_range_ratio", spread, _BREAKOUT_SPREAD),
            at_least("close_position", position, _BREAKOUT_CLOSE),
            at_least("breakout_log_pct", close - frame.resistance, _BREAKOUT),
        )
        points = 50 + 20 * min(1.0, ratio - _BREAKOUT_VOLUME) + 15 * min(1.0, (position - _BREAKOUT_CLOSE) / 0.3)
        points += 15 * min(1.0, (close - frame.resistance) / (3 * _BREAKOUT))
        return Note(EventType.SOS, i, max(i, frame.known_at_index), close, round(points), evidence)


class ClassicLastPoint(LastPoint):
    """The first low of the pullback that lies from 2 % below to 3 % above the creek, on less volume than the breakout,
    and from which price closes 1 % higher within three bars.
    """

    def step(self, i: int) -> Note | None:
        """The last point, at the close that bounces from it."""
        scene, frame, breakout = self.scene, self.frame, self.strength.bar_index
        if self.is_over(i):
            return None
        if self.low_index == breakout or scene.low[i] < scene.low[self.low_index]:
            self.low_index = i
            return None
        at = self.low_index
        low = scene.low[at]
        place = low - frame.resistance
        bounced = i - at <= _BOUNCE_BARS and scene.close[i] >= low + _BOUNCE
        quiet = scene.volume[at] < scene.volume[breakout]
        if not (bounced and quiet and -_LAST_POINT_BELOW <= place <= _LAST_POINT_ABOVE):
            return None
        return self._note(i)


def no_quiet_test(strength: Note, frame: Frame, scene: PhaseScene, settings: PhaseSettings) -> Note | None:
    """Without a spring there is no test."""
    return None


def _spring_points(ratio: float, depth: float, recovery_bars: int) -> int:
    """Less volume, an ideal depth of 1 to 2 % and a quick recovery."""
    quiet = 30 * min(1.0, abs(ratio - _SPRING_VOLUME) / 0.4)
    ideal = 20 if 0.01 <= depth <= 0.02 else 10 if depth <= 0.03 else 0
    return round(40 + quiet + ideal + 10 * (1 - min(recovery_bars, 5) / 5))
