"""One structure, read bar by bar from its automatic reaction on, as accumulation."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.phase.breakdown import Breakdown
from services.phase.calm import calm_until, together
from services.phase.classify import classify
from services.phase.confidence import phase_confidence
from services.phase.profiles import PROFILES
from services.phase.progression import allowed
from services.phase.stopping import stopping_notes
from wyckoff.model.kinds import EventType, Phase, Side
from wyckoff.model.phases import PhaseState

if TYPE_CHECKING:
    from services.phase.calm import Calm
    from services.phase.config import PhaseSettings
    from services.phase.event import Note
    from services.phase.last_point import LastPoint
    from services.phase.phase_c_test import SpringTest
    from services.phase.scene import Frame, PhaseScene


@dataclass(frozen=True, slots=True)
class News:
    """What changed on a bar, in words; a setback when something was withdrawn or the structure failed."""

    reason: str
    is_setback: bool


class StructureReader:
    """Events and states of one range; an event is said only inside a structure that has what comes before it."""

    def __init__(self, frame: Frame, scene: PhaseScene, settings: PhaseSettings) -> None:
        self.frame, self.scene, self.settings = frame, scene, settings
        self._profile = profile = PROFILES[settings.profile]
        self.events = stopping_notes(frame, scene, settings)
        #: The last bar that belongs to the structure if nothing ends it sooner.
        self.last_index = min(scene.last_index, frame.start_index + settings.max_structure_bars)
        #: First bar of phase B: the first secondary test, or the start of a range without a climax.
        self.phase_b_start = frame.start_index if frame.climax_index is None else None
        self.states: list[PhaseState] = []
        self.failed_at: int | None = None
        self.failure_reason = ""
        self._secondary = profile.secondary_test(frame, scene, settings)
        self._breakdown = Breakdown(frame, scene, settings)
        self._spring = profile.spring(frame, scene, settings)
        self._strength = profile.strength(frame, scene, settings)
        self._spring_test: SpringTest | None = None
        self._last_point: LastPoint | None = None
        #: A close below it proves a breakout wrong.
        self._fallback_line = frame.resistance - settings.fallback_height * frame.height
        self._standing: dict[EventType, Note] = {}
        #: Whether an event stands that shows the side: a spring, a sign of strength or a last point.
        self.stands = False
        self._withdrawn: list[str] = []
        self._said = [note.type for note in self.events]
        #: While the other side leads a range that both could own, nothing new is said.
        self.is_muted = False

    def is_done(self, i: int) -> bool:
        """Whether the story is told: a last point has stood for long."""
        last_point = self._standing.get(EventType.LPS)
        return last_point is not None and i - last_point.known_at_index > _WATCHED_BARS

    def read(self) -> None:
        """Read all bars; stops at a breakdown and where a structure grows too old."""
        self.read_on(self.frame.reaction_index + 1)

    def read_on(self, first: int) -> None:
        """Read the bars from ``first`` on."""
        known = self.frame.known_at_index
        i = self._next_to_say(first)
        while i <= self.last_index and not self.is_done(i):
            self.step(i)
            news = self.news() if i >= known else None
            if news is not None:
                self._state(i, news)
            i = self._next_to_say(i + 1)

    def _next_to_say(self, i: int) -> int:
        """The next bar to read; what is found before the range is known is said when it is."""
        known, following = self.frame.known_at_index, self.next_bar(i)
        return following if i > known or self.failed_at is not None else min(following, max(i, known))

    def next_bar(self, i: int) -> int:
        """The first bar from ``i`` on that has to be read; ``last_index + 1`` when there is none."""
        if self.failed_at is not None:
            return self.last_index + 1
        watched = self._watched(i)
        if watched is None:
            return i
        breakdown, end = self._breakdown, self.last_index + 1
        end = breakdown.due_at if breakdown.due_at < end else end
        return calm_until(together(watched, breakdown.calm), self.scene, i, end)

    def _watched(self, i: int) -> Calm | None:
        """Prices from bar ``i`` on at which no detector of events has anything to do; None when one has to see all."""
        if self.phase_b_start is None:
            return self._secondary.calm(i)
        if self._last_point is not None:
            pullback = self._last_point.calm(i, self._standing.get(EventType.LPS))
            return None if pullback is None else together(pullback, (self._fallback_line, -math.inf, math.inf))
        test = self._spring_test
        if test is not None and EventType.TEST not in self._standing and not test.is_over(i):
            return None
        calm, spring = together(self._strength.calm, self._spring.calm), self._standing.get(EventType.SPRING)
        return calm if spring is None else together(calm, (-math.inf, spring.log_price, math.inf))

    def news(self) -> News | None:
        """What was said and withdrawn since the last time; None when nothing was."""
        if not (self._said or self._withdrawn):
            return None
        news = News("; ".join([*self._withdrawn, *(str(kind) for kind in self._said)]), bool(self._withdrawn))
        self._said, self._withdrawn = [], []
        return news

    def step(self, i: int) -> None:
        """Read one bar, in order, up to a failure; bars before the :meth:`next_bar` may be left out."""
        reason = self._breakdown.step(i, out=self._last_point is not None)
        if reason:
            self._fail(i, reason)
            return
        # a sign of strength stands exactly while its last point is watched
        if self._last_point is None:
            self._check_spring(i)
        else:
            self._check_strength(i)
        if self.phase_b_start is None:
            secondary = self._secondary.step(i)
            if self._say(secondary) and secondary is not None:
                self.phase_b_start = secondary.bar_index
            return
        if i - self.phase_b_start < self.settings.min_phase_b_bars:
            return
        if self._last_point is not None:
            self._look_for_last_point(i, self._last_point)
            return
        self._look_for_spring(i)
        self._look_for_strength(i)

    def retests(self, i: int) -> int:
        """Visits to the climax area after the first secondary test, up to bar ``i``; asked in order."""
        return self._secondary.retests(i)

    def phase_b_bars(self, i: int) -> int:
        """Length of phase B at the close of bar ``i``: up to the spring or the sign of strength, if one stands."""
        if self.phase_b_start is None:
            return 0
        end = self._standing.get(EventType.SPRING) or self._standing.get(EventType.SOS)
        return (end.bar_index if end else i) - self.phase_b_start

    def _look_for_spring(self, i: int) -> None:
        spring = self._spring.step(i)
        if spring is not None and EventType.SPRING not in self._standing:
            if not self._say(spring) or spring.type is EventType.UT:
                return
            self._spring_test = self._profile.spring_test(spring, self.frame, self.scene, self.settings)
        elif self._spring_test is not None and EventType.TEST not in self._standing:
            self._say(self._spring_test.step(i))

    def _look_for_strength(self, i: int) -> None:
        strength = self._strength.step(i)
        if strength is None or self.is_muted:
            return
        if EventType.SPRING not in self._standing and EventType.TEST not in self._standing:
            self._say(self._profile.quiet_test(strength, self.frame, self.scene, self.settings))
        self._say(strength)
        self._last_point = self._profile.last_point(strength, self.frame, self.scene, self.settings)

    def _look_for_last_point(self, i: int, search: LastPoint) -> None:
        """The last point; while the pullback may still go on, a new low takes it back and is followed in its place."""
        said = self._standing.get(EventType.LPS)
        if said is None:
            self._say(search.step(i))
        elif search.is_broken(i, said):
            self._withdraw((EventType.LPS,), i, "the pullback went on")
            search.step(i)

    def _check_spring(self, i: int) -> None:
        """A low under the spring proves it wrong, and its test with it."""
        spring = self._standing.get(EventType.SPRING)
        if spring is not None and self.scene.low[i] < spring.log_price:
            self._withdraw((EventType.SPRING, EventType.TEST), i, "the low of the spring broke")
            self._spring_test = None

    def _check_strength(self, i: int) -> None:
        """A close back in the body of the range proves the breakout wrong."""
        if self.scene.close[i] >= self._fallback_line:
            return
        self._withdraw((EventType.SOS, EventType.LPS), i, "the breakout fell back into the range")
        if EventType.SPRING not in self._standing:
            self._withdraw((EventType.TEST,), i, "the breakout that it preceded fell back")
        self._last_point = None

    def _fail(self, i: int, reason: str) -> None:
        later = (EventType.SPRING, EventType.TEST, EventType.SOS, EventType.LPS)
        self._withdraw(later, i, reason)
        self.failed_at, self.failure_reason = max(i, self.frame.known_at_index), reason
        self._withdrawn.append(reason)

    def _say(self, note: Note | None) -> bool:
        if note is None or self.is_muted:
            return False
        self.events.append(note)
        if note.type is not EventType.UT:
            self._standing[note.type] = note
            self.stands = self.stands or note.type in _TELLING
        self._said.append(note.type)
        return True

    def _withdraw(self, kinds: tuple[EventType, ...], i: int, reason: str) -> None:
        known = max(i, self.frame.known_at_index)
        for kind in kinds:
            note = self._standing.pop(kind, None)
            if note is not None:
                note.withdraw(known, reason)
                self._withdrawn.append(f"{kind} withdrawn: {reason}")
        self.stands = not self._standing.keys().isdisjoint(_TELLING)

    def _state(self, i: int, news: News) -> None:
        """Append the reading at the close of bar ``i``."""
        side = Side.DISTRIBUTION if self.scene.log.mirrored else Side.ACCUMULATION
        before = self.states[-1].phase if self.states else Phase.UNSPECIFIED
        self.states.append(next_state(before, self, i, side, news))


def next_state(before: Phase, reader: StructureReader, i: int, side: Side, news: News) -> PhaseState:
    """The reading at the close of bar ``i``, after the phase ``before``; raises RuntimeError where none may follow."""
    phase, start = classify(reader.events, reader.frame.start_index)
    if reader.failed_at is not None:
        phase, start = Phase.UNSPECIFIED, i
    if news.is_setback and phase is not before:
        start = i
    if not allowed(before, phase, withdrawn=news.is_setback):
        msg = f"phase {phase} cannot follow {before} at bar {i}"
        raise RuntimeError(msg)
    retests = reader.retests(i) if phase is Phase.B else 0
    confidence = phase_confidence(phase, reader.events, retests, i - reader.frame.start_index + 1, reader.frame)
    return PhaseState(i, phase, start, confidence, reader.phase_b_bars(i), news.reason, side)


#: Events that show which side owns a range.
_TELLING = frozenset({EventType.SPRING, EventType.SOS, EventType.LPS})
#: Bars after a last point in which a breakout may still be taken back.
_WATCHED_BARS = 40
