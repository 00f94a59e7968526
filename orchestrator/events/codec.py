"""Events as messages of the contract, and back."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any, Final

from orchestrator.events import model
from orchestrator.events.model import BreakerStateName, EventKind
from wyckoff.model.kinds import EffortResult
from wyckoff.orchestrator.v1 import orchestrator_pb2 as pb
from wyckoff.rpc.errors import InvalidArgumentError
from wyckoff.wire.enums import PATTERN_TYPE, PHASE, EnumCodec

if TYPE_CHECKING:
    from collections.abc import Callable

    from orchestrator.events.model import Event
    from wyckoff.risk.v1 import risk_pb2

KIND: Final = EnumCodec(EventKind, pb.EventKind, "EVENT_KIND_")
BREAKER: Final = EnumCodec(BreakerStateName, pb.BreakerState, "BREAKER_STATE_")


def event_to_proto(event: Event) -> pb.Event:
    """The message of an event."""
    message = pb.Event(
        event_id=event.event_id,
        kind=KIND.number(event.kind),
        correlation_id=event.correlation_id,
        symbol=event.symbol,
        timeframe=event.timeframe,
    )
    message.timestamp.FromDatetime(event.timestamp)
    _FILL[event.kind](message, event)
    return message


def event_from_proto(message: pb.Event) -> Event:
    """The event of a message; raises InvalidArgumentError for a kind that is unknown here."""
    kind = KIND.value(message.kind, "event.kind")
    if message.WhichOneof("data") != kind.value.lower():
        raise InvalidArgumentError.of("event.data", f"is {message.WhichOneof('data')}; the kind asks for {kind}")
    base = {
        "event_id": message.event_id,
        "timestamp": message.timestamp.ToDatetime(UTC),
        "correlation_id": message.correlation_id,
        "symbol": message.symbol,
        "timeframe": message.timeframe,
    }
    return _READ[kind](base, getattr(message, kind.value.lower()))


def _fill_bar(message: pb.Event, event: Any) -> None:  # noqa: ANN401 - each entry of the table has a kind of its own
    message.bar_ingested.bar_timestamp.FromMilliseconds(event.bar_time_ms)


def _fill_volume(message: pb.Event, event: Any) -> None:  # noqa: ANN401
    data = message.volume_analyzed
    if event.volume_ratio is not None:
        data.volume_ratio = event.volume_ratio
    if event.spread_ratio is not None:
        data.spread_ratio = event.spread_ratio
    data.close_position = event.close_position
    data.effort_result = event.effort_result.value
    data.effort_harmony = event.effort_harmony.value


def _fill_range(message: pb.Event, event: Any) -> None:  # noqa: ANN401
    message.range_detected.CopyFrom(
        pb.RangeDetected(range_id=event.range_id, ice=event.ice, creek=event.creek, jump=event.jump)
    )
    _fill_known(message.range_detected, event)


def _fill_phase(message: pb.Event, event: Any) -> None:  # noqa: ANN401
    message.phase_detected.CopyFrom(
        pb.PhaseDetected(range_id=event.range_id, phase=PHASE.number(event.phase), confidence=event.confidence)
    )
    _fill_known(message.phase_detected, event)


def _fill_pattern(message: pb.Event, event: Any) -> None:  # noqa: ANN401
    message.pattern_detected.CopyFrom(
        pb.PatternDetected(
            pattern_id=event.pattern_id,
            pattern_type=PATTERN_TYPE.number(event.pattern_type),
            confidence_score=event.confidence_score,
        )
    )
    _fill_known(message.pattern_detected, event)


def _fill_known(data: pb.RangeDetected | pb.PhaseDetected | pb.PatternDetected, event: Any) -> None:  # noqa: ANN401
    if event.known_time_ms is not None:
        data.known_time.FromMilliseconds(event.known_time_ms)


def _known_time_ms(data: pb.RangeDetected | pb.PhaseDetected | pb.PatternDetected) -> int | None:
    return data.known_time.ToMilliseconds() if data.HasField("known_time") else None


def _fill_signal(message: pb.Event, event: Any) -> None:  # noqa: ANN401
    message.signal_generated.signal.ParseFromString(event.message)


def _fill_rejection(message: pb.Event, event: Any) -> None:  # noqa: ANN401
    message.signal_rejected.rejection.ParseFromString(event.message)


def _fill_failure(message: pb.Event, event: Any) -> None:  # noqa: ANN401
    message.detector_failed.CopyFrom(pb.DetectorFailed(detector=event.detector, error=event.error))


def _fill_breaker(message: pb.Event, event: Any) -> None:  # noqa: ANN401
    message.breaker_changed.CopyFrom(
        pb.BreakerChanged(
            component=event.component,
            from_state=BREAKER.number(event.from_state),
            to_state=BREAKER.number(event.to_state),
        )
    )


def _read_volume(base: dict[str, Any], data: pb.VolumeAnalyzed) -> Event:
    return model.VolumeAnalyzed(
        **base,
        volume_ratio=data.volume_ratio if data.HasField("volume_ratio") else None,
        spread_ratio=data.spread_ratio if data.HasField("spread_ratio") else None,
        close_position=data.close_position,
        effort_result=EffortResult(data.effort_result),
        effort_harmony=model.EffortHarmony(data.effort_harmony),
    )


def signal_generated(base: dict[str, Any], signal: risk_pb2.TradeSignal) -> model.SignalGenerated:
    """The event of a signal; ``base`` are the fields that every event has."""
    serialized = signal.SerializeToString(deterministic=True)
    return model.SignalGenerated(**base, signal_id=signal.signal_id, message=serialized)


def signal_rejected(base: dict[str, Any], rejection: risk_pb2.Rejection) -> model.SignalRejected:
    """The event of a rejection."""
    return model.SignalRejected(
        **base,
        pattern_id=rejection.pattern_id,
        stage=rejection.stage,
        reason=rejection.reason,
        threshold=rejection.threshold if rejection.HasField("threshold") else None,
        actual=rejection.actual if rejection.HasField("actual") else None,
        message=rejection.SerializeToString(deterministic=True),
    )


_FILL: Final[dict[EventKind, Callable[[pb.Event, Any], None]]] = {
    EventKind.BAR_INGESTED: _fill_bar,
    EventKind.VOLUME_ANALYZED: _fill_volume,
    EventKind.RANGE_DETECTED: _fill_range,
    EventKind.PHASE_DETECTED: _fill_phase,
    EventKind.PATTERN_DETECTED: _fill_pattern,
    EventKind.SIGNAL_GENERATED: _fill_signal,
    EventKind.SIGNAL_REJECTED: _fill_rejection,
    EventKind.DETECTOR_FAILED: _fill_failure,
    EventKind.BREAKER_CHANGED: _fill_breaker,
}

_READ: Final[dict[EventKind, Callable[[dict[str, Any], Any], Event]]] = {
    EventKind.BAR_INGESTED: lambda base, data: model.BarIngested(
        **base, bar_time_ms=data.bar_timestamp.ToMilliseconds()
    ),
    EventKind.VOLUME_ANALYZED: _read_volume,
    EventKind.RANGE_DETECTED: lambda base, data: model.RangeDetected(
        **base,
        range_id=data.range_id,
        ice=data.ice,
        creek=data.creek,
        jump=data.jump,
        known_time_ms=_known_time_ms(data),
    ),
    EventKind.PHASE_DETECTED: lambda base, data: model.PhaseDetected(
        **base,
        range_id=data.range_id,
        phase=PHASE.value(data.phase, "phase"),
        confidence=data.confidence,
        known_time_ms=_known_time_ms(data),
    ),
    EventKind.PATTERN_DETECTED: lambda base, data: model.PatternDetected(
        **base,
        pattern_id=data.pattern_id,
        pattern_type=PATTERN_TYPE.value(data.pattern_type, "pattern_type"),
        confidence_score=data.confidence_score,
        known_time_ms=_known_time_ms(data),
    ),
    EventKind.SIGNAL_GENERATED: lambda base, data: signal_generated(base, data.signal),
    EventKind.SIGNAL_REJECTED: lambda base, data: signal_rejected(base, data.rejection),
    EventKind.DETECTOR_FAILED: lambda base, data: model.DetectorFailed(
        **base, detector=data.detector, error=data.error
    ),
    EventKind.BREAKER_CHANGED: lambda base, data: model.BreakerChanged(
        **base,
        component=data.component,
        from_state=BREAKER.value(data.from_state, "from_state"),
        to_state=BREAKER.value(data.to_state, "to_state"),
    ),
}
