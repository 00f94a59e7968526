"""Last point of support: the pullback to the creek after a sign of strength; long."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from services.pattern.facing import LONG
from services.pattern.last_point import LastPoint, detect_last_points
from wyckoff.model.kinds import EventType, PatternType

if TYPE_CHECKING:
    from services.pattern.config import PatternSettings
    from services.pattern.scene import Scene
    from wyckoff.model.patterns import Pattern

LPS: Final = LastPoint(PatternType.LPS, LONG, EventType.LPS, breakout=EventType.SOS)


def detect(scene: Scene, settings: PatternSettings) -> tuple[Pattern, ...]:
    """All last points of support."""
    return detect_last_points(LPS, scene, settings)
