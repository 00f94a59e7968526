"""An alert as people and programs read it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any, Final

from google.protobuf.json_format import MessageToDict

from wyckoff.chart.labels import direction_name, pattern_name, phase_name, price_text
from wyckoff.model.identity import content_id
from wyckoff.orchestrator.v1 import orchestrator_pb2 as pb

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from services.alerts.facts import Fact


@dataclass(frozen=True, slots=True)
class Alert:
    """What one target is told. ``body`` is the JSON of a webhook; ``alert_id`` stays the same when it is sent again."""

    alert_id: str
    target: str
    kind: str
    title: str
    text: str
    body: bytes
    created_ms: int


def alert_of(event: pb.Event, fact: Fact, target: str, now_ms: int, *, changes_count: int = 1) -> Alert:
    """The alert of an event for one target; ``changes_count`` is how often the state changed since it was last told."""
    text = _TEXTS[event.kind](event)
    if changes_count > 1:
        text += f"; it changed {changes_count} times meanwhile"
    where = " ".join(part for part in (event.symbol, event.timeframe) if part)
    document = {
        "type": fact.kind.value,
        "timestamp": _iso(event.timestamp.ToDatetime(UTC)),
        "id": event.event_id,
        "symbol": event.symbol,
        "timeframe": event.timeframe,
        "correlation_id": event.correlation_id,
        "text": f"{where}: {text}" if where else text,
        "changes_count": changes_count,
        "data": MessageToDict(getattr(event, event.WhichOneof("data") or ""), preserving_proto_field_name=True),
    }
    title = f"{where} {_TITLES[event.kind]}".strip()
    return _alert(document, target, title, now_ms)


def pause_alert(paused: str, error: str, since: datetime, until: datetime, target: str, now_ms: int) -> Alert:
    """Told to others: a target is left alone for a while."""
    text = f"target {paused} has failed since {_iso(since)} ({error}); nothing is sent to it until {_iso(until)}"
    document = {
        "type": "target_paused",
        "timestamp": _iso(since),
        "id": content_id("target_paused", paused, _iso(until)),
        "text": text,
        "data": {"target": paused, "error": error, "failing_since": _iso(since), "paused_until": _iso(until)},
    }
    return _alert(document, target, f"target {paused} is paused", now_ms)


def _alert(document: dict[str, Any], target: str, title: str, now_ms: int) -> Alert:
    body = json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()
    alert_id = content_id("alert", document["id"], target)
    return Alert(alert_id, target, document["type"], title, document["text"], body, now_ms)


def _iso(time: datetime) -> str:
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _price(decimal_text: str) -> str:
    """For people; the exact price is in the data."""
    return price_text(float(decimal_text or "nan"))


def _signal(event: pb.Event) -> str:
    signal = event.signal_generated.signal
    return (
        f"{pattern_name(signal.pattern_type)} {direction_name(signal.direction)}, entry {_price(signal.entry_price)}, "
        f"stop {_price(signal.stop_loss)}, target {_price(signal.target_levels.primary_target)}, "
        f"size {signal.position_size}, "
        f"confidence {signal.confidence_score}"
    )


def _rejection(event: pb.Event) -> str:
    rejection = event.signal_rejected.rejection
    near = "near miss: " if rejection.near_miss else ""
    return f"{near}{pattern_name(rejection.pattern_type)} refused by {rejection.stage}: {rejection.reason}"


def _range(event: pb.Event) -> str:
    found = event.range_detected
    return (
        f"trading range, support {price_text(found.ice)}, resistance {price_text(found.creek)}, "
        f"target {price_text(found.jump)}"
    )


def _phase(event: pb.Event) -> str:
    found = event.phase_detected
    return f"phase {phase_name(found.phase)}, confidence {found.confidence}"


def _pattern(event: pb.Event) -> str:
    found = event.pattern_detected
    return f"{pattern_name(found.pattern_type)}, confidence {found.confidence_score}"


def _detector(event: pb.Event) -> str:
    return f"detector {event.detector_failed.detector} fails: {event.detector_failed.error}"


def _breaker(event: pb.Event) -> str:
    changed = event.breaker_changed
    return f"circuit breaker of {changed.component} is {_state(changed.to_state)}"


def _state(value: pb.BreakerState.ValueType) -> str:
    return pb.BreakerState.Name(value).removeprefix("BREAKER_STATE_").lower().replace("_", " ")


_TEXTS: Final[dict[int, Callable[[pb.Event], str]]] = {
    pb.EVENT_KIND_SIGNAL_GENERATED: _signal,
    pb.EVENT_KIND_SIGNAL_REJECTED: _rejection,
    pb.EVENT_KIND_RANGE_DETECTED: _range,
    pb.EVENT_KIND_PHASE_DETECTED: _phase,
    pb.EVENT_KIND_PATTERN_DETECTED: _pattern,
    pb.EVENT_KIND_DETECTOR_FAILED: _detector,
    pb.EVENT_KIND_BREAKER_CHANGED: _breaker,
}

_TITLES: Final[dict[int, str]] = {
    pb.EVENT_KIND_SIGNAL_GENERATED: "trade signal",
    pb.EVENT_KIND_SIGNAL_REJECTED: "rejection",
    pb.EVENT_KIND_RANGE_DETECTED: "trading range",
    pb.EVENT_KIND_PHASE_DETECTED: "phase",
    pb.EVENT_KIND_PATTERN_DETECTED: "pattern",
    pb.EVENT_KIND_DETECTOR_FAILED: "detector failure",
    pb.EVENT_KIND_BREAKER_CHANGED: "circuit breaker",
}
