"""The frozen part of a range: where it starts, when it was known, and its levels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wyckoff.model.identity import content_id
from wyckoff.model.kinds import Side
from wyckoff.model.quick import quickly_made

if TYPE_CHECKING:
    from services.range.stopping import StoppingAction
    from wyckoff.market.bars import Bars
    from wyckoff.market.mirror import LogBars
    from wyckoff.model.kinds import Scale


@quickly_made
@dataclass(frozen=True, slots=True)
class Outline:
    """What is said of a range when it becomes known; ``ice`` and ``creek`` are log prices of the upright bars."""

    side: Side
    start_index: int
    known_at_index: int
    ice: float
    creek: float
    climax_index: int | None = None
    reaction_index: int | None = None
    #: Lowest and highest log price that still belong to the range: climax and reaction go beyond their levels.
    floor: float | None = None
    ceiling: float | None = None

    @property
    def lowest(self) -> float:
        return self.ice if self.floor is None else min(self.ice, self.floor)

    @property
    def highest(self) -> float:
        return self.creek if self.ceiling is None else max(self.creek, self.ceiling)

    def overlaps_prices(self, other: Outline) -> bool:
        return self.ice < other.creek and other.ice < self.creek


def outline_of(action: StoppingAction, log: LogBars) -> Outline:
    """Outline of the range that a stopping action on ``log`` opens."""
    ice, creek = action.support, action.resistance
    if log.mirrored:
        ice, creek = -creek, -ice
    return Outline(
        Side.DISTRIBUTION if log.mirrored else Side.ACCUMULATION,
        action.climax_index,
        action.known_at_index,
        ice,
        creek,
        action.climax_index,
        action.reaction_index,
        -float(log.high[action.reaction_index]) if log.mirrored else action.extreme,
        -action.extreme if log.mirrored else float(log.high[action.reaction_index]),
    )


def range_id(outline: Outline, scale: Scale, bars: Bars) -> str:
    """Identity from symbol, timeframe, scale, side and the open time of the first bar."""
    opened = int(bars.open_time_ms[outline.start_index])
    return content_id("range", bars.symbol, bars.timeframe, scale, outline.side, opened)
