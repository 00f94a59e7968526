"""The gates of the Volume, Phase, Levels and Strategy steps at their edges."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from services.risk.config import RiskSettings
from tests.unit.risk.cases import (
    BAR,
    DAY_MS,
    KINDS,
    KNOWN,
    TIMES,
    assess,
    pattern_of,
    range_of,
    reading_of,
    rejection,
    signal,
)
from wyckoff.model.kinds import MarketRegime, PatternType, Phase, Side
from wyckoff.model.portfolio import Campaign, CampaignStatus, default_portfolio
from wyckoff.model.signals import ValidationStatus

SPRING, UTAD, SOS, SOW = PatternType.SPRING, PatternType.UTAD, PatternType.SOS, PatternType.SOW
LPS, LPSY = PatternType.LPS, PatternType.LPSY


@pytest.mark.parametrize(
    ("kind", "enough", "too_much"),
    [
        (SPRING, 0.69, 0.70),
        (SOS, 1.50, 1.49),
        (SOW, 1.50, 1.49),
        (LPS, 0.99, 1.00),
        (LPSY, 0.99, 1.00),
        (UTAD, 1.50, 1.49),
    ],
)
def test_volume_at_its_limit(kind: PatternType, enough: float, too_much: float) -> None:
    signal(assess(kind, ratio=enough))
    found = rejection(assess(kind, ratio=too_much))

    assert found.stage == "Volume"
    assert found.actual == too_much
    assert found.threshold is not None
    assert found.near_miss


def test_the_noise_of_a_mean_does_not_move_the_limit() -> None:
    assert rejection(assess(SPRING, ratio=0.7 - 1e-12)).stage == "Volume"
    signal(assess(SOS, ratio=1.5 - 1e-12))


def test_a_far_miss_is_not_near() -> None:
    assert not rejection(assess(SPRING, ratio=1.4)).near_miss


@pytest.mark.parametrize("kind", KINDS)
def test_unknown_volume_fails_and_says_unknown(kind: PatternType) -> None:
    found = rejection(assess(kind, ratio=float("nan")))

    assert (found.stage, found.actual) == ("Volume", None)
    assert "unknown" in found.reason


@pytest.mark.parametrize(("test_ratio", "passes"), [(0.449, True), (0.45, False), (0.6, False)])
def test_the_test_is_quieter_than_its_spring(test_ratio: float, passes: bool) -> None:
    result = assess(SPRING, pattern=pattern_of(SPRING, test_volume_ratio=test_ratio))

    assert bool(result.signals) is passes
    assert all(item.stage == "Volume" and item.threshold == 0.45 for item in result.rejections)


@pytest.mark.parametrize("ratio", [None, float("nan")])
def test_unknown_volume_of_the_test_fails(ratio: float | None) -> None:
    found = rejection(assess(SPRING, pattern=pattern_of(SPRING, test_volume_ratio=ratio)))

    assert found.stage == "Volume"
    assert "unknown" in found.reason


@pytest.mark.parametrize("kind", [SPRING, UTAD])
def test_an_untested_shakeout_is_refused(kind: PatternType) -> None:
    found = rejection(assess(kind, pattern=pattern_of(kind, tested=False, test_volume_ratio=None)))

    assert found.stage == "Phase"
    assert "not tested" in found.reason


def test_an_upthrust_passes_on_effort_or_without_demand_but_not_in_between() -> None:
    pattern = pattern_of(UTAD, test_volume_ratio=0.2)

    signal(assess(UTAD, ratio=1.5, pattern=pattern))
    signal(assess(UTAD, ratio=0.69, pattern=pattern))
    assert rejection(assess(UTAD, ratio=0.7, pattern=pattern)).stage == "Volume"
    assert rejection(assess(UTAD, ratio=1.49, pattern=pattern)).stage == "Volume"
    strict = RiskSettings(accept_upthrust_without_demand=False)
    assert rejection(assess(UTAD, ratio=0.4, pattern=pattern, settings=strict)).stage == "Volume"


def test_currency_pairs_have_gates_of_their_own() -> None:
    found = rejection(assess(SOS, ratio=1.7, symbol="EUR/USD"))

    assert (found.stage, found.threshold) == ("Volume", 1.8)
    assert rejection(assess(UTAD, ratio=2.4, symbol="EUR/USD")).threshold == 2.5


@pytest.mark.parametrize(
    ("kind", "phase", "confidence", "status"),
    [
        (SPRING, Phase.C, 70, ValidationStatus.PASS),
        (SPRING, Phase.C, 69, ValidationStatus.FAIL),
        (SPRING, Phase.D, 90, ValidationStatus.WARN),
        (SPRING, Phase.B, 90, ValidationStatus.FAIL),
        (UTAD, Phase.C, 90, ValidationStatus.PASS),
        (SOS, Phase.D, 70, ValidationStatus.PASS),
        (SOS, Phase.C, 85, ValidationStatus.WARN),
        (SOS, Phase.C, 84, ValidationStatus.FAIL),
        (SOW, Phase.C, 85, ValidationStatus.WARN),
        (SOS, Phase.E, 90, ValidationStatus.FAIL),
        (LPS, Phase.D, 90, ValidationStatus.PASS),
        (LPSY, Phase.E, 90, ValidationStatus.PASS),
        (LPS, Phase.C, 99, ValidationStatus.FAIL),
        (LPS, Phase.A, 99, ValidationStatus.FAIL),
    ],
)
def test_pattern_and_phase_have_to_fit(
    kind: PatternType, phase: Phase, confidence: int, status: ValidationStatus
) -> None:
    result = assess(kind, reading=reading_of(kind, phase, confidence))
    chain = (result.signals or result.rejections)[0].validation_chain

    assert chain.results[1].stage == "Phase"
    assert chain.results[1].status is status
    assert bool(chain.results[1].reason) is (status is not ValidationStatus.PASS)


def test_phase_b_is_not_traded_early() -> None:
    found = rejection(assess(LPS, reading=reading_of(LPS, Phase.B, 90, b_bars=9)))

    assert (found.threshold, found.actual) == (10, 9)


def test_the_phase_is_the_one_known_then() -> None:
    assert signal(assess(LPS)).phase is Phase.E
    early = pattern_of(LPS, known_at_index=40, bar_index=BAR)
    assert "no phase was known" in rejection(assess(LPS, pattern=early)).reason
    late = pattern_of(LPS, known_at_index=95)
    assert rejection(assess(LPS, pattern=late)).stage == "Phase"


def test_a_structure_of_the_other_side_is_refused() -> None:
    before, after = reading_of(LPS).states
    reading = replace(reading_of(LPS), states=(replace(before, side=Side.DISTRIBUTION), after))

    assert "belongs to accumulation" in rejection(assess(LPS, reading=reading)).reason


def test_a_side_that_was_read_later_does_not_count() -> None:
    """The verdict on a pattern is of the bar at which it was known, whatever the structure became."""
    before, after = reading_of(LPS).states
    states = (before, replace(after, side=Side.DISTRIBUTION))

    assert assess(LPS, reading=replace(reading_of(LPS), side=Side.DISTRIBUTION, states=states)) == assess(LPS)


def test_a_failed_structure_is_refused_from_its_failure_on() -> None:
    def failed_at(index: int) -> object:
        return replace(reading_of(LPS), failed_at_index=index, failure_reason="breakdown")

    assert "had failed: breakdown" in rejection(assess(LPS, reading=failed_at(KNOWN))).reason  # type: ignore[arg-type]
    signal(assess(LPS, reading=failed_at(KNOWN + 1)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "threshold"),
    [
        ({"ice_strength": 59}, 60),
        ({"creek_strength": 59}, 60),
        ({"duration_bars": 14, "jump_factor": 0.0}, 15),
        ({"jump_factor": 2.5}, 3.0),
        ({"jump_factor": float("nan")}, 3.0),
    ],
)
def test_levels_just_short(change: dict[str, object], threshold: float) -> None:
    found = rejection(assess(LPS, trading_range=range_of(**change)))

    assert (found.stage, found.threshold, found.actual is None) == ("Levels", threshold, False)


def test_a_range_at_its_limits_passes() -> None:
    signal(assess(LPS, trading_range=range_of(ice_strength=60, creek_strength=60)))


def test_a_narrow_range_and_an_unknown_one_are_refused() -> None:
    narrow = replace(range_of(), creek=102.9)
    found = rejection(assess(LPS, trading_range=narrow))

    assert (found.stage, found.threshold) == ("Levels", 0.03)
    assert found.actual == pytest.approx(0.029)
    other = replace(range_of(), range_id="range-2")
    assert "no range was known" in rejection(assess(LPS, trading_range=other)).reason


@pytest.mark.parametrize(("target", "stage"), [(109.0, "Levels"), (171.0, "Levels"), (133.0, None)])
def test_the_target_has_to_be_plausible(target: float, stage: str | None) -> None:
    result = assess(LPS, pattern=pattern_of(LPS, target_price=target))

    assert [item.stage for item in result.rejections] == ([stage] if stage else [])
    if stage is None:
        assert any("projected move" in text for text in signal(result).validation_chain.warnings)


def test_a_shakeout_in_high_volatility_is_refused() -> None:
    found = rejection(assess(UTAD, pattern=pattern_of(UTAD, regime=MarketRegime.HIGH_VOLATILITY)))

    assert found.stage == "Strategy"


def test_a_breakout_better_entered_later_says_so() -> None:
    plain = assess(SOS, pattern=pattern_of(SOS, confidence=79))
    assert any("LPS is the better entry" in text for text in signal(plain).validation_chain.warnings)
    assert any("better entry" in text for text in signal(assess(SOW, ratio=1.9)).validation_chain.warnings)
    assert not any("better entry" in text for text in signal(assess(SOS)).validation_chain.warnings)
    strict = RiskSettings(refuse_weak_direct_entry=True)
    assert rejection(assess(SOS, ratio=1.9, settings=strict)).stage == "Strategy"
    signal(assess(SOS, settings=strict))


def test_a_sure_pattern_overrides_remarks() -> None:
    sure = signal(assess(LPS, pattern=pattern_of(LPS, confidence=90))).validation_chain.results[-1]

    assert sure.status is ValidationStatus.PASS
    assert next(item.value for item in sure.evidence if item.name == "remarks_overridden") == 1


@pytest.mark.parametrize(("days", "passes"), [(4.9, False), (5.0, True), (-1.0, True)])
def test_an_invalidated_campaign_rests(days: float, passes: bool) -> None:
    decided = TIMES[KNOWN] + DAY_MS
    campaign = Campaign(
        "AAPL-2024-01-11",
        "AAPL",
        CampaignStatus.INVALIDATED,
        0,
        Decimal(0),
        invalidated_time_ms=int(decided - days * DAY_MS),
    )
    portfolio = replace(default_portfolio(), campaigns=(campaign,))

    assert bool(assess(LPS, portfolio=portfolio).signals) is passes


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "fault",
    [
        {"ratio": 1.2},
        {"portfolio": default_portfolio(Decimal(-5))},
        {"trading_range": range_of(creek_strength=1)},
    ],
)
def test_every_rejection_says_where_and_why(kind: PatternType, fault: dict[str, object]) -> None:
    found = rejection(assess(kind, **fault))  # type: ignore[arg-type]

    assert found.stage in ("Volume", "Phase", "Levels", "Risk", "Strategy")
    assert len(found.reason) > 10
    assert found.validation_chain.results[-1].status is ValidationStatus.FAIL
    assert found.campaign_id == "AAPL-2024-01-11"
