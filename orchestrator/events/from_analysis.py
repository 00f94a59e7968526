"""The events of an analysis, of stored bars and of breakers."""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING, Any, Final

from orchestrator.events.codec import signal_generated, signal_rejected
from orchestrator.events.model import (
    BarIngested,
    BreakerChanged,
    BreakerStateName,
    DetectorFailed,
    EffortHarmony,
    Event,
    EventKind,
    PatternDetected,
    PhaseDetected,
    RangeDetected,
    VolumeAnalyzed,
)
from wyckoff.common.v1 import common_pb2
from wyckoff.model.identity import content_id
from wyckoff.model.kinds import EffortResult
from wyckoff.volume.v1 import volume_pb2
from wyckoff.wire.enums import PATTERN_TYPE, PHASE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from orchestrator.context import AnalysisContext, PipelineState
    from wyckoff.orchestrator.v1 import orchestrator_pb2
    from wyckoff.phase.v1 import phase_pb2

_EFFORT: Final = {
    number: EffortResult(name.removeprefix("EFFORT_RESULT_"))
    for name, number in volume_pb2.EffortResult.items()
    if number != volume_pb2.EFFORT_RESULT_UNSPECIFIED
}


class EventFactory:
    """Makes the events of one symbol. ``now`` is when they are published."""

    def __init__(self, symbol: str, timeframe: str, correlation_id: str, now: datetime) -> None:
        self._symbol = symbol
        self._timeframe = timeframe
        self._correlation_id = correlation_id
        self._now = now

    def base(self, kind: EventKind, *identity: object) -> dict[str, Any]:
        """Fields that every event has; the id is made of the kind, the symbol, the timeframe and ``identity``."""
        return {
            "event_id": content_id("event", kind.value, self._symbol, self._timeframe, *identity),
            "timestamp": self._now,
            "correlation_id": self._correlation_id,
            "symbol": self._symbol,
            "timeframe": self._timeframe,
        }


def bars_ingested(bars: common_pb2.Bars, now: datetime, *, newest: int) -> list[Event]:
    """One event for each of the ``newest`` bars, oldest first. A revised bar has other values, hence another id."""
    factory = EventFactory(bars.symbol, bars.timeframe, "", now)
    return [
        BarIngested(
            **factory.base(EventKind.BAR_INGESTED, bars.open_time_ms[at], bar_hash(bars, at)),
            bar_time_ms=bars.open_time_ms[at],
        )
        for at in range(max(0, len(bars.open_time_ms) - newest), len(bars.open_time_ms))
    ]


def bar_hash(bars: common_pb2.Bars, at: int) -> str:
    """What the values of bar ``at`` hash to."""
    values = [column[at] for column in (bars.open, bars.high, bars.low, bars.close, bars.volume)]
    return hashlib.sha256(repr(values).encode()).hexdigest()[:16]


def breaker_changed(
    component: str, from_state: str, to_state: str, now: datetime, *, replica: str = ""
) -> BreakerChanged:
    """The event of a breaker that changed: ``component`` by short or full name, states as CLOSED, OPEN, HALF_OPEN.

    Every replica has breakers of its own: ``replica`` tells them apart.
    """
    # wyckoff.volume.v1.VolumeService is told as volume
    name = component.split(".")[1] if "." in component else component
    time_us = int(now.timestamp() * 1_000_000)
    base = EventFactory("", "", "", now).base(
        EventKind.BREAKER_CHANGED, replica, name, str(from_state), str(to_state), time_us
    )
    return BreakerChanged(
        **base, component=name, from_state=BreakerStateName(from_state), to_state=BreakerStateName(to_state)
    )


def events_of(
    context: AnalysisContext, state: PipelineState, analysis: orchestrator_pb2.Analysis, now: datetime
) -> list[Event]:
    """Everything that the analysis says, in the order of the stages. The same finding has the same id every time."""
    factory = EventFactory(context.symbol, context.timeframe, context.correlation_id, now)
    return list(_told(factory, state, analysis))


def _told(factory: EventFactory, state: PipelineState, analysis: orchestrator_pb2.Analysis) -> Iterator[Event]:
    bars = state.bars
    if bars is not None and state.volume is not None and len(state.volume.volume_ratio) == len(bars.close) > 0:
        yield _volume(factory, bars, state.volume)
    for trading_range in analysis.ranges:
        yield RangeDetected(
            **factory.base(EventKind.RANGE_DETECTED, trading_range.range_id),
            range_id=trading_range.range_id,
            ice=trading_range.ice,
            creek=trading_range.creek,
            jump=trading_range.jump,
            known_time_ms=_time_of(bars, trading_range.known_at_index),
        )
    for reading in analysis.phases:
        yield from _phases(factory, reading, bars.open_time_ms if bars is not None else ())
    for pattern in analysis.patterns:
        yield PatternDetected(
            **factory.base(EventKind.PATTERN_DETECTED, pattern.pattern_id),
            pattern_id=pattern.pattern_id,
            pattern_type=PATTERN_TYPE.value(pattern.type, "pattern.type"),
            confidence_score=pattern.confidence,
            known_time_ms=_time_of(bars, pattern.known_at_index),
        )
    for signal in analysis.signals:
        yield signal_generated(factory.base(EventKind.SIGNAL_GENERATED, signal.signal_id), signal)
    for rejection in analysis.rejections:
        yield signal_rejected(factory.base(EventKind.SIGNAL_REJECTED, rejection.rejection_id), rejection)
    for failure in analysis.failed_detectors:
        base = factory.base(EventKind.DETECTOR_FAILED, failure.detector, failure.error, analysis.as_of.ToMilliseconds())
        yield DetectorFailed(**base, detector=failure.detector, error=failure.error)


def _volume(factory: EventFactory, bars: common_pb2.Bars, volume: volume_pb2.VolumeAnalysis) -> VolumeAnalyzed:
    last = len(bars.close) - 1
    effort = _EFFORT[volume.effort_result[last]]
    return VolumeAnalyzed(
        **factory.base(EventKind.VOLUME_ANALYZED, bars.open_time_ms[last], bar_hash(bars, last)),
        volume_ratio=_known(volume.volume_ratio[last]),
        spread_ratio=_known(volume.spread_ratio[last]),
        close_position=volume.close_position[last],
        effort_result=effort,
        effort_harmony=_harmony(effort, bars),
    )


def _harmony(effort: EffortResult, bars: common_pb2.Bars) -> EffortHarmony:
    """Effort without result favours the other side, and so does a move that nobody follows."""
    if effort is EffortResult.NO_DEMAND:
        return EffortHarmony.DIVERGENCE_BEARISH
    if effort is EffortResult.NO_SUPPLY:
        return EffortHarmony.DIVERGENCE_BULLISH
    if effort is EffortResult.ABSORPTION:
        before = bars.close[-2] if len(bars.close) > 1 else bars.open[-1]
        fell = bars.close[-1] < before
        return EffortHarmony.DIVERGENCE_BULLISH if fell else EffortHarmony.DIVERGENCE_BEARISH
    return EffortHarmony.HARMONY


def _phases(
    factory: EventFactory, reading: phase_pb2.PhaseReading, open_time_ms: Sequence[int]
) -> Iterator[PhaseDetected]:
    """One event each time that the phase became another one, however many bars were analysed at once."""
    before = common_pb2.PHASE_UNSPECIFIED
    for state in reading.states:
        if state.phase not in (before, common_pb2.PHASE_UNSPECIFIED):
            phase = PHASE.value(state.phase, "phase")
            known_ms = open_time_ms[state.known_at_index]
            yield PhaseDetected(
                **factory.base(EventKind.PHASE_DETECTED, reading.range_id, phase.value, known_ms),
                range_id=reading.range_id,
                phase=phase,
                confidence=state.confidence,
                known_time_ms=known_ms,
            )
        before = state.phase


def _time_of(bars: common_pb2.Bars | None, index: int) -> int | None:
    return None if bars is None else bars.open_time_ms[index]


def _known(ratio: float) -> float | None:
    return None if math.isnan(ratio) else ratio
