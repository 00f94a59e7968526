"""Campaigns: the entries into one range, seen together.

The state follows from the positions: ACTIVE from the first entry, MARKUP from the first entry that comes with
or after the move out of the range, COMPLETED when nothing is open; a later entry into the same range takes it
up again. INVALIDATED is said by the one who closes a position because the structure failed, and is final.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from services.portfolio.money import percent, total
from wyckoff.model.kinds import PatternType
from wyckoff.model.portfolio import Campaign, CampaignStatus, PositionStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wyckoff.model.portfolio import Position

_AFTER_BREAKOUT: Final = frozenset({PatternType.SOS, PatternType.LPS, PatternType.SOW, PatternType.LPSY})
#: More than ten times the equity, and any risk without equity, is told as this.
MOST_RISK_PCT: Final = Decimal(1_000)


@dataclass(frozen=True, slots=True)
class CampaignRecord:
    """What is kept of a campaign; the rest follows from its positions."""

    campaign_id: str
    symbol: str
    status: CampaignStatus
    start_time_ms: int
    invalidated_time_ms: int | None = None


def campaign_status(positions: Iterable[Position], *, invalidated: bool) -> CampaignStatus:
    """State of a campaign with these positions, open and closed."""
    if invalidated:
        return CampaignStatus.INVALIDATED
    known = tuple(positions)
    if all(item.status is PositionStatus.CLOSED for item in known):
        return CampaignStatus.COMPLETED
    broke_out = any(item.pattern_type in _AFTER_BREAKOUT for item in known)
    return CampaignStatus.MARKUP if broke_out else CampaignStatus.ACTIVE


def risk_pct(risk: Decimal, equity: Decimal) -> Decimal:
    """Risk in percent of equity, never understated."""
    if risk <= 0:
        return Decimal(0)
    return min(percent(risk, equity), MOST_RISK_PCT) if equity > 0 else MOST_RISK_PCT


def by_campaign(positions: Iterable[Position]) -> dict[str, list[Position]]:
    """Positions grouped by campaign id, in their order."""
    groups: dict[str, list[Position]] = {}
    for position in positions:
        groups.setdefault(position.campaign_id, []).append(position)
    return groups


def summarise(record: CampaignRecord, open_positions: Sequence[Position], equity: Decimal) -> Campaign:
    """The campaign with its own open positions summed up."""
    risk = Decimal(0)
    for position in open_positions:
        risk = total(risk, position.risk_amount)
    return Campaign(
        campaign_id=record.campaign_id,
        symbol=record.symbol,
        status=record.status,
        open_position_count=len(open_positions),
        risk_pct=risk_pct(risk, equity),
        start_time_ms=record.start_time_ms,
        invalidated_time_ms=record.invalidated_time_ms,
    )
