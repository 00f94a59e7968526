"""An analysis taken apart into what was said, when, and in which words."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from google.protobuf.message import Message

    from wyckoff.orchestrator.v1.orchestrator_pb2 import Analysis
    from wyckoff.pattern.v1.pattern_pb2 import Pattern
    from wyckoff.phase.v1.phase_pb2 import PhaseReading, PhaseSegment, PhaseState, StructureEvent
    from wyckoff.range.v1.range_pb2 import RangeRevision, TradingRange, Zone
    from wyckoff.risk.v1.risk_pb2 import Rejection, TradeSignal

    _Known = (
        TradingRange
        | RangeRevision
        | Zone
        | StructureEvent
        | PhaseState
        | PhaseSegment
        | Pattern
        | TradeSignal
        | Rejection
    )


@dataclass(frozen=True, slots=True)
class Statement:
    """Something said at the close of bar ``known_at_index``; ``content`` is all that must never change of it."""

    kind: str
    key: str
    known_at_index: int
    content: bytes

    @property
    def identity(self) -> tuple[str, str]:
        return self.kind, self.key


def statements_of(analysis: Analysis) -> tuple[Statement, ...]:
    """Every range, revision, zone, event, phase, pattern, signal, rejection, withdrawal and failure.

    Left out is what describes the last bar analysed: end and status of a range, touches of a zone, the current phase,
    the end of a segment, and ids of the run.
    """
    return (
        *(item for found in analysis.ranges for item in _range(found)),
        *(item for reading in analysis.phases for item in _reading(reading)),
        *(item for pattern in analysis.patterns for item in _withdrawable("pattern", pattern.pattern_id, pattern)),
        *(_frozen("signal", item.signal_id, item, "correlation_id", "created_at") for item in analysis.signals),
        *(_frozen("rejection", item.rejection_id, item) for item in analysis.rejections),
    )


def _range(found: TradingRange) -> Iterator[Statement]:
    as_of = ("end_index", "end_time", "status", "zones", "revisions")
    yield _frozen("range", found.range_id, found, *as_of)
    for number, revision in enumerate(found.revisions):
        yield _frozen("range revision", f"{found.range_id}/{number}", revision)
    for zone in found.zones:
        yield _frozen("zone", f"{found.range_id}/{zone.type}/{zone.bar_index}", zone, "touch_count", "status")


def _reading(reading: PhaseReading) -> Iterator[Statement]:
    for event in reading.events:
        key = f"{reading.range_id}/{event.type}/{event.bar_index}/{event.known_at_index}"
        yield from _withdrawable("event", key, event)
    for number, state in enumerate(reading.states):
        yield _frozen("phase state", f"{reading.range_id}/{number}", state)
    for segment in reading.segments:
        yield _frozen("phase", f"{reading.range_id}/{segment.phase}/{segment.known_at_index}", segment, "end_index")
    if reading.HasField("failed_at_index"):
        yield Statement("failure", reading.range_id, reading.failed_at_index, reading.failure_reason.encode())


def _withdrawable(kind: str, key: str, item: StructureEvent | Pattern) -> Iterator[Statement]:
    """The item as it was said and, where it was taken back, that."""
    as_of = [name for name in ("status", "withdrawn_at_index", "reason") if name in item.DESCRIPTOR.fields_by_name]
    yield _frozen(kind, key, item, *as_of)
    if item.HasField("withdrawn_at_index"):
        yield Statement(f"{kind} withdrawal", key, item.withdrawn_at_index, item.reason.encode())


def _frozen(kind: str, key: str, item: _Known, *as_of: str) -> Statement:
    kept: Message = deepcopy(item)
    for name in as_of:
        kept.ClearField(name)
    return Statement(kind, key, item.known_at_index, kept.SerializeToString(deterministic=True))
