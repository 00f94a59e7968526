"""A range left against its climax: what looked like a distribution was a reaccumulation, and the mirror of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.phase.state import News, next_state
from wyckoff.model.kinds import EventType, Phase

if TYPE_CHECKING:
    from services.phase.event import Note
    from services.phase.scene import PhaseScene
    from services.phase.structure import StructureReader
    from wyckoff.model.phases import PhaseState


class TurnedReader:
    """The other side's story of a range whose own side has failed, told from that failure on.

    It needs a sign of strength of the other side that stands when the own side fails: before, every look beyond the
    level may still be an upthrust. What led to that sign is said with it, in hindsight.
    """

    def __init__(self, failed: StructureReader, other: StructureReader) -> None:
        self._failed, self._other = failed, other
        self.side = other.side
        self.states: list[PhaseState] = []

    @property
    def failed_at(self) -> int | None:
        return self._other.failed_at

    @property
    def failure_reason(self) -> str:
        return self._other.failure_reason

    @property
    def scene(self) -> PhaseScene:
        """That of the side that owns the range now."""
        return self._other.scene

    def events(self) -> list[tuple[Note, PhaseScene]]:
        """What both sides said, by ``known_at_index``."""
        said = [(note, one.scene) for one in (self._failed, self._other) for note in one.events]
        return sorted(said, key=lambda item: item[0].known_at_index)

    def read(self) -> bool:
        """Read the other side to the end; whether the range did turn."""
        turn, other = self._failed.failed_at, self._other
        if turn is None or self._failed.phase_b_start is None or not self._turns_at(turn):
            return False
        other.retold_at(turn)
        why = f"left against its climax: {self._failed.failure_reason}"
        news = News("; ".join([why, *(str(note.type) for note in other.events)]), is_setback=True)
        other.states.append(next_state(Phase.D, other, turn, self.side, news))
        other.read_on(turn + 1)
        self.states = [*self._failed.states[:-1], *other.states]
        return True

    def _turns_at(self, turn: int) -> bool:
        """Read the other side up to ``turn``; keep what stands there, and tell whether a sign of strength does."""
        other = self._other
        i = other.next_bar(other.frame.reaction_index + 1)
        while i <= turn:
            other.step(i)
            i = other.next_bar(i + 1)
        other.news()
        other.events = [note for note in other.events if note.stands and note.type is not EventType.UT]
        return other.failed_at is None and any(note.type is EventType.SOS for note in other.events)
