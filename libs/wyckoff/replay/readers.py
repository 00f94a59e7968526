"""Entries read from the parts of an analysis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wyckoff.chart.labels import (
    count_text,
    direction_name,
    event_name,
    evidence_text,
    pattern_name,
    phase_name,
    price_text,
    range_status_name,
    scale_name,
    side_name,
)
from wyckoff.chart.structure import counts_of
from wyckoff.common.v1 import common_pb2
from wyckoff.replay.entry import FAILED, Entry, EntryKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wyckoff.orchestrator.v1.orchestrator_pb2 import Analysis
    from wyckoff.pattern.v1.pattern_pb2 import Pattern
    from wyckoff.phase.v1.phase_pb2 import PhaseReading, PhaseState, StructureEvent
    from wyckoff.range.v1.range_pb2 import RangeRevision, TradingRange
    from wyckoff.risk.v1.risk_pb2 import Rejection, TradeSignal


def read_ranges(analysis: Analysis) -> Iterator[Entry]:
    """Ranges as they became known, and what was learnt of them since."""
    for item in analysis.ranges:
        yield _range_entry(item)
        # the first revision is the range as it became known
        for revision in item.revisions[1:]:
            yield _revision_entry(item, revision)


def read_phases(analysis: Analysis) -> Iterator[Entry]:
    """Events, their withdrawals, and every change of a reading."""
    for reading in analysis.phases:
        for event in reading.events:
            yield from _event_entries(reading, event)
        yield from _state_entries(reading)


def read_trades(analysis: Analysis) -> Iterator[Entry]:
    """Patterns, their withdrawals, and the verdict on each."""
    for pattern in analysis.patterns:
        yield from _pattern_entries(pattern)
    patterns = {pattern.pattern_id: pattern for pattern in analysis.patterns}
    for signal in analysis.signals:
        yield _signal_entry(signal, patterns.get(signal.pattern_id))
    for rejection in analysis.rejections:
        yield _rejection_entry(rejection, patterns.get(rejection.pattern_id))


def _range_entry(item: TradingRange) -> Entry:
    levels = f"ice {price_text(item.ice)}, creek {price_text(item.creek)}, jump {price_text(item.jump)}"
    return Entry(
        item.known_at_index,
        EntryKind.RANGE,
        item.start_index,
        item.range_id,
        scale_name(item.scale),
        side_name(item.side),
        reason=f"{levels}, quality {item.quality_score}",
    )


def _revision_entry(item: TradingRange, revision: RangeRevision) -> Entry:
    at = revision.known_at_index
    said = [revision.reason, f"quality {revision.quality_score}"]
    said += [f"count {direction} {count_text(count)}" for direction, count in counts_of(revision, item.side)]
    reason = "; ".join(filter(None, said))
    status = range_status_name(revision.status)
    return Entry(at, EntryKind.REVISION, at, item.range_id, scale_name(item.scale), status, reason=reason)


def _event_entries(reading: PhaseReading, event: StructureEvent) -> Iterator[Entry]:
    name = event_name(event.type)
    why = ", ".join(evidence_text(item) for item in event.evidence)
    said = (reading.range_id, scale_name(reading.scale), name, event.price, event.confidence)
    yield Entry(event.known_at_index, EntryKind.EVENT, event.bar_index, *said, reason=why)
    if event.HasField("withdrawn_at_index"):
        at = event.withdrawn_at_index
        yield Entry(at, EntryKind.EVENT_WITHDRAWN, event.bar_index, *said, reason=event.reason)


def _state_entries(reading: PhaseReading) -> Iterator[Entry]:
    failed = reading.failed_at_index if reading.HasField("failed_at_index") else None
    structure = (reading.range_id, scale_name(reading.scale))
    before = common_pb2.PHASE_UNSPECIFIED
    for state in reading.states:
        at, confidence = state.known_at_index, state.confidence
        if at != failed or state.phase != common_pb2.PHASE_UNSPECIFIED:
            # only a new phase began at an earlier bar; a new confidence is of the bar itself
            bar = state.start_index if state.phase != before else at
            name = _phase_text(state)
            yield Entry(at, EntryKind.PHASE, bar, *structure, name, confidence=confidence, reason=state.reason)
        before = state.phase
    if failed is not None:
        yield Entry(failed, EntryKind.PHASE, failed, *structure, FAILED, reason=reading.failure_reason)


def _phase_text(state: PhaseState) -> str:
    known = state.side in {common_pb2.SIDE_ACCUMULATION, common_pb2.SIDE_DISTRIBUTION}
    return f"{side_name(state.side)} {phase_name(state.phase)}" if known else phase_name(state.phase)


def _pattern_entries(pattern: Pattern) -> Iterator[Entry]:
    name = f"{pattern_name(pattern.type)} {direction_name(pattern.direction)}"
    terms = (
        f"entry {price_text(pattern.entry_price)}, stop {price_text(pattern.stop_loss)}, "
        f"target {price_text(pattern.target_price)}, {pattern.r_multiple:.1f} R"
    )
    said = (pattern.range_id, scale_name(pattern.scale), name, pattern.entry_price, pattern.confidence)
    yield Entry(pattern.known_at_index, EntryKind.PATTERN, pattern.bar_index, *said, reason=terms)
    if pattern.HasField("withdrawn_at_index"):
        at = pattern.withdrawn_at_index
        yield Entry(at, EntryKind.PATTERN_WITHDRAWN, pattern.bar_index, *said, reason=pattern.reason)


def _signal_entry(signal: TradeSignal, pattern: Pattern | None) -> Entry:
    return Entry(
        signal.known_at_index,
        EntryKind.SIGNAL,
        signal.bar_index,
        signal.range_id,
        scale_name(0 if pattern is None else pattern.scale),
        f"{pattern_name(signal.pattern_type)} {direction_name(signal.direction)}",
        price=float(signal.entry_price),
        confidence=signal.confidence_score,
        reason=f"stop {signal.stop_loss}, target {signal.target_levels.primary_target}, {signal.r_multiple} R",
    )


def _rejection_entry(item: Rejection, pattern: Pattern | None) -> Entry:
    name = pattern_name(item.pattern_type)
    return Entry(
        item.known_at_index,
        EntryKind.REJECTION,
        item.bar_index,
        item.range_id,
        scale_name(0 if pattern is None else pattern.scale),
        name if pattern is None else f"{name} {direction_name(pattern.direction)}",
        stage=item.stage,
        reason=item.reason,
    )
