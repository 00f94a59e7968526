"""Which structure an analysis is about now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wyckoff.chart.labels import phase_name, scale_name, side_name
from wyckoff.common.v1 import common_pb2
from wyckoff.phase.v1 import phase_pb2
from wyckoff.range.v1 import range_pb2

if TYPE_CHECKING:
    from wyckoff.orchestrator.v1.orchestrator_pb2 import Analysis, TimeframeContext

#: States in which a range still says something about the market.
OPEN_STATUSES: Final = frozenset(
    {range_pb2.RANGE_STATUS_FORMING, range_pb2.RANGE_STATUS_ACTIVE, range_pb2.RANGE_STATUS_BREAKOUT}
)

_INSIDE: Final = frozenset({range_pb2.RANGE_STATUS_FORMING, range_pb2.RANGE_STATUS_ACTIVE})


@dataclass(frozen=True, slots=True, eq=False)
class Structure:
    """A range and what was read in it."""

    range: range_pb2.TradingRange
    reading: phase_pb2.PhaseReading

    @property
    def is_open(self) -> bool:
        """Whether it still says something about the market at the last bar."""
        return self.range.status in OPEN_STATUSES and self.failed_at_index is None

    @property
    def failed_at_index(self) -> int | None:
        """The bar at whose close the structure failed; None while it stands."""
        return self.reading.failed_at_index if self.reading.HasField("failed_at_index") else None

    @property
    def closed_at_index(self) -> int | None:
        """The bar at whose close it was over: failed, completed or replaced; None while it is open."""
        if self.is_open:
            return None
        ends = [revision.known_at_index for revision in self.range.revisions if revision.status not in OPEN_STATUSES]
        if self.failed_at_index is not None:
            ends.append(self.failed_at_index)
        return min(ends, default=self.range.end_index)

    def side_at(self, bar_index: int) -> int:
        """The side as it was known at the close of a bar: events give one to a range without a climax."""
        side = int(self.range.side)
        for state in self.reading.states:
            if state.known_at_index > bar_index:
                break
            side = int(state.side) or side
        return side

    @property
    def counts(self) -> list[tuple[str, range_pb2.CauseCount]]:
        """Newest point-and-figure counts with their direction: where the structure should go, both where unknown."""
        newest = self.range.revisions[-1] if self.range.revisions else range_pb2.RangeRevision()
        return counts_of(newest, self.side_at(newest.known_at_index))

    @property
    def settled_at_index(self) -> int | None:
        """The bar at whose close it was known where the range ends; None while it reaches to the last bar."""
        return next((item.known_at_index for item in self.range.revisions if item.status not in _INSIDE), None)


def counts_of(revision: range_pb2.RangeRevision, side: int) -> list[tuple[str, range_pb2.CauseCount]]:
    """Counts of a revision with their direction: where that side should go, both where none is known."""
    found = []
    if side != common_pb2.SIDE_DISTRIBUTION and revision.HasField("count_up"):
        found.append(("up", revision.count_up))
    if side != common_pb2.SIDE_ACCUMULATION and revision.HasField("count_down"):
        found.append(("down", revision.count_down))
    return found


def structures(analysis: Analysis | TimeframeContext) -> list[Structure]:
    """Every range with its reading (an empty one when the phase stage is missing), by start."""
    readings = {reading.range_id: reading for reading in analysis.phases}
    found = [
        Structure(item, readings.get(item.range_id) or phase_pb2.PhaseReading(range_id=item.range_id, side=item.side))
        for item in analysis.ranges
    ]
    return sorted(found, key=lambda structure: (structure.range.start_index, structure.range.known_at_index))


def current_structure(analysis: Analysis | TimeframeContext) -> Structure | None:
    """The open structure that became known last; None when none is open."""
    still_open = [structure for structure in structures(analysis) if structure.is_open]
    return max(still_open, key=lambda structure: structure.range.known_at_index, default=None)


def stand_text(structure: Structure | None) -> str:
    """Where the market stands in one phrase: ``major accumulation, phase C (test), confidence 82 of 100``."""
    if structure is None:
        return "no open trading range"
    reading = structure.reading
    # C_TEST, E_EARLY: the letter is said already
    finer = reading.sub_phase.partition("_")[2].lower().replace("_", " ")
    stand = stand_words(reading.side or structure.range.side, reading.phase, finer, reading.confidence)
    return f"{scale_name(structure.range.scale)} {stand}"


def stand_words(side: int, phase: int, finer: str, confidence: int) -> str:
    """The phrase for an open structure; ``finer`` is the state within the phase, empty when there is none."""
    if side == common_pb2.SIDE_UNDETERMINED:
        return "range without a climax, side and phase unknown"
    letter = phase_name(phase)
    text = f"{side_name(side)}, " + (f"phase {letter}" if letter != "-" else "no phase yet")
    return f"{text}{f' ({finer})' if finer else ''}, confidence {confidence} of 100"
