"""How probable a set-up is; written by ``python -m tools.calibrate``."""

from __future__ import annotations

from typing import Final

from wyckoff.model.curve import Curve
from wyckoff.model.kinds import PatternType

_POINTS: Final = (40.0, 50.0, 60.0, 70.0, 75.0, 80.0, 85.0, 90.0, 95.0, 100.0)
#: Percent of set-ups that are right, over the mixed points.
CURVES: Final = {
    PatternType.SPRING: Curve(_POINTS, (3.9, 40.1, 60.8, 60.8, 76.0, 76.0, 88.9, 99.4, 99.4, 99.5)),
    PatternType.SOS: Curve(_POINTS, (1.9, 18.9, 39.8, 72.4, 72.4, 72.4, 72.4, 79.3, 97.4, 99.5)),
    PatternType.LPS: Curve(_POINTS, (2.3, 9.2, 53.7, 60.8, 60.8, 60.8, 92.1, 92.1, 92.1, 99.5)),
}
