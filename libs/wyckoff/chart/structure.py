"""Which structure an analysis is about now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wyckoff.chart.labels import phase_name, side_name
from wyckoff.common.v1 import common_pb2
from wyckoff.phase.v1 import phase_pb2
from wyckoff.range.v1 import range_pb2

if TYPE_CHECKING:
    from wyckoff.orchestrator.v1.orchestrator_pb2 import Analysis

_OPEN: Final = frozenset(
    {range_pb2.RANGE_STATUS_FORMING, range_pb2.RANGE_STATUS_ACTIVE, range_pb2.RANGE_STATUS_BREAKOUT}
)


@dataclass(frozen=True, slots=True, eq=False)
class Structure:
    """A range and what was read in it."""

    range: range_pb2.TradingRange
    reading: phase_pb2.PhaseReading

    @property
    def is_open(self) -> bool:
        """Whether it still says something about the market at the last bar."""
        return self.range.status in _OPEN and not self.reading.HasField("failed_at_index")

    @property
    def closed_at_index(self) -> int | None:
        """The bar at whose close it was over: failed, completed or replaced; None while it is open."""
        if self.is_open:
            return None
        ends = [revision.known_at_index for revision in self.range.revisions if revision.status not in _OPEN]
        if self.reading.HasField("failed_at_index"):
            ends.append(self.reading.failed_at_index)
        return min(ends, default=self.range.end_index)


def structures(analysis: Analysis) -> list[Structure]:
    """Every range with its reading (an empty one when the phase stage is missing), by start."""
    readings = {reading.range_id: reading for reading in analysis.phases}
    found = [
        Structure(item, readings.get(item.range_id) or phase_pb2.PhaseReading(range_id=item.range_id, side=item.side))
        for item in analysis.ranges
    ]
    return sorted(found, key=lambda structure: (structure.range.start_index, structure.range.known_at_index))


def current_structure(analysis: Analysis) -> Structure | None:
    """The open structure that became known last; None when none is open."""
    still_open = [structure for structure in structures(analysis) if structure.is_open]
    return max(still_open, key=lambda structure: structure.range.known_at_index, default=None)


def stand_text(structure: Structure | None) -> str:
    """Where the market stands in one phrase: ``accumulation, phase C (test), confidence 82 of 100``."""
    if structure is None:
        return "no open trading range"
    if structure.range.side == common_pb2.SIDE_UNDETERMINED:
        return "range without a climax, side and phase unknown"
    reading = structure.reading
    phase = phase_name(reading.phase)
    text = f"{side_name(structure.range.side)}, " + (f"phase {phase}" if phase != "-" else "no phase yet")
    # C_TEST, E_EARLY: the letter is said already
    finer = reading.sub_phase.partition("_")[2].lower().replace("_", " ")
    return f"{text}{f' ({finer})' if finer else ''}, confidence {reading.confidence} of 100"
