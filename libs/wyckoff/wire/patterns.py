"""Patterns on the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wyckoff.model.patterns import Pattern
from wyckoff.pattern.v1 import pattern_pb2
from wyckoff.wire.enums import DIRECTION, ENTRY_ORDER, MARKET_REGIME, PATTERN_TYPE, PHASE, SCALE, scale_of
from wyckoff.wire.evidence import evidence_from_proto, evidence_to_proto
from wyckoff.wire.ranges import check_index

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def patterns_to_proto(patterns: Iterable[Pattern], open_time_ms: Sequence[int]) -> list[pattern_pb2.Pattern]:
    return [_pattern_to_proto(item, open_time_ms) for item in patterns]


def _pattern_to_proto(item: Pattern, open_time_ms: Sequence[int]) -> pattern_pb2.Pattern:
    message = pattern_pb2.Pattern(
        pattern_id=item.pattern_id,
        type=PATTERN_TYPE.number(item.type),
        range_id=item.range_id,
        direction=DIRECTION.number(item.direction),
        bar_index=item.bar_index,
        known_at_index=item.known_at_index,
        entry_price=item.entry_price,
        stop_loss=item.stop_loss,
        target_price=item.target_price,
        r_multiple=item.r_multiple,
        confidence=item.confidence,
        evidence=evidence_to_proto(item.evidence),
        phase=PHASE.number(item.phase),
        phase_confidence=item.phase_confidence,
        entry_order=ENTRY_ORDER.number(item.entry_order),
        regime=MARKET_REGIME.number(item.regime),
        tested=item.tested,
        test_volume_ratio=item.test_volume_ratio,
        secondary_targets=item.secondary_targets,
        withdrawn_at_index=item.withdrawn_at_index,
        reason=item.reason,
        scale=SCALE.number(item.scale),
        probability_pct=item.probability_pct,
    )
    message.time.FromMilliseconds(int(open_time_ms[item.bar_index]))
    return message


def patterns_from_proto(messages: Iterable[pattern_pb2.Pattern], bar_count: int) -> tuple[Pattern, ...]:
    """Patterns over ``bar_count`` bars; raises InvalidArgumentError naming the field that cannot be."""
    return tuple(_pattern_from_proto(item, f"patterns[{index}]", bar_count) for index, item in enumerate(messages))


def _pattern_from_proto(message: pattern_pb2.Pattern, path: str, bar_count: int) -> Pattern:
    check_index(message.bar_index, bar_count, f"{path}.bar_index")
    check_index(message.known_at_index, bar_count, f"{path}.known_at_index")
    return Pattern(
        pattern_id=message.pattern_id,
        type=PATTERN_TYPE.value(message.type, f"{path}.type"),
        range_id=message.range_id,
        direction=DIRECTION.value(message.direction, f"{path}.direction"),
        bar_index=message.bar_index,
        known_at_index=message.known_at_index,
        entry_price=message.entry_price,
        stop_loss=message.stop_loss,
        target_price=message.target_price,
        r_multiple=message.r_multiple,
        confidence=message.confidence,
        evidence=evidence_from_proto(message.evidence),
        phase=PHASE.value(message.phase, f"{path}.phase"),
        phase_confidence=message.phase_confidence,
        entry_order=ENTRY_ORDER.value(message.entry_order, f"{path}.entry_order"),
        regime=MARKET_REGIME.value(message.regime, f"{path}.regime"),
        tested=message.tested,
        test_volume_ratio=message.test_volume_ratio if message.HasField("test_volume_ratio") else None,
        secondary_targets=tuple(message.secondary_targets),
        withdrawn_at_index=message.withdrawn_at_index if message.HasField("withdrawn_at_index") else None,
        reason=message.reason,
        scale=scale_of(message.scale, f"{path}.scale"),
        probability_pct=message.probability_pct,
    )
