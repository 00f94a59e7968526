"""Phase A: preliminary support, the climax and its automatic reaction, as the range stage anchored them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.phase.event import Note, at_least, at_most, fact, ramp
from wyckoff.model.kinds import EventType

if TYPE_CHECKING:
    from services.phase.config import PhaseSettings
    from services.phase.scene import Frame, PhaseScene

_MIN_DECLINE_UNITS = 3.0


def stopping_notes(frame: Frame, scene: PhaseScene, settings: PhaseSettings) -> list[Note]:
    """Preliminary support if there was one, then climax and automatic reaction; all known with the range.

    Nothing for a range without a climax.
    """
    climax = frame.climax_index
    if climax is None:
        return []
    preliminary = _preliminary_support(climax, frame, scene, settings)
    return [*([preliminary] if preliminary else []), _climax(climax, frame, scene), _reaction(climax, frame, scene)]


def _preliminary_support(climax: int, frame: Frame, scene: PhaseScene, settings: PhaseSettings) -> Note | None:
    """The first loud bar of the decline that closed in its upper half, a few units above the climax."""
    first, least = max(0, climax - settings.preliminary_lookback_bars), settings.preliminary_volume_ratio
    top = first + int(scene.log.high[first : climax + 1].argmax())
    for i, ratio in enumerate(scene.volume_ratio[top + 1 : max(0, climax - 2)], top + 1):
        # an unknown volume speaks for nothing
        if not ratio >= least:
            continue
        position, low, unit = scene.close_position(i), scene.low[i], scene.unit[i]
        fall = (scene.high[top] - low) / unit
        if position < 0.5 or fall < _MIN_DECLINE_UNITS or low - frame.climax_low < unit:
            continue
        confidence = 45 + round(25 * ramp(ratio, 1.5, 2.5) + 20 * position)
        evidence = (
            at_least("volume_ratio", ratio, least),
            at_least("close_position", position, 0.5),
            at_least("decline_units", fall, _MIN_DECLINE_UNITS),
        )
        return Note(EventType.PS, i, frame.known_at_index, low, confidence, evidence)
    return None


def _climax(i: int, frame: Frame, scene: PhaseScene) -> Note:
    volume, z, spread = scene.volume_ratio[i], scene.volume_z[i], scene.range_ratio[i]
    position = scene.close_position(i)
    loud = max(ramp(volume, 1.0, 3.0), ramp(z, 0.5, 3.0))
    points = 35 * loud + 25 * ramp(spread, 1.0, 2.2) + 10 * position
    evidence = (
        at_least("volume_ratio", volume, 2.0),
        at_least("volume_z", z, 2.0),
        at_least("true_range_ratio", spread, 1.5),
        fact("close_position", position),
    )
    return Note(EventType.SC, i, frame.known_at_index, frame.climax_low, _percent(35 + points), evidence)


def _reaction(climax: int, frame: Frame, scene: PhaseScene) -> Note:
    """Points for a large and quick reaction; percentages as the market's own volatility allows."""
    i = frame.reaction_index
    rise = scene.high[i] - frame.climax_low
    units, bars = rise / scene.unit[climax], i - climax
    points = 50 + 30 * ramp(units, 3.0, 7.0) + 15 * ramp(-bars, -20.0, -5.0)
    points += 5 if scene.volume_ratio[i] >= 1.2 else 0
    evidence = (
        at_least("rise_units", units, 4.0),
        fact("rise_log_pct", rise),
        at_most("bars_after_climax", float(bars), 10.0),
    )
    return Note(EventType.AR, i, frame.known_at_index, scene.high[i], _percent(points), evidence)


def _percent(points: float) -> int:
    return max(0, min(100, round(points)))
