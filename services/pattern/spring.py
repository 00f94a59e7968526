"""Spring: a dip below the ice on little volume that comes back and is tested; long."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from services.pattern.facing import LONG
from services.pattern.shakeout import Shakeout, detect_shakeouts
from wyckoff.model.kinds import EventType, PatternType

if TYPE_CHECKING:
    from services.pattern.config import PatternSettings
    from services.pattern.scene import Scene
    from wyckoff.model.patterns import Pattern

SPRING: Final = Shakeout(PatternType.SPRING, LONG, EventType.SPRING, heavy_volume=False)


def detect(scene: Scene, settings: PatternSettings) -> tuple[Pattern, ...]:
    """All springs, tested or with the time for a test over."""
    return detect_shakeouts(SPRING, scene, settings)
