"""Where the market stood at each bar: the structure that was open then, its phase and confidence."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wyckoff.chart.labels import scale_name
from wyckoff.chart.structure import OPEN_STATUSES, stand_words, structures
from wyckoff.common.v1 import common_pb2

if TYPE_CHECKING:
    from wyckoff.chart.structure import Structure
    from wyckoff.orchestrator.v1.orchestrator_pb2 import Analysis, TimeframeContext


#: Largest first: the larger structure is the ground that the smaller ones stand on.
_SCALES: Final = (common_pb2.SCALE_MAJOR, common_pb2.SCALE_INTERMEDIATE, common_pb2.SCALE_MINOR)


@dataclass(frozen=True, slots=True)
class OpenStructure:
    """An open structure as it was known then; enums are the contract's numbers, prices those of its levels."""

    range_id: str
    scale_number: int
    side: int
    phase: int
    confidence: int
    ice: float
    creek: float

    @property
    def scale(self) -> str:
        """The scale in words."""
        return scale_name(self.scale_number)

    @property
    def text(self) -> str:
        """Side, phase and confidence in words."""
        return stand_words(self.side, self.phase, "", self.confidence)


@dataclass(frozen=True, slots=True)
class Stand:
    """The newest open structure of each scale, largest first, from the close of ``known_at_index`` on."""

    known_at_index: int
    open: tuple[OpenStructure, ...]


def stands(analysis: Analysis | TimeframeContext) -> tuple[Stand, ...]:
    """Every change of the stand, oldest first; the first is of bar 0."""
    courses = [_Course(item) for item in structures(analysis)]
    moments = sorted({0, *(moment for course in courses for moment in course.moments)})
    found: list[Stand] = []
    for moment in moments:
        stand = _stand_at(courses, moment)
        if not found or stand.open != found[-1].open:
            found.append(stand)
    return tuple(found)


class _Course:
    """One structure with the bars at which something became known of it, for quick questions about any bar."""

    def __init__(self, item: Structure) -> None:
        self.range, self.reading = item.range, item.reading
        self.revised_at = [revision.known_at_index for revision in item.range.revisions]
        self.stated_at = [state.known_at_index for state in item.reading.states]
        self.failed_at = item.failed_at_index
        self.moments = {item.range.known_at_index, *self.revised_at, *self.stated_at}
        if self.failed_at is not None:
            self.moments.add(self.failed_at)

    def is_open_at(self, bar_index: int) -> bool:
        if bar_index < self.range.known_at_index or (self.failed_at is not None and self.failed_at <= bar_index):
            return False
        revisions = bisect_right(self.revised_at, bar_index)
        return revisions > 0 and self.range.revisions[revisions - 1].status in OPEN_STATUSES

    def reading_at(self, bar_index: int) -> tuple[int, int, int]:
        """Side, phase and confidence."""
        states = bisect_right(self.stated_at, bar_index)
        if states == 0:
            return int(self.range.side), int(common_pb2.PHASE_UNSPECIFIED), 0
        state = self.reading.states[states - 1]
        return int(state.side or self.range.side), int(state.phase), state.confidence


def _stand_at(courses: list[_Course], bar_index: int) -> Stand:
    still_open = [course for course in courses if course.is_open_at(bar_index)]
    found = []
    for scale in _SCALES:
        own = [course for course in still_open if (course.range.scale or common_pb2.SCALE_INTERMEDIATE) == scale]
        newest = max(own, key=lambda course: course.range.known_at_index, default=None)
        if newest is not None:
            item = newest.range
            known = newest.reading_at(bar_index)
            found.append(OpenStructure(item.range_id, int(item.scale), *known, item.ice, item.creek))
    return Stand(bar_index, tuple(found))
