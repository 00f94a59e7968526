"""What confidence in an event means; written by ``python -m tools.calibrate``."""

from __future__ import annotations

from typing import Final

from services.phase.calibration import Calibration
from wyckoff.model.curve import Curve
from wyckoff.model.kinds import EventType

_POINTS: Final = (40.0, 50.0, 60.0, 70.0, 75.0, 80.0, 85.0, 90.0, 95.0, 100.0)
#: Percent of events that are right, over the mean points of their structure.
CALIBRATION: Final = Calibration(
    curves={
        EventType.SC: Curve(_POINTS, (1.7, 5.8, 9.3, 16.5, 27.9, 27.9, 52.6, 74.8, 92.9, 98.2)),
        EventType.AR: Curve(_POINTS, (0.5, 0.5, 0.5, 9.7, 11.4, 21.0, 30.9, 78.8, 99.5, 99.5)),
        EventType.ST: Curve(_POINTS, (0.5, 0.5, 0.5, 7.8, 24.3, 47.5, 74.3, 99.0, 99.5, 99.5)),
        EventType.SPRING: Curve(_POINTS, (0.5, 0.5, 0.5, 8.0, 29.0, 69.4, 69.4, 82.0, 99.5, 99.5)),
        EventType.TEST: Curve(_POINTS, (0.5, 0.5, 0.5, 2.9, 10.1, 51.1, 79.8, 96.3, 99.5, 99.5)),
        EventType.SOS: Curve(_POINTS, (0.5, 0.5, 1.9, 8.9, 8.9, 37.1, 88.0, 99.2, 99.5, 99.5)),
        EventType.LPS: Curve(_POINTS, (0.5, 0.5, 1.7, 3.0, 19.8, 64.1, 97.4, 99.5, 99.5, 99.5)),
    },
    odds_without_climax={
        EventType.SPRING: 0.047,
        EventType.TEST: 0.016,
        EventType.SOS: 0.00027,
        EventType.LPS: 0.0013,
    },
)
