"""Events for tests."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from orchestrator.events import model
from orchestrator.events.codec import signal_generated, signal_rejected
from wyckoff.common.v1 import common_pb2
from wyckoff.model.identity import content_id
from wyckoff.model.kinds import EffortResult, PatternType, Phase
from wyckoff.risk.v1 import risk_pb2

if TYPE_CHECKING:
    from orchestrator.events.model import Event

NOW = datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC)
CORRELATION_ID = "11111111-2222-4333-8444-555555555555"


def bar_event(number: int, *, symbol: str = "ACME") -> model.BarIngested:
    """The event of bar ``number``."""
    return model.BarIngested(
        event_id=content_id("test", symbol, number), timestamp=NOW, symbol=symbol, timeframe="1d", bar_time_ms=number
    )


def base(name: str) -> dict[str, Any]:
    """What every event has."""
    return {
        "event_id": content_id("test", name),
        "timestamp": NOW,
        "correlation_id": CORRELATION_ID,
        "symbol": "ACME",
        "timeframe": "1d",
    }


def one_of_each() -> list[Event]:
    """All nine kinds."""
    signal = risk_pb2.TradeSignal(signal_id="s1", symbol="ACME", pattern_id="p1", entry_price="10.25", priority=1.5)
    rejection = risk_pb2.Rejection(rejection_id="x1", pattern_id="p2", stage="Risk", reason="too wide", threshold=2.0)
    rejection.pattern_type = common_pb2.PATTERN_TYPE_SOS
    return [
        model.BarIngested(**base("bar"), bar_time_ms=1_767_225_600_000),
        model.VolumeAnalyzed(
            **base("volume"),
            volume_ratio=2.5,
            spread_ratio=None,
            close_position=0.75,
            effort_result=EffortResult.ABSORPTION,
            effort_harmony=model.EffortHarmony.DIVERGENCE_BULLISH,
        ),
        model.RangeDetected(**base("range"), range_id="r1", ice=9.5, creek=11.0, jump=12.5),
        model.PhaseDetected(**base("phase"), range_id="r1", phase=Phase.C, confidence=80, known_time_ms=5),
        model.PatternDetected(**base("pattern"), pattern_id="p1", pattern_type=PatternType.SPRING, confidence_score=77),
        signal_generated(base("signal"), signal),
        signal_rejected(base("rejection"), rejection),
        model.DetectorFailed(**base("failure"), detector="pattern.spring", error="ValueError: no"),
        model.BreakerChanged(
            event_id=content_id("test", "breaker"),
            timestamp=NOW,
            component="volume",
            from_state=model.BreakerStateName.CLOSED,
            to_state=model.BreakerStateName.OPEN,
        ),
    ]
