"""The chain: Volume, Phase, Levels, Risk, Strategy. A FAIL ends it, remarks are collected."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from services.risk.levels import validate_levels
from services.risk.phase import validate_phase
from services.risk.risk import validate_risk
from services.risk.strategy import validate_strategy
from services.risk.verdict import Verdict, failed
from services.risk.volume import validate_volume
from wyckoff.model.isolation import run_isolated
from wyckoff.model.signals import ValidationChain, ValidationResult, ValidationStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from services.risk.case import Case
    from services.risk.sizing import PositionSize
    from wyckoff.model.evidence import FailedDetector

    Validator = Callable[[Case], Verdict]

VALIDATORS: Final[Mapping[str, Validator]] = {
    "Volume": validate_volume,
    "Phase": validate_phase,
    "Levels": validate_levels,
    "Risk": validate_risk,
    "Strategy": validate_strategy,
}


@dataclass(frozen=True, slots=True)
class ChainOutcome:
    """The chain, the verdict that ended it with a FAIL, the size from the Risk step, and a validator that raised."""

    chain: ValidationChain
    refusal: Verdict | None
    size: PositionSize | None
    failed: FailedDetector | None


def run_chain(case: Case, validators: Mapping[str, Validator] = VALIDATORS) -> ChainOutcome:
    """Runs the steps in order; one that raises is a FAIL of its stage and is reported."""
    results: list[ValidationResult] = []
    size: PositionSize | None = None
    for stage, validator in validators.items():
        verdict, failure = run_isolated(f"risk.{stage.lower()}", partial(validator, case))
        if verdict is None:
            verdict = failed(f"the {stage} check itself failed ({failure.error if failure else 'no verdict'})")
        results.append(
            ValidationResult(
                stage=stage,
                status=verdict.status,
                reason=verdict.reason,
                validator_id=f"{stage.upper()}_VALIDATOR",
                evidence=verdict.evidence,
                timestamp_ms=case.decided_at_ms,
            )
        )
        if verdict.status is ValidationStatus.FAIL:
            return ChainOutcome(_chain(results), verdict, None, failure)
        size = verdict.size or size
    return ChainOutcome(_chain(results), None, size, None)


def _chain(results: list[ValidationResult]) -> ValidationChain:
    statuses = {result.status for result in results}
    last = results[-1]
    refused = last.status is ValidationStatus.FAIL
    worst = next(
        (status for status in (ValidationStatus.FAIL, ValidationStatus.WARN) if status in statuses),
        ValidationStatus.PASS,
    )
    return ValidationChain(
        results=tuple(results),
        overall_status=worst,
        rejection_stage=last.stage if refused else "",
        rejection_reason=last.reason if refused else "",
        warnings=tuple(
            f"{result.stage}: {result.reason}" for result in results if result.status is ValidationStatus.WARN
        ),
    )
