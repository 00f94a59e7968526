"""Result of the phase stage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wyckoff.model.kinds import EventStatus, EventType, Phase, Scale, Side
from wyckoff.model.quick import quickly_made

if TYPE_CHECKING:
    from wyckoff.model.evidence import Evidence


@quickly_made
@dataclass(frozen=True, slots=True)
class StructureEvent:
    """A structural event. Only ``status``, ``withdrawn_at_index`` and ``reason`` may differ at a later bar."""

    type: EventType
    bar_index: int
    known_at_index: int
    price: float
    confidence: int
    evidence: tuple[Evidence, ...]
    status: EventStatus = EventStatus.CONFIRMED
    withdrawn_at_index: int | None = None
    reason: str = ""

    def stands_at(self, bar_index: int) -> bool:
        """Whether it was known and not yet withdrawn at the close of ``bar_index``."""
        return self.known_at_index <= bar_index and (
            self.withdrawn_at_index is None or self.withdrawn_at_index > bar_index
        )


@quickly_made
@dataclass(frozen=True, slots=True)
class PhaseSegment:
    """One phase, first to last bar; ``end_index`` of the last segment is as of the last bar."""

    phase: Phase
    start_index: int
    end_index: int
    known_at_index: int


@quickly_made
@dataclass(frozen=True, slots=True)
class PhaseState:
    """The reading at the close of bar ``known_at_index``; ``confidence`` is 0-100."""

    known_at_index: int
    phase: Phase
    start_index: int
    confidence: int
    phase_b_bars: int
    reason: str
    side: Side = Side.UNDETERMINED


@quickly_made
@dataclass(frozen=True, slots=True)
class PhaseReading:
    """The structure in one range. ``events`` are ordered by ``known_at_index``, ``states`` only ever grow.

    ``side``, ``phase``, ``sub_phase`` and ``confidence`` are as of the last bar.
    """

    range_id: str
    side: Side
    phase: Phase
    sub_phase: str
    confidence: int
    segments: tuple[PhaseSegment, ...]
    events: tuple[StructureEvent, ...]
    states: tuple[PhaseState, ...]
    failed_at_index: int | None = None
    failure_reason: str = ""
    scale: Scale = Scale.INTERMEDIATE

    def as_of(self, bar_index: int) -> PhaseState | None:
        """The reading at the close of ``bar_index``; None before the first."""
        known = None
        for state in self.states:
            if state.known_at_index > bar_index:
                break
            known = state
        return known
