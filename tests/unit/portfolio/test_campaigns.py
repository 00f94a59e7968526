from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.portfolio.campaigns import (
    MOST_RISK_PCT,
    CampaignRecord,
    by_campaign,
    campaign_status,
    risk_pct,
    summarise,
)
from tests.unit.portfolio.orders import LONG, SHORT, changed
from wyckoff.model.kinds import PatternType
from wyckoff.model.portfolio import CampaignStatus, PositionStatus

OPEN, CLOSED = PositionStatus.OPEN, PositionStatus.CLOSED


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        ([("SPRING", OPEN)], CampaignStatus.ACTIVE),
        ([("UTAD", OPEN)], CampaignStatus.ACTIVE),
        ([("SOS", OPEN)], CampaignStatus.MARKUP),
        ([("SPRING", OPEN), ("LPS", OPEN)], CampaignStatus.MARKUP),
        ([("UTAD", CLOSED), ("SOW", OPEN)], CampaignStatus.MARKUP),
        ([("SPRING", OPEN), ("SOS", CLOSED)], CampaignStatus.MARKUP),
        ([("SPRING", CLOSED)], CampaignStatus.COMPLETED),
        ([("SPRING", CLOSED), ("LPSY", CLOSED)], CampaignStatus.COMPLETED),
    ],
)
def test_the_state_follows_from_the_positions(held: list[tuple[str, PositionStatus]], expected: CampaignStatus) -> None:
    positions = [changed(LONG, pattern_type=PatternType(name), status=status) for name, status in held]
    assert campaign_status(positions, invalidated=False) is expected
    assert campaign_status(positions, invalidated=True) is CampaignStatus.INVALIDATED


def test_a_summary_adds_up_the_open_positions() -> None:
    record = CampaignRecord("AAPL-2009-01-20", "AAPL", CampaignStatus.ACTIVE, 5)
    positions = [changed(LONG, risk_amount=Decimal("500.10")), changed(LONG, risk_amount=Decimal("299.90"))]
    campaign = summarise(record, positions, Decimal(100_000))
    assert (campaign.open_position_count, campaign.risk_pct) == (2, Decimal("0.8"))
    assert summarise(record, (), Decimal(100_000)).risk_pct == 0


def test_positions_are_grouped_in_their_order() -> None:
    other = changed(SHORT, campaign_id="IBM-2009-01-20")
    later = changed(LONG, size=Decimal(1))
    assert by_campaign([LONG, other, later]) == {"AAPL-2009-01-20": [LONG, later], "IBM-2009-01-20": [other]}


@given(
    risk=st.decimals(min_value="0.00000001", max_value="999999999", places=8),
    equity=st.decimals(min_value="0.01", max_value="999999999", places=2),
)
def test_risk_in_percent_is_never_understated(risk: Decimal, equity: Decimal) -> None:
    percent = risk_pct(risk, equity)
    assert percent == MOST_RISK_PCT or Decimal(0) <= percent * equity / 100 - risk <= equity / 10**9


@pytest.mark.parametrize("equity", ["0", "-5"])
def test_any_risk_without_equity_is_the_most(equity: str) -> None:
    assert risk_pct(Decimal("0.01"), Decimal(equity)) == MOST_RISK_PCT
    assert risk_pct(Decimal(0), Decimal(equity)) == 0
