"""Rank among signals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wyckoff.model.kinds import PatternType

if TYPE_CHECKING:
    from decimal import Decimal

RANK: Final = {
    PatternType.SPRING: 1,
    PatternType.LPS: 2,
    PatternType.LPSY: 2,
    PatternType.SOS: 3,
    PatternType.SOW: 3,
    PatternType.UTAD: 4,
}


def priority(kind: PatternType, confidence: int, r_multiple: Decimal) -> float:
    """0 to 100: 40 % confidence over 70 to 95, 30 % reward over risk of 2 to 5, 30 % rank of the pattern."""
    sure = _clipped((confidence - 70) / 25)
    reward = _clipped((float(r_multiple) - 2) / 3)
    return round(100 * (0.40 * sure + 0.30 * reward + 0.30 * (4 - RANK[kind]) / 3), 6)


def _clipped(value: float) -> float:
    return min(1.0, max(0.0, value))
