"""Sign of strength: a close beyond the creek with effort, entered directly; long."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from services.pattern.breakout import Breakout, detect_breakouts
from services.pattern.facing import LONG
from wyckoff.model.kinds import EventType, PatternType

if TYPE_CHECKING:
    from services.pattern.config import PatternSettings
    from services.pattern.scene import Scene
    from wyckoff.model.patterns import Pattern

SOS: Final = Breakout(PatternType.SOS, LONG, EventType.SOS, last_point=EventType.LPS)


def detect(scene: Scene, settings: PatternSettings) -> tuple[Pattern, ...]:
    """All signs of strength."""
    return detect_breakouts(SOS, scene, settings)
