"""One pair of eyes for both sides of the market."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wyckoff.model.kinds import Direction

if TYPE_CHECKING:
    from wyckoff.market.bars import Bars, FloatArray
    from wyckoff.model.ranges import RangeRevision, TradingRange

#: A volatility larger than the price itself must not push a stop below 0.
MAX_DISTANCE: Final = 0.5


@dataclass(frozen=True, slots=True)
class Facing:
    """Reads prices in the direction of a trade, so that one rule serves longs and shorts.

    Distances are measured in log price, hence equal for bars and their mirror. Order prices are placed by a
    fraction of the level, ``level * (1 + x)`` for a long and ``level * (1 - x)`` for a short, because a
    trader reads them as percent of the level.
    """

    direction: Direction

    @property
    def sign(self) -> int:
        return 1 if self.direction is Direction.LONG else -1

    def advance(self, price: float, level: float) -> float:
        """How far ``price`` is beyond ``level`` in the direction of the trade, as a fraction; negative behind it."""
        return math.expm1(self.sign * math.log(price / level))

    def shifted(self, level: float, fraction: float) -> float:
        """The price ``fraction`` beyond ``level`` in the direction of the trade."""
        return level * (1.0 + self.sign * fraction)

    def behind(self, price: float, distance: float) -> float:
        """The price a ``distance`` in quote currency behind ``price``, at most half of it: a stop stays a price."""
        return price - self.sign * min(distance, MAX_DISTANCE * price)

    def is_beyond(self, price: float, other: float) -> bool:
        """Whether ``price`` lies strictly beyond ``other`` in the direction of the trade."""
        return self.sign * (price - other) > 0

    def farther_back(self, price: float, other: float) -> float:
        """The one of two stops that leaves more room."""
        return min(price, other) if self.sign > 0 else max(price, other)

    def adverse(self, bars: Bars) -> FloatArray:
        """The extreme of each bar against the trade: lows for a long."""
        return bars.low if self.sign > 0 else bars.high

    def favourable(self, bars: Bars) -> FloatArray:
        """The extreme of each bar with the trade: highs for a long."""
        return bars.high if self.sign > 0 else bars.low

    def close_position(self, position: float) -> float:
        """Close within the bar, 0 to 1 in the direction of the trade."""
        return position if self.sign > 0 else 1.0 - position

    def near_level(self, trading_range: TradingRange) -> float:
        """The level that the trade leans on: the ice for a long."""
        return trading_range.ice if self.sign > 0 else trading_range.creek

    def far_level(self, trading_range: TradingRange) -> float:
        """The level that the trade breaks through: the creek for a long."""
        return trading_range.creek if self.sign > 0 else trading_range.ice

    def near_strength(self, revision: RangeRevision) -> int:
        return revision.ice_strength if self.sign > 0 else revision.creek_strength

    def jump(self, revision: RangeRevision) -> float | None:
        return revision.jump_up if self.sign > 0 else revision.jump_down


LONG: Final = Facing(Direction.LONG)
SHORT: Final = Facing(Direction.SHORT)
