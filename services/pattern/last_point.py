"""Last point of support and last point of supply: the pullback to the broken level that holds and turns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from services.pattern import scoring
from services.pattern.breakout import breakout_evidence, measure_breakout
from services.pattern.scene import at_most, below
from services.pattern.trade import SetUp, make_pattern
from services.pattern.volatility import average_true_range
from wyckoff.model.evidence import Evidence

if TYPE_CHECKING:
    from services.pattern.breakout import BreakoutMeasures
    from services.pattern.config import PatternSettings
    from services.pattern.facing import Facing
    from services.pattern.scene import Scene, Structure
    from wyckoff.model.kinds import EventType, PatternType
    from wyckoff.model.patterns import Pattern
    from wyckoff.model.phases import StructureEvent

#: What a last point scores at least when the gates of its breakout are met, lift permitting.
LAST_POINT_BASE = 80


@dataclass(frozen=True, slots=True)
class LastPoint:
    """A declaration: which pattern, seen how, from which event, after which breakout."""

    type: PatternType
    facing: Facing
    event: EventType
    breakout: EventType


@dataclass(frozen=True, slots=True)
class _Pullback:
    """The pullback bar; ``volume_trend`` is the slope over the pullback per bar, as a fraction of its mean."""

    distance: float
    volume_ratio: float | None
    spread_to_range: float
    volume_to_range: float | None
    volume_trend: float | None


def detect_last_points(kind: LastPoint, scene: Scene, settings: PatternSettings) -> tuple[Pattern, ...]:
    """Every structural last point that stood when both it and its range were known."""
    return tuple(
        _pattern(kind, scene, structure, event, known, settings)
        for structure in scene.structures
        for event in structure.candidates(kind.event)
        for known in [structure.known_from(event)]
        if known < len(scene.bars) and event.stands_at(known) and scene.is_live(structure, event, settings)
    )


def _pattern(
    kind: LastPoint, scene: Scene, structure: Structure, event: StructureEvent, known: int, settings: PatternSettings
) -> Pattern:
    facing, level = kind.facing, kind.facing.far_level(structure.trading_range)
    breakout = _breakout_before(kind, structure, event, known)
    measures = (
        measure_breakout(facing, scene, structure, breakout.bar_index, known, settings)
        if breakout is not None
        else None
    )
    pullback = _measure(facing, scene, structure, event, breakout)
    atr = average_true_range(scene.bars, known, settings.atr_bars)
    set_up = SetUp(
        type=kind.type,
        facing=facing,
        structure=structure,
        event=event,
        known_at_index=known,
        entry=facing.shifted(level, settings.last_point_entry_fraction),
        stop=facing.farther_back(
            facing.shifted(level, -settings.last_point_stop_fraction),
            facing.behind(level, settings.last_point_stop_atr * atr),
        ),
        confidence=_confidence(pullback, measures),
        evidence=(
            *_evidence(scene, pullback, event, settings),
            *(breakout_evidence(measures, settings, "breakout_") if measures else ()),
        ),
    )
    return make_pattern(set_up, scene, settings)


def _breakout_before(kind: LastPoint, structure: Structure, event: StructureEvent, known: int) -> StructureEvent | None:
    earlier = [x for x in structure.standing((kind.breakout,), known) if x.bar_index < event.bar_index]
    return earlier[-1] if earlier else None


def _measure(
    facing: Facing, scene: Scene, structure: Structure, event: StructureEvent, breakout: StructureEvent | None
) -> _Pullback:
    bars, here = scene.bars, event.bar_index
    extreme = float(facing.adverse(bars)[here])
    inside = slice(structure.trading_range.start_index, breakout.bar_index if breakout else here)
    spreads = np.log(bars.high[inside] / bars.low[inside])
    mean_spread = float(spreads.mean()) if len(spreads) else 0.0
    known_volume = bars.volume[inside][bars.volume[inside] > 0]
    volume = float(bars.volume[here])
    return _Pullback(
        distance=facing.advance(extreme, facing.far_level(structure.trading_range)),
        volume_ratio=scene.volume_ratio(here),
        spread_to_range=float(np.log(bars.high[here] / bars.low[here])) / mean_spread if mean_spread > 0 else 1.0,
        volume_to_range=volume / float(known_volume.mean()) if volume > 0 and len(known_volume) else None,
        volume_trend=_volume_trend(scene, breakout.bar_index + 1 if breakout else here, here),
    )


def _volume_trend(scene: Scene, first: int, last: int) -> float | None:
    """Regression slope of volume per bar, as a fraction of the mean; None with fewer than three known bars."""
    volume = scene.bars.volume[first : last + 1]
    if len(volume) < 3 or not (volume > 0).all():
        return None
    steps = np.arange(len(volume)) - (len(volume) - 1) / 2
    return float((steps * volume).sum() / (steps**2).sum() / volume.mean())


def _confidence(pullback: _Pullback, breakout: BreakoutMeasures | None) -> int:
    """The breakout's points, those of a held last point and what the pullback itself says."""
    points = scoring.LAST_POINT_POINTS + _distance_bonus(pullback) + _effort_bonus(pullback) + _trend_bonus(pullback)
    if breakout is None:
        return scoring.capped(points)
    return scoring.capped(scoring.lifted(breakout.points + points, LAST_POINT_BASE, allowed=breakout.gates_met))


def _distance_bonus(pullback: _Pullback) -> int:
    return scoring.below_steps(((0.01, 10), (0.02, 5)), pullback.distance)


def _effort_bonus(pullback: _Pullback) -> int:
    """Little effort and a narrow bar is no supply (or no demand); effort and a wide bar is pressure."""
    quiet = pullback.volume_to_range is not None and pullback.volume_to_range < 0.9
    if quiet and pullback.spread_to_range <= 1.2:
        return 10 if pullback.spread_to_range < 0.8 else 5
    pressed = pullback.volume_to_range is not None and pullback.volume_to_range >= 0.9
    return -15 if pressed and pullback.spread_to_range > 1.2 else 0


def _trend_bonus(pullback: _Pullback) -> int:
    if pullback.volume_trend is None or abs(pullback.volume_trend) <= 0.05:
        return 0
    return 5 if pullback.volume_trend < 0 else -5


def _evidence(
    scene: Scene, pullback: _Pullback, event: StructureEvent, settings: PatternSettings
) -> tuple[Evidence, ...]:
    undercut = -settings.max_undercut_fraction
    return (
        at_most("pullback_distance_pct", pullback.distance, settings.max_pullback_fraction),
        Evidence("pullback_hold_pct", pullback.distance, undercut, met=pullback.distance >= undercut),
        below("volume_ratio", pullback.volume_ratio, settings.max_pullback_volume_ratio),
        Evidence("volume_to_range_ratio", pullback.volume_to_range),
        Evidence("spread_ratio", scene.spread_ratio(event.bar_index)),
        Evidence("spread_to_range_ratio", pullback.spread_to_range),
        Evidence("pullback_volume_slope", pullback.volume_trend),
    )
