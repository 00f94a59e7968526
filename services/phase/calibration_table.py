"""What confidence in an event means; written by ``python -m tools.calibrate``."""

from __future__ import annotations

from typing import Final

from services.phase.calibration import Calibration, Climax
from wyckoff.model.curve import Curve
from wyckoff.model.kinds import EventType

_POINTS: Final = (40.0, 50.0, 60.0, 70.0, 75.0, 80.0, 85.0, 90.0, 95.0, 100.0)
#: Percent of events that are right, over the mean points of their structure.
CALIBRATION: Final = Calibration(
    curves={
        EventType.SC: Curve(_POINTS, (1.8, 2.8, 12.3, 13.8, 32.6, 32.6, 52.7, 72.0, 93.2, 98.3)),
        EventType.AR: Curve(_POINTS, (1.4, 1.5, 1.5, 6.1, 13.4, 19.6, 38.6, 75.1, 99.5, 99.5)),
        EventType.ST: Curve(_POINTS, (0.5, 0.5, 2.5, 3.9, 31.7, 56.7, 85.7, 99.5, 99.5, 99.5)),
        EventType.SPRING: Curve(_POINTS, (0.5, 0.5, 0.8, 25.3, 47.6, 71.5, 71.5, 91.1, 99.1, 99.1)),
        EventType.TEST: Curve(_POINTS, (0.5, 0.5, 4.2, 11.4, 31.0, 63.8, 84.2, 96.8, 99.5, 99.5)),
        EventType.SOS: Curve(_POINTS, (0.5, 0.5, 0.5, 15.3, 19.9, 59.4, 96.2, 98.8, 99.5, 99.5)),
        EventType.LPS: Curve(_POINTS, (0.5, 0.5, 0.5, 8.2, 37.5, 81.5, 99.5, 99.5, 99.5, 99.5)),
    },
    odds={
        Climax.NONE: {
            EventType.SPRING: 0.062,
            EventType.TEST: 0.03,
            EventType.SOS: 0.00056,
            EventType.LPS: 0.0019,
        },
        Climax.AGAINST: {
            EventType.SPRING: 38.0,
            EventType.TEST: 4.8,
            EventType.SOS: 0.54,
            EventType.LPS: 0.76,
        },
    },
)
