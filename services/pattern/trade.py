"""From a measured set-up to a pattern: entry, stop, targets and reward over risk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from services.pattern.calibration import is_measured, probability_pct
from services.pattern.calibration_table import CURVES
from services.pattern.regime import regime_at
from wyckoff.model.evidence import Evidence
from wyckoff.model.identity import content_id
from wyckoff.model.kinds import EntryOrder, PatternType, Phase
from wyckoff.model.patterns import Pattern

if TYPE_CHECKING:
    from services.pattern.config import PatternSettings
    from services.pattern.facing import Facing
    from services.pattern.scene import Scene, Structure
    from wyckoff.model.phases import StructureEvent
    from wyckoff.model.ranges import RangeRevision, TradingRange

#: Widths added for a range that is still too short for a jump of its own; such a trade is refused later.
SHORT_RANGE_FACTOR: Final = 2.0


@dataclass(frozen=True, slots=True)
class SetUp:
    """What a detector found out; prices in quote currency, ``stop`` as the structure asks for it."""

    type: PatternType
    facing: Facing
    structure: Structure
    event: StructureEvent
    known_at_index: int
    entry: float
    stop: float
    confidence: int
    evidence: tuple[Evidence, ...]
    tested: bool = True
    test_volume_ratio: float | None = None
    far_level_is_target: bool = False


def make_pattern(set_up: SetUp, scene: Scene, settings: PatternSettings) -> Pattern:
    """The pattern of a set-up; reward over risk is taken after the stop has been widened."""
    bars, facing, known = scene.bars, set_up.facing, set_up.known_at_index
    revision = set_up.structure.revision(known)
    stop, stop_evidence = widened_stop(facing, set_up.entry, set_up.stop, settings)
    target = primary_target(facing, set_up.structure.trading_range, revision)
    state = set_up.structure.state(known)
    withdrawn = set_up.event.withdrawn_at_index
    return Pattern(
        pattern_id=content_id(
            "pattern",
            bars.symbol,
            bars.timeframe,
            set_up.type,
            int(bars.open_time_ms[set_up.event.bar_index]),
            set_up.structure.trading_range.range_id,
        ),
        type=set_up.type,
        range_id=set_up.structure.trading_range.range_id,
        direction=facing.direction,
        bar_index=set_up.event.bar_index,
        known_at_index=known,
        entry_price=set_up.entry,
        stop_loss=stop,
        target_price=target,
        r_multiple=(target - set_up.entry) / (set_up.entry - stop),
        confidence=set_up.confidence,
        evidence=(*set_up.evidence, stop_evidence),
        phase=state.phase if state else Phase.UNSPECIFIED,
        phase_confidence=state.confidence if state else 0,
        entry_order=entry_order(facing, float(bars.close[known]), set_up.entry),
        regime=regime_at(bars, known, settings),
        tested=set_up.tested,
        test_volume_ratio=set_up.test_volume_ratio,
        secondary_targets=secondary_targets(set_up, target),
        withdrawn_at_index=withdrawn,
        reason=set_up.event.reason if withdrawn is not None else "",
        scale=set_up.structure.trading_range.scale,
        probability_pct=_probability_pct(set_up),
    )


def _probability_pct(set_up: SetUp) -> int:
    if not is_measured(set_up.event):
        return 0
    return probability_pct(set_up.type, set_up.event.confidence, set_up.confidence, CURVES)


def entry_order(facing: Facing, close: float, entry: float) -> EntryOrder:
    """A limit order where the close is at or beyond the entry, a stop order where price has yet to get there.

    An entry at the close itself is a limit too: the close that gives the signal cannot be traded any more, and
    a limit keeps a gap from spoiling reward over risk.
    """
    return EntryOrder.STOP if facing.is_beyond(entry, close) else EntryOrder.LIMIT


def widened_stop(facing: Facing, entry: float, stop: float, settings: PatternSettings) -> tuple[float, Evidence]:
    """The stop, moved out to the smallest distance where it is nearer; the evidence holds what was found."""
    distance = facing.sign * (entry - stop) / entry
    found = Evidence(
        "stop_distance_pct", distance, settings.min_stop_fraction, met=distance >= settings.min_stop_fraction
    )
    if distance < settings.min_stop_fraction:
        return facing.shifted(entry, -settings.min_stop_fraction), found
    return stop, found


def primary_target(facing: Facing, trading_range: TradingRange, revision: RangeRevision) -> float:
    """The jump as known then; two widths beyond the broken level while the range is too short to have one."""
    jump = facing.jump(revision)
    if jump is not None:
        return jump
    far = facing.far_level(trading_range)
    if facing.is_beyond(trading_range.jump, far):
        return trading_range.jump
    projected = far + facing.sign * SHORT_RANGE_FACTOR * (trading_range.creek - trading_range.ice)
    # A range so wide that the projection crosses 0 is projected in log price instead.
    floor = trading_range.ice * (trading_range.ice / trading_range.creek) ** SHORT_RANGE_FACTOR
    return projected if projected > 0 else floor


def secondary_targets(set_up: SetUp, target: float) -> tuple[float, ...]:
    """One width beyond the broken level, half way, and for a spring the far level: between entry and target."""
    facing, trading_range = set_up.facing, set_up.structure.trading_range
    far = facing.far_level(trading_range)
    levels = {far + facing.sign * (trading_range.creek - trading_range.ice), (set_up.entry + target) / 2}
    if set_up.far_level_is_target:
        levels.add(far)
    between = [x for x in levels if facing.is_beyond(x, set_up.entry) and facing.is_beyond(target, x)]
    return tuple(sorted(between, key=lambda level: abs(level - set_up.entry)))
