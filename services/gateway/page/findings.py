"""Events, trades and refusals as the page lists them: texts for people, and the bars at which they were known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wyckoff.chart.labels import (
    direction_name,
    event_name,
    event_title,
    evidence_text,
    order_name,
    pattern_name,
    phase_name,
    price_text,
    scale_name,
    side_name,
    size_unit_name,
    validation_status_name,
)
from wyckoff.chart.structure import structures

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wyckoff.chart.scene import Scene
    from wyckoff.chart.structure import Structure
    from wyckoff.common.v1.common_pb2 import Evidence
    from wyckoff.orchestrator.v1.orchestrator_pb2 import Analysis
    from wyckoff.pattern.v1.pattern_pb2 import Pattern
    from wyckoff.phase.v1.phase_pb2 import StructureEvent
    from wyckoff.risk.v1.risk_pb2 import Rejection, TradeSignal, ValidationChain

#: ``known`` and ``gone`` are positions of bars that are drawn: at the close of which something was said, taken back.
Finding = dict[str, Any]


def events(scene: Scene, analysis: Analysis) -> list[Finding]:
    """Every event with what was measured, in the order in which they became known."""
    found = [_event(scene, item, event) for item in structures(analysis) for event in item.reading.events]
    return sorted(found, key=lambda finding: (finding["known"], finding["bar"]))


def trades(scene: Scene, analysis: Analysis) -> list[Finding]:
    """Every signal and every refusal with its chain, in the order in which they became known."""
    patterns = {pattern.pattern_id: pattern for pattern in analysis.patterns}
    found = [_signal(scene, signal, patterns.get(signal.pattern_id)) for signal in analysis.signals]
    found += [_rejection(scene, item, patterns.get(item.pattern_id)) for item in analysis.rejections]
    return sorted(found, key=lambda finding: (finding["known"], finding["bar"]))


def _event(scene: Scene, item: Structure, event: StructureEvent) -> Finding:
    side = item.side_at(event.known_at_index)
    withdrawn = event.withdrawn_at_index if event.HasField("withdrawn_at_index") else None
    return {
        "id": f"event {item.range.range_id} {event.type} {event.bar_index} {event.known_at_index}",
        "kind": "event",
        "name": event_name(event.type),
        "title": event_title(event.type, side),
        "side": side_name(side),
        "scale": scale_name(item.range.scale),
        **_moments(scene, event.bar_index, event.known_at_index, withdrawn, event.reason),
        "price": price_text(event.price),
        "level": event.price,
        "confidence": event.confidence,
        "evidence": _evidence(event.evidence),
    }


def _moments(scene: Scene, bar: int, known: int, gone: int | None, reason: str) -> Finding:
    return {
        "bar": bar - scene.first_index,
        "bar_time": scene.label(bar),
        "known": known - scene.first_index,
        "known_time": scene.label(known),
        "gone": None if gone is None else gone - scene.first_index,
        "gone_time": "" if gone is None else scene.label(gone),
        "gone_reason": reason,
    }


def _trade(scene: Scene, item: TradeSignal | Rejection, pattern: Pattern | None) -> Finding:
    gone = None if pattern is None or not pattern.HasField("withdrawn_at_index") else pattern.withdrawn_at_index
    reason = "" if pattern is None else pattern.reason
    return {
        "name": pattern_name(item.pattern_type),
        "direction": "" if pattern is None else direction_name(pattern.direction),
        "scale": scale_name(item.scale),
        **_moments(scene, item.bar_index, item.known_at_index, gone, reason),
        "chain": _chain(item.validation_chain),
    }


def _signal(scene: Scene, signal: TradeSignal, pattern: Pattern | None) -> Finding:
    return {
        "id": signal.signal_id,
        "kind": "signal",
        **_trade(scene, signal, pattern),
        "direction": direction_name(signal.direction),
        "phase": phase_name(signal.phase),
        "order": order_name(signal.entry_order),
        "entry": float(signal.entry_price),
        "stop": float(signal.stop_loss),
        "target": float(signal.target_levels.primary_target),
        "prices": {
            "entry": price_text(float(signal.entry_price)),
            "stop": price_text(float(signal.stop_loss)),
            "target": price_text(float(signal.target_levels.primary_target)),
        },
        "r_multiple": f"{float(signal.r_multiple):.1f}",
        "size": f"{float(signal.position_size):,.10g} {size_unit_name(signal.position_size_unit)}",
        "risk": f"{float(signal.risk_amount):,.2f} ({float(signal.risk_pct):.2f} % of equity)",
        "confidence": signal.confidence_score,
        "evidence": _evidence(signal.pattern_data),
    }


def _rejection(scene: Scene, item: Rejection, pattern: Pattern | None) -> Finding:
    return {
        "id": item.rejection_id,
        "kind": "rejection",
        **_trade(scene, item, pattern),
        "stage": item.stage,
        "reason": item.reason,
        "near_miss": item.near_miss,
        "needed": f"{item.threshold:.4g}" if item.HasField("threshold") else "",
        "was": f"{item.actual:.4g}" if item.HasField("actual") else "",
        "confidence": None if pattern is None else pattern.confidence,
        "evidence": [] if pattern is None else _evidence(pattern.evidence),
    }


def _chain(chain: ValidationChain) -> list[Finding]:
    return [
        {
            "stage": result.stage,
            "status": validation_status_name(result.status),
            "reason": result.reason,
            "evidence": _evidence(result.evidence),
        }
        for result in chain.results
    ]


def _evidence(items: Iterable[Evidence]) -> list[Finding]:
    return [{"text": evidence_text(item), "met": item.met if item.HasField("met") else None} for item in items]
