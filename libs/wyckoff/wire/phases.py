"""Phases and structural events on the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wyckoff.model.phases import PhaseReading, PhaseSegment, PhaseState, StructureEvent
from wyckoff.phase.v1 import phase_pb2
from wyckoff.wire.enums import EVENT_STATUS, EVENT_TYPE, PHASE, SCALE, SIDE, scale_of
from wyckoff.wire.evidence import evidence_from_proto, evidence_to_proto
from wyckoff.wire.ranges import check_index

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def phases_to_proto(phases: Iterable[PhaseReading], open_time_ms: Sequence[int]) -> list[phase_pb2.PhaseReading]:
    return [
        phase_pb2.PhaseReading(
            range_id=item.range_id,
            side=SIDE.number(item.side),
            phase=PHASE.number(item.phase),
            sub_phase=item.sub_phase,
            confidence=item.confidence,
            segments=[_segment_to_proto(segment) for segment in item.segments],
            events=[_event_to_proto(event, open_time_ms) for event in item.events],
            states=[_state_to_proto(state) for state in item.states],
            failed_at_index=item.failed_at_index,
            failure_reason=item.failure_reason,
            scale=SCALE.number(item.scale),
        )
        for item in phases
    ]


def _segment_to_proto(segment: PhaseSegment) -> phase_pb2.PhaseSegment:
    return phase_pb2.PhaseSegment(
        phase=PHASE.number(segment.phase),
        start_index=segment.start_index,
        end_index=segment.end_index,
        known_at_index=segment.known_at_index,
    )


def _state_to_proto(state: PhaseState) -> phase_pb2.PhaseState:
    return phase_pb2.PhaseState(
        known_at_index=state.known_at_index,
        phase=PHASE.number(state.phase),
        start_index=state.start_index,
        confidence=state.confidence,
        phase_b_bars=state.phase_b_bars,
        reason=state.reason,
        side=SIDE.number(state.side),
    )


def _event_to_proto(event: StructureEvent, open_time_ms: Sequence[int]) -> phase_pb2.StructureEvent:
    message = phase_pb2.StructureEvent(
        type=EVENT_TYPE.number(event.type),
        bar_index=event.bar_index,
        known_at_index=event.known_at_index,
        price=event.price,
        confidence=event.confidence,
        evidence=evidence_to_proto(event.evidence),
        status=EVENT_STATUS.number(event.status),
        withdrawn_at_index=event.withdrawn_at_index,
        reason=event.reason,
    )
    message.time.FromMilliseconds(int(open_time_ms[event.bar_index]))
    return message


def phases_from_proto(messages: Iterable[phase_pb2.PhaseReading], bar_count: int) -> tuple[PhaseReading, ...]:
    """Readings over ``bar_count`` bars; raises InvalidArgumentError naming the field that cannot be."""
    return tuple(_reading_from_proto(item, f"phases[{index}]", bar_count) for index, item in enumerate(messages))


def _reading_from_proto(message: phase_pb2.PhaseReading, path: str, bar_count: int) -> PhaseReading:
    return PhaseReading(
        range_id=message.range_id,
        side=SIDE.value(message.side, f"{path}.side"),
        phase=PHASE.value(message.phase, f"{path}.phase"),
        sub_phase=message.sub_phase,
        confidence=message.confidence,
        segments=tuple(
            PhaseSegment(
                PHASE.value(item.phase, f"{path}.segments[{i}].phase"),
                item.start_index,
                item.end_index,
                item.known_at_index,
            )
            for i, item in enumerate(message.segments)
        ),
        events=tuple(
            _event_from_proto(item, f"{path}.events[{i}]", bar_count) for i, item in enumerate(message.events)
        ),
        states=tuple(
            PhaseState(
                item.known_at_index,
                PHASE.value(item.phase, f"{path}.states[{i}].phase"),
                item.start_index,
                item.confidence,
                item.phase_b_bars,
                item.reason,
                SIDE.value(item.side, f"{path}.states[{i}].side"),
            )
            for i, item in enumerate(message.states)
        ),
        failed_at_index=message.failed_at_index if message.HasField("failed_at_index") else None,
        failure_reason=message.failure_reason,
        scale=scale_of(message.scale, f"{path}.scale"),
    )


def _event_from_proto(message: phase_pb2.StructureEvent, path: str, bar_count: int) -> StructureEvent:
    check_index(message.bar_index, bar_count, f"{path}.bar_index")
    check_index(message.known_at_index, bar_count, f"{path}.known_at_index")
    return StructureEvent(
        type=EVENT_TYPE.value(message.type, f"{path}.type"),
        bar_index=message.bar_index,
        known_at_index=message.known_at_index,
        price=message.price,
        confidence=message.confidence,
        evidence=evidence_from_proto(message.evidence),
        status=EVENT_STATUS.value(message.status, f"{path}.status"),
        withdrawn_at_index=message.withdrawn_at_index if message.HasField("withdrawn_at_index") else None,
        reason=message.reason,
    )
