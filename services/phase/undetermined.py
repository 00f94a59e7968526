"""A range without a climax: both sides are read, and the first that shows itself leads until it is proved wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.phase.structure import News, StructureReader, next_state
from wyckoff.model.kinds import Phase, Side
from wyckoff.model.phases import PhaseState

if TYPE_CHECKING:
    from services.phase.event import Note
    from services.phase.scene import PhaseScene


class UndeterminedReader:
    """Two readers of one range, upright and mirrored, in step. While one leads, the other says nothing.

    In an uptrend such ranges are mostly reaccumulations, in a downtrend redistributions; which it is, the events
    have to show.
    """

    def __init__(self, upright: StructureReader, mirrored: StructureReader) -> None:
        self.readers = (upright, mirrored)
        self.states: list[PhaseState] = []
        self.failed_at: int | None = None
        self.failure_reason = ""
        #: The next bar that each reader has to read.
        self._next: list[int] = []

    @property
    def side(self) -> Side:
        """The side that leads now."""
        upright, mirrored = self.readers
        if upright.stands:
            return Side.ACCUMULATION
        return Side.DISTRIBUTION if mirrored.stands else Side.UNDETERMINED

    @property
    def leader(self) -> StructureReader:
        """The reader of the side that leads; the upright one while nobody does."""
        return self.readers[1] if self.side is Side.DISTRIBUTION else self.readers[0]

    def events(self) -> list[tuple[Note, PhaseScene]]:
        """What both said, by ``known_at_index``."""
        said = [(note, one.scene) for one in self.readers for note in one.events]
        return sorted(said, key=lambda item: item[0].known_at_index)

    def read(self) -> None:
        """Read all bars; ends when price has left the range and neither side has shown why."""
        first, second = self.readers
        self._state(first.frame.known_at_index, News("range known", is_setback=False))
        self._next = [one.next_bar(first.frame.reaction_index + 1) for one in self.readers]
        i = min(self._next)
        while i <= first.last_index and self.failed_at is None and not (first.is_done(i) or second.is_done(i)):
            self._step(i)
            i = min(self._next)

    def _step(self, i: int) -> None:
        """Bar ``i``, for those that have to read it."""
        upright, mirrored = self.readers
        if self._next[0] == i:
            upright.is_muted = mirrored.stands
            upright.step(i)
            self._next[0] = upright.next_bar(i + 1)
        if self._next[1] == i:
            mirrored.is_muted = upright.stands
            mirrored.step(i)
            self._next[1] = mirrored.next_bar(i + 1)
        news = [one for one in (upright.news(), mirrored.news()) if one is not None]
        left = upright.failed_at is not None or mirrored.failed_at is not None
        if left and self.side is Side.UNDETERMINED:
            self.failed_at = i
            self.failure_reason = "; ".join(one.reason for one in news) or "left without effort"
            self.states.append(PhaseState(i, Phase.UNSPECIFIED, i, 0, 0, self.failure_reason, Side.UNDETERMINED))
        elif news:
            together = News("; ".join(one.reason for one in news), any(one.is_setback for one in news))
            self._state(i, together)

    def _state(self, i: int, news: News) -> None:
        """Append the leader's reading; while nobody leads it is phase B, in which the cause is built."""
        side = self.side
        # what the other side had said before is no part of the leader's story
        own = (state.phase for state in reversed(self.states) if state.side in (side, Side.UNDETERMINED))
        self.states.append(next_state(next(own, Phase.UNSPECIFIED), self.leader, i, side, news))
