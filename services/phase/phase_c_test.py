"""Test in phase C: of a spring, or, where nothing was shaken out, the last low before the sign of strength."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.phase.event import Note, at_most, fact, ramp
from wyckoff.model.kinds import EventType

if TYPE_CHECKING:
    from services.phase.config import PhaseSettings
    from services.phase.scene import Frame, PhaseScene


class SpringTest:
    """The first pullback that holds above the low of the spring and is taken back within a few bars."""

    def __init__(self, spring: Note, frame: Frame, scene: PhaseScene, settings: PhaseSettings) -> None:
        self.spring, self.frame, self.scene, self.settings = spring, frame, scene, settings
        self.low_index: int | None = None

    def is_over(self, i: int) -> bool:
        """Whether no bar from ``i`` on can be the test or confirm one."""
        is_late = i - self.spring.bar_index > self.settings.test_last_bar
        return is_late and (self.low_index is None or i - self.low_index > self.settings.test_confirmation_bars)

    def step(self, i: int) -> Note | None:
        """The test, at the close above its high."""
        scene, settings = self.scene, self.settings
        at = self.low_index
        if at is not None and i - at <= settings.test_confirmation_bars and scene.close[i] > scene.close[at]:
            self.low_index = None
            return test_note(at, i, self.frame, scene, self.spring)
        after = i - self.spring.bar_index
        if not settings.test_first_bar <= after <= settings.test_last_bar:
            return None
        falls = scene.low[i] < scene.low[i - 1]
        if falls and self.frame.place(scene.low[i]) <= settings.test_zone and scene.low[i] >= self.spring.log_price:
            self.low_index = i
        return None


def quiet_test(strength: Note, frame: Frame, scene: PhaseScene, settings: PhaseSettings) -> Note | None:
    """The lowest bar shortly before a sign of strength that no spring preceded; known with that sign."""
    last = strength.bar_index
    first = max(frame.reaction_index + 1, last - settings.quiet_test_lookback_bars)
    if first >= last:
        return None
    at = min(range(first, last), key=lambda k: (scene.low[k], -k))
    if frame.place(scene.low[at]) > settings.quiet_test_zone:
        return None
    return test_note(at, strength.known_at_index, frame, scene, None)


def test_note(at: int, i: int, frame: Frame, scene: PhaseScene, spring: Note | None) -> Note:
    """The test at bar ``at``, confirmed at bar ``i``; of ``spring`` when there was one."""
    ratio, place = scene.volume_ratio[at], frame.place(scene.low[at])
    evidence = [at_most("volume_ratio", ratio, 1.0), fact("place_in_range", place)]
    points = 50 + 30 * ramp(-ratio, -1.3, -0.6) + 20 * ramp(-abs(place), -0.4, 0.0)
    if spring is not None:
        to_spring = scene.volume[at] / scene.volume[spring.bar_index]
        evidence.append(at_most("volume_to_spring", to_spring, 1.0))
        evidence.append(fact("bars_after_spring", float(at - spring.bar_index)))
    known = max(i, frame.known_at_index)
    return Note(EventType.TEST, at, known, scene.low[at], max(0, min(100, round(points))), tuple(evidence))
