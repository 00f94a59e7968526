"""Trading ranges: on every scale those that a climax opens, on either side, and those of pivots alone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from services.range.climax import in_unrest
from services.range.clusters import find_cluster_ranges
from services.range.contrary import without_contrary
from services.range.jump import jump_of
from services.range.lifecycle import revisions_of
from services.range.nesting import Candidate, nested
from services.range.outline import Outline, outline_of, range_id
from services.range.profiles import PROFILES
from services.range.scene import RangeScene, SeriesScene, prepare_scene
from services.range.span import Span, span_of
from services.range.stopping import reflected
from services.range.zones import find_zones, zone_bars
from wyckoff.market.scales import at_scale
from wyckoff.model.isolation import run_isolated
from wyckoff.model.kinds import Scale, Side
from wyckoff.model.ranges import TradingRange

if TYPE_CHECKING:
    from services.range.config import RangeSettings
    from services.range.contrary import Anchored
    from services.range.stopping import SideBars
    from wyckoff.market.bars import Bars, FloatArray
    from wyckoff.market.mirror import LogBars
    from wyckoff.model.evidence import FailedDetector
    from wyckoff.model.ranges import Zone
    from wyckoff.model.volume import VolumeAnalysis

    Sides = tuple[tuple[LogBars, SideBars], tuple[LogBars, SideBars]]
    Found = list[tuple[Outline, Span]]


@dataclass(frozen=True, slots=True)
class RangeResult:
    """Ranges by ``known_at_index``, and the detectors that failed."""

    ranges: tuple[TradingRange, ...]
    failed: tuple[FailedDetector, ...]


def detect_ranges(bars: Bars, volume: VolumeAnalysis, settings: RangeSettings) -> RangeResult:
    """Trading ranges of all scales in checked bars; ``volume`` is the analysis of the same bars.

    Raises ValueError when the lengths differ. A detector that fails is reported, the others still speak.
    """
    profile = PROFILES[settings.profile]
    settings = profile.settings(settings)
    scene = prepare_scene(bars, volume)
    sides = _sides(scene)
    failed: list[FailedDetector] = []
    scores = profile.scores(scene)
    views = {scale: _view(scale, scene, scores, settings) for scale in Scale}
    candidates = [found for view in views.values() for found in _on_scale(view, sides, failed)]
    kept = nested(candidates, settings)
    zones, failure = run_isolated("range.zones", lambda: _zones(kept, scene, settings))
    failed += [failure] if failure else []
    found = zones or [()] * len(kept)
    ranges = tuple(_trading_range(item, zone, views[item.scale]) for item, zone in zip(kept, found, strict=True))
    return RangeResult(ranges, tuple(failed))


def _sides(scene: SeriesScene) -> Sides:
    """The bars upright and mirrored."""
    upright, mirrored = scene.log, scene.log.reflected()
    return (upright, scene.side), (mirrored, reflected(scene.side, mirrored))


@dataclass(frozen=True, slots=True)
class _View:
    """The bars as one scale sees them, with its settings and the effort that may be a climax on it, on either side."""

    scale: Scale
    scene: RangeScene
    settings: RangeSettings
    scores: tuple[FloatArray, FloatArray]


def _view(scale: Scale, scene: SeriesScene, scores: tuple[FloatArray, FloatArray], settings: RangeSettings) -> _View:
    own = at_scale(settings, scale, fixed=(*settings.FIXED, *PROFILES[settings.profile].fixed))
    if scale is Scale.MINOR:
        # in a small range only a panic tells a climax from any other low
        scores = in_unrest(scores, scene.effort, settings.min_minor_unrest)
    return _View(scale, scene.at_scale(scale, own.pivot_lookback_bars), own, scores)


def _on_scale(view: _View, sides: Sides, failed: list[FailedDetector]) -> list[Candidate]:
    """What one scale finds by itself."""
    scale, scene, own = view.scale, view.scene, view.settings
    failures: list[FailedDetector] = []
    failed_at = dict(without_contrary(_stopped(view, sides, failures), own))
    anchored: Found = [(outline, span_of(outline, scene, own)) for outline in failed_at]
    anchored = _replaced(anchored, anchored)
    clusters, failure = run_isolated(
        f"range.clusters.{scale.lower()}", lambda: find_cluster_ranges(scene, anchored, own)
    )
    failed += [*failures, *([failure] if failure else [])]
    return [
        Candidate(scale, outline, span, failed_at.get(outline))
        for outline, span in [*anchored, *_replaced(clusters or [], anchored)]
    ]


def _stopped(view: _View, sides: Sides, failed: list[FailedDetector]) -> list[Anchored]:
    """The ranges that climaxes of both sides open, with the bars at which they failed."""
    outlines: list[Anchored] = []
    find = PROFILES[view.settings.profile].find
    for name, (log, side), scores in zip(("accumulation", "distribution"), sides, view.scores, strict=True):
        search = partial(find, side, scores, view.scene.unit, view.settings)
        found, failure = run_isolated(f"range.climax.{name}.{view.scale.lower()}", search)
        outlines += [(outline_of(action, log), action.failed_at_index) for action in found or []]
        failed += [failure] if failure else []
    return outlines


def _replaced(ranges: Found, newer: Found) -> Found:
    """The ranges, each archived when the first of ``newer`` over the same prices became known after it."""
    result = []
    for outline, span in ranges:
        heir = next(
            (o for o, _ in newer if o.known_at_index > outline.known_at_index and o.overlaps_prices(outline)), None
        )
        result.append((outline, span if heir is None else span.replaced(heir.known_at_index)))
    return result


def _zones(kept: list[Candidate], scene: SeriesScene, settings: RangeSettings) -> list[tuple[Zone, ...]]:
    makers = zone_bars(scene, settings)
    last = len(scene.bars) - 1
    # Up to the bar that settled the breakout, not the breakout itself: a zone once said stays.
    settled = [last if item.span.over_index is None else item.span.over_index for item in kept]
    return [find_zones(item.outline, end, makers, scene, settings) for item, end in zip(kept, settled, strict=True)]


def _trading_range(item: Candidate, zones: tuple[Zone, ...], view: _View) -> TradingRange:
    bars, log, outline = view.scene.bars, view.scene.log, item.outline
    revisions = revisions_of(outline, item.span, view.scene, view.settings)
    ice, creek = log.price(outline.ice), log.price(outline.creek)
    below = outline.side is Side.ACCUMULATION
    climax, reaction = outline.climax_index, outline.reaction_index
    return TradingRange(
        range_id=range_id(outline, item.scale, bars),
        side=outline.side,
        start_index=outline.start_index,
        end_index=item.span.end_index,
        known_at_index=outline.known_at_index,
        ice=ice,
        creek=creek,
        jump=jump_of(outline.side, ice, creek, view.settings.short_jump_factor),
        status=revisions[-1].status,
        climax_index=climax,
        climax_price=None if climax is None else float((bars.low if below else bars.high)[climax]),
        reaction_index=reaction,
        reaction_price=None if reaction is None else float((bars.high if below else bars.low)[reaction]),
        zones=zones,
        revisions=revisions,
        scale=item.scale,
    )
