"""The scenes of a series: both sides and all scales, from one measurement of the bars."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

from services.phase.scene import PhaseScene
from wyckoff.market.measured import measured
from wyckoff.market.scales import unit_factor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wyckoff.market.bars import Bars, FloatArray
    from wyckoff.market.mirror import LogBars
    from wyckoff.model.kinds import Scale
    from wyckoff.model.volume import VolumeAnalysis


class Scenes:
    """Each scene is made when it is first asked for; activity and volume are the same for bars and their mirror."""

    def __init__(self, bars: Bars, volume: VolumeAnalysis) -> None:
        """Raises ValueError when the volume analysis is of other bars."""
        if len(volume.volume_ratio) != len(bars):
            msg = (
                f"volume analysis has {len(volume.volume_ratio)} values for {len(bars)} bars; one value a bar is needed"
            )
            raise ValueError(msg)
        known = measured(bars, volume)
        activity = known.activity
        self._log, self._context, self._unit = known.log, known.context, activity.unit
        self._volume = _seldom_read(np.where(volume.known_bars & (bars.volume > 0), bars.volume, np.nan))
        self._volume_ratio = _seldom_read(volume.volume_ratio)
        self._volume_z = _seldom_read(activity.volume_z)
        self._range_ratio = _seldom_read(activity.range_ratio)
        self._units: dict[Scale, Sequence[float]] = {}
        self._sides: dict[bool, tuple[LogBars, Sequence[float], list[float], list[float]]] = {}
        self._made: dict[tuple[Scale, bool], PhaseScene] = {}

    def scene(self, scale: Scale, *, mirrored: bool) -> PhaseScene:
        """The bars seen from one side, with the volatility unit of ``scale``."""
        made = self._made.get((scale, mirrored))
        if made is None:
            made = self._made[scale, mirrored] = self._make(scale, mirrored=mirrored)
        return made

    def _make(self, scale: Scale, *, mirrored: bool) -> PhaseScene:
        log, high, low, close = self._side(mirrored=mirrored)
        if scale not in self._units:
            self._units[scale] = _seldom_read(self._unit * unit_factor(scale))
        return PhaseScene(
            log,
            high,
            low,
            close,
            unit=self._units[scale],
            volume=self._volume,
            volume_ratio=self._volume_ratio,
            volume_z=self._volume_z,
            range_ratio=self._range_ratio,
            context=self._context,
        )

    def _side(self, *, mirrored: bool) -> tuple[LogBars, Sequence[float], list[float], list[float]]:
        if mirrored not in self._sides:
            log = self._log.reflected() if mirrored else self._log
            self._sides[mirrored] = (log, _seldom_read(log.high), log.low.tolist(), log.close.tolist())
        return self._sides[mirrored]


def _seldom_read(column: FloatArray) -> Sequence[float]:
    """Python floats on demand, for a column of which a few bars are read; a list is quicker where most are."""
    return cast("Sequence[float]", np.ascontiguousarray(column).data)
