"""What the pattern stage says of a sketch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.pattern.config import PatternSettings
from services.pattern.detect import PatternResult, detect_patterns

if TYPE_CHECKING:
    from tests.unit.pattern.scenes import Sketch
    from wyckoff.model.evidence import Evidence
    from wyckoff.model.kinds import PatternType
    from wyckoff.model.patterns import Pattern

SETTINGS = PatternSettings()


def run(sketch: Sketch, settings: PatternSettings = SETTINGS) -> PatternResult:
    bars, volume, trading_range, reading = sketch.build()
    return detect_patterns(bars, volume, [trading_range], [reading], settings)


def one(sketch: Sketch, kind: PatternType, settings: PatternSettings = SETTINGS) -> Pattern:
    result = run(sketch, settings)
    assert result.failed == ()
    found = [pattern for pattern in result.patterns if pattern.type is kind]
    assert len(found) == 1
    return found[0]


def fact(pattern: Pattern, name: str) -> Evidence:
    return next(item for item in pattern.evidence if item.name == name)
