"""The account that the risk stage sizes for. Money, sizes and order prices are exact decimals."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wyckoff.model.kinds import Direction, PatternType


class PositionStatus(StrEnum):
    OPEN = "OPEN"
    CLOSED = "CLOSED"


class CampaignStatus(StrEnum):
    ACTIVE = "ACTIVE"
    MARKUP = "MARKUP"
    COMPLETED = "COMPLETED"
    INVALIDATED = "INVALIDATED"


#: Symbols without a classification share one sector, so that their risk is limited too.
UNKNOWN_SECTOR: Final = "Unknown"
DEFAULT_ACCOUNT: Final = "default"
DEFAULT_EQUITY: Final = Decimal(100_000)


@dataclass(frozen=True, slots=True)
class Position:
    """A position: ``size`` in units, ``risk_amount`` the money lost if the stop is hit, times in UTC milliseconds."""

    position_id: str
    symbol: str
    campaign_id: str
    pattern_type: PatternType
    direction: Direction
    size: Decimal
    entry_price: Decimal
    stop_loss: Decimal
    risk_amount: Decimal
    status: PositionStatus = PositionStatus.OPEN
    open_time_ms: int | None = None
    close_time_ms: int | None = None
    exit_price: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Campaign:
    """All entries into one range. ``risk_pct`` is percent of equity."""

    campaign_id: str
    symbol: str
    status: CampaignStatus
    open_position_count: int
    risk_pct: Decimal
    start_time_ms: int | None = None
    invalidated_time_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Classification:
    """Where an instrument belongs. ``asset_class`` is STOCK, FOREX or CRYPTO, empty to tell it by the symbol."""

    sector: str = UNKNOWN_SECTOR
    asset_class: str = ""
    geography: str = ""


@dataclass(frozen=True, slots=True)
class Portfolio:
    """An account with its open positions and its campaigns that are not completed."""

    account_id: str
    equity: Decimal
    peak_equity: Decimal
    day_pnl: Decimal
    open_positions: tuple[Position, ...] = ()
    campaigns: tuple[Campaign, ...] = ()
    classifications: Mapping[str, Classification] = field(default_factory=dict)

    def classification(self, symbol: str) -> Classification:
        return self.classifications.get(symbol, Classification())


def default_portfolio(equity: Decimal = DEFAULT_EQUITY) -> Portfolio:
    """An account without positions, for analyses that name none."""
    return Portfolio(account_id=DEFAULT_ACCOUNT, equity=equity, peak_equity=equity, day_pnl=Decimal(0))
