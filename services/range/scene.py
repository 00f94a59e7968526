"""Everything the range detectors read, prepared once for a series."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from services.range.pivots import Pivots, find_pivots
from wyckoff.market.activity import Activity, measure_activity
from wyckoff.market.mirror import LogBars, log_bars
from wyckoff.market.scales import unit_factor

if TYPE_CHECKING:
    from services.range.config import RangeSettings
    from wyckoff.market.bars import Bars
    from wyckoff.model.kinds import Scale
    from wyckoff.model.volume import VolumeAnalysis


@dataclass(frozen=True, slots=True, eq=False)
class RangeScene:
    """Bars with their log prices, activity and pivots. The lists hold log prices and ratios, one value a bar."""

    bars: Bars
    log: LogBars
    activity: Activity
    pivots: Pivots
    high: list[float]
    low: list[float]
    close: list[float]
    unit: list[float]
    volume_ratio: list[float]
    spread_ratio: list[float]
    close_position: list[float]

    def at_scale(self, scale: Scale, settings: RangeSettings) -> RangeScene:
        """The same bars with the unit and the pivots of ``scale``, whose ``settings`` these are."""
        unit = self.activity.unit * unit_factor(scale)
        return replace(
            self,
            activity=replace(self.activity, unit=unit),
            pivots=find_pivots(self.bars.high, self.bars.low, settings.pivot_lookback_bars),
            unit=unit.tolist(),
        )


def prepare_scene(bars: Bars, volume: VolumeAnalysis, settings: RangeSettings) -> RangeScene:
    """Scene of bars. Raises ValueError when the volume analysis is of other bars."""
    if len(volume.volume_ratio) != len(bars):
        msg = f"volume analysis has {len(volume.volume_ratio)} values for {len(bars)} bars; one value a bar is needed"
        raise ValueError(msg)
    log = log_bars(bars, mirrored=False)
    activity = measure_activity(log, bars.volume, volume.known_bars)
    return RangeScene(
        bars=bars,
        log=log,
        activity=activity,
        pivots=find_pivots(bars.high, bars.low, settings.pivot_lookback_bars),
        high=log.high.tolist(),
        low=log.low.tolist(),
        close=log.close.tolist(),
        unit=activity.unit.tolist(),
        volume_ratio=volume.volume_ratio.tolist(),
        spread_ratio=volume.spread_ratio.tolist(),
        close_position=volume.close_position.tolist(),
    )
