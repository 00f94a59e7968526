"""How often set-ups like one were right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wyckoff.model.curve import said_pct
from wyckoff.model.kinds import PatternType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wyckoff.model.curve import Curve
    from wyckoff.model.phases import StructureEvent

#: The pattern of an accumulation whose curve the mirror shares.
UPRIGHT: Final = {
    PatternType.SPRING: PatternType.SPRING,
    PatternType.UTAD: PatternType.SPRING,
    PatternType.SOS: PatternType.SOS,
    PatternType.SOW: PatternType.SOS,
    PatternType.LPS: PatternType.LPS,
    PatternType.LPSY: PatternType.LPS,
}


def mixed_points(event_confidence: float, confidence: float) -> float:
    """Two parts the confidence of the event, one part the points of the set-up."""
    return (2.0 * event_confidence + confidence) / 3.0


def is_measured(event: StructureEvent) -> bool:
    """Whether the confidence of ``event`` is a share that was right; under the profile ``classic`` it is points."""
    return any(item.name == "structure_points" for item in event.evidence)


def probability_pct(
    kind: PatternType, event_confidence: int, confidence: int, curves: Mapping[PatternType, Curve]
) -> int:
    """Share of set-ups of ``kind`` that are right, 1 to 99 percent; measured, see docs/evaluation.md."""
    return said_pct(curves[UPRIGHT[kind]].at(mixed_points(event_confidence, confidence)))
