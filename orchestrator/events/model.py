"""The nine events. Frozen; ids come from what happened, so that a rerun or a second replica tells the same id."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from wyckoff.model.kinds import EffortResult, PatternType, Phase

MAX_SYMBOL_LENGTH = 20
UUID_PATTERN = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"

Id = Annotated[str, Field(min_length=1, max_length=64)]
Percent = Annotated[int, Field(ge=0, le=100)]
Price = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Ratio = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class EventKind(StrEnum):
    """Kinds of events; values equal the contract's names without their prefix."""

    BAR_INGESTED = "BAR_INGESTED"
    VOLUME_ANALYZED = "VOLUME_ANALYZED"
    RANGE_DETECTED = "RANGE_DETECTED"
    PHASE_DETECTED = "PHASE_DETECTED"
    PATTERN_DETECTED = "PATTERN_DETECTED"
    SIGNAL_GENERATED = "SIGNAL_GENERATED"
    SIGNAL_REJECTED = "SIGNAL_REJECTED"
    DETECTOR_FAILED = "DETECTOR_FAILED"
    BREAKER_CHANGED = "BREAKER_CHANGED"


class EffortHarmony(StrEnum):
    """Whether the result was worth the effort, and whom it favours if not."""

    HARMONY = "harmony"
    DIVERGENCE_BULLISH = "divergence_bullish"
    DIVERGENCE_BEARISH = "divergence_bearish"


class BreakerStateName(StrEnum):
    """States of a circuit breaker."""

    CLOSED = "CLOSED"
    OPEN = "OPEN"
    HALF_OPEN = "HALF_OPEN"


class EventBase(BaseModel):
    """What every event has. ``timestamp`` is when it was published (UTC); ``symbol`` is empty where none is meant."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    event_id: Annotated[str, Field(pattern=f"^{UUID_PATTERN}$")]
    timestamp: datetime
    correlation_id: Annotated[str, Field(pattern=f"^({UUID_PATTERN})?$")] = ""
    symbol: Annotated[str, Field(max_length=MAX_SYMBOL_LENGTH)] = ""
    timeframe: Annotated[str, Field(max_length=8)] = ""

    @field_validator("timestamp")
    @classmethod
    def _is_utc(cls, value: datetime) -> datetime:
        if value.utcoffset() != timedelta(0):
            raise ValueError("must be in UTC, with its time zone")
        return value


class BarIngested(EventBase):
    """A bar was stored, new or revised. ``bar_time_ms`` is its open time."""

    kind: Literal[EventKind.BAR_INGESTED] = EventKind.BAR_INGESTED
    bar_time_ms: int


class VolumeAnalyzed(EventBase):
    """The last bar's volume was analysed. Ratios are multiples of their baselines, None when unknown."""

    kind: Literal[EventKind.VOLUME_ANALYZED] = EventKind.VOLUME_ANALYZED
    volume_ratio: Ratio | None
    spread_ratio: Ratio | None
    close_position: Annotated[float, Field(ge=0, le=1)]
    effort_result: EffortResult
    effort_harmony: EffortHarmony


class RangeDetected(EventBase):
    """A range became known; levels are prices, ``known_time_ms`` opens the bar at whose close it did."""

    kind: Literal[EventKind.RANGE_DETECTED] = EventKind.RANGE_DETECTED
    range_id: Id
    ice: Price
    creek: Price
    jump: Price
    known_time_ms: int | None = None


class PhaseDetected(EventBase):
    """A phase became known."""

    kind: Literal[EventKind.PHASE_DETECTED] = EventKind.PHASE_DETECTED
    range_id: Id
    phase: Phase
    confidence: Percent
    known_time_ms: int | None = None


class PatternDetected(EventBase):
    """A pattern became known."""

    kind: Literal[EventKind.PATTERN_DETECTED] = EventKind.PATTERN_DETECTED
    pattern_id: Id
    pattern_type: PatternType
    confidence_score: Percent
    known_time_ms: int | None = None


class SignalGenerated(EventBase):
    """A trade is justified. ``message`` is the whole signal, a serialized ``wyckoff.risk.v1.TradeSignal``."""

    kind: Literal[EventKind.SIGNAL_GENERATED] = EventKind.SIGNAL_GENERATED
    signal_id: Id
    message: Annotated[bytes, Field(repr=False)]


class SignalRejected(EventBase):
    """A pattern does not justify a trade. ``message`` is the serialized ``wyckoff.risk.v1.Rejection``."""

    kind: Literal[EventKind.SIGNAL_REJECTED] = EventKind.SIGNAL_REJECTED
    pattern_id: Id
    stage: str
    reason: str
    threshold: float | None = None
    actual: float | None = None
    message: Annotated[bytes, Field(repr=False)]


class DetectorFailed(EventBase):
    """A detector failed, such as pattern.spring."""

    kind: Literal[EventKind.DETECTOR_FAILED] = EventKind.DETECTOR_FAILED
    detector: Annotated[str, Field(min_length=1)]
    error: str


class BreakerChanged(EventBase):
    """A circuit breaker changed its state. ``component`` is the service, such as volume."""

    kind: Literal[EventKind.BREAKER_CHANGED] = EventKind.BREAKER_CHANGED
    component: Annotated[str, Field(min_length=1)]
    from_state: BreakerStateName
    to_state: BreakerStateName


Event = (
    BarIngested
    | VolumeAnalyzed
    | RangeDetected
    | PhaseDetected
    | PatternDetected
    | SignalGenerated
    | SignalRejected
    | DetectorFailed
    | BreakerChanged
)
