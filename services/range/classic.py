"""Stopping action by fixed multiples: a climax of twice the usual volume, and a rally of 3 % within ten bars."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from services.range.stopping import Search

if TYPE_CHECKING:
    from services.range.config import RangeSettings
    from services.range.scene import SeriesScene
    from services.range.stopping import SideBars, StoppingAction
    from wyckoff.market.bars import FloatArray

MIN_VOLUME_RATIO: Final = 2.0
MIN_SPREAD_RATIO: Final = 1.5
#: Thresholds that are the same for every instrument; no evidence is summed up.
THRESHOLDS: Final = {
    "min_climax_score": 1.0,
    "min_minor_unrest": -math.inf,
    "climax_zone_bars": 10,
    "min_reaction_pct": math.log1p(0.03),
    "reaction_max_bars": 10,
    "max_range_bars": 100,
    "touch_units": 0.0,
    "touch_height": 0.0,
    "min_cluster_units": 0.0,
}
#: A reaction has its ten bars on every scale.
FIXED: Final = ("climax_zone_bars", "reaction_max_bars")


def classic_scores(scene: SeriesScene) -> tuple[FloatArray, FloatArray]:
    """Volume of climaxes in multiples of what one needs, 0 for other bars: of the bars upright and mirrored.

    A selling climax closes below the close before it. Where in its bar it closes is no condition: many are bought
    back on the next bar only.
    """
    volume = scene.volume.volume_ratio
    change = np.diff(scene.log.close, prepend=scene.log.close[:1])
    # where volume is unknown nothing is a climax
    loud = (volume >= MIN_VOLUME_RATIO) & (scene.volume.spread_ratio >= MIN_SPREAD_RATIO)
    multiples = np.where(loud, volume / MIN_VOLUME_RATIO, 0.0)
    return np.where(change < 0, multiples, 0.0), np.where(change > 0, multiples, 0.0)


def find_classic_stopping_actions(
    side: SideBars, scores: FloatArray, unit: FloatArray, settings: RangeSettings
) -> list[StoppingAction]:
    """As :func:`services.range.stopping.find_stopping_actions`, of scores by :func:`classic_scores`."""
    search = _ClassicSearch(side, scores, unit, settings)
    search.run()
    return search.found


class _ClassicSearch(Search):
    """The reaction is what price rises in its time; it is over at a close below the low before, or when time is up."""

    def _follow(self, candidate: int) -> int:
        settings, low = self.settings, self.low
        i = candidate
        for i in range(candidate + 1, len(low)):
            if low[i] < low[self.start]:
                if i - self.first > settings.climax_zone_bars:
                    return i
                self._move_to(i)
                continue
            if self.reaction == self.start or self.high[i] > self.high[self.reaction]:
                self.reaction = i
            is_due = i - self.start >= settings.reaction_max_bars
            if is_due or (self.reaction < i and self.close[i] < low[i - 1]):
                if self.high[self.reaction] - low[self.start] >= settings.min_reaction_pct:
                    self._state(i)
                    return i
                if is_due:
                    return i
        return i + 1
