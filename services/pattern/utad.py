"""Upthrust after distribution: the spring's mirror above the creek, where effort without result counts too; short."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from services.pattern.facing import SHORT
from services.pattern.shakeout import Shakeout, detect_shakeouts
from wyckoff.model.kinds import EventType, PatternType

if TYPE_CHECKING:
    from services.pattern.config import PatternSettings
    from services.pattern.scene import Scene
    from wyckoff.model.patterns import Pattern

UTAD: Final = Shakeout(PatternType.UTAD, SHORT, EventType.UTAD, heavy_volume=True)


def detect(scene: Scene, settings: PatternSettings) -> tuple[Pattern, ...]:
    """All upthrusts, tested or with the time for a test over."""
    return detect_shakeouts(UTAD, scene, settings)
