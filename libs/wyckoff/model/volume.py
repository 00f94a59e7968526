"""Result of the volume stage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from wyckoff.model.kinds import EffortResult

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Bars at the start that have no baseline, hence no ratio.
BASELINE_BARS: Final = 20

#: ``VolumeAnalysis.effort_code`` counts in this order from 1, as the contract's enum does.
EFFORT_ORDER: Final = (
    EffortResult.NORMAL,
    EffortResult.CLIMACTIC,
    EffortResult.ABSORPTION,
    EffortResult.NO_DEMAND,
    EffortResult.NO_SUPPLY,
)


@dataclass(frozen=True, slots=True, eq=False)
class VolumeAnalysis:
    """One value a bar, shape ``(bars,)`` each. NaN in a ratio means unknown, never low.

    ``volume_ratio`` and ``spread_ratio`` are multiples of the baseline, ``close_position`` is 0 (low) to
    1 (high), ``effort_code`` is int64, 1-based into :data:`EFFORT_ORDER`.
    """

    volume_ratio: NDArray[np.float64]
    spread_ratio: NDArray[np.float64]
    close_position: NDArray[np.float64]
    effort_code: NDArray[np.int64]

    @property
    def known_bars(self) -> NDArray[np.bool_]:
        """Whether the volume of each bar is known; so it is of the first bars, whose ratio lacks only a baseline."""
        known = np.isfinite(self.volume_ratio)
        known[:BASELINE_BARS] = True
        return known

    def effort(self, bar_index: int) -> EffortResult:
        return EFFORT_ORDER[int(self.effort_code[bar_index]) - 1]
