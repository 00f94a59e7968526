"""Last point of supply: the rally back to the ice after a sign of weakness; short."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from services.pattern.facing import SHORT
from services.pattern.last_point import LastPoint, detect_last_points
from wyckoff.model.kinds import EventType, PatternType

if TYPE_CHECKING:
    from services.pattern.config import PatternSettings
    from services.pattern.scene import Scene
    from wyckoff.model.patterns import Pattern

LPSY: Final = LastPoint(PatternType.LPSY, SHORT, EventType.LPSY, breakout=EventType.SOW)


def detect(scene: Scene, settings: PatternSettings) -> tuple[Pattern, ...]:
    """All last points of supply."""
    return detect_last_points(LPSY, scene, settings)
