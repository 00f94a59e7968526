"""What the phase detectors judge evidence by: the instrument's own recent past, or fixed multiples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from services.phase.calibration import Calibration
from services.phase.calibration_table import CALIBRATION
from services.phase.classic import (
    THRESHOLDS,
    ClassicLastPoint,
    ClassicSecondaryTest,
    ClassicSpring,
    ClassicSpringTest,
    ClassicStrength,
    no_quiet_test,
)
from services.phase.last_point import LastPoint
from services.phase.phase_c_test import SpringTest, quiet_test
from services.phase.secondary_test import SecondaryTest
from services.phase.spring import Spring
from services.phase.strength import SignOfStrength

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from services.phase.config import PhaseSettings, ProfileName
    from services.phase.event import Note
    from services.phase.scene import Frame, PhaseScene


@dataclass(frozen=True, slots=True)
class Profile:
    """The detectors of one structure, what their points mean, and ``thresholds`` that stand in place of settings and
    are the same on all scales.
    """

    secondary_test: type[SecondaryTest]
    spring: type[Spring]
    spring_test: type[SpringTest]
    quiet_test: Callable[[Note, Frame, PhaseScene, PhaseSettings], Note | None]
    strength: type[SignOfStrength]
    last_point: type[LastPoint]
    calibration: Calibration
    thresholds: Mapping[str, Any]

    def settings(self, settings: PhaseSettings) -> PhaseSettings:
        """The settings under this profile."""
        return settings.model_copy(update=dict(self.thresholds)) if self.thresholds else settings


PROFILES: Final[Mapping[ProfileName, Profile]] = {
    "adaptive": Profile(
        SecondaryTest, Spring, SpringTest, quiet_test, SignOfStrength, LastPoint, calibration=CALIBRATION, thresholds={}
    ),
    # nobody has measured how often its events are right: their confidence is their points
    "classic": Profile(
        ClassicSecondaryTest,
        ClassicSpring,
        ClassicSpringTest,
        no_quiet_test,
        ClassicStrength,
        ClassicLastPoint,
        calibration=Calibration({}, {}),
        thresholds=THRESHOLDS,
    ),
}
