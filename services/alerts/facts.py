"""What an event says, as far as it matters for telling it: what it is about, what is new, how sure it is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from services.alerts.rules import AlertKind
from wyckoff.common.v1 import common_pb2
from wyckoff.market.timeframes import timeframe_ms
from wyckoff.orchestrator.v1 import orchestrator_pb2 as pb

_DAY_MS: Final = 86_400_000


class Telling(Enum):
    """When a state is told."""

    ON_CHANGE = "on change"
    """Whenever it is another one than before."""

    IF_IT_LASTS = "if it lasts"
    """The first change at once; changes soon after it only if they last."""

    NOW_AND_THEN = "now and then"
    """At once, and again after a while."""


@dataclass(frozen=True, slots=True)
class Fact:
    """``key`` is the thing whose state is ``value``. ``bar_time_ms`` opens the bar at whose close it was known."""

    kind: AlertKind
    key: str
    value: str
    telling: Telling = Telling.ON_CHANGE
    symbol: str = ""
    timeframe: str = ""
    confidence: int | None = None
    near_miss: bool | None = None
    bar_time_ms: int | None = None

    def is_history(self, event_time_ms: int, *, max_days: float, max_bars: int) -> bool:
        """Whether the bar lies further back than both bounds."""
        if self.bar_time_ms is None:
            return False
        length_ms = _bar_ms(self.timeframe)
        # the bar itself takes its time: it is known at its close
        age_ms = event_time_ms - self.bar_time_ms - length_ms
        return age_ms > max(max_days * _DAY_MS, max_bars * length_ms)


def _bar_ms(timeframe: str) -> int:
    try:
        return timeframe_ms(timeframe)
    except ValueError:
        # an event of another version must not hold up those behind it
        return _DAY_MS


#: Kinds of events that can be told.
FOLLOWED: Final = tuple(
    getattr(pb, f"EVENT_KIND_{kind.name}") for kind in AlertKind if kind is not AlertKind.TARGET_PAUSED
)


def fact_of(event: pb.Event) -> Fact | None:
    """The fact; None for an event that is not told, such as a breaker that probes."""
    read = _READERS.get(event.kind)
    known = read is not None and event.WhichOneof("data") == pb.EventKind.Name(event.kind)[len("EVENT_KIND_") :].lower()
    return read(event) if read is not None and known else None


def _signal(event: pb.Event) -> Fact:
    signal = event.signal_generated.signal
    return _analysis_fact(
        event,
        AlertKind.SIGNAL_GENERATED,
        f"signal/{signal.signal_id}",
        "generated",
        confidence=signal.confidence_score,
        bar_time_ms=signal.timestamp.ToMilliseconds(),
    )


def _rejection(event: pb.Event) -> Fact:
    rejection = event.signal_rejected.rejection
    return _analysis_fact(
        event,
        AlertKind.SIGNAL_REJECTED,
        f"rejection/{rejection.pattern_id}",
        rejection.stage,
        near_miss=rejection.near_miss,
        bar_time_ms=rejection.timestamp.ToMilliseconds(),
    )


def _range(event: pb.Event) -> Fact:
    found = event.range_detected
    return _analysis_fact(
        event,
        AlertKind.RANGE_DETECTED,
        f"range/{found.range_id}",
        "detected",
        bar_time_ms=_known_ms(found),
    )


def _phase(event: pb.Event) -> Fact:
    found = event.phase_detected
    return _analysis_fact(
        event,
        AlertKind.PHASE_DETECTED,
        f"phase/{found.range_id}",
        common_pb2.Phase.Name(found.phase),
        confidence=found.confidence,
        bar_time_ms=_known_ms(found),
    )


def _pattern(event: pb.Event) -> Fact:
    found = event.pattern_detected
    return _analysis_fact(
        event,
        AlertKind.PATTERN_DETECTED,
        f"pattern/{found.pattern_id}",
        "detected",
        confidence=found.confidence_score,
        bar_time_ms=_known_ms(found),
    )


def _detector(event: pb.Event) -> Fact:
    # one that fails for every symbol is one trouble, not hundreds
    key = f"detector/{event.detector_failed.detector}"
    return Fact(AlertKind.DETECTOR_FAILED, key, "failed", Telling.NOW_AND_THEN, event.symbol, event.timeframe)


def _breaker(event: pb.Event) -> Fact | None:
    changed = event.breaker_changed
    if changed.to_state == pb.BREAKER_STATE_HALF_OPEN:
        return None
    state = pb.BreakerState.Name(changed.to_state)
    return Fact(AlertKind.BREAKER_CHANGED, f"breaker/{changed.component}", state, Telling.IF_IT_LASTS)


def _analysis_fact(
    event: pb.Event,
    kind: AlertKind,
    key: str,
    value: str,
    *,
    bar_time_ms: int | None,
    confidence: int | None = None,
    near_miss: bool | None = None,
) -> Fact:
    return Fact(
        kind,
        f"{key}/{event.timeframe}",
        value,
        symbol=event.symbol,
        timeframe=event.timeframe,
        confidence=confidence,
        near_miss=near_miss,
        bar_time_ms=bar_time_ms,
    )


def _known_ms(found: pb.RangeDetected | pb.PhaseDetected | pb.PatternDetected) -> int | None:
    return found.known_time.ToMilliseconds() if found.HasField("known_time") else None


_READERS: Final = {
    pb.EVENT_KIND_SIGNAL_GENERATED: _signal,
    pb.EVENT_KIND_SIGNAL_REJECTED: _rejection,
    pb.EVENT_KIND_RANGE_DETECTED: _range,
    pb.EVENT_KIND_PHASE_DETECTED: _phase,
    pb.EVENT_KIND_PATTERN_DETECTED: _pattern,
    pb.EVENT_KIND_DETECTOR_FAILED: _detector,
    pb.EVENT_KIND_BREAKER_CHANGED: _breaker,
}
