"""Signals and rejections on the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wyckoff.model.signals import (
    AssetClass,
    ConfidenceComponents,
    Rejection,
    SignalStatus,
    SizeUnit,
    TargetLevels,
    TradeSignal,
    ValidationChain,
    ValidationResult,
    ValidationStatus,
)
from wyckoff.risk.v1 import risk_pb2
from wyckoff.wire.decimals import decimal_from_text, decimal_to_text
from wyckoff.wire.enums import DIRECTION, ENTRY_ORDER, PATTERN_TYPE, PHASE, SCALE, EnumCodec, scale_of
from wyckoff.wire.evidence import evidence_from_proto, evidence_to_proto

VALIDATION_STATUS = EnumCodec(ValidationStatus, risk_pb2.ValidationStatus, "VALIDATION_STATUS_")
SIGNAL_STATUS = EnumCodec(SignalStatus, risk_pb2.SignalStatus, "SIGNAL_STATUS_")
SIZE_UNIT = EnumCodec(SizeUnit, risk_pb2.SizeUnit, "SIZE_UNIT_")
ASSET_CLASS = EnumCodec(AssetClass, risk_pb2.AssetClass, "ASSET_CLASS_")

if TYPE_CHECKING:
    from decimal import Decimal


def chain_to_proto(chain: ValidationChain) -> risk_pb2.ValidationChain:
    message = risk_pb2.ValidationChain(
        overall_status=VALIDATION_STATUS.number(chain.overall_status),
        rejection_stage=chain.rejection_stage,
        rejection_reason=chain.rejection_reason,
        warnings=chain.warnings,
    )
    for result in chain.results:
        step = message.results.add(
            stage=result.stage,
            status=VALIDATION_STATUS.number(result.status),
            reason=result.reason,
            validator_id=result.validator_id,
            evidence=evidence_to_proto(result.evidence),
        )
        step.timestamp.FromMilliseconds(result.timestamp_ms)
    return message


def chain_from_proto(message: risk_pb2.ValidationChain, path: str) -> ValidationChain:
    return ValidationChain(
        results=tuple(
            ValidationResult(
                stage=item.stage,
                status=VALIDATION_STATUS.value(item.status, f"{path}.results[{index}].status"),
                reason=item.reason,
                validator_id=item.validator_id,
                evidence=evidence_from_proto(item.evidence),
                timestamp_ms=item.timestamp.ToMilliseconds(),
            )
            for index, item in enumerate(message.results)
        ),
        overall_status=VALIDATION_STATUS.value(message.overall_status, f"{path}.overall_status"),
        rejection_stage=message.rejection_stage,
        rejection_reason=message.rejection_reason,
        warnings=tuple(message.warnings),
    )


def signal_to_proto(signal: TradeSignal) -> risk_pb2.TradeSignal:
    message = risk_pb2.TradeSignal(
        signal_id=signal.signal_id,
        symbol=signal.symbol,
        asset_class=ASSET_CLASS.number(signal.asset_class),
        pattern_id=signal.pattern_id,
        pattern_type=PATTERN_TYPE.number(signal.pattern_type),
        phase=PHASE.number(signal.phase),
        timeframe=signal.timeframe,
        range_id=signal.range_id,
        direction=DIRECTION.number(signal.direction),
        bar_index=signal.bar_index,
        known_at_index=signal.known_at_index,
        entry_price=decimal_to_text(signal.entry_price),
        entry_order=ENTRY_ORDER.number(signal.entry_order),
        stop_loss=decimal_to_text(signal.stop_loss),
        target_levels=_targets_to_proto(signal.target_levels),
        position_size=decimal_to_text(signal.position_size),
        position_size_unit=SIZE_UNIT.number(signal.position_size_unit),
        leverage=decimal_to_text(signal.leverage),
        margin_requirement=decimal_to_text(signal.margin_requirement),
        notional_value=decimal_to_text(signal.notional_value),
        risk_amount=decimal_to_text(signal.risk_amount),
        risk_pct=decimal_to_text(signal.risk_pct),
        r_multiple=decimal_to_text(signal.r_multiple),
        confidence_score=signal.confidence_score,
        confidence_components=risk_pb2.ConfidenceComponents(
            pattern=signal.confidence_components.pattern,
            phase=signal.confidence_components.phase,
            volume=signal.confidence_components.volume,
            overall=signal.confidence_components.overall,
        ),
        campaign_id=signal.campaign_id,
        validation_chain=chain_to_proto(signal.validation_chain),
        rejection_reasons=signal.rejection_reasons,
        status=SIGNAL_STATUS.number(signal.status),
        pattern_data=evidence_to_proto(signal.pattern_data),
        volume_analysis=evidence_to_proto(signal.volume_analysis),
        priority=signal.priority,
        correlation_id=signal.correlation_id,
        schema_version=signal.schema_version,
        scale=SCALE.number(signal.scale),
    )
    message.timestamp.FromMilliseconds(signal.timestamp_ms)
    if signal.created_at_ms is not None:
        message.created_at.FromMilliseconds(signal.created_at_ms)
    return message


def signal_from_proto(message: risk_pb2.TradeSignal, path: str = "signal") -> TradeSignal:
    """The signal; raises InvalidArgumentError naming the field that cannot be."""

    def decimal(name: str) -> Decimal:
        return decimal_from_text(getattr(message, name), f"{path}.{name}")

    parts = message.confidence_components
    return TradeSignal(
        signal_id=message.signal_id,
        symbol=message.symbol,
        asset_class=ASSET_CLASS.value(message.asset_class, f"{path}.asset_class"),
        pattern_id=message.pattern_id,
        pattern_type=PATTERN_TYPE.value(message.pattern_type, f"{path}.pattern_type"),
        phase=PHASE.value(message.phase, f"{path}.phase"),
        timeframe=message.timeframe,
        range_id=message.range_id,
        direction=DIRECTION.value(message.direction, f"{path}.direction"),
        bar_index=message.bar_index,
        known_at_index=message.known_at_index,
        entry_price=decimal("entry_price"),
        entry_order=ENTRY_ORDER.value(message.entry_order, f"{path}.entry_order"),
        stop_loss=decimal("stop_loss"),
        target_levels=_targets_from_proto(message.target_levels, f"{path}.target_levels"),
        position_size=decimal("position_size"),
        position_size_unit=SIZE_UNIT.value(message.position_size_unit, f"{path}.position_size_unit"),
        leverage=decimal("leverage"),
        margin_requirement=decimal("margin_requirement"),
        notional_value=decimal("notional_value"),
        risk_amount=decimal("risk_amount"),
        risk_pct=decimal("risk_pct"),
        r_multiple=decimal("r_multiple"),
        confidence_score=message.confidence_score,
        confidence_components=ConfidenceComponents(parts.pattern, parts.phase, parts.volume, parts.overall),
        campaign_id=message.campaign_id,
        validation_chain=chain_from_proto(message.validation_chain, f"{path}.validation_chain"),
        rejection_reasons=tuple(message.rejection_reasons),
        status=SIGNAL_STATUS.value(message.status, f"{path}.status"),
        pattern_data=evidence_from_proto(message.pattern_data),
        volume_analysis=evidence_from_proto(message.volume_analysis),
        priority=message.priority,
        timestamp_ms=message.timestamp.ToMilliseconds(),
        created_at_ms=message.created_at.ToMilliseconds() if message.HasField("created_at") else None,
        correlation_id=message.correlation_id,
        schema_version=message.schema_version,
        scale=scale_of(message.scale, f"{path}.scale"),
    )


def rejection_to_proto(rejection: Rejection) -> risk_pb2.Rejection:
    message = risk_pb2.Rejection(
        rejection_id=rejection.rejection_id,
        pattern_id=rejection.pattern_id,
        pattern_type=PATTERN_TYPE.number(rejection.pattern_type),
        symbol=rejection.symbol,
        timeframe=rejection.timeframe,
        range_id=rejection.range_id,
        bar_index=rejection.bar_index,
        known_at_index=rejection.known_at_index,
        stage=rejection.stage,
        reason=rejection.reason,
        threshold=rejection.threshold,
        actual=rejection.actual,
        near_miss=rejection.near_miss,
        validation_chain=chain_to_proto(rejection.validation_chain),
        campaign_id=rejection.campaign_id,
        schema_version=rejection.schema_version,
        scale=SCALE.number(rejection.scale),
    )
    message.timestamp.FromMilliseconds(rejection.timestamp_ms)
    return message


def rejection_from_proto(message: risk_pb2.Rejection, path: str = "rejection") -> Rejection:
    """The rejection; raises InvalidArgumentError naming the field that cannot be."""
    return Rejection(
        rejection_id=message.rejection_id,
        pattern_id=message.pattern_id,
        pattern_type=PATTERN_TYPE.value(message.pattern_type, f"{path}.pattern_type"),
        symbol=message.symbol,
        timeframe=message.timeframe,
        range_id=message.range_id,
        bar_index=message.bar_index,
        known_at_index=message.known_at_index,
        stage=message.stage,
        reason=message.reason,
        threshold=message.threshold if message.HasField("threshold") else None,
        actual=message.actual if message.HasField("actual") else None,
        near_miss=message.near_miss,
        validation_chain=chain_from_proto(message.validation_chain, f"{path}.validation_chain"),
        timestamp_ms=message.timestamp.ToMilliseconds(),
        campaign_id=message.campaign_id,
        schema_version=message.schema_version,
        scale=scale_of(message.scale, f"{path}.scale"),
    )


def _targets_to_proto(targets: TargetLevels) -> risk_pb2.TargetLevels:
    return risk_pb2.TargetLevels(
        primary_target=decimal_to_text(targets.primary_target),
        secondary_targets=[decimal_to_text(item) for item in targets.secondary_targets],
        trailing_stop_activation=decimal_to_text(targets.trailing_stop_activation),
        trailing_stop_offset=decimal_to_text(targets.trailing_stop_offset),
    )


def _targets_from_proto(message: risk_pb2.TargetLevels, path: str) -> TargetLevels:
    return TargetLevels(
        primary_target=decimal_from_text(message.primary_target, f"{path}.primary_target"),
        secondary_targets=tuple(
            decimal_from_text(item, f"{path}.secondary_targets[{index}]")
            for index, item in enumerate(message.secondary_targets)
        ),
        trailing_stop_activation=decimal_from_text(
            message.trailing_stop_activation, f"{path}.trailing_stop_activation"
        ),
        trailing_stop_offset=decimal_from_text(message.trailing_stop_offset, f"{path}.trailing_stop_offset"),
    )
