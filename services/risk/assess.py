"""Every pattern becomes exactly one signal or one rejection.

Each pattern is judged by itself against the account as it is: signals of one call do not add to each other's
heat, because none of them is a position yet. A pattern that is withdrawn later keeps its signal, because the
trade was justified when it was known; what history looked like must not depend on what came after.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import localcontext
from functools import partial
from typing import TYPE_CHECKING

from services.risk.case import make_case
from services.risk.chain import VALIDATORS, run_chain
from services.risk.money import CONTEXT
from services.risk.signal import make_rejection, make_signal
from services.risk.verdict import failed
from wyckoff.model.isolation import run_isolated
from wyckoff.model.signals import SYSTEM_STAGE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from services.risk.case import Case
    from services.risk.chain import Validator
    from services.risk.config import RiskSettings
    from wyckoff.model.evidence import FailedDetector
    from wyckoff.model.patterns import Pattern
    from wyckoff.model.phases import PhaseReading
    from wyckoff.model.portfolio import Portfolio
    from wyckoff.model.ranges import TradingRange
    from wyckoff.model.signals import Rejection, TradeSignal
    from wyckoff.model.volume import VolumeAnalysis


@dataclass(frozen=True, slots=True)
class AssessmentResult:
    """Signals and rejections in the order of the patterns; ``failed`` names validators that raised."""

    signals: tuple[TradeSignal, ...]
    rejections: tuple[Rejection, ...]
    failed: tuple[FailedDetector, ...]


def assess_patterns(
    symbol: str,
    timeframe: str,
    open_time_ms: Sequence[int],
    patterns: Sequence[Pattern],
    ranges: Sequence[TradingRange],
    phases: Sequence[PhaseReading],
    volume: VolumeAnalysis,
    portfolio: Portfolio,
    settings: RiskSettings,
    validators: Mapping[str, Validator] = VALIDATORS,
) -> AssessmentResult:
    """Runs the chain over every pattern. ``open_time_ms`` and ``volume`` have one value a bar.

    Raises ValueError for a timeframe that is none, and IndexError for a pattern outside of the bars.
    """
    ranges_by_id = {item.range_id: item for item in ranges}
    readings_by_id = {item.range_id: item for item in phases}
    signals: list[TradeSignal] = []
    rejections: list[Rejection] = []
    failures: list[FailedDetector] = []
    with localcontext(CONTEXT):
        for pattern in patterns:
            case = make_case(
                symbol,
                timeframe,
                open_time_ms,
                pattern,
                ranges_by_id.get(pattern.range_id),
                readings_by_id.get(pattern.range_id),
                volume,
                portfolio,
                settings,
            )
            signal, rejection, failure = _assess(case, validators)
            if signal is not None:
                signals.append(signal)
            if rejection is not None:
                rejections.append(rejection)
            if failure is not None:
                failures.append(failure)
    return AssessmentResult(tuple(signals), tuple(rejections), tuple(failures))


def _assess(
    case: Case, validators: Mapping[str, Validator]
) -> tuple[TradeSignal | None, Rejection | None, FailedDetector | None]:
    outcome = run_chain(case, validators)
    if outcome.refusal is not None:
        stage = outcome.chain.rejection_stage
        return None, make_rejection(case, outcome.chain, stage, outcome.refusal), outcome.failed
    signal, failure = run_isolated("risk.signal", partial(make_signal, case, outcome))
    if signal is not None:
        return signal, None, None
    refusal = failed(f"the signal could not be made ({failure.error if failure else 'no signal'})")
    return None, make_rejection(case, outcome.chain, SYSTEM_STAGE, refusal), failure
