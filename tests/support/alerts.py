"""Events and settings for tests of alerts, with a clock that the test sets."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from services.alerts.config import AlertsSettings
from services.alerts.rules import AlertKind, Rule
from services.alerts.targets import Target
from tests.support.databases import database_url
from wyckoff.common.v1 import common_pb2
from wyckoff.model.identity import content_id
from wyckoff.orchestrator.v1 import orchestrator_pb2 as pb

if TYPE_CHECKING:
    from pathlib import Path

#: A Friday at noon.
NOON_MS = int(datetime(2026, 1, 9, 12, tzinfo=UTC).timestamp() * 1_000)
DAY_MS = 86_400_000
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NEW_SECRET = "whsec_bmV3IHNlY3JldCBmb3IgdGhlIHRlc3Qgb2Yga2V5cyE="


@dataclass
class Clock:
    """The time, as it is set."""

    now_ms: int = NOON_MS

    def __call__(self) -> int:
        return self.now_ms

    def advance(self, seconds: float) -> None:
        self.now_ms += int(seconds * 1_000)


@dataclass
class Events:
    """Makes events, published at the time of ``clock``."""

    clock: Clock = field(default_factory=Clock)
    count: int = 0

    def _event(
        self, kind: pb.EventKind.ValueType, *identity: object, symbol: str = "", timeframe: str = ""
    ) -> pb.Event:
        event = pb.Event(event_id=content_id("test", kind, *identity), kind=kind, symbol=symbol, timeframe=timeframe)
        event.timestamp.FromMilliseconds(self.clock())
        return event

    def signal(
        self, number: int, *, symbol: str = "ACME", timeframe: str = "1d", confidence: int = 85, days_ago: float = 1
    ) -> pb.Event:
        event = self._event(pb.EVENT_KIND_SIGNAL_GENERATED, number, symbol=symbol, timeframe=timeframe)
        signal = event.signal_generated.signal
        signal.signal_id, signal.symbol, signal.timeframe = f"s{number}", symbol, timeframe
        signal.pattern_type, signal.direction = common_pb2.PATTERN_TYPE_SPRING, common_pb2.DIRECTION_LONG
        signal.entry_price, signal.stop_loss, signal.confidence_score = "10.25", "9.80", confidence
        signal.target_levels.primary_target, signal.position_size = "12.50", "100"
        signal.timestamp.FromMilliseconds(self.clock() - int(days_ago * DAY_MS))
        return event

    def rejection(self, number: int, *, near_miss: bool = True, stage: str = "Levels") -> pb.Event:
        event = self._event(pb.EVENT_KIND_SIGNAL_REJECTED, number, stage, symbol="ACME", timeframe="1d")
        rejection = event.signal_rejected.rejection
        rejection.pattern_id, rejection.stage, rejection.reason = f"p{number}", stage, "quality was 65; 70 is needed"
        rejection.pattern_type, rejection.near_miss = common_pb2.PATTERN_TYPE_SOS, near_miss
        rejection.timestamp.FromMilliseconds(self.clock() - DAY_MS)
        return event

    def phase(self, phase: str, *, range_id: str = "r1", confidence: int = 80, days_ago: float = 1) -> pb.Event:
        self.count += 1
        event = self._event(pb.EVENT_KIND_PHASE_DETECTED, range_id, phase, self.count, symbol="ACME", timeframe="1d")
        found = event.phase_detected
        found.range_id, found.confidence = range_id, confidence
        found.phase = common_pb2.Phase.Value(f"PHASE_{phase}")
        found.known_time.FromMilliseconds(self.clock() - int(days_ago * DAY_MS))
        return event

    def breaker(self, to_state: str, *, component: str = "volume") -> pb.Event:
        self.count += 1
        event = self._event(pb.EVENT_KIND_BREAKER_CHANGED, component, self.count)
        event.breaker_changed.component = component
        event.breaker_changed.to_state = pb.BreakerState.Value(f"BREAKER_STATE_{to_state}")
        return event

    def failure(self, detector: str = "pattern.spring", *, symbol: str = "ACME") -> pb.Event:
        self.count += 1
        event = self._event(pb.EVENT_KIND_DETECTOR_FAILED, self.count, symbol=symbol, timeframe="1d")
        event.detector_failed.detector, event.detector_failed.error = detector, "ValueError: no"
        return event


def webhook(name: str = "desk", url: str = "http://127.0.0.1:1/", **changes: Any) -> Target:
    return Target(name=name, url=url, **({"secrets": (SECRET,)} | changes))  # type: ignore[arg-type]


def settings(folder: Path, *targets: Target, **changes: Any) -> AlertsSettings:
    """Everything goes to the first target, unless ``rules`` says otherwise."""
    chosen = targets or (webhook(),)
    everything = Rule(targets=(chosen[0].name,), kinds=tuple(AlertKind))
    url = database_url(folder, "alerts")
    return AlertsSettings(database_url=url, targets=chosen, **({"rules": (everything,)} | changes))
