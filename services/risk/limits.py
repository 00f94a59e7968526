"""Limits over open positions: heat, campaign, sector, asset class, geography. Equal passes."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from services.risk.asset_class import asset_class_of
from services.risk.verdict import failed, shown
from wyckoff.model.evidence import Evidence
from wyckoff.model.portfolio import PositionStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from services.risk.config import RiskSettings
    from services.risk.verdict import Verdict
    from wyckoff.model.portfolio import Portfolio, Position
    from wyckoff.model.signals import AssetClass


@dataclass(frozen=True, slots=True)
class Limit:
    """A sum that a new trade adds to, in ``unit``."""

    name: str
    before: Decimal
    after: Decimal
    limit: Decimal
    unit: str = "% of equity"

    def evidence(self) -> Evidence:
        name = self.name.replace(" ", "_")
        suffix = "_pct" if self.unit.startswith("%") else ""
        return Evidence(f"{name}_after{suffix}", float(self.after), float(self.limit), met=self.after <= self.limit)

    def check(self) -> Verdict | None:
        if self.after <= self.limit:
            return None
        return failed(
            f"{self.name} would rise from {shown(self.before)} to {shown(self.after)} {self.unit}; "
            f"at most {shown(self.limit)} is allowed",
            self.limit,
            self.after,
        )

    def remark(self, fraction: Decimal) -> str:
        """A remark when the limit is near; empty otherwise."""
        if self.after < self.limit * fraction:
            return ""
        return f"{self.name} would reach {shown(self.after)} of {shown(self.limit)} {self.unit}"


def open_positions(portfolio: Portfolio) -> list[Position]:
    return [item for item in portfolio.open_positions if item.status is PositionStatus.OPEN]


def asset_class_in(portfolio: Portfolio, symbol: str) -> AssetClass:
    return asset_class_of(symbol, portfolio.classification(symbol))


def limits_for(
    symbol: str,
    campaign_id: str,
    new_risk_pct: Decimal,
    portfolio: Portfolio,
    heat_limit_pct: Decimal,
    settings: RiskSettings,
) -> tuple[Limit, ...]:
    """All limits that the new trade adds to, in the order in which they are checked."""
    positions = open_positions(portfolio)
    here = portfolio.classification(symbol)

    def risk_of(which: Callable[[Position], bool]) -> Decimal:
        return _risk_pct([item for item in positions if which(item)], portfolio.equity)

    def added(name: str, before: Decimal, limit: Decimal) -> Limit:
        return Limit(name, before, before + new_risk_pct, limit)

    same_campaign = [item for item in positions if item.campaign_id == campaign_id]
    same_sector = {
        item.campaign_id for item in positions if portfolio.classification(item.symbol).sector == here.sector
    }
    asset_class = asset_class_in(portfolio, symbol)
    limits = [
        added("portfolio heat", risk_of(lambda _: True), heat_limit_pct),
        added("campaign risk", _risk_pct(same_campaign, portfolio.equity), settings.max_campaign_risk_pct),
        _counted("campaign positions", len(same_campaign), len(same_campaign) + 1, settings.max_campaign_positions),
        added("sector risk", risk_of(lambda item: item.campaign_id in same_sector), settings.max_sector_risk_pct),
        _counted("sector campaigns", len(same_sector), len(same_sector | {campaign_id}), settings.max_sector_campaigns),
        added(
            "asset class risk",
            risk_of(lambda item: asset_class_in(portfolio, item.symbol) is asset_class),
            settings.max_asset_class_risk_pct,
        ),
    ]
    if here.geography:
        same_place = risk_of(lambda item: portfolio.classification(item.symbol).geography == here.geography)
        limits.append(added("geography risk", same_place, settings.max_geography_risk_pct))
    return tuple(limits)


def _counted(name: str, before: int, after: int, limit: int) -> Limit:
    return Limit(name, Decimal(before), Decimal(after), Decimal(limit), unit="open")


def _risk_pct(positions: Sequence[Position], equity: Decimal) -> Decimal:
    return sum((item.risk_amount for item in positions), Decimal(0)) * 100 / equity
