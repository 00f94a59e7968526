"""Everything the range detectors read, prepared once for a series, and what each scale adds to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from services.range.climax import Effort, measure_effort
from services.range.pivots import Pivots, PivotSearch
from services.range.stopping import SideBars, side_bars
from wyckoff.market.activity import Activity, measure_activity
from wyckoff.market.mirror import LogBars, log_bars
from wyckoff.market.scales import unit_factor

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from wyckoff.market.bars import Bars, FloatArray
    from wyckoff.model.kinds import Scale
    from wyckoff.model.volume import VolumeAnalysis


@dataclass(frozen=True, slots=True, eq=False)
class SeriesScene:
    """Bars with their log prices, activity and volume. The lists hold log prices, one value a bar."""

    bars: Bars
    log: LogBars
    activity: Activity
    effort: Effort
    volume: VolumeAnalysis
    pivot_search: PivotSearch
    side: SideBars
    high: list[float]
    low: list[float]
    close: list[float]
    volume_known: NDArray[np.bool_]

    def at_scale(self, scale: Scale, pivot_lookback_bars: int) -> RangeScene:
        """The same bars with the unit of ``scale`` and the pivots of its lookback."""
        unit = self.activity.unit * unit_factor(scale)
        return RangeScene(
            self.bars,
            self.log,
            self.activity,
            self.effort,
            self.volume,
            self.pivot_search,
            self.side,
            self.high,
            self.low,
            self.close,
            self.volume_known,
            self.pivot_search.find(pivot_lookback_bars),
            unit,
        )


@dataclass(frozen=True, slots=True, eq=False)
class RangeScene(SeriesScene):
    """The bars as one scale sees them: ``unit`` is its volatility unit, one value a bar."""

    pivots: Pivots
    unit: FloatArray


def prepare_scene(bars: Bars, volume: VolumeAnalysis) -> SeriesScene:
    """Scene of bars. Raises ValueError when the volume analysis is of other bars."""
    if len(volume.volume_ratio) != len(bars):
        msg = f"volume analysis has {len(volume.volume_ratio)} values for {len(bars)} bars; one value a bar is needed"
        raise ValueError(msg)
    log = log_bars(bars, mirrored=False)
    side = side_bars(log)
    activity = measure_activity(log, bars.volume, volume.known_bars)
    return SeriesScene(
        bars=bars,
        log=log,
        activity=activity,
        effort=measure_effort(activity),
        volume=volume,
        pivot_search=PivotSearch(bars.high, bars.low),
        side=side,
        high=side.high,
        low=side.low,
        close=side.close,
        volume_known=~np.isnan(volume.volume_ratio),
    )
