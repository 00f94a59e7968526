"""The reading of a structure at the close of one bar, from what stands then."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from services.phase.classify import classify
from services.phase.confidence import phase_confidence
from services.phase.progression import allowed
from wyckoff.model.kinds import Phase
from wyckoff.model.phases import PhaseState

if TYPE_CHECKING:
    from services.phase.structure import StructureReader
    from wyckoff.model.kinds import Side

_UNSPECIFIED, _PHASE_B = Phase.UNSPECIFIED, Phase.B


class News(NamedTuple):
    """What changed on a bar, in words; a setback when something was withdrawn or the structure failed."""

    reason: str
    is_setback: bool


def next_state(before: Phase, reader: StructureReader, i: int, side: Side, news: News) -> PhaseState:
    """The reading at the close of bar ``i``, after the phase ``before``; raises RuntimeError where none may follow."""
    frame, standing = reader.frame, reader.standing
    phase, start = classify(standing, frame.start_index)
    if reader.failed_at is not None:
        phase, start = _UNSPECIFIED, i
    if phase is not before:
        start = i if news.is_setback else start
        if not allowed(before, phase, withdrawn=news.is_setback):
            raise RuntimeError(f"phase {phase} cannot follow {before} at bar {i}")
    retests = reader.retests(i) if phase is _PHASE_B else 0
    confidence = phase_confidence(phase, standing, retests, i - frame.start_index + 1, frame)
    return PhaseState(i, phase, start, confidence, reader.phase_b_bars(i), news.reason, side)
