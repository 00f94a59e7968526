"""What is to be traded: the terms of one set-up, in signed prices where a short reads like a long."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

from wyckoff.model.kinds import Direction
from wyckoff.model.signals import SizeUnit

if TYPE_CHECKING:
    from decimal import Decimal

    from wyckoff.market.bars import Bars
    from wyckoff.model.kinds import EntryOrder, PatternType, Scale
    from wyckoff.model.patterns import Pattern
    from wyckoff.model.signals import TradeSignal


@dataclass(frozen=True, slots=True)
class Plan:
    """Terms of one trade. Prices in quote currency; ``risk_amount`` is the money lost at the stop, before costs.

    The stop trails by ``trail_by`` once price has been at ``trail_from``; infinite values mean that it stays.
    """

    symbol: str
    pattern_id: str
    pattern_type: PatternType
    scale: Scale
    direction: Direction
    campaign_id: str
    known_at_index: int
    withdrawn_at_index: int | None
    entry_order: EntryOrder
    entry: float
    stop: float
    target: float
    trail_from: float
    trail_by: float
    size: float
    risk_amount: float

    @property
    def sign(self) -> int:
        """1 for a long, -1 for a short: prices times it rise when the trade gains."""
        return 1 if self.direction is Direction.LONG else -1

    @property
    def distance(self) -> float:
        """Entry to stop."""
        return abs(self.entry - self.stop)


@dataclass(frozen=True, slots=True)
class SignedBar:
    """A bar as a long sees it: for a short, prices are negated and high and low exchanged."""

    open: float
    high: float
    low: float
    close: float


def signed_bar(bars: Bars, index: int, sign: int) -> SignedBar:
    """Bar ``index`` for trades of ``sign``."""
    high, low = float(bars.high[index]), float(bars.low[index])
    if sign < 0:
        high, low = low, high
    return SignedBar(sign * float(bars.open[index]), sign * high, sign * low, sign * float(bars.close[index]))


def plan_of_signal(signal: TradeSignal, pattern: Pattern, *, trailing: bool) -> Plan:
    """The trade that the risk stage approved, sized by it; ``trailing`` as the signal says, or not at all.

    Raises ValueError for a size in lots: its money is not that of the prices.
    """
    if signal.position_size_unit is SizeUnit.LOTS:
        raise ValueError(f"{signal.symbol}: a size in lots cannot be traded here; shares and contracts can")
    targets = signal.target_levels
    return Plan(
        symbol=signal.symbol,
        pattern_id=pattern.pattern_id,
        pattern_type=pattern.type,
        scale=pattern.scale,
        direction=signal.direction,
        campaign_id=signal.campaign_id,
        known_at_index=signal.known_at_index,
        withdrawn_at_index=pattern.withdrawn_at_index,
        entry_order=signal.entry_order,
        entry=float(signal.entry_price),
        stop=float(signal.stop_loss),
        target=float(targets.primary_target),
        trail_from=_trail_from(signal.direction, targets.trailing_stop_activation) if trailing else _never(signal),
        trail_by=float(targets.trailing_stop_offset) if trailing else inf,
        size=float(signal.position_size),
        risk_amount=float(signal.risk_amount),
    )


def plan_of_pattern(symbol: str, pattern: Pattern, risk_amount: float) -> Plan:
    """A set-up with its own terms, sized to lose ``risk_amount`` at its stop; the size may be fractional.

    Raises ValueError where stop, entry and target are not in order: that is no trade.
    """
    sign = 1 if pattern.direction is Direction.LONG else -1
    if not sign * pattern.stop_loss < sign * pattern.entry_price < sign * pattern.target_price:
        raise ValueError(
            f"pattern {pattern.pattern_id}: stop {pattern.stop_loss}, entry {pattern.entry_price} and target "
            f"{pattern.target_price} are not in order"
        )
    return Plan(
        symbol=symbol,
        pattern_id=pattern.pattern_id,
        pattern_type=pattern.type,
        scale=pattern.scale,
        direction=pattern.direction,
        campaign_id=pattern.range_id,
        known_at_index=pattern.known_at_index,
        withdrawn_at_index=pattern.withdrawn_at_index,
        entry_order=pattern.entry_order,
        entry=pattern.entry_price,
        stop=pattern.stop_loss,
        target=pattern.target_price,
        trail_from=sign * inf,
        trail_by=inf,
        size=risk_amount / abs(pattern.entry_price - pattern.stop_loss),
        risk_amount=risk_amount,
    )


def _trail_from(direction: Direction, activation: Decimal) -> float:
    price = float(activation)
    # a signal without an activation price carries 0, which is no price
    return price if price > 0 else (inf if direction is Direction.LONG else -inf)


def _never(signal: TradeSignal) -> float:
    return inf if signal.direction is Direction.LONG else -inf
