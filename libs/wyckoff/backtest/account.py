"""The account that all symbols are traded on: cash, positions, campaigns, and what the risk stage is told of them.

Prices and sizes are float64, as the bars are; what is handed to the risk stage is rounded to decimals: money to
cents, prices to eight places.
"""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal
from typing import TYPE_CHECKING, Final

from wyckoff.backtest.ticket import Fate
from wyckoff.model.portfolio import DEFAULT_ACCOUNT, Campaign, CampaignStatus, Portfolio, Position

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wyckoff.backtest.ticket import Execution, Ticket

_CENT: Final = Decimal("0.01")
_DAY_MS: Final = 86_400_000
#: A failed campaign is remembered so long.
_MEMORY_MS: Final = 90 * _DAY_MS


class Account:
    """Cash and holdings marked to the last close. ``day`` means the UTC day of the bar."""

    def __init__(self, equity: float) -> None:
        if equity <= 0:
            raise ValueError(f"equity: {equity} is no account; more than 0 is needed")
        self.cash = equity
        self.equity = equity
        self.peak = equity
        self._units: dict[str, float] = {}
        self._prices: dict[str, float] = {}
        self._day = -1
        self._day_start = equity
        self._failed: dict[str, tuple[str, int]] = {}

    def book(self, symbol: str, executions: Iterable[Execution]) -> None:
        """Fills in ``symbol``."""
        for execution in executions:
            self.cash -= execution.units * execution.price + execution.commission
            self._units[symbol] = self._units.get(symbol, 0.0) + execution.units

    def mark(self, time_ms: int, closes: dict[str, float]) -> None:
        """The closes of the bars of ``time_ms``; a symbol without a bar keeps its last one."""
        if time_ms // _DAY_MS != self._day:
            self._day, self._day_start = time_ms // _DAY_MS, self.equity
        self._prices |= closes
        self.equity = self.cash + sum(self._value(symbol) for symbol in self._units)
        self.peak = max(self.peak, self.equity)

    def _value(self, symbol: str) -> float:
        units = self._units[symbol]
        return units * self._prices[symbol] if units else 0.0

    def fail_campaign(self, campaign_id: str, symbol: str, time_ms: int) -> None:
        """A structural stop was hit: the structure has failed."""
        self._failed[campaign_id] = (symbol, time_ms)

    def portfolio(self, time_ms: int, live: Iterable[Ticket]) -> Portfolio:
        """What the risk stage is told at the close of the bars of ``time_ms``.

        Orders that rest count as positions: each of them may be filled before anything new is judged.
        """
        equity = _money(self.equity)
        positions = tuple(_position(ticket) for ticket in live)
        return Portfolio(
            account_id=DEFAULT_ACCOUNT,
            equity=equity,
            peak_equity=max(_money(self.peak), equity),
            day_pnl=_money(self.equity - self._day_start),
            open_positions=positions,
            campaigns=(*_active(positions, equity), *self._remembered(time_ms)),
        )

    def _remembered(self, time_ms: int) -> list[Campaign]:
        return [
            Campaign(campaign_id, symbol, CampaignStatus.INVALIDATED, 0, Decimal(0), invalidated_time_ms=failed_ms)
            for campaign_id, (symbol, failed_ms) in self._failed.items()
            if time_ms - failed_ms <= _MEMORY_MS
        ]


def _active(positions: tuple[Position, ...], equity: Decimal) -> list[Campaign]:
    by_campaign: dict[str, list[Position]] = {}
    for position in positions:
        by_campaign.setdefault(position.campaign_id, []).append(position)
    return [
        Campaign(
            campaign_id=campaign_id,
            symbol=members[0].symbol,
            status=CampaignStatus.ACTIVE,
            open_position_count=len(members),
            risk_pct=(sum((item.risk_amount for item in members), Decimal(0)) * 100 / equity).quantize(_CENT)
            if equity > 0
            else Decimal(0),
        )
        for campaign_id, members in by_campaign.items()
    ]


def _position(ticket: Ticket) -> Position:
    """Size and risk as planned: a stop that trails does not free risk for others."""
    plan = ticket.plan
    is_open = ticket.fate is Fate.OPEN
    return Position(
        position_id=plan.pattern_id,
        symbol=plan.symbol,
        campaign_id=plan.campaign_id,
        pattern_type=plan.pattern_type,
        direction=plan.direction,
        size=_exact(plan.size),
        entry_price=_exact(ticket.entry_price if is_open else plan.entry),
        stop_loss=_exact(plan.stop),
        risk_amount=_exact(plan.risk_amount),
        open_time_ms=ticket.entry_time_ms if is_open else None,
    )


def _money(value: float) -> Decimal:
    return Decimal(f"{value:.6f}").quantize(_CENT, rounding=ROUND_DOWN)


def _exact(value: float) -> Decimal:
    return Decimal(f"{value:.8f}")
