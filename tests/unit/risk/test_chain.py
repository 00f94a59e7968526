"""The chain as a whole: order, early end, isolation, identity."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from services.risk.assess import assess_patterns
from services.risk.chain import VALIDATORS
from services.risk.config import RiskSettings
from tests.unit.risk.cases import (
    KINDS,
    SETTINGS,
    TIMES,
    assess,
    pattern_of,
    range_of,
    reading_of,
    rejection,
    signal,
    volume_of,
)
from wyckoff.model.kinds import PatternType, Phase
from wyckoff.model.portfolio import default_portfolio
from wyckoff.model.signals import SignalStatus, ValidationStatus

if TYPE_CHECKING:
    from services.risk.case import Case
    from services.risk.verdict import Verdict

ORDER = ["Volume", "Phase", "Levels", "Risk", "Strategy"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_good_case_of_every_kind_is_a_signal(kind: PatternType) -> None:
    found = signal(assess(kind))

    assert found.pattern_type is kind
    assert found.status is SignalStatus.APPROVED
    assert [step.stage for step in found.validation_chain.results] == ORDER
    assert found.validation_chain.overall_status is not ValidationStatus.FAIL
    assert found.campaign_id == "AAPL-2024-01-11"
    assert found.timestamp_ms == TIMES[66]
    assert found.position_size >= 1
    assert 70 <= found.confidence_score <= 95


#: One fault a stage; each case below has the faults of its own stage and of all later ones.
FAULTS: dict[str, dict[str, object]] = {
    "Volume": {"ratio": 0.9},
    "Phase": {"reading": reading_of(PatternType.SPRING, Phase.A)},
    "Levels": {"trading_range": range_of(ice_strength=59)},
    "Risk": {"portfolio": default_portfolio(Decimal(0))},
    "Strategy": {"pattern": pattern_of(PatternType.SPRING, confidence=60)},
}


@pytest.mark.parametrize("stage", ORDER)
def test_the_first_fault_in_the_order_ends_the_chain(stage: str) -> None:
    later = ORDER[ORDER.index(stage) :]
    faults = {key: value for name in later for key, value in FAULTS[name].items()}

    found = rejection(assess(PatternType.SPRING, **faults))  # type: ignore[arg-type]

    assert found.stage == stage
    assert [step.stage for step in found.validation_chain.results] == ORDER[: ORDER.index(stage) + 1]
    assert found.validation_chain.rejection_stage == stage
    assert found.validation_chain.rejection_reason == found.reason != ""


def test_a_validator_that_raises_fails_its_stage_and_is_reported() -> None:
    def broken(case: Case) -> Verdict:
        raise KeyError(case.symbol)

    result = assess_patterns(
        "AAPL",
        "1d",
        TIMES,
        [pattern_of(PatternType.SPRING), pattern_of(PatternType.LPS)],
        [range_of()],
        [reading_of(PatternType.SPRING)],
        volume_of(0.45),
        default_portfolio(),
        SETTINGS,
        {**VALIDATORS, "Levels": broken},
    )

    assert [item.stage for item in result.rejections] == ["Levels", "Phase"]
    assert "KeyError" in result.rejections[0].reason
    assert [item.detector for item in result.failed] == ["risk.levels"]


def test_a_chain_without_sizing_is_a_system_rejection() -> None:
    validators = {name: step for name, step in VALIDATORS.items() if name != "Risk"}
    result = assess_patterns(
        "AAPL",
        "1d",
        TIMES,
        [pattern_of(PatternType.SPRING)],
        [range_of()],
        [reading_of(PatternType.SPRING)],
        volume_of(0.45),
        default_portfolio(),
        SETTINGS,
        validators,
    )

    assert [item.stage for item in result.rejections] == ["SYSTEM"]
    assert [item.detector for item in result.failed] == ["risk.signal"]


def test_remarks_are_collected_with_their_stage() -> None:
    chain = signal(assess(PatternType.SOS, pattern=pattern_of(PatternType.SOS, target_price=134.0))).validation_chain

    assert chain.overall_status is ValidationStatus.WARN
    assert any(text.startswith("Risk: reward over risk is") for text in chain.warnings)
    assert any(text.startswith("Strategy: no calendar") for text in chain.warnings)


def test_another_equity_makes_the_same_signal_of_another_size() -> None:
    small, large = (
        signal(assess(PatternType.LPS, portfolio=default_portfolio(Decimal(equity)))) for equity in (20_000, 200_000)
    )

    assert small.signal_id == large.signal_id
    assert small.position_size < large.position_size


def test_other_terms_make_another_signal() -> None:
    moved = signal(assess(PatternType.LPS, pattern=pattern_of(PatternType.LPS, stop_loss=106.5)))

    assert moved.signal_id != signal(assess(PatternType.LPS)).signal_id


def test_a_pattern_withdrawn_later_keeps_its_signal() -> None:
    withdrawn = replace(pattern_of(PatternType.LPS), withdrawn_at_index=100, reason="fell back")

    assert signal(assess(PatternType.LPS, pattern=withdrawn)) == signal(assess(PatternType.LPS))


def test_confidence_is_weighted_cut_and_clamped() -> None:
    # 0.5 * 85 + 0.3 * 88 + 0.2 * 90 (volume 0.45) = 86.9
    parts = signal(assess(PatternType.SPRING)).confidence_components
    assert (parts.pattern, parts.phase, parts.volume, parts.overall) == (85, 88, 90, 86)

    sure = assess(
        PatternType.SPRING,
        pattern=pattern_of(PatternType.SPRING, confidence=100),
        reading=reading_of(PatternType.SPRING, confidence=100),
        ratio=0.35,
    )
    assert signal(sure).confidence_score == 95


def test_overall_confidence_below_the_minimum_is_refused() -> None:
    found = rejection(
        assess(
            PatternType.LPS,
            pattern=pattern_of(PatternType.LPS, confidence=70),
            reading=reading_of(PatternType.LPS, confidence=70),
            ratio=0.3,
        )
    )

    assert (found.stage, found.threshold, found.actual, found.near_miss) == ("Strategy", 70, 66, True)


def test_targets_and_trailing_stop() -> None:
    targets = signal(assess(PatternType.SPRING)).target_levels

    assert targets.primary_target == 140
    assert targets.secondary_targets == (Decimal(120),)
    assert targets.trailing_stop_activation == 120
    assert targets.trailing_stop_offset == 4


def test_priority_ranks_spring_over_last_point_over_breakout() -> None:
    settings = RiskSettings()
    ranks = [signal(assess(kind, settings=settings)).priority for kind in (PatternType.SPRING, PatternType.LPS)]

    # confidence 86: 0.64 of its weight, reward 9.9 all of it, rank all of it
    assert ranks[0] == pytest.approx(100 * (0.40 * 0.64 + 0.30 + 0.30))
    assert ranks[0] > ranks[1] > signal(assess(PatternType.SOS)).priority


def test_the_last_bar_that_has_a_date_is_judged_too() -> None:
    last = 253_402_214_400_000
    times = [last - (66 - index) * 86_400_000 for index in range(120)]

    assert signal(assess(PatternType.LPS, times=times)).validation_chain.results[0].timestamp_ms == last + 86_399_999
