"""One structure, read bar by bar from its automatic reaction on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.phase.breakdown import Breakdown
from services.phase.classify import classify
from services.phase.confidence import phase_confidence
from services.phase.last_point import LastPoint
from services.phase.phase_c_test import SpringTest, quiet_test
from services.phase.progression import allowed
from services.phase.secondary_test import SecondaryTest
from services.phase.spring import Spring
from services.phase.stopping import stopping_notes
from services.phase.strength import SignOfStrength
from wyckoff.model.kinds import EventType, Phase
from wyckoff.model.phases import PhaseState

if TYPE_CHECKING:
    from services.phase.config import PhaseSettings
    from services.phase.event import Note
    from services.phase.scene import Frame, PhaseScene


class StructureReader:
    """Events and states of one range; an event is said only inside a structure that has what comes before it."""

    def __init__(self, frame: Frame, scene: PhaseScene, settings: PhaseSettings) -> None:
        self.frame, self.scene, self.settings = frame, scene, settings
        self.events = stopping_notes(frame, scene, settings)
        self.states: list[PhaseState] = []
        self.failed_at: int | None = None
        self.failure_reason = ""
        self._secondary = SecondaryTest(frame, scene, settings)
        self._breakdown = Breakdown(frame, scene, settings)
        self._spring = Spring(frame, scene, settings)
        self._strength = SignOfStrength(frame, scene, settings)
        self._spring_test: SpringTest | None = None
        self._last_point: LastPoint | None = None
        self._standing: dict[EventType, Note] = {}
        self._withdrawn: list[str] = []
        self._said = [note.type for note in self.events]

    def read(self) -> None:
        """Read all bars; stops at a breakdown and where a structure grows too old."""
        frame, scene = self.frame, self.scene
        last = min(scene.last_index, frame.climax_index + self.settings.max_structure_bars)
        for i in range(frame.reaction_index + 1, last + 1):
            if EventType.LPS in self._standing and i - self._standing[EventType.LPS].known_at_index > _WATCHED_BARS:
                break
            self._step(i)
            if i >= frame.known_at_index and (self._said or self._withdrawn):
                self._state(i)
            if self.failed_at is not None:
                break

    def _step(self, i: int) -> None:
        known = max(i, self.frame.known_at_index)
        reason = self._breakdown.step(i, out=EventType.SOS in self._standing)
        if reason:
            self._fail(known, reason)
            return
        self._check_spring(i, known)
        self._check_strength(i, known)
        if EventType.ST not in self._standing:
            self._say(self._secondary.step(i))
            return
        self._secondary.count_retest(i)
        if i - self._standing[EventType.ST].bar_index < self.settings.min_phase_b_bars:
            return
        if EventType.SOS in self._standing:
            if EventType.LPS not in self._standing and self._last_point is not None:
                self._say(self._last_point.step(i))
            return
        self._look_for_spring(i)
        self._look_for_strength(i)

    def _look_for_spring(self, i: int) -> None:
        spring = self._spring.step(i)
        if spring is not None and EventType.SPRING not in self._standing:
            self._say(spring)
            if spring.type is EventType.UT:
                return
            self._spring_test = SpringTest(spring, self.frame, self.scene, self.settings)
        elif self._spring_test is not None and EventType.TEST not in self._standing:
            self._say(self._spring_test.step(i))

    def _look_for_strength(self, i: int) -> None:
        strength = self._strength.step(i)
        if strength is None:
            return
        if EventType.SPRING not in self._standing and EventType.TEST not in self._standing:
            self._say(quiet_test(strength, self.frame, self.scene, self.settings))
        self._say(strength)
        self._last_point = LastPoint(strength, self.frame, self.scene, self.settings)

    def _check_spring(self, i: int, known: int) -> None:
        """A low under the spring proves it wrong, and its test with it."""
        spring = self._standing.get(EventType.SPRING)
        if spring is None or EventType.SOS in self._standing or self.scene.low[i] >= spring.log_price:
            return
        self._withdraw((EventType.SPRING, EventType.TEST), known, "the low of the spring broke")
        self._spring_test = None

    def _check_strength(self, i: int, known: int) -> None:
        """A close back in the body of the range proves the breakout wrong."""
        if EventType.SOS not in self._standing:
            return
        depth = self.settings.fallback_height * self.frame.height
        if self.scene.close[i] >= self.frame.resistance - depth:
            return
        self._withdraw((EventType.SOS, EventType.LPS), known, "the breakout fell back into the range")
        if EventType.SPRING not in self._standing:
            self._withdraw((EventType.TEST,), known, "the breakout that it preceded fell back")
        self._last_point = None

    def _fail(self, known: int, reason: str) -> None:
        later = (EventType.SPRING, EventType.TEST, EventType.SOS, EventType.LPS)
        self._withdraw(later, known, reason)
        self.failed_at, self.failure_reason = known, reason
        self._withdrawn.append(reason)

    def _say(self, note: Note | None) -> None:
        if note is None:
            return
        self.events.append(note)
        if note.type is not EventType.UT:
            self._standing[note.type] = note
        self._said.append(note.type)

    def _withdraw(self, kinds: tuple[EventType, ...], known: int, reason: str) -> None:
        for kind in kinds:
            note = self._standing.pop(kind, None)
            if note is not None:
                note.withdraw(known, reason)
                self._withdrawn.append(f"{kind} withdrawn: {reason}")

    def _state(self, i: int) -> None:
        """Append the reading at the close of bar ``i``."""
        phase, start = classify(self.events)
        if self.failed_at is not None:
            phase, start = Phase.UNSPECIFIED, i
        before = self.states[-1].phase if self.states else Phase.UNSPECIFIED
        if self._withdrawn and phase is not before:
            start = i
        if not allowed(before, phase, withdrawn=bool(self._withdrawn)):
            msg = f"phase {phase} cannot follow {before} at bar {i}"
            raise RuntimeError(msg)
        secondary = self._standing.get(EventType.ST)
        spring = self._standing.get(EventType.SPRING) or self._standing.get(EventType.SOS)
        phase_b_bars = 0 if secondary is None else (spring.bar_index if spring else i) - secondary.bar_index
        confidence = phase_confidence(
            phase, self.events, self._secondary.retests, i - self.frame.climax_index + 1, self.frame
        )
        reason = "; ".join([*self._withdrawn, *(str(kind) for kind in self._said)])
        self.states.append(PhaseState(i, phase, start, confidence, phase_b_bars, reason))
        self._said, self._withdrawn = [], []


#: Bars after a last point in which a breakout may still be taken back.
_WATCHED_BARS = 40
