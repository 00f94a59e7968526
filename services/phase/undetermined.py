"""A range without a climax: both sides are read, and the first that shows itself leads until it is proved wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from services.phase.state import News, next_state
from wyckoff.model.kinds import Phase, Side
from wyckoff.model.phases import PhaseState

if TYPE_CHECKING:
    from services.phase.event import Note
    from services.phase.scene import PhaseScene
    from services.phase.structure import StructureReader

_ACCUMULATION, _DISTRIBUTION, _UNDETERMINED = Side.ACCUMULATION, Side.DISTRIBUTION, Side.UNDETERMINED
_UNSPECIFIED: Final = Phase.UNSPECIFIED


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

    @property
    def side(self) -> Side:
        """The side that leads now."""
        upright, mirrored = self.readers
        if upright.stands:
            return _ACCUMULATION
        return _DISTRIBUTION if mirrored.stands else _UNDETERMINED

    @property
    def leader(self) -> StructureReader:
        """The reader of the side that leads; the upright one while nobody does."""
        return self.readers[1] if self.side is _DISTRIBUTION else self.readers[0]

    def events(self) -> list[tuple[Note, PhaseScene]]:
        """What both said, by ``known_at_index``."""
        said = [(note, one.scene) for one in self.readers for note in one.events]
        return sorted(said, key=lambda item: item[0].known_at_index)

    def read(self) -> None:
        """Read all bars; ends when price has left the range and neither side has shown why."""
        upright, mirrored = self.readers
        frame, last = upright.frame, upright.last_index
        self._state(frame.known_at_index, News("range known", is_setback=False))
        first = frame.reaction_index + 1
        next_upright, next_mirrored = upright.next_bar(first), mirrored.next_bar(first)
        while self.failed_at is None:
            i = next_upright if next_upright < next_mirrored else next_mirrored
            if i > last or i > upright.told_after or i > mirrored.told_after:
                return
            if next_upright == i:
                upright.is_muted = mirrored.stands
                upright.step(i)
                next_upright = upright.next_bar(i + 1)
            if next_mirrored == i:
                mirrored.is_muted = upright.stands
                mirrored.step(i)
                next_mirrored = mirrored.next_bar(i + 1)
            if upright.has_news or mirrored.has_news:
                self._tell(i)

    def _tell(self, i: int) -> None:
        """The reading at the close of bar ``i``, at which one side or both had something to say."""
        upright, mirrored = self.readers
        news = [one.news() for one in self.readers if one.has_news]
        reason = "; ".join(one.reason for one in news)
        left = upright.failed_at is not None or mirrored.failed_at is not None
        if left and self.side is _UNDETERMINED:
            self.failed_at, self.failure_reason = i, reason or "left without effort"
            self.states.append(PhaseState(i, _UNSPECIFIED, i, 0, 0, self.failure_reason, _UNDETERMINED))
        else:
            self._state(i, News(reason, any(one.is_setback for one in news)))

    def _state(self, i: int, news: News) -> None:
        """Append the leader's reading; while nobody leads it is phase B, in which the cause is built."""
        side = self.side
        # what the other side had said before is no part of the leader's story
        own = (state.phase for state in reversed(self.states) if state.side in (side, _UNDETERMINED))
        self.states.append(next_state(next(own, _UNSPECIFIED), self.leader, i, side, news))
