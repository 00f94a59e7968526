"""Effort (volume) against result (spread), bar by bar."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from wyckoff.model.kinds import EffortResult
from wyckoff.model.volume import EFFORT_ORDER

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from services.volume.config import VolumeSettings

CODE: Final = {result: code for code, result in enumerate(EFFORT_ORDER, start=1)}
_NORMAL, _CLIMACTIC, _ABSORPTION, _NO_DEMAND, _NO_SUPPLY = (np.int64(CODE[result]) for result in EffortResult)


def effort_codes(
    volume_ratio: NDArray[np.float64],
    spread_ratio: NDArray[np.float64],
    close_change: NDArray[np.float64],
    close_position: NDArray[np.float64],
    settings: VolumeSettings,
) -> NDArray[np.int64]:
    """Effort class of each bar, 1-based into ``EFFORT_ORDER``; NORMAL where a ratio is unknown.

    A quiet narrow bar lacks demand when it closes above the close before, supply when below; on an unchanged
    close the position of the close within the bar decides.
    """
    # Comparisons with NaN are false, so unknown falls through to NORMAL.
    climactic = (volume_ratio >= settings.climactic_volume_ratio) & (spread_ratio >= settings.climactic_spread_ratio)
    climactic |= (volume_ratio >= settings.wide_climactic_volume_ratio) & (
        spread_ratio >= settings.wide_climactic_spread_ratio
    )
    absorption = (volume_ratio >= settings.absorption_volume_ratio) & (spread_ratio <= settings.absorption_spread_ratio)
    quiet = (volume_ratio <= settings.quiet_volume_ratio) & (spread_ratio <= settings.quiet_spread_ratio)
    up = (close_change > 0) | ((close_change == 0) & (close_position >= 0.5))
    codes = np.full(len(volume_ratio), _NORMAL)
    codes[quiet] = _NO_SUPPLY
    codes[quiet & up] = _NO_DEMAND
    codes[absorption] = _ABSORPTION
    codes[climactic] = _CLIMACTIC
    return codes
