"""Sign of strength and sign of weakness: price leaves the range on the right side, with effort.

The set-up is said at the close of the breakout bar, with that close as a limit price: it may only be filled
there or better, so a later gap cannot spoil it. The method prefers to enter at the last point of support. With
``sos_wait_bars`` above 0 a breakout waits that long for its last point, is dropped in favour of it when it
comes, and is otherwise said at the end of the wait, priced at the close of that bar. By default it does not
wait: the risk stage then says that the last point would be the better entry, and the trader decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.pattern import scoring
from services.pattern.scene import at_least
from services.pattern.trade import SetUp, make_pattern
from wyckoff.model.evidence import Evidence

if TYPE_CHECKING:
    from services.pattern.config import PatternSettings
    from services.pattern.facing import Facing
    from services.pattern.scene import Scene, Structure
    from wyckoff.model.kinds import EventType, PatternType
    from wyckoff.model.patterns import Pattern
    from wyckoff.model.phases import StructureEvent

#: What a breakout scores at least when its gates are met, lift permitting.
DIRECT_BASE = 65


@dataclass(frozen=True, slots=True)
class Breakout:
    """A declaration: which pattern, seen how, from which event, and the event that makes the better entry."""

    type: PatternType
    facing: Facing
    event: EventType
    last_point: EventType


@dataclass(frozen=True, slots=True)
class BreakoutMeasures:
    """The breakout bar; ratios are multiples of the baseline, fractions of the level, None when unknown."""

    advance: float
    volume_ratio: float | None
    spread_ratio: float | None
    close_position: float
    gates_met: bool
    points: int


def measure_breakout(
    facing: Facing, scene: Scene, structure: Structure, bar_index: int, known: int, settings: PatternSettings
) -> BreakoutMeasures:
    """Measures a breakout bar as known at ``known``; the points leave out entry type and last point."""
    advance = facing.advance(float(scene.bars.close[bar_index]), facing.far_level(structure.trading_range))
    volume, spread = scene.volume_ratio(bar_index), scene.spread_ratio(bar_index)
    close_position = facing.close_position(scene.close_position(bar_index))
    points = (
        scoring.ramp(scoring.BREAKOUT_VOLUME, volume)
        + scoring.ramp(scoring.BREAKOUT_SPREAD, spread)
        + scoring.ramp(scoring.BREAKOUT_CLOSE, close_position)
        + scoring.ramp(scoring.BREAKOUT_DISTANCE, advance)
        + scoring.ramp(scoring.DURATION_BARS, structure.revision(known).duration_bars)
        + scoring.phase_points(structure.state(known))
        + (scoring.FALLING_VOLUME_POINTS if _volume_fell_before(scene, bar_index) else 0)
    )
    gates_met = (
        volume is not None
        and spread is not None
        and volume >= settings.min_breakout_volume_ratio
        and spread >= settings.min_breakout_spread_ratio
    )
    return BreakoutMeasures(advance, volume, spread, close_position, gates_met, points)


def detect_breakouts(kind: Breakout, scene: Scene, settings: PatternSettings) -> tuple[Pattern, ...]:
    """Every structural breakout that still stood, without its last point, when its wait was over."""
    return tuple(
        _pattern(kind, scene, structure, event, known, settings)
        for structure in scene.structures
        for event in structure.candidates(kind.event)
        for known in [structure.known_from(event) + settings.sos_wait_bars]
        if known < len(scene.bars) and event.stands_at(known) and not _has_last_point(kind, structure, event, known)
        if scene.is_live(structure, event, settings)
    )


def _has_last_point(kind: Breakout, structure: Structure, event: StructureEvent, known: int) -> bool:
    return any(point.bar_index > event.bar_index for point in structure.standing((kind.last_point,), known))


def _pattern(
    kind: Breakout, scene: Scene, structure: Structure, event: StructureEvent, known: int, settings: PatternSettings
) -> Pattern:
    facing = kind.facing
    measures = measure_breakout(facing, scene, structure, event.bar_index, known, settings)
    near, far = facing.near_level(structure.trading_range), facing.far_level(structure.trading_range)
    wide = facing.advance(far, near) > settings.wide_range_fraction
    back = settings.breakout_wide_stop_fraction if wide else settings.breakout_stop_fraction
    set_up = SetUp(
        type=kind.type,
        facing=facing,
        structure=structure,
        event=event,
        known_at_index=known,
        entry=float(scene.bars.close[known]),
        stop=facing.shifted(far, -back),
        confidence=scoring.capped(scoring.lifted(measures.points, DIRECT_BASE, allowed=measures.gates_met)),
        evidence=(
            *breakout_evidence(measures, settings),
            Evidence("waited_bars", float(settings.sos_wait_bars)),
        ),
    )
    return make_pattern(set_up, scene, settings)


def breakout_evidence(
    measures: BreakoutMeasures, settings: PatternSettings, prefix: str = ""
) -> tuple[Evidence, Evidence, Evidence, Evidence]:
    """The facts of a breakout bar; ``prefix`` where they support another pattern."""
    return (
        at_least(f"{prefix}breakout_pct", measures.advance, settings.min_breakout_fraction),
        at_least(f"{prefix}volume_ratio", measures.volume_ratio, settings.min_breakout_volume_ratio),
        at_least(f"{prefix}spread_ratio", measures.spread_ratio, settings.min_breakout_spread_ratio),
        at_least(f"{prefix}close_position", measures.close_position, settings.min_breakout_close_position),
    )


def _volume_fell_before(scene: Scene, bar_index: int) -> bool:
    """Whether volume fell on each of the bars just before the breakout: supply, or demand, was drying up."""
    first = bar_index - scoring.FALLING_VOLUME_BARS - 1
    if first < 0:
        return False
    volume = scene.bars.volume[first:bar_index]
    return bool((volume > 0).all() and (volume[1:] < volume[:-1]).all())
