"""One structure, read bar by bar from its automatic reaction on, as accumulation."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Final

from services.phase.breakdown import Breakdown
from services.phase.calm import ANY_PRICE, calm_until, together
from services.phase.profiles import PROFILES
from services.phase.state import News, next_state
from services.phase.stopping import stopping_notes
from wyckoff.model.kinds import EventType, Phase, Side

if TYPE_CHECKING:
    from services.phase.calm import Calm
    from services.phase.config import PhaseSettings
    from services.phase.event import Note
    from services.phase.last_point import LastPoint
    from services.phase.phase_c_test import SpringTest
    from services.phase.scene import Frame, PhaseScene
    from wyckoff.model.phases import PhaseState

# asked for on every bar, where looking a member up in its class takes longer than the question
_UT, _SPRING, _TEST = EventType.UT, EventType.SPRING, EventType.TEST
_SOS, _LPS = EventType.SOS, EventType.LPS
_ACCUMULATION, _DISTRIBUTION = Side.ACCUMULATION, Side.DISTRIBUTION
_UNSPECIFIED: Final = Phase.UNSPECIFIED
#: Events that show which side owns a range.
_TELLING: Final = frozenset({_SPRING, _SOS, _LPS})
#: Bars after a last point in which a breakout may still be taken back.
_WATCHED_BARS: Final = 40
_NEVER: Final = sys.maxsize


class StructureReader:
    """Events and states of one range; an event is said only inside a structure that has what comes before it.

    A detector is asked only on bars that are not calm for it: on all others it has nothing to say.
    """

    def __init__(self, frame: Frame, scene: PhaseScene, settings: PhaseSettings) -> None:
        self.frame, self.scene, self.settings = frame, scene, settings
        self._profile = profile = PROFILES[settings.profile]
        self.events = stopping_notes(frame, scene, settings)
        #: The last bar that belongs to the structure if nothing ends it sooner.
        self.last_index = min(scene.last_index, frame.start_index + settings.max_structure_bars)
        #: First bar of phase B: the first secondary test, or the start of a range without a climax.
        self.phase_b_start: int | None = None
        #: The bar from which a spring or a sign of strength is believed.
        self._believed_from = _NEVER
        self.states: list[PhaseState] = []
        self.failed_at: int | None = None
        self.failure_reason = ""
        self._secondary = profile.secondary_test(frame, scene, settings)
        self.breakdown = Breakdown(frame, scene, settings)
        self.spring = profile.spring(frame, scene, settings)
        self.strength = profile.strength(frame, scene, settings)
        self._spring_test: SpringTest | None = None
        self._last_point: LastPoint | None = None
        #: A close below it proves a breakout wrong.
        self._fallback_line = frame.resistance - settings.fallback_height * frame.height
        #: The events that stand, by type, but for upthrusts in phase B.
        self.standing = {note.type: note for note in self.events}
        #: Whether an event stands that shows the side: a spring, a sign of strength or a last point.
        self.stands = False
        #: The last bar before the story is told: a last point has stood for long.
        self.told_after = _NEVER
        self._withdrawn: list[str] = []
        self._said: list[str] = list(self.standing)
        #: Whether something was said or withdrawn since :meth:`news` were asked for.
        self.has_news = bool(self.events)
        #: While the other side leads a range that both could own, nothing new is said.
        self.is_muted = False
        if frame.climax_index is None:
            self._begin_phase_b(frame.start_index)

    @property
    def side(self) -> Side:
        """The side of the market that is read as accumulation."""
        return _DISTRIBUTION if self.scene.log.mirrored else _ACCUMULATION

    def read(self) -> None:
        """Read all bars; stops at a breakdown and where a structure grows too old."""
        self.read_on(self.frame.reaction_index + 1)

    def read_on(self, first: int) -> None:
        """Read the bars from ``first`` on; what is found before the range is known is said when it is."""
        known, last = self.frame.known_at_index, self.last_index
        i = self.next_bar(first)
        while i < known and i <= last:
            self.step(i)
            i = self.next_bar(i + 1)
        if first <= known and self.failed_at is None:
            i = min(i, known)
        while i <= last and i <= self.told_after:
            self.step(i)
            if self.has_news:
                self._state(i, self.news())
            i = self.next_bar(i + 1)

    def next_bar(self, i: int) -> int:
        """The first bar from ``i`` on that has to be read; ``last_index + 1`` when there is none."""
        end, breakdown = self.last_index + 1, self.breakdown
        if self.failed_at is not None:
            return end
        if breakdown.due_at < end:
            end = breakdown.due_at
        calm: Calm | None
        if self._last_point is not None:
            calm = self._breakout_calm(i, self._last_point)
        elif self.phase_b_start is None:
            calm = self._secondary.calm(i)
        elif i < self._believed_from:
            calm, end = ANY_PRICE, min(end, self._believed_from)
        else:
            calm = self._cause_calm(i)
        return i if calm is None else calm_until(calm, breakdown.calm, self.scene, i, end)

    def _breakout_calm(self, i: int, search: LastPoint) -> Calm | None:
        """Prices from bar ``i`` on that neither take the breakout back nor its last point; None while it is sought."""
        calm = search.calm(i, self.standing.get(_LPS))
        return None if calm is None else together(calm, (self._fallback_line, -math.inf, math.inf))

    def _cause_calm(self, i: int) -> Calm | None:
        """Prices from bar ``i`` on that are neither spring nor strength; None while a test of the spring is sought."""
        spring, test = self.standing.get(_SPRING), self._spring_test
        if test is not None and _TEST not in self.standing and not test.is_over(i):
            return None
        floor, line, ceiling = self.spring.calm
        strength_floor, _, strength_ceiling = self.strength.calm
        if spring is not None and spring.log_price > line:
            line = spring.log_price
        return (
            floor if floor > strength_floor else strength_floor,
            line,
            ceiling if ceiling < strength_ceiling else strength_ceiling,
        )

    def news(self) -> News:
        """What was said and withdrawn since the last time."""
        said, withdrawn = self._said, self._withdrawn
        self._said, self._withdrawn, self.has_news = [], [], False
        return News("; ".join([*withdrawn, *said]), bool(withdrawn))

    def step(self, i: int) -> None:
        """Read one bar, in order, up to a failure; bars before the :meth:`next_bar` may be left out."""
        close, breakdown = self.scene.close[i], self.breakdown
        floor, _, ceiling = breakdown.calm
        if i >= breakdown.due_at or not floor < close < ceiling:
            reason = breakdown.step(i, out=self._last_point is not None)
            if reason:
                self._fail(i, reason)
                return
        # a sign of strength stands exactly while its last point is watched
        if self._last_point is None:
            if _SPRING in self.standing:
                self._check_spring(i, self.standing[_SPRING])
        elif close < self._fallback_line:
            self._take_back_strength(i)
        if self.phase_b_start is None:
            self._look_for_secondary_test(i)
        elif i < self._believed_from:
            return
        elif self._last_point is not None:
            self._look_for_last_point(i, self._last_point)
        else:
            floor, line, ceiling = self.spring.calm
            if not floor < close < ceiling or self.scene.low[i] < line:
                self._look_for_spring(i)
            elif self._spring_test is not None:
                self._look_for_test(i, self._spring_test)
            floor, _, ceiling = self.strength.calm
            if not floor < close < ceiling:
                self._look_for_strength(i)

    def retests(self, i: int) -> int:
        """Visits to the climax area after the first secondary test, up to bar ``i``; asked in order."""
        return self._secondary.retests(i)

    def phase_b_bars(self, i: int) -> int:
        """Length of phase B at the close of bar ``i``: up to the spring or the sign of strength, if one stands."""
        if self.phase_b_start is None:
            return 0
        end = self.standing.get(_SPRING) or self.standing.get(_SOS)
        return (end.bar_index if end else i) - self.phase_b_start

    def retold_at(self, i: int) -> None:
        """What has been said becomes known at bar ``i``, if it was known before."""
        for note in self.events:
            note.known_at_index = max(note.known_at_index, i)
        last_point = self.standing.get(_LPS)
        if last_point is not None:
            self.told_after = last_point.known_at_index + _WATCHED_BARS

    def _begin_phase_b(self, start: int) -> None:
        self.phase_b_start, self._believed_from = start, start + self.settings.min_phase_b_bars

    def _look_for_secondary_test(self, i: int) -> None:
        secondary = self._secondary.step(i)
        if secondary is not None and self._say(secondary):
            self._begin_phase_b(secondary.bar_index)

    def _look_for_spring(self, i: int) -> None:
        spring = self.spring.step(i)
        if spring is None or _SPRING in self.standing:
            if self._spring_test is not None:
                self._look_for_test(i, self._spring_test)
        elif self._say(spring) and spring.type is not _UT:
            self._spring_test = self._profile.spring_test(spring, self.frame, self.scene, self.settings)

    def _look_for_test(self, i: int, search: SpringTest) -> None:
        if _TEST not in self.standing:
            self._say(search.step(i))

    def _look_for_strength(self, i: int) -> None:
        strength = self.strength.step(i)
        if strength is None or self.is_muted:
            return
        if _SPRING not in self.standing and _TEST not in self.standing:
            self._say(self._profile.quiet_test(strength, self.frame, self.scene, self.settings))
        self._say(strength)
        self._last_point = self._profile.last_point(strength, self.frame, self.scene, self.settings)

    def _look_for_last_point(self, i: int, search: LastPoint) -> None:
        """The last point; while the pullback may still go on, a new low takes it back and is followed in its place."""
        said = self.standing.get(_LPS)
        if said is None:
            self._say(search.step(i))
        elif search.is_broken(i, said):
            self._withdraw((_LPS,), i, "the pullback went on")
            search.step(i)

    def _check_spring(self, i: int, spring: Note) -> None:
        """A low under the spring proves it wrong, and its test with it."""
        if self.scene.low[i] < spring.log_price:
            self._withdraw((_SPRING, _TEST), i, "the low of the spring broke")
            self._spring_test = None

    def _take_back_strength(self, i: int) -> None:
        """A close back in the body of the range proves the breakout wrong."""
        self._withdraw((_SOS, _LPS), i, "the breakout fell back into the range")
        if _SPRING not in self.standing:
            self._withdraw((_TEST,), i, "the breakout that it preceded fell back")
        self._last_point = None

    def _fail(self, i: int, reason: str) -> None:
        self._withdraw((_SPRING, _TEST, _SOS, _LPS), i, reason)
        self.failed_at, self.failure_reason = max(i, self.frame.known_at_index), reason
        self._withdrawn.append(reason)
        self.has_news = True

    def _say(self, note: Note | None) -> bool:
        if note is None or self.is_muted:
            return False
        self.events.append(note)
        kind = note.type
        if kind is not _UT:
            self.standing[kind] = note
            self.stands = self.stands or kind in _TELLING
            if kind is _LPS:
                self.told_after = note.known_at_index + _WATCHED_BARS
        self._said.append(kind)
        self.has_news = True
        return True

    def _withdraw(self, kinds: tuple[EventType, ...], i: int, reason: str) -> None:
        known = max(i, self.frame.known_at_index)
        for kind in kinds:
            note = self.standing.pop(kind, None)
            if note is not None:
                note.withdraw(known, reason)
                self._withdrawn.append(f"{kind} withdrawn: {reason}")
                self.has_news = True
                if kind is _LPS:
                    self.told_after = _NEVER
        self.stands = not self.standing.keys().isdisjoint(_TELLING)

    def _state(self, i: int, news: News) -> None:
        """Append the reading at the close of bar ``i``."""
        before = self.states[-1].phase if self.states else _UNSPECIFIED
        self.states.append(next_state(before, self, i, self.side, news))
