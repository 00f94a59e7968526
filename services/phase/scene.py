"""What the phase detectors read: one side of the market as log prices, with volume against its own past."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wyckoff.model.quick import quickly_made

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wyckoff.market.context import MarketContext
    from wyckoff.market.mirror import LogBars
    from wyckoff.model.ranges import TradingRange

#: Log prices that are nearer are the same price.
SAME_PRICE: Final = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class PhaseScene:
    """One side of a series on one scale; the mirrored one reads a distribution as an accumulation.

    Sequences have one value a bar: log prices, ratios to the baseline and z-scores, NaN when unknown.
    """

    log: LogBars
    high: Sequence[float]
    low: Sequence[float]
    close: Sequence[float]
    unit: Sequence[float]
    volume: Sequence[float]
    volume_ratio: Sequence[float]
    volume_z: Sequence[float]
    range_ratio: Sequence[float]
    context: MarketContext

    def effort(self, bar_index: int, reference: int | None) -> float:
        """Volume of a bar over that of ``reference``; NaN when either is unknown or there is no reference."""
        return math.nan if reference is None else self.volume[bar_index] / self.volume[reference]

    def close_position(self, bar_index: int) -> float:
        """Close within the bar: 1 at its favourable end, 0.5 for a bar without height.

        Measured on log prices, unlike the volume stage: a reflected bar then gives exactly the reflected measure.
        """
        low = self.low[bar_index]
        height = self.high[bar_index] - low
        if height <= 0.0:
            return 0.5
        position = (self.close[bar_index] - low) / height
        if position <= 0.0:
            return 0.0
        return position if position < 1.0 else 1.0

    @property
    def last_index(self) -> int:
        return len(self.close) - 1

    def shows_intent(self, bar_index: int, frame: Frame) -> bool:
        """Whether the market around a bar speaks for a move out of the range; a climax has spoken for it before."""
        if frame.climax_index is not None or frame.is_turned:
            return True
        return self.context.is_absorbing(bar_index)

    def price(self, log_price: float) -> float:
        """Price in quote currency."""
        return self.log.price(log_price)


@quickly_made
@dataclass(frozen=True, slots=True)
class Frame:
    """A range as the scene sees it: log prices with ``support`` < ``resistance`` and the climax at the low end.

    Without a climax ``climax_index`` is None, ``climax_low`` the support, and ``reaction_index`` the bar at which
    the range was known: what came before it is not read. So is a range that is read against its climax.
    """

    start_index: int
    climax_index: int | None
    climax_low: float
    reaction_index: int
    known_at_index: int
    support: float
    resistance: float
    #: Read for the side against which its climax stands.
    is_turned: bool = False

    @property
    def height(self) -> float:
        """From the support to the resistance."""
        return self.resistance - self.support

    def place(self, log_price: float) -> float:
        """Where a price lies in the range: 0 at the support, 1 at the resistance."""
        return (log_price - self.support) / (self.resistance - self.support)


def frame_of(trading_range: TradingRange, scene: PhaseScene, *, turned: bool = False) -> Frame:
    """The range on the scene's side; ``turned`` when that is the side against its climax.

    Raises ValueError on a bar that is not there.
    """
    support, resistance = math.log(trading_range.ice), math.log(trading_range.creek)
    if scene.log.mirrored:
        support, resistance = -resistance, -support
    # levels are often prices of bars: a price that equals one is never above it, however both were rounded
    support, resistance = support + SAME_PRICE, resistance + SAME_PRICE
    climax, reaction = trading_range.climax_index, trading_range.reaction_index
    start, known = trading_range.start_index, trading_range.known_at_index
    if turned:
        return Frame(start, None, support, known, known, support, resistance, is_turned=True)
    if climax is None or reaction is None:
        if not 0 <= start <= known <= scene.last_index:
            msg = f"range {trading_range.range_id}: start {start} and known_at {known} must ascend within the bars"
            raise ValueError(msg)
        return Frame(start, None, support, known, known, support, resistance)
    if not 0 <= climax < reaction <= known <= scene.last_index:
        msg = (
            f"range {trading_range.range_id}: climax {climax}, reaction {reaction} and known_at "
            f"{known} must ascend within {scene.last_index + 1} bars"
        )
        raise ValueError(msg)
    return Frame(climax, climax, scene.low[climax], reaction, known, support, resistance)
