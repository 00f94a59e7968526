"""Spring and upthrust: price leaves the range on the wrong side, comes back, and is tested.

The set-up is said once: when a test on less volume is confirmed, or when the time for one is over and the event
still stands. A shakeout that is taken back before either never becomes a set-up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from services.pattern import scoring
from services.pattern.retest import Retest, is_quieter, strict_retests
from services.pattern.scene import at_least, at_most, below
from services.pattern.trade import SetUp, make_pattern
from services.pattern.volatility import average_true_range
from wyckoff.model.evidence import Evidence
from wyckoff.model.kinds import EventType

if TYPE_CHECKING:
    from services.pattern.config import PatternSettings
    from services.pattern.facing import Facing
    from services.pattern.scene import Scene, Structure
    from wyckoff.model.kinds import PatternType
    from wyckoff.model.patterns import Pattern
    from wyckoff.model.phases import StructureEvent


@dataclass(frozen=True, slots=True)
class Shakeout:
    """A declaration: which pattern, seen how, from which event. ``heavy_volume`` where effort without result counts."""

    type: PatternType
    facing: Facing
    event: EventType
    heavy_volume: bool


@dataclass(frozen=True, slots=True)
class _Measures:
    penetration: float
    recovery_bars: int
    volume_ratio: float | None
    test_volume_ratio: float | None
    test: Retest | None


def detect_shakeouts(kind: Shakeout, scene: Scene, settings: PatternSettings) -> tuple[Pattern, ...]:
    """Every structural shakeout whose set-up became complete within the bars."""
    return tuple(
        _pattern(kind, scene, structure, event, test, known, settings)
        for structure in scene.structures
        for event in structure.candidates(kind.event)
        for known, test in [_completion(kind, scene, structure, event, settings)]
        if known < len(scene.bars) and event.stands_at(known) and scene.is_live(structure, event, settings)
    )


def _completion(
    kind: Shakeout, scene: Scene, structure: Structure, event: StructureEvent, settings: PatternSettings
) -> tuple[int, Retest | None]:
    """The bar at which the set-up is complete, if it still stands then, and the test that completes it.

    Only a test on less volume than the shakeout completes it: a structural one, or the first bar that tests by the
    strict rule. When none comes in time, the structural test, if any, is what the set-up has to show.
    """
    deadline = event.bar_index + settings.test_window_bars + settings.test_confirm_bars
    structural = [
        Retest(test.bar_index, test.known_at_index)
        for test in structure.candidates(EventType.TEST)
        if 0 < test.bar_index - event.bar_index <= settings.test_window_bars
    ]
    quiet = [retest for retest in structural if is_quieter(scene, retest.bar_index, event.bar_index)]
    completing = _first(
        [*quiet, *strict_retests(kind.facing, scene, event.bar_index, settings)], kind, structure, event
    )
    if completing is None or completing.known_at_index > deadline:
        shown = _first(structural, kind, structure, event)
        completing, known = shown if shown and shown.known_at_index <= deadline else None, deadline
    else:
        known = completing.known_at_index
    return max(structure.known_from(event), known), completing


def _first(retests: list[Retest], kind: Shakeout, structure: Structure, event: StructureEvent) -> Retest | None:
    """The first to be known of those that tested this shakeout and not a later one."""
    own = [
        retest
        for retest in retests
        if not any(
            event.bar_index < other.bar_index < retest.bar_index
            for other in structure.standing((kind.event,), retest.known_at_index)
        )
    ]
    return min(own, key=lambda retest: (retest.known_at_index, retest.bar_index), default=None)


def _pattern(
    kind: Shakeout,
    scene: Scene,
    structure: Structure,
    event: StructureEvent,
    test: Retest | None,
    known: int,
    settings: PatternSettings,
) -> Pattern:
    measures = _measure(kind, scene, structure, event, test)
    facing, level = kind.facing, kind.facing.near_level(structure.trading_range)
    set_up = SetUp(
        type=kind.type,
        facing=facing,
        structure=structure,
        event=event,
        known_at_index=known,
        entry=facing.shifted(level, settings.shakeout_entry_fraction),
        stop=_stop(kind, scene, event, measures, known, settings),
        confidence=_confidence(kind, scene, structure, event, measures, known),
        evidence=_evidence(kind, scene, measures, event, settings),
        tested=test is not None,
        test_volume_ratio=measures.test_volume_ratio,
        far_level_is_target=True,
    )
    return make_pattern(set_up, scene, settings)


def _measure(
    kind: Shakeout, scene: Scene, structure: Structure, event: StructureEvent, test: Retest | None
) -> _Measures:
    facing, level = kind.facing, kind.facing.near_level(structure.trading_range)
    extreme = float(facing.adverse(scene.bars)[event.bar_index])
    closes = scene.bars.close[event.bar_index : event.known_at_index + 1]
    back_inside = np.flatnonzero(facing.sign * (closes - level) > 0)
    return _Measures(
        penetration=max(0.0, -facing.advance(extreme, level)),
        recovery_bars=int(back_inside[0]) if len(back_inside) else len(closes) - 1,
        volume_ratio=scene.volume_ratio(event.bar_index),
        test_volume_ratio=scene.volume_ratio(test.bar_index) if test else None,
        test=test,
    )


def _stop(
    kind: Shakeout, scene: Scene, event: StructureEvent, measures: _Measures, known: int, settings: PatternSettings
) -> float:
    """Behind the extreme: 2 % for a shallow shakeout, 1 % for a deep one, and never inside half a true range."""
    facing = kind.facing
    extreme = float(facing.adverse(scene.bars)[event.bar_index])
    buffer = 0.02 if measures.penetration < 0.02 else 0.015 if measures.penetration < 0.03 else 0.01
    atr = average_true_range(scene.bars, known, settings.atr_bars)
    return facing.farther_back(
        facing.shifted(extreme, -buffer), facing.behind(extreme, settings.shakeout_stop_atr * atr)
    )


def _confidence(
    kind: Shakeout, scene: Scene, structure: Structure, event: StructureEvent, measures: _Measures, known: int
) -> int:
    volume = scoring.below_steps(scoring.QUIET_VOLUME, measures.volume_ratio)
    if kind.heavy_volume:
        volume = max(volume, scoring.from_steps(scoring.HEAVY_VOLUME, measures.volume_ratio))
    earlier = [
        scene.volume_ratio(other.bar_index)
        for other in structure.standing((EventType.ST, EventType.TEST), known)
        if other.bar_index < event.bar_index
    ]
    return scoring.capped(
        volume
        + scoring.below_steps(scoring.PENETRATION, measures.penetration)
        + scoring.below_steps(scoring.RECOVERY_BARS, measures.recovery_bars)
        + (scoring.TEST_POINTS if measures.test else 0)
        + scoring.from_steps(scoring.LEVEL_STRENGTH, kind.facing.near_strength(structure.revision(known)))
        + scoring.drier_than_before(measures.volume_ratio, earlier)
    )


def _evidence(
    kind: Shakeout, scene: Scene, measures: _Measures, event: StructureEvent, settings: PatternSettings
) -> tuple[Evidence, ...]:
    volume = (
        at_least("volume_ratio", measures.volume_ratio, settings.min_upthrust_volume_ratio)
        if kind.heavy_volume
        else below("volume_ratio", measures.volume_ratio, settings.max_shakeout_volume_ratio)
    )
    facts = [
        at_most("penetration_pct", measures.penetration, settings.max_penetration_fraction),
        at_most("recovery_bars", measures.recovery_bars, settings.max_recovery_bars),
        volume,
        Evidence("spread_ratio", scene.spread_ratio(event.bar_index)),
        Evidence("close_position", kind.facing.close_position(scene.close_position(event.bar_index))),
        Evidence("tested", float(measures.test is not None), 1.0, met=measures.test is not None),
    ]
    if measures.test:
        adverse = kind.facing.adverse(scene.bars)
        extreme, tested_at = float(adverse[event.bar_index]), float(adverse[measures.test.bar_index])
        facts += [
            at_most("test_bars_after", measures.test.bar_index - event.bar_index, settings.test_window_bars),
            Evidence("test_distance_pct", kind.facing.advance(tested_at, extreme)),
            below("test_volume_ratio", measures.test_volume_ratio, measures.volume_ratio),
        ]
    return tuple(facts)
