"""Signals, rejections and portfolios survive the wire; wrong text is refused by name."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.risk.cases import KINDS, assess, pattern_of, position, rejection, signal
from wyckoff.model.kinds import PatternType, Scale
from wyckoff.model.portfolio import (
    Campaign,
    CampaignStatus,
    Classification,
    Portfolio,
    PositionStatus,
    default_portfolio,
)
from wyckoff.portfolio.v1 import portfolio_pb2
from wyckoff.risk.v1 import risk_pb2
from wyckoff.rpc.errors import InvalidArgumentError
from wyckoff.wire.decimals import decimal_from_text, decimal_to_text, positive_from_text
from wyckoff.wire.portfolio import portfolio_from_proto, portfolio_to_proto, position_from_proto
from wyckoff.wire.risk import rejection_from_proto, rejection_to_proto, signal_from_proto, signal_to_proto


def full_portfolio() -> Portfolio:
    closed = replace(
        position("12.34", number=1),
        status=PositionStatus.CLOSED,
        open_time_ms=1_700_000_000_000,
        close_time_ms=1_700_086_400_000,
        exit_price=Decimal("51.5"),
    )
    return Portfolio(
        account_id="second",
        equity=Decimal("123456.78"),
        peak_equity=Decimal("130000"),
        day_pnl=Decimal("-250.5"),
        open_positions=(position("200"), closed),
        campaigns=(
            Campaign("MSFT-1", "MSFT", CampaignStatus.MARKUP, 2, Decimal("1.25"), start_time_ms=1_700_000_000_000),
            Campaign("X-1", "X", CampaignStatus.INVALIDATED, 0, Decimal(0), invalidated_time_ms=1_700_000_000_001),
        ),
        classifications={"MSFT": Classification("Technology", "STOCK", "US")},
    )


@pytest.mark.parametrize("portfolio", [default_portfolio(), full_portfolio()])
def test_a_portfolio_comes_back_as_it_went(portfolio: Portfolio) -> None:
    assert portfolio_from_proto(portfolio_to_proto(portfolio)) == portfolio


@pytest.mark.parametrize("kind", KINDS)
def test_a_signal_comes_back_as_it_went(kind: PatternType) -> None:
    sent = signal(assess(kind))
    stored = replace(sent, created_at_ms=1_700_000_000_123, correlation_id="abc")

    assert signal_from_proto(signal_to_proto(sent)) == sent
    assert signal_from_proto(signal_to_proto(stored)) == stored


def test_the_scale_of_the_pattern_is_told_and_comes_back() -> None:
    minor = pattern_of(PatternType.SOS, scale=Scale.MINOR)
    passed = signal(assess(PatternType.SOS, pattern=minor))
    refused = rejection(assess(PatternType.SOS, pattern=minor, ratio=0.5))

    assert passed.scale == refused.scale == Scale.MINOR
    assert signal_from_proto(signal_to_proto(passed)) == passed
    assert rejection_from_proto(rejection_to_proto(refused)) == refused


def test_a_signal_stored_before_there_were_scales_is_of_the_intermediate_one() -> None:
    stored = signal_to_proto(signal(assess(PatternType.SOS)))
    stored.ClearField("scale")

    assert signal_from_proto(risk_pb2.TradeSignal.FromString(stored.SerializeToString())).scale is Scale.INTERMEDIATE


@pytest.mark.parametrize("ratio", [1.2, float("nan")])
def test_a_rejection_comes_back_as_it_went(ratio: float) -> None:
    sent = rejection(assess(PatternType.SPRING, ratio=ratio))

    assert rejection_from_proto(rejection_to_proto(sent)) == sent


@pytest.mark.parametrize(
    "text", ["", " 1", "1e5", "NaN", "Infinity", "1,000", "+1", ".5", "1.", "0x10", "\u0661", "9" * 19]
)
def test_text_that_is_no_plain_decimal_is_refused(text: str) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        decimal_from_text(text, "equity")

    assert caught.value.violations[0].field == "equity"


@given(st.decimals("-1e15", "1e15", places=8))
def test_decimals_come_back_exactly(value: Decimal) -> None:
    text = decimal_to_text(value)

    assert "E" not in text.upper()
    assert decimal_from_text(text, "x") == value


def test_a_size_has_to_be_above_nought() -> None:
    assert positive_from_text("0.01", "size") == Decimal("0.01")
    with pytest.raises(InvalidArgumentError, match=r"size: 0\.00 is not above 0"):
        positive_from_text("0.00", "size")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"equity": "much"}, "portfolio.equity"),
        ({"equity": "1", "day_pnl": "-"}, "portfolio.day_pnl"),
        ({"equity": ""}, "portfolio.equity"),
    ],
)
def test_a_wrong_portfolio_names_its_field(change: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        portfolio_from_proto(portfolio_pb2.Portfolio(**change))  # type: ignore[arg-type]

    assert [item.field for item in caught.value.violations] == [field]


@pytest.mark.parametrize(
    ("name", "value"),
    [("position_id", ""), ("size", "0"), ("entry_price", "x"), ("direction", 0), ("pattern_type", 99), ("status", 7)],
)
def test_a_wrong_position_names_its_place(name: str, value: object) -> None:
    message = portfolio_to_proto(full_portfolio())
    setattr(message.open_positions[1], name, value)

    with pytest.raises(InvalidArgumentError) as caught:
        portfolio_from_proto(message)

    assert caught.value.violations[0].field == f"portfolio.open_positions[1].{name}"


def test_the_risk_of_a_position_is_worked_out_when_it_is_not_said() -> None:
    message = portfolio_to_proto(full_portfolio()).open_positions[0]
    message.risk_amount, message.status = "", portfolio_pb2.POSITION_STATUS_UNSPECIFIED
    found = position_from_proto(message)

    assert found.risk_amount == Decimal(200)
    assert found.status is PositionStatus.OPEN
