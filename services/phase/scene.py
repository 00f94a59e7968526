"""What the phase detectors read: one side of the market as log prices, with volume against its own past."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from wyckoff.market.activity import measure_activity
from wyckoff.market.mirror import LogBars, log_bars

if TYPE_CHECKING:
    from wyckoff.market.bars import Bars
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

    @property
    def last_index(self) -> int:
        return len(self.close) - 1

    def price(self, log_price: float) -> float:
        """Price in quote currency."""
        return self.log.price(log_price)


@dataclass(frozen=True, slots=True)
class Frame:
    """A range as the scene sees it: log prices with ``support`` < ``resistance`` and the climax at the low end."""

    climax_index: int
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
    )


def frame_of(trading_range: TradingRange, scene: PhaseScene) -> Frame | None:
    """The range on the scene's side, None without a climax. Raises ValueError on a bar that is not there."""
    climax, reaction = trading_range.climax_index, trading_range.reaction_index
    if climax is None or reaction is None:
        return None
    if not 0 <= climax < reaction <= trading_range.known_at_index <= scene.last_index:
        msg = (
            f"range {trading_range.range_id}: climax {climax}, reaction {reaction} and known_at "
            f"{trading_range.known_at_index} must ascend within {scene.last_index + 1} bars"
        )
        raise ValueError(msg)
    support, resistance = math.log(trading_range.ice), math.log(trading_range.creek)
    if scene.log.mirrored:
        support, resistance = -resistance, -support
    return Frame(climax, scene.low[climax], reaction, trading_range.known_at_index, support, resistance)
