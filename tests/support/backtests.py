"""Bars, plans and verdicts made by hand, for tests of the backtest."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from math import inf
from typing import TYPE_CHECKING

import numpy as np

from wyckoff.backtest.plan import Plan
from wyckoff.market.bars import Bars, make_bars
from wyckoff.model.identity import content_id
from wyckoff.model.kinds import Direction, EntryOrder, MarketRegime, PatternType, Phase, Scale
from wyckoff.model.patterns import Pattern
from wyckoff.model.signals import (
    AssetClass,
    ConfidenceComponents,
    Rejection,
    SignalStatus,
    SizeUnit,
    TargetLevels,
    TradeSignal,
    ValidationChain,
    ValidationStatus,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wyckoff.model.portfolio import Portfolio

DAY_MS = 86_400_000
FIRST_MS = 1_199_145_600_000

Row = tuple[float, float, float, float]


def bars_of(rows: Sequence[Row], *, symbol: str = "AAPL", first_day: int = 0) -> Bars:
    """Daily bars from rows of open, high, low, close."""
    table = np.array(rows, dtype=np.float64)
    times = FIRST_MS + (first_day + np.arange(len(rows))) * DAY_MS
    open_, high, low, close = table.T
    return make_bars(symbol, "1d", times, open_, high, low, close, np.full(len(rows), 1000.0))


def walk_bars(seed: int, count: int, *, symbol: str = "AAPL", first_day: int = 0) -> Bars:
    """A random walk around 100 with gaps, in cents."""
    rng = np.random.default_rng(seed)
    close = np.round(100 + np.cumsum(rng.normal(0, 1.0, count)), 2)
    open_ = np.round(np.concatenate([[100.0], close[:-1]]) + rng.normal(0, 0.5, count), 2)
    high = np.round(np.maximum(open_, close) + rng.exponential(0.6, count), 2)
    low = np.round(np.minimum(open_, close) - rng.exponential(0.6, count), 2)
    return bars_of(np.stack([open_, high, low, close], axis=1).tolist(), symbol=symbol, first_day=first_day)


def reflected(bars: Bars, about: float = 100.0) -> Bars:
    """The bars upside down: every price ``p`` becomes ``2 * about - p``."""
    open_, high, low, close = (2 * about - column for column in (bars.open, bars.low, bars.high, bars.close))
    return make_bars(bars.symbol, bars.timeframe, bars.open_time_ms, open_, high, low, close, bars.volume)


def plan_of(
    entry: float,
    stop: float,
    target: float,
    *,
    order: EntryOrder = EntryOrder.LIMIT,
    known_at_index: int = 0,
    withdrawn_at_index: int | None = None,
    trail_from: float | None = None,
    trail_by: float = inf,
    size: float = 10.0,
    symbol: str = "AAPL",
) -> Plan:
    """A plan; its direction is that from stop to target."""
    sign = 1 if target > stop else -1
    return Plan(
        symbol=symbol,
        pattern_id="pattern-1",
        pattern_type=PatternType.SPRING,
        scale=Scale.INTERMEDIATE,
        direction=Direction.LONG if sign > 0 else Direction.SHORT,
        campaign_id="campaign-1",
        known_at_index=known_at_index,
        withdrawn_at_index=withdrawn_at_index,
        entry_order=order,
        entry=entry,
        stop=stop,
        target=target,
        trail_from=sign * inf if trail_from is None else trail_from,
        trail_by=trail_by,
        size=size,
        risk_amount=size * abs(entry - stop),
    )


def pattern_of(
    entry: float,
    stop: float,
    target: float,
    known_at_index: int,
    *,
    kind: PatternType = PatternType.SPRING,
    order: EntryOrder = EntryOrder.LIMIT,
    withdrawn_at_index: int | None = None,
    range_id: str = "range-1",
) -> Pattern:
    """A pattern; its direction is that from stop to target."""
    return Pattern(
        pattern_id=content_id(kind, entry, stop, target, known_at_index, range_id),
        type=kind,
        range_id=range_id,
        direction=Direction.LONG if target > stop else Direction.SHORT,
        bar_index=known_at_index,
        known_at_index=known_at_index,
        entry_price=entry,
        stop_loss=stop,
        target_price=target,
        r_multiple=(target - entry) / (entry - stop),
        confidence=80,
        evidence=(),
        phase=Phase.C,
        phase_confidence=80,
        entry_order=order,
        regime=MarketRegime.UNSPECIFIED,
        tested=True,
        test_volume_ratio=None,
        secondary_targets=(),
        withdrawn_at_index=withdrawn_at_index,
        reason="a lower low followed" if withdrawn_at_index is not None else "",
    )


@dataclass
class Desk:
    """Approves what risks at most ``max_positions`` at a time, with one percent of the equity as it is then."""

    max_positions: int = 100
    trail_r: float | None = None
    asked: list[tuple[str, Pattern, Portfolio]] = field(default_factory=list)

    async def assess(self, symbol: str, pattern: Pattern, portfolio: Portfolio) -> TradeSignal | Rejection:
        self.asked.append((symbol, pattern, portfolio))
        if len(portfolio.open_positions) >= self.max_positions:
            return rejection_of(symbol, pattern, f"{len(portfolio.open_positions)} positions are open")
        if portfolio.equity <= 0:
            return rejection_of(symbol, pattern, f"equity is {portfolio.equity}")
        entry, stop, target = (
            Decimal(repr(price)) for price in (pattern.entry_price, pattern.stop_loss, pattern.target_price)
        )
        size = (portfolio.equity / 100 / abs(entry - stop)).quantize(Decimal("0.01"))
        offset = abs(entry - stop)
        activation = target
        if self.trail_r is not None:
            activation = entry + (entry - stop) * Decimal(repr(self.trail_r))
        return signal_of(symbol, pattern, (entry, stop, target), size, (activation, offset))


def signal_of(
    symbol: str,
    pattern: Pattern,
    prices: tuple[Decimal, Decimal, Decimal],
    size: Decimal,
    trailing: tuple[Decimal, Decimal],
) -> TradeSignal:
    """An approved signal of ``pattern``; ``trailing`` is activation price and offset."""
    entry, stop, target = prices
    return TradeSignal(
        signal_id=content_id("signal", pattern.pattern_id),
        symbol=symbol,
        asset_class=AssetClass.STOCK,
        pattern_id=pattern.pattern_id,
        pattern_type=pattern.type,
        phase=pattern.phase,
        timeframe="1d",
        range_id=pattern.range_id,
        direction=pattern.direction,
        bar_index=pattern.bar_index,
        known_at_index=pattern.known_at_index,
        entry_price=entry,
        entry_order=pattern.entry_order,
        stop_loss=stop,
        target_levels=TargetLevels(target, (), *trailing),
        position_size=size,
        position_size_unit=SizeUnit.SHARES,
        leverage=Decimal(1),
        margin_requirement=Decimal(0),
        notional_value=size * entry,
        risk_amount=size * abs(entry - stop),
        risk_pct=Decimal(1),
        r_multiple=Decimal(3),
        confidence_score=80,
        confidence_components=ConfidenceComponents(80, 80, 80, 80),
        campaign_id=f"{symbol}-{pattern.range_id}",
        validation_chain=ValidationChain((), ValidationStatus.PASS),
        rejection_reasons=(),
        status=SignalStatus.APPROVED,
        pattern_data=(),
        volume_analysis=(),
        priority=50.0,
        timestamp_ms=FIRST_MS + pattern.known_at_index * DAY_MS,
    )


def rejection_of(symbol: str, pattern: Pattern, reason: str) -> Rejection:
    """A rejection of ``pattern`` by the risk step."""
    return Rejection(
        rejection_id=content_id("rejection", pattern.pattern_id),
        pattern_id=pattern.pattern_id,
        pattern_type=pattern.type,
        symbol=symbol,
        timeframe="1d",
        range_id=pattern.range_id,
        bar_index=pattern.bar_index,
        known_at_index=pattern.known_at_index,
        stage="Risk",
        reason=reason,
        threshold=None,
        actual=None,
        near_miss=False,
        validation_chain=ValidationChain((), ValidationStatus.FAIL, "Risk", reason),
        timestamp_ms=FIRST_MS + pattern.known_at_index * DAY_MS,
        campaign_id=f"{symbol}-{pattern.range_id}",
    )
