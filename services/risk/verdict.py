"""What a validator says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wyckoff.model.signals import ValidationStatus

if TYPE_CHECKING:
    from decimal import Decimal

    from services.risk.sizing import PositionSize
    from wyckoff.model.evidence import Evidence

#: A miss by no more than this fraction of the threshold is near.
NEAR_MISS_FRACTION: Final = 0.10


@dataclass(frozen=True, slots=True)
class Verdict:
    """Outcome of one step. ``threshold`` and ``actual`` belong to a FAIL that is a matter of number."""

    status: ValidationStatus
    reason: str = ""
    evidence: tuple[Evidence, ...] = ()
    threshold: float | None = None
    actual: float | None = None
    size: PositionSize | None = None

    @property
    def near_miss(self) -> bool:
        if self.threshold is None or self.actual is None:
            return False
        return abs(self.actual - self.threshold) <= NEAR_MISS_FRACTION * abs(self.threshold)


def passed(evidence: tuple[Evidence, ...] = (), remarks: tuple[str, ...] = ()) -> Verdict:
    """PASS, or WARN when there are remarks."""
    if remarks:
        return Verdict(ValidationStatus.WARN, "; ".join(remarks), evidence)
    return Verdict(ValidationStatus.PASS, evidence=evidence)


def failed(
    reason: str,
    threshold: float | Decimal | None = None,
    actual: float | Decimal | None = None,
    evidence: tuple[Evidence, ...] = (),
) -> Verdict:
    """FAIL; ``reason`` says what was measured and what would be enough."""
    return Verdict(
        ValidationStatus.FAIL,
        reason,
        evidence,
        None if threshold is None else float(threshold),
        None if actual is None else float(actual),
    )


def shown(value: float | Decimal) -> str:
    """A number for people: up to four decimals, none of them superfluous."""
    text = f"{value:.4f}".rstrip("0").rstrip(".")
    return "0" if text in ("", "-0") else text


def percent(fraction: float | Decimal) -> str:
    """A fraction as percent, for people."""
    return f"{shown(fraction * 100)} %"
