"""How probable a set-up is; written by ``python -m tools.calibrate``."""

from __future__ import annotations

from typing import Final

from wyckoff.model.curve import Curve
from wyckoff.model.kinds import PatternType

_POINTS: Final = (40.0, 50.0, 60.0, 70.0, 75.0, 80.0, 85.0, 90.0, 95.0, 100.0)
#: Percent of set-ups that are right, over the mixed points.
CURVES: Final = {
    PatternType.SPRING: Curve(_POINTS, (9.0, 37.7, 64.5, 64.5, 80.0, 85.8, 87.5, 99.1, 99.1, 99.5)),
    PatternType.SOS: Curve(_POINTS, (1.5, 31.8, 40.9, 65.5, 70.6, 81.9, 81.9, 93.7, 99.5, 99.5)),
    PatternType.LPS: Curve(_POINTS, (0.5, 14.5, 48.5, 72.8, 80.3, 80.3, 80.3, 86.0, 97.2, 99.5)),
}
