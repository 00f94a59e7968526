"""How probable a set-up is; written by ``python -m tools.calibrate``."""

from __future__ import annotations

from typing import Final

from wyckoff.model.curve import Curve
from wyckoff.model.kinds import PatternType

_POINTS: Final = (40.0, 50.0, 60.0, 70.0, 75.0, 80.0, 85.0, 90.0, 95.0, 100.0)
#: Percent of set-ups that are right, over the mixed points.
CURVES: Final = {
    PatternType.SPRING: Curve(_POINTS, (10.3, 40.4, 64.4, 64.4, 80.4, 87.6, 91.2, 99.1, 99.1, 99.5)),
    PatternType.SOS: Curve(_POINTS, (2.3, 32.0, 40.9, 65.5, 70.8, 79.8, 79.8, 92.8, 99.5, 99.5)),
    PatternType.LPS: Curve(_POINTS, (0.5, 8.2, 44.6, 72.7, 84.0, 84.5, 84.5, 88.0, 99.5, 99.5)),
}
