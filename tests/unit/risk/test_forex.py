"""Currency pairs: lots, margin, sessions."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from services.risk.asset_class import asset_class_of
from services.risk.config import RiskSettings
from services.risk.forex import heat_limit, session_factor
from services.risk.session import Session, session_at
from tests.unit.risk.cases import COUNT, KNOWN, TIMES, assess, pattern_of, position, range_of, rejection, signal
from wyckoff.model.kinds import PatternType
from wyckoff.model.portfolio import Classification, default_portfolio
from wyckoff.model.signals import AssetClass, SizeUnit

SETTINGS = RiskSettings()
LPS = PatternType.LPS


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def pair(entry: float, stop: float, target: float) -> dict[str, object]:
    """A last point over a range that ends just below the entry."""
    ice, creek = entry * 0.9, entry / 1.01
    wide = replace(range_of(), ice=ice, creek=creek)
    return {"pattern": pattern_of(LPS, entry_price=entry, stop_loss=stop, target_price=target), "trading_range": wide}


def test_lots_of_a_pair_quoted_in_dollars() -> None:
    # 700 over 0.011 * 100000 = 1100 a lot: 0.6363 lots
    found = signal(assess(LPS, symbol="EUR/USD", **pair(1.1, 1.089, 1.155)))  # type: ignore[arg-type]

    assert (found.position_size, found.position_size_unit) == (Decimal("0.63"), SizeUnit.LOTS)
    assert found.risk_amount == Decimal("693")
    assert found.notional_value == Decimal("69300")
    assert (found.leverage, found.margin_requirement) == (Decimal(50), Decimal("1386"))


def test_lots_of_a_pair_based_on_dollars() -> None:
    # 1.5 yen * 100000 at 148.5 a dollar: 1010.1011 dollars a lot
    found = signal(assess(LPS, symbol="USD/JPY", **pair(150.0, 148.5, 157.5)))  # type: ignore[arg-type]

    assert found.position_size == Decimal("0.69")
    assert found.notional_value == Decimal("69000")
    assert found.risk_amount == Decimal("0.69") * Decimal("1010.10101011")


def test_a_cross_cannot_be_sized() -> None:
    found = rejection(assess(LPS, symbol="EUR/GBP", **pair(0.85, 0.84, 0.9)))  # type: ignore[arg-type]

    assert found.stage == "Risk"
    assert "rate to USD is not known" in found.reason


def test_currencies_together_are_capped_by_equity() -> None:
    held = replace(
        position("100", symbol="GBP/USD", campaign="GBP/USD-1"), size=Decimal(290_000), entry_price=Decimal(1)
    )
    portfolio = replace(default_portfolio(), open_positions=(held,))
    found = signal(assess(LPS, symbol="EUR/USD", portfolio=portfolio, **pair(1.1, 1.089, 1.155)))  # type: ignore[arg-type]

    assert found.position_size == Decimal("0.09")
    full = replace(portfolio, open_positions=(replace(held, size=Decimal(299_900)),))
    refused = rejection(assess(LPS, symbol="EUR/USD", portfolio=full, **pair(1.1, 1.089, 1.155)))  # type: ignore[arg-type]
    assert "3x equity in currencies allows less" in refused.reason


def test_heat_of_currencies_is_lower() -> None:
    held = tuple(position("1800", symbol=name, campaign=f"{name}-1") for name in "XYZ")
    sectors = {name: Classification(name) for name in "XYZ"}
    portfolio = replace(default_portfolio(), open_positions=held, classifications=sectors)

    signal(assess(LPS, portfolio=portfolio))
    found = rejection(assess(LPS, symbol="EUR/USD", portfolio=portfolio, **pair(1.1, 1.089, 1.155)))  # type: ignore[arg-type]
    assert (found.stage, found.threshold) == ("Risk", 6)


@pytest.mark.parametrize(
    ("moment", "session", "factor", "heat"),
    [
        ("2024-01-03T03:00", Session.ASIA, "0.70", "6.0"),
        ("2024-01-03T08:00", Session.LONDON, "1", "6.0"),
        ("2024-01-03T13:00", Session.OVERLAP, "1", "6.0"),
        ("2024-01-03T21:59", Session.NEW_YORK, "1", "6.0"),
        ("2024-01-03T22:00", Session.NONE, "1", "6.0"),
        ("2024-01-05T12:00", Session.LONDON, "1", "5.5"),
        ("2024-01-05T13:00", Session.OVERLAP, "0.50", "5.5"),
        ("2024-01-06T10:00", Session.LONDON, "1", "5.5"),
    ],
)
def test_sessions(moment: str, session: Session, factor: str, heat: str) -> None:
    assert session_at(at(moment)) is session
    assert session_factor(at(moment), SETTINGS) == Decimal(factor)
    assert heat_limit(at(moment), intraday=True, settings=SETTINGS) == Decimal(heat)
    assert heat_limit(at(moment), intraday=False, settings=SETTINGS) == Decimal("6.0")


def hourly(moment: str) -> list[int]:
    """Hourly bars whose known-at bar closes at ``moment``."""
    close = at(moment)
    return [close + (index - KNOWN - 1) * 3_600_000 for index in range(COUNT)]


def test_friday_evening_is_closed_and_before_it_half_the_size() -> None:
    terms = pair(1.1, 1.089, 1.155)
    evening = assess(LPS, symbol="EUR/USD", timeframe="1h", times=hourly("2024-01-05T17:00"), **terms)  # type: ignore[arg-type]
    assert rejection(evening).stage == "Strategy"
    noon = signal(assess(LPS, symbol="EUR/USD", timeframe="1h", times=hourly("2024-01-05T16:00"), **terms))  # type: ignore[arg-type]
    assert noon.position_size == Decimal("0.31")
    assert any("weekend" in text for text in noon.validation_chain.warnings)
    stock = signal(assess(LPS, timeframe="1h", times=hourly("2024-01-05T17:00")))
    assert stock.position_size == 159
    assert signal(assess(LPS, symbol="EUR/USD", times=TIMES, **terms)).position_size == Decimal("0.63")  # type: ignore[arg-type]


def test_sessions_narrow_the_volume_gates() -> None:
    night = hourly("2024-01-03T03:00")

    assert (
        rejection(assess(PatternType.SPRING, ratio=0.6, symbol="EUR/USD", timeframe="1h", times=night)).threshold == 0.6
    )
    assert rejection(assess(PatternType.SOS, ratio=1.9, symbol="EUR/USD", timeframe="1h", times=night)).threshold == 2.0


@pytest.mark.parametrize(
    ("symbol", "said", "expected"),
    [
        ("AAPL", "", AssetClass.STOCK),
        ("EUR/USD", "", AssetClass.FOREX),
        ("BTC/USD", "", AssetClass.CRYPTO),
        ("ETHUSDT", "", AssetClass.CRYPTO),
        ("BTC-USD", "", AssetClass.CRYPTO),
        ("ETHAN", "", AssetClass.STOCK),
        ("XAUUSD", "forex", AssetClass.FOREX),
    ],
)
def test_asset_class_by_symbol_unless_the_account_says(symbol: str, said: str, expected: AssetClass) -> None:
    assert asset_class_of(symbol, Classification(asset_class=said)) is expected
