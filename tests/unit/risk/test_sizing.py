"""Sizes and terms: exact, never rounded up, equal passes."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.risk.assess import assess_patterns
from services.risk.chain import VALIDATORS
from services.risk.config import PatternRisk, RiskSettings
from services.risk.money import cut, exact_price, whole_steps
from services.risk.r_multiple import displayed
from services.risk.sizing import breakout_factor
from services.risk.stops import terms_of
from tests.unit.risk.cases import (
    KINDS,
    LONGS,
    TIMES,
    assess,
    pattern_of,
    position,
    range_of,
    reading_of,
    rejection,
    signal,
    volume_of,
)
from wyckoff.model.kinds import Direction, PatternType
from wyckoff.model.portfolio import default_portfolio
from wyckoff.model.signals import AssetClass, SizeUnit

LPS, SPRING = PatternType.LPS, PatternType.SPRING
SETTINGS = RiskSettings()


def test_a_size_is_what_the_budget_pays_for() -> None:
    found = signal(assess(LPS))

    # 0.7 % of 100000 over 4.4 a share: 159.09 shares, and their value is below a fifth of equity
    assert (found.position_size, found.position_size_unit) == (Decimal(159), SizeUnit.SHARES)
    assert found.risk_amount == Decimal("699.6")
    assert found.risk_pct == Decimal("0.6996")
    assert found.notional_value == Decimal("17664.9")
    assert (found.leverage, found.margin_requirement) == (Decimal(1), Decimal(0))


def test_a_tight_stop_is_capped_by_value_not_refused() -> None:
    tight = signal(assess(LPS, pattern=pattern_of(LPS, stop_loss=108.0, target_price=134.0)))

    assert tight.position_size == 180
    assert tight.risk_amount == Decimal("558")
    assert any("size capped by 20 % of equity" in text for text in tight.validation_chain.warnings)


def test_a_small_account_cannot_buy_one_share() -> None:
    found = rejection(assess(LPS, portfolio=default_portfolio(Decimal(500))))

    assert (found.stage, found.threshold, found.actual) == ("Risk", 1, 0)


@pytest.mark.parametrize("equity", ["0", "-0.01", "-1000"])
def test_no_equity_no_trade(equity: str) -> None:
    found = rejection(assess(LPS, portfolio=default_portfolio(Decimal(equity))))

    assert found.stage == "Risk"
    assert "equity is" in found.reason


@pytest.mark.parametrize(
    ("entry", "stop", "target"),
    [
        (111.1, 111.1, 140.0),
        (111.1, 115.0, 140.0),
        (111.1, 106.7, 111.1),
        (float("nan"), 106.7, 140.0),
        (111.1, 0.0, 140.0),
        (1e-10, 1e-11, 140.0),
    ],
)
def test_terms_that_cannot_be_are_refused(entry: float, stop: float, target: float) -> None:
    result = assess(LPS, pattern=pattern_of(LPS, entry_price=entry, stop_loss=stop, target_price=target))

    assert rejection(result).stage == "Risk"
    assert result.failed == ()


@pytest.mark.parametrize(("stop", "passes"), [(109.989, True), (110.0, False), (99.99, True), (99.98, False)])
def test_a_stop_is_one_to_ten_percent_away(stop: float, passes: bool) -> None:
    free = {
        PatternType.LPS: PatternRisk(risk_pct=Decimal("0.7"), min_r=Decimal(1), ideal_r=Decimal(1), max_r=Decimal(99))
    }
    result = assess(LPS, pattern=pattern_of(LPS, stop_loss=stop), settings=RiskSettings(per_pattern=free))

    assert bool(result.signals) is passes
    assert all("stop is" in item.reason and item.near_miss for item in result.rejections)


@pytest.mark.parametrize(("target", "passes"), [(122.1, True), (122.09, False), (146.3, True), (146.31, False)])
def test_reward_over_risk_is_compared_unrounded(target: float, passes: bool) -> None:
    # entry 111.1, stop 106.7: 2.5 at 122.1 and 8 at 146.3
    assert bool(assess(LPS, pattern=pattern_of(LPS, target_price=target)).signals) is passes


def test_a_displayed_reward_is_never_better_than_the_real_one() -> None:
    assert displayed(Decimal("2.4999")) == Decimal("2.49")


@pytest.mark.parametrize("kind", list(LONGS))
def test_a_mirrored_trade_has_the_same_reward_and_size(kind: PatternType) -> None:
    free = RiskSettings(max_position_value_fraction=Decimal(10))
    long = pattern_of(kind)
    mirrored = {SPRING: PatternType.UTAD, PatternType.SOS: PatternType.SOW, LPS: PatternType.LPSY}[kind]
    short = pattern_of(
        mirrored,
        entry_price=210 - long.entry_price,
        stop_loss=210 - long.stop_loss,
        target_price=210 - long.target_price,
    )

    up, down = signal(assess(kind, settings=free)), signal(assess(mirrored, pattern=short, settings=free))

    assert down.direction is Direction.SHORT
    assert (down.r_multiple, down.position_size, down.risk_amount) == (up.r_multiple, up.position_size, up.risk_amount)


def test_the_terms_of_a_long_do_not_pass_as_a_short() -> None:
    found = rejection(assess(LPS, pattern=pattern_of(LPS, direction=Direction.SHORT, target_price=90.0)))

    assert found.stage == "Phase"


@pytest.mark.parametrize(
    ("ratio", "factor"), [(2.5, "1.00"), (2.3, "0.95"), (2.0, "0.90"), (1.7, "0.85"), (1.5, "0.75")]
)
def test_breakouts_can_be_scaled_by_volume(ratio: float, factor: str) -> None:
    scaled = RiskSettings(scale_breakout_risk=True, max_position_value_fraction=Decimal(10))
    plain = RiskSettings(max_position_value_fraction=Decimal(10))
    whole = signal(assess(PatternType.SOS, ratio=ratio, settings=plain)).position_size

    assert breakout_factor(ratio) == Decimal(factor)
    part = signal(assess(PatternType.SOS, ratio=ratio, settings=scaled)).position_size
    assert abs(part - whole * Decimal(factor)) <= 1
    with pytest.raises(ValueError, match="is no breakout"):
        breakout_factor(1.4999)


def test_a_table_with_one_pattern_keeps_the_others() -> None:
    lps = PatternRisk(risk_pct=Decimal("0.1"), min_r=Decimal(1), ideal_r=Decimal(1), max_r=Decimal(9))
    table = RiskSettings(per_pattern={LPS: lps}).per_pattern

    assert table == {**SETTINGS.per_pattern, LPS: lps}


@pytest.mark.parametrize("risk_pct", ["0.09", "2.01"])
def test_risk_outside_of_its_bounds_is_refused_when_set(risk_pct: str) -> None:
    with pytest.raises(ValueError, match="risk_pct"):
        PatternRisk(risk_pct=Decimal(risk_pct), min_r=Decimal(1), ideal_r=Decimal(1), max_r=Decimal(1))


@settings(max_examples=1000, deadline=None)
@given(
    kind=st.sampled_from(KINDS),
    equity=st.decimals("0.01", "1e12", places=2),
    entry=st.floats(0.01, 1e6),
    stop_fraction=st.floats(0.0001, 0.3),
    reward=st.floats(0.1, 15),
    open_risks=st.lists(st.tuples(st.sampled_from("ABCDEF"), st.floats(0, 0.03)), max_size=8),
)
def test_no_size_ever_breaks_a_limit(
    kind: PatternType,
    equity: Decimal,
    entry: float,
    stop_fraction: float,
    reward: float,
    open_risks: list[tuple[str, float]],
) -> None:
    sign = 1 if kind in LONGS else -1
    distance = entry * stop_fraction
    pattern = pattern_of(
        kind,
        entry_price=entry,
        stop_loss=entry - sign * distance,
        target_price=entry + sign * reward * distance,
        secondary_targets=(),
    )
    held = tuple(
        position(str(cut(equity * Decimal(share))), symbol=name, campaign=f"{name}-1", number=index)
        for index, (name, share) in enumerate(open_risks)
    )
    portfolio = replace(default_portfolio(equity), open_positions=held)
    only_risk = {"Risk": VALIDATORS["Risk"]}
    result = assess_patterns(
        "AAPL", "1d", TIMES, [pattern], [range_of()], [reading_of(kind)], volume_of(1.0), portfolio, SETTINGS, only_risk
    )

    assert len(result.signals) + len(result.rejections) == 1
    assert result.failed == ()
    for found in result.signals:
        table = SETTINGS.per_pattern[kind]
        terms = terms_of(pattern)
        assert found.position_size == found.position_size.to_integral_value() >= 1
        assert found.risk_amount == found.position_size * terms.distance <= equity * table.risk_pct / 100
        assert found.position_size * terms.entry <= equity * Decimal("0.2")
        heat = sum((item.risk_amount for item in held), Decimal(0)) + found.risk_amount
        assert heat <= equity / 10
        assert heat <= equity * 6 / 100, "all symbols share the unknown sector"
        assert len({item.campaign_id for item in held} | {found.campaign_id}) <= 3
        assert table.min_r <= abs(terms.target - terms.entry) / terms.distance <= table.max_r
        one_more = (found.position_size + 1) * terms.distance > cut(equity * table.risk_pct / 100, Decimal("0.01"))
        assert one_more or (found.position_size + 1) * terms.entry > equity * Decimal("0.2")


@given(st.decimals("0.01", "1e9", places=2), st.decimals("0.00000001", "1e6", places=8))
def test_whole_steps_are_never_too_many(amount: Decimal, unit: Decimal) -> None:
    steps = whole_steps(amount, unit, Decimal("0.01"))

    assert steps * unit <= amount < (steps + Decimal("0.01")) * unit


@given(st.floats(1e-7, 1e14))
def test_prices_keep_eight_places(value: float) -> None:
    assert abs(exact_price(value) - Decimal(value)) <= max(Decimal("0.000000005"), Decimal(value) * Decimal("1e-15"))


def test_coins_are_sized_in_hundredths() -> None:
    found = signal(assess(LPS, symbol="BTC/USD"))

    assert (found.asset_class, found.position_size_unit) == (AssetClass.CRYPTO, SizeUnit.CONTRACTS)
    assert found.position_size == Decimal("159.09")
