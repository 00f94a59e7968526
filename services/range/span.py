"""How long price stays in a range: the part of its life that other ranges depend on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wyckoff.model.quick import quickly_made

if TYPE_CHECKING:
    from services.range.config import RangeSettings
    from services.range.outline import Outline
    from services.range.scene import RangeScene


@quickly_made
@dataclass(frozen=True, slots=True)
class Span:
    """``end_index`` is the last bar inside. ``over_index`` is the bar at whose close it was settled that the range is
    over, None while it is not: left, too old or replaced. ``left_index`` is that bar when price has left it.
    """

    end_index: int
    over_index: int | None
    left_index: int | None
    replaced_index: int | None = None

    def replaced(self, at_index: int) -> Span:
        """The span cut short by a newer range that became known at ``at_index``."""
        if self.over_index is not None and self.over_index <= at_index:
            return Span(self.end_index, self.over_index, self.left_index, at_index)
        return Span(min(self.end_index, at_index), at_index, None, at_index)


def span_of(outline: Outline, scene: RangeScene, settings: RangeSettings) -> Span:
    """The span of a range on all bars; its cost is bounded by the longest life, not by the bars."""
    oldest = outline.start_index + settings.max_range_bars
    last = min(len(scene.close) - 1, oldest)
    outside = _outside_for_good(outline, scene, settings, last)
    if outside is not None:
        left = outside + settings.breakout_bars
        return Span(outside, left, left)
    if oldest <= last:
        return Span(oldest, oldest, None)
    return Span(last, None, None)


def _outside_for_good(outline: Outline, scene: RangeScene, settings: RangeSettings, last: int) -> int | None:
    """The first close beyond a level that the following bars up to ``last`` do not take back."""
    close, patience = scene.close, settings.breakout_bars
    floor, ceiling = outline.lowest - settings.breakout_pct, outline.highest + settings.breakout_pct
    back = -1
    for at in range(outline.known_at_index, last - patience + 1):
        if floor <= close[at] <= ceiling or at <= back:
            continue
        inside = (k for k in range(at + 1, at + patience + 1) if outline.ice <= close[k] <= outline.creek)
        back = next(inside, -1)
        if back < 0:
            return at
    return None
