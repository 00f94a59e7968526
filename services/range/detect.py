"""All trading ranges of a series: climax-anchored ones of both sides, and those of pivots alone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from services.range.climax import find_stopping_actions
from services.range.clusters import find_cluster_ranges
from services.range.contrary import without_contrary
from services.range.jump import jump_of
from services.range.lifecycle import Life, archive, live
from services.range.outline import Outline, outline_of, range_id
from services.range.scene import RangeScene, prepare_scene
from services.range.zones import find_zones, zone_bars
from wyckoff.market.mirror import log_bars
from wyckoff.model.isolation import run_isolated
from wyckoff.model.kinds import Side
from wyckoff.model.ranges import TradingRange

if TYPE_CHECKING:
    from services.range.climax import StoppingAction
    from services.range.config import RangeSettings
    from wyckoff.market.bars import Bars
    from wyckoff.model.evidence import FailedDetector
    from wyckoff.model.ranges import Zone
    from wyckoff.model.volume import VolumeAnalysis


@dataclass(frozen=True, slots=True)
class RangeResult:
    """Ranges by ``known_at_index``, and the detectors that failed."""

    ranges: tuple[TradingRange, ...]
    failed: tuple[FailedDetector, ...]


def detect_ranges(bars: Bars, volume: VolumeAnalysis, settings: RangeSettings) -> RangeResult:
    """Trading ranges in checked bars; ``volume`` is the analysis of the same bars.

    Raises ValueError when the lengths differ. A detector that fails is reported, the others still speak.
    """
    scene = prepare_scene(bars, volume, settings)
    failed: list[FailedDetector] = []
    anchored = _anchored(scene, settings, failed)
    clusters, failure = run_isolated("range.clusters", lambda: find_cluster_ranges(scene, anchored, settings))
    failed += [failure] if failure else []
    alive = sorted([*anchored, *_replaced(clusters or [], anchored)], key=_order)
    zones, failure = run_isolated("range.zones", lambda: _zones(alive, scene, settings))
    failed += [failure] if failure else []
    found = zones or [()] * len(alive)
    ranges = tuple(_trading_range(*item, zone, scene, settings) for item, zone in zip(alive, found, strict=True))
    return RangeResult(ranges, tuple(failed))


def _anchored(scene: RangeScene, settings: RangeSettings, failed: list[FailedDetector]) -> list[tuple[Outline, Life]]:
    """Climax-anchored ranges of both sides with their lives, by ``known_at_index``."""
    logs = (scene.log, log_bars(scene.bars, mirrored=True))
    actions: list[list[StoppingAction]] = []
    for name, log in zip(("accumulation", "distribution"), logs, strict=True):
        found, failure = run_isolated(
            f"range.climax.{name}", partial(find_stopping_actions, log, scene.activity, settings)
        )
        actions.append(found or [])
        failed += [failure] if failure else []
    kept = without_contrary(actions[0], actions[1], settings)
    outlines = [outline_of(action, log) for side, log in zip(kept, logs, strict=True) for action in side]
    ranges = sorted(((outline, live(outline, scene, settings)) for outline in outlines), key=_order)
    return _replaced(ranges, ranges)


def _replaced(ranges: list[tuple[Outline, Life]], newer: list[tuple[Outline, Life]]) -> list[tuple[Outline, Life]]:
    """The ranges, each archived when the first of ``newer`` over the same prices became known after it."""
    result = []
    for outline, life in ranges:
        heir = next(
            (o for o, _ in newer if o.known_at_index > outline.known_at_index and o.overlaps_prices(outline)), None
        )
        reason = "a newer range covers the same prices"
        result.append((outline, life if heir is None else archive(life, heir.known_at_index, reason)))
    return result


def _order(item: tuple[Outline, Life]) -> tuple[int, str, int]:
    outline = item[0]
    return outline.known_at_index, outline.side, outline.start_index


def _zones(alive: list[tuple[Outline, Life]], scene: RangeScene, settings: RangeSettings) -> list[tuple[Zone, ...]]:
    makers = zone_bars(scene, settings)
    last = len(scene.bars) - 1
    # Up to the bar that settled the breakout, not the breakout itself: a zone once said stays.
    settled = [last if life.left_index is None else life.left_index for _, life in alive]
    return [find_zones(outline, end, makers, scene, settings) for (outline, _), end in zip(alive, settled, strict=True)]


def _trading_range(
    outline: Outline, life: Life, zones: tuple[Zone, ...], scene: RangeScene, settings: RangeSettings
) -> TradingRange:
    bars, log = scene.bars, scene.log
    ice, creek = log.price(outline.ice), log.price(outline.creek)
    below = outline.side is Side.ACCUMULATION
    climax, reaction = outline.climax_index, outline.reaction_index
    return TradingRange(
        range_id=range_id(outline, bars),
        side=outline.side,
        start_index=outline.start_index,
        end_index=life.end_index,
        known_at_index=outline.known_at_index,
        ice=ice,
        creek=creek,
        jump=jump_of(outline.side, ice, creek, settings.short_jump_factor),
        status=life.status,
        climax_index=climax,
        climax_price=None if climax is None else float((bars.low if below else bars.high)[climax]),
        reaction_index=reaction,
        reaction_price=None if reaction is None else float((bars.high if below else bars.low)[reaction]),
        zones=zones,
        revisions=life.revisions,
    )
