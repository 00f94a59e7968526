"""Ranges of several scales together: what is said on one scale is not said again on another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from services.range.contrary import contradicts
from wyckoff.model.kinds import Scale
from wyckoff.model.quick import quickly_made

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from services.range.config import RangeSettings
    from services.range.outline import Outline
    from services.range.span import Span

#: Who speaks first of two ranges that become known on the same bar.
_PRECEDENCE: Final[Mapping[Scale, int]] = {Scale.INTERMEDIATE: 0, Scale.MAJOR: 1, Scale.MINOR: 2}
#: A range of the largest scale lives two and a half times as long as one of the intermediate scale.
_LONGEST_LIVES: Final = 4
_SIZE: Final[Mapping[Scale, int]] = {scale: size for size, scale in enumerate(Scale)}


@quickly_made
@dataclass(frozen=True, slots=True)
class Candidate:
    """A range as one scale sees it; ``failed_at_index`` is the close far beyond its climax, if there was one."""

    scale: Scale
    outline: Outline
    span: Span
    failed_at_index: int | None = None

    def is_over(self, bar_index: int) -> bool:
        """Whether it had been left or had failed by the close of a bar."""
        over, failed = self.span.over_index, self.failed_at_index
        return (over is not None and over <= bar_index) or (failed is not None and failed <= bar_index)


def nested(candidates: Iterable[Candidate], settings: RangeSettings) -> list[Candidate]:
    """The candidates, by ``known_at_index``, without those that repeat or contradict one of another scale.

    A range is decided upon at the bar at which it becomes known, from what was said before. Inside a living range
    a smaller one may lie that is much lower and serves the same side; one over the same prices is the same range.
    """
    kept: list[Candidate] = []
    recent: list[Candidate] = []
    for item in sorted(candidates, key=_order):
        # what became known longer ago is over on every scale
        oldest = item.outline.known_at_index - _LONGEST_LIVES * settings.max_range_bars
        recent = [other for other in recent if other.outline.known_at_index >= oldest]
        if not any(_excludes(other, item, settings) for other in recent if other.scale is not item.scale):
            kept.append(item)
            recent.append(item)
    return kept


def _order(item: Candidate) -> tuple[int, int, str, int]:
    outline = item.outline
    return outline.known_at_index, _PRECEDENCE[item.scale], outline.side, outline.start_index


def _excludes(known: Candidate, new: Candidate, settings: RangeSettings) -> bool:
    a, b = known.outline, new.outline
    if _SIZE[known.scale] >= _SIZE[new.scale] and contradicts(a, known.failed_at_index, b, settings):
        # a small climax says nothing against a larger range, the other way round it may
        return True
    if known.is_over(b.known_at_index):
        return False
    if _same_climax(a, b, settings):
        return True
    if not a.overlaps_prices(b):
        return False
    if a.climax_index is None and b.climax_index is not None:
        # a climax says more than the turns of a range without one
        return False
    shared = min(a.creek, b.creek) - max(a.ice, b.ice)
    spanned = max(a.creek, b.creek) - min(a.ice, b.ice)
    heights = sorted((a.creek - a.ice, b.creek - b.ice))
    return shared > settings.same_range_overlap * spanned or heights[0] > settings.nested_height * heights[1]


def _same_climax(a: Outline, b: Outline, settings: RangeSettings) -> bool:
    if a.climax_index is None or b.climax_index is None or a.side is not b.side:
        return False
    return abs(a.climax_index - b.climax_index) <= settings.climax_zone_bars
