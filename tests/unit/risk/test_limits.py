"""Limits of the portfolio: heat, campaigns, sectors, geography, halts."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from services.risk.config import RiskSettings
from tests.unit.risk.cases import (
    assess,
    position,
    rejection,
    signal,
)
from wyckoff.model.kinds import PatternType
from wyckoff.model.portfolio import Classification, Portfolio, PositionStatus, default_portfolio

LPS, SPRING = PatternType.LPS, PatternType.SPRING
SETTINGS = RiskSettings()


def with_heat(risk: str, *, sectors: int = 5) -> Portfolio:
    """So much money at risk, spread over campaigns and sectors such that only the sum can break a limit."""
    share = str(Decimal(risk) / sectors)
    items = tuple(position(share, symbol=f"S{index}", campaign=f"S{index}-2023-01-01") for index in range(sectors))
    places = {f"S{index}": Classification(f"Sector {index}") for index in range(sectors)}
    return replace(default_portfolio(), open_positions=items, classifications=places)


@pytest.mark.parametrize(
    ("open_risk", "passes"), [("9300.3999999999", True), ("9300.4", True), ("9300.4000006", False)]
)
def test_heat_equal_to_its_limit_passes(open_risk: str, passes: bool) -> None:
    # the new trade risks 699.6 of 10000
    result = assess(LPS, portfolio=with_heat(open_risk))

    assert bool(result.signals) is passes
    assert all("portfolio heat" in item.reason for item in result.rejections)


def test_campaign_risk_and_count() -> None:
    here = "AAPL-2024-01-11"
    own = [position("860", symbol="AAPL", campaign=here, number=index) for index in range(5)]
    four = replace(default_portfolio(), open_positions=tuple(own[:4]))
    signal(assess(LPS, portfolio=four))
    full = replace(default_portfolio(), open_positions=tuple(replace(item, risk_amount=Decimal(10)) for item in own))
    found = rejection(assess(LPS, portfolio=full))
    assert (found.threshold, found.actual) == (5, 6)
    heavy = replace(default_portfolio(), open_positions=(position("4300.41", symbol="AAPL", campaign=here),))
    assert "campaign risk" in rejection(assess(LPS, portfolio=heavy)).reason
    equal = replace(default_portfolio(), open_positions=(position("4300.40", symbol="AAPL", campaign=here),))
    assert any("campaign risk" in text for text in signal(assess(LPS, portfolio=equal)).validation_chain.warnings)


def test_unknown_symbols_share_one_sector() -> None:
    risks = [position("2700", symbol=name, campaign=f"{name}-2023-01-01") for name in ("X", "Y")]
    portfolio = replace(default_portfolio(), open_positions=tuple(risks))

    assert "sector risk" in rejection(assess(LPS, portfolio=portfolio)).reason
    apart = replace(portfolio, classifications={"AAPL": Classification("Technology")})
    signal(assess(LPS, portfolio=apart))


def test_three_campaigns_a_sector_and_an_existing_one_is_no_fourth() -> None:
    three = [position("10", symbol=name, campaign=f"{name}-2023-01-01") for name in ("X", "Y", "Z")]
    portfolio = replace(default_portfolio(), open_positions=tuple(three))
    found = rejection(assess(LPS, portfolio=portfolio))
    assert (found.threshold, found.actual) == (3, 4)
    joined = replace(portfolio, open_positions=(*three[:2], position("10", symbol="AAPL", campaign="AAPL-2024-01-11")))
    signal(assess(LPS, portfolio=joined))


def test_geography_counts_where_it_is_known() -> None:
    places = {name: Classification(f"Sector {name}", geography="US") for name in ("AAPL", "X")}
    portfolio = replace(default_portfolio(), open_positions=(position("900", symbol="X"),), classifications=places)
    strict = RiskSettings(max_geography_risk_pct=Decimal("1.5"))

    assert "geography risk" in rejection(assess(LPS, portfolio=portfolio, settings=strict)).reason
    signal(assess(LPS, portfolio=portfolio))


@pytest.mark.parametrize(
    ("change", "reason"),
    [({"day_pnl": Decimal("-3100")}, "loss of the day"), ({"peak_equity": Decimal(118_000)}, "drawdown")],
)
def test_halts_stop_new_trades(change: dict[str, Decimal], reason: str) -> None:
    portfolio = replace(default_portfolio(), **change)  # type: ignore[arg-type]

    assert reason in rejection(assess(LPS, portfolio=portfolio)).reason


def test_closed_positions_count_for_nothing() -> None:
    closed = replace(position("50000"), status=PositionStatus.CLOSED)

    signal(assess(LPS, portfolio=replace(default_portfolio(), open_positions=(closed,))))
