"""What the phase detectors read: one side of the market as log prices, with volume against its own past."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from wyckoff.market.activity import measure_activity
from wyckoff.market.context import MarketContext
from wyckoff.market.mirror import LogBars, log_bars
from wyckoff.market.scales import unit_factor

if TYPE_CHECKING:
    from wyckoff.market.bars import Bars
    from wyckoff.model.kinds import Scale
    from wyckoff.model.ranges import TradingRange
    from wyckoff.model.volume import VolumeAnalysis

#: Bars at the start whose volume ratio is missing for want of a baseline, not of volume.
_WARM_UP_BARS = 20


@dataclass(frozen=True, slots=True, eq=False)
class PhaseScene:
    """One side of a series; the mirrored one reads a distribution as an accumulation.

    Lists have one value a bar: log prices, ratios to the baseline and z-scores, NaN when unknown;
    ``close_position`` is 1 at the favourable end of the bar.
    """

    log: LogBars
    high: list[float]
    low: list[float]
    close: list[float]
    unit: list[float]
    volume: list[float]
    volume_ratio: list[float]
    volume_z: list[float]
    range_ratio: list[float]
    close_position: list[float]
    context: MarketContext

    def effort(self, bar_index: int, reference: int | None) -> float:
        """Volume of a bar over that of ``reference``; NaN when either is unknown or there is no reference."""
        return math.nan if reference is None else self.volume[bar_index] / self.volume[reference]

    @property
    def last_index(self) -> int:
        return len(self.close) - 1

    def at_scale(self, scale: Scale) -> PhaseScene:
        """The same bars with the unit of ``scale``."""
        factor = unit_factor(scale)
        return replace(self, unit=[unit * factor for unit in self.unit])

    def shows_intent(self, bar_index: int, frame: Frame) -> bool:
        """Whether the market around a bar speaks for a move out of the range; a climax has spoken for it before."""
        if frame.climax_index is not None:
            return True
        return self.context.is_absorbing(bar_index) or self.context.is_pressing(bar_index, frame.start_index)

    def price(self, log_price: float) -> float:
        """Price in quote currency."""
        return self.log.price(log_price)


@dataclass(frozen=True, slots=True)
class Frame:
    """A range as the scene sees it: log prices with ``support`` < ``resistance`` and the climax at the low end.

    Without a climax ``climax_index`` is None, ``climax_low`` the support, and ``reaction_index`` the bar at which
    the range was known: what came before it is not read.
    """

    start_index: int
    climax_index: int | None
    climax_low: float
    reaction_index: int
    known_at_index: int
    support: float
    resistance: float

    @property
    def height(self) -> float:
        return self.resistance - self.support

    def place(self, log_price: float) -> float:
        """Where a price lies in the range: 0 at the support, 1 at the resistance."""
        return (log_price - self.support) / self.height


def prepare_scene(bars: Bars, volume: VolumeAnalysis, *, mirrored: bool) -> PhaseScene:
    """Scene of bars. Raises ValueError when the volume analysis is of other bars."""
    if len(volume.volume_ratio) != len(bars):
        msg = f"volume analysis has {len(volume.volume_ratio)} values for {len(bars)} bars; one value a bar is needed"
        raise ValueError(msg)
    log = log_bars(bars, mirrored=mirrored)
    known = np.isfinite(volume.volume_ratio) | (np.arange(len(bars)) < _WARM_UP_BARS)
    activity = measure_activity(log, bars.volume, known)
    # Measured on log prices, unlike the volume stage: a reflected bar then gives exactly the reflected measure.
    height = log.high - log.low
    position = np.divide(log.close - log.low, height, out=np.full(len(bars), 0.5), where=height > 0)
    return PhaseScene(
        log=log,
        high=log.high.tolist(),
        low=log.low.tolist(),
        close=log.close.tolist(),
        unit=activity.unit.tolist(),
        volume=np.where(known & (bars.volume > 0), bars.volume, np.nan).tolist(),
        volume_ratio=volume.volume_ratio.tolist(),
        volume_z=activity.volume_z.tolist(),
        range_ratio=activity.range_ratio.tolist(),
        close_position=np.clip(position, 0.0, 1.0).tolist(),
        context=MarketContext(activity),
    )


def frame_of(trading_range: TradingRange, scene: PhaseScene) -> Frame:
    """The range on the scene's side. Raises ValueError on a bar that is not there."""
    support, resistance = math.log(trading_range.ice), math.log(trading_range.creek)
    if scene.log.mirrored:
        support, resistance = -resistance, -support
    climax, reaction = trading_range.climax_index, trading_range.reaction_index
    start, known = trading_range.start_index, trading_range.known_at_index
    if climax is None or reaction is None:
        if not 0 <= start <= known <= scene.last_index:
            msg = f"range {trading_range.range_id}: start {start} and known_at {known} must ascend within the bars"
            raise ValueError(msg)
        return Frame(start, None, support, known, known, support, resistance)
    if not 0 <= climax < reaction <= trading_range.known_at_index <= scene.last_index:
        msg = (
            f"range {trading_range.range_id}: climax {climax}, reaction {reaction} and known_at "
            f"{trading_range.known_at_index} must ascend within {scene.last_index + 1} bars"
        )
        raise ValueError(msg)
    return Frame(climax, climax, scene.low[climax], reaction, known, support, resistance)
