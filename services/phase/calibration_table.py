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
        EventType.SC: Curve(_POINTS, (1.8, 2.8, 12.3, 13.7, 32.9, 32.9, 52.8, 72.0, 93.2, 98.3)),
        EventType.AR: Curve(_POINTS, (1.4, 1.5, 1.5, 6.1, 13.5, 19.4, 39.3, 75.0, 99.5, 99.5)),
        EventType.ST: Curve(_POINTS, (0.5, 0.5, 2.5, 4.0, 32.2, 56.6, 85.8, 99.5, 99.5, 99.5)),
        EventType.SPRING: Curve(_POINTS, (0.5, 0.5, 0.9, 25.1, 49.3, 71.5, 71.5, 91.1, 99.1, 99.1)),
        EventType.TEST: Curve(_POINTS, (0.5, 0.5, 4.2, 11.4, 31.0, 63.8, 84.2, 96.8, 99.5, 99.5)),
        EventType.SOS: Curve(_POINTS, (0.5, 0.5, 0.5, 15.3, 19.9, 59.4, 96.2, 98.8, 99.5, 99.5)),
        EventType.LPS: Curve(_POINTS, (0.5, 0.5, 0.5, 8.2, 37.5, 81.5, 99.5, 99.5, 99.5, 99.5)),
    },
    odds={
        Climax.NONE: {
            EventType.SPRING: 0.046,
            EventType.TEST: 0.022,
            EventType.SOS: 0.00032,
            EventType.LPS: 0.0012,
        },
        Climax.AGAINST: {
            EventType.SPRING: 37.0,
            EventType.TEST: 4.8,
            EventType.SOS: 0.54,
            EventType.LPS: 0.76,
        },
    },
)
