"""From a passed or failed chain to a signal or a rejection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.risk.confidence import confidence_of
from services.risk.money import cut, exact_price
from services.risk.priority import priority
from services.risk.r_multiple import displayed, r_multiple, realistic_terms
from services.risk.stops import nearer_targets
from services.risk.volume import volume_evidence
from wyckoff.model.identity import content_id
from wyckoff.model.signals import Rejection, SignalStatus, TargetLevels, TradeSignal

if TYPE_CHECKING:
    from decimal import Decimal

    from services.risk.case import Case
    from services.risk.chain import ChainOutcome
    from services.risk.stops import Terms
    from services.risk.verdict import Verdict
    from wyckoff.model.signals import ValidationChain


def make_signal(case: Case, outcome: ChainOutcome) -> TradeSignal:
    """The signal of a chain without FAIL; raises ValueError when no step has sized it.

    The id comes from the pattern and its prices only, so that another equity, a rerun or a replica makes the
    same signal and not a second one.
    """
    if outcome.size is None:
        raise ValueError("the chain has passed without a size; its Risk step must give one")
    pattern, size = case.pattern, outcome.size
    terms, confidence = realistic_terms(pattern, case.settings), confidence_of(case)
    reward = r_multiple(terms)
    return TradeSignal(
        signal_id=content_id("signal", pattern.pattern_id, terms.entry, terms.stop, terms.target),
        symbol=case.symbol,
        asset_class=case.asset_class,
        pattern_id=pattern.pattern_id,
        pattern_type=pattern.type,
        phase=case.state.phase if case.state else pattern.phase,
        timeframe=case.timeframe,
        range_id=pattern.range_id,
        direction=pattern.direction,
        bar_index=pattern.bar_index,
        known_at_index=pattern.known_at_index,
        entry_price=terms.entry,
        entry_order=pattern.entry_order,
        stop_loss=terms.stop,
        target_levels=target_levels(case, terms),
        position_size=size.size,
        position_size_unit=size.unit,
        leverage=size.leverage,
        margin_requirement=size.margin,
        notional_value=size.value,
        risk_amount=size.actual_risk,
        risk_pct=cut(size.risk_pct(case.portfolio.equity)),
        r_multiple=displayed(reward),
        confidence_score=confidence.overall,
        confidence_components=confidence,
        campaign_id=case.campaign_id,
        validation_chain=outcome.chain,
        rejection_reasons=(),
        status=SignalStatus.APPROVED,
        pattern_data=pattern.evidence,
        volume_analysis=volume_evidence(case),
        priority=priority(pattern.type, confidence.overall, reward),
        timestamp_ms=case.timestamp_ms,
        scale=pattern.scale,
    )


def target_levels(case: Case, terms: Terms) -> TargetLevels:
    """The stop trails by one risk unit from one width beyond the broken level on, or from the target if nearer."""
    return TargetLevels(
        primary_target=terms.target,
        secondary_targets=tuple(nearer.target for nearer in reversed(nearer_targets(case.pattern, terms))),
        trailing_stop_activation=_activation(case, terms),
        trailing_stop_offset=terms.distance,
    )


def _activation(case: Case, terms: Terms) -> Decimal:
    trading_range = case.trading_range
    if trading_range is None:
        return terms.target
    width = trading_range.creek - trading_range.ice
    conservative = trading_range.creek + width if case.is_long else trading_range.ice - width
    if conservative <= 0:
        return terms.target
    level = exact_price(conservative)
    inside = terms.entry < level < terms.target if case.is_long else terms.target < level < terms.entry
    return level if inside else terms.target


def make_rejection(case: Case, chain: ValidationChain, stage: str, refusal: Verdict) -> Rejection:
    """The rejection of a chain that ended in a FAIL, or of an internal error."""
    pattern = case.pattern
    return Rejection(
        rejection_id=content_id("rejection", pattern.pattern_id, stage, refusal.reason),
        pattern_id=pattern.pattern_id,
        pattern_type=pattern.type,
        symbol=case.symbol,
        timeframe=case.timeframe,
        range_id=pattern.range_id,
        bar_index=pattern.bar_index,
        known_at_index=pattern.known_at_index,
        stage=stage,
        reason=refusal.reason,
        threshold=refusal.threshold,
        actual=refusal.actual,
        near_miss=refusal.near_miss,
        validation_chain=chain,
        timestamp_ms=case.timestamp_ms,
        campaign_id=case.campaign_id,
        scale=pattern.scale,
    )
