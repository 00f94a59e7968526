"""A tradable case of every pattern, one field away from being refused."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np

from services.risk.assess import assess_patterns
from services.risk.config import RiskSettings
from wyckoff.model.evidence import Evidence
from wyckoff.model.kinds import Direction, EntryOrder, MarketRegime, PatternType, Phase, RangeStatus, Side
from wyckoff.model.patterns import Pattern
from wyckoff.model.phases import PhaseReading, PhaseState
from wyckoff.model.portfolio import Portfolio, Position, default_portfolio
from wyckoff.model.ranges import QualityComponents, RangeRevision, TradingRange
from wyckoff.model.volume import VolumeAnalysis

if TYPE_CHECKING:
    from services.risk.assess import AssessmentResult
    from wyckoff.model.signals import Rejection, TradeSignal

DAY_MS = 86_400_000
COUNT = 120
#: 2024-01-01, daily.
TIMES = [1_704_067_200_000 + DAY_MS * index for index in range(COUNT)]
SETTINGS = RiskSettings()
BAR, KNOWN = 60, 66

#: Entry, stop and phase of a long of each kind over a range from 100 to 110 with its jump at 140.
LONGS = {
    PatternType.SPRING: (100.5, 96.5, Phase.C, 0.45),
    PatternType.SOS: (112.0, 104.5, Phase.D, 2.2),
    PatternType.LPS: (111.1, 106.7, Phase.E, 0.7),
}
#: The same upside down, around 105.
SHORTS = {
    PatternType.UTAD: (109.5, 113.5, Phase.C, 1.8),
    PatternType.SOW: (98.0, 105.5, Phase.D, 2.2),
    PatternType.LPSY: (98.9, 103.3, Phase.E, 0.7),
}
KINDS = tuple({**LONGS, **SHORTS})


def pattern_of(kind: PatternType, **changes: object) -> Pattern:
    """A pattern that passes every gate."""
    entry, stop, phase, _ = {**LONGS, **SHORTS}[kind]
    shakeout = kind in (PatternType.SPRING, PatternType.UTAD)
    pattern = Pattern(
        pattern_id=f"pattern-{kind}",
        type=kind,
        range_id="range-1",
        direction=Direction.LONG if kind in LONGS else Direction.SHORT,
        bar_index=BAR,
        known_at_index=KNOWN,
        entry_price=entry,
        stop_loss=stop,
        target_price=140.0 if kind in LONGS else 70.0,
        r_multiple=0.0,
        confidence=85,
        evidence=(Evidence("penetration_pct", 0.015, 0.05, met=True),),
        phase=phase,
        phase_confidence=88,
        entry_order=EntryOrder.LIMIT,
        regime=MarketRegime.SIDEWAYS if shakeout else MarketRegime.UNSPECIFIED,
        tested=True,
        test_volume_ratio=0.3 if shakeout else None,
        secondary_targets=(120.0,) if kind in LONGS else (90.0,),
    )
    return replace(pattern, **changes)  # type: ignore[arg-type]


def range_of(**changes: object) -> TradingRange:
    """A strong range, whose revision at bar 90 is too late to be known."""
    strong = RangeRevision(
        known_at_index=30,
        status=RangeStatus.ACTIVE,
        duration_bars=45,
        quality=QualityComponents(30, 25, 15, 10),
        ice_strength=75,
        creek_strength=75,
        ice_touches=3,
        creek_touches=3,
        jump_up=140.0,
        jump_down=70.0,
        jump_factor=3.0,
        reason="length",
    )
    revision = replace(strong, **changes)  # type: ignore[arg-type]
    weak = replace(strong, known_at_index=90, ice_strength=0, creek_strength=0)
    return TradingRange(
        range_id="range-1",
        side=Side.UNDETERMINED,
        start_index=10,
        end_index=100,
        known_at_index=30,
        ice=100.0,
        creek=110.0,
        jump=130.0,
        status=RangeStatus.ACTIVE,
        climax_index=None,
        climax_price=None,
        reaction_index=None,
        reaction_price=None,
        zones=(),
        revisions=(revision, weak),
    )


def reading_of(kind: PatternType, phase: Phase | None = None, confidence: int = 88, b_bars: int = 20) -> PhaseReading:
    """A reading whose state at bar 90 is too late to be known."""
    now = phase or {**LONGS, **SHORTS}[kind][2]
    side = Side.ACCUMULATION if kind in LONGS else Side.DISTRIBUTION
    return PhaseReading(
        range_id="range-1",
        side=side,
        phase=Phase.A,
        sub_phase="",
        confidence=10,
        segments=(),
        events=(),
        states=(
            PhaseState(50, now, 50, confidence, b_bars, "event", side),
            PhaseState(90, Phase.A, 90, 10, 0, "breakdown", side),
        ),
    )


def volume_of(ratio: float) -> VolumeAnalysis:
    ratios = np.ones(COUNT)
    ratios[BAR] = ratio
    return VolumeAnalysis(ratios, np.ones(COUNT), np.full(COUNT, 0.8), np.ones(COUNT, dtype=np.int64))


def assess(
    kind: PatternType,
    *,
    pattern: Pattern | None = None,
    ratio: float | None = None,
    trading_range: TradingRange | None = None,
    reading: PhaseReading | None = None,
    portfolio: Portfolio | None = None,
    settings: RiskSettings = SETTINGS,
    symbol: str = "AAPL",
    timeframe: str = "1d",
    times: list[int] | None = None,
) -> AssessmentResult:
    """The case of a kind with what is given changed."""
    return assess_patterns(
        symbol,
        timeframe,
        times or TIMES,
        [pattern or pattern_of(kind)],
        [trading_range or range_of()],
        [reading or reading_of(kind)],
        volume_of({**LONGS, **SHORTS}[kind][3] if ratio is None else ratio),
        portfolio or default_portfolio(),
        settings,
    )


def signal(result: AssessmentResult) -> TradeSignal:
    assert [item.reason for item in result.rejections] == []
    assert result.failed == ()
    return result.signals[0]


def rejection(result: AssessmentResult) -> Rejection:
    assert result.signals == ()
    assert len(result.rejections) == 1
    return result.rejections[0]


def position(risk: str, *, symbol: str = "MSFT", campaign: str = "MSFT-2023-05-01", number: int = 0) -> Position:
    """An open position that risks so much money."""
    return Position(
        position_id=f"{campaign}-{number}",
        symbol=symbol,
        campaign_id=campaign,
        pattern_type=PatternType.LPS,
        direction=Direction.LONG,
        size=Decimal(100),
        entry_price=Decimal(50),
        stop_loss=Decimal(48),
        risk_amount=Decimal(risk),
    )
