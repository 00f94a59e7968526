"""How long after its bar a finding is said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Lag:
    """Median and 90th percentile of bars from the bar described to the bar at whose close it was said."""

    count: int
    median_bars: float
    p90_bars: float


def lag_of(lags_bars: Sequence[int]) -> Lag | None:
    """The lag of some findings; None without any. Percentiles are interpolated."""
    if not lags_bars:
        return None
    median, p90 = np.percentile(lags_bars, [50, 90])
    return Lag(len(lags_bars), float(median), float(p90))
