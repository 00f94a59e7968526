"""Confidence of a signal: half the pattern, three tenths the phase, a fifth the volume."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wyckoff.model.kinds import PatternType
from wyckoff.model.signals import ConfidenceComponents

if TYPE_CHECKING:
    from services.risk.case import Case

PATTERN_TENTHS: Final = 5
PHASE_TENTHS: Final = 3
VOLUME_TENTHS: Final = 2

#: ``(from, to, score)``, both included; the first band that holds the ratio decides, else 50.
_INF = float("inf")
_SPRING: Final = ((0.0, 0.4, 100), (0.4, 0.5, 90), (0.5, 0.6, 75), (0.6, 0.85, 60))
_BREAKOUT: Final = ((2.0, _INF, 100), (1.8, _INF, 90), (1.6, _INF, 75), (1.5, _INF, 60))
_LAST_POINT: Final = ((0.6, 1.0, 100), (0.5, 1.2, 85), (0.4, 1.4, 70))
_UPTHRUST: Final = ((2.5, _INF, 100), (2.0, _INF, 90), (1.5, _INF, 80), (1.2, _INF, 70), *_SPRING)
VOLUME_BANDS: Final = {
    PatternType.SPRING: _SPRING,
    PatternType.UTAD: _UPTHRUST,
    PatternType.SOS: _BREAKOUT,
    PatternType.SOW: _BREAKOUT,
    PatternType.LPS: _LAST_POINT,
    PatternType.LPSY: _LAST_POINT,
}
OTHER_VOLUME_SCORE: Final = 50


def volume_score(kind: PatternType, ratio: float | None) -> int:
    """How well the volume fits the pattern, 0 to 100; 0 when unknown."""
    if ratio is None:
        return 0
    ratio = round(ratio, 9)
    return next((score for low, high, score in VOLUME_BANDS[kind] if low <= ratio <= high), OTHER_VOLUME_SCORE)


def confidence_of(case: Case) -> ConfidenceComponents:
    """The parts and the whole, cut to an integer and never above the maximum."""
    pattern, phase = case.pattern.confidence, case.state.confidence if case.state else 0
    volume = volume_score(case.pattern.type, case.volume.volume_ratio)
    # Tenths of integers, because 0.3 and 0.7 have no exact binary form.
    overall = (PATTERN_TENTHS * pattern + PHASE_TENTHS * phase + VOLUME_TENTHS * volume) // 10
    return ConfidenceComponents(pattern, phase, volume, min(overall, case.settings.max_confidence))
