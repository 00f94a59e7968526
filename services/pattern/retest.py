"""Test of a shakeout by the strict rule of trading: near its extreme, holding it, on less volume, and taken up.

The phase stage marks the test that the structure shows, whatever its volume. A trade needs a quiet one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from services.pattern.config import PatternSettings
    from services.pattern.facing import Facing
    from services.pattern.scene import Scene


@dataclass(frozen=True, slots=True)
class Retest:
    """The bar of a test, and the bar at whose close it was known."""

    bar_index: int
    known_at_index: int


def is_quieter(scene: Scene, bar_index: int, shakeout_index: int) -> bool:
    """Whether both volumes are known and the first is less."""
    ratio, reference = scene.volume_ratio(bar_index), scene.volume_ratio(shakeout_index)
    return ratio is not None and reference is not None and ratio < reference


def strict_retests(facing: Facing, scene: Scene, shakeout_index: int, settings: PatternSettings) -> list[Retest]:
    """The quiet tests that were confirmed, by a close beyond the best price of their bar within a few bars.

    The search ends with the first bar that goes beyond the extreme of the shakeout: then nothing has held.
    """
    adverse, favourable = facing.adverse(scene.bars), facing.favourable(scene.bars)
    extreme = float(adverse[shakeout_index])
    last = min(len(scene.bars) - 1, shakeout_index + settings.test_window_bars)
    found: list[Retest] = []
    for bar in range(shakeout_index + 1, last + 1):
        distance = facing.advance(float(adverse[bar]), extreme)
        if distance < 0:
            break
        near = distance <= settings.max_test_distance_fraction
        if bar - shakeout_index < settings.test_first_bar or not near or not is_quieter(scene, bar, shakeout_index):
            continue
        confirmed = _confirmation(facing, scene, bar, float(favourable[bar]), settings)
        if confirmed is not None:
            found.append(Retest(bar, confirmed))
    return found


def _confirmation(facing: Facing, scene: Scene, bar_index: int, level: float, settings: PatternSettings) -> int | None:
    closes = scene.bars.close
    last = min(len(scene.bars) - 1, bar_index + settings.test_confirm_bars)
    return next(
        (index for index in range(bar_index + 1, last + 1) if facing.is_beyond(float(closes[index]), level)), None
    )
