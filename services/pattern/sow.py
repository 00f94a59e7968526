"""Sign of weakness: a close through the ice with effort, entered directly; short."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from services.pattern.breakout import Breakout, detect_breakouts
from services.pattern.facing import SHORT
from wyckoff.model.kinds import EventType, PatternType

if TYPE_CHECKING:
    from services.pattern.config import PatternSettings
    from services.pattern.scene import Scene
    from wyckoff.model.patterns import Pattern

SOW: Final = Breakout(PatternType.SOW, SHORT, EventType.SOW, last_point=EventType.LPSY)


def detect(scene: Scene, settings: PatternSettings) -> tuple[Pattern, ...]:
    """All signs of weakness."""
    return detect_breakouts(SOW, scene, settings)
